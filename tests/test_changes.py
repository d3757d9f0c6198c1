"""What changed between two dates: every mu with its cause, and the lines sum up to the change."""

from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import box

import geo
from geo.changes import CAUSES, difference
from geo.errors import PlanError
from geo.ledger.opening import open_ledger
from tests.histories import merge, reach, revert, split, told_plan
from tests.makers import STAGES, placed, row
from tests.test_lineage import GOAL, histories, strip

QINGXI = Path(__file__).resolve().parents[1] / "layers" / "qingxi"
FIVE = row([100] * 5)  # A to E, 15 mu each, side by side


def changes(path, first, second, **known):
    plan = geo.read_plan(path)
    return difference(plan, date.fromisoformat(first), date.fromisoformat(second), **known)


def lines(found, table="lines"):
    columns = ["parcel_id", "cause", "change_mu"]
    rows = getattr(found, table)[columns].round(6).itertuples(index=False)
    return [tuple(row) for row in rows]


def town(folder, *tellings, **options):
    land = placed(*FIVE, parcel_id=list("ABCDE"), zone=["west"] * 5)
    return told_plan(folder, land, *tellings, **({"tables": GOAL} | options))


def test_each_kind_of_change_has_its_line(tmp_path):
    path = town(
        tmp_path,
        (
            "2024-01-20",
            [
                reach("A", "2024-01-10", "signed"),
                reach("B", "2024-01-10", "cleared"),
                reach("C", "2024-01-10", "cleared", evidence=""),
                reach("D", "2024-01-10", "cleared"),
            ],
        ),
        (
            "2024-03-20",
            [
                reach("A", "2024-03-01", "cleared"),
                revert("B", "2024-03-02", "signed"),
                reach("C", "2024-03-03", "cleared"),
                reach("E", "2024-03-04", "cleared"),
            ],
        ),
    )
    found = changes(path, "2024-02-01", "2024-04-01")
    assert lines(found) == [
        ("A", "advanced", 15),
        ("B", "reverted", -15),
        ("C", "evidenced", 15),
        ("E", "added", 15),
    ]
    assert found.totals.round(6).to_dict("records") == [
        {"goal": "g", "before_mu": 30, "after_mu": 60, "change_mu": 30}
    ]
    assert list(found.lines["stage_before"]) == ["signed", "cleared", "cleared", "survey"]
    assert list(found.lines["stage_after"]) == ["cleared", "signed", "cleared", "cleared"]
    assert list(found.lines["entries"]) == [[5], [6], [7], [8]]
    assert [law.residual for law in found.laws] == [pytest.approx(0, abs=1e-6)]


def test_a_move_that_no_goal_counts_is_listed_too(tmp_path):
    path = town(tmp_path, ("2024-03-20", [reach("A", "2024-03-01", "signed")]))
    found = changes(path, "2024-02-01", "2024-04-01")
    assert lines(found) == []
    assert lines(found, "moves") == [("A", "added", 0)]
    assert list(found.moves["after_mu"].round(6)) == [15]


def test_a_split_and_a_merge_keep_their_mu(tmp_path):
    land = placed(*FIVE, parcel_id=list("ABCDE"))
    path = told_plan(
        tmp_path,
        land,
        (
            "2024-01-20",
            [
                reach("AB", "2024-01-10", "cleared"),
                reach("C1", "2024-01-10", "cleared"),
                reach("C2", "2024-01-11", "cleared"),
            ],
        ),
        (
            "2024-03-02",
            [split("AB", "2024-03-01", "A", "B"), merge("C", "2024-03-01", "C1", "C2")],
        ),
        ("2024-03-10", [revert("B", "2024-03-09", "signed")]),
        outlines={
            "AB": box(0, 0, 200, 100),
            "C1": box(200, 0, 250, 100),
            "C2": box(250, 0, 300, 100),
        },
        tables=GOAL,
    )
    found = changes(path, "2024-02-01", "2024-04-01")
    assert lines(found) == [("B", "reverted", -15)]
    assert lines(found, "moves") == [("A", "split", 0), ("B", "reverted", 0), ("C", "merged", 0)]
    assert list(found.moves["others"]) == [["AB"], ["AB"], ["C1", "C2"]]
    assert list(found.totals["before_mu"].round(6)) == [45]


def test_a_block_that_becomes_large_enough_brings_its_neighbours(tmp_path):
    goal = f"{GOAL}\nmin_block_mu = 40"
    path = town(
        tmp_path,
        (
            "2024-01-20",
            [reach("A", "2024-01-10", "cleared"), reach("B", "2024-01-10", "cleared")],
        ),
        ("2024-03-20", [reach("C", "2024-03-01", "cleared")]),
        ("2024-05-20", [revert("B", "2024-05-01", "signed")]),
        tables=goal,
    )
    grown = changes(path, "2024-02-01", "2024-04-01")
    assert lines(grown) == [("A", "joined", 15), ("B", "joined", 15), ("C", "added", 15)]
    shrunk = changes(path, "2024-04-01", "2024-06-01")
    assert lines(shrunk) == [("A", "parted", -15), ("B", "reverted", -15), ("C", "parted", -15)]


