"""The command that writes to the ledger: record."""

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import pandas as pd
import typer

from geo.cli.options import (
    HERE,
    AsJson,
    By,
    Fields,
    InLang,
    InLedger,
    OfPlan,
    pairs,
    partial_date,
    plan_of,
    spoken,
)
from geo.cli.steps import steps
from geo.cli.terminal import (
    ask,
    ask_which,
    can_ask,
    print_findings,
    print_head,
    print_json,
    print_sheet,
    print_words,
)
from geo.errors import LedgerError
from geo.findings import Finding
from geo.ledger.event import Draft, Event
from geo.plan import Plan, Stage
from geo.readers.table import read_table
from geo.recording.record import Change, Recording
from geo.recording.record import record as record_told
from geo.recording.told import Told, told_rows
from geo.tables.sheet import Field, Sheet
from geo.text import Language, Text, Words

MOST_SHOWN: Final = 50
MOST_VOIDED: Final = 100_000
"""So many entries can be voided at once: more are a slip of the hand."""


def _entries(text: str) -> range:
    """The numbers of entries: ``7``, or ``7-12`` for all from the first to the last."""
    match = re.fullmatch(r"(\d{1,15})(?:-(\d{1,15}))?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not first <= last < first + MOST_VOIDED:
        raise typer.BadParameter(f"{text!r}: write the number of an entry, or 7-12 for several")
    return range(first, last + 1)


def record(
    parcel: Annotated[str, typer.Argument(help="The parcel; left out with --from.")] = "",
    stage: Annotated[
        str, typer.Argument(help="The stage that it reached, in any word of the plan.")
    ] = "",
    date: Annotated[
        str | None,
        typer.Option(
            parser=partial_date,
            metavar="DATE",
            help="When it happened: 2024-12-31 or today; 2024-12, 2024Q4 or 2024 if no more "
            "is known.",
        ),
    ] = None,
    evidence: Annotated[
        str, typer.Option(help="Reference of the paper that shows it; else it is self-reported.")
    ] = "",
    by: By = "",
    plan: OfPlan = HERE,
    source: Annotated[str, typer.Option(help="Where you have it from.")] = "",
    reason: Annotated[
        str, typer.Option(help="Why: of a revert, a correction, or an unusual order.")
    ] = "",
    owner: Annotated[str, typer.Option(help="Who is to act on the parcel from now on.")] = "",
    next_step: Annotated[str, typer.Option("--next", help="What is to be done next.")] = "",
    revert: Annotated[
        bool, typer.Option("--revert", help="The parcel fell back to STAGE; needs --reason.")
    ] = False,
    block: Annotated[str, typer.Option(metavar="TEXT", help="What blocks the parcel.")] = "",
    unblock: Annotated[bool, typer.Option("--unblock", help="Nothing blocks it any more.")] = False,
    note: Annotated[str, typer.Option(metavar="TEXT", help="A remark.")] = "",
    correct: Annotated[
        int | None,
        typer.Option(
            metavar="SEQ",
            help="This takes the place of entry SEQ, and what is not said anew stays as it was "
            "there; needs --reason.",
        ),
    ] = None,
    void: Annotated[
        range | None,
        typer.Option(
            parser=_entries,
            metavar="SEQ|SEQ-SEQ",
            help="The entry, or all from one to another, was wrong and nothing replaces it; "
            "needs --reason.",
        ),
    ] = None,
    split_into: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="PARCEL became these; give it for each of them."),
    ] = None,
    merge_of: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="PARCEL was made of these; give it for each of them."),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option("--from", help="A table of many entries (.xlsx, .csv): all of them or none."),
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="The sheet of the workbook.")] = None,
    fields: Fields = None,
    ledger: InLedger = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change and write nothing.")
    ] = False,
    as_json: AsJson = False,
    lang: InLang = None,
) -> None:
    """Record what happened to a parcel, for good. 登记整备进展.

    landready record LM-A03 cleared --date 2024-05-20 --evidence No.7 --by 王某

    The entry is on the disk when the command ends, and nothing ever changes it:
    what was wrong is corrected (--correct) or voided (--void) by another entry.
    The first one makes the ledger, readiness.db beside the plan. When a rule is
    broken nothing is written and the exit code is 2: a stage dated after its
    successor, a date to come, a revert without a reason, an unknown stage.

    Many at once, from a table with columns such as 地块编号, 阶段 and 日期:

    landready record --from week.xlsx --by 王某 --dry-run
    """
    language = spoken(lang)
    one = Told(
        parcel_id=parcel,
        kind=_kind(
            {
                "revert": revert,
                "block": block,
                "unblock": unblock,
                "note": note,
                "void": void is not None,
                "split": split_into,
                "merge": merge_of,
            }
        ),
        date=date or "",
        stage=stage,
        text=block or note,
        evidence=evidence,
        source=source,
        reason=reason,
        responsible=owner,
        next_step=next_step,
        parts=tuple(split_into or merge_of or ()),
        supersedes=_superseded(correct, void),
    )
    all_told = [one._replace(supersedes=seq) for seq in void] if void else [one]
    _check_call(one, from_table=table is not None)
    with steps(language, quiet=as_json, reads=table is not None):
        given = plan_of(plan, ledger)
        told, noted = (all_told, []) if table is None else _rows(table, sheet, pairs(fields))
    done, words = _recorded(
        given,
        told,
        actor=by or _actor(language, dry_run=dry_run, quiet=as_json),
        file="" if table is None else table.name,
        language=language,
        dry_run=dry_run,
        quiet=as_json,
    )
    done = replace(done, findings=[*noted, *done.findings])
    if as_json:
        print_json(_figures(done, dry_run=dry_run))
        return
    _print(done, given, language, dry_run=dry_run)
    _print_aliases(words, given, language)
    _print_beyond(done.events, given, language)
    _print_undo(done.events, plan, language)


