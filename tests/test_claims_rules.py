"""Claims against claims: the rules, for a town that nobody knows."""

from pathlib import Path
from typing import Any

import pytest

from tests.claiming import (
    amiss,
    answers,
    area,
    cost,
    date_of,
    floor,
    only,
    ratio,
    studied,
)

# --- the rules, for another town ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("whole", "verdict", "arithmetic"),
    [
        (30, "equal", "10 mu + 20 mu = 30 mu = 30 mu"),
        (30.2, "contradicted", None),
        (25, "contradicted", "10 mu + 20 mu = 30 mu ≠ 25 mu"),
        (45, "explained", "45 mu − 10 mu − 20 mu = 15 mu that no part states"),
    ],
)
def test_parts_are_held_against_their_whole(
    whole: float, verdict: str, arithmetic: str | None, tmp_path: Path
) -> None:
    table = answers(
        tmp_path,
        area("Park", whole),
        area("North", 10, within="Park"),
        area("South", 20, within="Park"),
    )
    rule = "rest" if whole > 30 else "parts"
    answer = only(table, rule)
    if arithmetic is None:  # 0.2 mu are left over
        assert answer["computed"] == pytest.approx(0.2)
        return
    assert (answer["verdict"], answer["arithmetic"]) == (verdict, arithmetic)


def test_parts_in_other_units_are_converted(tmp_path: Path) -> None:
    table = answers(
        tmp_path,
        area("Park", 30),
        {**area("North", 1), "unit": "ha", "within": "Park"},
        {**area("South", 10_000), "unit": "m2", "within": "Park"},
    )
    answer = only(table, "parts")
    assert (answer["computed"], answer["verdict"]) == (pytest.approx(30), "equal")


def test_a_goal_above_the_land_of_its_parts_is_contradicted(tmp_path: Path) -> None:
    goal = area("Park", 60, "goal_area_2yr")
    parts = [area("North", 10, within="Park"), area("South", 40, within="Park")]
    answer = only(answers(tmp_path, goal, *parts), "parts")
    assert answer["arithmetic"] == "10 + 40 = 50 mu; 60 ÷ 50 = 120.0 %"
    assert answer["verdict"] == "contradicted"


def test_floor_over_land_is_a_gross_ratio(tmp_path: Path) -> None:
    table = answers(
        tmp_path, floor("Park", 40_000, "added_floor_space"), area("Park", 30), ratio("Mill", 4)
    )
    answer = only(table, "density")  # 30 mu are 20 000 m²
    assert answer["computed"] == pytest.approx(2.0)
    assert answer["arithmetic"].endswith("= 2.00, as if 50.0 % of the land were built at 4")


@pytest.mark.parametrize(("own", "verdict"), [(2.0, "equal"), (2.5, "contradicted")])
def test_a_subject_with_its_own_ratio_is_held_to_it(
    own: float, verdict: str, tmp_path: Path
) -> None:
    table = answers(tmp_path, floor("Park", 40_000), area("Park", 30), ratio("Park", own))
    assert only(table, "density")["verdict"] == verdict


@pytest.mark.parametrize(("limit", "rule"), [(5.0, "footprint"), (8.0, "density")])
def test_too_dense_a_site_is_a_footprint_and_no_land_to_divide_by(
    limit: float, rule: str, tmp_path: Path
) -> None:
    table = answers(
        tmp_path,
        floor("Mill", 30_000),
        {"subject": "Mill", "measure": "land_area", "value": 5000, "unit": "m2"},
        cost("Mill", 60_000_000),
        more=f"plausible_net_ratio = {limit}\n",
    )
    assert only(table, rule)["computed"] == pytest.approx(6.0)
    per_mu = table[(table["rule"] == "value") & (table["unit"] == "CNY/mu")]
    assert per_mu.empty is (rule == "footprint")


def test_two_ways_to_one_site_that_agree(tmp_path: Path) -> None:
    table = answers(
        tmp_path,
        floor("Mill", 10_000, "existing_floor_space"),
        ratio("Mill", 0.5, "existing_plot_ratio"),
        floor("Mill", 60_000),
        ratio("Mill", 3.0),
        area("Mill", 30),
    )
    both = only(table, "two-sites")
    assert (both["verdict"], both["computed"]) == ("within rounding", pytest.approx(60_000))
    sites = table[table["rule"] == "site"]
    assert sites["computed"].tolist() == pytest.approx([20_000, 20_000])
    assert set(sites["verdict"]) == {"within rounding"}


