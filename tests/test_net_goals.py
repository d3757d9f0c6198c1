"""A goal that counts net land: every table, report and file has the figures of its basis.

Lots of 30 mu: A and B touch, a river takes half of either. C is 200 m away and loses half to a
power line; D touches it and lies wholly under a lake. E has not been cleared. A and B are the
west, the others the east. Only B is cleared on the last day of the year.
"""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path

import pytest
import shapely
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import geo
from geo.changes import difference
from geo.closure import study_laws
from geo.export import export_geopackage
from geo.laws import enforce
from geo.ledger.event import Draft
from geo.memo import Memo
from geo.periods import CADENCES, period_of
from geo.plan import Plan
from geo.reports import report_of
from geo.tables import sheets
from geo.units import M2_PER_MU
from geo.webmap.payload import page_payload
from tests.histories import merge, reach, split, told_plan
from tests.makers import events, placed, rectangle, write_plan

YEAR_END = date(2024, 12, 31)
WEST = {"A": 0, "B": 200, "C": 600, "D": 800, "E": 1200}

TAKEN = {
    "river": rectangle(100, -5, 200, 110),
    "line": rectangle(700, -5, 100, 110),
    "lake": rectangle(800, 0, 200, 100),
}

PROGRAMMES = """
[[programmes]]
id = "p"
name = "p"
parcels = ["A", "C"]

[[programmes]]
id = "q"
name = "q"
parcels = ["B", "C", "E"]
"""


def goal(basis: str, *, least_mu: float = 20) -> str:
    return f"""
[contiguity]
tiers_mu = [20]

[[goals]]
id = "g"
name = {{ zh = "净地", en = "Cleared" }}
mu = 60
due = 2025-12-31
stage = "cleared"
basis = "{basis}"
min_block_mu = {least_mu}
"""


def constraints(folder: Path, **shapes: shapely.Geometry) -> str:
    """The TOML of constraints, each written to a layer of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, shape in shapes.items():
        placed(shape, name=[name]).to_parquet(folder / f"{name}.parquet")
    return "".join(
        f'\n[[constraints]]\nid = "{name}"\nname = "{name}"\nkind = "limiting"\n'
        f'layer = {{ file = "{name}.parquet" }}\n'
        for name in shapes
    )


def town(folder: Path, tables: str) -> Plan:
    shapes = [rectangle(west, 0, 200, 100) for west in WEST.values()]
    land = placed(*shapes, parcel_id=list(WEST), zone=["west"] * 2 + ["east"] * 3)
    history = events(
        *((name, "2023-06-01", "cleared") for name in "ACD"),
        ("B", "2024-12-31", "cleared"),
        ("E", "2023-06-01", "signed"),
    )
    tables = tables + PROGRAMMES + constraints(folder, **TAKEN)
    return geo.read_plan(write_plan(folder, land, history=history, tables=tables))


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A and B are 30 mu net and C is 15, which is too small; nothing is left of D."""
    return town(tmp_path_factory.mktemp("net"), goal("net"))


@pytest.fixture(scope="module")
def done(net: Plan) -> geo.Study:
    return geo.run(net)


@pytest.fixture(scope="module")
def gross(tmp_path_factory: pytest.TempPathFactory) -> geo.Study:
    """The same land for a goal that counts it gross: A and B are 60 mu, and C and D."""
    return geo.run(town(tmp_path_factory.mktemp("gross"), goal("gross")))


def mu(table, key: str, value: str) -> dict[str, float]:
    """A column of a table by another, in mu when it is in m²."""
    size = M2_PER_MU if value.endswith("_m2") else 1.0
    return {name: round(float(land) / size, 6) for name, land in table[[key, value]].to_numpy()}


