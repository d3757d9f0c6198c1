"""Parcels that split and merge: a figure of a day is that of the parcels of the day."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import box

import geo
from geo.errors import ChecksError
from geo.ledger.event import Draft
from geo.ledger.opening import open_ledger
from geo.ledger.outline import register_hash
from geo.study import run
from tests.histories import at, merge, reach, register, revert, split, told_plan, write_ledger
from tests.makers import STAGES, placed, write_plan

LEFT, RIGHT = box(0, 0, 100, 100), box(100, 0, 200, 100)  # 15 mu each
WHOLE = box(0, 0, 200, 100)
GOAL = '[[goals]]\nid = "g"\nname = "g"\nmu = 30\ndue = 2025-12-31\nstage = "cleared"'


def study(path, day="2024-12-31", known=None):
    plan = geo.read_plan(path)
    return run(plan.seen_on(date.fromisoformat(day), known=known))


def counted(done, day):
    told = done.progress[done.progress["date"] == date.fromisoformat(day)]
    return round(float(told["counted_mu"].item()), 6)


def codes(error):
    return [(item.code, item.parcel, item.row) for item in error.value.findings]


# --- a merge ----------------------------------------------------------------------------------

MERGED = [
    ("2024-02-01", [reach("A", "2024-01-10", "cleared")]),
    ("2024-05-20", [reach("B", "2024-05-10", "cleared")]),
    ("2024-06-02", [merge("C", "2024-06-01", "A", "B")]),
    ("2024-08-02", [revert("C", "2024-08-01", "signed")]),
]


@pytest.fixture
def merged(tmp_path):
    land = placed(WHOLE, parcel_id=["C"], zone=["west"], declared_mu=[30.0])
    return told_plan(tmp_path, land, *MERGED, outlines={"A": LEFT, "B": RIGHT}, tables=GOAL)


@pytest.mark.parametrize(
    ("day", "parcels", "mu"),
    [
        ("2024-01-09", ["A", "B"], 0),
        ("2024-01-10", ["A", "B"], 15),
        ("2024-05-10", ["A", "B"], 30),
        ("2024-06-01", ["C"], 30),
        ("2024-07-31", ["C"], 30),
        ("2024-08-01", ["C"], 0),
    ],
)
def test_a_merged_parcel_is_its_parts_before(merged, day, parcels, mu):
    done = study(merged, day)
    assert sorted(done.parcels["parcel_id"]) == parcels
    assert counted(done, day) == mu
    assert done.land_mu == pytest.approx(30, abs=1e-9)


def test_the_timeline_of_one_run_has_the_parts_too(merged):
    done = study(merged)
    assert [counted(done, day) for day in ("2024-03-31", "2024-06-30", "2024-09-30")] == [15, 30, 0]


def test_a_merged_parcel_stands_since_the_last_of_its_parts(merged):
    facts = study(merged, "2024-06-15").parcels.iloc[0]
    assert facts["stage"] == "cleared"
    assert facts["stage_date"].date() == date(2024, 5, 10)
    assert facts["evidenced_rung"] == STAGES.index("cleared")


def test_what_fell_within_a_month_is_merged_fallen(tmp_path):
    """Both parts were cleared on the 10th, and fell back at some time of the same month."""
    fell = [revert(name, "2024-01-01", "signed", precision="month") for name in "AB"]
    path = told_plan(
        tmp_path,
        placed(WHOLE, parcel_id=["C"]),
        ("2024-01-12", [reach(name, "2024-01-10", "cleared") for name in "AB"]),
        ("2024-02-12", [*fell, merge("C", "2024-02-10", "A", "B")]),
        outlines={"A": LEFT, "B": RIGHT},
        tables=GOAL,
    )
    assert counted(study(path, "2024-01-31"), "2024-01-31") == 0
    assert counted(study(path, "2024-02-28"), "2024-02-28") == 0
    assert list(study(path, "2024-02-28").parcels["stage"]) == ["signed"]


def test_what_is_undone_is_told(merged):
    told = [item for item in study(merged, "2024-05-31").findings if item.code == "lineage.undone"]
    assert [(item.parcel, item.row, item.seen) for item in told] == [("C", 1, "A, B")]
    assert told[0].area_m2 == pytest.approx(20_000)


def test_declared_area_and_floor_go_to_the_parts_by_land(tmp_path):
    land = placed(WHOLE, parcel_id=["C"], declared_area=[30.0], existing_floor=[900.0])
    outlines = {"A": box(0, 0, 50, 100), "B": box(50, 0, 200, 100)}
    path = told_plan(
        tmp_path,
        land,
        ("2024-06-02", [merge("C", "2024-06-01", "A", "B")]),
        outlines=outlines,
        layer_toml='declared_area_unit = "mu"',
    )
    parts = study(path, "2024-05-31").parcels.set_index("parcel_id")
    assert parts["existing_floor_m2"].to_dict() == {"A": 225.0, "B": 675.0}
    assert (parts["declared_m2"] * 3 / 2000).round(6).to_dict() == {"A": 7.5, "B": 22.5}


def test_without_the_outline_of_a_part_nothing_is_shown(tmp_path):
    path = told_plan(tmp_path, placed(WHOLE, parcel_id=["C"]), *MERGED, outlines={"A": LEFT})
    assert counted_parcels(path, "2024-12-31") == ["C"]
    with pytest.raises(ChecksError) as error:
        study(path, "2024-05-31")
    assert ("lineage.no-outline", "C", 1) in codes(error)
    assert "outline of B" in str(error.value)


def counted_parcels(path, day):
    return sorted(study(path, day).parcels["parcel_id"])


def test_a_layer_that_still_has_the_parts_is_out_of_date(tmp_path):
    land = placed(LEFT, RIGHT, parcel_id=["A", "B"])
    path = told_plan(tmp_path, land, *MERGED[:3], outlines={"A": LEFT, "B": RIGHT})
    with pytest.raises(ChecksError) as error:
        study(path)
    still = [item for item in codes(error) if item[0] == "lineage.still-there"]
    assert still == [("lineage.still-there", "A", 1), ("lineage.still-there", "B", 2)]


def test_a_merged_parcel_that_the_layer_lacks_is_missing(tmp_path):
    land = placed(LEFT, parcel_id=["X"])
    path = told_plan(tmp_path, land, *MERGED[2:3], outlines={"A": LEFT, "B": RIGHT})
    with pytest.raises(ChecksError) as error:
        study(path, "2024-05-31")
    assert codes(error) == [("lineage.missing", "C", None)]


def test_what_was_recorded_later_was_not_known(merged):
    """On 10 June the merge of 1 June was known, on 1 June (recorded on the 2nd) it was not."""
    assert sorted(study(merged, "2024-06-10", known=date(2024, 6, 1)).parcels["parcel_id"]) == [
        "A",
        "B",
    ]
    assert list(study(merged, "2024-06-10", known=date(2024, 6, 2)).parcels["parcel_id"]) == ["C"]


# --- a split ----------------------------------------------------------------------------------

SPLIT = [
    ("2024-02-01", [reach("P", "2024-01-10", "cleared")]),
    ("2024-06-02", [split("P", "2024-06-01", "D", "E")]),
    ("2024-08-02", [revert("E", "2024-08-01", "signed")]),
]


@pytest.mark.parametrize("kept", [{"P": WHOLE}, {}], ids=["outline kept", "drawn from its parts"])
def test_a_split_parcel_was_one_before(tmp_path, kept):
    land = placed(LEFT, RIGHT, parcel_id=["D", "E"])
    path = told_plan(tmp_path, land, *SPLIT, outlines=kept or None, tables=GOAL)
    assert counted_parcels(path, "2024-05-31") == ["P"]
    assert counted(study(path, "2024-05-31"), "2024-05-31") == 30
    done = study(path)
    assert [counted(done, day) for day in ("2023-12-31", "2024-03-31", "2024-09-30")] == [0, 30, 15]
    assert done.parcels.set_index("parcel_id")["stage"].to_dict() == {
        "D": "cleared",
        "E": "signed",
    }


def test_the_ratios_of_what_was_split_are_those_of_its_land(tmp_path):
    land = placed(
        box(0, 0, 50, 100),
        box(50, 0, 200, 100),
        parcel_id=["D", "E"],
        plot_ratio=[1.0, 3.0],
        existing_floor=[2500.0, 3000.0],
    )
    path = told_plan(tmp_path, land, *SPLIT[:2], outlines={"P": WHOLE})
    before = study(path, "2024-05-31")
    (facts,) = before.parcels[["plot_ratio", "plot_ratio_existing", "existing_floor_m2"]].to_numpy()
    assert facts == pytest.approx([2.5, 0.275, 5500])
    assert "floor.contradicts" not in {item.code for item in before.findings}


def test_members_of_a_programme_follow_the_land(tmp_path):
    programme = '\n[[programmes]]\nid = "p"\nname = "p"\nparcels = ["P"]'
    land = placed(LEFT, RIGHT, parcel_id=["D", "E"])
    path = told_plan(tmp_path, land, *SPLIT, tables=GOAL + programme)
    assert study(path).land.members["p"] == {"D", "E"}
    assert study(path, "2024-05-31").land.members["p"] == {"P"}


def test_a_merged_parcel_is_a_member_only_when_all_its_parts_were(tmp_path):
    land = placed(WHOLE, parcel_id=["C"])
    for ids, expected in (('["A", "B"]', {"C"}), ('["A"]', set())):
        programme = f'\n[[programmes]]\nid = "p"\nname = "p"\nparcels = {ids}'
        folder = tmp_path / str(len(ids))
        outlines = {"A": LEFT, "B": RIGHT}
        path = told_plan(folder, land, *MERGED, outlines=outlines, tables=GOAL + programme)
        assert study(path).land.members["p"] == expected


# --- what was known, and taken back ------------------------------------------------------------


def test_a_merge_whose_day_was_corrected_had_happened_as_it_was_known(tmp_path):
    """C of 1 June, since corrected to the 10th: on the 5th it was there, as far as was known."""
    path = told_plan(
        tmp_path,
        placed(WHOLE, parcel_id=["C"]),
        *MERGED[:3],
        ("2024-06-16", [revert("C", "2024-06-15", "signed")]),
        ("2024-07-10", [merge("C", "2024-06-10", "A", "B", supersedes=4, reason="misread")]),
        outlines={"A": LEFT, "B": RIGHT},
        tables=GOAL,
    )
    reported = study(path, "2024-06-05", known=date(2024, 6, 30))
    assert (list(reported.parcels["parcel_id"]), counted(reported, "2024-06-05")) == (["C"], 30)
    now = study(path, "2024-06-05")
    assert (sorted(now.parcels["parcel_id"]), counted(now, "2024-06-05")) == (["A", "B"], 30)
    for known in (date(2024, 6, 30), None):
        later = study(path, "2024-06-30", known=known)
        assert (list(later.parcels["parcel_id"]), counted(later, "2024-06-30")) == (["C"], 0)


@pytest.mark.parametrize("kept", [{"C": WHOLE}, {}], ids=["outline kept", "drawn from its parts"])
def test_a_merge_that_was_voided_later_is_shown_as_it_was_known(tmp_path, kept):
    void = merge("C", "2024-06-01")._replace(kind="void", supersedes=4, reason="never was")
    path = told_plan(
        tmp_path,
        placed(LEFT, RIGHT, parcel_id=["A", "B"]),
        *MERGED[:3],
        ("2024-06-16", [revert("C", "2024-06-15", "signed")]),
        ("2024-07-10", [void, void._replace(supersedes=5)]),
        outlines={"A": LEFT, "B": RIGHT} | kept,
        tables=GOAL,
    )
    reported = study(path, "2024-06-30", known=date(2024, 6, 30))
    assert (list(reported.parcels["parcel_id"]), counted(reported, "2024-06-30")) == (["C"], 0)
    assert reported.land_mu == pytest.approx(30)
    told = [item for item in reported.findings if item.code == "lineage.redone"]
    assert [(item.parcel, item.seen) for item in told] == [("C", "A, B")]
    assert counted(study(path, "2024-06-30"), "2024-06-30") == 30


def test_a_split_on_which_a_known_merge_rests_was_known_with_it(tmp_path):
    """P → D, E is told only after D and X became C: whoever knew of C knew that D was there."""
    path = told_plan(
        tmp_path,
        placed(box(0, 0, 50, 100), box(50, 0, 200, 100), parcel_id=["E", "C"]),
        ("2024-06-02", [merge("C", "2024-06-01", "D", "X")]),
        ("2024-08-02", [split("P", "2024-05-01", "D", "E")]),
        outlines={"P": LEFT, "D": box(50, 0, 100, 100), "X": RIGHT, "E": box(0, 0, 50, 100)},
    )
    known = {"known": date(2024, 7, 1)}
    assert sorted(study(path, "2024-07-01", **known).parcels["parcel_id"]) == ["C", "E"]
    assert counted_parcels(path, "2024-05-15") == ["D", "E", "X"]
    assert counted_parcels(path, "2024-04-15") == ["P", "X"]


# --- what the parcels of the day have ----------------------------------------------------------


def test_faults_of_an_earlier_day_stop_the_timeline(tmp_path):
    land = placed(WHOLE, parcel_id=["C"])
    path = told_plan(tmp_path, land, *MERGED[:3], outlines={"A": LEFT}, tables=GOAL)
    with pytest.raises(ChecksError) as error:
        study(path)
    assert codes(error) == [("lineage.no-outline", "C", 1)]


def test_the_timeline_is_what_each_day_says_by_itself(tmp_path):
    """P had 33 mu where its parts have 30, and a programme names only one of them."""
    tables = f'{GOAL}\nprogramme = "p"\n[[programmes]]\nid = "p"\nname = "p"\nparcels = ["P"]'
    land = placed(LEFT, RIGHT, parcel_id=["D", "E"])
    path = told_plan(
        tmp_path, land, *SPLIT[:2], outlines={"P": box(-20, 0, 200, 100)}, tables=tables
    )
    done = study(path)
    for day in ("2024-03-31", "2024-06-30"):
        assert counted(done, day) == counted(study(path, day), day)
    assert [counted(done, day) for day in ("2024-03-31", "2024-06-30")] == [33, 30]


def test_parts_lie_in_the_zones_that_the_ledger_kept(tmp_path):
    land = placed(WHOLE, parcel_id=["C"], zone=["west"])
    path = told_plan(tmp_path, land, *MERGED[:3], outlines={"A": LEFT, "B": RIGHT})
    with open_ledger(tmp_path / "readiness.db", write=True) as ledger:
        shapes = [item for item in ledger.outlines() if item.parcel_id == "B"]
        east = [item._replace(zone="east") for item in shapes]
        draft = Draft("", "layer", "2024-01-01", geometry_hash=register_hash(east))
        ledger.append([draft], actor="office", now=at("2024-09-01"), outlines=east)
    before = study(path, "2024-05-31").parcels.set_index("parcel_id")["zone"]
    assert before.to_dict() == {"A": "west", "B": "east"}


@pytest.mark.parametrize("ids", [["D", "E"], ["E", "D"]])
def test_one_parcel_of_unlike_parts_is_as_the_largest(tmp_path, ids):
    shapes = {"D": box(0, 0, 50, 100), "E": box(50, 0, 200, 100)}
    kinds = {"D": "road", "E": "rebuild"}
    land = placed(*[shapes[name] for name in ids], parcel_id=ids, treatment=[kinds[i] for i in ids])
    path = told_plan(tmp_path, land, *SPLIT[:2], outlines={"P": WHOLE})
    before = study(path, "2024-05-31")
    assert list(before.parcels["treatment"]) == ["rebuild"]
    (told,) = [item for item in before.findings if item.code == "lineage.attributes"]
    assert (told.parcel, told.field, told.seen) == ("P", "treatment", "rebuild")


def test_a_part_outside_the_zones_leaves_the_others_inside(tmp_path):
    zones = placed(box(100, 0, 900, 100), zone_id=["west"])
    path = told_plan(
        tmp_path,
        placed(WHOLE, box(200, 0, 900, 100), parcel_id=["C", "X"]),
        *MERGED[:3],
        outlines={"A": LEFT, "B": RIGHT},
        zones=zones,
        tables='[accept]\n"zone.outside" = "a test"',
    )
    before = study(path, "2024-05-31")
    assert list(before.parcels["parcel_id"]) == ["X", "B"]
    assert list(before.aside["parcel_id"]) == ["A"]


def test_a_parcel_on_two_rows_was_its_parts_too(tmp_path):
    land = placed(LEFT, RIGHT, parcel_id=["C", "C"], declared_mu=[30.0, 30.0])
    path = told_plan(
        tmp_path,
        land,
        *MERGED[:3],
        outlines={"A": LEFT, "B": RIGHT},
        layer_toml='duplicate_ids = "merge"\ndeclared_area_unit = "mu"\n'
        'fields = { declared_area = "declared_mu" }',
    )
    before = study(path, "2024-05-31")
    assert sorted(before.parcels["parcel_id"]) == ["A", "B"]
    assert (before.parcels["declared_m2"] * 3 / 2000).round(6).tolist() == [15, 15]
    assert list(study(path).parcels["parcel_id"]) == ["C"]


def test_a_programme_that_has_one_part_of_a_merged_parcel_is_told(tmp_path):
    programme = '\n[[programmes]]\nid = "p"\nname = "p"\nparcels = ["A", "X"]'
    land = placed(WHOLE, box(200, 0, 300, 100), parcel_id=["C", "X"])
    outlines = {"A": LEFT, "B": RIGHT}
    path = told_plan(tmp_path, land, *MERGED[:3], outlines=outlines, tables=GOAL + programme)
    (told,) = [item for item in study(path).findings if item.code == "lineage.programme"]
    assert (told.file, told.parcel, told.seen, told.area_m2) == ("plan.toml", "C", "p", 10_000)
    assert "has only A" in told.message


def test_a_stage_in_the_layer_is_no_second_history(tmp_path):
    land = placed(LEFT, parcel_id=["A"], stage=["cleared"])
    path = told_plan(tmp_path, land, ("2024-02-01", [reach("A", "2024-01-10", "signed")]))
    done = study(path)
    assert list(done.parcels["stage"]) == ["signed"]
    (told,) = [item for item in done.findings if item.code == "lineage.stage-column"]
    assert (told.file, told.field, told.seen) == ("parcels.parquet", "stage", "1")


def test_the_history_of_a_parcel_that_left_the_layer_belongs_to_no_land(tmp_path):
    land = placed(LEFT, parcel_id=["A"])
    path = told_plan(
        tmp_path,
        land,
        ("2024-02-01", [reach("A", "2024-01-10", "signed"), reach("B", "2024-01-10", "signed")]),
        outlines={"A": LEFT, "B": RIGHT},
    )
    draft, outlines = register(B=None)
    with open_ledger(tmp_path / "readiness.db", write=True) as ledger:
        ledger.append([draft], actor="office", now=at("2024-03-01"), outlines=outlines)
    with pytest.raises(ChecksError) as error:
        study(path)
    assert [(item.code, item.file, item.row, item.parcel) for item in error.value.findings] == [
        ("lineage.left", "readiness.db", 4, "B")
    ]


# --- any history ------------------------------------------------------------------------------

CELLS = 6
FIRST = date(2024, 1, 1)


@st.composite
def histories(draw):
    """Strips of land that split and merge at random, with stages reached and lost in between.

    Kept beside the tellings: the stage of every cell of the strip on every day, by doing what a
    clerk does on paper.
    """
    parcels = {"S0": (0, CELLS // 2), "S1": (CELLS // 2, CELLS)}  # id: cells from, to
    outlines, stage, paper, tellings, number = dict(parcels), dict.fromkeys(parcels, 0), [], [], 2
    for day in range(1, draw(st.integers(1, 12)) + 1):
        when = FIRST + timedelta(days=10 * day)
        name = draw(st.sampled_from(sorted(parcels)))
        west, east = parcels[name]
        beside = [
            other
            for other, (start, _) in parcels.items()
            if start == east and stage[other] == stage[name]
        ]
        choice = draw(st.sampled_from(["reach", "revert", "split", "merge"]))
        if choice == "reach" and stage[name] < 3:
            stage[name] = draw(st.integers(stage[name] + 1, 3))
            draft = reach(name, when.isoformat(), STAGES[stage[name]])
        elif choice == "revert" and stage[name] > 0:
            stage[name] = draw(st.integers(0, stage[name] - 1))
            draft = revert(name, when.isoformat(), STAGES[stage[name]])
        elif choice == "split" and east - west > 1:
            cut = draw(st.integers(west + 1, east - 1))
            new = {f"S{number}": (west, cut), f"S{number + 1}": (cut, east)}
            draft = split(name, when.isoformat(), *new)
            stage |= dict.fromkeys(new, stage[name])
            del parcels[name]
            parcels |= new
            outlines |= new
            number += 2
        elif choice == "merge" and beside:
            whole = f"S{number}"
            draft = merge(whole, when.isoformat(), name, beside[0])
            stage[whole] = stage[name]
            parcels[whole] = (west, parcels[beside[0]][1])
            del parcels[name], parcels[beside[0]]
            outlines[whole] = parcels[whole]
            number += 1
        else:
            continue
        tellings.append((when.isoformat(), [draft]))
        cells = {
            cell: stage[held]
            for held, (start, end) in parcels.items()
            for cell in range(start, end)
        }
        paper.append((when, cells, sorted(parcels)))
    return parcels, outlines, tellings, paper


def strip(start, end):
    return box(start * 100, 0, end * 100, 100)  # 15 mu a cell


@given(histories())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_any_history_gives_the_figures_of_the_day(tmp_path_factory, drawn):
    parcels, outlines, tellings, paper = drawn
    folder = tmp_path_factory.mktemp("strips")
    land = placed(*[strip(*parcels[name]) for name in parcels], parcel_id=list(parcels))
    shapes = {name: strip(*cells) for name, cells in outlines.items()}
    path = told_plan(folder, land, *tellings, outlines=shapes, tables=GOAL)
    for day, cells, names in paper:
        done = study(path, day.isoformat())
        assert sorted(done.parcels["parcel_id"]) == names
        assert counted(done, day.isoformat()) == 15 * sum(rung == 3 for rung in cells.values())
        mu = done.stages[done.stages["zone"] == ""].set_index("rung")["mu"].round(6)
        assert mu.to_dict() == {
            rung: 15 * sum(at == rung for at in cells.values()) for rung in range(4)
        }
    told = study(path, "2024-12-31").progress
    for day, mu in zip(told["date"], told["counted_mu"], strict=True):
        past = [cells for when, cells, _ in paper if when <= day]
        expected = 15 * sum(rung == 3 for rung in past[-1].values()) if past else 0
        assert mu == pytest.approx(expected, abs=1e-6)


# --- one history, not two ---------------------------------------------------------------------


def test_a_table_and_a_ledger_would_count_twice(tmp_path):
    land = placed(LEFT, parcel_id=["A"])
    path = told_plan(tmp_path, land, ("2024-02-01", [reach("A", "2024-01-10", "cleared")]))
    (tmp_path / "events.csv").write_text("parcel_id,date,stage\nA,2024-01-10,cleared\n")
    text = path.read_text("utf-8")
    path.write_text(text + '\n[layers.readiness]\nfile = "events.csv"\n', "utf-8")
    with pytest.raises(geo.LayerError) as error:
        study(path)
    (found,) = error.value.findings
    assert (found.code, found.file, found.seen) == (
        "ledger.two-histories",
        "plan.toml",
        "events.csv",
    )


def test_as_known_needs_a_ledger(tmp_path):
    path = write_plan(tmp_path, placed(LEFT, parcel_id=["A"]))
    with pytest.raises(geo.LayerError) as error:
        study(path, known=date(2024, 1, 1))
    (found,) = error.value.findings
    assert (found.code, found.file, found.seen) == ("ledger.needed", "plan.toml", "2024-01-01")


def test_a_ledger_that_the_plan_names_must_be_there(tmp_path):
    path = write_plan(tmp_path, placed(LEFT, parcel_id=["A"]), tables='[ledger]\nfile = "x.db"')
    with pytest.raises(geo.LandError) as error:
        study(path)
    assert [item.code for item in error.value.findings] == ["ledger.missing"]


def test_an_entry_of_a_stage_that_the_plan_has_not_is_an_error(tmp_path):
    land = placed(LEFT, parcel_id=["A"])
    path = told_plan(tmp_path, land, ("2024-02-01", [reach("A", "2024-01-10", "clear")]))
    with pytest.raises(ChecksError) as error:
        study(path)
    (found,) = error.value.findings
    assert (found.code, found.file, found.row, found.parcel, found.field) == (
        "event.unknown-stage",
        "readiness.db",
        1,
        "A",
        "stage",
    )


def test_a_ledger_that_was_changed_gives_no_figures(tmp_path):
    path = told_plan(
        tmp_path,
        placed(LEFT, parcel_id=["A"]),
        (
            "2024-02-01",
            [reach("A", "2024-01-10", "signed"), reach("A", "2024-01-20", "demolished")],
        ),
    )
    with closing(sqlite3.connect(tmp_path / "readiness.db")) as database, database:
        database.execute("DROP TRIGGER event_stays")
        database.execute("UPDATE event SET stage = 'cleared' WHERE seq = 1")
    with pytest.raises(ChecksError) as error:
        study(path)
    assert [(item.code, item.file, item.row, item.parcel) for item in error.value.findings] == [
        ("ledger.changed", "readiness.db", 1, "A")
    ]


def test_registers_are_told_apart():
    one, other = register(A=LEFT)[0], register(A=RIGHT)[0]
    assert one.geometry_hash != other.geometry_hash
    assert register(A=LEFT)[0] == one


def test_the_ledger_is_among_the_inputs_of_a_run(tmp_path):
    path = told_plan(tmp_path, placed(LEFT, parcel_id=["A"]), ("2024-02-01", []))
    write_ledger(tmp_path / "other.db", ("2024-02-01", []))
    assert tmp_path / "readiness.db" in study(path).land.sources.inputs
