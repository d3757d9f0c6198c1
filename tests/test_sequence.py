"""What is asked of a sequence, the plan of record, and the tables: by hand, on six parcels."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from openpyxl import Workbook

import geo
from geo.errors import LayerError, PlanError, SequenceError
from geo.files import write_csv
from geo.findings import Finding
from geo.forecast.measuring import town_of
from geo.plan import Sequencing
from geo.sequence.answer import Question, question_of, recorded, sequence_of, solved
from geo.sequence.asking import lots_of, terms_of, wanted
from geo.sequence.choosing import Wanted, lots_to_choose, selected
from geo.sequence.costs import costs_of
from geo.sequence.lots import Lots, unstopped, unwatched
from geo.sequence.outcome import tables_of
from geo.sequence.selection import Selection
from geo.sequence.verify import check_schedule
from geo.tables.sequence import bound_words, sequence_sheet
from tests.makers import box, events, placed, write_plan
from tests.sequenced import COSTS, SEQUENCE, TOLD, asked, quarters_told, sequenced, studied

CHINESE = re.compile("[一-鿿]")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> geo.Study:
    return studied(sequenced(tmp_path_factory.mktemp("town")))


def with_terms(study: geo.Study, **terms: Any) -> geo.Study:
    """The same study, whose plan asks for other terms."""
    stated = {"costs": {"file": "costs.csv"}, "years": 3, "budget": [40], "block_mu": 60}
    sequence = Sequencing.model_validate(stated | terms)
    return replace(study, plan=study.plan.model_copy(update={"sequence": sequence}))


def faults(caught: pytest.ExceptionInfo[Any]) -> list[Finding]:
    """What was refused; every message is told in both languages, the English without Chinese."""
    for item in caught.value.findings:
        assert not CHINESE.search(item.message + item.mend)
        assert CHINESE.search(item.message_zh)
        assert CHINESE.search(item.mend_zh)
    return list(caught.value.findings)


# -- costs -----------------------------------------------------------------------------------------


def priced(
    study: geo.Study, text: str, *, needed: str = "BCDEF"
) -> tuple[list[float], list[Finding]]:
    """The costs of the parcels A to F in a table of these rows, and what is noted."""
    (study.plan.folder / "costs.csv").write_text(f"parcel_id,cost\n{text}", "utf-8")
    assert study.plan.sequence is not None
    mask = study.parcels["parcel_id"].isin(list(needed)).to_numpy()
    cost, findings = costs_of(study, study.plan.sequence, mask)
    return cost.tolist(), findings


def test_costs_are_those_of_the_table_and_none_for_what_needs_none(study):
    """A is ready: whatever its cell says, it costs nothing."""
    rows = 'F,30\nA,999\nB,10\nC,0\nD,"1,200.5"\nE,２０\n'
    assert priced(study, rows) == ([0.0, 10.0, 0.0, 1200.5, 20.0, 30.0], [])


UNREAD = ("NaN", "about ten", "2-3", "50%", "10万", "inf", "１０亩", "=10")


@pytest.mark.parametrize(
    ("cell", "seen"),
    [("", "—"), ("-5", "-5"), *((cell, cell) for cell in UNREAD)],
)
def test_what_is_no_cost_is_asked_for_with_its_row(study, cell, seen):
    with pytest.raises(SequenceError) as caught:
        priced(study, f"A,0\nB,10\nC,{cell}\nD,20\nE,20\nF,30\n")
    (item,) = caught.value.findings
    assert (item.code, item.file, item.row, item.parcel) == ("sequence.cost", "costs.csv", 4, "C")
    assert (item.field, item.seen) == ("cost", seen)


def test_parcels_that_the_table_leaves_out_are_all_asked_for_at_once(study):
    with pytest.raises(SequenceError) as caught:
        priced(study, "B,10\nD,20\nE,-1\n")
    told = [(item.parcel, item.row, item.seen) for item in faults(caught)]
    assert told == [("C", None, "—"), ("E", 4, "-1"), ("F", None, "—")]


def test_a_cost_that_is_not_needed_is_not_asked_for(study):
    assert priced(study, "C,10\n", needed="C")[0] == [0, 0, 10, 0, 0, 0]
    assert priced(study, "C,10\nD,-4\n", needed="C")[0] == [0, 0, 10, 0, 0, 0]


def test_a_parcel_with_two_costs_is_refused(study):
    with pytest.raises(SequenceError) as caught:
        priced(study, "A,0\nB,10\nC,10\nD,20\nE,20\nF,30\nB,11\n")
    (item,) = faults(caught)
    assert (item.code, item.row, item.parcel) == ("sequence.cost-twice", 8, "B")


def test_a_cost_of_no_parcel_is_noted_and_its_name_corrected(study):
    _, (item,) = priced(study, "A,0\nB,10\nC,10\nD,20\nE,20\nF,30\nFF,4\n")
    assert (item.code, item.severity) == ("sequence.unknown-cost", "warning")
    assert (item.file, item.row, item.parcel) == ("costs.csv", 8, "FF")


def test_a_table_without_the_columns_is_no_table_of_costs(study):
    with pytest.raises(LayerError) as caught:
        (study.plan.folder / "costs.csv").write_text("parcel_id,price\nA,1\n", "utf-8")
        costs_of(study, study.plan.sequence, np.zeros(6, dtype=bool))
    (item,) = caught.value.findings
    assert (item.code, item.file, item.seen) == ("layer.column", "costs.csv", "cost")


ECONOMICS = """
[[scenarios]]
id = "low"
name = "low"
plot_ratio = 2.0