def tables_of(study: geo.Study) -> dict[str, object]:
    """What counts, by every table that tells it."""
    now = study.progress.iloc[-1]
    compared = study.gap_comparison.query("set == 'counted' and definition == 'strict'")
    return {
        "progress": (round(now["counted_mu"], 6), round(now["small_blocks_mu"], 6)),
        "ready": mu(study.goal_parcels, "parcel_id", "ready_mu"),
        "counted": mu(study.goal_parcels, "parcel_id", "counted_mu"),
        "blocks": mu(study.blocks, "zones", "land_mu"),
        "tiers": study.tiers[["blocks", "land_mu"]].round(6).to_numpy().tolist(),
        "zones": mu(study.zones, "zone", "counted_m2"),
        "programmes": mu(study.programmes, "programme", "counted_mu"),
        "largest": compared["largest_mu"].round(6).tolist(),
    }


def test_every_table_counts_net_land(done: geo.Study) -> None:
    assert tables_of(done) == {
        "progress": (30, 15),
        "ready": {"A": 15, "B": 15, "C": 15, "D": 0, "E": 0},
        "counted": {"A": 15, "B": 15, "C": 0, "D": 0, "E": 0},
        "blocks": {"west": 30, "east": 15},
        "tiers": [[1, 30]],
        "zones": {"west": 30, "east": 15},
        "programmes": {"p": 30, "q": 30, "": 45},
        "largest": [30],
    }
    assert done.blocks["share"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert done.parcels["counts"].tolist() == [True, True, True, False, False]


def test_a_goal_of_gross_land_counts_all_of_it(gross: geo.Study) -> None:
    assert tables_of(gross) == {
        "progress": (120, 0),
        "ready": {"A": 30, "B": 30, "C": 30, "D": 30, "E": 0},
        "counted": {"A": 30, "B": 30, "C": 30, "D": 30, "E": 0},
        "blocks": {"west": 60, "east": 60},
        "tiers": [[2, 120]],
        "zones": {"west": 60, "east": 60},
        "programmes": {"p": 60, "q": 60, "": 90},
        "largest": [60],
    }
    notes = [sheet.note for sheet in sheets(gross) if sheet.id != "zones" and sheet.note]
    assert not [note for note in notes if note.en.startswith(("Counted in net", "Land that"))]


def test_all_land_is_the_same_whichever_of_it_counts(done, gross) -> None:
    """What land there is does not hang on how a goal counts it."""
    for table, columns in (("zones", ["land_m2", "net_m2"]), ("programmes", ["land_mu"])):
        one, other = (getattr(study, table)[columns] for study in (done, gross))
        assert one.equals(other)


@pytest.mark.parametrize("cadence", CADENCES)
def test_every_report_counts_net_land(net: Plan, cadence: str) -> None:
    """B makes the block of A large enough on the last day: 30 mu are new in every period."""
    made = {sheet.id: sheet for sheet in report_of(net, period_of(cadence, YEAR_END)).sheets}

    def told(name: str) -> list[tuple[object, ...]]:
        columns = ["group", "new_mu", "counted_mu", "small_mu", "land_mu"]
        return list(made[name].frame[columns].round(6).itertuples(index=False, name=None))

    goals = made["goals"].frame[["new_mu", "counted_mu", "gap_mu"]].round(6)
    assert goals.to_numpy().tolist() == [[30, 30, 30]]
    assert told("zones") == [("east", 0, 0, 15, 90), ("west", 30, 30, 0, 60), ("", 30, 30, 15, 150)]
    assert told("owners") == [("-", 30, 30, 15, 150), ("", 30, 30, 15, 150)]
    assert told("programmes") == [
        ("p", 15, 15, 15, 60), ("q", 15, 15, 15, 90), ("", 30, 30, 15, 120)
    ]  # fmt: skip
    assert made["goals"].note.en.startswith("Counted in net land: “Cleared”; ")
    assert made["zones"].note.zh.startswith("按目标“净地”计（净用地）")
    assert made["ladder"].frame["evidenced_mu"].iloc[-1] == pytest.approx(120)  # gross, as it says
    assert made["ladder"].note.en.endswith("All of it is gross land")


def test_the_difference_of_two_dates_is_that_of_the_goal(net: Plan) -> None:
    found = difference(net, date(2024, 12, 30), YEAR_END)
    assert found.totals[["before_mu", "after_mu"]].round(6).to_numpy().tolist() == [[0, 30]]
    lines = found.lines[["parcel_id", "cause", "after_mu"]].round(6)
    assert lines.to_numpy().tolist() == [["A", "joined", 15], ["B", "added", 15]]


def test_the_export_and_the_page_have_the_same_figures(done: geo.Study, tmp_path: Path) -> None:
    export_geopackage(done, tmp_path / "town.gpkg")
    with closing(sqlite3.connect(tmp_path / "town.gpkg")) as database:
        blocks = database.execute("SELECT zones, land_m2 FROM blocks").fetchall()
        zones = database.execute("SELECT zone, counted_m2 FROM zones").fetchall()
    assert dict(blocks) == dict(zones) == {"west": 20_000, "east": 10_000}
    page = page_payload(done)
    assert [item["label"]["en"] for item in page["blocks"]] == ["B1 · 30.00 mu", "B2 · 15.00 mu"]
    assert page["blocks"][0]["lines"][0] == {
        "zh": "净用地 30.00 亩，2 个地块",
        "en": "30.00 mu of net land, 2 parcels",
    }


def test_the_tables_say_that_it_is_net_land(done: geo.Study) -> None:
    made = {sheet.id: sheet for sheet in sheets(done)}
    assert "“已计入”：达到“cleared”、有佐证的净用地" in made["zones"].note.zh
    assert "“Counted”: net land at “cleared” or beyond" in made["zones"].note.en
    shares = made["zones"].frame.set_index("zone")["share"].to_dict()
    assert shares == pytest.approx({"east": 1 / 3, "west": 1, "": 0.6})  # 15 of 45, 30 of 30
    for name in ("blocks", "tiers", "contiguity"):
        assert made[name].note.en.startswith("Land that counts is net land")
    for name in ("goals", "pace", "timeline"):
        assert made[name].note.zh == "按净用地计：“净地”"
    assert made["programmes"].note.zh.endswith("“已计入”为净用地")


def test_blocks_of_gross_land_break_the_law_of_a_net_goal(done, gross) -> None:
    """The law draws what counts once more, and does not take it from the table."""
    broken = [
        law.code for law in study_laws(replace(done, blocks=gross.blocks), Memo()) if not law.holds
    ]
    assert broken == ["blocks", "block-parcels"]
    with pytest.raises(geo.LawError, match="blocks = union"):
        enforce(study_laws(replace(done, blocks=gross.blocks), Memo()))


def test_where_all_land_counts_net_it_is_compared_with_all_land(tmp_path: Path) -> None:
    history = events(("A", "2023-06-01", "cleared"))
    land = placed(rectangle(0, 0, 200, 100), parcel_id=["A"])
    tables = goal("net") + constraints(tmp_path, river=rectangle(100, 0, 100, 100))
    done = geo.run(geo.read_plan(write_plan(tmp_path, land, history=history, tables=tables)))
    strict = done.gap_comparison.query("definition == 'strict'")
    assert mu(strict, "set", "largest_mu") == {"counted": 15, "all": 30}


def test_land_that_two_parcels_draw_is_net_land_of_the_first(tmp_path: Path) -> None:
    """A and B share 15 mu, and only B is cleared: what it shares with A is net land of A."""
    shapes = rectangle(0, 0, 200, 100), rectangle(100, 0, 200, 100)
    land = placed(*shapes, parcel_id=["A", "B"])
    history = events(("B", "2023-06-01", "cleared"))
    tables = goal("net", least_mu=0) + constraints(tmp_path, river=rectangle(250, 0, 50, 100))
    done = geo.run(geo.read_plan(write_plan(tmp_path, land, history=history, tables=tables)))
    assert done.progress["counted_mu"].iloc[-1] == pytest.approx(7.5)
    assert done.blocks["land_mu"].tolist() == [pytest.approx(7.5)]


# --- land that was split or merged ----------------------------------------------------------------


def parted(folder: Path) -> Plan:
    """A of 30 mu loses half of its west to a river and is split: 7.5 mu net in the west, 15 east.

    Either half is somebody else's since.
    """
    halves = placed(rectangle(0, 0, 100, 100), rectangle(100, 0, 100, 100), parcel_id=["A1", "A2"])
    path = told_plan(
        folder,
        halves,
        ("2024-03-02", [reach("A", "2024-03-01", "cleared", responsible="Li")]),
        (
            "2024-12-21",
            [
                split("A", "2024-12-20", "A1", "A2"),
                Draft("A1", "note", "2024-12-20", text="sold", responsible="Wang"),
                Draft("A2", "note", "2024-12-20", text="sold", responsible="Zhao"),
            ],
        ),
        outlines={"A": rectangle(0, 0, 200, 100)},
        tables=goal("net") + constraints(folder, river=rectangle(0, 0, 50, 100)),
    )
    return geo.read_plan(path)


def test_a_split_changes_no_net_land(tmp_path: Path) -> None:
    """Shares are by net land: by gross land A1 would lose what A2 gains."""
    plan = parted(tmp_path)
    found = difference(plan, date(2024, 12, 1), YEAR_END)
    assert found.totals[["before_mu", "after_mu"]].round(6).to_numpy().tolist() == [[22.5, 22.5]]
    assert found.lines.empty
    assert found.moves[["parcel_id", "cause"]].to_numpy().tolist() == [
        ["A1", "split"],
        ["A2", "split"],
    ]
    month = report_of(plan, period_of("month", YEAR_END))
    owners = next(sheet.frame for sheet in month.sheets if sheet.id == "owners")
    columns = ["group", "new_mu", "counted_mu"]
    assert owners[columns].round(6).to_numpy().tolist() == [
        ["Wang", 0, 7.5],
        ["Zhao", 0, 15],
        ["", 0, 22.5],
    ]


def test_net_land_that_merged_into_a_parcel_without_any_is_gone(tmp_path: Path) -> None:
    """B, 15 mu, stood beside the lake; C, which A and B became, was surveyed as all lake."""
    path = told_plan(
        tmp_path,
        placed(rectangle(0, 0, 100, 100), parcel_id=["C"]),
        ("2024-03-02", [reach(name, "2024-03-01", "cleared") for name in "AB"]),
        ("2024-12-21", [merge("C", "2024-12-20", "A", "B")]),
        outlines={"A": rectangle(0, 0, 100, 100), "B": rectangle(100, 0, 100, 100)},
        tables=goal("net", least_mu=0) + constraints(tmp_path, lake=rectangle(0, 0, 100, 100)),
    )
    found = difference(geo.read_plan(path), date(2024, 12, 1), YEAR_END)
    lines = found.lines[["parcel_id", "cause", "before_mu", "after_mu"]].round(6)
    assert lines.to_numpy().tolist() == [["C", "merged", 15, 0]]


# --- any constraints ------------------------------------------------------------------------------

few = settings(max_examples=25, phases=(Phase.explicit, Phase.reuse, Phase.generate))
RUNS = count()
GAP_M, FAR_M = 10, 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")


@st.composite
def strips(draw: st.DrawFn) -> dict[str, shapely.Geometry]:
    """Up to three constraints that run across a row of lots; they may overlap."""
    metres = st.tuples(st.integers(-50, 900), st.integers(1, 300), st.integers(-60, 60))
    drawn = draw(st.lists(metres, min_size=1, max_size=3))
    return {
        f"c{number}": rectangle(west, south, width, 120)
        for number, (west, width, south) in enumerate(drawn)
    }


@few
@given(
    widths=st.lists(st.integers(50, 250), min_size=1, max_size=5),
    gaps=st.lists(st.sampled_from([GAP_M, FAR_M]), min_size=5, max_size=5),
    ready=st.lists(st.booleans(), min_size=5, max_size=5),
    taken=strips(),
    least_mu=st.sampled_from([0, 5, 16, 31]),
    handover=st.sampled_from([0.0, 0.25]),
)
def test_what_counts_is_the_net_land_of_ready_parcels_in_blocks_large_enough(
    folder, widths, gaps, ready, taken, least_mu, handover
) -> None:
    west, shapes = 0, []
    for width, gap in zip(widths, gaps, strict=False):
        shapes.append(rectangle(west, 0, width, 100))
        west += width + gap
    here = folder / str(next(RUNS))
    ids = [f"L{number}" for number in range(len(shapes))]
    cleared = [name for name, stands in zip(ids, ready, strict=False) if stands]
    tables = f"[net]\nhandover_share = {handover}\n" + goal("net", least_mu=least_mu)
    tables += "".join(
        f'\n[[programmes]]\nid = "{name}"\nname = "{name}"\nparcels = {members}\n'
        for name, members in (("even", ids[::2]), ("all", ids))
    )
    history = events(*((name, "2024-12-20", "cleared") for name in cleared))
    land = placed(*shapes, parcel_id=ids)
    tables += constraints(here, **taken)
    plan = geo.read_plan(write_plan(here, land, history=history, tables=tables))
    done = geo.run(plan)

    away = shapely.union_all(list(taken.values()))
    left = [shapely.difference(shape, away).area for shape in shapes]
    own = [  # nothing is handed over of a lot of which too little is left to be built on
        land * (1 - (handover if land >= max(1.0, 0.01 * shape.area) else 0.0)) / M2_PER_MU
        for land, shape in zip(left, shapes, strict=True)
    ]
    own = [land if name in cleared else 0.0 for name, land in zip(ids, own, strict=True)]
    blocks = in_blocks(own, gaps)
    counted = sum(land for land in blocks if land >= least_mu - 1e-6)
    parts = done.goal_parcels
    assert parts["ready_mu"].tolist() == pytest.approx(own, abs=1e-6)
    assert parts["counted_mu"].sum() == pytest.approx(counted, abs=1e-6)
    assert done.progress["counted_mu"].iloc[-1] == pytest.approx(counted, abs=1e-6)
    assert sorted(done.blocks["land_mu"]) == pytest.approx(sorted(blocks), abs=1e-6)
    assert done.zones["counted_m2"].sum() / M2_PER_MU == pytest.approx(sum(own), abs=1e-6)
    assert mu(done.programmes, "programme", "counted_mu") == pytest.approx(
        {"even": sum(own[::2]), "all": sum(own), "": sum(own)}, abs=1e-5
    )
    month = report_of(plan, period_of("month", YEAR_END))  # its laws hold
    goals = next(sheet.frame for sheet in month.sheets if sheet.id == "goals")
    assert goals["new_mu"].tolist() == pytest.approx([counted], abs=1e-6)


def in_blocks(own: list[float], gaps: list[int]) -> list[float]:
    """The land of the runs of lots that count and are no more than a gap apart."""
    blocks, joins = [], False
    for land, gap in zip(own, gaps, strict=False):
        if land and joins:
            blocks[-1] += land
        elif land:
            blocks.append(land)
        joins = bool(land) and gap == GAP_M
    return blocks


def test_land_of_a_kept_parcel_is_no_other_ones_net_land(tmp_path: Path) -> None:
    """B is kept and lies on A, C on half of both: A is 30 mu net, and C the 15 mu that are its own.

    What B shares with A is A's, although B is no net land.
    """
    shapes = [rectangle(0, 0, 200, 100), rectangle(100, 0, 100, 100), rectangle(0, 0, 200, 150)]
    treatments = ["rebuild", "retain", "rebuild"]
    land = placed(*shapes, parcel_id=list("ABC"), treatment=treatments)
    tables = goal("net", least_mu=0).replace('"cleared"', '"survey"')
    study = geo.run(geo.read_plan(write_plan(tmp_path, land, tables=tables)))
    assert study.parcels["net_m2"].tolist() == [20_000, 0, 10_000]
    enforce(study_laws(study, Memo()))
    assert study.progress["counted_mu"].iloc[-1] == pytest.approx(45)
