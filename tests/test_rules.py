"""What may be recorded, judged without a plan or a file: every rule, and histories at random."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.ledger.event import Draft, Head, chained
from geo.ledger.history import read_history, stage_events, stages_of, standing
from geo.lineage import inherited
from geo.readiness import reached
from geo.recording.rules import Ground, judge
from geo.recording.told import Told
from geo.tasks import open_blockers
from tests.histories import history_of
from tests.makers import STAGES, stages

M2_PER_MU = 2000 / 3
TODAY = date(2026, 3, 15)
GROUND = Ground(
    layer={"P": 20_000.0, "Q": 10_000.0, "R": 10_000.0},
    aside=frozenset({"X"}),
    former={"OLD": 5_000.0},
)
EMPTY = Head("id", "2020-01-01T00:00:00.000000Z", 0, "0" * 64, "2020-01-01T00:00:00.000000Z")


def ledger(*drafts):
    """The entries that a ledger has after these drafts."""
    return list(chained(drafts, EMPTY, actor="Li", now=datetime(2025, 1, 1, tzinfo=UTC)))


def entry(parcel, day, stage="signed", kind="reach", **more):
    return Draft(parcel, kind, day, stage=stage, **({"evidence": "paper"} | more))


def tell(parcel, day, stage="signed", kind="reach", **more):
    return Told(None, parcel, kind, day, stage, **({"evidence": "paper"} | more))


def judged(*told, entries=(), ground=GROUND, words=None):
    """Judge what is told as the lines of a table from line 2 on."""
    rows = [
        item._replace(row=line) if item.row is None else item for line, item in enumerate(told, 2)
    ]
    return judge(
        rows,
        entries,
        ground,
        stages=stages(),
        today=TODAY,
        where={"file": "weekly.csv"},
        words=words or {},
    )


def found(*told, **options):
    """(code, severity, row, parcel, field) of everything that is noted."""
    findings = judged(*told, **options).findings
    assert {item.file for item in findings} <= {"weekly.csv"}
    return [(item.code, item.severity, item.row, item.parcel, item.field) for item in findings]


def stands(case, parcel):
    at = case.after.standings[parcel]
    return STAGES[max(at.rung, 0)], STAGES[max(at.evidenced_rung, 0)]


# --- one row ---------------------------------------------------------------------------------


def test_what_is_told_in_words_becomes_a_draft():
    words = {"text": " 已付款 ", "source": "周报", "responsible": "王", "next_step": "拆除"}
    case = judged(tell(" P ", "2025年8月", " SIGNED ", "到达", evidence="协议 7", **words))
    assert case.findings == []
    assert case.drafts == [
        Draft(
            "P",
            "reach",
            "2025-08-01",
            "month",
            "signed",
            text="已付款",
            evidence="协议 7",
            source="周报",
            responsible="王",
            next_step="拆除",
        )
    ]


@pytest.mark.parametrize(
    ("told", "code", "field"),
    [
        (tell("P", "2025-01-01", kind="finish"), "record.kind", "kind"),
        (tell("P", "2025-01-01", kind="layer"), "record.kind", "kind"),
        (tell("P", "2025-01-01", "基本完成"), "record.unknown-stage", "stage"),
        (tell("P", "2025-01-01", ""), "record.unknown-stage", "stage"),
        (tell("P", "2025-01-01", "sined", "note", text="x"), "record.unknown-stage", "stage"),
        (tell("P", "last week"), "record.date", "date"),
        (tell("P", ""), "record.date", "date"),
        (tell("P", "2026-03-16"), "record.future", "date"),
        (tell("P", "2026年4月"), "record.future", "date"),
        (tell("P", "2025-01-01", text="a\0b"), "record.characters", "text"),
        (tell("P", "2025-01-01", source="\u202eabc"), "record.characters", "source"),
        (tell("P", "2025-01-01", evidence="\ud800"), "record.characters", "evidence"),
        (tell("P", "2025-01-01", reason="长" * 2001), "record.long", "reason"),
        (tell("P", "2025-01-01", "", "block"), "record.no-text", "text"),
        (tell("P", "2025-01-01", "", "备注", text="  "), "record.no-text", "text"),
        (tell("P", "2025-01-01", "survey", "退回"), "record.revert-reason", "reason"),
        (tell("Z9", "2025-01-01"), "record.unknown-parcel", "parcel_id"),
    ],
)
def test_a_row_that_cannot_be_recorded(told, code, field):
    assert found(told) == [(code, "error", 2, told.parcel_id, field)]
    assert judged(told).errors


def test_a_row_without_a_parcel():
    assert found(tell("  ", "2025-01-01")) == [("record.no-parcel", "error", 2, "", "parcel_id")]


def test_a_text_of_exactly_the_most_is_taken():
    assert found(tell("P", "2025-01-01", text="长" * 2000)) == []


def test_an_unknown_stage_lists_those_to_choose_from():
    (item,) = judged(tell("P", "2025-01-01", "sined")).findings
    assert "did you mean 'signed'?" in item.message
    assert all(name in item.message and name in item.message_zh for name in STAGES)


def test_a_word_for_a_stage_can_be_told_for_once():
    told = tell("P", "2025-01-01", "基本完成")
    assert judged(told, words={"基本完成 ": "demolished"}).drafts[0].stage == "demolished"
    assert found(told, words={"基本完成": "done"})[0][0] == "record.unknown-stage"


def test_what_is_not_over_yet_is_taken_and_counts_when_it_is():
    case = judged(tell("P", "2026年3月"), tell("Q", "2026", "", "block", text="road"))
    assert [(item.code, item.severity, item.row) for item in case.findings] == [
        ("record.period", "info", 2)
    ]
    assert "2026-03-31" in case.findings[0].message
    assert stands(case, "P") == ("survey", "survey")
    assert case.after.standings["Q"].blocks == ("road",)


def test_today_is_not_the_future():
    assert found(tell("P", "2026-03-15")) == []


def test_a_stage_without_evidence_is_self_reported():
    case = judged(tell("P", "2025-01-01", evidence=""))
    assert [(item.code, item.severity, item.row, item.parcel) for item in case.findings] == [
        ("event.no-evidence", "warning", 2, "P")
    ]
    assert stands(case, "P") == ("signed", "survey")
    assert case.after.standings["P"].self_reported


def test_a_similar_id_is_suggested():
    ground = Ground({"LM-A1": 1.0}, frozenset(), {})
    (item,) = judged(tell("lm_a01", "2025-01-01"), ground=ground).findings
    assert (item.code, "did you mean 'LM-A1'?" in item.message) == ("record.unknown-parcel", True)


def test_a_parcel_that_is_set_aside_can_be_told_of():
    assert found(tell("X", "2025-01-01")) == [
        ("event.uncounted-parcel", "info", 2, "X", "parcel_id")
    ]


def test_every_row_is_told_not_the_first_alone():
    told = tell("P", "soon"), tell("Q", "2025-01-01"), tell("R", "2027", "done"), tell("Z", "soon")
    assert [(item[0], item[2]) for item in found(*told)] == [
        ("record.date", 2),
        ("record.unknown-stage", 4),
        ("record.future", 4),
        ("record.date", 5),
        ("record.unknown-parcel", 5),
    ]


# --- the same again --------------------------------------------------------------------------


def test_the_same_twice_in_one_table():
    told = tell("P", "2025-01-01"), tell("Q", "2025-01-01"), tell(" P", "2025年1月1日")
    assert found(*told) == [("record.twice", "error", 4, "P", "")]
    assert "row 2" in judged(*told).findings[0].message


def test_what_the_ledger_has_is_left_out():
    entries = ledger(entry("P", "2025-01-01"))
    case = judged(tell("P", "2025-01-01"), tell("P", "2025-02-01", "demolished"), entries=entries)
    assert (case.known, [draft.stage for draft in case.drafts]) == (1, ["demolished"])
    assert case.findings == []


def test_what_the_ledger_has_is_known_though_the_parcel_is_gone():
    entries = ledger(entry("GONE", "2025-01-01"))
    case = judged(tell("GONE", "2025-01-01"), entries=entries)
    assert (case.known, case.findings) == (1, [])
    assert found(tell("GONE", "2025-01-02"), entries=entries)[0][0] == "record.unknown-parcel"


def test_stages_that_the_plan_has_no_more_are_passed_over():
    entries = ledger(
        entry("P", "2024-01-01", "built"),
        entry("P", "2025-06-01", "built", "block", text="road"),
    )
    assert found(tell("P", "2025-01-01"), entries=entries) == []
    assert [note[0] for note in found(split(day="2025-02-01"), entries=entries)] == [
        "record.not-in-layer",
        "record.gone-parcel",
    ]


def test_a_void_needs_an_entry_that_is_there_and_no_date():
    assert found(tell("", "", "", "void", supersedes=9, reason="typing")) == [
        ("record.no-entry", "error", 2, "", "supersedes")
    ]


def test_what_was_corrected_is_not_brought_back_by_an_old_table():
    entries = ledger(
        entry("P", "2025-01-01"), entry("P", "2025-02-01", supersedes=1, reason="typing")
    )
    case = judged(tell("P", "2025-01-01"), entries=entries)
    assert (case.known, case.drafts, case.errors) == (1, [], [])
    (item,) = case.findings
    assert (item.code, item.severity, item.row, item.parcel, item.seen) == (
        "record.was-corrected",
        "warning",
        2,
        "P",
        "1",
    )


# --- the order of stages ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "then"), [("demolished", "signed"), ("cleared", "demolished"), ("cleared", "signed")]
)
def test_a_lower_stage_after_a_higher_one(first, then):
    high, low = tell("P", "2025-01-01", first), tell("P", "2025-02-01", then)
    entries = ledger(entry("P", "2025-01-01", first))
    assert ("record.order", "error", 3, "P", "date") in found(high, low)
    assert ("record.order", "error", 2, "P", "date") in found(low, entries=entries)
    later = ledger(entry("P", "2025-02-01", then))
    assert ("record.order", "error", 2, "P", "date") in found(high, entries=later)


@pytest.mark.parametrize("explained", ["high", "low"])
def test_stages_that_ran_in_parallel(explained):
    high = tell("P", "2025-01-01", "demolished", reason="first" if explained == "high" else "")
    low = tell("P", "2025-02-01", "signed", reason="first" if explained == "low" else "")
    case = judged(high, low)
    assert not case.errors
    assert ("record.parallel", "info", 3, "P", "date") in found(high, low)
    assert stands(case, "P") == ("demolished", "demolished")


def test_dates_that_may_be_in_order_are():
    told = tell("P", "2025-05-10", "demolished"), tell("P", "2025年5月", "signed")
    assert not judged(*told).errors
    told = tell("P", "2025-05-01", "demolished"), tell("P", "2025年5月", "signed")
    assert not judged(*told).errors
    told = tell("P", "2025-05-10", "demolished"), tell("P", "2025年6月", "signed")
    assert [item.code for item in judged(*told).errors] == ["record.order"]


def test_after_a_revert_lower_stages_come_again():
    entries = ledger(
        entry("P", "2024-01-01"),
        entry("P", "2024-02-01", "demolished"),
        entry("P", "2024-03-01", "cleared"),
        entry("P", "2024-04-01", "signed", "revert", reason="lawsuit"),
    )
    case = judged(tell("P", "2024-05-01", "demolished"), entries=entries)
    assert case.findings == []
    assert stands(case, "P") == ("demolished", "demolished")


def test_what_was_lost_by_a_revert_is_no_higher_stage():
    entries = ledger(
        entry("P", "2024-01-01", "cleared"),
        entry("P", "2024-02-01", "demolished", "revert", reason="lawsuit"),
    )
    assert found(tell("P", "2024-03-01", "signed"), entries=entries) == [
        ("record.parallel", "info", 2, "P", "date")
    ]


def test_one_explained_stage_does_not_explain_another():
    entries = ledger(
        entry("P", "2024-01-01", "demolished", reason="first the ruins"),
        entry("P", "2024-02-01", "demolished"),
    )
    assert found(tell("P", "2024-03-01", "signed"), entries=entries) == [
        ("record.order", "error", 2, "P", "date")
    ]


def test_a_void_stage_is_not_said_to_be_skipped():
    entries = ledger(
        entry("P", "2024-01-01"),
        entry("P", "2024-02-01", "demolished"),
        entry("P", "2024-03-01", "cleared"),
    )
    assert found(Told(kind="void", supersedes=2, reason="never"), entries=entries) == []


def test_an_inversion_that_is_there_already_is_not_held_against_others():
    entries = ledger(entry("P", "2024-01-01", "demolished"), entry("P", "2024-05-01", "signed"))
    assert found(tell("P", "2024-06-01", "cleared"), entries=entries) == []


def test_a_stage_that_skips_others():
    assert found(tell("P", "2025-01-01", "cleared")) == [("record.skips", "info", 2, "P", "stage")]
    (item,) = judged(tell("P", "2025-01-01", "cleared")).findings
    assert "signed, demolished" in item.message


@pytest.mark.parametrize("stage", ["signed", "demolished"])
def test_a_revert_to_where_it_stands_or_above(stage):
    entries = ledger(entry("P", "2024-01-01"))
    told = tell("P", "2025-01-01", stage, "revert", reason="x")
    assert found(told, entries=entries) == [("record.revert-nothing", "error", 2, "P", "stage")]


def test_a_revert_before_it_stood_higher():
    entries = ledger(entry("P", "2024-05-01", "signed"))
    told = tell("P", "2024-04-30", "survey", "revert", reason="x")
    assert [item.code for item in judged(told, entries=entries).errors] == ["record.revert-nothing"]
    told = told._replace(date="2024-05-01")
    assert stands(judged(told, entries=entries), "P") == ("survey", "survey")


def test_a_block_and_its_end():
    block = tell("P", "2025-02-01", "", "受阻", text="no road")
    lift = tell("P", "2025-03-01", "", "解除")
    case = judged(block, lift)
    assert (case.findings, case.after.standings["P"].blocks) == ([], ())
    assert judged(block).after.standings["P"].blocks == ("no road",)
    assert found(lift) == [("record.unblock-nothing", "error", 2, "P", "date")]
    early = lift._replace(date="2025-01-31")
    assert found(block, early) == [("record.unblock-nothing", "error", 3, "P", "date")]


FELL = tell("P", "2025年6月", "survey", "revert", reason="withdrawn")


@pytest.mark.parametrize(
    "day", ["2025-06-01", "2025-06-10", "2025-06-30", "2025年6月", "2025年二季度"]
)
def test_a_revert_of_some_month_and_a_stage_in_it(day):
    """Which came first is not known, so neither is where the parcel stands."""
    other, reached = tell("P", day, "cleared"), tell("P", "2025-01-10")
    expected = [("record.vague-revert", "error", 2, "P", "date")]
    assert [item for item in found(FELL, other, reached) if item[1] == "error"] == expected
    entries = ledger(entry("P", "2025-01-10"))
    for first, then in ((FELL, other), (other, FELL)):
        before = ledger(entry("P", "2025-01-10"), *judged(first, entries=entries).drafts)
        notes = found(then, entries=before)
        assert [item for item in notes if item[1] == "error"] == expected
        assert found(tell("P", "2025-08-01", "", "note", text="?"), entries=before) == []


@pytest.mark.parametrize("day", ["2025-05-31", "2025-07-01", "2025年5月", "2025年三季度"])
def test_a_revert_of_some_month_and_a_stage_before_or_after(day):
    other = tell("P", day, "demolished")
    case = judged(tell("P", "2025-01-10"), other, FELL)
    assert not case.errors
    is_after = day in ("2025-07-01", "2025年三季度")
    assert stands(case, "P")[0] == ("demolished" if is_after else "survey")


def test_two_moves_in_no_known_order_are_told_with_their_dates_and_entries():
    entries = ledger(entry("P", "2025-01-10"), entry("P", "2025-06-10", "cleared"))
    (item,) = judged(FELL._replace(stage="demolished"), entries=entries).errors
    assert (item.code, item.row, item.parcel) == ("record.vague-revert", 2, "P")
    assert "in 2025-06, no day" in item.message
    assert "2025-06-10, entry 2" in item.message
    assert "2025-06-10" in item.message_zh
    assert "第 2 条" in item.message_zh
    quarter = FELL._replace(date="2025年二季度")
    assert "2025-Q2" in judged(quarter, entries=entries).errors[0].message


@pytest.mark.parametrize("lifted", ["2025-06-01", "2025-06-10", "2025年6月"])
def test_a_block_of_some_month_and_its_end_in_it(lifted):
    block = tell("P", "2025年6月", "", "block", text="lawsuit")
    lift = tell("P", lifted, "", "unblock")
    expected = [("record.vague-block", "error", 2, "P", "date")]
    assert found(block, lift) == expected
    assert found(lift, entries=ledger(*judged(block).drafts)) == expected
    assert found(block, lift._replace(date="2025-07-01")) == []


@pytest.mark.parametrize(("lifted", "blocks"), [("2025-06-10", ("lawsuit",)), ("2025-07-01", ())])
def test_a_block_that_may_have_come_after_its_end_is_there_still(lifted, blocks):
    """So it is in a ledger that holds both already."""
    entries = ledger(
        Draft("P", "block", "2025-06-01", "month", text="lawsuit"), Draft("P", "unblock", lifted)
    )
    case = judged(tell("P", "2025-08-01", "", "note", text="?"), entries=entries)
    assert (case.findings, case.after.standings["P"].blocks) == ([], blocks)


def test_the_parts_of_a_split_have_its_revert_of_some_month():
    fell = FELL._replace(date="2025年1月")
    told = tell("P", "2024-01-10"), fell, split(day="2025-01-05"), tell("P1", "2025-01-20")
    assert [(item.code, item.row, item.parcel) for item in judged(*told).errors] == [
        ("record.vague-revert", 3, "P")
    ]


# --- corrections -----------------------------------------------------------------------------

HELD = (
    entry("P", "2024-01-01"),
    entry("P", "2024-06-01", "demolished"),
    entry("P", "2024-07-01", "signed", "revert", reason="lawsuit"),
    Draft("", "layer", "2024-07-01", text="parcels.gpkg"),
    entry("Q", "2024-01-01", supersedes=None),
    Draft("Q", "void", "2024-01-01", reason="wrong parcel", supersedes=5),
)


@pytest.mark.parametrize(
    ("told", "code", "field"),
    [
        (tell("P", "2024-01-02", supersedes=1), "record.correction-reason", "reason"),
        (tell("P", "", "", "void", supersedes=1), "record.void-reason", "reason"),
        (tell("P", "2024-01-02", "", "void", reason="x"), "record.void-nothing", "supersedes"),
        (tell("P", "2024-01-02", supersedes=9, reason="x"), "record.no-entry", "supersedes"),
        (tell("P", "2024-01-02", supersedes=4, reason="x"), "record.no-correction", "supersedes"),
        (tell("Q", "2024-01-02", supersedes=6, reason="x"), "record.no-correction", "supersedes"),
        (tell("Q", "2024-01-02", supersedes=5, reason="x"), "record.superseded", "supersedes"),
        (tell("Q", "", "", "void", supersedes=1, reason="x"), "record.other-parcel", "supersedes"),
    ],
)
def test_a_correction_that_is_none(told, code, field):
    notes = found(told, entries=ledger(*HELD))
    assert [note for note in notes if note[1] == "error"] == [
        (code, "error", 2, told.parcel_id, field)
    ]


def test_a_correction_is_judged_as_if_the_wrong_entry_were_not_there():
    entries = ledger(entry("P", "2024-01-01", "cleared"), entry("P", "2024-02-01", evidence="b"))
    told = tell("P", "2024-03-01", "cleared", supersedes=1, reason="month mixed up")
    case = judged(told, entries=entries)
    assert not case.errors
    assert [draft.supersedes for draft in case.drafts] == [1]


def test_one_entry_is_corrected_once():
    told = [
        tell("P", f"2024-01-0{day}", supersedes=1, reason="x", evidence=f"{day}") for day in (2, 3)
    ]
    errors = judged(*told, entries=ledger(*HELD)).errors
    assert [(item.code, item.row) for item in errors] == [("record.superseded", 3)]
    assert "row 2" in errors[0].message


def test_a_void_has_the_parcel_and_the_date_of_what_was_wrong():
    case = judged(Told(kind="作废", supersedes=3, reason="never"), entries=ledger(*HELD))
    assert case.findings == []
    (draft,) = case.drafts
    assert (draft.parcel_id, draft.kind, draft.date) == ("P", "void", "2024-07-01")
    assert stands(case, "P") == ("demolished", "demolished")


def test_a_void_that_takes_the_ground_from_a_revert():
    told = Told(kind="void", supersedes=2, reason="never")
    notes = found(told, entries=ledger(*HELD))
    assert notes == [("record.revert-nothing", "error", 2, "P", "stage")]
    both = told, Told(kind="void", supersedes=3, reason="never")
    assert found(*both, entries=ledger(*HELD)) == []


# --- splits and merges -----------------------------------------------------------------------


def split(parcel="P", parts=("P1", "P2"), day="2025-01-01", **more):
    return Told(None, parcel, "split", day, parts=parts, **more)


def merge(parcel="N", parts=("Q", "R"), day="2025-01-01", **more):
    return Told(None, parcel, "合并", day, parts=parts, **more)


@pytest.mark.parametrize(
    ("told", "code", "parcel", "field"),
    [
        (split(parts=("P1",)), "record.parts", "P", "parts"),
        (split(parts=()), "record.parts", "P", "parts"),
        (split(parts=("P1", "P1")), "record.parts", "P", "parts"),
        (split(parts=("P1", "P")), "record.parts", "P", "parts"),
        (split(day="2025-01"), "record.parts-day", "P", "date"),
        (split("Z"), "record.unknown-parcel", "Z", "parcel_id"),
        (merge(parts=("Q", "Z")), "record.unknown-parcel", "N", "parts"),
    ],
)
def test_a_split_or_merge_that_is_none(told, code, parcel, field):
    errors = [note for note in found(told) if note[1] == "error"]
    assert errors == [(code, "error", 2, parcel, field)]


def test_the_parts_of_a_split_stand_where_it_stood():
    entries = ledger(entry("P", "2024-01-01"), entry("P", "2024-02-01", "demolished", evidence=""))
    case = judged(split(), tell("P1", "2025-02-01", "cleared"), entries=entries)
    assert [(item.code, item.severity) for item in case.findings] == [
        ("record.not-in-layer", "info")
    ]
    assert stands(case, "P1") == ("cleared", "cleared")
    assert stands(case, "P2") == ("demolished", "signed")
    assert case.after.ended.keys() == {"P"}


@pytest.mark.parametrize("told", [merge("P"), split(parts=("Q", "P2"))])
def test_the_layer_cannot_have_a_parcel_and_what_became_of_it(told):
    place = (2, "P", "parts")
    assert found(told) == [("record.both-in-layer", "error", *place)]


def test_the_layer_may_have_the_new_parcels_already():
    ground = Ground({"P1": 15_000.0, "P2": 5_000.0}, frozenset(), {"P": 20_000.0})
    assert found(split(), ground=ground) == [("record.in-layer", "info", 2, "P", "parts")]


def test_what_is_gone_is_told_of_as_what_became_of_it():
    entries = ledger(Draft("P", "split", "2025-01-01", parts=("P1", "P2")))
    told = tell("P", "2025-01-02")
    assert found(told, entries=entries) == [("record.gone-parcel", "error", 2, "P", "date")]
    assert "P1, P2" in judged(told, entries=entries).findings[0].message
    assert found(tell("P", "2025-01-01"), entries=entries) == []
    assert found(tell("P", "2024-12-31"), entries=entries) == []  # told late
    assert found(tell("P1", "2025-01-02"), entries=entries) == []


def test_what_is_not_there_yet_is_told_of_as_what_it_came_of():
    entries = ledger(Draft("P", "split", "2025-01-02", parts=("P1", "P2")))
    told = tell("P1", "2025-01-01")
    assert found(told, entries=entries) == [("record.unborn-parcel", "error", 2, "P1", "date")]
    assert "came of P" in judged(told, entries=entries).findings[0].message
    assert found(tell("P1", "2025-01-02"), entries=entries) == []
    assert found(tell("P1", "2025年1月"), entries=entries) == []


def test_a_neighbour_is_no_part():
    entries = ledger(entry("Q", "2024-06-01"))
    ground = Ground({"P": 20_000.0}, frozenset(), {"Q": 10_000.0})
    errors = judged(split(parts=("P1", "Q")), entries=entries, ground=ground).errors
    assert [(item.code, item.row, item.parcel) for item in errors] == [
        ("record.unborn-parcel", 2, "P")
    ]
    assert "entry 1" in errors[0].message


def test_a_split_before_what_is_told_of_the_parcel():
    entries = ledger(entry("P", "2025-06-01"))
    errors = judged(split(), entries=entries).errors
    assert [(item.code, item.row, item.parcel) for item in errors] == [
        ("record.gone-parcel", 2, "P")
    ]
    assert "entry 1" in errors[0].message


@pytest.mark.parametrize(
    "told",
    [
        split(parts=("P3", "P4"), day="2025-02-01"),
        merge("M", ("P", "Q"), day="2025-02-01"),
        split("Q", ("P1", "Q2"), day="2025-02-01"),
        merge("P", ("P1", "P2"), day="2025-02-01"),
    ],
)
def test_an_id_is_used_once(told):
    entries = ledger(Draft("P", "split", "2025-01-01", parts=("P1", "P2")))
    errors = judged(told, entries=entries).errors
    assert [(item.code, item.row, item.parcel, item.field) for item in errors] == [
        ("record.gone-already", 2, told.parcel_id, "parts")
    ]
    assert "entry 1 of 2025-01-01" in errors[0].message


def test_only_parcels_of_one_stage_are_merged():
    entries = ledger(entry("Q", "2024-01-01"), entry("R", "2024-01-01", evidence=""))
    errors = judged(merge(), entries=entries).errors
    assert [(item.code, item.row, item.parcel) for item in errors] == [
        ("record.merge-stages", 2, "N")
    ]
    assert "Q signed, R signed (evidenced: survey)" in errors[0].message
    shown = tell("R", "2024-03-01")
    case = judged(merge(), shown, entries=entries)
    assert not case.errors
    assert stands(case, "N") == ("signed", "signed")


def test_a_part_that_is_told_of_late_must_not_part_what_was_merged():
    entries = ledger(Draft("N", "merge", "2025-01-01", parts=("Q", "R")))
    errors = judged(tell("Q", "2024-05-01"), entries=entries).errors
    assert [(item.code, item.row) for item in errors] == [("record.merge-stages", 2)]
    assert judged(tell("Q", "2024-05-01"), tell("R", "2024-05-01"), entries=entries).errors == []


def test_what_blocks_the_whole_blocks_the_parts():
    entries = ledger(Draft("P", "block", "2024-01-01", text="no road"))
    case = judged(split(), merge(), entries=entries)
    assert case.after.standings["P1"].blocks == ("no road",)
    lift = tell("P1", "2025-05-01", "", "unblock")
    assert judged(split(), lift, entries=entries).after.standings["P1"].blocks == ()


@pytest.mark.parametrize(
    ("second_m2", "reason", "code"),
    [
        (5_001.0, "", None),
        (5_002.0, "", "record.area-differs"),
        (5_201.0, "", "record.area-off"),
        (5_201.0, "a road", "record.area-differs"),
    ],
)
def test_the_parts_have_the_land_of_the_whole(second_m2, reason, code):
    ground = Ground({"P1": 15_000.0, "P2": second_m2}, frozenset(), {"P": 20_000.0})
    notes = found(split(reason=reason), ground=ground)
    severity = "error" if code == "record.area-off" else "warning"
    assert notes[1:] == ([(code, severity, 2, "P", "parts")] if code else [])


def test_the_difference_is_told_in_mu():
    parts = {"P1": 10 * M2_PER_MU, "P2": 21 * M2_PER_MU}
    ground = Ground(parts, frozenset(), {"P": 30 * M2_PER_MU})
    (item,) = judged(split(), ground=ground).errors
    assert (item.code, item.seen) == ("record.area-off", "1.0000")
    assert "31.00 mu" in item.message
    assert "30.00 mu" in item.message


def test_a_split_is_not_void_while_entries_speak_of_its_parts():
    entries = ledger(
        Draft("P", "split", "2025-01-01", parts=("P1", "P2")), entry("P1", "2025-02-01")
    )
    void = Told(kind="void", supersedes=1, reason="never")
    notes = found(void, entries=entries)
    assert notes == [("record.orphans", "error", 2, "P", "supersedes")]
    both = void, Told(kind="void", supersedes=2, reason="never")
    assert found(*both, entries=entries) == []


def test_nothing_more_is_said_of_a_parcel_whose_row_is_unreadable():
    told = tell("P", "soon", "demolished"), tell("P", "2025-01-01", "signed", "revert", reason="x")
    assert [note[0] for note in found(*told)] == ["record.date"]


# --- histories at random ---------------------------------------------------------------------

DAYS = st.integers(1, 28).map(lambda day: f"2025-01-{day:02}")


@st.composite
def tellings(draw, parcels="PQR"):
    """One thing that may or may not be recorded."""
    kind = draw(st.sampled_from(["reach", "reach", "reach", "revert"]))
    date_text = draw(st.one_of(DAYS, st.sampled_from(["2025-01", "2024", "2025年一季度"])))
    return tell(
        draw(st.sampled_from(parcels)),
        date_text,
        draw(st.sampled_from(STAGES)),
        kind,
        evidence=draw(st.sampled_from(["", "paper"])),
        reason="x" if kind == "revert" else draw(st.sampled_from(["", "", "parallel"])),
    )


def here(told):
    """What a ledger has after telling it one thing after another, the refused ones left out."""
    entries, taken = [], []
    for item in told:
        case = judged(item, entries=entries)
        if case.errors or not case.drafts:
            continue
        head = EMPTY
        if entries:
            head = EMPTY._replace(seq=entries[-1].seq, hash=entries[-1].hash)
        entries += chained(case.drafts, head, actor="Li", now=datetime(2025, 1, 1, tzinfo=UTC))
        taken.append(item)
    return entries, taken


def by_readiness(entries, parcels):
    """Where the parcels stand today as the story computes it, through splits and merges."""
    events, _ = stage_events(stages_of(standing(entries)), stages(), {})
    ledger = SimpleNamespace(
        name="readiness.db",
        findings=[],
        head=lambda: EMPTY,
        events=lambda: entries,
        outlines=list,
    )
    history = read_history(ledger, known=None)
    events = inherited(events, history, parcels, as_of=TODAY)
    events = events[events["parcel_id"].isin(parcels)]
    at = reached(events, parcels, [TODAY])[0]
    return [
        (STAGES[rung], STAGES[shown])
        for rung, shown in zip(at.rung, at.evidenced_rung, strict=True)
    ]


@settings(max_examples=60)
@given(st.lists(tellings(), max_size=12), st.randoms())
def test_one_by_one_or_in_bulk_the_parcels_stand_alike(told, random):
    entries, taken = here(told)
    shuffled = random.sample(taken, len(taken))
    for order in (taken, shuffled):
        bulk = judged(*order)
        assert not bulk.errors
        assert sorted(map(str, bulk.drafts)) == sorted(
            str(Draft(*item[1:12], (), item.supersedes)) for item in entries
        )
        known = [stands(bulk, name) for name in bulk.after.standings]
        assert known == by_readiness(entries, list(bulk.after.standings))
    assert judged(*taken, entries=entries).known == len(taken)


@settings(max_examples=60)
@given(st.lists(tellings("PQ"), min_size=1, max_size=10))
def test_a_ledger_that_holds_what_would_be_refused_is_read_alike(told):
    """Written before a rule was there, or by somebody else."""
    entries = ledger(*(draft for item in told for draft in judged(item).drafts))
    notes = [tell(name, "2026-01-01", "", "note", text="?") for name in "PQ"]
    case = judged(*notes, entries=entries)
    assert [stands(case, name) for name in "PQ"] == by_readiness(entries, ["P", "Q"])


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("PQ"), DAYS, st.booleans()), max_size=12))
def test_what_blocks_is_what_the_ledger_has_open(told):
    kinds = [(parcel, day, "block" if blocks else "unblock") for parcel, day, blocks in told]
    entries, _ = here(
        tell(parcel, day, "", kind, text=f"{at}") for at, (parcel, day, kind) in enumerate(kinds)
    )
    notes = [tell(name, "2025-02-01", "", "note", text="?") for name in "PQ"]
    case = judged(*notes, entries=entries)
    blocked = open_blockers(history_of(entries), TODAY)
    for name in "PQ":
        texts = tuple(item.text for item in blocked.get(name, []))
        assert case.after.standings[name].blocks == texts


@settings(max_examples=60)
@given(st.lists(tellings("PQ"), max_size=6), st.lists(tellings(["P1", "P2", "Q"]), max_size=8))
def test_the_parts_of_a_split_stand_as_the_story_has_it(before, after):
    later = [item._replace(date=item.date.replace("2025-01", "2025-03")) for item in after]
    entries, _ = here([*before, split(day="2025-02-10"), *later])
    parcels = ["P1", "P2", "Q"]
    case = judged(
        *[tell(name, "2026-01-01", "survey", "note", text="?") for name in parcels], entries=entries
    )
    assert not case.errors
    assert [stands(case, name) for name in parcels] == by_readiness(entries, parcels)


@settings(max_examples=60)
@given(
    st.lists(tellings("Q"), max_size=6),
    st.lists(tellings("R"), max_size=1),
    st.lists(tellings("N"), max_size=4),
)
def test_a_merged_parcel_stands_as_the_story_has_it(before, also, after):
    alike = [item._replace(parcel_id="R") for item in before]
    later = [item._replace(date="2025-03-01") for item in after]
    entries, _ = here([*before, *alike, *also, merge(day="2025-02-10"), *later])
    if not any(item.kind == "merge" for item in entries):
        return
    case = judged(tell("N", "2026-01-01", "", "note", text="?"), entries=entries)
    assert [stands(case, "N")] == by_readiness(entries, ["N"])