[economics]
currency = "CNY"
scenario = "low"
land_cost = { value = 1, unit = "万元/亩", source = "a bid" }
construction = { value = 2500, unit = "CNY/m2", source = "a bid" }
compensation = { value = 1000, unit = "CNY/m2", source = "a bid" }
demolition = { value = 100, unit = "CNY/m2", source = "a bid" }
site_works = { value = 0, unit = "CNY/m2", source = "a bid" }
"""


def test_economics_cost_what_clearance_is_appraised_at_and_never_less_than_is_known(tmp_path):
    """30 mu at 10 000 and 1000 m² at 1100 for each; F is retained, so nobody appraised it."""
    treatment = ["rebuild"] * 5 + ["retain"]
    facts = {"existing_floor": [1000.0] * 6, "treatment": treatment}
    stated = '[sequence]\ncosts = "economics"\nbudget = [5e6]\n'
    path = sequenced(tmp_path, stated, costs=None, tables=ECONOMICS, **facts)
    study = studied(path)
    assert study.plan.sequence is not None
    needed = np.array([False, True, True, True, True, False])
    cost, findings = costs_of(study, study.plan.sequence, needed)
    assert (cost.tolist(), findings) == ([0, 1.4e6, 1.4e6, 1.4e6, 1.4e6, 0], [])
    table = study.parcel_economics.set_index("parcel_id")["clearance"]
    assert cost[1:5].tolist() == table[["B", "C", "D", "E"]].tolist()
    with pytest.raises(SequenceError) as caught:
        costs_of(study, study.plan.sequence, np.ones(6, dtype=bool))
    (item,) = faults(caught)
    assert (item.code, item.file, item.parcel) == ("sequence.cost", "plan.toml", "F")


# -- what is asked ---------------------------------------------------------------------------------


def priced_question(study: geo.Study, **terms: Any) -> Question:
    rows = "parcel_id,cost\nB,10\nC,10\nD,20\nE,20\nF,30\n"
    (study.plan.folder / "costs.csv").write_text(rows, "utf-8")
    return question_of(with_terms(study, **terms))


def test_the_lead_is_the_sum_of_the_stages_from_the_parcels_own_on(study):
    question = priced_question(study)
    assert question.lots.ready.tolist() == [True] + [False] * 5
    assert question.lots.cost.tolist() == [0, 10, 10, 20, 20, 30]
    assert question.terms.lead_months.tolist() == [0, 3, 6, 12, 15, 15]
    assert (question.terms.first_year, question.terms.years) == (2025, 3)
    assert question.terms.budget.tolist() == [40, 40, 40]


def test_crews_work_in_the_years_after_the_start_in_which_their_stage_falls(study):
    """D is to be signed in its months 0 to 6, E in 3 to 9; E is cleared in 12 to 15, year 1."""
    terms = priced_question(study, crews={"signed": 2, "cleared": 1}).terms
    assert terms.capacity_months.tolist() == [24, 12]
    signed, cleared = terms.use_months[:, 0, :], terms.use_months[:, 1, :]
    assert signed[:, 0].tolist() == [0, 0, 0, 6, 6, 6]
    assert not signed[:, 1:].any()
    assert cleared[:, 0].tolist() == [0, 3, 3, 3, 0, 0]
    assert cleared[:, 1].tolist() == [0, 0, 0, 0, 3, 3]


def test_milestones_stand_at_their_years_and_names_become_positions(study):
    terms = priced_question(
        study,
        first_year=2026,
        budget=[1, 2, 3],
        milestones=[{"year": 2028, "mu": 90}, {"year": 2026, "mu": 30}],
        together=[["B", "C"]],
        before=[("B", "F")],
        locked_in=["D"],
        locked_out=["E"],
    ).terms
    assert terms.first_year == 2026
    assert terms.budget.tolist() == [1, 2, 3]
    assert terms.least_m2.tolist() == [20_000, 0, 60_000]
    assert terms.block_m2 == 40_000
    assert (terms.together, terms.after) == (((1, 2),), ((1, 5),))
    assert (terms.locked_in, terms.locked_out) == ((3,), (4,))


def test_what_is_locked_out_needs_no_cost(study):
    (study.plan.folder / "costs.csv").write_text("parcel_id,cost\nB,1\nC,1\nD,1\n", "utf-8")
    question = question_of(with_terms(study, locked_out=["E", "F"]))
    assert question.lots.cost.tolist() == [0, 1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("sequence.together", {"together": [["B", "Z9"]]}),
        ("sequence.before", {"before": [("Z9", "B")]}),
        ("sequence.locked_in", {"locked_in": ["Z9"]}),
        ("sequence.locked_out", {"locked_out": ["Z9"]}),
    ],
)
def test_a_name_that_is_no_parcel_is_told_with_its_field(study, field, terms):
    with pytest.raises(SequenceError) as caught:
        priced_question(study, **terms)
    (item,) = faults(caught)
    assert (item.code, item.file) == ("sequence.unknown-parcel", "plan.toml")
    assert (item.field, item.seen) == (field, "Z9")


def test_a_plan_without_terms_or_goals_is_told_what_it_lacks(study):
    silent = replace(study, plan=study.plan.model_copy(update={"sequence": None}))
    with pytest.raises(SequenceError) as caught:
        question_of(silent)
    (item,) = faults(caught)
    assert (item.code, item.file, item.field) == ("sequence.none", "plan.toml", "sequence")
    aimless = replace(study, plan=study.plan.model_copy(update={"goals": []}))
    with pytest.raises(SequenceError) as caught:
        question_of(aimless)
    (item,) = faults(caught)
    assert (item.code, item.file, item.field) == ("sequence.no-goal", "plan.toml", "goals")


def test_a_stage_without_a_p50_is_named_where_somebody_has_to_pass_it(tmp_path):
    """Nobody has to be surveyed once all are; who is to be signed is not said how long it takes."""
    months = {"demolished": (3.0, 6.0), "cleared": (3.0, 6.0)}
    told = [*TOLD, ("E", "2024-09-30", "survey"), ("F", "2024-09-30", "survey")]
    study = studied(sequenced(tmp_path, told=told, months=months))
    with pytest.raises(SequenceError) as caught:
        question_of(study)
    (item,) = faults(caught)
    assert (item.code, item.field, item.seen) == ("forecast.no-duration", "stages", "signed")


def test_the_goal_that_the_terms_name_says_from_which_stage_land_counts(tmp_path):
    """Signed land counts: A, B and C are there, D needs 6 months and E 9."""
    more = """
