"""Stalled land: who waits longer than allowed, for whom, and what has never begun."""

from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely import box

import geo
from geo.ledger.event import Draft
from geo.plan import Plan
from geo.stalled import (
    STALLED_COLUMNS,
    assigned,
    blocked,
    never_begun,
    stalled,
    stalled_sheet,
)
from geo.study import Study, run
from geo.text import Text
from tests.histories import merge, reach, revert, split, told_plan
from tests.makers import events, placed, row, write_plan

MONTH = 30.4375  # days
TEAM = Text(zh="拆迁组", en="Clearing team")
HAUL = Text(zh="清运", en="Haul away the rubble")


def lots(*ids: str, **columns: Any) -> gpd.GeoDataFrame:
    """Lots of 30 mu in one row."""
    shapes = row([200.0] * len(ids))
    return placed(*shapes, parcel_id=list(ids), zone=["west"] * len(ids), **columns)


def limited(path: Path, **stages: dict[str, Any]) -> Plan:
    """A plan as of 2024-12-31 with facts of some stages."""
    plan = geo.read_plan(path)
    told = [stage.model_copy(update=stages.get(stage.id, {})) for stage in plan.stages]
    return plan.model_copy(update={"stages": told})


def rows(study: Study, *columns: str, **options: Any) -> list[tuple[Any, ...]]:
    return list(stalled(study, **options)[list(columns)].itertuples(index=False, name=None))


@pytest.fixture
def waiting(tmp_path: Path) -> Study:
    """A waits for a year, B for a month, D is done, E never began, F is not to be rebuilt."""
    history = events(
        ("A", "2024-01-01", "signed"),
        ("B", "2024-12-01", "signed"),
        ("C", "2023-12-31", "demolished"),
        ("D", "2023-01-05", "cleared"),
        ("F", "2020-01-05", "signed"),
    )
    treatment = ["rebuild"] * 5 + ["retain"]
    path = write_plan(tmp_path, lots(*"ABCDEF", treatment=treatment), history=history)
    stages = {"demolished": {"limit_months": 6.0, "p90_months": 99.0}, "cleared": {"p90_months": 9}}
    return run(limited(path, **stages))


def test_a_parcel_waits_since_it_reached_its_rung(waiting: Study) -> None:
    """366 days since the last of 2023 and 365 since New Year; six and nine months allowed."""
    table = stalled(waiting)
    assert tuple(table.columns) == STALLED_COLUMNS
    facts = ("parcel_id", "stage", "allowed_months", "basis", "land_mu")
    assert rows(waiting, *facts) == [
        ("A", "signed", 6.0, "limit", pytest.approx(30)),
        ("C", "demolished", 9.0, "p90", pytest.approx(30)),
    ]
    assert table["months"].tolist() == [365 / MONTH, 366 / MONTH]
    assert table["overdue_months"].tolist() == [365 / MONTH - 6, 366 / MONTH - 9]
    assert [str(day.date()) for day in table["since"]] == ["2024-01-01", "2023-12-31"]


def test_with_all_those_in_time_are_listed_too(waiting: Study) -> None:
    assert [name for (name,) in rows(waiting, "parcel_id", all=True)] == ["A", "C", "B"]
    in_time = stalled(waiting, all=True).iloc[-1]
    assert in_time["overdue_months"] == 30 / MONTH - 6


def test_what_never_began_is_apart(waiting: Study) -> None:
    silent = never_begun(waiting)
    assert silent["parcel_id"].tolist() == ["E"]
    note = stalled_sheet(waiting).note
    assert note is not None
    assert note.en == "Never begun, so not overdue: 1 of the parcels to be rebuilt (30.00 mu)"
    assert "1 个拆除重建地块（30.00 亩）从未启动" in note.zh


