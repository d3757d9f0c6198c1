"""The packs of a page: what goes in comes out, land stays where it is, and what it shares."""

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

import geo
from geo.errors import PublishError
from geo.webmap.atlas import Atlas, atlas_of, taken
from geo.webmap.hilbert import hilbert_index, hilbert_order
from geo.webmap.outlines import Outlines, outlines_of
from geo.webmap.packing import MOST, Column, base64_of, told_once
from geo.webmap.payload import page_payload
from tests.makers import placed, rectangle, write_plan

ROOT = Path(__file__).parents[1]
HOLED = Polygon(box(0, 0, 30, 30).exterior.coords, [box(10, 10, 20, 20).exterior.coords])
TWO_PARTS = MultiPolygon([box(0, 0, 10, 10), box(20, 0, 30, 10)])

shapes = st.lists(
    st.sampled_from([box(0, 0, 30, 10), HOLED, TWO_PARTS, Polygon(), box(5, 5, 5.01, 5.01)]),
    max_size=12,
)


def array(*items: Any) -> Any:
    """An array of shapes; numpy takes multipart ones apart when asked itself."""
    return np.array([*items, None], dtype=object)[:-1]


# -- a second reader of packs, written as static/unpack.js reads them ------------------------------


def unpacked(text: str) -> dict[str, Any]:
    whole = zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS)
    length = int.from_bytes(whole[:4], "little")
    columns, at = {}, 4 + length
    for head in json.loads(whole[4 : 4 + length]):
        body = whole[at : at + head["bytes"]]
        at += head["bytes"]
        columns[head["name"]] = column(head, body)
    assert at == len(whole)
    return spread(columns)


def spread(columns: dict[str, Any]) -> dict[str, Any]:
    """Points at every place where they stand, of a pack that tells each of them once."""
    told: list[tuple[int, int]] = []
    for name in [name.removesuffix(".place") for name in columns if name.endswith(".place")]:
        fresh = zip(columns.pop(f"{name}.x"), columns.pop(f"{name}.y"), strict=True)
        points, last = [], 0
        for code in columns.pop(f"{name}.place"):
            if code == 0:
                told.append(next(fresh))
            last = len(told) - 1 if code == 0 else last - 1 + unfolded(code - 1)
            points.append(told[last])
        assert next(fresh, None) is None
        for at, axis in enumerate("xy"):
            columns[f"{name}.{axis}"] = [point[at] for point in points]
    return columns


def unfolded(step: int) -> int:
    return step // 2 if step % 2 == 0 else -(step + 1) // 2


def column(head: dict[str, Any], body: bytes) -> list[Any]:
    if head["kind"] == "text":
        return list(json.loads(body))
    numbers = varints(body)
    assert len(numbers) == head["rows"]
    if head["kind"] == "level":
        return [head["levels"][number] for number in numbers]
    if head["kind"] in ("uint", "place"):
        return numbers
    return np.cumsum([unfolded(step) for step in numbers], dtype=np.int64).tolist()


def varints(body: bytes) -> list[int]:
    numbers, value, shift = [], 0, 0
    for byte in body:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(value)
            value, shift = 0, 0
    return numbers


def drawn(columns: dict[str, Any], name: str) -> list[Any]:
    """Areas out of the columns of a pack, in tenths of a metre, filled by the even-odd rule."""
    points = iter(zip(columns[f"{name}.x"], columns[f"{name}.y"], strict=True))
    sizes = iter(columns[f"{name}.points"])
    made = []
    for rings in columns[f"{name}.rings"]:
        land = Polygon()
        for _ in range(rings):
            ring = Polygon([next(points) for _ in range(next(sizes))])
            land = land.symmetric_difference(ring)
        made.append(land)
    assert next(points, None) is None
    return made


# -- packs -----------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, MOST - 1)))
def test_whole_numbers_come_back_up_to_the_largest_a_browser_holds(numbers):
    pack = unpacked(base64_of([Column("n", "uint", numbers)]))
    assert pack["n"] == numbers


