"""Claims beside the plan: land, floor space, stages, dates and goals."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import geo
from geo.claims.answer import judged
from geo.claims.claim import Claim
from geo.plan import Claims
from geo.text import Words
from tests.claiming import (
    GOAL,
    SCENARIO,
    answers,
    area,
    date_of,
    floor,
    only,
    ratio,
    read_plan_run,
    studied,
    town,
)
from tests.formats import write_layer
from tests.makers import placed, row

# --- beside the plan ---------------------------------------------------------------------------


def meant_as(value: float, qualifier: str, step: float = 1.0) -> Claim:
    words = Words("", "")
    return Claim(
        **{"row": 2, "id": "C", "subject": words, "measure": "renewal_area", "text": str(value)},
        **{"words": words, "rough": step},
        **{"value": value, "step": step, "unit": "mu", "qualifier": qualifier, "as_of": None},
        **{"day": None, "source": "", "document": None, "note": words, "of": (), "scenario": ""},
        **{"within": "", "members": (), "years": float("nan")},
    )


@pytest.mark.parametrize(
    ("qualifier", "computed", "verdict"),
    [
        ("exact", 100, "equal"),
        ("exact", 100.49, "within rounding"),
        ("exact", 100.5, "contradicted"),
        ("exact", 99.5, "within rounding"),
        ("exact", 99.4, "contradicted"),
        ("plan", 100.4, "within rounding"),
        ("about", 100.4, "within rounding"),
        ("about", 104.9, "explained"),
        ("about", 105.1, "contradicted"),
        ("about", 94.9, "contradicted"),
        ("nearly", 99.6, "within rounding"),
        ("nearly", 95, "explained"),
        ("nearly", 94.9, "contradicted"),
        ("nearly", 100.4, "within rounding"),
        ("nearly", 100.6, "contradicted"),
        ("more_than", 100.1, "explained"),
        ("more_than", 100, "contradicted"),
        ("more_than", 99.9, "contradicted"),
        ("at_least", 100, "equal"),
        ("at_least", 1e6, "explained"),
        ("at_least", 99.9, "contradicted"),
        ("less_than", 99.9, "explained"),
        ("less_than", 100, "contradicted"),
        ("at_most", 100, "equal"),
        ("at_most", 100.1, "contradicted"),
    ],
)
def test_a_qualifier_says_on_which_side_the_truth_may_lie(
    qualifier: str, computed: float, verdict: str
) -> None:
    assert judged(meant_as(100, qualifier), computed, Claims(file="c.csv")) == verdict


@given(st.floats(1, 1e9), st.sampled_from(["exact", "about", "nearly", "at_least", "at_most"]))
def test_a_number_always_meets_itself(value: float, qualifier: str) -> None:
    assert judged(meant_as(value, qualifier), value, Claims(file="c.csv")) == "equal"


@pytest.mark.parametrize(
    ("text", "unit", "step"),
    [
        *(("0.49", "ratio", 0.01), ("3.5", "ratio", 0.1), ("2888", "mu", 1), ("2000", "mu", 10)),
        *(("12800", "m2", 100), ("5,000,000", "m2", 10_000), ("182", "mu", 1), ("90", "mu", 1)),
        *(("2037000000", "CNY", 1_000_000), ("103%", "percent", 1)),
    ],
)
def test_a_number_is_stated_to_its_last_figure(
    text: str, unit: str, step: float, tmp_path: Path
) -> None:
    study = studied(tmp_path, {"measure": "x", "value": text, "unit": unit})
    (claim,) = study.land.sources.claims
    assert claim.step == pytest.approx(step)


@pytest.mark.parametrize(
    ("cells", "computed", "known", "verdict"),
    [
        (area("Park", 60, of="parcel:A+parcel:B"), 60, 1.0, "equal"),
        (area("Park", 120, of="town"), 120, 1.0, "equal"),
        (area("Park", 100, of="town"), 120, 1.0, "contradicted"),
        ({**area("Park", 4.0), "unit": "ha", "of": "parcel:A+parcel:B"}, 4, 1.0, "equal"),
        (floor("A", 60_000, of="parcel:A"), 60_000, 1.0, "equal"),
        (floor("A", 50_000, "added_floor_space", of="parcel:A"), 50_000, 1.0, "equal"),
        (floor("A", 10_000, "existing_floor_space", of="parcel:A"), 10_000, 1.0, "equal"),
        ({**ratio("A", 0.5, "existing_plot_ratio"), "of": "parcel:A"}, 0.5, 1.0, "equal"),
        ({**ratio("A", 3, "target_plot_ratio"), "of": "parcel:A"}, 3, 1.0, "equal"),
        # of C no plot ratio is known: 120 000 m² for half of the land
        (floor("Town", 200_000, of="town"), 120_000, 0.5, "not computable"),
        (floor("Town", 100_000, of="town", qualifier="more_than"), 120_000, 0.5, "explained"),
        (floor("Town", 130_000, of="town", qualifier="more_than"), 120_000, 0.5,
         "not computable"),
    ],
)  # fmt: skip
def test_a_claim_is_held_against_the_figure_of_the_plan(
    cells: dict[str, Any], computed: float, known: float, verdict: str, tmp_path: Path
) -> None:
    table = answers(tmp_path, cells, more=SCENARIO)
    answer = only(table, "plan")
    assert answer["computed"] == pytest.approx(computed)
    assert answer["known_share"] == pytest.approx(known)
    assert answer["verdict"] == verdict
    assert answer["difference"] == pytest.approx(computed / answer["published"] - 1)


def test_floor_space_without_a_scenario_is_not_computable(tmp_path: Path) -> None:
    answer = only(answers(tmp_path, floor("A", 60_000, of="parcel:A")), "plan")
    assert answer["verdict"] == "not computable"


HISTORY = pd.DataFrame(
    [
        ("A", "2023-03-01", "signed", "reach", "paper", "", ""),
        ("B", "2024-05-01", "signed", "reach", "paper", "", ""),
    ],
    columns=["parcel_id", "date", "stage", "action", "evidence", "source", "reason"],
)


@pytest.mark.parametrize(
    ("cells", "verdict", "arithmetic"),
    [
        ({"measure": "stage", "value": "signed", "unit": "stage", "as_of": "2023-12-31",
          "of": "parcel:A"}, "equal", "1 of 1 parcels had reached “signed” by 2023-12-31"),
        ({"measure": "stage", "value": "signed", "unit": "stage", "as_of": "2023-12-31",
          "of": "parcel:A+parcel:B"}, "contradicted", "1 of 2 parcels"),
        ({"measure": "stage", "value": "listing_filed", "unit": "stage", "as_of": "2023-12-31",
          "of": "parcel:A"}, "not computable", "the plan computes no figure of this kind"),
        ({"measure": "signed", "value": "2023-03", "unit": "date", "of": "parcel:A"}, "equal",
         "1 of 1 parcels within 2023-03-01 – 2023-03-31: A 2023-03-01"),
        ({"measure": "signed", "value": "2023", "unit": "date", "of": "parcel:A+parcel:B"},
         "contradicted", "1 of 2 parcels within 2023-01-01 – 2023-12-31; not B 2024-05-01"),
        # C has no event at all
        (date_of("P", "2023", of="parcel:A+parcel:C"), "contradicted",
         "1 of 2 parcels within 2023-01-01 – 2023-12-31; C never reached the stage"),
        (date_of("P", "2023", of="town"), "contradicted",
         "1 of 3 parcels within 2023-01-01 – 2023-12-31; not B 2024-05-01; C never reached"),
        (date_of("P", "2025-06", "signed_due", of="parcel:A+parcel:C"), "not computable",
         "1 of 2 parcels by 2025-06-30; no date for C by 2024-12-31"),
        (date_of("P", "2023-12-31", of="parcel:A", qualifier="expected"), "explained",
         "1 of 1 parcels by 2023-12-31: A 2023-03-01"),
        (date_of("P", "2023-12-31", of="parcel:A", qualifier="at_most"), "explained", "by 2023"),
        (date_of("P", "2023-12-31", of="parcel:A"), "contradicted",
         "0 of 1 parcels on 2023-12-31; not A 2023-03-01"),
        (date_of("P", "2023-02", "signed_due", of="parcel:A"), "contradicted",
         "0 of 1 parcels by 2023-02-28; not A 2023-03-01"),
        (date_of("P", "2023-02", of="parcel:A", qualifier="at_least"), "explained",
         "1 of 1 parcels from 2023-02-01 on"),
        (date_of("P", "2023", "survey", of="parcel:A"), "not computable",
         "no date for A by 2024-12-31"),
    ],
)  # fmt: skip
def test_stages_and_dates_are_held_against_the_history(
    cells: dict[str, Any], verdict: str, arithmetic: str, tmp_path: Path
) -> None:
    answer = only(answers(tmp_path, cells, history=HISTORY), "plan")
    assert answer["verdict"] == verdict
    assert arithmetic in answer["arithmetic"]


def test_a_goal_that_net_land_cannot_meet(tmp_path: Path) -> None:
    goal = {**area("Town", 110, "goal_area_3yr"), "of": "goal:g"}
    net = '[net]\nhandover_share = 0.25\nassumption = "a"\n'
    gross = answers(tmp_path / "gross", goal, more=GOAL % "" + net)
    answer = only(gross, "goal")
    assert answer["arithmetic"] == (
        "110 ÷ 120 mu gross = 91.7 %; net land 90 mu (75.0 %); net land is 20 mu short"
    )
    assert answer["verdict"] == "explained"  # on gross land it can
    table = answers(tmp_path / "net", goal, more=GOAL % 'basis = "net"' + net)
    assert only(table, "goal")["verdict"] == "contradicted"
    assert only(table, "plan")["verdict"] == "equal"


@pytest.mark.parametrize(
    ("text", "unit", "computed", "arithmetic"),
    [
        ("6.003", "ha", 6, "computed 6 ha ÷ published 6.003 ha = 99.95 %"),
        ("60010", "m2", 60_000, "= 99.98 %"),
        ("90", "mu", 90, "computed 90 mu ÷ published 90 mu = 100.0 %"),
    ],
)
def test_what_is_contradicted_never_looks_equal(
    text: str, unit: str, computed: float, arithmetic: str, tmp_path: Path
) -> None:
    cells = floor("P", 0, of="parcel:A") | {"value": text, "unit": unit}
    answer = only(answers(tmp_path, cells, more=SCENARIO), "plan")
    assert answer["computed"] == pytest.approx(computed)
    assert arithmetic in answer["arithmetic"]
    assert ("100.0 %" in answer["arithmetic"]) is (answer["verdict"] == "equal")


def test_nearly_a_figure_may_be_passed_by_what_it_rounds_to(tmp_path: Path) -> None:
    cells = floor("P", 59_999.8, of="parcel:A", qualifier="nearly")
    assert only(answers(tmp_path, cells, more=SCENARIO), "plan")["verdict"] == "within rounding"


def test_the_arithmetic_names_the_scenario_and_what_holds(tmp_path: Path) -> None:
    more = SCENARIO.replace('name = "s"', 'name = { zh = "甲", en = "First" }')
    more += SCENARIO.replace('id = "s"', 'id = "t"').replace('name = "s"', 'name = "Second"')
    table = answers(
        tmp_path,
        floor("P", 50_000, of="parcel:A", scenario="t", qualifier="more_than"),
        floor("Q", 60_000, of="parcel:A"),
        floor("R", 60_000, of="parcel:A", scenario="x"),
        more=more,
    ).set_index("claims")
    told = table["arithmetic"]
    assert told["C1"].endswith("; under “Second”; “more than 50,000 m²” holds")
    assert told["C2"].endswith("; under “First”, the first scenario as none is named")
    assert told["C3"] == "the plan has no scenario 'x'"
    assert "情景“甲”（未指明情景，取第一个）" in table.loc["C2", "arithmetic_zh"]
    assert table["verdict"].tolist() == ["explained", "equal", "not computable"]
    without = answers(tmp_path / "none", floor("Q", 60_000, of="parcel:A"))
    assert "the plan has no scenario" in without["arithmetic"][0]


def two_lots(folder: Path, treatment: str, existing: float, *rows: dict[str, Any]) -> geo.Study:
    """A plan of a lot A of 30 mu that is rebuilt, and a lot B like it of another treatment."""
    path = town(folder, *rows, more=SCENARIO)
    land = placed(
        *row([200, 200]),
        parcel_id=["A", "B"],
        treatment=["rebuild", treatment],
        plot_ratio=[3.0, np.nan],
        existing_floor=[10_000.0, existing],
    )
    write_layer(land, path.parent / "parcels.parquet")
    return read_plan_run(path)


@pytest.mark.parametrize("treatment", ["retain", "village", "road", "upgrade"])
def test_claims_of_the_town_are_held_against_the_floor_space_that_the_study_tells(
    treatment: str, tmp_path: Path
) -> None:
    study = two_lots(
        tmp_path,
        treatment,
        7000.0,
        floor("T", 67_000, of="town"),
        floor("E", 17_000, "existing_floor_space", of="town"),
        floor("N", 50_000, "added_floor_space", of="town"),
        floor("B", 7000, of="parcel:B"),
    )
    town_floor = study.floor[study.floor["zone"] == ""].iloc[0]
    told = study.claims.query("rule == 'plan'").set_index("subject")
    assert told.loc["T", "computed"] == pytest.approx(town_floor["total_m2"])
    assert told.loc["E", "computed"] == pytest.approx(town_floor["existing_m2"])
    assert told.loc["N", "computed"] == pytest.approx(town_floor["added_m2"])
    assert set(told["verdict"]) == {"equal"}
    assert (told["known_share"] == 1).all()


def test_what_is_retained_and_of_unknown_size_is_not_known(tmp_path: Path) -> None:
    study = two_lots(tmp_path, "retain", np.nan, floor("T", 60_000, of="town"))
    answer = only(study.claims, "plan")
    assert answer["known_share"] == pytest.approx(0.5)
    assert answer["verdict"] == "not computable"
    assert "known for 50 % of the land only" in answer["arithmetic"]


def test_more_floor_space_added_than_claimed_is_not_sure_from_a_part(tmp_path: Path) -> None:
    # what stands on C is not known: rebuilding it may lose floor space
    cells = floor("T", 100_000, "added_floor_space", of="town", qualifier="more_than")
    assert only(answers(tmp_path, cells, more=SCENARIO), "plan")["verdict"] == "not computable"