def test_nothing_is_overdue_where_nothing_says_how_long_it_may_take(tmp_path: Path) -> None:
    path = write_plan(tmp_path, lots("A"), history=events(("A", "2010-01-01", "signed")))
    study = run(geo.read_plan(path))
    assert stalled(study).empty
    assert rows(study, "parcel_id", "basis", all=True) == [("A", "")]


@pytest.mark.parametrize(
    ("written", "since"),
    [("2024-02", "2024-02-29"), ("2024-Q1", "2024-03-31"), ("2023", "2023-12-31")],
)
def test_a_date_known_to_the_month_counts_from_its_last_day(
    tmp_path: Path, written: str, since: str
) -> None:
    history = events(("A", "2024-01-01", "signed")).assign(date=written)
    study = run(limited(write_plan(tmp_path, lots("A"), history=history)))
    table = stalled(study, all=True)
    assert str(table["since"].iat[0].date()) == since
    waited = (date(2024, 12, 31) - date.fromisoformat(since)).days
    assert table["months"].iat[0] == waited / MONTH


def test_a_parcel_that_fell_back_waits_from_then(tmp_path: Path) -> None:
    history = events(
        ("A", "2024-01-01", "demolished"), ("A", "2024-12-01", "signed", "", "revert")
    ).assign(reason="withdrawn")
    study = run(limited(write_plan(tmp_path, lots("A"), history=history)))
    assert rows(study, "stage", "months", all=True) == [("signed", 30 / MONTH)]


# --- who, and what next ----------------------------------------------------------------------

LIMITS = {
    "demolished": {"limit_months": 6.0, "responsible": TEAM},
    "cleared": {
        "limit_months": 6.0,
        "next_step": HAUL,
        "evidence": Text(zh="净地证明", en="certificate"),
    },
}


def test_the_ledger_names_people_and_the_plan_does_where_it_does_not(tmp_path: Path) -> None:
    path = told_plan(
        tmp_path,
        lots(*"ABCD"),
        (
            "2024-02-01",
            [
                reach("A", "2024-01-01", "signed", responsible="李某", next_step="再谈一次"),
                reach("B", "2024-01-01", "signed"),
                reach("C", "2024-01-01", "demolished"),
                reach("D", "2024-01-01", "signed", responsible="Clearing team"),
            ],
        ),
    )
    study = run(limited(path, **LIMITS))
    assert rows(study, "parcel_id", "responsible", "next_step") == [
        ("B", "拆迁组", "完成demolished"),
        ("D", "拆迁组", "完成demolished"),  # the plan's team, called by its English name
        ("A", "李某", "再谈一次"),
        ("C", "", "清运"),  # nobody comes last
    ]
    sheet = stalled_sheet(study)
    assert sheet.names["responsible"]["拆迁组"] == TEAM
    assert sheet.names["responsible"][""].zh == "未指定"
    assert sheet.names["responsible"][""].en == "nobody named"
    assert sheet.names["next_step"]["清运"] == HAUL


def test_the_usual_next_step_is_to_get_the_evidence(tmp_path: Path) -> None:
    path = write_plan(tmp_path, lots("A"), history=events(("A", "2024-01-01", "demolished")))
    stages = {"cleared": LIMITS["cleared"] | {"next_step": None}}
    study = run(limited(path, **stages))
    assert rows(study, "next_step") == [("取得净地证明",)]
    names = stalled_sheet(study).names["next_step"]
    assert names["取得净地证明"].en == "obtain: certificate"


def test_a_step_that_was_taken_is_no_next_one(tmp_path: Path) -> None:
    path = told_plan(
        tmp_path,
        lots("A"),
        ("2023-01-02", [reach("A", "2023-01-01", "signed", next_step="拆", responsible="李某")]),
        ("2023-02-02", [reach("A", "2023-02-01", "demolished")]),
    )
    assert rows(run(limited(path, **LIMITS)), "responsible", "next_step") == [("李某", "清运")]


