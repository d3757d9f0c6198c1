"""The landready command: thin doors to the library, and the one place that ends with a code."""

import json
import locale
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from geo.convert import convert as convert_layer
from geo.errors import ChecksError, LandError
from geo.faults import Severity
from geo.findings import Finding
from geo.gate import Known, check_file
from geo.plan import plan_schema, read_plan
from geo.publish import publish
from geo.readers import apart
from geo.scaffold import new_plan
from geo.study import run
from geo.summary import plain, summary
from geo.tables import Sheet, cells, sheets
from geo.text import Language, Words
from geo.units import shown
from geo.writers.findings import write_findings

FAULTY = 2
"""Exit code when the data, the plan or the call must be mended."""

app = typer.Typer(
    help="landready 土地整备: from parcels to assembled acreage, contiguous blocks, floor space, "
    "progress toward goals, and a web map. Start with: landready build layers/qingxi/plan.toml",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
out, err = Console(), Console(stderr=True)


class Lang(StrEnum):
    """The language of the terminal."""

    zh = "zh"
    en = "en"


def _native() -> Lang:
    """The language asked for in LANDREADY_LANG, else that of the machine."""
    told = os.environ.get("LANDREADY_LANG") or locale.getlocale()[0] or ""
    return Lang.zh if told.lower().startswith(("zh", "chinese")) else Lang.en


PlanFile = Annotated[Path, typer.Argument(help="The plan file, such as layers/qingxi/plan.toml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print plain JSON and nothing else.")]
InLang = Annotated[
    Lang | None, typer.Option(help="Language of the terminal (or set LANDREADY_LANG).")
]
AsOf = Annotated[
    str | None, typer.Option(metavar="YYYY-MM-DD", help="Show this date instead of the plan's.")
]

Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        metavar="MEANING=COLUMN",
        help="Which column means what, where its name leaves that open: plot_ratio=规划容积率. "
        "May be given several times.",
    ),
]

STEPS = {
    "read": ("读取图层", "reading layers"),
    "check": ("检查", "checking"),
    "measure": ("量算面积", "measuring"),
    "assemble": ("连片", "assembling blocks"),
    "project": ("推算", "projecting"),
    "verify": ("核对", "verifying sums"),
    "publish": ("写出", "publishing"),
}


