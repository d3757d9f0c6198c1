"""What is printed: tables of which no figure is cut, findings, errors, JSON."""

import json
import re
import sys
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table

from geo.errors import ChecksError, LandError
from geo.faults import Severity
from geo.findings import Finding
from geo.ledger.event import Head
from geo.plan import Plan
from geo.summary import plain
from geo.tables.sheet import Sheet, cells
from geo.text import Language, Words

out, err = Console(), Console(stderr=True)

WIDEST_NAME: Final = 16
"""Names may be folded to this width on a narrow terminal; figures, dates and the words of an
English heading never are."""

SHOWN_OF_A_KIND: Final = 5
MOST_ERRORS: Final = 50

SHORT: Final = 12
"""So many signs of a hash tell it from any other that a person meets."""

STYLES: Final[dict[Severity, str]] = {"error": "red", "warning": "yellow", "info": "cyan"}
ONE: Final[dict[Severity, Words]] = {
    "error": Words("错误", "error"),
    "warning": Words("警告", "warning"),
    "info": Words("提示", "note"),
}
SEVERAL: Final[dict[Severity, Words]] = {
    "error": Words("错误", "errors"),
    "warning": Words("警告", "warnings"),
    "info": Words("提示", "notes"),
}
ACCEPT: Final = Words(
    "未发布任何结果。请改正数据；若某类错误可以接受，在计划的 [accept] 中写明代码和理由，"
    "无法计入的行将被搁置并列出亩数。",
    "Nothing was published. Mend the data; or, where an error may stand, give its code and "
    "the reason under [accept] in the plan: rows that cannot be counted are set aside and listed.",
)

_COMMANDS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal obeys instead of showing it, and what it cannot show."""


def safe(text: str) -> str:
    """Text that comes from files: shown as it is, never obeyed by the terminal or by rich."""
    return escape(_inert(text))


def _inert(text: str) -> str:
    return _COMMANDS.sub(lambda sign: ascii(sign[0])[1:-1], text)


def print_json(value: Any) -> None:
    """Plain JSON, for programs."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def print_path(path: Path, *, before: str = "") -> None:
    """A file that was written."""
    out.print(f"{before}[bold]{safe(str(path))}[/bold]")


def print_title(plan: Plan, language: Language, *, days: str = "", more: str = "") -> None:
    """What is shown, of which date, and as known when."""
    known = Words(f"，截至 {plan.known} 所知", f", as known on {plan.known}").text()[language]
    told = f"{days or plan.as_of}{known if plan.known else ''}  {more}".rstrip()
    out.print(f"[bold]{safe(plan.name[language])}[/bold]  {told}")


def print_words(words: Words, language: Language, *, style: str = "") -> None:
    """A line of our own, with what it quotes shown as it is."""
    out.print(safe(words.text()[language]), style=style, soft_wrap=True, highlight=False)


def print_head(head: Head, language: Language) -> None:
    """The end of a chain, as ``ledger verify --head`` takes it."""
    words = Words("台账末条", "ledger head").text()[language]
    out.print(f"{words} {head.seq}:{head.hash[:SHORT]}", style="dim", highlight=False)


def print_sheets(sheets: list[Sheet], language: Language) -> None:
    """Sheets as tables, each with its note."""
    for sheet in sheets:
        print_sheet(sheet, language)


def print_sheet(
    sheet: Sheet, language: Language, *, struck: Collection[int] = (), most: int | None = None
) -> None:
    """A sheet as a table, with its note; ``struck`` rows no longer hold, and of many it says so."""
    frame = sheet.frame if most is None else sheet.frame.head(most)
    print_table(_table(replace(sheet, frame=frame), language, struck))
    if more := len(sheet.frame) - len(frame):
        print_words(Words(f"  … 另有 {more} 行", f"  … {more} more rows"), language, style="dim")
    if sheet.note:
        out.print(f"  {safe(sheet.note[language])}", style="dim")


def can_ask() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty() and err.is_terminal


