"""Reports on the town's cadence: what is new, who is late, what to decide, and what was told.

Lots of 30 mu: A, B and C in the west, D and E in the east. Cleared land counts, 120 mu by the end
of 2025, all of them in the west; on 2024-12-31 two of three years are gone.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from shapely import box

import geo
from geo.errors import ChecksError, LawError, PlanError, PublishError
from geo.ledger.event import Draft
from geo.periods import CADENCES, Cadence, period_of
from geo.plan import Plan
from geo.reports import Report, report, report_of, write_report, writing
from geo.reports.span import Span, span_of
from geo.study import Study, run
from geo.tables.sheet import Sheet
from geo.text import Language, Text
from geo.webmap.payload import page_payload
from tests.histories import merge, reach, revert, split, told_plan
from tests.makers import M2_PER_MU, events, placed, qingxi, row, write_plan

QINGXI = Path(__file__).resolve().parents[1] / "layers" / "qingxi" / "plan.toml"
YEAR_END = date(2024, 12, 31)

GOALS = """
[[goals]]
id = "g"
name = { zh = "净地", en = "Cleared land" }
mu = 120
due = 2025-12-31
stage = "cleared"
by_zone = { west = 120 }

[[goals]]
id = "first"
name = "First step"
mu = 60
due = 2024-06-30
stage = "cleared"
programme = "two"

[[programmes]]
id = "one"
name = "One"
parcels = ["A", "B"]

[[programmes]]
id = "two"
name = "Two"
parcels = ["B", "E"]

[[programmes]]
id = "three"
name = "Three"
parcels = ["C"]
"""


def lots(*ids: str) -> gpd.GeoDataFrame:
    """Lots of 30 mu, 100 m apart in one row; the first three are in the west."""
    zone = ["west"] * 3 + ["east"] * (len(ids) - 3)
    return placed(*row([200.0] * len(ids), gap=100), parcel_id=list(ids), zone=zone[: len(ids)])


def zones() -> gpd.GeoDataFrame:
    """West are the first 900 m, east is what follows."""
    outlines = [box(-10, -10, 890, 110), box(890, -10, 2000, 110)]
    return gpd.GeoDataFrame({"zone_id": ["west", "east"]}, geometry=qingxi(outlines), crs=4547)


HISTORY = [
    ("A", "2024-03-01", "cleared"),
    ("B", "2024-11-15", "cleared"),
    ("C", "2024-02-01", "signed"),
    ("D", "2024-12-10", "cleared", ""),  # nobody has shown it
    ("E", "2024-05-01", "cleared"),
    ("E", "2024-12-05", "signed", "", "revert"),
]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The five lots with a table of events; a stage may take six months."""
    history = events(*HISTORY)
    history["reason"] = history["action"].map({"revert": "tank found", "reach": ""})
    folder = tmp_path_factory.mktemp("town")
    path = write_plan(folder, lots(*"ABCDE"), history=history, zones=zones(), tables=GOALS)
    return allowing(geo.read_plan(path))


def allowing(plan: Plan, **more: Any) -> Plan:
    """A plan in which every stage may take six months."""
    stages = [item.model_copy(update={"limit_months": 6.0} | more) for item in plan.stages]
    return plan.model_copy(update={"stages": stages})


def told(plan: Plan, cadence: Cadence, day: date = YEAR_END) -> Report:
    return report_of(plan, period_of(cadence, day))


def sheet(report: Report, name: str) -> Sheet:
    return next(sheet for sheet in report.sheets if sheet.id == name)


def figures(report: Report, name: str, *columns: str) -> list[tuple[Any, ...]]:
    table = sheet(report, name).frame[list(columns)].round(6)
    return [
        tuple(None if value != value else value for value in line)  # noqa: PLR0124 (NaN)
        for line in table.itertuples(index=False, name=None)
    ]


# --- the goals, divided ----------------------------------------------------------------------


def test_goals_by_hand(town: Plan) -> None:
    """B is new in the quarter and E fell back: 60 mu before and 60 after; half of 120 mu."""
    quarter = told(town, "quarter")
    columns = ("goal", "goal_mu", "new_mu", "counted_mu", "share", "ahead", "gap_mu", "light")
    assert figures(quarter, "goals", *columns) == [
        ("g", 120, 0, 60, 0.5, -16.666667, 60, "red"),
        ("first", 60, 0, 30, 0.5, -50, 30, "red"),
    ]
    assert sheet(quarter, "goals").frame["elapsed_share"].tolist() == [2 / 3, 1]


@pytest.mark.parametrize(
    ("cadence", "day", "new_mu"),
    [
        ("month", "2024-12-31", -30),  # E fell back
        ("month", "2024-11-30", 30),  # B
        ("month", "2024-10-31", 0),
        ("week", "2024-12-05", -30),
        ("day", "2024-12-05", -30),
        ("day", "2024-12-10", 0),  # what D says of itself does not count
        ("quarter", "2024-03-31", 30),
    ],
)
def test_this_period_is_the_difference(
    town: Plan, cadence: Cadence, day: str, new_mu: float
) -> None:
    goals = told(town, cadence, date.fromisoformat(day))
    assert figures(goals, "goals", "new_mu")[0] == (new_mu,)
    assert figures(goals, "zones", "group", "new_mu")[-1] == ("", new_mu)


