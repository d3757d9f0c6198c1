"""Where parcels stand by the ledger alone: the same figures as a run, without its layers."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import geo
from geo.errors import LedgerError
from geo.ledger.event import Draft
from geo.ledger.opening import open_ledger
from geo.status import status
from tests.histories import at, merge, reach, register, split, told_plan
from tests.makers import placed, row, write_plan

QINGXI = Path(__file__).resolve().parents[1] / "layers" / "qingxi" / "plan.toml"
THREE = dict(zip("ABC", row([100, 200, 300]), strict=True))  # 15, 30 and 45 mu


def town(folder, *tellings, **options):
    land = placed(*THREE.values(), parcel_id=list(THREE))
    return geo.read_plan(told_plan(folder, land, *tellings, outlines=THREE, **options))


def mu(found):
    whole = found.stages[found.stages["zone"] == ""]
    return {stage: round(mu, 6) for stage, mu in zip(whole["stage"], whole["mu"], strict=True)}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-01-09", {"survey": 90, "signed": 0, "demolished": 0, "cleared": 0}),
        ("2024-01-10", {"survey": 45, "signed": 0, "demolished": 30, "cleared": 15}),
        ("2024-12-31", {"survey": 0, "signed": 45, "demolished": 30, "cleared": 15}),
    ],
)
def test_the_stages_of_a_day(tmp_path, day, expected):
    plan = town(
        tmp_path,
        (
            "2024-01-20",
            [
                reach("A", "2024-01-10", "cleared"),
                reach("B", "2024-01-10", "demolished"),
                reach("C", "2024-02-01", "signed", evidence=""),
            ],
        ),
    )
    found = status(plan.seen_on(date.fromisoformat(day)))
    assert mu(found) == expected
    assert found.findings == [] or found.findings[0].code == "ledger.layer-changed"


def test_who_is_to_do_what_and_what_is_in_the_way(tmp_path):
    plan = town(
        tmp_path,
        (
            "2024-01-20",
            [
                reach("A", "2024-01-10", "signed", responsible="team 1", next_step="pay"),
                Draft("A", "block", "2024-01-15", text="heirs disagree"),
                reach("B", "2024-01-10", "signed", responsible="team 2", next_step="pay"),
                Draft("B", "block", "2024-01-12", text="no access"),
                Draft("B", "unblock", "2024-02-01"),
                reach("B", "2024-02-10", "demolished"),
            ],
        ),
    )
    parcels = status(plan).parcels.set_index("parcel_id")[["blocked", "responsible", "next_step"]]
    assert parcels.loc["A"].tolist() == ["heirs disagree", "team 1", "pay"]
    assert parcels.loc["B"].tolist() == ["", "team 2", ""]
    assert parcels.loc["C"].tolist() == ["", "", ""]
    in_january = status(plan.seen_on(date(2024, 1, 31))).parcels.set_index("parcel_id")
    assert in_january.loc["B", ["blocked", "next_step"]].tolist() == ["no access", "pay"]


def test_a_block_known_to_the_month_is_not_lifted_within_it(tmp_path):
    block = Draft("A", "block", "2024-01-01", precision="month", text="heirs disagree")
    lifted = Draft("A", "unblock", "2024-01-20")
    plan = town(tmp_path, ("2024-02-20", [block, lifted]))
    blocked = status(plan).parcels.set_index("parcel_id")["blocked"]
    assert blocked["A"] == "heirs disagree"
    again = town(tmp_path / "later", ("2024-02-20", [block, lifted._replace(date="2024-02-01")]))
    assert set(status(again).parcels["blocked"]) == {""}


def test_a_ledger_without_outlines_knows_of_no_land(tmp_path):
    land = placed(THREE["A"], parcel_id=["A"])
    told = ("2024-02-20", [reach("A", "2024-01-10", "signed")])
    with pytest.raises(LedgerError) as error:
        status(geo.read_plan(told_plan(tmp_path, land, told)))
    assert [(item.code, item.file) for item in error.value.findings] == [
        ("ledger.no-land", "readiness.db")
    ]


def test_parts_that_the_layer_has_not_yet_are_said_to_be_missing(tmp_path):
    plan = town(tmp_path, ("2024-02-20", [split("C", "2024-02-10", "C1", "C2")]))
    found = status(plan)
    assert found.parcels["parcel_id"].tolist() == ["A", "B"]
    missing = [(item.code, item.parcel) for item in found.findings if item.parcel]
    assert missing == [("ledger.unmeasured", "C1"), ("ledger.unmeasured", "C2")]


def test_a_layer_that_is_gone_is_said_too(tmp_path):
    plan = town(tmp_path, ("2024-01-20", [reach("A", "2024-01-10", "cleared")]))
    (tmp_path / "parcels.parquet").unlink()
    assert [item.code for item in status(plan).findings] == ["ledger.layer-changed"]


def test_as_of_one_day_as_known_on_another(tmp_path):
    plan = town(
        tmp_path,
        ("2025-01-05", [reach("A", "2024-12-30", "cleared")]),
        ("2025-01-20", [reach("B", "2024-12-31", "cleared")]),
        top="as_of = 2025-06-30",
    )
    day = date(2024, 12, 31)
    figures = [
        mu(status(plan.seen_on(day, known=known)))["cleared"]
        for known in (date(2025, 1, 4), date(2025, 1, 10), None)
    ]
    assert figures == [0, 15, 45]


def test_the_day_ends_where_the_town_is(tmp_path):
    """Recorded at 17:00 UTC on 10 January: it is the 11th in Dongguan already."""
    plan = town(tmp_path, ("2025-01-10T17:00", [reach("A", "2024-12-30", "cleared")]))
    day = date(2024, 12, 31)
    assert mu(status(plan.seen_on(day, known=date(2025, 1, 10))))["cleared"] == 0
    assert mu(status(plan.seen_on(day, known=date(2025, 1, 11))))["cleared"] == 15


def test_parcels_of_the_day(tmp_path):
    land = placed(*row([300, 100, 200]), parcel_id=["AB", "C1", "C2"])
    shapes = THREE | {"AB": row([300])[0]} | dict(zip(["C1", "C2"], row([100, 200]), strict=True))
    plan = geo.read_plan(
        told_plan(
            tmp_path,
            land,
            ("2024-03-02", [merge("AB", "2024-03-01", "A", "B")]),
            ("2024-05-02", [split("C", "2024-05-01", "C1", "C2")]),
            outlines=shapes,
        )
    )
    ids = [
        status(plan.seen_on(date.fromisoformat(day))).parcels["parcel_id"].tolist()
        for day in ("2024-02-29", "2024-03-01", "2024-05-01")
    ]
    assert ids == [["A", "B", "C"], ["AB", "C"], ["AB", "C1", "C2"]]


def test_a_parcel_that_left_the_layer_is_none(tmp_path):
    plan = town(tmp_path)
    draft, outlines = register(C=None)
    with open_ledger(tmp_path / "readiness.db", write=True) as ledger:
        ledger.append([draft], actor="office", now=at("2024-06-01"), outlines=outlines)
    assert status(plan).parcels["parcel_id"].tolist() == ["A", "B"]


def test_a_layer_that_changed_since_is_said(tmp_path):
    plan = town(tmp_path, ("2024-01-20", [reach("A", "2024-01-10", "cleared")]))
    (found,) = [item for item in status(plan).findings if item.code == "ledger.layer-changed"]
    assert (found.severity, found.file, found.seen) == ("warning", "parcels.parquet", "2024-01-20")


def test_without_a_ledger_there_is_nothing_to_tell(tmp_path):
    plan = geo.read_plan(write_plan(tmp_path, placed(THREE["A"], parcel_id=["A"])))
    with pytest.raises(LedgerError) as error:
        status(plan)
    (found,) = error.value.findings
    assert (found.code, found.file, found.seen) == ("ledger.none", "plan.toml", "readiness.db")


@pytest.mark.parametrize("day", ["2021-06-30", "2023-05-31", "2023-12-31", "2024-12-31"])
def test_the_example_stands_as_a_run_says(day):
    plan = geo.read_plan(QINGXI).seen_on(date.fromisoformat(day))
    by = ["zone", "rung"]
    run, told = geo.run(plan), status(plan)
    pd.testing.assert_frame_equal(
        told.stages.sort_values(by, ignore_index=True),
        run.stages.sort_values(by, ignore_index=True),
        atol=1e-6,
        check_dtype=False,
    )
    facts = ["rung", "evidenced_rung", "self_reported", "has_events"]
    ours = told.parcels.set_index("parcel_id")[facts].sort_index()
    theirs = run.parcels.set_index("parcel_id")[facts].sort_index()
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, check_index_type=False)


def test_the_example_says_that_its_layer_is_the_one_it_was_told_of():
    codes = [item.code for item in status(geo.read_plan(QINGXI)).findings]
    assert "ledger.layer-changed" not in codes
