"""Layers of GeoParquet that store the box of each row: far rows are left unread, figures stay."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from pyproj import CRS
from shapely import LineString, Polygon, box

import geo
from geo.earth.around import MARGIN_M, Around
from geo.earth.crs import transform
from geo.errors import ChecksError, LayerError
from geo.readers import parquet
from geo.readers.vector import read_vector
from tests.makers import array, placed, qingxi, rectangle, row, write_plan
from tests.test_patches import assert_same

GRID = CRS("EPSG:4547")
PARCELS = placed(*row([200, 100]), parcel_id=["A", "B"], treatment="rebuild")  # 30 and 15 mu
TOWN = PARCELS.geometry.to_numpy()
ACCEPTED = '[accept]\n"outline.unusable" = "left out"\n"constraint.width-unused" = "so be it"\n'
TABLES = (
    "parcels", "balance", "lost", "blocks", "links", "gap_comparison", "stages", "zones"
)  # fmt: skip


def boxed(frame: gpd.GeoDataFrame, path: Path, *, group: int = 5) -> Path:
    """A file by groups of so many rows that stores the box of each."""
    frame.to_parquet(path, write_covering_bbox=True, row_group_size=group)
    return path


def squares(count: int, step: float, **columns: Any) -> gpd.GeoDataFrame:
    """Squares of 10 m from the first parcel eastwards, so far apart."""
    shapes = [rectangle(at * step, 0, 10, 10) for at in range(count)]
    return placed(*shapes, name=[f"c{at}" for at in range(count)], **columns)


def constrained(more: str = "", name: str = "c", *, table: str = "constraints") -> str:
    if table == "barriers":
        return f'[[layers.barriers]]\nfile = "{name}.parquet"\n'
    return (
        f'[[constraints]]\nid = "{name}"\nname = "{name}"\nkind = "limiting"\n'
        f'layer = {{ file = "{name}.parquet" }}\n{more}\n'
    )


def run(folder: Path, tables: str, **options: Any) -> geo.Study:
    return geo.run(geo.read_plan(write_plan(folder, PARCELS, tables=tables, **options)))


def noted(study: geo.Study, file: str = "c.parquet") -> list[tuple[str, int | None]]:
    return [(item.code, item.row) for item in study.findings if item.file == file]


# --- which rows are read --------------------------------------------------------------------------


def test_two_groups_of_twenty_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = boxed(squares(100, 1000.0), tmp_path / "c.parquet")
    asked: list[list[int]] = []
    original = pq.ParquetFile.read_row_groups

    def told(file: pq.ParquetFile, groups: list[int], **options: Any) -> pa.Table:
        asked.append(groups)
        return original(file, groups, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", told)
    monkeypatch.setattr(pq.ParquetFile, "read", None)
    assert pq.read_metadata(path).num_row_groups == 20
    land = qingxi(array(box(34_000, 0, 35_005, 10)))
    raw = parquet.read(path, near=Around.of(land, GRID).within(0.0))
    assert asked == [[6, 7]]
    assert raw.rows.tolist() == [35, 36]
    assert raw.cells.column("name").to_pylist() == ["c34", "c35"]
    assert raw.cells.column_names == ["name"]
    assert shapely.equals_exact(raw.shapes, squares(100, 1000.0).geometry.to_numpy()[34:36]).all()
    (item,) = raw.findings
    assert (item.code, item.file, item.severity) == ("layer.filtered", "c.parquet", "info")
    assert str(item).startswith("c.parquet, c: 2 of its 100 rows were read")


@pytest.mark.parametrize("seed", range(8))
def test_rows_are_those_whose_box_meets_the_box_asked_for(tmp_path: Path, seed: int) -> None:
    """Whatever the groups, a sheet of parts, or the CRS of the layer."""
    random = np.random.default_rng(seed)
    crs = CRS(["EPSG:4547", "EPSG:4490", "EPSG:4526", "EPSG:4326"][seed % 4])
    corners, sizes = random.uniform(-20_000, 20_000, (300, 2)), random.exponential(300, (300, 2))
    shapes = qingxi(
        array(*(rectangle(*at, *size) for at, size in zip(corners, sizes, strict=True)))
    )
    layer = gpd.GeoDataFrame({"n": range(300)}, geometry=transform(shapes, GRID, crs), crs=crs)
    folder = tmp_path / "c.parquet"
    folder.mkdir()
    for at, part in enumerate(np.array_split(np.arange(300), 3)):
        boxed(layer.iloc[part], folder / f"{at}.parquet", group=int(random.integers(1, 60)))
    land = qingxi(array(rectangle(*corners[0], 1500, 800)))
    near = Around.of(land, GRID).within(200.0)
    read = read_vector(folder, near=near)
    frame = read_vector(folder).frame.iloc[read.rows - 1].reset_index(drop=True)
    assert frame.equals(read.frame)
    meant = shapely.intersects(shapes, shapely.box(*near.box))
    assert meant.sum() > 0
    assert set(np.flatnonzero(meant) + 1) <= set(read.rows)
    wider = shapely.buffer(shapely.box(*near.box), 50.0, join_style="mitre")
    assert set(read.rows) <= set(np.flatnonzero(shapely.intersects(shapes, wider)) + 1)
    assert read.file == "c.parquet"


def test_boxes_of_single_precision_lose_nothing(tmp_path: Path) -> None:
    """At 38 500 000 they are 4 m wide of the mark; and one that is not there may be anywhere."""
    path = boxed(squares(40, 50.0).to_crs("EPSG:4526"), tmp_path / "c.parquet")
    table = pq.read_table(path)
    sides = pa.StructArray.from_arrays(
        [table.column("bbox").combine_chunks().field(at).cast(pa.float32()) for at in range(4)],
        names=["xmin", "ymin", "xmax", "ymax"],
        mask=pa.array([at in (0, 39) for at in range(40)]),
    )
    pq.write_table(table.set_column(2, "bbox", sides), path, row_group_size=10)
    land = qingxi(array(rectangle(550 + MARGIN_M, 0, 50, 10)))
    rows = parquet.read(path, near=Around.of(land, GRID).within(0.0)).rows.tolist()
    assert set(range(12, 17)) <= set(rows) <= {1, 40, *range(11, 18)}
    assert {1, 40} <= set(rows)


def test_without_boxes_or_a_place_the_layer_is_read_whole(tmp_path: Path) -> None:
    near = Around.of(TOWN, GRID).within(0.0)
    plain, frame = tmp_path / "plain.parquet", squares(40, 1000.0)
    frame.to_parquet(plain)
    none = boxed(frame.set_crs(None, allow_override=True), tmp_path / "none.parquet")
    old = boxed(frame.set_crs("EPSG:2383", allow_override=True), tmp_path / "old.parquet")
    coordinates = tmp_path / "coordinates.parquet"
    frame.to_parquet(coordinates, write_covering_bbox=True, geometry_encoding="geoarrow")
    for path in (plain, none, old, coordinates):
        raw = parquet.read(path, near=near)
        assert (len(raw.shapes), raw.rows, raw.findings) == (40, None, [])
    assert parquet.read(none, near=near, stated="EPSG:4547").rows.tolist() == [1]
    assert Around.of(array(shapely.Point()), GRID) is None


# --- what a study makes of them -------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_figures_are_those_of_the_whole_layers(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    lots = [rectangle(x * 62, y * 51, 60, 50) for x in range(6) for y in range(5)]
    land = placed(*lots, parcel_id=[f"P{at}" for at in range(30)], treatment="rebuild")
    at = np.vstack([random.uniform(-50, 400, (40, 2)), random.uniform(-9000, 9000, (160, 2))])
    at = random.permutation(at)
    wild = [rectangle(x, y, *random.exponential(60, 2)) for x, y in at]
    for number in random.integers(0, 200, 30):  # bow ties, which are left out, and told
        x, y = at[number]
        wild[number] = Polygon([(x, y), (x + 40, y + 40), (x + 40, y), (x, y + 30)])
    steps = np.cumsum(random.uniform(-200, 200, (400, 2)), axis=0)
    lines = [LineString(steps[number : number + 4]) for number in range(397)]
    fields = placed(*wild, kind=np.where(np.arange(200) % 3, "farm", "wood"))
    rivers = placed(*lines).to_crs("EPSG:4490")
    roads = placed(*lines[::7], name_en=[f"r{number}" for number in range(len(lines[::7]))])
    tables = (
        constrained('buffer_m = 12\nrows = { field = "kind", values = ["farm"] }', "fields")
        + constrained("width_m = 30", "rivers")
        + constrained(name="roads", table="barriers")
        + ACCEPTED
    )
    studies = []
    for name, write in (("whole", gpd.GeoDataFrame.to_parquet), ("near", boxed)):
        folder = tmp_path / name
        folder.mkdir()
        for layer, frame in {"fields": fields, "rivers": rivers, "roads": roads}.items():
            write(frame, folder / f"{layer}.parquet")
        studies.append(geo.run(geo.read_plan(write_plan(folder, land, tables=tables))))
    whole, near = studies
    for name in TABLES:
        assert_same(getattr(whole, name), getattr(near, name), name)
    assert float(near.lost["area_m2"].sum()) > 0
    left = [item for item in near.findings if item.code != "layer.filtered"]
    assert len(near.findings) - len(left) == 3
    known = [str(item) for item in whole.findings]
    assert [item for item in known if item in {str(item) for item in left}] == [
        str(item) for item in left
    ]
    around = Around.of(land.geometry.to_numpy(), GRID).within(12.0).box
    reached = {
        number + 1
        for number in range(200)
        if shapely.intersects(fields.geometry.iat[number], shapely.box(*around))
    }
    unusable = [item.row for item in whole.findings if item.code == "outline.unusable"]
    assert [item.row for item in left if item.code == "outline.unusable"] == [
        number for number in unusable if number in reached
    ]
    assert 0 < len(reached) < 200


def test_findings_tell_the_rows_of_the_file(tmp_path: Path) -> None:
    """The parcels are at the last two rows; the first one is as broken as the last but one."""
    frame = squares(40, 1000.0, name_en="x").iloc[::-1]
    bow = qingxi(Polygon([(0, 0), (40, 40), (40, 0), (0, 30)]))
    far = shapely.transform(bow, lambda points: points + 30_000)
    broken = frame.set_geometry([far, *frame.geometry.iloc[1:-2], bow, frame.geometry.iloc[-1]])
    for name in "bc":
        boxed(broken, tmp_path / f"{name}.parquet")
    barriers = constrained(name="b", table="barriers")
    done = run(tmp_path, constrained() + barriers + ACCEPTED)
    for name in "bc":
        told = noted(done, f"{name}.parquet")
        assert told == [("layer.filtered", None), ("outline.unusable", 39)]
    assert done.parcels["net_m2"].tolist() == [19_900, 10_000]
    lines = frame.set_geometry(shapely.boundary(frame.geometry.to_numpy()))
    boxed(lines, tmp_path / "c.parquet")
    with pytest.raises(LayerError) as refused:
        run(tmp_path, constrained('width_field = "name"\nwidths_m = { "c1" = 9 }'))
    (item,) = refused.value.findings
    assert (item.code, item.row, item.seen) == ("constraint.width-unknown", 40, "c0")


def test_a_layer_that_lies_elsewhere_is_read_whole(tmp_path: Path) -> None:
    frame = squares(40, 1000.0)
    far = frame.set_geometry(frame.translate(100_000))
    boxed(far, tmp_path / "c.parquet")
    assert noted(run(tmp_path, constrained())) == []
    swapped = frame.set_geometry(
        shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    )
    boxed(swapped.set_crs(GRID, allow_override=True), tmp_path / "c.parquet")
    with pytest.raises(ChecksError) as refused:
        run(tmp_path, constrained())
    assert ("crs.place", "c.parquet") in [(item.code, item.file) for item in refused.value.findings]


def with_boxes(path: Path, *boxes: tuple[float, ...]) -> None:
    """The boxes of the first rows of a file made others."""
    table = pq.read_table(path)
    at = table.column_names.index("bbox")
    told = table.column("bbox").to_pylist()
    told[: len(boxes)] = [
        dict(zip(("xmin", "ymin", "xmax", "ymax"), b, strict=True)) for b in boxes
    ]
    changed = table.set_column(at, "bbox", pa.array(told, table.schema.field("bbox").type))
    pq.write_table(changed, path, row_group_size=5)


def test_a_layer_whose_boxes_are_of_other_outlines_is_read_whole(tmp_path: Path) -> None:
    path = boxed(squares(40, 1000.0), tmp_path / "c.parquet")
    (box_of,) = shapely.bounds(squares(1, 0.0).geometry.to_numpy()).tolist()
    with_boxes(path, tuple(side + 50_000.0 for side in box_of))
    done = run(tmp_path, constrained())
    assert done.lost["area_m2"].tolist() == [100.0]
    assert noted(done) == []


def test_a_box_over_the_antimeridian_may_be_anywhere(tmp_path: Path) -> None:
    wide = placed(Polygon([(-50, -50), (150, -50), (150, 150), (-50, 150)]))
    frame = pd.concat([wide, squares(39, 1000.0)[1:]], ignore_index=True).to_crs(4490)
    path = boxed(frame, tmp_path / "c.parquet")
    with_boxes(path, (100.0, -80.0, -170.0, 80.0))
    assert run(tmp_path, constrained()).lost["area_m2"].tolist() == pytest.approx([15_000])


def test_one_unusable_row_near_the_parcels_is_no_empty_layer(tmp_path: Path) -> None:
    frame = squares(40, 1000.0)
    shapes = frame.geometry.to_numpy()
    bow_tie = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    shapes[0] = shapely.transform(bow_tie, lambda xy: xy + shapely.bounds(shapes[0])[:2])
    boxed(frame.set_geometry(shapes, crs=GRID), tmp_path / "c.parquet")
    assert noted(run(tmp_path, constrained() + ACCEPTED)) == [("outline.unusable", 1)]


@pytest.mark.parametrize("told", [None, [], {"bbox": None}, {"bbox": {"xmin": "x"}}])
def test_a_covering_that_says_nothing_is_none(tmp_path: Path, told: Any) -> None:
    path = boxed(squares(40, 1000.0), tmp_path / "c.parquet")
    table = pq.read_table(path)
    metadata = json.loads(table.schema.metadata[b"geo"])
    metadata["columns"]["geometry"]["covering"] = told
    geo_key = {b"geo": json.dumps(metadata).encode()}
    pq.write_table(table.replace_schema_metadata(geo_key), path)
    assert len(parquet.read(path, near=Around.of(TOWN, GRID).within(0.0)).shapes) == 40


def test_what_near_rows_cannot_tell_is_asked_of_all(tmp_path: Path) -> None:
    frame = squares(40, 1000.0, kind=["near"] * 20 + ["far"] * 20)
    boxed(frame, tmp_path / "c.parquet")
    both = 'rows = { field = "kind", values = ["near", "far"] }'
    assert noted(run(tmp_path, constrained(both))) == []
    assert noted(run(tmp_path, constrained('rows = { field = "kind", values = ["near"] }'))) == [
        ("layer.filtered", None)
    ]
    unused = noted(run(tmp_path, constrained("width_m = 5") + ACCEPTED))
    assert unused == [("constraint.width-unused", None)]
    inside = run(tmp_path, constrained("outside = true"))
    assert noted(inside) == []
    assert inside.parcels["net_m2"].tolist() == pytest.approx([100, 0])


def test_a_layer_is_read_as_far_as_it_reaches(tmp_path: Path) -> None:
    """The square 1 km east of the first parcel takes both, by its surroundings."""
    boxed(squares(40, 1000.0)[1:], tmp_path / "c.parquet")
    done = run(tmp_path, constrained("buffer_m = 1010"))
    assert done.parcels["net_m2"].tolist() == [0, 0]
    assert noted(done) == [("layer.filtered", None)]


def test_a_wide_row_near_the_parcels_is_not_far_from_the_others(tmp_path: Path) -> None:
    """Its middle is 150 km from that of the rows that were read."""
    frame = squares(40, 20.0)
    wide = qingxi(rectangle(0, 0, 300_000, 1))
    far = squares(40, 20.0).translate(0, 250_000)
    shapes = [*frame.geometry, wide, *far]
    layer = gpd.GeoDataFrame({"n": range(81)}, geometry=shapes, crs=GRID)
    boxed(layer, tmp_path / "c.parquet")
    done = run(tmp_path, constrained() + '[accept]\n"place.row-far" = "no"\n')
    assert ("layer.filtered", None) in noted(done)
    assert "place.row-far" not in [code for code, _ in noted(done)]


def test_barriers_near_a_parcel_that_came_are_read_though_their_file_is_the_same(
    tmp_path: Path,
) -> None:
    boxed(squares(40, 1000.0, name_en="x"), tmp_path / "b.parquet")
    plan = write_plan(tmp_path, PARCELS, tables=constrained(name="b", table="barriers"))
    first = geo.run(geo.read_plan(plan))
    assert len(first.land.barriers) == 1
    more = pd.concat(
        [PARCELS, placed(rectangle(5050, 0, 100, 100), parcel_id=["C"], treatment="rebuild")]
    )
    more.to_parquet(tmp_path / "parcels.parquet")
    again = geo.run(geo.read_plan(plan), since=first)
    assert len(again.land.barriers) == 6