def test_zones_have_a_target_only_where_the_goal_gives_one(town: Plan) -> None:
    month = told(town, "month")
    columns = ("group", "goal_mu", "new_mu", "counted_mu", "share", "light", "land_mu")
    assert figures(month, "zones", *columns, "land_share") == [
        ("west", 120, 0, 60, 0.5, "red", 90, 0.6),
        ("east", None, -30, 0, None, "", 60, 0.4),
        ("", 120, -30, 60, 0.5, "red", 150, 1),
    ]
    words = sheet(month, "zones").names["light"][""]
    assert (words.zh, words.en) == ("未分解", "not divided")


def test_programmes_are_united_and_their_overlap_is_listed(town: Plan) -> None:
    """B is in two programmes: 60 + 60 + 30 mu are 120 together, and 60 of them count once."""
    month = told(town, "month")
    columns = ("group", "goal", "goal_mu", "new_mu", "counted_mu", "light", "land_mu")
    assert figures(month, "programmes", *columns) == [
        ("one", "g", None, 0, 60, "", 60),
        ("two", "first", 60, -30, 30, "red", 60),
        ("three", "g", None, 0, 0, "", 30),
        ("", "g", None, -30, 60, "", 120),
    ]
    assert figures(month, "overlaps", "one", "other", "parcels", "parcel_ids", "shared_mu") == [
        ("one", "two", 1, "B", 30)
    ]
    note = sheet(month, "programmes").note
    assert note is not None
    assert "不可相加" in note.zh


def test_the_ladder_keeps_what_nobody_has_shown_apart(town: Plan) -> None:
    """At or beyond signed are all five lots, D by its own word only."""
    month = told(town, "month")
    columns = ("rung", "before_mu", "new_mu", "evidenced_mu", "self_reported_mu", "mu_or_beyond")
    assert figures(month, "ladder", *columns) == [
        ("≥0", 150, 0, 150, 0, 150),
        ("≥1", 120, 0, 120, 30, 150),
        ("≥2", 90, -30, 60, 30, 90),
        ("≥3", 90, -30, 60, 30, 90),
    ]


def test_land_in_blocks_too_small_is_shown_beside(tmp_path: Path) -> None:
    """A and B touch and make 60 mu; C alone is below the minimum of 45."""
    land = placed(*row([200, 200]), *row([600, 200])[1:], parcel_id=list("ABC"), zone=["west"] * 3)
    history = events(*((name, "2024-03-01", "cleared") for name in "ABC"))
    tables = GOALS.replace("by_zone = { west = 120 }", "min_block_mu = 45")
    path = write_plan(tmp_path, land, history=history, tables=tables)
    quarter = told(geo.read_plan(path), "quarter")
    for name in ("zones", "owners", "programmes"):
        assert figures(quarter, name, "counted_mu", "small_mu")[-1] == (60, 30)
    assert figures(quarter, "programmes", "group", "counted_mu", "small_mu") == [
        ("one", 60, 0), ("two", 30, 0), ("three", 0, 30), ("", 60, 30)
    ]  # fmt: skip


def test_a_plan_without_goals_is_told_by_its_ladder(tmp_path: Path) -> None:
    path = write_plan(tmp_path, lots("A"), history=events(("A", "2024-12-01", "signed")))
    month = told(geo.read_plan(path), "month")
    assert [item.id for item in month.sheets] == [
        "decisions", "goals", "ladder", "overdue_owners", "overdue", "log", "data"
    ]  # fmt: skip
    assert figures(month, "ladder", "new_mu") == [(0,), (30,), (0,), (0,)]
    assert sheet(month, "goals").frame.empty


def test_land_of_which_nothing_is_told(tmp_path: Path) -> None:
    month = told(geo.read_plan(write_plan(tmp_path, lots("A"))), "month")
    assert sheet(month, "log").frame.empty
    assert figures(month, "ladder", "evidenced_mu") == [(30,), (0,), (0,), (0,)]


def test_a_period_in_which_nothing_happened(town: Plan) -> None:
    quiet = told(town, "week", date(2024, 7, 3))
    assert {value for (value,) in figures(quiet, "goals", "new_mu")} == {0}
    assert {value for (value,) in figures(quiet, "zones", "new_mu")} == {0}
    assert {value for (value,) in figures(quiet, "ladder", "new_mu")} == {0}
    assert sheet(quiet, "log").frame.empty


def test_the_first_period_is_held_against_the_day_before_the_base_date(tmp_path: Path) -> None:
    history = events(("A", "2022-06-01", "cleared"), ("B", "2023-01-01", "cleared"))
    path = write_plan(tmp_path, lots(*"ABC"), history=history, tables=GOALS.replace("by_", "#"))
    first = told(geo.read_plan(path), "quarter", date(2023, 2, 1))
    assert first.period.eve == date(2022, 12, 31)
    assert figures(first, "goals", "goal", "new_mu", "counted_mu")[0] == ("g", 30, 60)
    assert figures(first, "ladder", "before_mu", "evidenced_mu")[-1] == (30, 60)


def test_a_week_53_runs_into_the_next_year(tmp_path: Path) -> None:
    history = events(("A", "2020-12-27", "signed"), ("A", "2021-01-03", "cleared"))
    tables = GOALS.partition('[[goals]]\nid = "first')[0].replace("by_", "#")
    path = write_plan(tmp_path, lots("A"), history=history, tables=tables)
    path.write_text(path.read_text("utf-8").replace("2023-01-01", "2020-01-01"), "utf-8")
    week = told(geo.read_plan(path), "week", date(2020, 12, 31))
    assert week.period.id == "2020-W53"
    assert "2020年第53周（2020-12-28 至 2021-01-03）" in week.subtitle.zh
    assert figures(week, "goals", "new_mu")[0] == (30,)
    assert figures(week, "log", "happened") == [("2021-01-03",)]


