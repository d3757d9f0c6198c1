"""KML: placemarks of one folder as rows, every text under its own name, nothing lost or guessed."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from geo.errors import LayerError
from geo.findings import Finding
from geo.readers import kml
from geo.readers.raw import RawLayer
from geo.readers.vector import read_vector

NAMESPACE = "http://www.opengis.net/kml/2.2"
LOT = box(114.10, 22.80, 114.11, 22.81)
HOLE = box(114.102, 22.802, 114.104, 22.804)
FAR = box(114.12, 22.80, 114.13, 22.81)


def points(shape: Polygon, height: str = "") -> str:
    return " ".join(f"{x!r},{y!r}{height}" for x, y in shape.exterior.coords)


def ring(kind: str, *coordinates: str) -> str:
    rings = (f"<LinearRing><coordinates>{c}</coordinates></LinearRing>" for c in coordinates)
    return f"<{kind}>{''.join(rings)}</{kind}>"


def polygon(shell: str, *holes: str) -> str:
    inner = (ring("innerBoundaryIs", hole) for hole in holes)
    return f"<Polygon>{ring('outerBoundaryIs', shell)}{''.join(inner)}</Polygon>"


def mark(shape: str = "", name: str = "甲", data: str = "") -> str:
    return f"<Placemark><name>{name}</name>{data}{shape}</Placemark>"


def folder(name: str, *marks: str) -> str:
    return f"<Folder><name>{name}</name>{''.join(marks)}</Folder>"


def write(folder: Path, *body: str, namespace: str | None = NAMESPACE) -> Path:
    told = "" if namespace is None else f' xmlns="{namespace}"'
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<kml{told}><Document>{"".join(body)}'
    path = folder / "地块.kml"
    path.write_text(f"{text}</Document></kml>", encoding="utf-8")
    return path


def read(tmp_path: Path, *body: str) -> RawLayer:
    return kml.read(write(tmp_path, *body))


def refused(path: Path, layer: str | None = None) -> Finding:
    with pytest.raises(LayerError) as stopped:
        kml.read(path, layer=layer)
    (found,) = stopped.value.findings
    assert (found.severity, found.file) == ("error", "地块.kml")
    return found


def told(layer: RawLayer) -> list[tuple[str, str, str, int | None]]:
    return [(item.code, item.file, item.layer, item.row) for item in layer.findings]


# --- shapes


def test_a_placemark_is_a_row(tmp_path: Path) -> None:
    layer = read(tmp_path, mark(polygon(points(LOT))), mark(polygon(points(FAR)), "乙"))
    assert layer.cells.to_pydict() == {"name": ["甲", "乙"]}
    assert shapely.equals_identical(layer.shapes, np.array([LOT, FAR])).all()
    assert (layer.name, layer.crs, layer.findings) == ("地块", "EPSG:4326", [])


def test_holes_are_holes(tmp_path: Path) -> None:
    layer = read(tmp_path, mark(polygon(points(LOT), points(HOLE))))
    assert layer.shapes[0].area == pytest.approx(LOT.area - HOLE.area, rel=1e-12)
    assert len(layer.shapes[0].interiors) == 1


def test_holes_in_one_boundary_are_all_holes(tmp_path: Path) -> None:
    """Some programs write every hole into one innerBoundaryIs; none of them may be lost."""
    other = box(114.106, 22.806, 114.108, 22.808)
    inner = ring("innerBoundaryIs", points(HOLE), points(other))
    shape = f"<Polygon>{ring('outerBoundaryIs', points(LOT))}{inner}</Polygon>"
    layer = read(tmp_path, mark(shape))
    assert layer.shapes[0].area == pytest.approx(LOT.area - HOLE.area - other.area, rel=1e-12)


def test_several_polygons_are_one_multipolygon(tmp_path: Path) -> None:
    two = f"<MultiGeometry>{polygon(points(LOT))}{polygon(points(FAR))}</MultiGeometry>"
    nested = f"<MultiGeometry><MultiGeometry>{polygon(points(LOT))}</MultiGeometry></MultiGeometry>"
    layer = read(tmp_path, mark(two), mark(nested))
    assert layer.shapes[0].equals(shapely.MultiPolygon([LOT, FAR]))
    assert layer.shapes[1].equals(shapely.MultiPolygon([LOT]))
    assert layer.findings == []


def test_a_polygon_with_its_label_stays_mixed(tmp_path: Path) -> None:
    label = "<Point><coordinates>114.1,22.8</coordinates></Point>"
    line = "<LineString><coordinates>114.1,22.8 114.2,22.8</coordinates></LineString>"
    both = f"<MultiGeometry>{label}{polygon(points(LOT))}</MultiGeometry>"
    layer = read(tmp_path, mark(both), mark(label), mark(line), mark())
    kinds = [shape if shape is None else shape.geom_type for shape in layer.shapes]
    assert kinds == ["GeometryCollection", "Point", "LineString", None]


def test_zero_heights_are_nothing_and_others_are_told(tmp_path: Path) -> None:
    flat, high = polygon(points(LOT, ",0")), polygon(points(FAR, ",35.5"))
    assert read(tmp_path, mark(flat)).findings == []
    layer = read(tmp_path, mark(flat), mark(high), mark(high))
    assert not shapely.has_z(layer.shapes).any()
    (found,) = layer.findings
    assert (found.code, found.severity, found.changed) == ("geometry.heights", "info", True)
    assert (found.file, found.layer, found.row, found.seen) == ("地块.kml", "地块", None, "Z")
    assert "2 rows" in found.message


# --- faults of rows


def test_an_open_ring_is_named_by_its_row(tmp_path: Path) -> None:
    cut = points(LOT).rpartition(" ")[0]
    layer = read(tmp_path, mark(polygon(points(LOT))), mark(polygon(cut)))
    assert told(layer) == [("geometry.ring", "地块.kml", "地块", 2)]
    layer = read(tmp_path, mark(polygon(points(LOT), points(HOLE).rpartition(" ")[0])))
    assert told(layer) == [("geometry.ring", "地块.kml", "地块", 1)]


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_than_three_points_are_no_ring(count: int, tmp_path: Path) -> None:
    few = " ".join(points(LOT).split()[:count])
    layer = read(tmp_path, mark(polygon(few)), mark(polygon(points(LOT))))
    assert told(layer) == [("geometry.ring", "地块.kml", "地块", 1)]
    assert [shape is None for shape in layer.shapes] == [True, False]


@pytest.mark.parametrize(
    ("coordinates", "seen"),
    [
        ("114.1, 22.8,0 114.2, 22.8,0 114.2, 22.9,0 114.1, 22.8,0", "114.1,"),
        ("114.1 22.8 114.2 22.8 114.2 22.9", "114.1"),
        ("114.1,22.8,0 114.2;22.8;0 114.2,22.9,0", "114.2;22.8;0"),
        ("114.1,22.8,114.2,22.8 114.2,22.9", "114.1,22.8,114.2,22.8"),
        ("114°06′,22°48′ 114°07′,22°48′", "114°06′,22°48′"),
        ("114.1,22_8 114.2,22.8 114.2,22.9", "114.1,22_8"),
        ("114.1,22.8,high 114.2,22.8 114.2,22.9", "114.1,22.8,high"),
    ],
)
def test_coordinates_that_are_none_name_their_placemark(
    coordinates: str, seen: str, tmp_path: Path
) -> None:
    bad = mark(polygon(coordinates), "罗马一号")
    layer = read(tmp_path, mark(polygon(points(LOT))), bad, mark(polygon(points(FAR))))
    assert told(layer) == [("kml.coordinates", "地块.kml", "地块", 2)]
    (found,) = layer.findings
    assert (found.severity, found.seen, found.sets_aside) == ("error", seen, True)
    assert "'罗马一号'" in found.message
    assert "罗马一号" in found.message_zh
    assert [shape is None for shape in layer.shapes] == [False, True, False]


@pytest.mark.parametrize(
    ("shape", "what"),
    [
        (polygon(points(LOT)) + polygon(points(FAR)), "2 geometries"),
        (
            "<Polygon>"
            + ring("outerBoundaryIs", points(LOT))
            + ring("outerBoundaryIs", points(FAR))
            + "</Polygon>",
            "2 outer boundaries",
        ),
        (
            "<Polygon>" + ring("outerBoundaryIs", points(LOT), points(FAR)) + "</Polygon>",
            "2 outer boundaries",
        ),
        (
            polygon(f"{points(LOT)}</coordinates><coordinates>{points(FAR)}"),
            "2 lists of coordinates",
        ),
    ],
)
def test_what_stands_twice_is_not_half_read(shape: str, what: str, tmp_path: Path) -> None:
    layer = read(tmp_path, mark(shape, "罗马一号"), mark(polygon(points(LOT))))
    assert told(layer) == [("kml.several", "地块.kml", "地块", 1)]
    (found,) = layer.findings
    assert found.sets_aside
    assert f"placemark '罗马一号' has {what}" in found.message
    assert [shape is None for shape in layer.shapes] == [True, False]


def test_links_are_counted_and_not_followed(tmp_path: Path) -> None:
    link = "<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink>"
    layer = read(tmp_path, link, folder("x", link), mark(polygon(points(LOT))))
    assert told(layer) == [("kml.links", "地块.kml", "地块", None)]
    (found,) = layer.findings
    assert (found.severity, found.seen) == ("info", "2")
    assert len(layer.shapes) == 1


# --- texts


def test_data_keep_their_chinese_names(tmp_path: Path) -> None:
    """GDAL would read 地块编号 as ________."""
    data = (
        '<ExtendedData><Data name="地块编号"><value> 0012 </value></Data>'
        '<SchemaData schemaUrl="#s"><SimpleData name="面积（亩）">30</SimpleData></SchemaData>'
        '<Data name="空"><value></value></Data></ExtendedData>'
    )
    bare = "<description>甲 &amp; 乙</description>"
    layer = read(
        tmp_path, mark(polygon(points(LOT)), data=data), mark(polygon(points(FAR)), "乙", bare)
    )
    assert layer.cells.to_pydict() == {
        "name": ["甲", "乙"],
        "地块编号": ["0012", None],
        "面积（亩）": ["30", None],
        "description": [None, "甲 & 乙"],
    }


# --- which folder


def test_the_only_folder_with_polygons_is_read(tmp_path: Path) -> None:
    label = mark("<Point><coordinates>114.1,22.8</coordinates></Point>")
    path = write(tmp_path, folder("标注", label), folder("地块一", mark(polygon(points(LOT)))))
    assert kml.read(path).name == "地块一"
    assert [shape.geom_type for shape in kml.read(path, layer="标注").shapes] == ["Point"]


def test_folders_of_one_name_are_one_layer(tmp_path: Path) -> None:
    lots = [folder("地块", mark(polygon(points(shape)))) for shape in (LOT, FAR)]
    assert len(read(tmp_path, folder("上", lots[0]), lots[1]).shapes) == 2


@pytest.mark.parametrize("second", [polygon(points(FAR)), polygon("114.1, 22.8")])
def test_several_folders_must_be_named(second: str, tmp_path: Path) -> None:
    """Even one whose only polygon does not read: it is land that would be lost."""
    one = mark(polygon(points(LOT)))
    path = write(tmp_path, folder("一期", one, one), folder("二期", mark(second)))
    found = refused(path)
    assert (found.code, found.seen, found.row) == ("layer.choose", "一期, 二期", None)
    assert [len(kml.read(path, layer=name).shapes) for name in ("一期", "二期")] == [2, 1]


def test_a_wrong_name_is_told_the_right_one(tmp_path: Path) -> None:
    found = refused(write(tmp_path, folder("phase1", mark(polygon(points(LOT))))), "phase2")
    assert (found.code, found.seen) == ("layer.unknown", "phase2")
    assert "did you mean 'phase1'?" in found.message


@pytest.mark.parametrize("body", ["", mark(), folder("空")])
def test_without_polygons_it_is_no_layer(body: str, tmp_path: Path) -> None:
    assert refused(write(tmp_path, body)).code == "layer.no-geometry"


# --- the file itself


@pytest.mark.parametrize(
    "namespace", [None, NAMESPACE, NAMESPACE.upper(), "http://earth.google.com/kml/2.1"]
)
def test_any_namespace_is_kml(namespace: str | None, tmp_path: Path) -> None:
    path = write(tmp_path, mark(polygon(points(LOT))), namespace=namespace)
    assert kml.read(path).shapes[0].equals(LOT)
    read_all = read_vector(path)
    assert (read_all.frame["name"].tolist(), read_all.crs.to_epsg()) == (["甲"], 4326)


def test_prefixed_elements_are_kml(tmp_path: Path) -> None:
    text = write(tmp_path, mark(polygon(points(LOT)))).read_text("utf-8")
    text = text.replace("</", "</k:").replace("<", "<k:").replace("<k:/k:", "</k:")
    path = tmp_path / "地块.kml"
    path.write_text(text.replace("<k:?", "<?").replace("xmlns=", "xmlns:k="), encoding="utf-8")
    assert read_vector(path).frame.geometry.iat[0].equals(LOT)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_a_damaged_file_is_refused(share: float, tmp_path: Path) -> None:
    path = write(tmp_path, mark(polygon(points(LOT))), mark(polygon(points(FAR))))
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    found = refused(path)
    assert (found.code, found.row) == ("layer.unreadable", None)


def test_text_in_another_encoding_than_it_says_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, mark(polygon(points(LOT)), "地块编号"))
    path.write_bytes(path.read_text("utf-8").encode("gbk"))
    assert refused(path).code == "layer.unreadable"


@pytest.mark.parametrize("kind", ["Folder", "MultiGeometry"])
def test_nesting_without_end_is_refused(kind: str, tmp_path: Path) -> None:
    deep = f"<{kind}>" * 100_000 + f"</{kind}>" * 100_000
    body = mark(deep) if kind == "MultiGeometry" else deep
    path = write(tmp_path, mark(polygon(points(LOT))), body)
    found = refused(path)
    assert (found.code, found.row) == ("layer.unreadable", None)
    assert "nested too deeply" in found.message
    with pytest.raises(LayerError) as stopped:
        read_vector(path)
    assert [(item.code, item.file) for item in stopped.value.findings] == [
        ("layer.unreadable", "地块.kml")
    ]


@settings(max_examples=60)
@given(at=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_mutated_files_end_in_a_layer_or_a_refusal(
    at: int, byte: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever byte changes: each placemark is a row, or the file is refused."""
    path = write(tmp_path_factory.mktemp("kml"), *(mark(polygon(points(LOT))) for _ in range(3)))
    data = bytearray(path.read_bytes())
    data[at % len(data)] = byte
    path.write_bytes(data)
    try:
        layer = kml.read(path)
    except LayerError as error:
        assert {item.code for item in error.findings} <= {"layer.unreadable", "layer.no-geometry"}
    else:
        assert len(layer.shapes) == layer.cells.num_rows == 3


def test_a_placemark_that_no_folder_holds_is_not_lost(tmp_path: Path) -> None:
    held, lost = (mark(polygon(points(shape))) for shape in (LOT, FAR))
    path = tmp_path / "p.kml"
    text = f"<kml><Document>{held}<Tour>{lost}</Tour></Document></kml>"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LayerError) as raised:
        kml.read(path)
    (found,) = raised.value.findings
    assert (found.code, found.file, found.seen) == ("layer.rows-lost", "p.kml", "1")
