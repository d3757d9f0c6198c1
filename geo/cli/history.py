"""The commands that read the ledger alone: history and status."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import pandas as pd
import typer

from geo.cells.numerals import as_known
from geo.cli.ledgers import opened
from geo.cli.options import (
    HERE,
    AsJson,
    AsOf,
    InLang,
    InLedger,
    KnownOn,
    OfPlan,
    PlanHere,
    plan_of,
    spoken,
)
from geo.cli.steps import steps, writing
from geo.cli.terminal import (
    print_findings,
    print_head,
    print_json,
    print_path,
    print_sheet,
    print_title,
    print_words,
)
from geo.errors import LedgerError
from geo.files import write_csv
from geo.findings import finding
from geo.ledger.event import Event
from geo.ledger.history import standing
from geo.ledger.verify import refuse_odd
from geo.plan import Plan
from geo.reports.log import FIELDS, SELF_REPORTED, told_by
from geo.status import Status
from geo.status import status as stand
from geo.summary import records
from geo.tables.sheet import ALL, Field, Sheet
from geo.text import Text, Words
from geo.units import M2_PER_MU, shown
from geo.words import hint

# --- history ---------------------------------------------------------------------------------


def history(
    parcel: Annotated[
        str, typer.Argument(help="The parcel; left out, all of them, with --csv or --json.")
    ] = "",
    plan: OfPlan = HERE,
    known: KnownOn = None,
    ledger: InLedger = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write the entries, every field of them, to a CSV file.")
    ] = None,
    as_json: AsJson = False,
    lang: InLang = None,
) -> None:
    """Show what was recorded of a parcel, and by whom. 查看地块台账.

    landready history LM-A03

    The newest entry stands last; entries of the parcels that it was split from
    or merged of are among them. What was corrected or voided is struck out.
    Whole ledger, for a spreadsheet:

    landready history --csv ledger.csv
    """
    language = spoken(lang)
    if not (parcel or csv or as_json):
        raise typer.BadParameter("name the parcel, or write all with --csv", param_hint="PARCEL")
    with steps(language, quiet=as_json, reads=False) as notify:
        notify("ledger")
        given = plan_of(plan, ledger, known=known)
        with opened(given) as store:
            entries = store.events(known=given.known_until)
            refuse_odd(store.name, entries)
            chosen = _of_parcel(parcel, entries, given) if parcel else entries
            if parcel and not chosen:
                _check_known(parcel, {item.parcel_id for item in store.outlines()}, store.name)
        if csv is not None:
            with writing(csv, given):
                write_csv(_whole_sheet(chosen), csv)
    if as_json:
        print_json([item._asdict() | {"parts": item.part_ids} for item in chosen])
    elif csv is not None:
        print_path(csv)
    elif chosen:
        sheet = _history_sheet(parcel, chosen, entries, given)
        gone = {item.supersedes for item in entries}
        struck = {at for at, item in enumerate(chosen) if item.seq in gone}
        print_sheet(sheet, language, struck=struck)
    else:
        words = Words(f"台账中没有地块 {parcel} 的记录", f"nothing is recorded of parcel {parcel}")
        print_words(words, language)


def _of_parcel(parcel: str, entries: Sequence[Event], plan: Plan) -> list[Event]:
    """The entries of a parcel and of the parcels that it came from."""
    names = {parcel}
    lineage = [item for item in standing(entries) if item.kind in ("split", "merge")]
    for item in sorted(lineage, key=lambda item: (item.date, item.seq), reverse=True):
        if item.kind == "merge" and item.parcel_id in names:
            names.update(item.part_ids)
        elif item.kind == "split" and names.intersection(item.part_ids):
            names.add(item.parcel_id)
    return [item for item in entries if item.parcel_id in names or parcel in item.part_ids]


def _check_known(parcel: str, known: set[str], file: str) -> None:
    """Refuse an id that nobody has, which says more than that nothing was recorded of it."""
    if parcel not in known:
        words = {"seen": parcel, **hint(parcel, known)}
        raise LedgerError(finding("record.unknown-parcel", file=file, parcel=parcel, **words))


def _whole_sheet(entries: Sequence[Event]) -> Sheet:
    """Entries with every field, as the chain hashes them."""
    fields = tuple(Field(name, name, name) for name in Event._fields)
    table = pd.DataFrame(entries, columns=list(Event._fields), dtype=object)
    return Sheet("ledger", Words("台账", "Ledger").text(), fields, table)


def _history_sheet(
    parcel: str, chosen: Sequence[Event], entries: Sequence[Event], plan: Plan
) -> Sheet:
    """What was recorded, as people read it; moments in the plan's time zone."""
    zone = ZoneInfo(plan.timezone)
    later = {item.supersedes: item for item in entries if item.supersedes is not None}
    rows: list[tuple[object, ...]] = []
    names: dict[str, dict[str, Text]] = {"what": {}, "mark": {}}
    for item in chosen:
        what = told_by(item, plan)
        marks = list(_marks(item, later))
        mark = Text(zh="；".join(one.zh for one in marks), en="; ".join(one.en for one in marks))
        names["what"][what.en], names["mark"][mark.en] = what, mark
        recorded = datetime.fromisoformat(item.recorded_at).astimezone(zone)
        happened = as_known(item.first, item.precision)
        rows.append(
            (
                item.seq,
                happened,
                f"{recorded:%Y-%m-%d %H:%M}",
                item.actor,
                item.parcel_id,
                what.en,
                item.evidence,
                mark.en,
            )
        )
    table = pd.DataFrame(rows, columns=[item.key for item in FIELDS])
    title = Text(zh=f"地块 {parcel} 的台账", en=f"History of parcel {parcel}")
    note = Text(zh=f"登记时间为 {plan.timezone}", en=f"Recorded: times of {plan.timezone}")
    return Sheet("history", title, FIELDS, table, names, note)


