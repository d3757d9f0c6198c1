"""GeoJSON and its kin: what GDAL drops or overlooks without a word is told by row and line."""

import json
import time
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import LayerError
from geo.findings import Finding
from geo.readers import jsons

GRID = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}


def feature(at: int = 0, **more: Any) -> dict[str, Any]:
    ring = [
        [200 * at, 0],
        [200 * at + 200, 0],
        [200 * at + 200, 100],
        [200 * at, 100],
        [200 * at, 0],
    ]
    shape = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"DKBH": f"A{at}"}, "geometry": shape} | more


def collection(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)} | more


def topology(*arcs: Any, count: int = 2) -> dict[str, Any]:
    """Polygons of these arcs; arc k is the outline of parcel k."""
    shapes = [{"type": "Polygon", "arcs": each, "properties": {}} for each in arcs]
    rings = [feature(at)["geometry"]["coordinates"][0] for at in range(count)]
    whole = {"type": "GeometryCollection", "geometries": shapes}
    return {"type": "Topology", "objects": {"parcels": whole}, "arcs": rings}


def write(folder: Path, content: Any, name: str = "p.geojson") -> Path:
    path = folder / name
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path, kind: str = "GeoJSON") -> Finding:
    with pytest.raises(LayerError) as stopped:
        jsons.check(path, kind)
    found = stopped.value.findings[0]
    assert found.severity == "error"
    assert found.file == path.name
    return found


# --- collections


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (collection(feature(0), feature(1)), 2),
        (collection(feature(0), feature(1, geometry=None)), 2),
        (collection(), 0),
        (feature(), 1),
        (feature()["geometry"], 1),
        (collection(feature(), crs=GRID), 1),
        (collection(feature(), crs=None), 1),
    ],
)
def test_rows_are_counted(content: Any, rows: int, tmp_path: Path) -> None:
    assert jsons.check(write(tmp_path, content), "GeoJSON") == (rows, [])


def test_a_mark_before_the_text_is_no_fault(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeff" + json.dumps(collection(feature())))
    assert jsons.check(path, "GeoJSON") == (1, [])


@pytest.mark.real_data
def test_real_layers_are_sound(shared_data: Path) -> None:
    for path in sorted(shared_data.glob("*.geojson")):
        assert jsons.check(path, "GeoJSON") == (len(pyogrio.read_dataframe(path)), [])
    path = shared_data / "cambridge_parcels_fy2014.topojson"
    assert jsons.check(path, "TopoJSON") == (len(pyogrio.read_dataframe(path)), [])


@pytest.mark.parametrize("lost", [1, 2, 30, 200])
def test_a_truncated_file_is_told_where_it_ends(lost: int, tmp_path: Path) -> None:
    text = json.dumps(collection(feature(0), feature(1)), indent=1)
    path = write(tmp_path, text[:-lost])
    found = refused(path)
    assert found.code == "json.syntax"
    lines = text[:-lost].count("\n") + 1
    assert any(f"line {line}," in found.message for line in (lines, lines - 1))


def test_text_after_the_end_is_told(tmp_path: Path) -> None:
    text = json.dumps(collection(feature()))
    found = refused(write(tmp_path, f"{text}\n{text}"))
    assert found.code == "json.syntax"
    assert "line 2, column 1" in found.message


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_has_not(word: str, tmp_path: Path) -> None:
    text = json.dumps(collection(feature(0), feature(1, properties={"a": "NaN", "mj": None})))
    found = refused(write(tmp_path, text.replace("null", word).replace("}, {", "},\n{")))
    assert (found.code, found.seen) == ("json.number", word)
    assert "line 2" in found.message


@pytest.mark.parametrize("content", ["[" * 100_000, '{"a":' * 100_000, '{"a":[' * 20_000])
def test_nesting_without_end_is_refused(content: str, tmp_path: Path) -> None:
    assert refused(write(tmp_path, content)).code == "json.deep"


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        ([1], "a list"),
        ("hello", None),
        ({"a": 1}, "an object"),
        ({"type": "FeatureCollection"}, "FeatureCollection"),
        ({"type": "FeatureCollection", "features": {}}, "FeatureCollection"),
        ({"type": "gdal_streamed_alg"}, "gdal_streamed_alg"),
        ({"type": "镇"}, "u9547"),
        (7, "a number"),
        (None, "null"),
    ],
)
def test_what_is_no_layer(content: Any, seen: str | None, tmp_path: Path) -> None:
    found = refused(write(tmp_path, content))
    assert found.code == ("json.root" if seen else "json.syntax")
    assert (seen or "line 1") in found.message