@contextmanager
def _steps(lang: Lang, *, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """A line that tells which step is running and for how long; errors end with a code."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    still = quiet or not err.is_terminal
    apart.start()
    try:
        with Progress(*columns, console=err, transient=True, disable=still) as progress:
            task = progress.add_task("", total=None)

            def notify(step: str) -> None:
                progress.update(task, description=STEPS[step][lang is Lang.en])

            yield notify
    except LandError as error:
        _print_errors(error, _language(lang))
        raise typer.Exit(FAULTY) from None


@app.command()
def build(
    plan: PlanFile,
    out_dir: Annotated[
        Path | None, typer.Option("--out", help="Output folder; default maps/<plan's folder>.")
    ] = None,
    as_json: AsJson = False,
    lang: InLang = None,
) -> None:
    """Publish map, layers and tables of a plan. 生成地图、图层和表格.

    The folder gets index.html (open it by a double click), parcels.gpkg, blocks.gpkg,
    tables.xlsx, tables/*.csv and run.json. It is replaced as a whole, or not at all.
    """
    lang = lang or _native()
    folder = out_dir or Path("maps") / plan.resolve().parent.name
    with _steps(lang, quiet=as_json) as notify:
        study = run(read_plan(plan), notify=notify)
        notify("publish")
        publish(study, folder)
    if as_json:
        _print_json(summary(study))
        return
    _print_sheets([sheet for sheet in sheets(study) if sheet.id in ("goals", "zones")], lang)
    _print_counts(study.findings, lang)
    if len(study.aside):
        mu = shown(float(study.aside["drawn_mu"].sum()), 2, grouped=True)
        rows = len(study.aside)
        words = (
            f"搁置 {rows} 行（{mu} 亩）" if lang is Lang.zh else f"{rows} rows set aside ({mu} mu)"
        )
        out.print(f"[yellow]{words}[/yellow]")
    page = folder / "index.html"
    out.print(f"{'打开' if lang is Lang.zh else 'Open'} [bold]{_safe(str(page))}[/bold]")


@app.command("summary")
def show(plan: PlanFile, as_json: AsJson = False, as_of: AsOf = None, lang: InLang = None) -> None:
    """Print the figures of a plan without writing anything. 显示各项数字."""
    lang = lang or _native()
    day = _day(as_of)
    with _steps(lang, quiet=as_json) as notify:
        study = run(read_plan(plan, as_of=day), notify=notify)
    if as_json:
        _print_json(summary(study))
        return
    title = study.plan.name[_language(lang)]
    mu = shown(study.land_mu, 2, grouped=True)
    unit = "亩" if lang is Lang.zh else "mu"
    out.print(f"[bold]{_safe(title)}[/bold]  {study.plan.as_of}  {mu} {unit}")
    hidden = {"timeline", "published", "assumptions"}
    _print_sheets([s for s in sheets(study) if s.on_page and s.id not in hidden], lang)
    _print_counts(study.findings, lang)


@app.command()
def check(
    files: Annotated[
        list[Path], typer.Argument(help="Plan files, or parcel layers that no plan describes.")
    ],
    crs: Annotated[
        str | None, typer.Option(help="CRS of a layer that states none, such as EPSG:4547.")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="The layer, where a file has several.")] = None,
    fields: Fields = None,
    boundary: Annotated[
        Path | None, typer.Option(help="A town's or district's outline that must hold the land.")
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option(help="Hashes that the files must have, as sha256sum writes them.")
    ] = None,
    written: Annotated[
        list[Path] | None,
        typer.Option(
            "--out",
            help="Write all findings to a file: .csv, .xlsx, .html, or .gpkg with the places. "
            "May be given several times.",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Print every finding, not only the first of each kind.")
    ] = False,
    as_json: AsJson = False,
    lang: InLang = None,
) -> None:
    """Find what is wrong: where, how many mu, and how to mend it. 检查数据.

    Ends with exit code 2 when there are errors that the plan does not accept.
    """
    lang = lang or _native()
    known = Known(crs, layer, _pairs(fields), boundary, manifest)
    with _steps(lang, quiet=as_json) as notify:
        checked = [check_file(path, known, notify=notify) for path in files]
        for path in written or []:
            write_findings(checked, path)
    area_mu = sum(result.area_mu for result in checked)
    findings = [item for result in checked for item in result.findings]
    if as_json:
        _print_json({"area_mu": area_mu, "findings": [item.as_dict() for item in findings]})
    else:
        _print_findings(findings, lang, every=everything)
        _print_counts(findings, lang)
        unit = "亩可计" if lang is Lang.zh else "mu can be counted"
        out.print(f"{shown(area_mu, 2, grouped=True)} {unit}")
    if any(result.stops for result in checked):
        raise typer.Exit(FAULTY)


def _pairs(texts: list[str] | None) -> dict[str, str]:
    """``meaning=column`` of the command line; the column may hold a ``=`` itself."""
    pairs = {}
    for text in texts or []:
        meaning, equals, column = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"{text!r}: write it as meaning=column, such as zone=片区")
        pairs[meaning.strip()] = column.strip()
    return pairs


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="The folder for the plan; made if missing.")],
    parcels: Annotated[Path, typer.Option(help="The parcel layer; it stays where it is.")],
    layer: Annotated[
        str | None, typer.Option(help="The layer, where the file has several.")
    ] = None,
    crs: Annotated[
        str | None, typer.Option(help="CRS of a layer that states none, such as EPSG:4547.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Title of the plan.")] = None,
    fields: Fields = None,
    as_of: AsOf = None,
    lang: InLang = None,
) -> None:
    """Write a plan for your own parcel layer. 为自己的地块图层新建计划.

    Columns are recognised by their names and contents, units by comparing declared with drawn
    area; what was inferred stands in the plan. What cannot be inferred is asked for.
    """
    lang = lang or _native()
    with _steps(lang) as notify:
        notify("read")
        day = _day(as_of) or date.today()
        path, inferred, findings = new_plan(
            folder, parcels, as_of=day, name=name, layer=layer, crs=crs, fields=_pairs(fields)
        )
    for note in inferred.notes:
        out.print(f"  [dim]·[/dim] {_safe(note.text()[_language(lang)])}", soft_wrap=True)
    open_fields = [item for item in findings if item.code.startswith("field.ambiguous")]
    errors = [item for item in findings if item.severity == "error" and item not in open_fields]
    _print_findings([*open_fields, *errors], lang, every=False)
    _print_counts(findings, lang)
    out.print(f"[bold]{_safe(str(path))}[/bold]")
    out.print(f"→ landready build {_safe(str(path))}", style="dim")


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(help="The layer to read, in any format.")],
    target: Annotated[
        Path, typer.Argument(help="The file to write: .txt (boundary points), .gpkg, .shp, .zip …")
    ],
    layer: Annotated[
        str | None, typer.Option(help="The layer, where the source has several.")
    ] = None,
    crs: Annotated[
        str | None, typer.Option(help="CRS of a source that states none, such as EPSG:4526.")
    ] = None,
    to_crs: Annotated[str | None, typer.Option(help="Move the land to this CRS.")] = None,
    fields: Fields = None,
    append: Annotated[bool, typer.Option("--append", help="Add the rows to the target's.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the target.")] = False,
    lang: InLang = None,
) -> None:
    """Write a layer in another format, ids, rings and coordinates unchanged. 转换格式.

    Boundary-point text (界址点坐标 .txt), GeoPackage, Shapefile (.shp, or .zip as one file),
    GeoJSON and GeoParquet. The target is written whole and read back, or not at all. Ends with
    exit code 2 when there are errors in the source, which are listed.
    """
    lang = lang or _native()
    with _steps(lang) as notify:
        notify("read")
        findings = convert_layer(
            source,
            target,
            layer=layer,
            crs=crs,
            to_crs=to_crs,
            fields=_pairs(fields),
            append=append,
            overwrite=overwrite,
        )
    _print_findings(findings, lang, every=False)
    out.print(f"[bold]{_safe(str(target))}[/bold]")


@app.command()
def schema() -> None:
    """Print the JSON Schema of plan files, for editors. 输出计划文件的 JSON Schema."""
    _print_json(plan_schema())


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date: write it as 2024-12-31") from None


_COMMANDS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal obeys instead of showing it, and what it cannot show."""


def _safe(text: str) -> str:
    """Text that comes from files: shown as it is, never obeyed by the terminal or by rich."""
    return escape(_COMMANDS.sub(lambda sign: ascii(sign[0])[1:-1], text))


def _language(lang: Lang) -> Language:
    return "zh" if lang is Lang.zh else "en"


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def _print_sheets(tables: list[Sheet], lang: Lang) -> None:
    language = _language(lang)
    for sheet in tables:
        table = Table(title=_safe(sheet.title[language]), title_justify="left", title_style="bold")
        shown = [
            [
                sheet.shown(item, value)[language]
                for item, value in zip(sheet.fields, row, strict=True)
            ]
            for row in cells(sheet)
        ]
        for item, column in zip(sheet.fields, zip(*shown, strict=True), strict=True):
            longest = max(map(cell_len, column))
            table.add_column(
                _safe(item.zh if lang is Lang.zh else item.en),
                justify="right" if item.kind in ("number", "percent") else "left",
                overflow="fold",
                min_width=min(longest, WIDEST_NAME) if item.kind in ("name", "note") else longest,
            )
        for row in shown:
            table.add_row(*map(_safe, row))
        _print_table(table)
        if sheet.note:
            out.print(f"  {_safe(sheet.note[language])}", style="dim")


WIDEST_NAME = 16
"""Names may be folded to this width on a narrow terminal; figures and dates never are."""


def _print_table(table: Table) -> None:
    """Print a table whole: on a narrow terminal its lines run on, but no figure is cut."""
    needed = Measurement.get(out, out.options.update(width=1000), table).minimum
    out.print(table, width=max(out.width, needed), crop=False, soft_wrap=needed > out.width)


STYLES: dict[Severity, str] = {"error": "red", "warning": "yellow", "info": "cyan"}
ONE: dict[Severity, Words] = {
    "error": Words("错误", "error"),
    "warning": Words("警告", "warning"),
    "info": Words("提示", "note"),
}
SEVERITIES = {
    "error": ("错误", "errors"),
    "warning": ("警告", "warnings"),
    "info": ("提示", "notes"),
}
SHOWN_OF_A_KIND = 5


def _print_findings(findings: list[Finding], lang: Lang, *, every: bool) -> None:
    """Findings, the gravest first; of each kind the first few, unless all are asked for."""
    told: Counter[str] = Counter()
    for severity, style in STYLES.items():
        for item in findings:
            if item.severity != severity:
                continue
            told[item.code] += 1
            if every or told[item.code] <= SHOWN_OF_A_KIND:
                line = _safe(item.line(_language(lang)))
                word = ONE[severity].text()[_language(lang)]
                out.print(f"[{style}]■ {word}[/{style}] {line}", soft_wrap=True)
    for code, number in told.items():
        if number > SHOWN_OF_A_KIND and not every:
            more = number - SHOWN_OF_A_KIND
            words = f"{code}：另有 {more} 条" if lang is Lang.zh else f"{code}: {more} more"
            out.print(f"  … {words} (--all, --out)", style="dim")


def _print_counts(findings: list[Finding], lang: Lang) -> None:
    counts = Counter(item.severity for item in findings)
    parts = [
        f"[{style}]{counts[severity]} {SEVERITIES[severity][lang is Lang.en]}[/{style}]"
        for severity, style in STYLES.items()
    ]
    out.print(" · ".join(parts))


MOST_ERRORS = 50
ACCEPT = {
    "zh": "未发布任何结果。请改正数据；若某类错误可以接受，在计划的 [accept] 中写明代码和理由，"
    "无法计入的行将被搁置并列出亩数。",
    "en": "Nothing was published. Mend the data; or, where an error may stand, give its code and "
    "the reason under [accept] in the plan: rows that cannot be counted are set aside and listed.",
}


def _print_errors(error: LandError, language: Language) -> None:
    """Why nothing came of it, on stderr."""
    for item in error.findings[:MOST_ERRORS]:
        err.print(f"[red]✗[/red] {_safe(item.line(language))}", soft_wrap=True)
    if len(error.findings) > MOST_ERRORS:
        err.print(f"  … {len(error.findings) - MOST_ERRORS} more", style="dim")
    if isinstance(error, ChecksError):
        err.print(ACCEPT[language], style="dim", soft_wrap=True, markup=False)


def main() -> None:
    """Run the command, in UTF-8 also where the terminal would not be."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # Windows consoles
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