@given(st.lists(st.integers(-(2**50), 2**50)))
def test_numbers_told_by_steps_come_back(numbers):
    assert unpacked(base64_of([Column("n", "delta", numbers)]))["n"] == numbers


corners = st.lists(st.tuples(st.integers(-3, 3), st.integers(2**31, 2**31 + 2)), max_size=20)


@given(corners, corners)
def test_points_come_back_that_were_told_once(some, others):
    sets = {"a": some, "b": others}
    axes = [(f"{name}.{axis}", at) for name in sets for at, axis in enumerate("xy")]
    columns = [
        Column(key, "point", [point[at] for point in sets[key.split(".")[0]]]) for key, at in axes
    ]
    told = [column for column in told_once(columns) if column.name.endswith(".x")]
    assert sum(len(column.values) for column in told) == len({*some, *others})
    pack = unpacked(base64_of([Column("n", "uint", [7]), *columns]))
    assert list(zip(pack["a.x"], pack["a.y"], strict=True)) == some
    assert list(zip(pack["b.x"], pack["b.y"], strict=True)) == others


def test_a_neighbour_that_goes_round_the_other_way_costs_a_byte_a_corner():
    x, y = [0, 9, 9, 0, 9, 9, 20], [0, 0, 9, 9, 9, 0, 0]  # the border (9, 0)–(9, 9) comes back
    place, *_ = told_once([Column("p.x", "point", x), Column("p.y", "point", y)])
    assert (place.name, list(place.values)) == ("p.place", [0, 0, 0, 0, 1, 1, 0])


@given(st.lists(st.one_of(st.none(), st.text(max_size=3), st.floats(0, 9))))
def test_levels_come_back(values):
    assert unpacked(base64_of([Column("v", "level", values)]))["v"] == values


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=8)))
def test_texts_come_back(texts):
    assert unpacked(base64_of([Column("t", "text", texts)]))["t"] == texts


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("uint", [-1]),
        ("uint", [MOST]),
        ("delta", [-MOST]),
        ("delta", [MOST // 2, -MOST // 2]),  # each fits, the step between them does not
    ],
)
def test_a_number_no_browser_holds_is_refused(kind, numbers):
    with pytest.raises(ValueError, match=r"column n"):
        base64_of([Column("n", kind, numbers)])


# -- outlines --------------------------------------------------------------------------------------


@given(shapes)
def test_shapes_come_back_rounded_to_tenths(items):
    outlines = outlines_of(array(*items), (0, 0))
    back = drawn(unpacked(base64_of(outlines.columns("parcels"))), "parcels")
    assert len(back) == len(items)
    for shape, land in zip(items, back, strict=True):
        if shape.area > 1:
            tenths = shapely.transform(shape, lambda xy: xy * 10)
            assert land.symmetric_difference(tenths).area == 0


def test_a_hole_and_a_second_part_are_rings():
    outlines = outlines_of(array(HOLED, TWO_PARTS, box(0, 0, 1, 1)), (0, 0))
    assert outlines.rings.tolist() == [2, 2, 1]
    assert outlines.points.tolist() == [4, 4, 4, 4, 4]


def test_points_are_counted_from_the_origin():
    outlines = outlines_of(array(box(100, 200, 101, 202)), (1000, 2000))
    assert outlines.box() == (0, 0, 10, 20)


def test_land_smaller_than_a_unit_stays_on_the_map_as_a_speck():
    outlines = outlines_of(array(box(5, 5, 5.001, 5.001)), (0, 0))
    assert outlines.rings.tolist() == [1]
    assert sorted(zip(outlines.x.tolist(), outlines.y.tolist(), strict=True)) == [
        *((50, 50), (50, 51), (51, 50)),
    ]


def test_a_part_and_a_hole_that_vanish_are_dropped_and_the_rest_stays():
    crumb = MultiPolygon([box(0, 0, 10, 10), box(20, 0, 20.01, 5)])
    pinhole = Polygon(box(0, 0, 9, 9).exterior.coords, [box(4, 4, 4.01, 4.01).exterior.coords])
    outlines = outlines_of(array(crumb, pinhole), (0, 0))
    assert outlines.rings.tolist() == [1, 1]