# --- by owner --------------------------------------------------------------------------------


@pytest.fixture
def office(tmp_path: Path) -> Plan:
    """The five lots with a ledger: two people, blocks, a late entry and two corrections."""
    path = told_plan(
        tmp_path,
        lots(*"ABCDE"),
        (
            "2024-03-02",
            [
                reach("A", "2024-03-01", "cleared", responsible="李某"),
                reach("B", "2024-02-01", "signed", responsible="李某"),
                reach("C", "2024-02-01", "signed", responsible="赵某", next_step="协商"),
                reach("D", "2024-05-01", "cleared"),
            ],
        ),
        ("2024-05-02", [reach("E", "2024-05-01", "cleared", responsible="赵某")]),
        (
            "2024-12-06T20:00",  # past midnight in China
            [
                reach("B", "2024-11-20", "cleared"),
                revert("E", "2024-12-05", "signed", reason="发现油罐"),
                Draft("C", "block", "2024-12-01", "month", text="租户未迁"),
            ],
        ),
        (
            "2025-01-02",
            [
                reach("D", "2024-12-04", "cleared", supersedes=4, reason="日期有误"),
                Draft("A", "note", "2025-01-01", text="复核"),
                reach("C", "2024-12", "demolished", evidence="")._replace(
                    date="2024-12-01", precision="month"
                ),
            ],
        ),
        tables=GOALS,
        zones=zones(),
    )
    return allowing(geo.read_plan(path), responsible=Text(zh="整备办", en="Land office"))


def test_owners_by_hand(office: Plan) -> None:
    """Li has A and B, Zhao C and E, the office of the plan D, which counts from December on."""
    month = told(office, "month")
    assert figures(month, "owners", "group", "new_mu", "counted_mu", "land_mu", "light") == [
        ("整备办", 30, 30, 30, ""),
        ("李某", 0, 60, 60, ""),
        ("赵某", -30, 0, 60, ""),
        ("", 0, 90, 150, "green"),
    ]
    assert sheet(month, "owners").names["group"]["整备办"].en == "Land office"


def test_the_land_of_nobody_is_told_last(town: Plan) -> None:
    owners = sheet(told(town, "month"), "owners")
    assert owners.frame["group"].tolist() == ["-", ""]
    assert owners.names["group"]["-"].en == "nobody named"


def test_a_merge_changes_no_total(tmp_path: Path) -> None:
    """A and B stood in December with their own people, and are one parcel since the 20th."""
    land = placed(box(0, 0, 400, 100), parcel_id=["M"], zone=["west"])
    path = told_plan(
        tmp_path,
        land,
        ("2024-03-02", [reach("A", "2024-03-01", "cleared", responsible="李某")]),
        ("2024-12-03", [reach("B", "2024-12-02", "cleared", responsible="赵某")]),
        ("2024-12-21", [merge("M", "2024-12-20", "A", "B", responsible="李某")]),
        outlines={"A": box(0, 0, 200, 100), "B": box(200, 0, 400, 100)},
        tables=GOALS.replace("by_", "#").replace('"C"', '"M"'),
    )
    month = told(geo.read_plan(path), "month")
    assert figures(month, "owners", "group", "new_mu", "counted_mu") == [
        ("李某", 30, 60), ("", 30, 60)
    ]  # fmt: skip
    assert figures(month, "log", "what")[-1] == ("merged of A, B; responsible: 李某",)


LEFT, RIGHT = box(0, 0, 100, 100), box(100, 0, 200, 100)  # 15 mu each
WHOLE = box(0, 0, 200, 100)
GOAL = '[[goals]]\nid = "g"\nname = "g"\nmu = 30\ndue = 2025-12-31\nstage = "cleared"'
DECEMBER = ("group", "new_mu", "counted_mu", "land_mu")


def changing_hands(folder: Path, land: gpd.GeoDataFrame, *december: Draft, li: str = "Li") -> Plan:
    """A and B, 15 mu each, were cleared in March for Li and became other parcels in December."""
    march = [reach(name, "2024-03-01", "cleared", responsible=li) for name in "AB"]
    tellings = [("2024-03-02", march), ("2024-12-21", december)]
    outlines = {"A": LEFT, "B": RIGHT}
    return geo.read_plan(told_plan(folder, land, *tellings, outlines=outlines, tables=GOAL))


def test_a_change_of_owner_through_a_merge_is_no_change_of_land(tmp_path: Path) -> None:
    land = placed(WHOLE, box(300, 0, 400, 100), parcel_id=["C", "D"])
    merged = merge("C", "2024-12-20", "A", "B", responsible="Wang")
    plan = changing_hands(tmp_path, land, merged, reach("D", "2024-12-20", "signed"))
    assert figures(told(plan, "month"), "owners", *DECEMBER) == [
        ("Wang", 0, 30, 30), ("-", 0, 0, 15), ("", 0, 30, 45)
    ]  # fmt: skip


def test_land_that_was_nobodys_before_it_merged_makes_a_report(tmp_path: Path) -> None:
    merged = merge("C", "2024-12-20", "A", "B", responsible="Wang")
    plan = changing_hands(tmp_path, placed(WHOLE, parcel_id=["C"]), merged, li="")
    assert figures(told(plan, "month"), "owners", *DECEMBER) == [
        ("Wang", 0, 30, 30), ("", 0, 30, 30)
    ]  # fmt: skip


