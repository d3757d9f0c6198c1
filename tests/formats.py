"""A layer written in every format that is read, by other means than the writers of landready."""

import json
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import ezdxf
import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from openpyxl import Workbook

SHORT = {"plot_ratio": "RJL", "existing_floor": "JZMJ"}
"""A .dbf keeps ten bytes of a name, so these columns are called otherwise there."""

SURVEY_HEADER = """[属性描述]
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=38
精度=0.001
转换参数=,,,,,,
[地块坐标]
"""


def write_layer(frame: gpd.GeoDataFrame, path: Path, **options: Any) -> Path:
    """Write the rows of a layer, the first column being their ids."""
    _WRITERS[path.suffix.lower()](frame, path, **options)
    return path


def _gdal(frame: gpd.GeoDataFrame, path: Path, **options: Any) -> None:
    drivers = {".gdb": "OpenFileGDB", ".json": "GeoJSON"}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
        pyogrio.write_dataframe(frame, path, driver=drivers.get(path.suffix), **options)


def _parquet(frame: gpd.GeoDataFrame, path: Path) -> None:
    frame.to_parquet(path)


def _zip(frame: gpd.GeoDataFrame, path: Path, **options: Any) -> None:
    """A Shapefile with its parts; p.shp.zip and p.zip alike."""
    home = path.with_name(f"{path.stem}-unpacked")
    home.mkdir()
    _shapefile(frame, home / "parcels.shp", **options)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(home.iterdir()):
            archive.write(part, part.name)


def _shapefile(frame: gpd.GeoDataFrame, path: Path, **options: Any) -> None:
    _gdal(frame.rename(columns=SHORT), path, **({"encoding": "UTF-8"} | options))


def _degrees(frame: gpd.GeoDataFrame) -> Iterator[tuple[dict[str, Any], Any]]:
    """Facts and shape of each row, in WGS 84 with every digit."""
    moved = frame.to_crs(4326)
    facts = moved.drop(columns="geometry").astype(object)
    rows = facts.where(facts.notna(), None).to_dict("records")
    return zip(rows, moved.geometry, strict=True)


def _sequence(frame: gpd.GeoDataFrame, path: Path) -> None:
    mark = "\x1e" if path.suffix == ".geojsons" else ""
    features = (
        {"type": "Feature", "properties": facts, "geometry": shapely.geometry.mapping(shape)}
        for facts, shape in _degrees(frame)
    )
    lines = (f"{mark}{json.dumps(item, ensure_ascii=False)}\n" for item in features)
    path.write_text("".join(lines), encoding="utf-8")


def _topojson(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Arcs are written whole and unquantised, in WGS 84, as the format wants."""
    rows = list(_degrees(frame))
    shapes = [
        {"type": "Polygon", "arcs": [[at]], "properties": facts}
        for at, (facts, _) in enumerate(rows)
    ]
    arcs = [[list(point) for point in shape.exterior.coords] for _, shape in rows]
    collection = {"type": "GeometryCollection", "geometries": shapes}
    topology = {"type": "Topology", "objects": {"parcels": collection}, "arcs": arcs}
    path.write_text(json.dumps(topology, ensure_ascii=False), encoding="utf-8")


def _kml(frame: gpd.GeoDataFrame, path: Path) -> None:
    marks = []
    for facts, shape in _degrees(frame):
        data = "".join(
            f"<Data name={quoteattr(name)}><value>{escape(str(value))}</value></Data>"
            for name, value in facts.items()
            if value is not None
        )
        ring = " ".join(f"{x!r},{y!r},0" for x, y in shape.exterior.coords)
        marks.append(
            f"<Placemark><ExtendedData>{data}</ExtendedData><Polygon><outerBoundaryIs><LinearRing>"
            f"<coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        )
    body = "".join(marks)
    text = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'
    path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>{text}', encoding="utf-8")


def _drawing(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Closed polylines in metres; the id is the text that lies in each."""
    document = ezdxf.new("R2010")
    document.header["$INSUNITS"] = 6
    space = document.modelspace()
    for name, shape in zip(frame.iloc[:, 0], frame.geometry, strict=True):
        space.add_lwpolyline(list(shape.exterior.coords)[:-1], close=True)
        inside = shape.representative_point()
        space.add_text(str(name), dxfattribs={"insert": (inside.x, inside.y)})
    document.saveas(path)


def _survey(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Boundary points north first, the zone before the easting; id and name are all it keeps."""
    lines = []
    names = frame["DKMC"] if "DKMC" in frame else [""] * len(frame)
    for name, called, shape in zip(frame.iloc[:, 0], names, frame.geometry, strict=True):
        ring = list(shape.exterior.coords)
        lines.append(f"{len(ring)},,{name},{called},面,,,,@")
        lines += [f"J{at},1,{y!r},{x + 38e6!r}" for at, (x, y) in enumerate(ring, 1)]
    path.write_text(SURVEY_HEADER + "\n".join(lines) + "\n", encoding="utf-8")


def point_rows(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """One boundary point a row, with the facts of its parcel on every row."""
    facts = frame.drop(columns="geometry")
    rows = [
        {**facts.iloc[at].to_dict(), "北坐标": y, "东坐标": x}
        for at, shape in enumerate(frame.geometry)
        for x, y in shape.exterior.coords
    ]
    return pd.DataFrame(rows)


def _csv(frame: gpd.GeoDataFrame, path: Path) -> None:
    point_rows(frame).to_csv(path, index=False, encoding="utf-8")


def _workbook(frame: gpd.GeoDataFrame, path: Path) -> None:
    table = point_rows(frame).astype(object)
    work = Workbook()
    sheet = work.worksheets[0]
    sheet.append(table.columns.tolist())
    for row in table.where(table.notna(), None).itertuples(index=False):
        sheet.append(list(row))
    work.save(path)


_WRITERS: dict[str, Callable[..., None]] = {
    ".gpkg": _gdal,
    ".geojson": _gdal,
    ".json": _gdal,
    ".gdb": _gdal,
    ".shp": _shapefile,
    ".zip": _zip,
    ".parquet": _parquet,
    ".geoparquet": _parquet,
    ".topojson": _topojson,
    ".geojsonl": _sequence,
    ".geojsons": _sequence,
    ".ndjson": _sequence,
    ".kml": _kml,
    ".dxf": _drawing,
    ".txt": _survey,
    ".csv": _csv,
    ".xlsx": _workbook,
}

STATES_NO_CRS = {
    ".topojson": "EPSG:4326",
    ".dxf": "EPSG:4547",
    ".csv": "EPSG:4547",
    ".xlsx": "EPSG:4547",
}
"""Formats that have no place for a CRS, and the one in which they are written here."""
