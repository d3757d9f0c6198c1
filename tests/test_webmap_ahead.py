"""What the page is told of the future: words of goals, bands, the plan, and columns of parcels."""

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest

import geo
from geo.forecast.outcome import CURVE_COLUMNS, GOAL_COLUMNS, PARCEL_COLUMNS, Forecast
from geo.forecast.wording import forecast_words
from geo.outlook import Outlook
from geo.sequence.outcome import PARCEL_COLUMNS as TAKEN_COLUMNS
from geo.sequence.outcome import QUARTER_COLUMNS, YEAR_COLUMNS, Sequence
from geo.webmap.ahead import ahead_payload, goal_forecasts
from geo.webmap.atlas import atlas_of
from geo.webmap.maps import land_map
from geo.webmap.packing import base64_of
from geo.webmap.page import LandMap
from geo.webmap.payload import page_payload
from tests.browser.pages import town
from tests.test_atlas import unpacked

QUARTERS = pd.to_datetime(["2024-12-31", "2025-12-31", "2026-12-31", "2027-12-31"])
COST = 987654321
"""Of a parcel: stands nowhere else in a page."""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> geo.Study:
    return town(tmp_path_factory.mktemp("town"))


def forecast(study: geo.Study) -> Forecast:
    """Goals that gain 100 mu a year, 50 in the worst case and 150 in the best."""
    empty = pd.DataFrame
    return Forecast(
        as_of=date(2024, 12, 31),
        until=date(2030, 12, 31),
        seed=7,
        draws=2000,
        mode="practical",
        gap_m=30.0,
        block_mu=100.0,
        earlier_months=6.0,
        curves=_curves(),
        goals=_goals(),
        parcels=_parcels(study),
        stages=empty(),
        speed=empty(),
        sigma=0.2,
        rho=0.5,
        holds=empty(columns=["goal", "share", "slack_mu", "parcels", "p"]),
        fits=empty(columns=["goal", "fits", "zones", "land_mu", "share"]),
        paces=empty(columns=["goal", "times_past", "mu_per_year"]),
        backtest=None,
        unknown_floor=0,
        findings=[],
    )


def _curves() -> pd.DataFrame:
    measures = ("goal:near", "goal:far", "largest_mu", "in_blocks_mu", "compactness", "hole_mu")
    rows = [
        (day, measure, 200.4 + 50 * year, 200.4 + 100 * year, 200.4 + 150 * year)
        for measure in (*measures, "floor_m2")
        for year, day in enumerate(QUARTERS)
    ]
    return pd.DataFrame(rows, columns=list(CURVE_COLUMNS))


def _goals() -> pd.DataFrame:
    near = [pd.Timestamp(day) for day in ("2027-09-30", "2028-06-30", "2029-12-31")]
    rows = [
        ("near", date(2025, 12, 31), 300.0, 0.37, *near, 250.0, 300.0, 350.0),
        ("far", date(2027, 12, 31), 900.0, 0.0, pd.NaT, pd.NaT, pd.NaT, 350.0, 500.0, 650.0),
    ]
    return pd.DataFrame(rows, columns=list(GOAL_COLUMNS))


def _parcels(study: geo.Study) -> pd.DataFrame:
    """Losing A02 costs 12 points and 15 mu; the others change nothing."""
    as_things_are = {
        **{"ready_p10": pd.Timestamp("2025-02-01"), "ready_p50": pd.Timestamp("2025-08-14")},
        **{"ready_p90": pd.Timestamp("2027-03-24"), "p": 0.37, "p_now": 0.37, "p_lost": 0.37},
        **{"mu": 250.0, "mu_now": 250.0, "mu_lost": 250.0},
    }
    table = pd.DataFrame({"parcel_id": study.parcels["parcel_id"]})
    table = table.assign(goal="near", **as_things_are).reindex(columns=list(PARCEL_COLUMNS))
    own = table["parcel_id"] == "A02"
    table.loc[own, ["p_lost", "p_now", "mu_lost", "mu_now"]] = [0.25, 0.42, 235.0, 257.5]
    table.loc[own, "ready_p90"] = pd.NaT
    return table


