"""Recording: from a spreadsheet or a command into the ledger, all of it or nothing."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from geo.errors import LayerError, LedgerError
from geo.land import read_land
from geo.ledger.history import stage_events, stages_of, standing
from geo.ledger.opening import open_ledger
from geo.ledger.outline import outline_hash, register_hash
from geo.plan import read_plan
from geo.readers.table import Table, read_table
from geo.readiness import reached
from geo.recording.record import Change, begin, record
from geo.recording.told import Told, told_rows
from geo.sources import layers_mark
from geo.words import hint
from tests.formats import write_layer
from tests.makers import STAGES, placed, row, stages, write_plan

NOW = datetime(2026, 3, 15, 1, 0, tzinfo=UTC)  # nine in the morning in Qingxi


def town(folder, sizes=(200, 200, 100), ids="PQR", **options):
    """A plan of three parcels of 30, 30 and 15 mu, without a ledger yet."""
    land = placed(*row(sizes), parcel_id=list(ids))
    return read_plan(write_plan(folder, land, **options))


def tell(parcel, day, stage="signed", kind="reach", **more):
    return Told(None, parcel, kind, day, stage, **({"evidence": "paper"} | more))


def recorded(plan, *told, now=NOW, **options):
    return record(plan, told, actor="Li", now=now, **options)


def entries(plan):
    with open_ledger(plan.folder / plan.ledger.file) as ledger:
        return ledger.events()


def outlines(plan):
    with open_ledger(plan.folder / plan.ledger.file) as ledger:
        return ledger.outlines()


def files(plan):
    """Every file of the plan's folder, byte for byte."""
    return {path.name: path.read_bytes() for path in plan.folder.iterdir()}


# --- the first entry, and the next -----------------------------------------------------------


def test_the_first_entry_makes_the_ledger_and_keeps_the_land(tmp_path):
    plan = town(tmp_path)
    done = recorded(plan, tell("P", "2025-01-01"))
    layer, entry = entries(plan)
    assert done.events == [layer, entry]
    assert (done.head.seq, done.head.hash) == (2, entry.hash)
    assert (entry.parcel_id, entry.stage, entry.actor) == ("P", "signed", "Li")
    assert entry.recorded_at == "2026-03-15T01:00:00.000000Z"
    assert (layer.kind, layer.parcel_id, layer.date) == ("layer", "", "2026-03-15")
    assert layer.text == layers_mark(plan)
    kept = outlines(plan)
    assert layer.geometry_hash == register_hash(kept)
    assert [(item.seq, item.parcel_id) for item in kept] == [(1, "P"), (1, "Q"), (1, "R")]
    assert [item.area_m2 for item in kept] == pytest.approx([20_000, 20_000, 10_000])
    assert all(item.hash == outline_hash(item.wkb, "EPSG:4547") for item in kept)
    assert entry.geometry_hash == kept[0].hash


def test_a_ledger_that_the_plan_names_is_begun_once_and_never_by_an_entry(tmp_path):
    plan = town(tmp_path, tables='[ledger]\nfile = "history.db"')
    with pytest.raises(LedgerError) as error:
        recorded(plan, tell("P", "2025-01-01"))
    (missing,) = error.value.findings
    assert (missing.code, missing.file) == ("ledger.missing", "history.db")
    assert not (tmp_path / "history.db").exists()
    (layer,) = begin(plan, actor="Li", now=NOW).events
    assert (layer.seq, layer.kind) == (1, "layer")
    assert recorded(plan, tell("P", "2025-01-01")).head.seq == 2
    with pytest.raises(LedgerError) as error:
        begin(plan, actor="Li", now=NOW)
    (there,) = error.value.findings
    assert (there.code, there.file) == ("ledger.exists", "history.db")


def test_a_ledger_is_not_begun_with_land_that_cannot_be_read(tmp_path):
    plan = town(tmp_path, tables='[ledger]\nfile = "history.db"')
    (tmp_path / plan.layers.parcels.file).unlink()
    with pytest.raises(LayerError):
        begin(plan, actor="Li", now=NOW)
    assert not (tmp_path / "history.db").exists()


