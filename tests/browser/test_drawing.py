"""What the painter puts on the screen: every parcel where it lies, in the colour of its stage."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

import geo
from geo.colours import stage_colours
from geo.earth.crs import transform
from geo.webmap.atlas import atlas_of
from geo.webmap.outlines import UNITS_PER_M, WEB_MERCATOR, outlines_of
from geo.webmap.packing import Column, base64_of

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
GROUND = "#eef1f0"
COUNTED, NOT_COUNTED = 0.95, 0.5

READ = """({ points, zoom }) => {
  const { app, inside } = window;
  const { x0, y0 } = app.payload.world;
  const scale = (256 * 2 ** zoom) / (2 * Math.PI * 6378137 * 10);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [west, north] = [Math.min(...xs) - 100, Math.max(...ys) + 100];
  const width = Math.ceil((Math.max(...xs) + 100 - west) * scale);
  const height = Math.ceil((north - Math.min(...ys) + 100) * scale);
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  inside.paint(app, pen, { width, height, ratio: 1, west, north, scale, side: 0 });
  return points.map(([x, y]) =>
    [...pen.getImageData((x - west) * scale, (north - y) * scale, 1, 1).data],
  );
}"""

ON_TILES = """(points) => points.map(([lat, lng]) => {
  const at = window.app.map.latLngToContainerPoint([lat, lng]);
  const field = window.app.map.getContainer().getBoundingClientRect();
  const [x, y] = [field.left + at.x, field.top + at.y];
  for (const canvas of document.querySelectorAll("canvas.leaflet-tile")) {
    const box = canvas.getBoundingClientRect();
    if (x < box.left || x >= box.right || y < box.top || y >= box.bottom) continue;
    const inView = x > field.left && x < field.right && y > field.top && y < field.bottom;
    const pen = canvas.getContext("2d");
    return inView ? [...pen.getImageData(x - box.left, y - box.top, 1, 1).data] : null;
  }
  return null;
})"""


@pytest.fixture(scope="module")
def study(qingxi: geo.Study) -> geo.Study:
    return qingxi


@pytest.fixture(scope="module")
def page(browser: Any, qingxi_inside: Path) -> Iterator[Any]:
    """Qingxi with its closed scope opened for the test, and nothing over the parcels."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, offline=True, bypass_csp=True, color_scheme="light"
    )
    page = context.new_page()
    page.goto(qingxi_inside.as_uri())
    page.wait_for_selector("html[data-ready]")
    yield page
    context.close()


def still(page: Any) -> None:
    """Wait until every tile is painted."""
    page.evaluate("() => { document.documentElement.removeAttribute('data-ready'); }")
    page.evaluate("() => window.app.drawn.refresh()")
    page.wait_for_selector("html[data-ready]")


def only_parcels(page: Any) -> None:
    for key in ("zones", "blocks", "barriers", "labels", "lost"):
        page.evaluate("(key) => window.app.drawn.show(key, false)", key)
    still(page)


def inner_points(study: geo.Study) -> list[list[float]]:
    """The point of each parcel that is farthest from its edge, in world units."""
    shapes = transform(study.parcels.geometry.to_numpy(), study.land.crs, WEB_MERCATOR)
    middles = [shapely.maximum_inscribed_circle(shape).coords[0] for shape in shapes]
    xy = np.array(middles) * UNITS_PER_M - atlas_of(study).origin
    return [[float(x), float(y)] for x, y in xy]


def mixed(colour: str, opacity: float) -> list[int]:
    parts = [(int(colour[at : at + 2], 16), int(GROUND[at : at + 2], 16)) for at in (1, 3, 5)]
    return [int(above * opacity + below * (1 - opacity) + 0.5) for above, below in parts]


def stage_pixels(study: geo.Study) -> list[list[int]]:
    colours = stage_colours(len(study.plan.stages))
    counts, rungs = study.parcels["counts"], study.parcels["rung"]
    return [
        mixed(colours[rung], COUNTED if counted else NOT_COUNTED)
        for rung, counted in zip(rungs, counts, strict=True)
    ]