def sequence() -> Sequence:
    """A02 and B01 in 2025, of which B01 is not ready within the years; A05 in 2026."""
    taken = [
        ("A02", "2025-01-01", "2025-12-31", 2025, 15.0, COST),
        ("B01", "2025-04-01", None, 2025, 15.0, 5.0),
        ("A05", "2026-07-01", "2027-03-31", 2026, 15.0, 5.0),
    ]
    parcels = pd.DataFrame(taken, columns=list(TAKEN_COLUMNS))
    days = {name: pd.to_datetime(parcels[name]) for name in ("start", "ready")}
    quarters = [(day, 1, 15.0, 5.0, 200 + 15.4 * at, 0, 0) for at, day in enumerate(QUARTERS[1:])]
    years = [
        (2025, 2, 30.0, COST + 5, 1e9, 215.4, 215.4, 150.0, 250.0),
        (2026, 1, 15.0, 5.0, 1e9, 230.8, 230.8, 165.0, None),
    ]
    return Sequence(
        as_of=date(2024, 12, 31),
        goal="near",
        currency="CNY",
        mode="practical",
        gap_m=30.0,
        block_mu=100.0,
        parcels=parcels.assign(**days),
        years=pd.DataFrame(years, columns=list(YEAR_COLUMNS)),
        quarters=pd.DataFrame(quarters, columns=list(QUARTER_COLUMNS)),
        mu_years=446.2,
        bound=450.0,
        gap=0.0085,
        status="gap",
        seed=7,
        seconds=1.0,
    )


def outlook(study: geo.Study) -> Outlook:
    found = forecast(study)
    return Outlook(found, sequence(), forecast_words(study, found))


def facts(page: LandMap) -> dict[str, dict[str, Any]]:
    """The facts of each parcel that is there now."""
    columns = unpacked(base64_of(page.atlas.facts_columns()))
    own = {name: values for name, values in columns.items() if name.startswith("parcels.")}
    rows = zip(*own.values(), strict=True)
    records = [dict(zip(own, row, strict=True)) for row in rows]
    return {row["parcels.id"]: row for row in records if row["parcels.alive"]}


# -- what is told ----------------------------------------------------------------------------------


def test_a_goal_has_its_chance_and_the_range_of_its_date(study):
    told = goal_forecasts(outlook(study))
    assert told["near"] == {
        "zh": "按期概率 37%；中位 2028-06 (2027-09 – 2029-12)",
        "en": "37% likely in time; median 2028-06 (2027-09 – 2029-12)",
    }
    assert told["far"] == {
        "zh": "按期概率 0%；到 2030-12 达到的可能也不足 10%",
        "en": "0% likely in time; under 10% likely even by 2030-12",
    }
    goals = page_payload(study, outlook=outlook(study))["goals"]
    assert [goal["forecast"] for goal in goals] == [told["near"], told["far"]]


@pytest.mark.parametrize(
    ("changes", "zh", "en"),
    [
        ({"p_due": 0.001}, "按期概率 <1%；中位", "<1% likely in time; median"),
        ({"p_due": 0.9999}, "按期概率 >99%；中位", ">99% likely in time; median"),
        ({"p_due": 1.0}, "按期概率 100%；中位", "100% likely in time; median"),
        ({"due": date(2023, 12, 31), "p_due": 1.0}, "已按期达到", "reached in time"),
        ({"due": date(2023, 12, 31), "p_due": 0.0}, "未按期达到；中位", "not reached in time; m"),
        (
            {"date_p90": pd.NaT},
            "按期概率 37%；中位 2028-06 (2027-09 – 2030-12 之后)",
            "37% likely in time; median 2028-06 (2027-09 – after 2030-12)",
        ),
    ],
)
def test_a_goal_that_is_past_rare_or_beyond_the_horizon_is_told_so(study, changes, zh, en):
    found = forecast(study)
    goals = pd.DataFrame([{**found.goals.iloc[0].to_dict(), **changes}])
    told = goal_forecasts(Outlook(replace(found, goals=goals)))["near"]
    assert told["zh"].startswith(zh)
    assert told["en"].startswith(en)