def test_what_corrects_an_entry_keeps_what_it_does_not_say_anew(tmp_path):
    plan = town(tmp_path)
    wrong = tell("P", "2025-01", source="office", responsible="Wang", next_step="pay")
    recorded(plan, wrong)
    fixed = Told(stage="cleared", reason="misread", kind="", supersedes=2)
    (entry,) = recorded(plan, fixed).events
    assert (entry.parcel_id, entry.kind, entry.stage) == ("P", "reach", "cleared")
    assert (entry.date, entry.precision) == ("2025-01-01", "month")
    assert (entry.evidence, entry.source) == (wrong.evidence, "office")
    assert (entry.responsible, entry.next_step) == ("Wang", "pay")
    stuck = Told(kind="block", text="no money", reason="it was stuck", supersedes=3)
    (block,) = recorded(plan, stuck).events
    assert (block.kind, block.stage, block.text) == ("block", "", "no money")
    assert block.date == "2025-01-01"
    (elsewhere,) = recorded(plan, Told(parcel_id="Q", kind="", reason="Q", supersedes=4)).events
    assert (elsewhere.parcel_id, elsewhere.kind, elsewhere.text) == ("Q", "block", "no money")


def test_a_remark_without_a_stage_is_a_note(tmp_path):
    plan = town(tmp_path)
    table = pd.DataFrame(
        [("P", "2025-01-01", "", "called the owner"), ("P", "2025-02-01", "signed", "paid")],
        columns=["地块编号", "日期", "阶段", "备注"],
    )
    table.to_csv(tmp_path / "w.csv", index=False)
    rows, _ = told_rows(read_table(tmp_path / "w.csv"))
    _, note, stage = recorded(plan, *rows).events
    assert (note.kind, note.text) == ("note", "called the owner")
    assert (stage.kind, stage.text) == ("reach", "paid")


def test_an_id_without_end_is_told_short_and_at_once(tmp_path):
    plan = town(tmp_path)
    with pytest.raises(LedgerError) as error:
        recorded(plan, tell("P" * 100_000, "2025-01-01"))
    (long,) = error.value.findings
    assert (long.code, long.field, long.parcel) == ("record.long", "parcel_id", "P" * 40 + "…")
    assert hint("P" * 100_000, ["P" * 100_001] * 50) == {"hint": "", "hint_zh": ""}


def test_the_land_is_kept_again_only_where_it_has_changed(tmp_path):
    plan = town(tmp_path)
    recorded(plan, tell("P", "2025-01-01"))
    assert [event.kind for event in recorded(plan, tell("Q", "2025-01-01")).events] == ["reach"]
    write_layer(placed(*row([200, 150]), parcel_id=["P", "Q"]), tmp_path / "parcels.parquet")
    done = recorded(plan, tell("Q", "2025-02-01", "demolished"))
    assert [event.kind for event in done.events] == ["layer", "reach"]
    new, gone = [item for item in outlines(plan) if item.seq == done.events[0].seq]
    assert (new.parcel_id, new.area_m2) == ("Q", pytest.approx(15_000))
    assert done.events[1].geometry_hash == new.hash
    assert (gone.parcel_id, gone.hash, gone.wkb, gone.land_m2) == ("R", "", b"", 0)
    assert [
        event.kind for event in recorded(plan, tell("P", "2025-02-01", "demolished")).events
    ] == ["reach"]
    assert not recorded(plan).drafts


def test_nothing_told_keeps_the_land_alone(tmp_path):
    plan = town(tmp_path)
    assert [event.kind for event in recorded(plan).events] == ["layer"]
    assert recorded(plan).events == []
    assert len(entries(plan)) == 1


def test_what_is_known_counts_although_the_plan_looks_back(tmp_path):
    plan = town(tmp_path, top="as_of = 2024-12-31\nknown = 2024-12-31", tables="[ledger]")
    begin(plan, actor="Li", now=NOW)
    recorded(plan, tell("P", "2025-01-01"))
    assert recorded(plan, tell("P", "2025-01-01")).known == 1
    done = recorded(plan, tell("P", "2025-02-01", "demolished"))
    assert [change[2:4] for change in done.changes] == [("signed", "demolished")]