def test_the_parts_of_a_split_have_their_shares_by_land(tmp_path: Path) -> None:
    """A1 and A2, 5 and 10 mu, go to Wang and Zhao, and that of Zhao falls back."""
    land = placed(box(0, 0, 100, 100 / 3), box(0, 100 / 3, 100, 100), RIGHT)
    land = land.assign(parcel_id=["A1", "A2", "B"])
    plan = changing_hands(
        tmp_path,
        land,
        split("A", "2024-12-20", "A1", "A2"),
        Draft("A1", "note", "2024-12-20", text="sold", responsible="Wang"),
        revert("A2", "2024-12-21", "signed", responsible="Zhao"),
    )
    assert figures(told(plan, "month"), "owners", *DECEMBER) == [
        ("Li", 0, 15, 15), ("Wang", 0, 5, 5), ("Zhao", -10, 0, 10), ("", -10, 20, 30)
    ]  # fmt: skip


def test_a_zone_that_has_no_parcel_any_more_is_told(tmp_path: Path) -> None:
    """B was the whole of the east, and the merged parcel lies in the west by its name."""
    path = told_plan(
        tmp_path,
        placed(WHOLE, parcel_id=["C"], zone=["west"]),
        ("2024-03-02", [reach(name, "2024-03-01", "cleared") for name in "AB"]),
        ("2024-12-21", [merge("C", "2024-12-20", "A", "B")]),
        outlines={"A": LEFT, "B": RIGHT},
        tables=GOAL,
    )
    span = spanned(geo.read_plan(path))
    parcels = span.before.parcels.assign(zone=["west", "east"])
    before = replace(span.before, parcels=parcels)
    moved = report(replace(span, before=before, reported=before), period_of("month", YEAR_END))
    assert figures(moved, "zones", *DECEMBER) == [
        ("west", 15, 30, 30), ("east", -15, 0, 0), ("", 0, 30, 30)
    ]  # fmt: skip


# --- what was told late ----------------------------------------------------------------------


def late_town(folder: Path, *later: tuple[str, list[Draft]]) -> Plan:
    """B was cleared in April; whatever is told of A and B comes later."""
    april = ("2024-05-01", [reach("B", "2024-04-01", "cleared", responsible="Li")])
    outlines = {"A": LEFT, "B": RIGHT}
    land = placed(LEFT, RIGHT, parcel_id=["A", "B"])
    tables = f'{GOAL}\n[[programmes]]\nid = "p"\nname = "p"\nparcels = ["A"]'
    return geo.read_plan(told_plan(folder, land, april, *later, outlines=outlines, tables=tables))


def as_printed(plan: Plan, day: str) -> Report:
    """The report of a month as of the day on which it was over."""
    end = date.fromisoformat(day)
    return told(plan.seen_on(end, known=end), "month", end)


CHAIN = ("adjusted_mu", "new_mu", "counted_mu")


def test_what_is_told_late_adjusts_the_opening(tmp_path: Path) -> None:
    """A was cleared in June, as was written down in July: no month has it as new."""
    plan = late_town(tmp_path, ("2024-07-05", [reach("A", "2024-06-20", "cleared")]))
    june, july = as_printed(plan, "2024-06-30"), as_printed(plan, "2024-07-31")
    assert figures(june, "goals", *CHAIN) == [(0, 0, 15)]
    assert figures(july, "goals", *CHAIN) == [(15, 0, 30)]
    assert figures(july, "zones", *CHAIN) == [(15, 0, 30), (15, 0, 30)]
    assert figures(july, "owners", "group", *CHAIN) == [
        ("Li", 0, 0, 15), ("-", 15, 0, 15), ("", 15, 0, 30)
    ]  # fmt: skip
    assert figures(july, "programmes", "group", *CHAIN) == [("p", 15, 0, 15), ("", 15, 0, 15)]
    columns = ("adjusted_mu", "before_mu", "new_mu", "evidenced_mu")
    assert figures(july, "ladder", *columns)[-1] == (15, 30, 0, 30)
    assert figures(july, "log", "seq", "mark") == [(3, "late; adjusts the opening")]
    note = sheet(july, "goals").note
    assert note is not None
    assert "2024-06-30 的累计" in note.zh
    assert note.en.endswith("Told late or corrected: #3")
    shown = {item.label.en: item.value.en for item in july.highlights}
    assert shown["Opening adjusted"] == "15.00 mu"
    assert "Opening adjusted" not in {item.label.en for item in june.highlights}


def test_months_add_up_whatever_is_told_late_corrected_or_voided(tmp_path: Path) -> None:
    """The total that was printed, the adjustment and what is new are the next total."""
    plan = late_town(
        tmp_path,
        ("2024-07-05", [reach("A", "2024-06-20", "cleared")]),
        ("2024-08-05", [reach("B", "2024-08-02", "cleared", supersedes=2, reason="date")]),
        ("2024-09-05", [Draft("A", "void", "2024-09-01", supersedes=3, reason="not at all")]),
        ("2024-10-05", [revert("B", "2024-10-03", "signed")]),
    )
    days = ["2024-05-31", "2024-06-30", "2024-07-31", "2024-08-31", "2024-09-30", "2024-10-31"]
    months = [figures(as_printed(plan, day), "goals", *CHAIN)[0] for day in days]
    assert months == [
        (15, 0, 15), (0, 0, 15), (15, 0, 30), (-15, 15, 30), (-15, 0, 15), (0, -15, 0)
    ]  # fmt: skip
    for (*_, last), (adjusted, new, total) in pairwise(months):
        assert last + adjusted + new == total