@pytest.mark.parametrize(
    ("odd", "seen"),
    [
        (5, "a number"),
        (None, "null"),
        ({}, "type None"),
        ({"type": "Future", "geometry": None}, "type 'Future'"),
        ({**feature(), "geometry": 3}, "geometry 3"),
        ({**feature(), "geometry": {"type": "Curve"}}, "geometry 'Curve'"),
        ({**feature(), "properties": [1]}, "properties no object"),
    ],
)
def test_a_feature_that_is_none_is_told_by_its_row(odd: Any, seen: str, tmp_path: Path) -> None:
    found = refused(write(tmp_path, collection(feature(0), odd, feature(1))))
    assert (found.code, found.row, found.seen) == ("json.feature", 2, seen)


def test_gdal_drops_such_features_without_a_word(tmp_path: Path) -> None:
    path = write(tmp_path, collection(feature(0), 5, None, feature(1)))
    assert len(pyogrio.read_dataframe(path)) == 2
    with pytest.raises(LayerError) as stopped:
        jsons.check(path, "GeoJSON")
    assert [found.row for found in stopped.value.findings] == [2, 3]


def test_chinese_in_gbk_is_told_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "p.geojson"
    text = json.dumps(
        collection(feature(0), feature(1, properties={"n": "长山头"})), ensure_ascii=False
    )
    path.write_bytes(text.replace("}, {", "},\n{").encode("gbk"))
    found = refused(path)
    assert found.code == "json.encoding"
    assert "line 2" in found.message


def test_a_file_beyond_the_limit_is_not_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsons, "LARGEST_BYTES", 10)
    assert refused(write(tmp_path, collection())).code == "file.large"


# --- the CRS


def named(name: str) -> dict[str, Any]:
    return {"type": "name", "properties": {"name": name}}


@pytest.mark.parametrize(
    "name",
    ["urn:ogc:def:crs:EPSG::4547", "EPSG:4547", "urn:ogc:def:crs:OGC:1.3:CRS84", "CGCS2000",
     "http://www.opengis.net/def/crs/EPSG/0/4547", "CGCS2000 / 3-degree Gauss-Kruger CM 114E"],
)  # fmt: skip
def test_a_crs_by_name_is_taken(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, collection(feature(), crs=named(name)))
    assert jsons.check(path, "GeoJSON") == (1, [])


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "link", "properties": {"href": "http://example.com/crs", "type": "proj4"}},
        {"type": "URL", "properties": {"url": "http://example.com/crs"}},
        named("http://example.com/crs.prj"),
        named("/etc/passwd"),
        named("../x.prj"),
        named("ESRI::x.prj"),
        named("+init=/tmp/x:1"),
        named("+proj=tmerc +nadgrids=/x"),
        "EPSG:4547",
        {"type": "name"},
        7,
    ],
)
def test_a_crs_that_leads_elsewhere_is_refused(crs: Any, tmp_path: Path) -> None:
    found = refused(write(tmp_path, collection(feature(), crs=crs)))
    assert found.code == "crs.link"
    assert found.seen == json.dumps(crs)
    inner = refused(write(tmp_path, collection(feature(crs=crs))))
    assert inner.code == "crs.link"


@pytest.mark.parametrize("where", ["feature", "geometry"])
@pytest.mark.parametrize("own", [None, GRID])
def test_rows_in_another_crs_are_told(own: Any, where: str, tmp_path: Path) -> None:
    other = named("EPSG:4526")
    odd = feature(1, crs=other)
    if where == "geometry":
        odd = feature(1)
        odd["geometry"]["crs"] = other
    more = {} if own is None else {"crs": own}
    path = write(tmp_path, collection(feature(0), odd, odd, **more))
    found = refused(path)
    assert (found.code, found.row, found.seen) == ("crs.mixed", 2, "EPSG:4526")
    assert "2 rows state EPSG:4526" in found.message
    assert ("WGS 84" in found.message) is (own is None)


def test_gdal_overlooks_the_crs_of_a_row_without_a_word(tmp_path: Path) -> None:
    path = write(tmp_path, collection(feature(0), feature(1, crs=named("EPSG:4526")), crs=GRID))
    assert pyogrio.read_dataframe(path).crs == "EPSG:4547"