def test_today_is_that_of_the_plan(tmp_path):
    plan = town(tmp_path)
    late = datetime(2026, 3, 15, 16, 30, tzinfo=UTC)  # half past midnight in Qingxi
    assert recorded(plan, tell("P", "2026-03-16"), now=late, dry_run=True).findings == []
    with pytest.raises(LedgerError, match=r"record\.future"):
        recorded(plan, tell("P", "2026-03-16"), now=late.replace(hour=15))


def test_a_parcel_set_aside_keeps_its_outline(tmp_path):
    land = placed(*row([200, 200, 100]), parcel_id=list("PQR"), kind=["", "", ""])
    plan = read_plan(write_plan(tmp_path, land))
    recorded(plan)
    rule = '[[layers.parcels.exclude]]\nfield = "kind"\nvalues = ["road"]\nreason = "a road"'
    land["kind"] = ["", "road", ""]
    plan = read_plan(write_plan(tmp_path, land, layer_toml=rule))
    done = recorded(plan, tell("Q", "2025-01-01"), where={"file": "weekly.csv"})
    assert [(item.code, item.file, item.parcel) for item in done.findings] == [
        ("event.uncounted-parcel", "weekly.csv", "Q")
    ]
    assert [event.kind for event in done.events] == ["layer", "reach"]
    assert len(outlines(plan)) == 3
    assert done.events[1].geometry_hash == outlines(plan)[1].hash


# --- all or nothing --------------------------------------------------------------------------


@pytest.mark.parametrize("has_ledger", [False, True])
def test_one_bad_row_and_nothing_is_written(tmp_path, has_ledger):
    plan = town(tmp_path)
    if has_ledger:
        recorded(plan, tell("P", "2025-01-01"))
    before = files(plan)
    told = tell("Q", "2025-01-01"), tell("Z", "2025-01-01")._replace(row=9), tell("R", "2027")
    with pytest.raises(LedgerError) as refused:
        recorded(plan, *told, where={"file": "weekly.csv"})
    assert [(item.code, item.file, item.row, item.parcel) for item in refused.value.findings] == [
        ("record.future", "weekly.csv", None, "R"),
        ("record.unknown-parcel", "weekly.csv", 9, "Z"),
    ]
    assert files(plan) == before


@pytest.mark.parametrize("has_ledger", [False, True])
def test_a_dry_run_writes_nothing_and_tells_what_would_change(tmp_path, has_ledger):
    plan = town(tmp_path)
    if has_ledger:
        recorded(plan, tell("Q", "2025-01-01"))
    before = files(plan)
    told = tell("P", "2025-01-01"), tell("P", "2025-02-01", "demolished", evidence="")
    dry = recorded(plan, *told, dry_run=True)
    assert files(plan) == before
    assert dry.events == []
    done = recorded(plan, *told)
    assert (dry.drafts, dry.changes, dry.known) == (done.drafts, done.changes, done.known)
    assert [event.kind for event in done.events] == [draft.kind for draft in dry.drafts]


@pytest.mark.parametrize(
    ("actor", "code"),
    [
        (" ", "record.actor"),
        ("", "record.actor"),
        ("Li\x1b[2J", "record.characters"),
        ("王" * 201, "record.long"),
    ],
)
def test_whoever_records_has_a_name(tmp_path, actor, code):
    plan = town(tmp_path)
    with pytest.raises(LedgerError) as refused:
        record(plan, [tell("P", "2025-01-01")], actor=actor, now=NOW)
    assert [(item.code, item.field) for item in refused.value.findings] == [(code, "actor")]
    assert not (tmp_path / "readiness.db").exists()


# --- what changes ----------------------------------------------------------------------------


def test_every_parcel_that_is_told_of_with_its_land(tmp_path):
    plan = town(tmp_path)
    recorded(plan, tell("P", "2025-01-01"), tell("R", "2025-01-01", evidence=""))
    done = recorded(
        plan,
        tell("P", "2025-02-01", "demolished", evidence=""),
        tell("R", "2025-03-01", "", "block", text="no road"),
        tell("Q", "2025-03-01", "", "note", text="visited"),
    )
    assert done.changes == [
        Change("P", pytest.approx(30), "signed", "demolished", False, True, ()),
        Change("R", pytest.approx(15), "signed", "signed", True, True, ("no road",)),
        Change("Q", pytest.approx(30), "survey", "survey", False, False, ()),
    ]
    assert [(item.code, item.parcel) for item in done.findings] == [("event.no-evidence", "P")]