def _kind(chosen: dict[str, object]) -> str:
    """What the options say is to be recorded; nothing where they leave it open."""
    kinds = [name for name, value in chosen.items() if value]
    if len(kinds) > 1:
        raise typer.BadParameter(f"one entry at a time: {' and '.join(kinds)} are {len(kinds)}")
    return kinds[0] if kinds else ""


def _superseded(correct: int | None, void: range | None) -> int | None:
    """The entry that the new one corrects, or the first that is voided."""
    if correct is not None and void is not None:
        raise typer.BadParameter("an entry is corrected or voided, not both", param_hint="--void")
    return correct if void is None else void[0]


def _check_call(one: Told, *, from_table: bool) -> None:
    """Refuse words on the command line that do not go together, or too few of them."""
    has_stage = one.kind in ("", "reach", "revert")
    corrects = one.supersedes is not None
    wrong = {
        ("--from", "the table says everything about its entries"): from_table
        and one != Told(kind=""),
        ("PARCEL", "name the parcel, or a table with --from"): not one.parcel_id,
        ("STAGE", "name the stage; a remark that comes with none is a --note"): has_stage
        and not (one.stage or corrects),
        ("STAGE", f"a {one.kind} has no stage"): not has_stage and bool(one.stage),
        ("--date", "say when it happened, such as 2024-12-31"): not one.date,
    }
    lets_out = {"PARCEL", "--date"} if corrects else set()
    for (place, words), is_wrong in wrong.items():
        if is_wrong and place not in lets_out and from_table == (place == "--from"):
            raise typer.BadParameter(words, param_hint=place)


def _rows(
    path: Path, sheet: str | None, fields: dict[str, str]
) -> tuple[list[Told], list[Finding]]:
    """What the rows of a table tell, and what there is to note of it."""
    table = read_table(path, sheet=sheet)
    told, findings = told_rows(table, fields)
    return told, [*table.findings, *findings]


# --- asked -----------------------------------------------------------------------------------


def _actor(language: Language, *, dry_run: bool, quiet: bool) -> str:
    """Who records, where nobody said so; for a dry run nobody need say."""
    if dry_run:
        return "dry run"
    if quiet or not can_ask():
        return ""
    return ask(Words("由谁登记（姓名或工号）", "Who records this"), language)


def _recorded(
    plan: Plan,
    told: Sequence[Told],
    *,
    actor: str,
    file: str,
    language: Language,
    dry_run: bool,
    quiet: bool,
) -> tuple[Recording, dict[str, str]]:
    """What was recorded, and what was answered when a stage was not known (word → id)."""
    words: dict[str, str] = {}
    while True:
        with steps(language, quiet=quiet, reads=False) as notify:  # it seldom has to
            try:
                done = record_told(
                    plan,
                    told,
                    actor=actor,
                    now=datetime.now(UTC),
                    dry_run=dry_run,
                    where={"file": file},
                    words=words,
                    notify=notify,
                )
            except LedgerError as error:
                unknown = _unknown(error.findings)
                if quiet or not unknown or not can_ask():
                    raise
            else:
                return done, words
        words |= {word: _meant(word, plan.stages, language) for word in unknown}


def _unknown(findings: Sequence[Finding]) -> list[str]:
    """The words for stages that the plan does not know, each once; a blank one is no word."""
    words = [item.seen for item in findings if item.code == "record.unknown-stage"]
    return [word for word in dict.fromkeys(words) if word]


def _meant(word: str, stages: Sequence[Stage], language: Language) -> str:
    """The stage that somebody says is meant."""
    choices = [f"{stage.id}  {stage.name[language]}" for stage in stages]
    asked = Words(f"“{word}”是哪个阶段？写序号", f"Which stage is {word!r}? Give its number")
    return stages[ask_which(asked, choices, language)].id