EDGES = """() => {
  const { app, inside } = window;
  app.state.set({ selected: { kind: "block", id: app.payload.blocks[0].id } });
  const frame = inside.frameOf(app);
  const canvas = document.querySelector("canvas.lr-labels");
  const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const [xs, ys] = [[], []];
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] !== 194 || data[at + 1] !== 24 || data[at + 2] !== 91) continue;
    xs.push((at / 4) % width);
    ys.push(Math.floor(at / 4 / width));
  }
  const ends = (values) => values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [1e9, 0]);
  const [west, south, east, north] = app.drawn.boxOf(app.state.get("selected"));
  const across = [west, east].map((x) => (x - frame.west) * frame.scale * frame.ratio);
  const down = [north, south].map((y) => (frame.north - y) * frame.scale * frame.ratio);
  return [[...ends(xs), ...ends(ys)], [...across, ...down]];
}"""


# -- what is seen ----------------------------------------------------------------------------------


def test_every_parcel_has_the_colour_of_its_stage(page: Any, study: geo.Study) -> None:
    only_parcels(page)
    seen = page.evaluate(READ, {"points": inner_points(study), "zoom": 17})
    told = study.parcels["self_reported"].tolist()
    for pixel, expected, hatched in zip(seen, stage_pixels(study), told, strict=True):
        if not hatched:
            assert np.abs(np.subtract(pixel[:3], expected)).max() <= 1
            assert pixel[3] == 255