def test_a_split_before_and_after_the_layer_has_it(tmp_path):
    plan = town(tmp_path)
    recorded(plan, tell("P", "2025-01-01"))
    split = Told(None, "P", "split", "2025-06-01", parts=("P1", "P2"))
    dry = recorded(plan, split, dry_run=True)
    assert [
        (change.parcel_id, change.mu, change.before, change.after) for change in dry.changes
    ] == [
        ("P", pytest.approx(30), "signed", ""),
        ("P1", None, "", "signed"),
        ("P2", None, "", "signed"),
    ]
    land = placed(*row([50, 150, 200, 100]), parcel_id=["P1", "P2", "Q", "R"])
    write_layer(land, tmp_path / "parcels.parquet")
    done = recorded(plan, split, tell("P1", "2025-07-01", "demolished"))
    assert [item.code for item in done.findings] == ["record.in-layer"]
    assert [(change.parcel_id, change.before, change.after) for change in done.changes] == [
        ("P", "signed", ""),
        ("P1", "", "demolished"),
        ("P2", "", "signed"),
    ]
    assert [change.mu for change in done.changes] == pytest.approx([30, 7.5, 22.5])
    kept = {item.parcel_id: item for item in outlines(plan)}
    assert (kept["P"].hash, kept["P1"].area_m2) == ("", pytest.approx(5_000))
    spoken_of = {event.parcel_id: event.geometry_hash for event in done.events}
    assert spoken_of["P"] == outlines(plan)[0].hash
    assert spoken_of["P1"] == kept["P1"].hash


# --- again, and at once ----------------------------------------------------------------------


def test_a_weekly_table_adds_only_what_is_new(tmp_path):
    plan = town(tmp_path)
    week = [tell("P", "2025-01-01"), tell("Q", "2025-01", "", "block", text="road")]
    recorded(plan, *week)
    again = recorded(plan, *week)
    assert (again.known, again.drafts, again.events, again.changes) == (2, [], [], [])
    assert again.head.seq == 3
    third = recorded(plan, *week, tell("R", "2025-02-01"))
    assert (third.known, [event.parcel_id for event in third.events]) == (2, ["R"])


def test_somebody_else_writes_meanwhile(tmp_path):
    """What comes in between reading the ledger and writing to it is judged too."""
    plan = town(tmp_path)
    recorded(plan)
    told = tell("P", "2025-05-01")
    later = tell("P", "2025-06-01", "demolished")

    def meanwhile(*others):
        waiting = [others]

        def notify(step):
            if step == "judge" and waiting:
                recorded(plan, *waiting.pop())

        return notify

    done = recorded(plan, told, later, notify=meanwhile(told))
    assert (done.known, [event.stage for event in done.events]) == (1, ["demolished"])
    with pytest.raises(LedgerError, match=r"record\.order"):
        recorded(
            plan,
            tell("Q", "2025-05-01"),
            notify=meanwhile(tell("Q", "2025-04-01", "cleared", reason="")),
        )
    assert [event.parcel_id for event in entries(plan)] == ["", "P", "P", "Q"]


def test_others_who_write_of_other_parcels_are_in_nobody_s_way(tmp_path):
    plan = town(tmp_path)
    recorded(plan)
    waiting = ["Q"]

    def notify(step):
        if step == "judge" and waiting:
            recorded(plan, tell(waiting.pop(), "2025-01-01"))

    done = recorded(plan, tell("P", "2025-01-01"), notify=notify)
    assert [event.seq for event in done.events] == [3]
    assert done.head == done.head._replace(seq=3, hash=done.events[0].hash)