def test_what_was_learnt_of_the_first_date_stands_apart_from_what_happened(tmp_path):
    wrong = reach("A", "2024-01-10", "cleared")
    path = town(
        tmp_path,
        ("2024-01-20", [wrong, reach("B", "2024-01-10", "cleared")]),
        (
            "2024-03-20",
            [
                reach("A", "2024-01-10", "signed", supersedes=1, reason="misread"),
                reach("C", "2024-01-15", "cleared"),
                reach("D", "2024-03-05", "cleared"),
            ],
        ),
    )
    first, second = "2024-02-01", "2024-04-01"
    days = date.fromisoformat(first), date.fromisoformat(second)
    found = changes(path, first, second, known=days)
    assert lines(found) == [("A", "corrected", -15), ("C", "late", 15), ("D", "added", 15)]
    assert found.totals.round(6).iloc[0].to_dict() == {
        "goal": "g",
        "before_mu": 30,
        "after_mu": 45,
        "change_mu": 15,
    }
    assert lines(changes(path, first, second)) == [("D", "added", 15)]


def test_a_voided_entry_is_a_correction(tmp_path):
    void = reach("A", "2024-01-10", "")._replace(kind="void", supersedes=1, reason="never was")
    path = town(
        tmp_path, ("2024-01-20", [reach("A", "2024-01-10", "cleared")]), ("2024-03-20", [void])
    )
    days = date(2024, 2, 1), date(2024, 4, 1)
    found = changes(path, "2024-02-01", "2024-04-01", known=days)
    assert lines(found) == [("A", "corrected", -15)]
    assert list(found.lines["stage_after"]) == ["survey"]


def test_a_line_of_a_goal_tells_of_the_stage_that_the_goal_counts(tmp_path):
    """Cleared with evidence, fallen back, and cleared again by its own word: it counts no more."""
    path = town(
        tmp_path,
        (
            "2024-01-20",
            [reach("A", "2024-01-10", "demolished"), reach("B", "2024-01-10", "cleared")],
        ),
        (
            "2024-03-20",
            [
                reach("A", "2024-03-01", "cleared", evidence=""),
                revert("B", "2024-03-02", "signed"),
                reach("B", "2024-03-03", "cleared", evidence=""),
            ],
        ),
    )
    found = changes(path, "2024-02-01", "2024-04-01")
    assert lines(found) == [("B", "reverted", -15)]
    assert lines(found, "moves") == [("A", "advanced", 0), ("B", "reverted", 0)]


def test_an_overlap_that_counts_elsewhere_is_said(tmp_path):
    """A and B both draw 7.5 mu: alone B has them, and A takes them when it is cleared too."""
    land = placed(box(0, 0, 100, 100), box(50, 0, 150, 100), parcel_id=["A", "B"])
    told = [
        ("2024-01-20", [reach("B", "2024-01-10", "cleared")]),
        ("2024-03-20", [reach("A", "2024-03-01", "cleared")]),
    ]
    path = told_plan(tmp_path, land, *told, tables=GOAL)
    found = changes(path, "2024-02-01", "2024-04-01")
    assert lines(found) == [("A", "added", 15), ("B", "overlap", -7.5)]


def test_a_typing_error_in_a_note_corrects_no_figure(tmp_path):
    note = reach("A", "2024-01-12", "")._replace(kind="note", text="?")
    path = town(
        tmp_path,
        ("2024-01-20", [reach("A", "2024-01-05", "signed"), note]),
        (
            "2024-03-20",
            [
                note._replace(text="!", supersedes=2, reason="typing"),
                reach("A", "2024-01-15", "cleared"),
            ],
        ),
    )
    days = date(2024, 2, 1), date(2024, 4, 1)
    assert lines(changes(path, "2024-02-01", "2024-04-01", known=days)) == [("A", "late", 15)]


def test_a_fall_known_to_the_month_is_among_the_entries_of_its_line(tmp_path):
    path = town(
        tmp_path,
        ("2024-01-20", [reach("A", "2024-01-10", "cleared")]),
        ("2024-03-20", [revert("A", "2024-03-01", "signed", precision="month")]),
    )
    assert list(changes(path, "2024-02-15", "2024-03-15").lines["entries"]) == [[2]]


@pytest.mark.parametrize("known", [(date(2024, 4, 1), date(2024, 2, 1)), (None, date(2024, 2, 1))])
def test_what_was_known_grows(tmp_path, known):
    with pytest.raises(PlanError) as error:
        changes(town(tmp_path), "2024-01-01", "2024-02-01", known=known)
    assert [item.code for item in error.value.findings] == ["changes.order"]


def test_nothing_changed_is_no_line(tmp_path):
    path = town(tmp_path, ("2024-01-20", [reach("A", "2024-01-10", "cleared")]))
    found = changes(path, "2024-02-01", "2024-04-01")
    assert (len(found.lines), len(found.moves)) == (0, 0)
    assert list(found.totals["change_mu"]) == [0]