def test_rows_that_repeat_the_crs_of_the_whole_are_no_fault(tmp_path: Path) -> None:
    path = write(tmp_path, collection(feature(crs=named("EPSG:4547")), crs=GRID))
    assert jsons.check(path, "GeoJSON") == (1, [])
    plain = write(tmp_path, collection(feature(crs=named("urn:ogc:def:crs:OGC:1.3:CRS84"))))
    assert jsons.check(plain, "GeoJSON") == (1, [])


# --- sequences


def lines(*features: Any) -> str:
    return "".join(json.dumps(each) + "\n" for each in features)


def test_a_sequence_is_counted_by_its_lines(tmp_path: Path) -> None:
    text = lines(feature(0), feature(1)) + "\n\n" + lines(feature(2))
    assert jsons.check(write(tmp_path, text, "p.geojsonl"), "GeoJSONSeq") == (3, [])


def test_a_sequence_with_record_signs_may_run_over_lines(tmp_path: Path) -> None:
    text = "".join(f"\x1e{json.dumps(feature(at), indent=1)}\n" for at in range(3))
    path = write(tmp_path, text, "p.geojsons")
    assert jsons.check(path, "GeoJSONSeq") == (3, []) == (len(pyogrio.read_dataframe(path)), [])


def test_a_broken_line_of_a_sequence_is_told_by_its_number(tmp_path: Path) -> None:
    text = lines(feature(0), feature(1), feature(2)).splitlines()
    path = write(tmp_path, "\n".join([text[0], "", text[1][:-9], text[2]]), "p.geojsonl")
    assert len(pyogrio.read_dataframe(path)) == 2  # without a word
    found = refused(path, "GeoJSONSeq")
    assert found.code == "json.syntax"
    assert "line 3," in found.message


def test_a_broken_record_is_told_by_its_line(tmp_path: Path) -> None:
    records = [json.dumps(feature(at), indent=1) for at in range(2)]
    path = write(tmp_path, f"\x1e{records[0]}\n\x1e{records[1][:-2]}\n", "p.geojsons")
    found = refused(path, "GeoJSONSeq")
    first = records[0].count("\n") + 2
    last = first + records[1][:-2].count("\n")
    assert any(f"line {line}," in found.message for line in (last - 1, last))


@pytest.mark.parametrize("odd", [collection(feature()), [feature()], 7])
def test_what_is_no_feature_of_a_sequence(odd: Any, tmp_path: Path) -> None:
    path = write(tmp_path, lines(feature(0), odd), "p.ndjson")
    found = refused(path, "GeoJSONSeq")
    assert (found.code, found.row) == ("json.feature", 2)


def test_a_crs_in_a_sequence_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, lines(feature(0), feature(1, crs=GRID)), "p.geojsonl")
    found = refused(path, "GeoJSONSeq")
    assert (found.code, found.row, found.seen) == ("crs.mixed", 2, "EPSG:4547")


# --- topologies


def test_a_topology_is_counted(tmp_path: Path) -> None:
    path = write(tmp_path, topology([[0]], [[1]], [[~0]]), "p.topojson")
    assert jsons.check(path, "TopoJSON") == (3, [])
    assert jsons.check(path, "GeoJSON", "parcels") == (3, [])


def test_a_topology_of_several_layers_is_counted_by_name(tmp_path: Path) -> None:
    whole = topology([[0]], [[1]])
    whole["objects"]["zones"] = {"type": "Polygon", "arcs": [[0]]}
    path = write(tmp_path, whole, "p.topojson")
    assert jsons.check(path, "TopoJSON") == (None, [])
    assert [jsons.check(path, "TopoJSON", name)[0] for name in ("parcels", "zones")] == [2, 1]


@pytest.mark.parametrize("arc", [2, -3, 10**9, True, 0.5, "0", None])
def test_an_arc_that_is_not_there_is_told_by_its_row(arc: Any, tmp_path: Path) -> None:
    path = write(tmp_path, topology([[0]], [[0], [arc]]), "p.topojson")
    found = refused(path, "TopoJSON")
    assert (found.code, found.layer, found.row) == ("topojson.arc", "parcels", 2)


def test_gdal_draws_around_a_missing_arc_without_a_word(tmp_path: Path) -> None:
    path = write(tmp_path, topology([[0]], [[9]]), "p.topojson")
    assert pyogrio.read_dataframe(path).geometry.area.tolist() == [20_000, 0]