def test_on_a_sharp_screen_the_outline_is_about_what_is_selected(
    browser: Any, qingxi_inside: Path
) -> None:
    context = browser.new_context(device_scale_factor=2, offline=True, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{qingxi_inside.as_uri()}#theme=light")
    page.wait_for_selector("html[data-ready]")
    seen, wanted = page.evaluate(EDGES)
    assert seen == pytest.approx(wanted, abs=6)
    context.close()


def test_self_reported_land_is_striped(page: Any, study: geo.Study) -> None:
    only_parcels(page)
    points = inner_points(study)
    told = [points[at] for at in np.flatnonzero(study.parcels["self_reported"])]
    assert len(told) > 3
    for x, y in told:
        near = [[x + 40 * step, y] for step in range(-3, 4)]
        seen = page.evaluate(READ, {"points": near, "zoom": 17})
        assert len({tuple(pixel) for pixel in seen}) > 1


def test_the_tiles_show_what_the_painter_paints(page: Any, study: geo.Study) -> None:
    """Before and after zooming and panning; the zoom need not be a whole number."""
    only_parcels(page)
    shapes = transform(study.parcels.geometry.to_numpy(), study.land.crs, WEB_MERCATOR)
    middles = np.array([shapely.maximum_inscribed_circle(shape).coords[0] for shape in shapes])
    half = np.pi * 6378137
    lng = middles[:, 0] / half * 180
    lat = np.degrees(2 * np.arctan(np.exp(middles[:, 1] / half * np.pi)) - np.pi / 2)
    places = np.column_stack([lat, lng]).tolist()
    told = study.parcels["self_reported"].tolist()
    for move in ("setZoom(15.75)", "panBy([300, -120])", "setZoom(17)"):
        page.evaluate(f"() => window.app.map.{move.replace(')', ', {animate: false})')}")
        page.wait_for_timeout(100)
        still(page)
        seen = page.evaluate(ON_TILES, places)
        shown = [
            (pixel, expected)
            for pixel, expected, hatched in zip(seen, stage_pixels(study), told, strict=True)
            if pixel and not hatched
        ]
        assert len(shown) > 5
        wrong = [pair for pair in shown if np.abs(np.subtract(pair[0][:3], pair[1])).max() > 1]
        assert wrong == []


def test_a_press_on_a_parcel_finds_that_parcel(page: Any, study: geo.Study) -> None:
    found = page.evaluate(
        """async (points) => {
          const { app } = window;
          const { x0, y0 } = app.payload.world;
          const { "parcels.id": ids } = await app.atlas.all("facts");
          return points.map(([x, y]) => {
            const at = L.CRS.EPSG3857.unproject(L.point((x + x0) / 10, (y + y0) / 10));
            return ids[app.drawn.hit(at)];
          });
        }""",
        inner_points(study),
    )
    assert len(found) == 304
    assert found == study.parcels["parcel_id"].tolist()


def test_a_press_outside_all_land_finds_nothing(page: Any) -> None:
    assert page.evaluate("() => window.app.drawn.hit([22.0, 114.0])") == -1
    assert page.evaluate("() => window.app.drawn.hitBlock([22.0, 114.0])") is None


def test_enter_takes_what_lies_in_the_middle_of_the_map(page: Any, study: geo.Study) -> None:
    only_parcels(page)
    page.evaluate(
        """([x, y]) => {
          const { map, payload } = window.app;
          const { x0, y0 } = payload.world;
          const at = L.CRS.EPSG3857.unproject(L.point((x + x0) / 10, (y + y0) / 10));
          map.setView(at, 18, { animate: false });
          map.getContainer().focus();
        }""",
        inner_points(study)[7],
    )
    page.keyboard.press("Enter")
    chosen = page.evaluate(
        """async () => {
          const { state, atlas } = window.app;
          const { row, kind } = state.get("selected");
          return [kind, (await atlas.record(row)).id];
        }"""
    )
    assert chosen == ["parcel", study.parcels["parcel_id"].iat[7]]
    page.evaluate("() => window.app.state.set({ selected: null })")


def test_the_line_of_a_block_finds_the_block(page: Any, study: geo.Study) -> None:
    page.evaluate("() => window.app.drawn.show('blocks', true)")
    page.evaluate("() => window.app.map.setZoom(17, { animate: false })")
    shapes = transform(study.blocks.geometry.to_numpy(), study.land.crs, WEB_MERCATOR)
    half = np.pi * 6378137
    for name, shape in zip(study.blocks["block"], shapes, strict=True):
        part = max(shapely.get_parts(shape), key=lambda item: item.area)
        x, y = np.mean(part.exterior.coords[:2], axis=0)
        place = [
            float(np.degrees(2 * np.arctan(np.exp(y / half * np.pi)) - np.pi / 2)),
            x / half * 180,
        ]
        assert page.evaluate("(at) => window.app.drawn.hitBlock(at)", place) == name
        page.evaluate("() => window.app.drawn.show('blocks', false)")
        assert page.evaluate("(at) => window.app.drawn.hitBlock(at)", place) is None
        page.evaluate("() => window.app.drawn.show('blocks', true)")


# -- labels ----------------------------------------------------------------------------------------

LABELS = """(zoom) => {
  const { app, inside } = window;
  app.map.setView(app.map.getCenter(), zoom, { animate: false });
  const boxes = [];
  const frame = inside.frameOf(app, 0);
  const pen = inside.sized(document.createElement("canvas"), frame);
  inside.labelInto(app, pen, frame, boxes);
  return [frame.width, frame.height, boxes];
}"""


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_no_label_lies_over_another_or_out_of_sight(page: Any, size: tuple[int, int]) -> None:
    for key in ("zones", "blocks", "barriers", "labels"):
        page.evaluate("(key) => window.app.drawn.show(key, true)", key)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.evaluate("() => window.app.map.invalidateSize({ animate: false })")
    page.evaluate("() => window.app.drawn.whole({ animate: false })")
    written = 0
    for zoom in (13.5, 14.25, 15, 16.5, 18):
        width, height, boxes = page.evaluate(LABELS, zoom)
        written += len(boxes)
        drawn = [box(b["x"], b["y"], b["x"] + b["width"], b["y"] + b["height"]) for b in boxes]
        field = box(0, 0, width, height)
        assert all(field.covers(label) for label in drawn)
        tree = shapely.STRtree(drawn)
        over = tree.query(drawn, predicate="intersects")
        shared = [drawn[i].intersection(drawn[j]).area for i, j in over.T if i < j]
        assert sum(shared) == 0
    assert written > 50
    page.set_viewport_size({"width": 1440, "height": 900})
    page.evaluate("() => window.app.map.invalidateSize({ animate: false })")


# -- holes, parts, tiny land -----------------------------------------------------------------------

HOLED = Polygon(box(0, 0, 30, 30).exterior.coords, [box(10, 10, 20, 20).exterior.coords])
TWO_PARTS = MultiPolygon([box(100, 0, 110, 10), box(120, 0, 130, 10)])
INNER = box(12, 12, 18, 18)


def test_a_point_in_a_hole_or_between_parts_is_not_in_the_parcel(page: Any) -> None:
    shapes = np.array([HOLED, TWO_PARTS, INNER, Polygon()], dtype=object)
    pack = base64_of(outlines_of(shapes, (-1000, -1000)).columns("parcels"))
    points = [(50, 50), (110, 110), (150, 150), (1050, 50), (1150, 50), (1250, 50), (5000, 0)]
    box_, found = page.evaluate(
        """async ([pack, points]) => {
          const set = window.inside.outlined(await window.inside.unpack(pack), "parcels");
          return [set.box, points.map(([x, y]) => window.inside.rowAt(set, x + 1000, y + 1000))];
        }""",
        [pack, points],
    )
    assert box_ == [1000, 1000, 2300, 1300]
    assert found == [0, -1, 2, 1, -1, 1, -1]


def test_a_set_of_nothing_holds_nothing(page: Any) -> None:
    for shapes in ([], [Polygon(), None]):
        pack = base64_of(outlines_of(np.array(shapes, dtype=object), (0, 0)).columns("parcels"))
        found = page.evaluate(
            """async (pack) => {
              const set = window.inside.outlined(await window.inside.unpack(pack), "parcels");
              const { rowAt, rowsIn } = window.inside;
              return [rowAt(set, 0, 0), rowsIn(set, [0, 0, 9, 9]).length];
            }""",
            pack,
        )
        assert found == [-1, 0]


def test_the_grid_finds_all_rows_of_a_box_once_and_no_others(page: Any) -> None:
    rng = np.random.default_rng(6)
    low = rng.integers(0, 10_000, (500, 2))
    size = rng.integers(1, 900, (500, 2))
    shapes = shapely.box(*low.T, *(low + size).T)
    pack = base64_of(outlines_of(shapes, (0, 0)).columns("parcels"))
    asked = [(0, 0, 109_000, 109_000), (20_000, 30_000, 41_000, 33_000), (500, 500, 500, 500)]
    found = page.evaluate(
        """async ([pack, asked]) => {
          const set = window.inside.outlined(await window.inside.unpack(pack), "parcels");
          return asked.map((box) => [...window.inside.rowsIn(set, box)]);
        }""",
        [pack, asked],
    )
    for rows, (west, south, east, north) in zip(found, asked, strict=True):
        first, last = low * 10, (low + size) * 10
        touches = (first <= [east, north]).all(axis=1) & (last >= [west, south]).all(axis=1)
        assert rows == np.flatnonzero(touches).tolist()


def test_the_slow_inflater_gives_the_same(page: Any, study: geo.Study) -> None:
    """What a browser without DecompressionStream reads."""
    same = page.evaluate(
        """async () => {
          const { inside } = window;
          const text = document.getElementById("landready-shapes").textContent;
          const fast = await inside.unpack(text);
          const slow = inside.columnsOf(inside.inflateSlowly(inside.bytesOf(text)));
          const all = (columns) => JSON.stringify(
            Object.entries(columns).map(([key, { levels, codes, ...rest }]) =>
              [key, levels, codes && [...codes], ...Object.values(rest)]),
          );
          return [all(fast) === all(slow), all(fast).length];
        }"""
    )
    assert same[0]
    assert same[1] > 10_000


def test_the_browser_reads_packs_as_python_does(page: Any) -> None:
    numbers = [0, 1, 127, 128, 2**28, 2**31, 2**53 - 1]
    steps = [5, -3, 2**51, -(2**51), 0]
    points = [
        *(Column("a.x", "point", [0, 9, 9, 0]), Column("a.y", "point", [0, 0, 9, 9])),
        *(Column("b.x", "point", [9, 9, 20]), Column("b.y", "point", [9, 0, -5])),
    ]
    pack = base64_of([Column("n", "uint", numbers), Column("d", "delta", steps), *points])
    read = page.evaluate(
        """async (pack) =>
          Object.entries(await window.inside.unpack(pack)).map(([key, all]) => [key, [...all]])""",
        pack,
    )
    own = [[column.name, list(column.values)] for column in points]
    assert read == [["n", numbers], ["d", steps], *own]


# -- time ------------------------------------------------------------------------------------------


def test_stages_of_every_date_are_those_of_the_study(page: Any, study: geo.Study) -> None:
    seen = page.evaluate(
        """async () => {
          const { app, inside } = window;
          const [chunk] = app.atlas.chunks;
          const { "parcels.id": ids } = await app.atlas.all("facts");
          const { "parcels.from": from, "parcels.until": until } = chunk.shapes.columns;
          return app.payload.time.dates.map((_, date) => {
            const [rung, told] = [inside.rungAt(chunk, date), inside.toldAt(chunk, date)];
            const there = ids.map((id, row) => [id, row]);
            return there
              .filter(([, row]) => from[row] <= date && date <= until[row])
              .map(([id, row]) => [id, rung[row], told[row]]);
          });
        }"""
    )
    days = [(ground, at) for ground in study.grounds for at in ground.histories]
    assert len(seen) == len(days) > 1
    for rows, (ground, at) in zip(seen, days, strict=True):
        ids = ground.parcels["parcel_id"]
        expected = zip(ids, at.rung.tolist(), at.self_reported.astype(int).tolist(), strict=True)
        assert sorted(map(tuple, rows)) == sorted(expected)
