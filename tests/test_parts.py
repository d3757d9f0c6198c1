"""A layer in parts: a folder of GeoParquet files, read as one."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo.errors import LayerError
from geo.readers.vector import read_vector


def part(folder: Path, name: str, *ids: str, crs: str = "EPSG:4547", **facts: object) -> Path:
    """One file with lots of 200 m x 100 m, which are 30 mu each."""
    folder.mkdir(exist_ok=True)
    lots = [shapely.box(516_000, 2_526_000, 516_200, 2_526_100)] * len(ids)
    gpd.GeoDataFrame({"parcel_id": ids, **facts}, geometry=lots, crs=crs).to_parquet(folder / name)
    return folder


def codes(path: Path) -> list[tuple[str, str]]:
    with pytest.raises(LayerError) as refused:
        read_vector(path)
    return [(item.code, item.file) for item in refused.value.findings]


def test_parts_are_one_layer_in_the_order_of_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "p.parquet"
    part(folder, "part-1.parquet", "C")
    part(folder, "part-0.parquet", "A", "B")
    (folder / "_SUCCESS").write_text("")
    (folder / ".part-2.parquet.crc").write_text("x")
    source = read_vector(folder)
    assert source.frame["parcel_id"].tolist() == ["A", "B", "C"]
    assert source.frame.index.tolist() == [0, 1, 2]
    assert source.frame.geometry.area.tolist() == [20_000.0] * 3
    assert (source.layer, source.file, source.crs.to_epsg()) == ("p", "p.parquet", 4547)


def test_a_column_that_one_part_lacks_is_blank_there(tmp_path: Path) -> None:
    folder = part(tmp_path / "p.parquet", "0.parquet", "A", far=[2.5])
    part(folder, "1.parquet", "B")
    assert read_vector(folder).frame["far"].fillna(-1).tolist() == [2.5, -1.0]


def test_bounds_beside_the_outlines_are_no_column(tmp_path: Path) -> None:
    lot = shapely.box(516_000, 2_526_000, 516_200, 2_526_100)
    frame = gpd.GeoDataFrame({"parcel_id": ["A"]}, geometry=[lot], crs="EPSG:4547")
    frame.to_parquet(tmp_path / "p.parquet", write_covering_bbox=True)
    source = read_vector(tmp_path / "p.parquet")
    assert source.frame.columns.tolist() == ["parcel_id", "geometry"]


def test_outlines_stored_as_coordinates_are_read_too(tmp_path: Path) -> None:
    lot = shapely.box(516_000, 2_526_000, 516_200, 2_526_100)
    frame = gpd.GeoDataFrame({"parcel_id": ["A"]}, geometry=[lot], crs="EPSG:4547")
    frame.to_parquet(tmp_path / "p.parquet", geometry_encoding="geoarrow")
    assert read_vector(tmp_path / "p.parquet").frame.geometry[0].equals(lot)


def test_parts_that_are_no_layer_together_are_refused(tmp_path: Path) -> None:
    folder = part(tmp_path / "p.parquet", "0.parquet", "A")
    part(folder, "1.parquet", "B", crs="EPSG:4548")
    assert codes(folder) == [("layer.unreadable", "p.parquet")]
    (folder / "1.parquet").write_bytes(b"PAR1 cut off")
    assert codes(folder) == [("layer.unreadable", "1.parquet")]
    (folder / "1.parquet").write_bytes(b"")
    assert codes(folder) == [("file.empty", "1.parquet")]
    (folder / "1.parquet").unlink()
    (folder / "1.parquet").symlink_to(tmp_path / "elsewhere.parquet")
    assert codes(folder) == [("file.linked", "p.parquet")]
    (folder / "1.parquet").unlink()
    (folder / "1.parquet").mkdir()
    assert codes(folder) == [("file.special", "p.parquet/1.parquet")]