@pytest.mark.parametrize("in_base", [False, True])
def test_others_who_write_of_the_family_are_heard(tmp_path, request, in_base):
    """What a merged parcel can fall back to follows from its parts: news of them come first."""
    plan = town(tmp_path)
    if in_base:
        postgres = request.getfixturevalue("postgres")
        plan = plan.with_ledger(postgres.address(postgres.database()))
    alike = [tell(part, "2025-01-10", "cleared") for part in "PQ"]
    recorded(plan, *alike, tell("N", "2025-06-01", "", "merge", parts=("P", "Q")))
    waiting = [tell(part, "2025-03-01", "signed", "revert", reason="late") for part in "PQ"]

    def notify(step):
        if step == "write" and waiting:
            told, waiting[:] = [*waiting], []
            recorded(plan, *told)

    fall = tell("N", "2025-06-15", "demolished", "revert", reason="lawsuit")
    with pytest.raises(LedgerError, match=r"record\.revert-nothing"):
        recorded(plan, fall, notify=notify)
    with open_ledger(plan.ledger_at) as ledger:
        assert [event.parcel_id for event in ledger.events()] == ["", "P", "Q", "N", "P", "Q"]


def test_a_revert_of_some_month_is_not_lost_to_what_that_month_had(tmp_path):
    plan = town(tmp_path)
    recorded(plan, tell("P", "2024-01-10"), tell("P", "2024-06-10", "cleared"))
    fall = tell("P", "2024年6月", "survey", "退回", reason="certificate withdrawn")
    with pytest.raises(LedgerError, match=r"record\.vague-revert"):
        recorded(plan, fall)
    done = recorded(plan, fall._replace(date="2024-06-20"))
    assert [(change.before, change.after) for change in done.changes] == [("cleared", "survey")]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_plan_whose_table_must_go_first(tmp_path, dry_run):
    """Until then nothing can be built: the ledger and the table would count twice."""
    history = pd.DataFrame({"parcel_id": ["P"], "date": ["2024-01-01"], "stage": ["signed"]})
    plan = town(tmp_path, history=history)
    done = recorded(plan, tell("P", "2025-01-01", "cleared"), dry_run=dry_run)
    item = next(item for item in done.findings if item.code == "record.two-histories")
    assert (item.severity, item.file, item.field) == ("warning", "plan.toml", "layers.readiness")
    assert "events.csv" in item.message
    assert "--from events.csv" in item.mend
    assert "[layers.readiness]" in item.mend
    alone = recorded(plan.of_land_alone(), tell("Q", "2025-01-01"), dry_run=dry_run)
    assert "record.two-histories" not in [item.code for item in alone.findings]


@pytest.mark.parametrize("in_bulk", [False, True])
def test_the_stages_are_those_of_the_table(tmp_path, in_bulk):
    """What is recorded one by one or at once reads back as the same parcels at the same stages."""
    random = np.random.default_rng(4)
    told = []
    for parcel in "PQR":
        days = np.sort(random.choice(400, size=6, replace=False))
        for step, day in zip([1, 2, 3, 1, 2, 3], days, strict=True):
            fell = step == 1 and len([item for item in told if item.parcel_id == parcel]) > 0
            told.append(
                tell(
                    parcel,
                    str(np.datetime64("2024-06-01") + day),
                    STAGES[step],
                    "revert" if fell else "reach",
                    reason="lawsuit" if fell else "",
                    evidence="paper" if random.random() < 0.6 else "",
                )
            )
    order = random.permutation(len(told)) if in_bulk else np.arange(len(told))
    plan = town(tmp_path)
    if in_bulk:
        recorded(plan, *[told[at] for at in order])
    else:
        for item in told[:7]:
            recorded(plan, item)
        recorded(plan, *told[7:])
    table = pd.DataFrame([item[1:9] for item in told], columns=Told._fields[1:9])
    events = table.assign(
        row=range(len(table)),
        date=pd.to_datetime(table["date"]),
        precision="day",
        rung=table["stage"].map(STAGES.index),
        action=table["kind"],
    )
    held, _ = stage_events(stages_of(standing(entries(plan))), stages(), {})
    land = read_land(plan.seen_on(date(2026, 3, 15))).events
    dates = [date(2024, 12, 31), date(2025, 3, 1), date(2026, 3, 15)]
    for one in (held, land):
        for at, expected in zip(
            reached(one, list("PQR"), dates), reached(events, list("PQR"), dates), strict=True
        ):
            assert at.rung.tolist() == expected.rung.tolist()
            assert at.evidenced_rung.tolist() == expected.evidenced_rung.tolist()


