"""Drawings: closed polylines are land, arcs are chorded within a stated tolerance, nothing goes."""

import math
from pathlib import Path
from typing import Any

import ezdxf
import pytest
import shapely
from ezdxf.document import Drawing
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import LayerError
from geo.findings import Finding
from geo.readers import drawing
from geo.readers.raw import RawLayer
from geo.units import M2_PER_MU

BOX = [(0, 0), (200, 0), (200, 100), (0, 100)]
"""30 mu."""


def blank(version: str = "R2010", units: int = 6) -> Drawing:
    document = ezdxf.new(version)
    document.header["$INSUNITS"] = units
    return document


def save(document: Drawing, folder: Path, **options: Any) -> Path:
    path = folder / "parcels.dxf"
    document.saveas(path, **options)
    return path


def one(folder: Path, draw: Any, **options: Any) -> RawLayer:
    document = blank(**options)
    draw(document.modelspace())
    return drawing.read(save(document, folder))


def refused(path: Path, **options: Any) -> Finding:
    with pytest.raises(LayerError) as stopped:
        drawing.read(path, **options)
    (found,) = stopped.value.findings
    assert found.severity == "error"
    assert found.file == path.name
    return found


def mu(layer: RawLayer) -> list[float]:
    return (shapely.area(layer.shapes) / M2_PER_MU).tolist()


def codes(layer: RawLayer) -> list[str]:
    return [found.code for found in layer.findings]


# --- what becomes a polygon


@pytest.mark.parametrize("fmt", ["asc", "bin"])
@pytest.mark.parametrize("version", ["R12", "R2000", "R2010", "R2018"])
def test_a_closed_polyline_is_land(version: str, fmt: str, tmp_path: Path) -> None:
    document = blank(version)
    document.modelspace().add_polyline2d(BOX, close=True)
    layer = drawing.read(save(document, tmp_path, fmt=fmt))
    assert mu(layer) == [30.0]
    assert layer.crs is None
    assert layer.name == "0"
    assert codes(layer) == []


def test_ends_within_a_millimetre_are_closed_and_told(tmp_path: Path) -> None:
    layer = one(tmp_path, lambda space: space.add_lwpolyline([*BOX, (0, 0.0009)]))
    assert mu(layer) == [30.0]
    (found,) = layer.findings
    assert (found.code, found.layer, found.row, found.changed) == ("drawing.closed", "0", 1, True)


def test_an_open_polyline_stays_a_line(tmp_path: Path) -> None:
    def draw(space: Any) -> None:
        space.add_lwpolyline(BOX, close=True)
        space.add_lwpolyline([*BOX, (0, 0.0011)])

    layer = one(tmp_path, draw)
    assert [shape.geom_type for shape in layer.shapes] == ["Polygon", "LineString"]
    assert layer.findings == []


def test_a_closed_3d_polyline_is_land_as_seen_from_above(tmp_path: Path) -> None:
    points = [(x, y, x / 10) for x, y in BOX]
    layer = one(tmp_path, lambda space: space.add_polyline3d(points, close=True))
    assert mu(layer) == [30.0]


def test_a_polyline_seen_from_below_is_mirrored(tmp_path: Path) -> None:
    """An extrusion of (0, 0, -1) turns x around; AutoCAD writes it after MIRROR3D."""
    attributes = {"extrusion": (0, 0, -1)}
    layer = one(
        tmp_path, lambda space: space.add_lwpolyline(BOX, close=True, dxfattribs=attributes)
    )
    assert layer.shapes[0].bounds == (-200, 0, 0, 100)


# --- arcs


def test_a_circle_is_right_within_the_tolerance_of_its_edge(tmp_path: Path) -> None:
    layer = one(tmp_path, lambda space: space.add_circle((500, 500), 100))
    area, edge = math.pi * 100**2, math.tau * 100
    assert 0 < area - layer.shapes[0].area < edge * drawing.CHORD_M
    (found,) = layer.findings
    assert (found.code, found.row) == ("drawing.chorded", 1)
    assert "0.001 m" in found.message