def test_a_merge_that_is_told_late_leaves_each_owner_his_land(tmp_path: Path) -> None:
    """Zhao's C is A and B, of which only B was cleared: as known in June 15 mu counted."""
    path = told_plan(
        tmp_path,
        placed(WHOLE, parcel_id=["C"]),
        ("2024-05-01", [reach("B", "2024-04-01", "cleared", responsible="Li")]),
        ("2024-07-05", [merge("C", "2024-06-20", "A", "B", responsible="Zhao")]),
        outlines={"A": LEFT, "B": RIGHT},
        tables=GOAL,
    )
    july = as_printed(geo.read_plan(path), "2024-07-31")
    assert figures(july, "owners", "group", *CHAIN) == [("Zhao", -15, 0, 0), ("", -15, 0, 0)]


def test_a_merge_that_was_taken_back_adjusts_what_was_reported_of_it(tmp_path: Path) -> None:
    """C, where the uncleared A held B back, was no parcel: the 15 mu of B have counted since."""
    path = told_plan(
        tmp_path,
        placed(LEFT, RIGHT, parcel_id=["A", "B"]),
        ("2024-05-01", [reach("B", "2024-04-01", "cleared", responsible="Li")]),
        ("2024-06-21", [merge("C", "2024-06-20", "A", "B")]),
        ("2024-07-05", [Draft("C", "void", "2024-07-05", supersedes=3, reason="other parcels")]),
        outlines={"A": LEFT, "B": RIGHT},
        tables=GOAL,
    )
    june, july = (as_printed(geo.read_plan(path), day) for day in ("2024-06-30", "2024-07-31"))
    assert figures(june, "owners", "group", *CHAIN)[-1] == ("", 0, -15, 0)
    assert figures(july, "owners", "group", *CHAIN) == [
        ("Li", 15, 0, 15), ("-", 0, 0, 0), ("", 15, 0, 15)
    ]  # fmt: skip


def test_corrections_can_adjust_owners_and_not_the_whole(office: Plan) -> None:
    """B is later known to have been cleared in November, and D not to have been."""
    month = told(office, "month")
    assert figures(month, "owners", "group", *CHAIN) == [
        ("整备办", -30, 30, 30), ("李某", 30, 0, 60), ("赵某", 0, -30, 0), ("", 0, 0, 90)
    ]  # fmt: skip
    note = sheet(month, "goals").note
    assert note is not None
    assert note.en.endswith("Told late or corrected: #6, #9")


@pytest.mark.parametrize(("late", "runs"), [(True, 3), (False, 2)])
def test_a_third_run_is_made_only_for_what_was_told_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: bool, runs: int
) -> None:
    made: list[tuple[date, date | None]] = []

    def counting(plan: Plan, **more: Any) -> Study:
        made.append((plan.as_of, plan.known))
        return run(plan, **more)

    day = "2024-06-20" if late else "2024-07-02"
    drafts = [reach("A", day, "cleared"), Draft("A", "note", "2024-06-01", text="x")]
    plan = late_town(tmp_path, ("2024-07-05", drafts))
    monkeypatch.setattr("geo.reports.span.run", counting)
    july = as_printed(plan, "2024-07-31")
    assert len(made) == runs
    assert made[2:] == [(date(2024, 6, 30), date(2024, 6, 30))] * late
    note = sheet(july, "goals").note
    assert note is not None
    assert note.en.endswith("so nothing is adjusted") is not late


def test_what_was_known_with_errors_stops_no_later_report(tmp_path: Path) -> None:
    """An entry for a parcel that there is not was voided in July: June had no figures then."""
    plan = late_town(
        tmp_path,
        ("2024-06-20", [reach("X", "2024-06-19", "cleared")]),
        ("2024-07-05", [Draft("X", "void", "2024-07-05", supersedes=3, reason="no such parcel")]),
    )
    with pytest.raises(ChecksError):
        as_printed(plan, "2024-06-30")
    july = as_printed(plan, "2024-07-31")
    for name in ("goals", "zones", "owners", "programmes"):
        assert {line[1:] for line in figures(july, name, *CHAIN)} <= {(0, 15), (0, 0)}
        assert {line[0] for line in figures(july, name, *CHAIN)} == {None}
    assert {value for (value,) in figures(july, "ladder", "adjusted_mu")} == {None}
    note = sheet(july, "goals").note
    assert note is not None
    assert "errors that forbid sums (—)" in note.en
    assert ("Opening adjusted", "— mu") in {
        (item.label.en, item.value.en) for item in july.highlights
    }


def test_without_a_ledger_nothing_is_adjusted(town: Plan) -> None:
    month = told(town, "month")
    for name in ("goals", "zones", "owners", "programmes", "ladder"):
        assert {value for (value,) in figures(month, name, "adjusted_mu")} == {0}
    note = sheet(month, "goals").note
    assert note is not None
    assert note.en.endswith("Without a ledger nothing is adjusted")


# --- what is to be done ----------------------------------------------------------------------


def test_overdue_parcels_by_owner(office: Plan) -> None:
    """C waits at demolished since the month of December, E since it fell back, A to D are done."""
    later = told(office.seen_on(date(2025, 8, 31)), "month", date(2025, 8, 1))
    assert figures(later, "overdue", "responsible", "parcel_id", "stage", "blockers") == [
        ("赵某", "E", "signed", ""),
        ("赵某", "C", "demolished", "租户未迁"),
    ]
    assert figures(later, "overdue_owners", "responsible", "parcels", "land_mu", "blocked") == [
        ("赵某", 2, 60, 1)
    ]