[[goals]]
id = "early"
name = "early"
mu = 100
due = 2026-12-31
stage = "signed"
"""
    _, question = asked(sequenced(tmp_path, f'{SEQUENCE}goal = "early"\n', tables=more))
    assert question.target.id == "early"
    assert question.lots.ready.tolist() == [True, True, True, False, False, False]
    assert question.terms.lead_months.tolist() == [0, 0, 0, 6, 9, 9]


# -- tables by hand --------------------------------------------------------------------------------


def by_hand(study: geo.Study, starts: dict[str, int], readies: dict[str, int]) -> dict[str, Any]:
    """The tables of parcels that start and are ready in these quarters."""
    question = priced_question(study)
    start = np.array([starts.get(name, -1) for name in question.lots.ids])
    ready = np.array([readies.get(name, -1) for name in question.lots.ids])
    return tables_of(question.lots, question.terms, start, ready)


def test_the_tables_are_those_of_the_quarters(study):
    """B is ready in 2025Q2: 60 mu with A. D is by itself, 30 mu, until C joins all to 120."""
    tables = by_hand(study, {"B": 1, "D": 0, "C": 5, "F": 4}, {"B": 1, "D": 3, "C": 6})
    parcels, years, quarters = tables["parcels"], tables["years"], tables["quarters"]
    assert parcels["parcel_id"].tolist() == ["D", "B", "F", "C"]
    assert parcels["start"].astype(str).tolist() == [
        *("2025-01-01", "2025-04-01", "2026-01-01", "2026-04-01")
    ]
    assert quarters_told(parcels, "ready") == ["2025Q4", "2025Q2", "", "2026Q3"]
    assert str(parcels["ready"].iat[0].date()) == "2025-12-31"
    assert parcels["year"].tolist() == [2025, 2025, 2026, 2026]
    assert parcels["land_mu"].tolist() == pytest.approx([30] * 4)
    assert parcels["cost"].tolist() == [20, 10, 30, 10]
    assert quarters["ready_mu"].tolist() == pytest.approx([30, 60, 60, 90, 90, 90] + [120] * 6)
    assert quarters["in_blocks_mu"].tolist() == pytest.approx([0] + [60] * 5 + [120] * 6)
    assert quarters["largest_mu"].tolist() == pytest.approx([30] + [60] * 5 + [120] * 6)
    assert quarters["starts"].tolist() == [1, 1, 0, 0, 1, 1] + [0] * 6
    assert years["parcels"].tolist() == [2, 2, 0]
    assert years["cost"].tolist() == [30, 40, 0]
    assert years["ready_mu"].tolist() == pytest.approx([90, 120, 120])
    assert years["in_blocks_mu"].tolist() == pytest.approx([60, 120, 120])
    assert years["least_mu"].isna().all()


def test_land_that_is_none_of_the_goal_holds_nothing_together(study):
    """C counts for nothing: B and D on either side of it are not contiguous."""
    question = priced_question(study)
    land = question.lots.land_m2.copy()
    land[2] = 0.0
    lots = replace(question.lots, land_m2=land)
    start = np.array([-1, 0, 0, 0, -1, -1])
    years = tables_of(lots, question.terms, start, start)["years"]
    assert years["largest_mu"].tolist() == pytest.approx([60, 60, 60])
    assert years["in_blocks_mu"].tolist() == pytest.approx([60, 60, 60])
    assert years["ready_mu"].tolist() == pytest.approx([90, 90, 90])


def flooded_mu(lots: Lots, there: set[int], least_mu: float) -> float:
    """Land in blocks, by walking from neighbour to neighbour."""
    total, left = 0.0, set(there)
    pairs = list(zip(lots.i.tolist(), lots.j.tolist(), strict=True))
    while left:
        block, edge = set(), {left.pop()}
        while edge:
            at = edge.pop()
            block.add(at)
            near = {b if a == at else a for a, b in pairs if at in (a, b)}
            edge |= near & left
            left -= near
        mu = lots.land_m2[sorted(block)].sum() * 3 / 2000
        total += mu if mu >= least_mu - 0.0015 else 0.0
    return total


@pytest.mark.parametrize("seed", range(5))
def test_curves_end_where_years_do_and_every_sum_closes(study, seed):
    question = priced_question(study, years=2, budget=[50])
    random, n = np.random.default_rng(seed), 6
    start = np.where(question.lots.ready, -1, random.integers(-1, 8, n))
    ready = np.where((start >= 0) & (random.random(n) < 0.8), start + random.integers(0, 4, n), -1)
    ready[ready >= 8] = -1
    tables = tables_of(question.lots, question.terms, start, ready)
    years, quarters, parcels = tables["years"], tables["quarters"], tables["parcels"]
    measures = ["ready_mu", "in_blocks_mu", "largest_mu"]
    assert quarters[measures].iloc[[3, 7]].values.tolist() == years[measures].values.tolist()
    taken = question.lots.cost[start >= 0].sum()
    assert years["cost"].sum() == quarters["cost"].sum() == parcels["cost"].sum() == taken
    assert years["parcels"].sum() == quarters["starts"].sum() == len(parcels)
    for quarter, told in enumerate(quarters["in_blocks_mu"]):
        there = {at for at in range(n) if at == 0 or -1 < ready[at] <= quarter}
        assert told == pytest.approx(flooded_mu(question.lots, there, 60))


def test_an_answer_says_what_it_rests_on(study):
    """390 mu-years are the most: 120 or 90 mu after a year, and 150 in the end; see the sums."""
    question = priced_question(study)
    found = solved(question, seed=3, time_limit_s=20, gap=1e-3)
    assert check_schedule(question.lots, question.terms, found) == []
    answer = sequence_of(with_terms(study), question, found)
    assert answer.mu_years == pytest.approx(390)
    assert answer.bound == pytest.approx(390)
    assert answer.gap == pytest.approx(0, abs=1e-6)
    assert answer.years["cost"].tolist() == found.spent.tolist()
    assert (answer.seed, answer.goal, answer.gap_m, answer.block_mu) == (3, "all", 30.0, 60.0)
    assert (str(answer.as_of), answer.status) == ("2024-12-31", "optimal")
    words = bound_words(answer)
    assert "390 mu-years" in words.en
    assert "30 m" in words.en
    assert not CHINESE.search(words.en)
    assert "种子 3" in words.zh


# -- the plan of record ----------------------------------------------------------------------------


def read_back(study: geo.Study, text: str, **terms: Any) -> Any:
    """The plan of record of a table of these rows."""
    header = "parcel_id,start,ready\n" if "parcel_id" not in text else ""
    priced_question(study)
    (study.plan.folder / "record.csv").write_text(header + text, "utf-8")
    return recorded(with_terms(study, **terms), "record.csv")


def test_what_is_written_is_read_again(study):
    question = priced_question(study)
    found = solved(question, seed=1, time_limit_s=20, gap=1e-3)
    answer = sequence_of(with_terms(study), question, found)
    write_csv(sequence_sheet(answer), study.plan.folder / "record.csv")
    again = recorded(with_terms(study), "record.csv")
    for name in ("parcels", "quarters", "years"):
        one, other = getattr(answer, name), getattr(again, name)
        assert one.to_dict("list") == other.to_dict("list") or one.equals(other)
    assert again.mu_years == answer.mu_years
    assert (again.status, again.findings) == ("recorded", [])
    assert np.isnan(again.bound)
    assert "plan of record: 390" in bound_words(again).en


def test_dates_may_leave_the_day_open_and_be_blank(study):
    rows = "\ufeffparcel_id,start,ready\nB,2025,2025Q2\nC,2025年7月,2025-12\nD,2026Q1,\n"
    told = read_back(study, rows)
    assert told.parcels["parcel_id"].tolist() == ["B", "C", "D"]
    assert quarters_told(told.parcels, "start") == ["2025Q1", "2025Q3", "2026Q1"]
    assert quarters_told(told.parcels, "ready") == ["2025Q2", "2025Q4", ""]
    assert told.years["in_blocks_mu"].tolist() == pytest.approx([90, 90, 90])
    assert [item.code for item in told.findings] == []


def test_a_record_that_went_through_excel_is_read_all_the_same(study):
    told = read_back(study, "parcel_id,start,ready,note\nB,2025/1/1,2025/6/30,x\n")
    days = ["start", "ready"]
    assert told.parcels[days].astype(str).values.tolist() == [["2025-01-01", "2025-06-30"]]
    book = Workbook()
    book.worksheets[0].append(["parcel_id", "start", "ready"])
    book.worksheets[0].append(["B", date(2025, 1, 1), date(2025, 6, 30)])
    book.save(study.plan.folder / "record.xlsx")
    assert recorded(with_terms(study), "record.xlsx").parcels.equals(told.parcels)


def test_what_is_ready_after_the_last_year_is_not_ready_in_it(study):
    told = read_back(study, "B,2027-10-01,2028-03-31\n")
    assert quarters_told(told.parcels, "ready") == [""]
    assert told.years["ready_mu"].tolist() == pytest.approx([30, 30, 30])


@pytest.mark.parametrize(
    ("row", "code", "field", "seen"),
    [
        ("Z9,2025-01-01,", "sequence.record-parcel", "", ""),
        ("B,2025-01-01,", "sequence.record-twice", "", ""),
        ("C,soon,", "sequence.record-date", "start", "soon"),
        ("C,,2025-12-31", "sequence.record-date", "start", "—"),
        ("C,2025-01-01,later", "sequence.record-date", "ready", "later"),
        ("C,2024-12-31,", "sequence.record-year", "start", "2024-12-31"),
        ("C,2028-01-01,", "sequence.record-year", "start", "2028-01-01"),
        ("C,2026-07-01,2026-06-30", "sequence.record-order", "ready", "2026-06-30"),
        ("C,2025-01-01,2024-12-31", "sequence.record-order", "ready", "2024-12-31"),
        ("C,2025-03-01,2024-03-31", "sequence.record-order", "ready", "2024-03-31"),
    ],
)
def test_a_row_of_a_record_that_cannot_be_is_told_with_its_place(study, row, code, field, seen):
    with pytest.raises(SequenceError) as caught:
        read_back(study, f"B,2025-01-01,2025-03-31\n{row}\n")
    (item,) = faults(caught)
    assert (item.code, item.file, item.row) == (code, "record.csv", 3)
    assert item.parcel == row.split(",")[0]
    assert (item.field, item.seen) == (field, seen)


def test_all_rows_that_cannot_be_are_told_at_once(study):
    with pytest.raises(SequenceError) as caught:
        read_back(study, "Z9,2031,x\nB,2025,\nB,2026,2025Q1\n")
    assert [(item.row, item.code) for item in faults(caught)] == [
        (2, "sequence.record-parcel"),
        (2, "sequence.record-date"),
        (2, "sequence.record-year"),
        (4, "sequence.record-twice"),
        (4, "sequence.record-order"),
    ]


def test_a_record_without_its_columns_is_none(study):
    with pytest.raises(LayerError) as caught:
        read_back(study, "parcel_id,start\nB,2025\n")
    (item,) = caught.value.findings
    assert (item.code, item.file, item.seen) == ("layer.column", "record.csv", "ready")


def test_a_record_that_was_edited_by_hand_is_held_to_its_terms(study):
    """D and F in one year cost 50 of 40; 60 mu stand after the first year, of 90."""
    rows = "B,2025-01-01,2025-03-31\nD,2026-01-01,2026-12-31\nF,2026-01-01,2027-03-31\n"
    told = read_back(study, rows, milestones=[{"year": 2025, "mu": 90}, {"year": 2026, "mu": 60}])
    over, under = told.findings
    assert {item.code: item.severity for item in told.findings} == {
        "sequence.over-budget": "warning",
        "sequence.under-milestone": "warning",
    }
    for item in (over, under):
        assert item.file == "record.csv"
    by_code = {item.code: item for item in told.findings}
    assert "50 in 2026" in by_code["sequence.over-budget"].message
    assert "40" in by_code["sequence.over-budget"].message
    assert "60.00 mu in blocks by the end of 2025" in by_code["sequence.under-milestone"].message
    assert "90.00" in by_code["sequence.under-milestone"].message_zh


def test_ids_that_a_spreadsheet_would_run_survive_the_plan_of_record(tmp_path):
    """The cell is written with an apostrophe before it, and read without."""
    ids = ["=1+1", "-B", "+C", "@D", "'E"]
    costs = "parcel_id,cost\n" + "".join(f"{name},10\n" for name in ids)
    study, question = asked(sequenced(tmp_path, ids=ids, told=[], costs=costs))
    assert question.lots.ids == ids
    start = np.zeros(5, dtype=np.int64)
    parcels = tables_of(question.lots, question.terms, start, start + 4)
    found = solved(question, seed=1, time_limit_s=20, gap=1e-3)
    answer = replace(sequence_of(study, question, found), **parcels)
    write_csv(sequence_sheet(answer), tmp_path / "record.csv")
    assert "'=1+1" in (tmp_path / "record.csv").read_text("utf-8-sig")
    again = recorded(study, "record.csv")
    assert again.parcels["parcel_id"].tolist() == sorted(ids)
    assert again.parcels.equals(answer.parcels)


# -- land to choose --------------------------------------------------------------------------------


def chosen(study: geo.Study, wish: Wanted) -> list[Selection]:
    lots, wish, _ = lots_to_choose(study, wish)
    limits: dict[str, Any] = {"seed": 1, "time_limit_s": 20.0, "gap": 1e-3}
    return selected(lots, wish, **limits, notify=unwatched, stop=unstopped)


def names(study: geo.Study, found: Selection) -> str:
    ids = np.array(study.parcels["parcel_id"])
    return "".join(ids[found.chosen])


def test_the_cheapest_land_takes_what_is_ready_for_nothing(study):
    priced_question(study)
    (found,) = chosen(study, Wanted(mu=90, shape=0.0))
    assert (names(study, found), found.cost) == ("ABC", 20)
    assert found.bound <= found.total == pytest.approx(20)
    assert [names(study, one) for one in chosen(study, Wanted(mu=90))] == ["ABC"]


def test_parcels_that_are_to_be_in_or_out_are(study):
    priced_question(study)
    (found,) = chosen(study, Wanted(mu=60, shape=0.0, include=["D"]))
    assert names(study, found) == "CD"
    (found,) = chosen(study, Wanted(mu=60, shape=0.0, exclude=["B"]))
    assert (names(study, found), found.cost) == ("CD", 30)
    (found,) = chosen(study, Wanted(mu=60, shape=0.0, blocks_mu=30, anchors=["E", "F"]))
    assert (names(study, found), found.cost) == ("EF", 50)


@pytest.mark.parametrize(
    ("field", "wish"),
    [
        ("with", {"include": ["Z9"]}),
        ("without", {"exclude": ["Z9"]}),
        ("anchor", {"anchors": ["Z9"]}),
    ],
)
def test_a_wish_for_what_is_no_parcel_is_told_with_its_option(study, field, wish):
    with pytest.raises(SequenceError) as caught:
        chosen(study, Wanted(mu=60, **wish))
    (item,) = faults(caught)
    assert (item.code, item.field) == ("sequence.unknown-parcel", field)
    assert item.seen == "Z9"


def test_what_the_plan_locks_out_is_not_chosen_either(study):
    """It has no cost, so it must not come for nothing: without B, A is cut off from the rest."""
    priced_question(study)
    locked = with_terms(study, locked_out=["B"])
    (found,) = chosen(locked, Wanted(mu=60, shape=0.0))
    assert (names(study, found), found.cost) == ("CD", 30)
    with pytest.raises(SequenceError) as caught:
        chosen(locked, Wanted(mu=60, shape=0.0, include=["B"]))
    (item,) = faults(caught)
    assert (item.code, item.parcel) == ("sequence.lock-clash", "B")


def test_land_that_is_none_of_the_goal_is_no_bridge(tmp_path):
    """C is none of the goal: it would come for nothing, and joins A and B to nobody."""
    programme = """