def test_bulges_are_half_circles(tmp_path: Path) -> None:
    """Two points and two bulges of 1 are a circle; one bulge of -1 bites a half circle out."""

    def draw(space: Any) -> None:
        space.add_lwpolyline([(0, 0, 1), (20, 0, 1)], format="xyb", close=True)
        space.add_lwpolyline(
            [(0, 0, 0), (200, 0, -1), (200, 100, 0), (0, 100, 0)], format="xyb", close=True
        )

    layer = one(tmp_path, draw)
    assert layer.shapes[0].area == pytest.approx(math.pi * 100, abs=math.tau * 10 * 0.001)
    bitten = 200 * 100 - math.pi * 50**2 / 2
    assert layer.shapes[1].area == pytest.approx(bitten, abs=math.pi * 50 * 0.001)


@given(bulge=st.floats(-3, 3), radius=st.floats(1, 1e4))
def test_no_chord_is_further_from_its_arc_than_stated(bulge: float, radius: float) -> None:
    points = drawing._chained([(0, 0, bulge), (radius, 0, 0)], closed=False)
    if abs(bulge) < 1e-6:
        return
    center, _, _, round_ = drawing.bulge_to_arc((0, 0), (radius, 0), bulge)
    middles = (points[1:] + points[:-1]) / 2
    away = [math.hypot(x - center.x, y - center.y) for x, y in middles]
    assert max(abs(round_ - each) for each in away) <= 0.001 + 1e-7 * round_


def test_ellipses_and_closed_splines(tmp_path: Path) -> None:
    def draw(space: Any) -> None:
        space.add_ellipse((0, 0), major_axis=(100, 0), ratio=0.5)
        space.add_ellipse((0, 0), (100, 0), 0.5, start_param=0, end_param=3)
        space.add_open_spline([(0, 0), (100, 0), (0, 100), (0, 0)])  # one cubic, from 0 to 0
        space.add_open_spline([(0, 0), (100, 0), (0, 100), (1, 0)])

    layer = one(tmp_path, draw)
    assert [shape.geom_type for shape in layer.shapes] == ["Polygon", "Polygon"]
    assert layer.shapes[0].area == pytest.approx(math.pi * 100 * 50, abs=0.5)
    assert layer.shapes[1].area == pytest.approx(3 / 20 * 100 * 100, abs=0.3)
    others = [found for found in layer.findings if found.code == "drawing.others"]
    assert [found.seen for found in others] == ["ELLIPSE 1, SPLINE 1"]


@pytest.mark.parametrize("radius", [1e12, 1e300])
def test_a_circle_wider_than_the_earth_is_no_shape(radius: float, tmp_path: Path) -> None:
    def draw(space: Any) -> None:
        space.add_lwpolyline(BOX, close=True)
        space.add_circle((0, 0), radius)

    layer = one(tmp_path, draw)
    assert layer.shapes[1] is None
    (found,) = [found for found in layer.findings if found.code == "drawing.damaged"]
    assert (found.row, found.layer) == (2, "0")


def test_arcs_that_take_too_many_chords_are_no_shape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "MOST_POINTS", 100)
    document = blank()
    document.modelspace().add_lwpolyline([(0, 0, 1), (900, 0, 1)], format="xyb", close=True)
    document.modelspace().add_lwpolyline(BOX, close=True)
    layer = drawing.read(save(document, tmp_path))
    assert [found.code for found in layer.findings] == ["drawing.damaged"]
    assert "too many chords" in layer.findings[0].message
    assert [shape is None for shape in layer.shapes] == [True, False]


# --- blocks


