"""Laws of whole runs: how the land is drawn, cut, named or projected changes no figure."""

from collections.abc import Callable
from itertools import count
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon

import geo
from geo.readers.vector import FORMATS
from geo.units import on_land_grid
from tests.formats import SHORT, STATES_NO_CRS
from tests.makers import M2_PER_MU, STAGES, events, placed, rectangle, study

few = settings(max_examples=4, phases=(Phase.explicit, Phase.reuse, Phase.generate))
"""A run takes a tenth of a second, so towns are few, and one that fails is not shrunk."""

RUNS = count()

TABLES = """
[net]
deduct_land_use = ["1207"]

[contiguity]
gap_m = 25
tiers_mu = [5, 20, 60]

[[goals]]
id = "cleared"
name = "cleared"
mu = 100
due = 2025-12-31
stage = "cleared"
min_block_mu = 6

[[goals]]
id = "signed-net"
name = "signed"
mu = 200
due = 2024-06-30
stage = "signed"
basis = "net"
count_self_reported = true

[[scenarios]]
id = "planned"
name = "planned"
plot_ratio = "planned"

[[scenarios]]
id = "mixed"
name = "mixed"
plot_ratio = 2.5
by_land_use = { "1101" = 2.0 }
handover_share = 0.1
"""


class Town(NamedTuple):
    """Lots of a town in metres from a corner of it, and what happened on them."""

    shapes: list[Polygon]
    facts: pd.DataFrame
    history: pd.DataFrame
    river: LineString | None = None

    def layer(self, crs: str = "EPSG:4547") -> gpd.GeoDataFrame:
        return placed(*self.shapes, crs=crs, **self.facts.to_dict("list"))

    def with_shapes(self, change: Callable[[Polygon], Polygon]) -> "Town":
        return self._replace(shapes=[change(shape) for shape in self.shapes])


@st.composite
def towns(draw):
    """Up to a dozen lots of 20 m by 20 m and more, with streets between some, and events."""
    columns = draw(st.lists(st.integers(2, 9), min_size=1, max_size=4))
    shapes, west = [], 0.0
    for width in columns:
        south = 0.0
        for height in draw(st.lists(st.integers(2, 9), min_size=1, max_size=3)):
            shapes.append(rectangle(west, south, width * 20, height * 20))
            south += height * 20 + draw(st.sampled_from([0, 0, 12, 40]))
        west += width * 20 + draw(st.sampled_from([0, 0, 12, 40]))
    size = len(shapes)

    def each(choices):
        return draw(st.lists(st.sampled_from(choices), min_size=size, max_size=size))

    ids = [f"P{number:02}" for number in range(size)]
    facts = pd.DataFrame(
        {
            "parcel_id": ids,
            "land_use": each(["1001", "1001", "1101", "1207"]),
            "zone": each(["west", "east"]),
            "treatment": each(["rebuild", "rebuild", "retain"]),
            "plot_ratio": np.array(each([None, 2.0, 3.5]), dtype=float),
            "existing_floor": np.array(each([None, 500.0, 1000.0]), dtype=float),
        }
    )
    days = ["2022-06-01", "2023-05-01", "2024-02-29", "2024-12-31"]
    event = st.tuples(
        *map(st.sampled_from, (ids, days, STAGES, ["paper", "paper", ""])),
        st.sampled_from(["reach", "reach", "reach", "revert"]),
    )
    base = [(name, draw(st.sampled_from(days)), "cleared") for name in ids[::2]]
    history = events(*base, *draw(st.lists(event, max_size=8)))
    river = LineString([(-50, 70), (draw(st.sampled_from([60, 900])), 70)])
    return Town(shapes, facts, history, draw(st.sampled_from([None, river])))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("towns")


def worked_out(folder, town, *, layer=None, tables=TABLES, **options) -> geo.Study:
    barriers = None if town.river is None else placed(town.river, name_en=["river"])
    return study(
        folder / str(next(RUNS)),
        town.layer() if layer is None else layer,
        history=town.history,
        barriers=barriers,
        tables=tables,
        **options,
    )