@pytest.mark.parametrize("lost", [1, 40])
def test_a_truncated_topology_is_told(lost: int, tmp_path: Path) -> None:
    text = json.dumps(topology([[0]], [[1]]))
    assert refused(write(tmp_path, text[:-lost], "p.topojson")).code == "json.syntax"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"type": "Topology"}, "json.root"),
        ({"type": "Topology", "objects": {}, "arcs": {}}, "json.root"),
        ({"type": "Topology", "objects": {"a": 5}, "arcs": []}, "json.feature"),
        ({"type": "Topology", "arcs": [],
          "objects": {"a": {"type": "GeometryCollection", "geometries": 5}}}, "json.root"),
        ({"type": "Topology", "arcs": [],
          "objects": {"a": {"type": "GeometryCollection", "geometries": [
              {"type": "GeometryCollection", "geometries": 5}]}}}, "topojson.arc"),
    ],
)  # fmt: skip
def test_a_topology_without_its_parts(content: Any, code: str, tmp_path: Path) -> None:
    assert refused(write(tmp_path, content, "p.topojson"), "TopoJSON").code == code


# --- hostile text

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "features", "geometry", "crs", "arcs", "objects", "geometries"]
            ),
            inner | st.sampled_from(["Feature", "FeatureCollection", "Topology", "Polygon"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(value=values, kind=st.sampled_from(["GeoJSON", "GeoJSONSeq", "TopoJSON"]))
def test_any_json_is_counted_or_refused(
    value: Any, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = write(tmp_path_factory.getbasetemp(), value)
    try:
        rows, findings = jsons.check(path, kind)
    except LayerError as error:
        assert all(found.code != "layer.unreadable" for found in error.findings)
    else:
        assert rows is None or rows >= 0
        assert findings == []


@given(data=st.binary(max_size=80))
def test_any_bytes_are_counted_or_refused(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "p.geojson"
    path.write_bytes(data)
    with pytest.raises(LayerError):
        jsons.check(path, "GeoJSON")


# --- keys that stand twice


LAND = json.dumps(feature(1)["geometry"])


@pytest.mark.parametrize(
    ("old", "new", "key", "row"),
    [
        ('"coordinates":', '"coordinates": [], "coordinates":', "coordinates", 1),
        ('"geometry":', f'"geometry": {LAND}, "geometry":', "geometry", 1),
        ('"properties":', '"properties": {}, "properties":', "properties", 1),
        ('"DKBH": "A1"', '"DKBH": "A1", "DKBH": "B1"', "DKBH", 2),
        ('"features":', '"features": [], "features":', "features", None),
    ],
)
def test_a_key_that_stands_twice_is_told(
    old: str, new: str, key: str, row: int | None, tmp_path: Path
) -> None:
    text = json.dumps(collection(feature(0), feature(1)))
    assert old in text
    found = refused(write(tmp_path, text.replace(old, new, 1)))
    assert (found.code, found.seen, found.row) == ("json.twice", key, row)


def test_a_key_that_stands_twice_in_every_row_is_told_once(tmp_path: Path) -> None:
    text = json.dumps(collection(feature(0), feature(1), feature(2)))
    text = text.replace('"coordinates":', '"coordinates": [], "coordinates":')
    with pytest.raises(LayerError) as stopped:
        jsons.check(write(tmp_path, text), "GeoJSON")
    (found,) = stopped.value.findings
    assert (found.code, found.row) == ("json.twice", 1)
    assert "3 times" in found.message


def test_a_key_that_stands_twice_in_a_sequence_or_a_topology(tmp_path: Path) -> None:
    twice = json.dumps(feature(1)).replace('"DKBH":', '"DKBH": 1, "DKBH":')
    path = write(tmp_path, json.dumps(feature(0)) + "\n" + twice, "p.geojsonl")
    found = refused(path, "GeoJSONSeq")
    assert (found.code, found.seen, found.row) == ("json.twice", "DKBH", 2)
    text = json.dumps(topology([[0]], [[1]])).replace('"arcs": [[1]]', '"arcs": [], "arcs": [[1]]')
    found = refused(write(tmp_path, text))
    assert (found.code, found.seen, found.row) == ("json.twice", "arcs", 2)


def test_one_key_twice_among_very_many_is_found_in_no_time(tmp_path: Path) -> None:
    members = ", ".join(f'"k{at}": 0' for at in range(200_000))
    text = json.dumps(feature()).replace('"DKBH":', f'{members}, "DKBH": 1, "DKBH":')
    start = time.perf_counter()
    found = refused(write(tmp_path, text))
    assert (found.code, found.seen, found.row) == ("json.twice", "DKBH", 1)
    assert time.perf_counter() - start < 10