[[programmes]]
id = "fund"
name = "fund"
parcels = ["A", "B", "D", "E", "F"]
"""
    goal = f'{GOAL_60}programme = "fund"\n'
    study, question = asked(sequenced(tmp_path, goal=goal, tables=programme))
    assert question.lots.land_m2[2] == 0
    (found,) = chosen(study, Wanted(mu=60, shape=0.0, exclude=["A"]))
    assert (names(study, found), found.cost) == ("DE", 40)


def test_the_most_floor_space_needs_floor_space_that_is_known(study):
    priced_question(study)
    with pytest.raises(SequenceError) as caught:
        chosen(study, Wanted(mu=60, most_cost=30))
    (item,) = faults(caught)
    assert (item.code, item.field) == ("sequence.no-floor", "scenarios")


def test_the_most_floor_space_for_the_money(tmp_path):
    """Every parcel gets 2 × 20 000 m² of floor; 40 pay for B, C and D beside A, not for E too."""
    path = sequenced(tmp_path, tables=ECONOMICS.split("[economics]", maxsplit=1)[0])
    (found,) = chosen(studied(path), Wanted(mu=60, most_cost=40))
    assert found.cost <= 40
    assert found.floor_m2 == pytest.approx(160_000)


def test_land_that_nothing_joins_is_refused_with_what_there_is(tmp_path):
    land = placed(box(0, 0, 200, 100), box(900, 0, 1100, 100), parcel_id=["A", "B"])
    path = write_plan(tmp_path, land, history=events(*TOLD[:4]), tables=GOAL_60 + SEQUENCE)
    (tmp_path / "costs.csv").write_text("parcel_id,cost\nB,1\n", "utf-8")
    with pytest.raises(SequenceError) as caught:
        chosen(studied(path), Wanted(mu=60, shape=0.0))
    (item,) = faults(caught)
    assert (item.code, item.seen) == ("sequence.unreachable", "30.00")


GOAL_60 = """
[[goals]]
id = "all"
name = "all"
mu = 60
due = 2027-12-31
stage = "cleared"
"""


def test_a_town_is_asked_what_its_goal_counts(study):
    town = town_of(study)
    lots, _ = lots_of(study, town, wanted(study.plan, town), left_out="BCDEF")
    assert lots.cost.tolist() == [0] * 6
    terms = terms_of(study, wanted(study.plan, town), lots)
    assert terms.locked_out == ()


def test_columns_of_a_table_of_costs_may_have_other_names(tmp_path):
    fields = '{ file = "costs.csv", fields = { parcel_id = "地块编号", cost = "费用" } }'
    terms = SEQUENCE.replace('{ file = "costs.csv" }', fields)
    costs = COSTS.replace("parcel_id,cost", "地块编号,费用")
    _, question = asked(sequenced(tmp_path, terms, costs=costs))
    assert question.lots.cost.tolist() == [0, 10, 10, 20, 20, 30]


def test_a_key_that_costs_do_not_have_is_told(tmp_path):
    path = sequenced(tmp_path, SEQUENCE.replace('"costs.csv" }', '"costs.csv", feilds = {} }'))
    with pytest.raises(PlanError) as caught:
        geo.read_plan(path)
    (fault,) = caught.value.findings
    assert (fault.code, fault.field) == ("plan.unknown-key", "sequence.costs.feilds")
    assert fault.seen == "feilds"


def test_a_plan_of_record_that_is_behind_says_so(tmp_path):
    """By 2025-07-31 B was to be ready, and is not: 30 mu."""
    path = sequenced(tmp_path, SEQUENCE + 'first_year = 2025\nfile = "plan.csv"\n')
    rows = "parcel_id,start,ready\nB,2025-01-01,2025-03-31\nC,2025-07-01,2025-12-31\n"
    (tmp_path / "plan.csv").write_text(rows, "utf-8")
    study = geo.run(geo.read_plan(path).seen_on(date(2025, 7, 31)))
    (fault,) = [
        item for item in recorded(study, "plan.csv").findings if item.code == "sequence.behind"
    ]
    assert (fault.file, fault.seen) == ("plan.csv", "1")
    assert "30.00 mu" in fault.message