def test_completion_is_held_against_the_goal_where_one_is_stated(tmp_path: Path) -> None:
    done = area("Action", 110, "demolition_area", qualifier="cumulative")
    share = {"subject": "Action", "measure": "completion", "value": 110, "unit": "percent"}
    alone = only(answers(tmp_path / "one", done, share), "completion")
    assert (alone["computed"], alone["verdict"]) == (pytest.approx(100), "explained")
    wrong = area("Action", 140, "goal_area_2yr")
    beside = only(answers(tmp_path / "two", done, share, wrong), "completion")
    assert (beside["published"], beside["verdict"]) == (140, "contradicted")


def test_pace_reached_and_paces_needed(tmp_path: Path) -> None:
    table = answers(
        tmp_path,
        area("Action", 120, qualifier="cumulative", years=2),
        area("Town", 300, "goal_area_2yr", years=2),
        area("Town", 1300, "goal_area_6yr", years=6),
    )
    pace = table[table["rule"] == "pace"]
    assert pace["published"].tolist() == pytest.approx([150, 1300 / 6, 250])
    assert pace["computed"].tolist() == pytest.approx([60, 60, 60])
    assert "(1300 − 300) ÷ (6 − 2) = 250 mu a year" in pace["arithmetic"].iloc[2]


def test_money_is_divided_by_what_each_part_has(tmp_path: Path) -> None:
    table = answers(
        tmp_path,
        area("Park", 100),
        cost("Park", 1_000_000_000),
        area("North", 40, within="Park"),
        cost("North", 600_000_000, within="Park"),
    )
    each = table[table["rule"] == "value"].set_index("subject")["computed"]
    assert each["Park"] == pytest.approx(10e6)
    assert each["North"] == pytest.approx(15e6)
    assert each["Park less North"] == pytest.approx(400e6 / 60)


def test_a_swapped_pair_of_characters_is_proposed(tmp_path: Path) -> None:
    table = answers(
        tmp_path,
        area("Bright park", 10, subject_zh="光明科技园"),
        area("List", 20, subject_zh="清单", members="明光科技园 大同"),
        area("Other", 20, subject_zh="光大科技园"),
    )
    answer = only(table, "spelling")
    assert (answer["claims"], answer["verdict"]) == ("C1, C2", "proposed")
    assert "“光明科技园” (C1) and “明光科技园” (C2)" in answer["arithmetic"]


def test_one_project_in_two_lists_that_nobody_drew(tmp_path: Path) -> None:
    table = answers(
        tmp_path,
        area("First", 10, subject_zh="甲", members="光明 大同"),
        area("Second", 20, subject_zh="乙", members="光明、东升"),
        area("Third", 20, subject_zh="丙", members="东方"),
    )
    answer = only(table, "shared")
    assert (answer["claims"], answer["verdict"]) == ("C1, C2", "not computable")
    assert answer["arithmetic"].startswith("10 + 20 = 30 mu counts them twice")


def test_one_project_in_two_programmes_is_counted_once(tmp_path: Path) -> None:
    programmes = (
        '[[programmes]]\nid = "p"\nname = "p"\nparcels = ["A", "B"]\n'
        '[[programmes]]\nid = "q"\nname = "q"\nparcels = ["B", "C"]\n'
    )
    table = answers(
        tmp_path,
        area("First", 60, subject_zh="甲", members="光明", of="programme:p"),
        area("Second", 90, subject_zh="乙", members="光明", of="programme:q"),
        more=programmes,
    )
    answer = only(table, "shared")
    assert (answer["published"], answer["computed"]) == (150, pytest.approx(120))
    assert answer["verdict"] == "explained"
    held = table[table["rule"] == "plan"]
    assert held["computed"].tolist() == pytest.approx([60, 90])


@pytest.mark.parametrize(
    ("own", "listed", "verdict"),
    [("2023-04", "2023-H1", "equal"), ("2022-12-02", "2023-H1", "contradicted")],
)
def test_the_date_of_a_project_against_that_of_its_list(
    own: str, listed: str, verdict: str, tmp_path: Path
) -> None:
    started = {"measure": "started", "unit": "date"}
    table = answers(
        tmp_path,
        {"subject": "Bright park", "subject_zh": "光明科技园", "value": own} | started,
        {"subject": "Starts", "subject_zh": "动工", "members": "光明科技园", "value": listed}
        | started,
    )
    assert only(table, "dates")["verdict"] == verdict