def test_the_bands_and_the_plan_are_whole_mu_on_their_dates(study):
    ahead = ahead_payload(study.plan, outlook(study))
    assert ahead is not None
    assert ahead["days"] == ["2024-12-31", "2025-12-31", "2026-12-31", "2027-12-31"]
    assert ahead["lines"]["near"] == {
        "p10": [200, 250, 300, 350],
        "p50": [200, 300, 400, 500],
        "p90": [200, 350, 500, 650],
    }
    assert ahead["lines"].keys() == {"near", "far"}
    assert ahead["plan"] == {"days": ahead["days"][1:], "mu": [200, 215, 231]}
    assert ahead["years"] == [2025, 2026]
    assert (ahead["about"], ahead["goal"]) == ("near", "near")


def test_the_sentences_are_those_of_the_outlook(study):
    ahead = ahead_payload(study.plan, outlook(study))
    assert ahead is not None
    assert ahead["notes"] == [text.model_dump() for text in outlook(study).sentences]
    assert len(ahead["notes"]) > 2


def test_the_tables_of_the_tab_tell_each_year(study):
    tables = {table["id"]: table for table in page_payload(study, outlook=outlook(study))["tables"]}
    years, measures = tables["sequence_years"], tables["forecast_years"]
    assert (years["tab"], measures["tab"]) == ("plan", "plan")
    money = [column for column in years["columns"] if "CNY" in column["zh"]]
    assert [column["en"] for column in money] == ["Cost (CNY)", "Budget (CNY)"]
    second = ["2026", "1", "15.00", "5", "1,000,000,000", "230.80", "230.80", "165.00"]
    assert years["rows"][1][: len(second)] == second
    assert measures["rows"][1][:2] == ["2025", "300 (250 – 350)"]
    assert {column["kind"] for column in measures["columns"][1:]} == {"number"}
    assert "300.4 (250.4 – 350.4)" in measures["rows"][1], "a shape has a decimal"


def test_columns_tell_of_each_parcel_its_year_its_months_and_what_it_decides(study):
    rows = facts(land_map(study, outlook=outlook(study)))
    names = ("year", "start", "ready", "soon", "likely", "late")
    stakes = ("p_stake", "p_gain", "at_stake", "to_gain")
    told = {
        name: [[row[f"parcels.{key}"] for key in keys] for keys in (names, stakes)]
        for name, row in rows.items()
    }
    # months from December 2024, one more; tenths of a percent, and of a mu
    assert told["A02"] == [[2025, 2, 13, 3, 9, 0], [120, 50, 150, 75]]
    assert told["B01"] == [[2025, 5, 0, 3, 9, 28], [0, 0, 0, 0]]
    assert told["A05"] == [[2026, 20, 28, 3, 9, 28], [0, 0, 0, 0]]
    assert told["A01"] == [[0, 0, 0, 3, 9, 28], [0, 0, 0, 0]]


def test_a_plan_that_began_before_the_date_of_the_data_counts_from_its_beginning(study):
    early = sequence().parcels.assign(start=pd.Timestamp("2024-10-01"))
    known = Outlook(None, replace(sequence(), parcels=early))
    rows = facts(land_map(study, outlook=known))
    assert (rows["A02"]["parcels.start"], rows["A02"]["parcels.ready"]) == (1, 15)
    assert "parcels.likely" not in rows["A02"]


@pytest.mark.parametrize("nothing", [None, Outlook()])
def test_without_a_forecast_and_a_plan_a_page_is_as_before(study, nothing):
    page = land_map(study, outlook=nothing)
    assert page.data == land_map(study).data
    assert '"ahead"' not in page.data
    assert {column.name for column in page.atlas.facts} == {
        column.name for column in atlas_of(study).facts
    }


# -- the public ------------------------------------------------------------------------------------


def test_the_public_sees_the_chances_of_goals_and_of_no_parcel_when_it_is_taken(study):
    full = land_map(study, outlook=outlook(study))
    public = land_map(study, profile="public", outlook=outlook(study))
    assert "37% likely in time" in public.data
    assert '"lines"' in public.data
    for secret in ('"years"', '"sequence_years"', f"{COST + 5:,}"):
        assert secret in full.data
        assert secret not in public.data
    names = {column.name for column in full.atlas.facts}
    kept = {column.name for column in public.atlas.facts}
    new = names - {column.name for column in atlas_of(study).facts}
    assert len(new) == 10
    assert not new & kept