def test_blocks_are_taken_apart_where_they_are_inserted(tmp_path: Path) -> None:
    document = blank()
    block = document.blocks.new("LOT")
    block.add_lwpolyline(BOX, close=True)
    twice = document.blocks.new("TWO")
    twice.add_blockref("LOT", (0, 0))
    twice.add_blockref("LOT", (0, 100))
    document.modelspace().add_blockref("TWO", (1000, 0), dxfattribs={"layer": "宗地"})
    layer = drawing.read(save(document, tmp_path))
    assert layer.name == "宗地"
    assert mu(layer) == [30.0, 30.0]
    assert [shape.bounds for shape in layer.shapes] == [
        (1000, 0, 1200, 100),
        (1000, 100, 1200, 200),
    ]


def test_a_block_in_itself_comes_to_an_end(tmp_path: Path) -> None:
    document = blank()
    block = document.blocks.new("LOOP")
    block.add_lwpolyline(BOX, close=True)
    block.add_blockref("LOOP", (0, 100))
    document.modelspace().add_blockref("LOOP", (0, 0))
    layer = drawing.read(save(document, tmp_path))
    assert len(layer.shapes) == drawing.MOST_NESTED
    assert [found.seen for found in layer.findings] == ["INSERT 1"]


def test_a_bomb_of_blocks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "MOST_ENTITIES", 1000)
    document = blank()
    document.blocks.new("B0").add_lwpolyline(BOX, close=True)
    for depth in range(1, 7):
        block = document.blocks.new(f"B{depth}")
        for _ in range(10):
            block.add_blockref(f"B{depth - 1}", (0, 0))
    document.modelspace().add_blockref("B6", (0, 0))
    assert refused(save(document, tmp_path)).code == "file.large"


# --- units, layers, texts


@pytest.mark.parametrize(("units", "name"), [(1, "inches"), (2, "feet"), (4, "millimetres")])
def test_a_drawing_in_other_units_is_refused(units: int, name: str, tmp_path: Path) -> None:
    document = blank(units=units)
    document.modelspace().add_lwpolyline(BOX, close=True)
    found = refused(save(document, tmp_path))
    assert found.code == "drawing.units"
    assert name in found.message
    assert "UNITS" in found.mend


def test_a_drawing_without_units_is_in_metres(tmp_path: Path) -> None:
    layer = one(tmp_path, lambda space: space.add_lwpolyline(BOX, close=True), units=0)
    assert mu(layer) == [30.0]


def two_layers(folder: Path) -> Path:
    document = blank()
    space = document.modelspace()
    for place in range(3):
        points = [(x + 200 * place, y) for x, y in BOX]
        space.add_lwpolyline(points, close=True, dxfattribs={"layer": "宗地", "color": place})
    space.add_lwpolyline(BOX, close=True, dxfattribs={"layer": "道路"})
    space.add_lwpolyline(BOX[:2], dxfattribs={"layer": "标注"})
    return save(document, folder)


def test_several_layers_are_named_with_their_counts(tmp_path: Path) -> None:
    found = refused(two_layers(tmp_path))
    assert found.code == "layer.choose"
    assert found.seen == "宗地 (3), 道路 (1)"


def test_a_layer_is_chosen_by_name(tmp_path: Path) -> None:
    layer = drawing.read(two_layers(tmp_path), layer="宗地")
    assert mu(layer) == [30.0, 30.0, 30.0]
    assert layer.cells.column_names == ["Layer", "Handle", "Color", "Text"]
    assert layer.cells["Color"].to_pylist() == [0, 1, 2]
    assert len(set(layer.cells["Handle"].to_pylist())) == 3


def test_an_unknown_layer_is_told_the_right_one(tmp_path: Path) -> None:
    found = refused(two_layers(tmp_path), layer="宗 地")
    assert found.code == "layer.unknown"
    assert "did you mean '宗地'" in found.message