def sums(done: geo.Study) -> dict[str, object]:
    """Figures that do not speak of single parcels: mu, blocks, goals and floor space."""
    blocks = done.blocks.sort_values(["land_m2", "widest_gap_m"])
    progress = done.progress.drop(columns="light")
    return {
        "land": done.land_mu,
        "zones": done.zones.sort_values("zone")[["land_m2", "net_m2", "counted_m2"]].to_numpy(),
        "blocks": blocks[["land_m2", "share", "tier_mu", "widest_gap_m"]].to_numpy(),
        "goals": progress.select_dtypes("number").to_numpy(),
        "lights": done.progress["light"].tolist(),
        "floor": done.floor.sort_values(["scenario", "zone"]).select_dtypes("number").to_numpy(),
        "stages": done.stages[["mu", "self_reported_mu", "mu_or_beyond"]].to_numpy(),
    }


def by_parcel(done: geo.Study) -> pd.DataFrame:
    names = ["planar_m2", "ellipsoidal_m2", "land_m2", "net_m2", "existing_floor_m2", "rung"]
    table = done.parcels.set_index("parcel_id").sort_index()
    return table[[*names, "evidenced_rung", "block", "is_bridge", "loss_m2"]]


def assert_same(
    one: geo.Study, other: geo.Study, *, parcels: bool = True, rtol: float = 1e-9
) -> None:
    """The same figures: to 1e-9 of a town's size, and in every parcel when they are the same."""
    expected, found = sums(one), sums(other)
    assert found.pop("lights") == expected.pop("lights")
    for name, figures in expected.items():
        np.testing.assert_allclose(
            np.asarray(found[name], float),
            np.asarray(figures, float),
            rtol=rtol,
            atol=1e-4,
            err_msg=name,
        )
    if parcels:
        pd.testing.assert_frame_equal(by_parcel(other), by_parcel(one), rtol=rtol, atol=1e-4)


# --- how it is drawn ---------------------------------------------------------------------------


def turned(shape: Polygon) -> Polygon:
    """The ring begins at another corner."""
    ring = list(shape.exterior.coords)[:-1]
    return Polygon(ring[2:] + ring[:2])


def reversed_ring(shape: Polygon) -> Polygon:
    return Polygon(shape.exterior.coords[::-1])


def dense(shape: Polygon) -> Polygon:
    return shapely.segmentize(shape, 7.0)


def in_parts(shape: Polygon) -> Polygon:
    return shapely.MultiPolygon([shape])


def with_height(shape: Polygon) -> Polygon:
    return shapely.force_3d(shape, 12.0)


@pytest.mark.parametrize("change", [turned, reversed_ring, dense, in_parts, with_height])
@settings(few, max_examples=2)
@given(town=towns())
def test_how_a_lot_is_drawn_changes_nothing(folder, change, town):
    assert_same(worked_out(folder, town), worked_out(folder, town.with_shapes(change)))