def test_points_that_fall_together_are_one():
    close = Polygon([(0, 0), (10, 0), (10.01, 0.01), (10, 10), (0.02, 0.02)])
    outlines = outlines_of(array(close), (0, 0))
    assert list(zip(outlines.x.tolist(), outlines.y.tolist(), strict=True)) == [
        *((0, 0), (100, 0), (100, 100)),
    ]


def test_nothing_has_no_rings_and_lines_are_open():
    line = LineString([(0, 0), (5, 5), (9, 0)])
    lines = MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3), (4, 2)]])
    outlines = outlines_of(array(None, Polygon(), line, lines, box(0, 0, 1, 1)), (0, 0))
    assert outlines.rings.tolist() == [0, 0, 1, 2, 1]
    assert outlines.points.tolist() == [3, 2, 3, 4]
    assert outlines.closed.tolist() == [False, True, False, False, True]


def test_a_closed_line_keeps_its_way_back():
    ring = LineString([(0, 0), (5, 0), (5, 5), (0, 0)])
    assert outlines_of(array(ring), (0, 0)).points.tolist() == [4]


def test_what_two_parcels_share_stays_shared():
    """The corners of a grid turned by 17 degrees: whatever rounding does, it does to both."""
    cells = array(*(box(x, y, x + 40, y + 40) for x in range(0, 400, 40) for y in (0, 40)))
    turned = shapely.transform(cells, lambda xy: xy @ [[0.9563, 0.2924], [-0.2924, 0.9563]])
    outlines = outlines_of(turned, (-10_000, -10_000))
    corners = set(zip(outlines.x.tolist(), outlines.y.tolist(), strict=True))
    assert len(corners) == 11 * 3
    assert len(outlines.x) == 20 * 4


def test_rounding_moves_land_by_a_few_centimetres_only():
    whole = Point(1000, 1000).buffer(100)
    outlines = outlines_of(array(whole), (0, 0))
    back = drawn({c.name: c.values.tolist() for c in outlines.columns("s")}, "s")[0]
    metres = shapely.transform(back, lambda xy: xy / 10)
    assert metres.area == pytest.approx(whole.area, rel=1e-4)
    assert shapely.hausdorff_distance(metres, whole) <= 0.05 * 2**0.5


@given(shapes, st.data())
def test_some_rows_are_what_they_would_be_alone(items, data):
    rows = data.draw(st.lists(st.integers(0, len(items) - 1))) if items else []
    chosen = outlines_of(array(*items), (0, 0)).take(np.array(rows, dtype=np.int64))
    alone = outlines_of(array(*(items[row] for row in rows)), (0, 0))
    for name in Outlines.__dataclass_fields__:
        assert getattr(chosen, name).tolist() == getattr(alone, name).tolist()


# -- order -----------------------------------------------------------------------------------------


def test_the_curve_goes_from_cell_to_neighbouring_cell():
    y, x = np.divmod(np.arange(256), 16)
    index = hilbert_index(x, y, levels=4)
    assert sorted(index) == list(range(256))
    order = np.argsort(index)
    assert set(abs(np.diff(x[order])) + abs(np.diff(y[order]))) == {1}


@given(arrays.arrays(float, st.tuples(st.integers(0, 9), st.just(2)), elements=st.floats(0, 99)))
def test_every_row_has_one_place(points):
    assert sorted(hilbert_order(points)) == list(range(len(points)))


# -- atlas -----------------------------------------------------------------------------------------


def test_rows_take_their_entries_along():
    columns = [
        Column("parcels.id", "text", ["a", "b", "c"]),
        Column("parcels.events", "uint", [2, 0, 1]),
        Column("events.date", "level", ["a1", "a2", "c1"]),
        Column("events.rung", "uint", [1, 2, 9]),
    ]
    values = {item.name: list(item.values) for item in taken(columns, np.array([2, 0]))}
    assert values == {
        "parcels.id": ["c", "a"],
        "parcels.events": [1, 2],
        "events.date": ["c1", "a1", "a2"],
        "events.rung": [9, 1, 2],
    }