def test_texts_go_to_the_one_polygon_they_stand_in(tmp_path: Path) -> None:
    def draw(space: Any) -> None:
        space.add_lwpolyline(BOX, close=True)
        space.add_lwpolyline([(x + 200, y) for x, y in BOX], close=True)
        space.add_lwpolyline([(x / 10 + 300, y / 10 + 50) for x, y in BOX], close=True)
        space.add_text("LM-A1").set_placement((10, 10))
        space.add_mtext("{\\fSimSun;工业}\\P用地", dxfattribs={"insert": (20, 20)})
        space.add_text("LM-A2").set_placement((210, 10))
        space.add_text("both").set_placement((305, 55))
        space.add_text("none").set_placement((-10, 10))

    layer = one(tmp_path, draw)
    assert layer.cells["Text"].to_pylist() == ["LM-A1; 工业 用地", "LM-A2", None]
    (found,) = layer.findings
    assert (found.code, found.seen) == ("drawing.text", "2")


def test_what_is_no_polyline_is_counted_by_kind(tmp_path: Path) -> None:
    def draw(space: Any) -> None:
        space.add_lwpolyline(BOX, close=True)
        space.add_line((0, 0), (1, 1))
        space.add_line((0, 0), (1, 2))
        space.add_point((0, 0))

    (found,) = one(tmp_path, draw).findings
    assert (found.code, found.severity, found.seen) == ("drawing.others", "info", "LINE 2, POINT 1")


def test_a_drawing_of_lines_only_holds_no_shape(tmp_path: Path) -> None:
    document = blank()
    document.modelspace().add_line((0, 0), (1, 1))
    assert refused(save(document, tmp_path)).code == "layer.no-geometry"


@pytest.mark.parametrize("page", [b"ANSI_936", b"ANSI_1252", b"nonsense"])
def test_old_chinese_text_is_read_whatever_the_code_page_says(page: bytes, tmp_path: Path) -> None:
    document = blank("R2000")
    document.encoding = "gbk"
    document.modelspace().add_lwpolyline(BOX, close=True, dxfattribs={"layer": "宗地"})
    document.modelspace().add_text("长山头").set_placement((10, 10))
    path = save(document, tmp_path, encoding="gbk")
    data = path.read_bytes()
    assert "宗地".encode("gbk") in data
    path.write_bytes(data.replace(b"ANSI_936", page).replace(b"ANSI_1252", page))
    layer = drawing.read(path)
    assert layer.name == "宗地"
    assert layer.cells["Text"].to_pylist() == ["长山头"]


# --- damage


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_a_part_of_a_drawing_is_refused(share: float, tmp_path: Path) -> None:
    path = two_layers(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert refused(path).code == "layer.unreadable"


@pytest.mark.parametrize("content", [b"", b"hello", b"0\nSECTION\n", b"\0\xff" * 99])
def test_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "parcels.dxf"
    path.write_bytes(content)
    assert refused(path).code in ("layer.unreadable", "layer.no-geometry")


def test_what_was_passed_over_is_told(tmp_path: Path) -> None:
    document = blank()
    document.blocks.new("LOT").add_lwpolyline(BOX, close=True)
    document.modelspace().add_lwpolyline(BOX, close=True)
    path = save(document, tmp_path)
    path.write_bytes(path.read_bytes().replace(b"ENDBLK", b"ENDBLX"))
    found = drawing.read(path).findings
    assert [(each.code, each.severity) for each in found] == [("drawing.passed-over", "error")]
    assert "ENDBLK" in found[0].message


def test_a_drawing_beyond_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "LARGEST_BYTES", 1000)
    assert refused(two_layers(tmp_path)).code == "file.large"


def test_mutated_drawings_end_in_a_layer_or_a_refusal(tmp_path: Path) -> None:
    path = two_layers(tmp_path)
    data = bytearray(path.read_bytes())
    start = data.find(b"ENTITIES")
    refusals = 0
    for at in range(start, len(data), 23):
        changed = bytearray(data)
        changed[at] = (changed[at] * 7 + at) % 256
        path.write_bytes(changed)
        try:
            drawing.read(path, layer="宗地")
        except LayerError:
            refusals += 1
    assert refusals > 5