@few
@given(town=towns(), seed=st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(folder, town, seed):
    layer = town.layer().sample(frac=1, random_state=seed)
    history = town.history.sample(frac=1, random_state=seed)
    shuffled = town._replace(history=history)
    assert_same(worked_out(folder, town), worked_out(folder, shuffled, layer=layer))


@few
@given(town=towns())
def test_the_names_of_columns_change_nothing(folder, town):
    names = {"parcel_id": "地块编号", "plot_ratio": "RJL", "existing_floor": "现状建筑面积"}
    fields = ", ".join(f'{ours} = "{theirs}"' for ours, theirs in names.items())
    renamed = worked_out(
        folder,
        town,
        layer=town.layer().rename(columns=names),
        layer_toml=f"fields = {{ {fields} }}",
    )
    assert_same(worked_out(folder, town), renamed)


JOINED = """
[[layers.parcels.joins]]
file = "../facts.csv"
key = "parcel_id"
on = "{key}"
fields = {{ {fields} }}
"""
FACTS = ("land_use", "zone", "treatment", "plot_ratio", "existing_floor")


def read_as(suffix: str) -> str:
    """What a plan must say to read the facts of a town from this format."""
    lines = [f'crs = "{STATES_NO_CRS[suffix]}"'] if suffix in STATES_NO_CRS else []
    if suffix in (".shp", ".zip"):
        lines.append("fields = {" + ", ".join(f'{a} = "{b}"' for a, b in SHORT.items()) + "}")
    if suffix == ".dxf":
        lines.append('fields = { parcel_id = "Text" }')
    if suffix in (".dxf", ".txt"):  # which keep an id and no other fact
        key = "Text" if suffix == ".dxf" else "parcel_id"
        # the columns of land use that a survey has are blank here, and not to be read
        lines += ['fields = { land_use = "" }'] if suffix == ".txt" else []
        lines.append(JOINED.format(key=key, fields=", ".join(f'{a} = "{a}"' for a in FACTS)))
    return "\n".join(lines)


DEGREES = (".kml", ".topojson", ".geojsonl", ".geojsons", ".ndjson")
"""Written in longitude and latitude: to the last digit, yet 1e-6 of a lot is lost on the way."""


@pytest.mark.parametrize("suffix", FORMATS)
@settings(few, max_examples=2)
@given(town=towns())
def test_the_format_of_the_file_changes_nothing(folder, town, suffix):
    town.facts.to_csv(folder / "facts.csv", index=False)
    layer = town.layer().drop(columns=[*FACTS]) if suffix in (".dxf", ".txt") else town.layer()
    done = worked_out(folder, town, layer=layer, suffix=suffix, layer_toml=read_as(suffix))
    rtol = 1e-6 if suffix in DEGREES else 1e-9
    assert_same(worked_out(folder, town), done, rtol=rtol)


@few
@given(town=towns(), crs=st.sampled_from(["EPSG:4526", "EPSG:4490", "EPSG:4326"]))
def test_an_equivalent_crs_of_the_layer_changes_nothing(folder, town, crs):
    assert_same(worked_out(folder, town), worked_out(folder, town, layer=town.layer(crs)))


@few
@given(town=towns())
def test_the_zone_prefix_in_the_area_crs_changes_nothing(folder, town):
    assert_same(worked_out(folder, town), worked_out(folder, town, crs="EPSG:4526"))


# --- how it is cut -----------------------------------------------------------------------------


def halves(shape: Polygon) -> list[Polygon]:
    west, south, east, north = shape.bounds
    middle = (west + east) / 2
    return [shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)]


def split(town: Town, at: int, names: tuple[str, str]) -> Town:
    """One lot as two, with the same events and half of the floor space each."""
    facts = pd.concat([town.facts, town.facts.iloc[[at]]], ignore_index=True)
    facts.loc[[at, len(facts) - 1], "parcel_id"] = names
    facts.loc[[at, len(facts) - 1], "existing_floor"] /= 2
    shapes = [*town.shapes, None]
    shapes[at], shapes[-1] = halves(town.shapes[at])
    old = town.facts["parcel_id"].iat[at]
    own = town.history["parcel_id"] == old
    events_of_both = [town.history[own].assign(parcel_id=name) for name in names]
    history = pd.concat([town.history[~own], *events_of_both], ignore_index=True)
    return Town(shapes, facts, history, town.river)


@few
@given(town=towns(), data=st.data())
def test_splitting_or_uniting_lots_changes_no_sum(folder, town, data):
    at = data.draw(st.integers(0, len(town.shapes) - 1))
    parted = split(town, at, ("X1", "X2"))
    done = worked_out(folder, parted)
    assert_same(worked_out(folder, town), done, parcels=False)
    assert len(done.parcels) == len(town.shapes) + 1