def _marks(item: Event, later: dict[int, Event]) -> Iterator[Words]:
    """What else there is to say of an entry."""
    if item.kind == "reach" and not item.evidence:
        yield SELF_REPORTED
    if item.seq in later:
        by = later[item.seq]
        verb = Words("作废", "voided") if by.kind == "void" else Words("更正", "corrected")
        yield Words(f"已被 #{by.seq} {verb.zh}", f"{verb.en} by #{by.seq}")
    if item.supersedes is not None and item.kind != "void":
        yield Words(f"更正 #{item.supersedes}", f"corrects #{item.supersedes}")
    if item.reason and item.kind != "revert":
        yield Words(f"原因：{item.reason}", f"reason: {item.reason}")
    if item.source:
        yield Words(f"来源：{item.source}", f"source: {item.source}")


# --- status ----------------------------------------------------------------------------------


def status(
    plan: PlanHere = HERE,
    as_of: AsOf = None,
    known: KnownOn = None,
    ledger: InLedger = None,
    as_json: AsJson = False,
    lang: InLang = None,
) -> None:
    """Show where the parcels stand, from the ledger alone. 查看各阶段现状.

    landready status plan.toml --as-of 2025-12-31 --known 2026-01-10

    It answers at once, as it reads no layer: the land is that of the outlines
    in the ledger.
    """
    language = spoken(lang)
    with steps(language, quiet=as_json, reads=False) as notify:
        notify("ledger")
        given = plan_of(plan, ledger, as_of, known)
        now = stand(given)
    if as_json:
        print_json(_status_figures(now, given))
        return
    print_title(given, language)
    print_sheet(_stages_sheet(now, given), language)
    print_sheet(_zones_sheet(now, given), language)
    blocked = now.parcels[now.parcels["blocked"] != ""]
    if len(blocked):
        print_sheet(_blocked_sheet(blocked, given), language)
    print_findings(now.findings, language)
    if as_of is None:
        words = Words("日期为计划的 as_of；看今天：", "This is the plan's date; for today:")
        print_words(Words(*(f"{text} --as-of today" for text in words)), language, style="dim")
    print_head(now.head, language)


def _status_figures(now: Status, plan: Plan) -> dict[str, Any]:
    return {
        "as_of": plan.as_of,
        "known": plan.known,
        "head": now.head._asdict(),
        "entries": now.entries,
        "stages": records(now.stages),
        "parcels": records(now.parcels),
        "findings": [item.as_dict() for item in now.findings],
    }


def _stages_sheet(now: Status, plan: Plan) -> Sheet:
    """The land of the whole town by stage; stages at which nothing stands are left out."""
    fields = (
        _STAGE,
        Field("parcels", "地块数", "Parcels", "number", 0),
        Field("mu", "处于该阶段（亩）", "At the stage (mu)", "number"),
        Field("self_reported_mu", "其中自报（亩）", "Self-reported of it (mu)", "number"),
        Field("mu_or_beyond", "达到或超过（亩）", "At it or beyond (mu)", "number"),
    )
    silent = now.parcels[~now.parcels["has_events"]]
    mu = shown(float(silent["land_m2"].sum()) / M2_PER_MU, 2, grouped=True)
    note = Text(
        zh=f"已知 {now.entries} 条；{len(silent)} 个地块（{mu} 亩）没有记录，按第一级计",
        en=f"Entries known: {now.entries}; {len(silent)} parcels ({mu} mu) have none and count "
        "at the first rung",
    )
    table = now.stages[(now.stages["zone"] == "") & (now.stages["parcels"] > 0)]
    title = Words("整备阶段", "Readiness by stage").text()
    return Sheet("stages", title, fields, table, _stage_names(plan), note)


def _zones_sheet(now: Status, plan: Plan) -> Sheet:
    """Mu at each stage, a column for each zone."""
    held = now.stages[now.stages["parcels"] > 0]
    table = held.pivot_table(index="rung", columns="zone", values="mu", fill_value=0.0)
    columns = [Field(f"in {zone}", zone, zone, "number") for zone in table.columns if zone]
    table = table.add_prefix("in ").assign(stage=[plan.stages[rung].id for rung in table.index])
    fields = (_STAGE, *columns, Field("in ", ALL.zh, ALL.en, "number"))
    title = Words("各片区整备阶段（亩）", "By zone (mu)").text()
    return Sheet("zones", title, fields, table, _stage_names(plan))


_STAGE: Final = Field("stage", "阶段", "Stage", "name")


def _stage_names(plan: Plan) -> dict[str, dict[str, Text]]:
    return {"stage": {stage.id: stage.name for stage in plan.stages}}


def _blocked_sheet(blocked: pd.DataFrame, plan: Plan) -> Sheet:
    fields = (
        Field("parcel_id", "地块", "Parcel"),
        Field("zone", "片区", "Zone"),
        _STAGE,
        Field("mu", "面积（亩）", "Land (mu)", "number"),
        Field("blocked", "受阻原因", "Blocked by", "note"),
        Field("responsible", "责任人", "Owner"),
        Field("next_step", "下一步", "Next step", "note"),
    )
    table = blocked.assign(mu=blocked["land_m2"] / M2_PER_MU)
    title = Words("受阻地块", "Blocked parcels").text()
    return Sheet("blocked", title, fields, table, _stage_names(plan))
