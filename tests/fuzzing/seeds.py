"""A valid layer of 90 mu in each format."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import ezdxf
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely
from pyproj import CRS
from rasterio.transform import from_origin

from geo.writers.survey import survey_text

EAST, NORTH = 516_000.0, 2_526_000.0
GRID = "EPSG:4547"

Seeder = Callable[[Path], Path]


def land(crs: str = GRID) -> gpd.GeoDataFrame:
    """Three lots of 30 mu side by side, one of them with a hole that the next one fills."""
    lots = [shapely.box(EAST + 200 * k, NORTH, EAST + 200 * k + 200, NORTH + 100) for k in range(3)]
    hole = shapely.box(EAST + 450, NORTH + 40, EAST + 470, NORTH + 60)
    shapes = [*lots[:2], lots[2].difference(hole), hole]
    facts = {
        "DKBH": ["LM-01", "LM-02", "LM-03", "0012"],
        "DKMC": ["一号地", "二号地", "三号地", "四号地"],
        "容积率": [0.5, 2.0, 3.5, 1.0],
        "MJ": [shape.area for shape in shapes],
    }
    return gpd.GeoDataFrame(facts, geometry=shapes, crs=GRID).to_crs(crs)


def _written(name: str, **options: object) -> Seeder:
    def seed(folder: Path) -> Path:
        pyogrio.write_dataframe(land(), folder / name, **options)
        return folder / name

    return seed


def _parquet(folder: Path) -> Path:
    land().to_parquet(folder / "lots.parquet")
    return folder / "lots.parquet"


def _sequence(folder: Path) -> Path:
    features = json.loads(land("EPSG:4326").to_json())["features"]
    lines = [json.dumps(feature, ensure_ascii=False) for feature in features]
    path = folder / "lots.geojsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _topology(folder: Path) -> Path:
    rings = [list(map(list, shape.exterior.coords)) for shape in land("EPSG:4326").geometry]
    shapes = [
        {"type": "Polygon", "arcs": [[number]], "properties": {"DKBH": f"LM-{number}"}}
        for number in range(len(rings))
    ]
    lots = {"type": "GeometryCollection", "geometries": shapes}
    path = folder / "lots.topojson"
    path.write_text(json.dumps({"type": "Topology", "objects": {"lots": lots}, "arcs": rings}))
    return path


def _survey(folder: Path) -> Path:
    path = folder / "lots.txt"
    columns = {"parcel_id": "DKBH", "name": "DKMC"}
    text = survey_text(land("EPSG:4526"), CRS("EPSG:4526"), columns=columns).text
    path.write_text(text, "utf-8")
    return path


def _kml(folder: Path) -> Path:
    marks = []
    for row in land("EPSG:4326").itertuples():
        points = " ".join(f"{x},{y},0" for x, y in row.geometry.exterior.coords)
        ring = f"<LinearRing><coordinates>{points}</coordinates></LinearRing>"
        shape = f"<Polygon><outerBoundaryIs>{ring}</outerBoundaryIs></Polygon>"
        marks.append(f"<Placemark><name>{row.DKBH}</name>{shape}</Placemark>")
    path = folder / "lots.kml"
    head = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>lots</name>'
    path.write_text(head + "".join(marks) + "</Document></kml>", encoding="utf-8")
    return path


def _drawing(folder: Path) -> Path:
    drawing = ezdxf.new()
    drawing.header["$INSUNITS"] = 6
    for shape in land().geometry:
        drawing.modelspace().add_lwpolyline(list(shape.exterior.coords)[:-1], close=True)
    drawing.saveas(folder / "lots.dxf")
    return folder / "lots.dxf"


def _points(folder: Path) -> pd.DataFrame:
    rows = [
        (row.DKBH, f"J{number}", y, x)
        for row in land().itertuples()
        for number, (x, y) in enumerate(list(row.geometry.exterior.coords)[:-1], start=1)
    ]
    return pd.DataFrame(rows, columns=["地块编号", "点号", "X坐标", "Y坐标"])


def _csv(folder: Path) -> Path:
    _points(folder).to_csv(folder / "lots.csv", index=False)
    return folder / "lots.csv"


def _workbook(folder: Path) -> Path:
    _points(folder).to_excel(folder / "lots.xlsx", index=False)
    return folder / "lots.xlsx"


def _zipped(folder: Path) -> Path:
    inner = folder / "inner"
    inner.mkdir()
    pyogrio.write_dataframe(land(), inner / "lots.shp", encoding="UTF-8")
    with zipfile.ZipFile(folder / "lots.shp.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(inner.iterdir()):
            archive.write(part, part.name)
    shutil.rmtree(inner)
    return folder / "lots.shp.zip"


def _raster(folder: Path) -> Path:
    path = folder / "dem.tif"
    cells = np.arange(400, dtype="float32").reshape(1, 20, 20)
    facts = {"width": 20, "height": 20, "count": 1, "dtype": "float32", "crs": GRID, "nodata": -1}
    where = from_origin(EAST, NORTH + 100, 10, 10)
    with rasterio.open(path, "w", driver="GTiff", transform=where, **facts) as target:
        target.write(cells)
    return path


SEEDS: dict[str, Seeder] = {
    "gpkg": _written("lots.gpkg"),
    "shp": _written("lots.shp", encoding="GBK"),
    "gdb": _written("lots.gdb", driver="OpenFileGDB"),
    "geojson": _written("lots.geojson", driver="GeoJSON"),
    "parquet": _parquet,
    "geojsonl": _sequence,
    "topojson": _topology,
    "txt": _survey,
    "kml": _kml,
    "dxf": _drawing,
    "csv": _csv,
    "xlsx": _workbook,
    "zip": _zipped,
    "tif": _raster,
}


STATED = {"dxf": GRID, "csv": GRID, "xlsx": GRID, "topojson": "EPSG:4326"}
"""The CRS of formats that state none."""