def test_entries_that_nothing_counts_are_a_mistake():
    with pytest.raises(KeyError):
        taken([Column("events.rung", "uint", [1])], np.array([0]))


def test_an_atlas_of_one_parcel_is_whole():
    outlines = outlines_of(array(HOLED), (0, 0))
    states = [Column("parcels.from", "uint", [7])]
    facts = [Column("parcels.id", "text", ["A"])]
    atlas = Atlas((0, 0), outlines, states, facts, [], [])
    rows = np.array([0])
    assert atlas.rows == 1
    for part, whole in (
        (atlas.shapes_columns(rows), atlas.shapes_columns()),
        (atlas.facts_columns(rows), atlas.facts_columns()),
    ):
        assert unpacked(base64_of(part)) == unpacked(base64_of(whole))


@pytest.fixture(scope="module")
def study() -> geo.Study:
    return geo.run(geo.read_plan(ROOT / "layers/qingxi/plan.toml"))


@pytest.fixture(scope="module")
def atlas(study: geo.Study) -> Atlas:
    return atlas_of(study)


def test_floor_space_that_no_browser_holds_is_refused(tmp_path):
    land = placed(
        rectangle(0, 0, 200, 100),
        rectangle(200, 0, 200, 100),
        parcel_id=["A", "B"],
        zone=["Z", "Z"],
        existing_floor=[1.0, 3e11],
    )
    study = geo.run(geo.read_plan(write_plan(tmp_path, land)))
    with pytest.raises(PublishError) as caught:
        study.map()
    (found,) = caught.value.findings
    assert (found.code, found.file, found.row) == ("page.too-large", "parcels.parquet", 2)
    assert (found.parcel, found.field, found.seen) == ("B", "existing_floor_m2", "3e+11")
    assert "1.37439e+11" in found.mend


def test_every_parcel_of_a_study_is_drawn_once_where_it_lies(study, atlas):
    columns = unpacked(base64_of([*atlas.shapes_columns(), *atlas.facts_columns()]))
    lands = dict(zip(columns["parcels.id"], drawn(columns, "parcels"), strict=True))
    shapes = study.parcels.geometry.to_crs(3857).translate(*(-part / 10 for part in atlas.origin))
    assert len(lands) == atlas.rows >= len(study.parcels)
    for name, shape in zip(study.parcels["parcel_id"], shapes, strict=True):
        metres = shapely.transform(lands[name], lambda xy: xy / 10)
        assert metres.symmetric_difference(shape).area < 0.05 * shape.length


def test_states_are_those_of_the_parcel_table(study, atlas):
    columns = unpacked(base64_of([*atlas.shapes_columns(), *atlas.facts_columns()]))
    rows = {name: row for row, name in enumerate(columns["parcels.id"])}
    of_table = [rows[name] for name in study.parcels["parcel_id"]]
    for name, column in {"block": "block", "bridge": "is_bridge", "counts": "counts"}.items():
        values = [columns[f"parcels.{name}"][row] for row in of_table]
        assert values == study.parcels[column].tolist()
    last = (np.cumsum(columns["parcels.changes"]) - 1)[of_table]
    for name, column in {"rung": "rung", "told": "self_reported", "counts": "counts"}.items():
        now = np.array(columns[f"changes.{name}"])[last]
        assert now.tolist() == study.parcels[column].tolist()


def test_overlays_are_told_in_the_order_of_the_payload(study, atlas):
    overlays = unpacked(base64_of(atlas.overlays_columns()))
    payload = page_payload(study)
    for key in ("zones", "blocks", "barriers"):
        assert len(overlays[f"{key}.rings"]) == len(payload[key]) > 0
    assert set(overlays["lost.kind"]) == set(range(len(payload["lost"])))
    assert overlays["barriers.closed"] == [0] * len(payload["barriers"])


def test_no_geometry_is_left_in_the_payload(study):
    assert "coordinates" not in json.dumps(page_payload(study))