def test_what_needs_a_decision(office: Plan) -> None:
    """Due in June 2024 with nothing of Two left but B; blocked C; E fell back."""
    month = told(office, "month")
    table = sheet(month, "decisions")
    assert figures(month, "decisions", "kind", "subject", "responsible", "land_mu") == [
        ("goal", "First step", "整备办", 30),
        ("block", "C", "赵某", 30),
        ("revert", "E", "赵某", 30),
    ]
    what = [table.names["what"][text] for text in table.frame["what"]]
    assert what[0].en == "was due on 2024-06-30 and lacks 30.00 mu; the pace was 20 mu a year"
    assert what[0].zh.startswith("2024-06-30 已到期，差 30.00 亩")
    assert what[1] == Text(zh="租户未迁", en="租户未迁")
    assert what[2].en == "fell back to “signed”: 发现油罐"
    assert [str(day) for day in table.frame["since"]] == ["None", "2024-12-01", "2024-12-05"]


def test_a_red_goal_says_which_pace_it_needs(town: Plan) -> None:
    """60 mu are missing in the year that is left; 60 were made in two years."""
    decisions = sheet(told(town, "month"), "decisions").frame
    assert decisions["what"].iat[0] == (
        "due on 2025-12-31 and lacks 60.00 mu: needs 60 mu a year, has 30"
    )


def test_what_waits_twice_as_long_as_it_may_is_for_decision(town: Plan) -> None:
    later = told(town.seen_on(date(2025, 3, 31)), "month", date(2025, 3, 1))
    kinds = figures(later, "decisions", "kind", "subject")
    assert kinds[-1] == ("stalled", "C")  # 14 months, allowed 6; E has waited 4
    assert figures(later, "decisions", "what")[-1] == ("at “signed” for 13.9 months, allowed 6.0",)
    assert ("revert", "E") not in kinds  # that was in December


# --- the log ---------------------------------------------------------------------------------


def test_the_log_of_a_ledger(office: Plan) -> None:
    """Recorded on 2024-12-07 in China: B a fortnight late; and what is dated in December."""
    month = told(office, "month")
    assert figures(month, "log", "seq", "happened", "recorded", "parcel_id", "mark") == [
        (6, "2024-11-20", "2024-12-07 04:00", "B", "late; adjusts the opening"),
        (7, "2024-12-05", "2024-12-07 04:00", "E", ""),
        (8, "2024-12", "2024-12-07 04:00", "C", ""),
        (9, "2024-12-04", "2025-01-02 20:00", "D",
         "adjusts the opening; corrects #4 (was: 2024-05-01 reached “cleared”): 日期有误"),
        (11, "2024-12", "2025-01-02 20:00", "C", "self-reported"),
    ]  # fmt: skip
    log = sheet(month, "log")
    assert set(log.frame["actor"]) == {"office"}
    assert log.frame["what"].tolist() == [
        "reached “cleared”", "fell back to “signed”: 发现油罐", "blocked: 租户未迁",
        "reached “cleared”", "reached “demolished”",
    ]  # fmt: skip
    assert log.names["what"]["blocked: 租户未迁"].zh == "受阻：租户未迁"
    assert log.note is not None
    assert log.note.en.startswith("Entries: 5, of them late: 1 ")
    assert "and 2 that adjust the opening" in log.note.en


def test_an_entry_tells_who_is_to_act_and_what_is_next(office: Plan) -> None:
    march = sheet(told(office, "month", date(2024, 3, 1)), "log")
    words = march.names["what"][march.frame["what"].iat[2]]
    assert words.zh == "达到“signed”；责任人：赵某；下一步：协商"
    assert words.en == "reached “signed”; responsible: 赵某; next: 协商"


def test_an_entry_that_was_corrected_says_by_which(office: Plan) -> None:
    may = told(office, "month", date(2024, 5, 31))
    assert figures(may, "log", "seq", "mark") == [(4, "superseded by #9"), (5, "")]


def test_a_report_hears_the_ledger_as_it_was_known(office: Plan) -> None:
    known = office.seen_on(YEAR_END, known=YEAR_END)
    month = told(known, "month")
    assert figures(month, "log", "seq") == [(6,), (7,), (8,)]
    assert figures(month, "goals", "counted_mu")[0] == (90,)  # D, by the date that was wrong
    assert ("As known on", "2024-12-31") in figures(month, "data", "item", "value")


def test_the_log_of_a_day_has_what_was_recorded_on_it(office: Plan) -> None:
    day = told(office.seen_on(date(2025, 1, 31)), "day", date(2025, 1, 2))
    assert figures(day, "log", "seq", "mark") == [
        (9, "late; adjusts the opening; corrects #4 (was: 2024-05-01 reached “cleared”): 日期有误"),
        (10, "late"),
        (11, "late; adjusts the opening; self-reported"),
    ]


def test_without_a_ledger_the_log_is_the_table(town: Plan) -> None:
    month = told(town, "month")
    assert figures(month, "log", "happened", "recorded", "parcel_id", "what", "mark") == [
        ("2024-12-05", "", "E", "fell back to “signed”: tank found", ""),
        ("2024-12-10", "", "D", "reached “cleared”", "self-reported"),
    ]
    note = sheet(month, "log").note
    assert note is not None
    assert "there is no ledger" in note.en