@pytest.mark.parametrize(
    ("land", "verdict"),
    [({}, "proposed"), ({"of": "parcel:A"}, "contradicted"), ({"of": "parcel:C"}, "proposed")],
)
def test_a_project_by_its_short_name_is_proposed_unless_its_land_lies_in_that_of_the_list(
    land: dict[str, str], verdict: str, tmp_path: Path
) -> None:
    table = answers(
        tmp_path,
        date_of("Bright park", "2022", subject_zh="光明科技园", **land),
        date_of("Starts", "2023", members="光明 大同", of="parcel:A+parcel:B"),
    )
    answer = only(table, "dates")
    assert answer["verdict"] == verdict
    assert ("to be confirmed" in answer["arithmetic"]) is (verdict == "proposed")


def test_one_figure_published_twice(tmp_path: Path) -> None:
    table = answers(
        tmp_path, area("Park", 30), {**area("Park", 2.0), "unit": "ha"}, area("Park", 31)
    )
    twice = table[table["rule"] == "twice"]
    assert twice["verdict"].tolist() == ["equal", "contradicted"]
    assert twice["claims"].tolist() == ["C1, C2", "C1, C3"]


def test_money_and_money_a_year_are_two_figures(tmp_path: Path) -> None:
    table = answers(tmp_path, cost("Park", 9e8), cost("Park", 9e8) | {"unit": "CNY/year"})
    assert "twice" not in set(table["rule"])


def test_the_order_of_rows_changes_no_verdict(tmp_path: Path) -> None:
    rows = [
        area("Park", 100, subject_zh="光明园区"),
        area("North", 40, within="Park", subject_zh="明光园区"),
        area("South", 60, within="Park"),
        floor("Park", 120_000),
        cost("Park", 1e9),
        area("Park", 90, "goal_area_3yr", years=3),
        area("Action", 60, qualifier="cumulative", years=2),
    ]
    ids = [{"id": f"C{at}", **cells} for at, cells in enumerate(rows)]

    def told(folder: str, rows: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
        table = answers(tmp_path / folder, *rows)
        claims = [frozenset(names.split(", ")) for names in table["claims"]]
        shown = table["computed"].round(6).astype(str)
        return set(zip(table["rule"], claims, table["verdict"], shown, strict=True))

    assert told("one", ids) == told("other", ids[::-1])


def test_a_completion_is_of_what_was_worked_off_and_not_of_the_first_area(tmp_path: Path) -> None:
    rows = [
        area("Action", 900, "planned_area"),
        area("Action", 619, "demolition_area", qualifier="cumulative"),
        {"subject": "Action", "measure": "completion", "value": 103, "unit": "percent"},
    ]
    for name, order in (("one", rows), ("other", rows[::-1])):
        answer = only(answers(tmp_path / name, *order), "completion")
        assert answer["arithmetic"] == "619 mu ÷ 103 % = 601 mu"
        assert "demolished area" in answer["statement"]


def test_a_site_goes_before_the_ground_that_is_covered_in_any_order(tmp_path: Path) -> None:
    covered = {"subject": "Mill", "measure": "land_area", "value": 6500, "unit": "m2"}
    rows = [covered, area("Mill", 30, "planned_area"), floor("Mill", 60_000)]
    for name, order in (("one", rows), ("other", rows[::-1])):
        table = answers(tmp_path / name, *order)
        assert only(table, "density")["computed"] == pytest.approx(3.0)
        assert "footprint" not in set(table["rule"])


def test_floor_and_building_areas_are_no_land(tmp_path: Path) -> None:
    table = answers(
        tmp_path,
        {**area("Mill", 40_000, "floor_area"), "unit": "m2", "of": "parcel:A"},
        cost("Mill", 80_000_000),
    )
    assert set(table["verdict"]) == {"not computable"}
    assert table["computed"].isna().all()


def test_a_claim_in_a_rule_of_names_still_has_its_own_answer(tmp_path: Path) -> None:
    table = answers(
        tmp_path,
        {"subject": "Bright", "subject_zh": "光明科技园", "measure": "jobs", "value": 1800,
         "unit": "people"},
        area("List", 20, subject_zh="清单", members="明光科技园 大同"),
    )  # fmt: skip
    assert "C1" in set(table.query("rule == 'plan'")["claims"])
    assert only(table, "spelling")["claims"] == "C1, C2"


def test_jobs_are_told_per_mu(tmp_path: Path) -> None:
    jobs = {"subject": "Park", "measure": "jobs", "value": 600, "unit": "people"}
    answer = only(answers(tmp_path, jobs, area("Park", 50)), "value")
    assert (answer["computed"], answer["unit"]) == (pytest.approx(12), "people/mu")
    assert answer["arithmetic_zh"] == "600 人 ÷ 50 亩 = 12 人/亩"


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ("力合", "力合双清二期", "proposed"),
        ("力合双清二期", "力合", "proposed"),
        ("力合、A1", "力合一期、A10", None),
        ("力合一期", "力合二期", None),
        ("Lot 1", "Lot 7", None),
        ("Lot 1; Lot 2", "Lot 7; Lot 8", None),
        ("Lot 1; Lot 2", "Lot 2; Lot 8", "not computable"),
    ],
)
def test_the_beginning_of_a_name_is_not_the_name(
    first: str, second: str, verdict: str | None, tmp_path: Path
) -> None:
    table = answers(
        tmp_path, area("North list", 30, members=first), area("South list", 60, members=second)
    )
    if verdict is None:
        assert "shared" not in set(table["rule"])
        return
    answer = only(table, "shared")
    assert answer["verdict"] == verdict
    if verdict == "proposed":
        assert "are one project" in answer["statement"]
        assert "是否同一项目" in answer["statement_zh"]