# --- shown -----------------------------------------------------------------------------------


def _figures(done: Recording, *, dry_run: bool) -> dict[str, Any]:
    """What was recorded as plain values, for programs."""
    return {
        "dry_run": dry_run,
        "recorded": 0 if dry_run else _count(done.drafts),
        "would_record": _count(done.drafts) if dry_run else 0,
        "known": done.known,
        "entries": [item.seq for item in done.events],
        "changes": [item._asdict() for item in done.changes],
        "head": done.head._asdict() if done.head else None,
        "findings": [item.as_dict() for item in done.findings],
    }


def _count(drafts: Sequence[Draft]) -> int:
    """How many entries tell something; that of the layer comes by itself."""
    return sum(draft.kind != "layer" for draft in drafts)


def _print(done: Recording, plan: Plan, language: Language, *, dry_run: bool) -> None:
    if done.changes:
        print_sheet(_changes_sheet(done.changes, plan), language, most=MOST_SHOWN)
    print_findings(done.findings, language)
    count, known = _count(done.drafts), done.known
    words = Words(f"登记 {count} 条", f"{count} recorded")
    if dry_run:
        zh, en = "试运行，什么都没有写入：将", "dry run, nothing was written: "
        words = Words(f"{zh}{words.zh}", f"{en}{count} to be recorded")
    if known:
        words = Words(
            f"{words.zh}，另有 {known} 条已在台账中", f"{words.en}, {known} known already"
        )
    print_words(words, language, style="bold")
    if done.head is not None:
        print_head(done.head, language)


def _changes_sheet(changes: Sequence[Change], plan: Plan) -> Sheet:
    """Where the parcels stood and where they stand."""
    names = {stage.id: stage.name for stage in plan.stages} | {"": Text(zh="—", en="—")}
    stages = {
        f"{stage}{mark}": Text(zh=name.zh + zh, en=name.en + en)
        for stage, name in names.items()
        for mark, zh, en in (("", "", ""), ("*", "（自报）", " (self-reported)"))
    }
    rows = [
        (
            item.parcel_id,
            item.before + "*" * item.was_self_reported,
            item.after + "*" * item.is_self_reported,
            item.mu,
            "; ".join(item.blocks),
        )
        for item in changes
    ]
    fields = (
        Field("parcel_id", "地块", "Parcel"),
        Field("before", "原阶段", "Before", "name"),
        Field("after", "现阶段", "After", "name"),
        Field("mu", "面积（亩）", "Land (mu)", "number"),
        Field("blocks", "受阻原因", "Blocked by", "note"),
    )
    table = pd.DataFrame(rows, columns=[item.key for item in fields])
    title = Words("地块变化", "What it changes").text()
    return Sheet("changes", title, fields, table, {"before": stages, "after": stages})


def _print_aliases(words: dict[str, str], plan: Plan, language: Language) -> None:
    """The lines for the plan with which nobody need ask again."""
    if words and "stages" not in plan.model_fields_set:
        told = Words(
            "计划用的是标准阶段；写出 [[stages]] 后，可在其 aliases 中加入常用说法",
            "the plan has the standard ladder; once it states its [[stages]], their aliases can "
            "hold such words",
        )
        print_words(told, language)
        return
    for stage in plan.stages:
        if meant := [word for word, to in words.items() if to == stage.id]:
            line = f"aliases = {json.dumps([*stage.aliases, *meant], ensure_ascii=False)}"
            told = Words(
                f"下次不再询问：在 {plan.path.name} 的阶段 {stage.id} 下写 {line}",
                f"not to be asked again, write under stage {stage.id} in {plan.path.name}: {line}",
            )
            print_words(told, language)


def _print_beyond(events: Sequence[Event], plan: Plan, language: Language) -> None:
    """Say so when the plan's own date is too early for what was recorded."""
    if any(item.last > plan.as_of for item in events if item.kind not in ("layer", "void")):
        words = Words(
            f"计划的日期是 {plan.as_of}，各项数字还看不到：加 --as-of today，或改计划的 as_of",
            f"the plan's date is {plan.as_of}, at which figures do not show this: see it with "
            "--as-of today, or move as_of in the plan",
        )
        print_words(words, language, style="yellow")


def _print_undo(events: Sequence[Event], plan: Path, language: Language) -> None:
    """How to take back what was just recorded."""
    told = [item for item in events if item.kind not in ("void", "layer")]
    if not told:
        return
    here = "" if plan == HERE else f" --plan {shlex.quote(str(plan))}"
    first, last = told[0].seq, told[-1].seq
    seq = str(first) if first == last else f"{first}-{last}"
    reason = Words("原因", "why").text()[language]
    words = Words("撤销：", "To undo: ")
    command = f"landready record --void {seq} --reason {reason}{here}"
    print_words(Words(words.zh + command, words.en + command), language, style="dim")