def test_the_data_name_the_head_of_the_ledger(office: Plan) -> None:
    facts = dict(figures(told(office, "month"), "data", "item", "value"))
    assert facts["Data date"] == "2024-12-31"
    assert facts["As known on"] == "all that is recorded"
    assert facts["Ledger"] == "readiness.db"
    history = run(office).land.history
    assert history is not None
    assert facts["Ledger head"] == f"11:{history.head.hash}"
    assert facts["Area method"] == "planar"
    assert facts["CRS"].startswith("EPSG:4547")


# --- cadence and time ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cadence", "first", "title"),
    [
        ("day", "log", "日跟进 · Test"),
        ("week", "overdue_owners", "周调度 · Test"),
        ("month", "decisions", "月协调 · Test"),
        ("quarter", "goals", "季总结 · Test"),
    ],
)
def test_each_cadence_reads_its_own_table_first(
    town: Plan, cadence: Cadence, first: str, title: str
) -> None:
    made = told(town, cadence)
    assert made.sheets[0].id == first
    assert made.sheets[-1].id == "data"
    assert made.title.zh == title
    names = {item.id for item in made.sheets}
    assert names == {item.id for item in told(town, "day").sheets}


def test_a_period_that_is_not_over_is_cut_and_says_so(town: Plan) -> None:
    december = told(town.seen_on(date(2024, 12, 8)), "month", date(2024, 12, 1))
    assert [notice.en for notice in december.notices] == [
        "The period is not over: figures are as of 2024-12-08"
    ]
    assert figures(december, "log", "happened") == [("2024-12-05",)]
    assert told(town, "month").notices == []


def test_a_period_that_has_not_begun_has_no_report(town: Plan) -> None:
    with pytest.raises(PlanError) as error:
        told(town, "month", date(2025, 1, 1))
    (found,) = error.value.findings
    assert (found.code, found.file, found.seen) == ("report.future", "plan.toml", "2025-01")


# --- totals are those of the map -------------------------------------------------------------


def spanned(plan: Plan, cadence: Cadence = "month") -> Span:
    return span_of(plan, period_of(cadence, YEAR_END))


def test_studies_of_other_dates_make_no_report(town: Plan) -> None:
    with pytest.raises(ValueError, match="2024-12-15"):
        report(spanned(town), period_of("day", date(2024, 12, 16)))


@pytest.mark.parametrize("changed", ["progress", "zones", "stages", "programmes"])
def test_a_report_that_contradicts_the_map_is_not_made(town: Plan, changed: str) -> None:
    made, period = spanned(town), period_of("month", YEAR_END)
    table = getattr(made.now, changed).copy()
    number = {"progress": "counted_mu", "zones": "counted_m2", "stages": "mu_or_beyond"}
    table[number.get(changed, "counted_mu")] += 10.0
    report(made, period)
    with pytest.raises(LawError):
        report(replace(made, now=replace(made.now, **{changed: table})), period)


def test_an_opening_that_contradicts_the_last_report_is_not_made(town: Plan) -> None:
    made, period = spanned(town), period_of("month", YEAR_END)
    codes = {law.code for law in report(made, period).laws}
    assert {"report-g-opening", "report-first-opening", "report-owners-adjusted_mu"} <= codes
    table = made.before.progress.copy()
    table["counted_mu"] += 10.0
    with pytest.raises(LawError, match=r"as reported \+ adjusted = counted"):
        report(replace(made, reported=replace(made.before, progress=table)), period)


@pytest.fixture(scope="module")
def example() -> tuple[Report, Study]:
    """The quarter of the shipped example, and the study of its end."""
    plan = geo.read_plan(QINGXI)
    span = spanned(plan, "quarter")
    return report(span, period_of("quarter", YEAR_END)), span.now


def test_totals_are_those_of_the_map(example: tuple[Report, Study]) -> None:
    quarter, study = example
    mapped = study.progress[study.progress["date"] == YEAR_END]["counted_mu"].tolist()
    assert sheet(quarter, "goals").frame["counted_mu"].tolist() == mapped
    for name in ("zones", "owners"):
        table = sheet(quarter, name).frame
        parts, whole = table[table["group"] != ""], table.iloc[-1]
        for key in ("counted_mu", "adjusted_mu", "new_mu", "land_mu", "small_mu"):
            assert parts[key].sum() == pytest.approx(whole[key], abs=1e-6)
        assert whole["counted_mu"] == mapped[0]
    whole_town = study.stages[study.stages["zone"] == ""]
    assert sheet(quarter, "ladder").frame["mu_or_beyond"].tolist() == pytest.approx(
        whole_town["mu_or_beyond"].tolist()
    )
    assert all(law.holds for law in quarter.laws)


def test_the_published_programmes_are_never_added(example: tuple[Report, Study]) -> None:
    """619, 182, 1021 and 250 mu share land; united by shapely they are what the last row says."""
    quarter, study = example
    table = sheet(quarter, "programmes").frame.set_index("group")
    published = {"village3": 619, "h1_2023": 182, "planned2023": 1021, "rolling2023": 250}
    assert table["land_mu"].round(2).loc[list(published)].to_dict() == published
    shapes = study.parcels.set_index("parcel_id").geometry

    def drawn_mu(members: set[str]) -> float:
        there = shapes[shapes.index.isin(members)]
        return float(shapely.union_all(there.to_numpy()).area) / M2_PER_MU

    members = study.land.members
    assert table.at["", "land_mu"] == pytest.approx(drawn_mu(set().union(*members.values())))
    assert table.at["", "land_mu"] < sum(published.values()) - 97
    overlaps = sheet(quarter, "overlaps").frame.set_index(["one", "other"])
    pairs = {
        (one, other): drawn_mu(members[one] & members[other])
        for one in members
        for other in members
        if list(members).index(one) < list(members).index(other) and members[one] & members[other]
    }
    assert overlaps["shared_mu"].to_dict() == pytest.approx(pairs)
    assert pairs["village3", "h1_2023"] == pytest.approx(97.18, abs=0.005)