def test_the_dates_stand_in_their_order(tmp_path):
    path = town(tmp_path)
    with pytest.raises(PlanError) as error:
        changes(path, "2024-04-01", "2024-02-01")
    (found,) = error.value.findings
    assert (found.code, found.file, found.seen) == ("changes.order", "plan.toml", "2024-04-01")


def test_every_cause_has_its_words():
    assert all(words.zh and words.en for words in CAUSES.values())
    assert len(CAUSES) == 12


@given(histories(), st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_any_history_is_explained_to_the_last_mu(tmp_path_factory, drawn, data):
    parcels, outlines, tellings, paper = drawn
    if not paper:
        return
    folder = tmp_path_factory.mktemp("strips")
    land = placed(*[strip(*parcels[name]) for name in parcels], parcel_id=list(parcels))
    shapes = {name: strip(*cells) for name, cells in outlines.items()}
    path = told_plan(folder, land, *tellings, outlines=shapes, tables=GOAL)
    first, second = sorted(
        data.draw(st.lists(st.integers(0, len(paper) - 1), min_size=2, max_size=2))
    )
    days = paper[first][0], paper[second][0]
    found = difference(geo.read_plan(path), *days)
    cleared = [
        {cell for cell, rung in paper[at][1].items() if rung == STAGES.index("cleared")}
        for at in (first, second)
    ]
    assert found.totals["change_mu"].item() == pytest.approx(
        15 * (len(cleared[1]) - len(cleared[0])), abs=1e-6
    )
    won = found.lines.loc[found.lines["change_mu"] > 0, "change_mu"].sum()
    lost = found.lines.loc[found.lines["change_mu"] < 0, "change_mu"].sum()
    assert won + lost == pytest.approx(found.totals["change_mu"].item(), abs=1e-6)
    assert won <= 15 * len(cleared[1] - cleared[0]) + 1e-6 or set(parcels) != set(paper[first][2])


# --- the example, by another way -----------------------------------------------------------------


def stage_on(entries: pd.DataFrame, day: str) -> pd.Series:
    """The highest rung with evidence of each parcel on a day, by pandas and a loop of its own."""
    plan = geo.read_plan(QINGXI / "plan.toml")
    rung = {stage.id: number for number, stage in enumerate(plan.stages)}
    standing: dict[str, int] = {}
    due = entries[entries["counts_from"] <= day]
    order = ["counts_from", "falls", "rung"]
    for item in due.assign(rung=due["stage"].map(rung)).sort_values(order).itertuples():
        now = standing.get(item.parcel_id, 0)
        if item.falls:
            standing[item.parcel_id] = min(now, item.rung)
        elif item.evidence:
            standing[item.parcel_id] = max(now, item.rung)
    return pd.Series(standing, dtype="int64")


@pytest.mark.parametrize(
    ("first", "second"),
    [("2023-12-31", "2024-12-31"), ("2024-12-24", "2024-12-31"), ("2020-12-31", "2023-06-30")],
)
def test_the_example_by_pandas(first, second):
    """The change of the counted land, from the entries and the drawn areas alone."""
    found = changes(QINGXI / "plan.toml", first, second)
    with open_ledger(QINGXI / "readiness.db") as ledger:
        table = pd.DataFrame(ledger.events())
    gone = set(table["supersedes"].dropna())
    table = table[~table["seq"].isin(gone) & table["kind"].isin(["reach", "revert"])]
    table["falls"] = table["kind"] == "revert"
    ends = {"day": 0, "month": 1, "quarter": 3, "half": 6, "year": 12}
    table["counts_from"] = [
        day
        if falls or precision == "day"
        else str((pd.Period(day, "M") + ends[precision] - 1).end_time.date())
        for day, precision, falls in table[["date", "precision", "falls"]].to_numpy()
    ]
    layer = gpd.read_file(QINGXI / "qingxi.gpkg", layer="parcels").set_index("parcel_id")
    mu = layer.area * 3 / 2000
    sides = [
        float(mu[stage_on(table, day).loc[lambda rungs: rungs >= 7].index].sum())
        for day in (first, second)
    ]
    goal = found.lines[found.lines["goal"] == "three-years"]
    ready = goal[~goal["cause"].isin(["joined", "parted"])]
    ready_mu = difference_of_ready(first, second)
    assert ready_mu == pytest.approx(sides[1] - sides[0], abs=2e-3)
    total = found.totals.set_index("goal").loc["three-years"]
    assert goal["change_mu"].sum() == pytest.approx(total["change_mu"], abs=1e-6)
    assert set(ready["parcel_id"]) <= set(found.moves["parcel_id"])


def difference_of_ready(first, second):
    plan = geo.read_plan(QINGXI / "plan.toml")
    runs = [geo.run(plan.seen_on(date.fromisoformat(day))) for day in (first, second)]
    mu = [
        done.goal_parcels.loc[done.goal_parcels["goal"] == "three-years", "ready_mu"].sum()
        for done in runs
    ]
    return mu[1] - mu[0]