def ask(words: Words, language: Language) -> str:
    """What somebody answers, once it is not blank."""
    question, answer = _inert(words.text()[language]), ""
    while not answer:
        answer = typer.prompt(question, default="", show_default=False, err=True).strip()
    return answer


def ask_which(words: Words, choices: Sequence[str], language: Language) -> int:
    """Which of several is meant, told by its number."""
    for number, choice in enumerate(choices, start=1):
        err.print(f"  {number:>2}  {safe(choice)}", soft_wrap=True, highlight=False)
    numbers = [str(number) for number, _ in enumerate(choices, start=1)]
    answer = ""
    while answer not in numbers:
        answer = ask(words, language)
    return numbers.index(answer)


def _table(sheet: Sheet, language: Language, struck: Collection[int] = ()) -> Table:
    table = Table(title=safe(sheet.title[language]), title_justify="left", title_style="bold")
    rows = [
        [sheet.shown(item, value)[language] for item, value in zip(sheet.fields, row, strict=True)]
        for row in cells(sheet)
    ]
    columns = zip(*rows, strict=True) if rows else ([""] for _ in sheet.fields)
    for item, column in zip(sheet.fields, columns, strict=True):
        longest, heading = max(map(cell_len, column)), item.zh if language == "zh" else item.en
        least = min(longest, WIDEST_NAME) if item.kind in ("name", "note") else longest
        if language == "en":  # Chinese is broken anywhere
            least = max(least, *map(len, heading.split()))
        table.add_column(
            safe(heading),
            justify="right" if item.kind in ("number", "percent") else "left",
            overflow="fold",
            min_width=least,
        )
    for number, row in enumerate(rows):
        table.add_row(*map(safe, row), style="strike dim" if number in struck else None)
    return table


def print_table(table: Table) -> None:
    """Print a table whole: on a narrow terminal its lines run on, but no figure is cut."""
    needed = Measurement.get(out, out.options.update(width=1000), table).minimum
    width = _fitting(table, needed)
    out.print(table, width=width, crop=False, soft_wrap=needed > out.width)


def _fitting(table: Table, needed: int) -> int:
    """The width to ask for: asked for the terminal's own, rich may add a sign or two to it."""
    for width in range(out.width, needed, -1):
        lines = Segment.split_lines(out.render(table, out.options.update(width=width)))
        if max(map(Segment.get_line_length, lines)) <= out.width:
            return width
    return needed


def print_findings(findings: list[Finding], language: Language, *, every: bool = False) -> None:
    """Findings, the gravest first; of each kind the first few, unless all are asked for."""
    told: Counter[str] = Counter()
    for severity, style in STYLES.items():
        for item in findings:
            if item.severity != severity:
                continue
            told[item.code] += 1
            if every or told[item.code] <= SHOWN_OF_A_KIND:
                line, word = safe(item.line(language)), ONE[severity].text()[language]
                out.print(f"[{style}]■ {word}[/{style}] {line}", soft_wrap=True)
    for code, number in told.items():
        if number > SHOWN_OF_A_KIND and not every:
            more = number - SHOWN_OF_A_KIND
            words = Words(f"{code}：另有 {more} 条", f"{code}: {more} more")
            out.print(f"  … {words.text()[language]} (--all, --out)", style="dim")


def print_counts(findings: list[Finding], language: Language) -> None:
    """How many errors, warnings and notes there are."""
    counts = Counter(item.severity for item in findings)
    parts = [
        f"[{style}]{counts[severity]} {SEVERAL[severity].text()[language]}[/{style}]"
        for severity, style in STYLES.items()
    ]
    out.print(" · ".join(parts))


def print_errors(error: LandError, language: Language) -> None:
    """Why nothing came of it, on stderr."""
    for item in error.findings[:MOST_ERRORS]:
        err.print(f"[red]✗[/red] {safe(item.line(language))}", soft_wrap=True)
    if len(error.findings) > MOST_ERRORS:
        err.print(f"  … {len(error.findings) - MOST_ERRORS} more", style="dim")
    if isinstance(error, ChecksError):
        err.print(ACCEPT.text()[language], style="dim", soft_wrap=True, markup=False)