@few
@given(town=towns(), data=st.data())
def test_rows_of_one_id_are_one_lot(folder, town, data):
    """``duplicate_ids = "merge"``: two halves under the old id are the lot again."""
    at = data.draw(st.integers(0, len(town.shapes) - 1))
    name = town.facts["parcel_id"].iat[at]
    parted = split(town, at, (name, name))
    parted.facts.loc[[at, len(town.shapes)], "existing_floor"] *= 2  # stated of the whole, twice
    parted = parted._replace(history=town.history)
    merged = worked_out(folder, parted, layer_toml='duplicate_ids = "merge"')
    assert merged.land.merged_rows == 1
    assert_same(worked_out(folder, town), merged)


@few
@given(town=towns(), mu=st.integers(1, 90))
def test_a_lot_far_away_adds_its_own_mu_and_nothing_else(folder, town, mu):
    done = worked_out(folder, town)
    far = rectangle(9000, 9000, 100, mu * M2_PER_MU / 100)
    facts = pd.DataFrame({"parcel_id": ["far"], "zone": ["west"], "treatment": ["rebuild"]})
    wider = Town(
        [*town.shapes, far],
        pd.concat([town.facts, facts.assign(land_use="1001")], ignore_index=True),
        pd.concat([town.history, events(("far", "2024-01-01", "cleared"))], ignore_index=True),
        town.river,
    )
    more = worked_out(folder, wider)
    assert more.land_mu - done.land_mu == pytest.approx(mu, abs=1e-6)
    assert len(more.blocks) == len(done.blocks) + 1
    sizes = sorted([*done.blocks["land_mu"], mu])
    assert sorted(more.blocks["land_mu"]) == pytest.approx(sizes, abs=1e-6)
    now = [item.progress[item.progress["goal"] == "cleared"].iloc[-1] for item in (done, more)]
    assert now[1]["counted_mu"] - now[0]["counted_mu"] == pytest.approx(
        mu if mu >= 6 else 0, abs=1e-6
    )


# --- what counts -------------------------------------------------------------------------------


@few
@given(town=towns())
def test_blocks_only_grow_as_the_gap_grows(folder, town):
    """In the comparison, and where each gap is the plan's own."""
    compared = worked_out(folder, town).gap_comparison
    for _, rows in compared[compared["definition"] != "strict"].groupby("set"):
        assert rows["blocks"].is_monotonic_decreasing
        assert rows["largest_mu"].is_monotonic_increasing
    before = None
    for gap_m in (0, 12, 40):
        tables = TABLES.replace("gap_m = 25", f"gap_m = {gap_m}")
        done = worked_out(folder, town, tables=tables)
        land = done.blocks.set_index("block")["land_mu"]
        now = done.parcels["block"].map(land).fillna(0.0)
        assert before is None or (now >= before - 1e-9).all()
        before = now


@few
@given(town=towns())
def test_the_two_area_methods_differ_by_a_few_ppm(folder, town):
    planar = worked_out(folder, town)
    ellipsoidal = worked_out(folder, town, top='area_method = "ellipsoidal"')
    ratio = planar.land_mu / ellipsoidal.land_mu
    assert (ratio - 1) * 1e6 == pytest.approx(6.7, abs=0.5)
    table = by_parcel(ellipsoidal)
    assert table["land_m2"].equals(pd.Series(on_land_grid(table["ellipsoidal_m2"])))
    assert ellipsoidal.progress["light"].notna().all()


@few
@given(town=towns(), day=st.sampled_from(["2023-05-01", "2024-02-28", "2024-03-31"]))
def test_the_past_does_not_know_the_future(folder, town, day):
    """As of a day, events after it change no figure but are listed."""
    known = town._replace(history=town.history[town.history["date"] <= day])
    top = f"as_of = {day}"
    done = worked_out(folder, town, top=top)
    assert_same(done, worked_out(folder, known, top=top))
    later = int((town.history["date"] > day).sum())
    assert sum(item.code == "event.future" for item in done.findings) == later