def test_what_blocks_is_listed_until_it_is_lifted(tmp_path: Path) -> None:
    path = told_plan(
        tmp_path,
        lots(*"AB"),
        (
            "2024-02-01",
            [
                reach("A", "2024-01-01", "signed"),
                reach("B", "2024-01-01", "signed"),
                Draft("A", "block", "2024-01-05", text="租户未迁"),
                Draft("A", "block", "2024-02-05", text="土壤超标"),
                Draft("B", "block", "2024-01-05", text="诉讼"),
                Draft("B", "unblock", "2024-01-25", text="撤诉"),
            ],
        ),
    )
    study = run(limited(path, **LIMITS))
    assert rows(study, "parcel_id", "blockers") == [("A", "租户未迁; 土壤超标"), ("B", "")]
    january = run(limited(path, **LIMITS).seen_on(date(2024, 1, 10)))
    assert {name: [item.text for item in told] for name, told in blocked(january).items()} == {
        "A": ["租户未迁"],
        "B": ["诉讼"],
    }


def test_parts_of_a_split_have_the_task_and_the_blocks_of_the_whole(tmp_path: Path) -> None:
    path = told_plan(
        tmp_path,
        lots(*"AB"),
        ("2024-02-01", [reach("W", "2024-01-01", "signed", responsible="李某")]),
        ("2024-02-02", [Draft("W", "block", "2024-01-05", text="租户未迁")]),
        ("2024-03-02", [split("W", "2024-03-01", "A", "B")]),
        ("2024-04-02", [Draft("B", "unblock", "2024-04-01")]),
        outlines={"W": box(0, 0, 400, 100)},
    )
    study = run(limited(path, **LIMITS))
    facts = ("parcel_id", "responsible", "blockers")
    assert rows(study, *facts) == [("A", "李某", "租户未迁"), ("B", "李某", "")]


def test_a_merged_parcel_has_what_still_blocks_its_parts(tmp_path: Path) -> None:
    """A was unblocked after B was blocked: that lifts nothing of B."""
    first, second = row([200, 200])
    path = told_plan(
        tmp_path,
        placed(box(0, 0, 400, 100), parcel_id=["M"], zone=["west"]),
        ("2024-01-02", [reach(name, "2024-01-01", "signed") for name in "AB"]),
        ("2024-01-06", [Draft(name, "block", "2024-01-05", text=f"租户 {name}") for name in "AB"]),
        ("2024-02-02", [Draft("A", "unblock", "2024-02-01")]),
        ("2024-03-02", [merge("M", "2024-03-01", "A", "B")]),
        outlines={"A": first, "B": second},
    )
    assert rows(run(limited(path, **LIMITS)), "parcel_id", "blockers") == [("M", "租户 B")]


def test_who_is_assigned_may_be_held_to_a_goal(tmp_path: Path) -> None:
    """Land that is past a stage is still told under who saw to it."""
    path = write_plan(tmp_path, lots("A"), history=events(("A", "2024-01-01", "cleared")))
    study = run(limited(path, **LIMITS))
    assert assigned(study)["responsible"].tolist() == [""]
    assert assigned(study, up_to=2)["responsible"].tolist() == ["拆迁组"]


def test_a_ledger_is_heard_as_it_was_known(tmp_path: Path) -> None:
    path = told_plan(
        tmp_path,
        lots("A"),
        ("2024-02-01", [reach("A", "2024-01-01", "signed", responsible="李某")]),
        ("2024-10-01", [Draft("A", "note", "2024-03-01", text="换人", responsible="赵某")]),
        ("2024-11-01", [revert("A", "2024-02-01", "survey")]),
    )
    plan = limited(path, **LIMITS)
    known = run(plan.seen_on(date(2024, 12, 31), known=date(2024, 9, 30)))
    assert rows(known, "stage", "responsible") == [("signed", "李某")]
    assert rows(run(plan), "stage", "responsible", all=True) == [("survey", "赵某")]