def test_the_map_names_nobody(office: Plan) -> None:
    """Who is responsible, and who recorded what, is for reports: those are internal."""
    payload = str(page_payload(run(office)))
    assert "李某" not in payload
    assert "整备办" not in payload
    assert "office" not in payload


# --- files -----------------------------------------------------------------------------------

SCRIPT = "<script>document.title = 'taken'</script>"
FORMULA = '=HYPERLINK("http://example.invalid","x")'


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A ledger in which every text is a script or a formula."""
    path = told_plan(
        tmp_path_factory.mktemp("hostile"),
        lots(*"ABCDE"),
        ("2023-05-01", [reach("C", "2023-05-01", "signed", responsible=SCRIPT, next_step="+1+1")]),
        (
            "2024-12-02",
            [
                Draft("C", "block", "2024-12-01", text=FORMULA),
                reach("A", "2024-12-01", "cleared", evidence=FORMULA, responsible="@SUM(A1)"),
                reach("D", "2024-12-01", "cleared", evidence=SCRIPT),
                revert("D", "2024-12-02", "signed", reason=SCRIPT),
                Draft("A", "note", "2024-12-03", text="a\x0bb\u202ec"),
            ],
        ),
        tables=GOALS.replace('"First step"', f'"{SCRIPT}"'),
        zones=zones(),
    )
    return told(allowing(geo.read_plan(path)), "month")


def test_text_in_a_page_is_inert(hostile: Report, tmp_path: Path) -> None:
    write_report(hostile, tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text("utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;document.title" in text
    assert "=HYPERLINK(&#34;http://example.invalid&#34;" in text
    assert "内部使用" in text
    assert 'scope="col"' in text


def test_text_in_a_workbook_is_no_formula(hostile: Report, tmp_path: Path) -> None:
    write_report(hostile, tmp_path / "r.xlsx")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert book.sheetnames[:2] == ["报告", "需协调事项"]
    texts = [cell for page in book for line in page for cell in line if cell.value is not None]
    assert {cell.data_type for cell in texts} <= {"s", "n", "d"}
    assert {FORMULA, SCRIPT, "@SUM(A1)", "+1+1"} <= {cell.value for cell in texts}
    cover = {line[0].value: line[1].value for line in book["报告"].iter_rows(min_row=2)}
    assert cover["期间"] == "2024年12月（2024-12-01 至 2024-12-31）"
    assert cover["使用范围"].startswith("内部使用")
    assert "不可相加" in cover["各项目组进度"]


@pytest.mark.parametrize("ending", [".html", ".xlsx"])
def test_a_long_table_is_cut_and_says_so(
    town: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(writing, "MOST_SHOWN", 2)
    monkeypatch.setattr(writing, "MOST_ROWS", 2)
    path = tmp_path / f"r{ending}"
    write_report(told(town, "month"), path)
    if ending == ".html":
        assert "只列前 2 行，另有 2 行" in path.read_text("utf-8")
        return
    book = openpyxl.load_workbook(path)
    assert book["各阶段土地"].max_row == 3
    notes = [line[1].value for line in book["报告"].iter_rows(min_row=2)]
    assert any("只列前 2 行，另有 2 行" in note for note in notes)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_opens_in_the_language_that_was_asked_for(
    town: Plan, tmp_path: Path, language: Language
) -> None:
    made = told(town, "day")
    write_report(made, tmp_path / "r.html", language=language)
    text = (tmp_path / "r.html").read_text("utf-8")
    assert f'<html lang="{language}">' in text
    assert re.findall(r'id="in-(\w\w)" checked', text) == [language]
    assert f"<title>{made.title[language]} ·" in text


def test_reports_are_written_as_what_they_can_be(town: Plan, tmp_path: Path) -> None:
    with pytest.raises(PublishError) as error:
        write_report(told(town, "day"), tmp_path / "r.pdf")
    (found,) = error.value.findings
    assert (found.code, found.file, found.seen) == ("report.format", "r.pdf", ".html, .xlsx")


def broken(_: Report, path: Path, __: Language) -> None:
    path.write_text("half")
    raise OSError("no space left")


@pytest.mark.parametrize("write", [broken])
def test_a_report_that_cannot_be_written_leaves_the_old_one(
    town: Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[Report, Path, Language], None],
) -> None:
    (tmp_path / "r.html").write_text("old")
    monkeypatch.setitem(writing.WRITERS, ".html", write)
    with pytest.raises(PublishError) as error:
        write_report(told(town, "day"), tmp_path / "r.html")
    assert error.value.findings[0].code == "publish.failed"
    assert (tmp_path / "r.html").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


@pytest.mark.parametrize("cadence", CADENCES)
def test_the_same_report_is_the_same_file(town: Plan, tmp_path: Path, cadence: Cadence) -> None:
    made = [told(town, cadence), told(town, cadence)]
    for number, item in enumerate(made):
        write_report(item, tmp_path / f"{number}.html")
    one, other = (path.read_text("utf-8") for path in sorted(tmp_path.glob("*.html")))
    assert one == other
    assert pd.Series(one).str.count("<section").item() == len(made[0].sheets)