def test_what_a_part_lists_with_its_whole_is_not_in_two_lists(tmp_path: Path) -> None:
    table = answers(
        tmp_path,
        area("Park", 90, members="光明 大同"),
        area("North", 30, within="Park", members="光明"),
        area("Mill", 10, within="North", members="大同"),
    )
    assert "shared" not in set(table["rule"])


@pytest.mark.parametrize(
    ("cells", "verdict"),
    [
        ((40_000, "nearly", 39_000, ""), "explained"),
        ((40_000, "", 10_000, "more_than"), "explained"),
        ((40_000, "", 50_000, "more_than"), "contradicted"),
        ((4545, "", 4545.4, ""), "within rounding"),
        ((4545, "", 4545, "about"), "equal"),
    ],
)
def test_two_figures_of_one_thing_agree_by_rounding_or_by_their_qualifiers(
    cells: tuple[float, str, float, str], verdict: str, tmp_path: Path
) -> None:
    one, first, other, second = cells
    rows = [area("Park", one, qualifier=first), area("Park", other, qualifier=second)]
    for name, order in (("one", rows), ("other", rows[::-1])):
        assert only(answers(tmp_path / name, *order), "twice")["verdict"] == verdict


def test_a_pace_is_of_land_that_was_worked_off_and_never_none(tmp_path: Path) -> None:
    table = answers(
        tmp_path,
        area("Town", 300, "goal_area_2yr", years=2),
        area("Green", 30, "green_area", qualifier="cumulative", years=3),
        area("Covered", 30, "land_area", qualifier="cumulative", years=3),
        area("Nothing", 0, "demolition_area", qualifier="cumulative", years=3),
    )
    assert "pace" not in set(table["rule"])


def test_a_share_that_is_written_as_a_percentage_is_left_to_decide(tmp_path: Path) -> None:
    done = area("Action", 619, "demolition_area")
    share = {"subject": "Action", "measure": "completion", "value": "1.03", "unit": "percent"}
    study = studied(tmp_path, done, share)
    answer = only(study.claims, "completion")
    assert answer["verdict"] == "proposed"
    assert answer["arithmetic"].endswith("= 60,097 mu; was 103 % meant?")
    assert amiss(study) == [("claims.share", "claims.csv", 3, "value")]
    as_ratio = only(answers(tmp_path / "ratio", done, {**share, "unit": "ratio"}), "completion")
    assert (as_ratio["verdict"], round(as_ratio["computed"])) == ("explained", 601)


def test_rows_without_a_subject_are_held_against_no_other(tmp_path: Path) -> None:
    study = studied(
        tmp_path,
        area("Park N", 100, "planned_area"),
        floor("", 200_000),
        area("Park S", 50, "planned_area"),
        area("", 60, "planned_area", of="town"),
    )
    assert set(study.claims["rule"]) == {"plan"}
    assert sorted(study.claims["claims"]) == ["C1", "C2", "C3", "C4"]
    assert study.claims.set_index("claims").loc["C4", "computed"] == pytest.approx(120)
    assert amiss(study) == [
        ("claims.subject-blank", "claims.csv", 3, "subject"),
        ("claims.subject-blank", "claims.csv", 5, "subject"),
    ]


@pytest.mark.parametrize("wholes", [("B", "A"), ("B", "C", "A"), ("A",)])
def test_what_is_a_part_of_itself_is_told_and_of_nothing(
    wholes: tuple[str, ...], tmp_path: Path
) -> None:
    names = "ABC"[: len(wholes)]
    rows = [area(name, 10, within=whole) for name, whole in zip(names, wholes, strict=True)]
    study = studied(tmp_path, *rows)
    found = [("claims.within-itself", "claims.csv", at + 2, "within") for at in range(len(rows))]
    assert amiss(study) == found
    assert set(study.claims["rule"]) == {"plan"}