def test_a_database_takes_the_same_as_a_file(tmp_path, postgres):
    """First entry, repetition, dry run, refusal and somebody who writes meanwhile."""
    in_file = town(tmp_path / "file")
    address = postgres.address(postgres.database())
    in_base = town(tmp_path / "base").with_ledger(address)
    first = tell("P", "2025-01-01"), tell("Q", "2025-01", "", "block", text="路")

    def both(*told, **options):
        pair = [recorded(plan, *told, **options) for plan in (in_file, in_base)]
        assert pair[0].drafts == pair[1].drafts
        assert pair[0].changes == pair[1].changes
        assert pair[0].known == pair[1].known
        assert [event[:17] for event in pair[0].events] == [event[:17] for event in pair[1].events]
        return pair[1]

    assert both(*first, dry_run=True).head is None
    assert both(*first).head.seq == 3
    assert both(*first).known == 2
    with pytest.raises(LedgerError, match=r"record\.order"):
        recorded(in_base, tell("P", "2024-12-01", "cleared"))
    waiting = [tell("P", "2025-02-01", "demolished")]

    def notify(step):
        if step == "judge" and waiting:
            recorded(in_base, waiting.pop())

    done = recorded(in_base, tell("P", "2025-02-01", "demolished"), notify=notify)
    assert (done.known, done.events, done.head.seq) == (1, [], 4)
    with open_ledger(address) as ledger:
        assert [event.kind for event in ledger.events()] == ["layer", "reach", "block", "reach"]


# --- a spreadsheet ---------------------------------------------------------------------------


def sheet(rows, columns):
    frame = pd.DataFrame(rows, columns=columns, dtype="str")
    return Table(Path("weekly.csv"), frame.set_axis(range(2, len(rows) + 2)))


def test_a_sheet_as_offices_write_it(tmp_path):
    book = openpyxl.Workbook()
    columns = ["序号", "地块编号", "日期", "阶段", "动作", "佐证编号", "来源", "原因"]
    columns += ["责任人", "下一步", "说明", "记录时间"]
    book.active.append(columns)
    signed = [1, "P", datetime(2025, 1, 2), "signed", "到达", "协议-7", "周报", None]
    book.active.append([*signed, "王", "拆除", "已付\n定金", "2025-01-03"])
    book.active.append(
        [2, "Q", "2025年3月", None, "受阻", None, None, None, None, None, "无路", None]
    )
    book.save(tmp_path / "周报.xlsx")
    told, findings = told_rows(read_table(tmp_path / "周报.xlsx"))
    assert told == [
        Told(
            2,
            "P",
            "到达",
            "2025-01-02 00:00:00",
            "signed",
            "已付 定金",
            "协议-7",
            "周报",
            "",
            "王",
            "拆除",
        ),
        Told(3, "Q", "受阻", "2025年3月", "", "无路"),
    ]
    assert [(item.code, item.severity, item.file, item.field, item.seen) for item in findings] == [
        ("record.recorded-at", "info", "周报.xlsx", "recorded_at", "记录时间")
    ]
    plan = town(tmp_path)
    done = recorded(plan, *told, where={"file": "周报.xlsx"})
    assert [(event.kind, event.date, event.precision) for event in done.events[1:]] == [
        ("reach", "2025-01-02", "day"),
        ("block", "2025-03-01", "month"),
    ]


def test_the_planner_s_own_names_and_parts_and_numbers():
    columns = ["parcel_id", "date", "kind", "parts", "supersedes", "reason"]
    rows = [
        ("P", "2025-01-01", "split", "P1、P2; P3", "", ""),
        ("", "", "void", "", "#12", "wrong"),
        ("", "", "", "", "", ""),
        ("Q", "2025-01-01", "void", "", "第7条", "wrong"),
    ]
    told, findings = told_rows(sheet(rows, columns))
    assert findings == []
    assert [(item.row, item.parts, item.supersedes) for item in told] == [
        (2, ("P1", "P2", "P3"), None),
        (3, (), 12),
        (5, (), 7),
    ]


def test_what_is_no_number_of_an_entry():
    rows = [("P", "2025-01-01", "signed", "x"), ("Q", "2025-01-01", "signed", "1.5")]
    with pytest.raises(LedgerError) as refused:
        told_rows(sheet(rows, ["地块编号", "日期", "阶段", "更正序号"]))
    assert [
        (item.code, item.file, item.row, item.field, item.seen) for item in refused.value.findings
    ] == [
        ("record.entry-number", "weekly.csv", 2, "supersedes", "x"),
        ("record.entry-number", "weekly.csv", 3, "supersedes", "1.5"),
    ]


@pytest.mark.parametrize(
    ("columns", "asked"),
    [
        (["日期", "阶段"], "parcel_id"),
        (["地块编号", "阶段"], "date"),
        (["地块编号", "日期"], "stage"),
    ],
)
def test_a_column_that_is_missing_is_asked_for(columns, asked):
    with pytest.raises(LayerError) as refused:
        told_rows(sheet([["x"] * len(columns)], columns))
    (item,) = refused.value.findings
    assert (item.code, item.file, item.seen) == ("layer.column", "weekly.csv", asked)


def test_columns_that_could_both_be_meant_are_asked_about():
    columns = ["地块编号", "日期", "完成日期", "阶段"]
    differing = [("P", "2025-01-01", "2025-01-02", "signed")]
    with pytest.raises(LayerError) as refused:
        told_rows(sheet(differing, columns))
    (item,) = refused.value.findings
    assert (item.code, item.file, item.field, item.seen) == (
        "record.ambiguous",
        "weekly.csv",
        "date",
        "日期, 完成日期",
    )
    told, _ = told_rows(sheet(differing, columns), {"date": "完成日期"})
    assert told[0].date == "2025-01-02"
    told, _ = told_rows(sheet([("P", "2025-01-01", "", "signed")], columns))
    assert told[0].date == "2025-01-01"


@pytest.mark.parametrize(
    ("fields", "seen"), [({"date": "when"}, "when"), ({"when": "日期"}, "when")]
)
def test_a_mapping_that_leads_nowhere(fields, seen):
    with pytest.raises(LayerError) as refused:
        told_rows(sheet([("P", "2025", "signed")], ["地块编号", "日期", "阶段"]), fields)
    assert [(item.code, item.seen) for item in refused.value.findings] == [("layer.column", seen)]


def test_a_column_can_be_told_not_to_count():
    rows = [("P", "2025-01-01", "signed", "internal")]
    columns = ["地块编号", "日期", "阶段", "备注"]
    assert told_rows(sheet(rows, columns))[0][0].text == "internal"
    assert told_rows(sheet(rows, columns), {"text": ""})[0][0].text == ""
    moved, _ = told_rows(sheet(rows, columns), {"evidence": "备注"})
    assert (moved[0].evidence, moved[0].text) == ("internal", "")


# --- the layers as they were -----------------------------------------------------------------


def test_layers_that_did_not_change_are_not_read_again(tmp_path):
    plan = town(tmp_path)
    recorded(plan, tell("P", "2025-01-01"))
    steps = []
    done = recorded(plan, tell("P", "2025-02-01", "demolished"), notify=steps.append)
    assert steps == ["judge", "write"]
    assert done.changes[0].mu == pytest.approx(30)
    assert done.events[0].geometry_hash == outlines(plan)[0].hash


def test_layers_that_changed_are_looked_at_and_remembered(tmp_path):
    """Another name of a parcel moves no land: the entry says that the layer was seen."""
    plan = town(tmp_path)
    recorded(plan, tell("P", "2025-01-01"))
    land = placed(*row([200, 200, 100]), parcel_id=list("PQR"), name=["one", "two", "three"])
    plan = read_plan(write_plan(tmp_path, land))
    steps = []
    done = recorded(plan, tell("P", "2025-02-01", "demolished"), notify=steps.append)
    assert "measure" in steps
    assert [event.kind for event in done.events] == ["layer", "reach"]
    assert len(outlines(plan)) == 3
    steps.clear()
    recorded(plan, tell("P", "2025-03-01", "cleared"), notify=steps.append)
    assert steps == ["judge", "write"]


def test_a_parcel_that_the_ledger_has_not_is_looked_for_in_the_layer(tmp_path):
    plan = town(tmp_path)
    recorded(plan, tell("P", "2025-01-01"))
    steps = []
    with pytest.raises(LedgerError, match=r"record\.unknown-parcel"):
        recorded(plan, tell("X", "2025-01-01"), notify=steps.append)
    assert "measure" in steps
