"""Opening a file reads nothing else, writes nothing, reaches nobody, and cannot end the program."""

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import rasterio
import shapely

from geo.errors import LayerError
from geo.gate import Known, check_file
from geo.readers import apart, drivers, early, formats, worker
from geo.readers.raster import read_raster
from geo.readers.vector import read_vector

LOT = shapely.box(516_000, 2_526_000, 516_200, 2_526_100)


def codes(error: LayerError) -> list[str]:
    return [item.code for item in error.findings]


def layer(path: Path, **facts: object) -> Path:
    frame = gpd.GeoDataFrame({"DKBH": ["LM-01"], **facts}, geometry=[LOT], crs="EPSG:4547")
    pyogrio.write_dataframe(frame, path)
    return path


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A layer outside the job's folder that no file may lead to."""
    folder = tmp_path / "secret"
    folder.mkdir()
    return layer(folder / "secret.gpkg")


@pytest.fixture
def job(tmp_path: Path) -> Path:
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


@pytest.fixture
def port() -> Iterator[int]:
    """A port of this machine on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def traps(job: Path, secret: Path, port: int) -> list[Path]:
    """Files that lead elsewhere, each by another way."""
    texts = {
        "vrt.geojson": f"<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>{secret}"
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
        "vrt.gpkg": f"<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>{secret}"
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
        "raster.tif": f"<VRTDataset rasterXSize='1' rasterYSize='1'><VRTRasterBand dataType='Byte' "
        f"band='1'><SimpleSource><SourceFilename>{secret}</SourceFilename></SimpleSource>"
        "</VRTRasterBand></VRTDataset>",
        "link.geojson": json.dumps(
            {
                "type": "FeatureCollection",
                "crs": {
                    "type": "link",
                    "properties": {"href": f"http://127.0.0.1:{port}/crs", "type": "proj4"},
                },
                "features": [
                    {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(LOT)}
                ],
            }
        ),
        "service.json": json.dumps({"type": "WFS", "url": f"http://127.0.0.1:{port}/"}),
        "address.geojson": f"http://127.0.0.1:{port}/secret.geojson",
        "link.kml": '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link>'
        f"<href>http://127.0.0.1:{port}/a.kml</href></Link></NetworkLink></Document></kml>",
        "entity.kml": f'<!DOCTYPE kml [<!ENTITY x SYSTEM "file://{secret}">]>'
        "<kml><Document><name>&x;</name></Document></kml>",
        "grid.shp.prj": "",
    }
    for name, text in texts.items():
        (job / name).write_text(text, encoding="utf-8")
    shifted = layer(job / "grid.shp")
    shifted.with_suffix(".prj").write_text(f"+proj=longlat +ellps=krass +nadgrids={secret}")
    (job / "grid.shp.prj").unlink()
    return sorted(path for path in job.iterdir() if path.suffix in TRAPPED)


TRAPPED = {".geojson", ".json", ".kml", ".gpkg", ".tif", ".shp"}


def test_a_file_that_leads_elsewhere_is_refused(job: Path, secret: Path, port: int) -> None:
    for trap in traps(job, secret, port):
        checked = check_file(trap, Known())
        assert checked.stops, trap.name
        assert checked.area_mu == 0.0, trap.name
        assert {item.file for item in checked.findings} == {trap.name}
        assert any(item.severity == "error" for item in checked.findings), trap.name


CALLS = "open,openat,creat,connect,sendto,bind,unlink,unlinkat,rename,renameat,renameat2,mkdir"


@pytest.mark.skipif(sys.platform != "linux", reason="strace is on Linux only")
def test_strace_sees_no_open_outside_the_job_and_no_connection(
    job: Path, secret: Path, port: int, tmp_path: Path
) -> None:
    """Every system call of the command and its child, over good files and traps alike."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    for ending in ("gpkg", "shp", "geojson"):
        layer(job / f"good.{ending}")
    files = [*traps(job, secret, port), *sorted(job.glob("good.*[!ofxj]"))]
    before = {path: path.read_bytes() for path in job.iterdir()}
    log = tmp_path / "calls.log"
    command = ["strace", "-f", "-qq", "-y", "-s", "500", "-e", f"trace={CALLS}", "-o", log]
    arguments = [sys.executable, "-m", "geo", "check", *files, "--crs", "EPSG:4547"]
    done = subprocess.run([*command, *arguments], capture_output=True, cwd=job, check=False)
    assert done.returncode == 2, done.stderr
    calls = log.read_text(errors="replace").splitlines()
    assert any("good.gpkg" in call for call in calls), "the trace saw nothing"
    assert [call for call in calls if str(secret.parent) in call] == []
    assert [call for call in calls if re.search(r"\b(connect|sendto|bind)\(", call)] == []
    writing = [call for call in calls if re.search(r"O_WRONLY|O_RDWR|O_CREAT", call)]
    changing = [call for call in calls if re.search(r"\b(unlink|rename|mkdir|creat)\w*\(", call)]
    own = ("/dev/null", "/dev/tty", "__pycache__", "/dev/shm", "/proc/")
    assert [call for call in [*writing, *changing] if not any(name in call for name in own)] == []
    assert {path: path.read_bytes() for path in job.iterdir()} == before


def test_the_reading_process_has_the_allowed_drivers_only() -> None:
    apart.start()
    present = apart._child().greeting["drivers"]
    assert set(present) <= drivers.ALLOWED
    assert {"GPKG", "GeoJSON", "ESRI Shapefile", "OpenFileGDB", "TopoJSON"} <= set(present)


def test_drivers_that_nobody_foresaw_are_skipped_too() -> None:
    assert drivers.refused_drivers(["GPKG", "Telepathy"]) == {"Telepathy"}
    assert not drivers.refused_drivers(drivers.ALLOWED)
    assert drivers.KNOWN.isdisjoint(drivers.ALLOWED)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_reading_process_cannot_write(job: Path) -> None:
    script = (
        "import sys; from geo.readers import worker; worker._confine(); "
        "file = open(sys.argv[1], 'w'); file.write('x'); file.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, job / "new.txt"], capture_output=True, check=False, text=True
    )
    assert "File too large" in done.stderr
    assert (job / "new.txt").stat().st_size == 0


def test_deeply_nested_geometry_ends_the_reader_and_not_us(job: Path) -> None:
    """GEOS recurses into collections until its stack is gone."""
    deep = struct.pack("<BII", 1, 7, 1) * 200_000 + struct.pack("<BI2d", 1, 1, 0.0, 0.0)
    table = pa.table({"DKBH": ["A"], "geometry": pa.array([deep], type=pa.binary())})
    facts = {
        "version": "1.0.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": [], "crs": None}},
    }
    path = job / "deep.parquet"
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(facts)}), path)
    with pytest.raises(LayerError) as refused:
        read_vector(path, crs="EPSG:4547")
    assert codes(refused.value)[0] in ("file.crash", "layer.unreadable")
    assert refused.value.findings[0].file == "deep.parquet"
    assert len(read_vector(layer(job / "good.gpkg")).frame) == 1  # the next file has a new reader


def test_a_raster_that_claims_more_than_it_is(job: Path) -> None:
    path = job / "claims.tif"
    facts = {"width": 100_000, "height": 100_000, "count": 1, "dtype": "float32"}
    facts |= {"crs": "EPSG:4547", "transform": rasterio.Affine(1, 0, 516_000, 0, -1, 2_526_000)}
    with rasterio.open(path, "w", driver="GTiff", sparse_ok=True, **facts):
        pass
    assert path.stat().st_size < 2_000_000
    with pytest.raises(LayerError) as refused:
        read_raster(path)
    assert codes(refused.value) == ["raster.too-large"]
    assert "40.0 GB" in refused.value.findings[0].message


def test_a_raster_is_read_as_it_is(job: Path) -> None:
    path = job / "dem.tif"
    cells = np.arange(12, dtype="int16").reshape(1, 3, 4)
    facts = {"width": 4, "height": 3, "count": 1, "dtype": "int16", "crs": "EPSG:4547"}
    where = rasterio.Affine(10, 0, 516_000, 0, -10, 2_526_000)
    with rasterio.open(path, "w", driver="GTiff", transform=where, **facts) as target:
        target.write(cells)
    raster = read_raster(path)
    assert raster.values.tolist() == cells.tolist()
    assert (raster.transform, raster.crs.to_epsg(), raster.nodata) == (where, 4547, None)
    assert [item.code for item in raster.findings] == ["raster.nodata"]


def test_a_scribble_does_not_hold_the_gate(job: Path) -> None:
    """make_valid takes 17 s for 250 random vertices."""
    rng = np.random.default_rng(5)
    scribble = shapely.Polygon(rng.uniform(0, 100, (1000, 2)) + np.array([516_000, 2_526_000]))
    frame = gpd.GeoDataFrame({"DKBH": ["A", "B"]}, geometry=[scribble, LOT], crs="EPSG:4547")
    pyogrio.write_dataframe(frame, job / "scribble.gpkg")
    begun = time.monotonic()
    checked = check_file(job / "scribble.gpkg", Known())
    assert time.monotonic() - begun < 10
    (found,) = [item for item in checked.findings if item.code == "geometry.tangled"]
    assert (found.file, found.row, found.parcel) == ("scribble.gpkg", 1, "A")
    assert checked.area_mu == pytest.approx(30)


def test_a_reader_that_hangs_is_ended(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "SECONDS", 0.5)
    path = layer(job / "good.gpkg")
    apart.start()
    os.kill(apart._child().process.pid, signal.SIGSTOP)
    with pytest.raises(LayerError) as refused:
        read_vector(path)
    assert codes(refused.value) == ["file.too-long"]
    assert refused.value.findings[0].file == "good.gpkg"
    monkeypatch.undo()
    assert len(read_vector(path).frame) == 1


def test_a_reader_that_dies_is_told_and_replaced(job: Path) -> None:
    path = layer(job / "good.gpkg")
    apart.start()
    read_vector(path)
    child = apart._child()
    os.kill(child.process.pid, signal.SIGKILL)
    assert len(read_vector(path).frame) == 1
    assert apart._child() is not child


def test_memory_that_runs_out_is_told(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(path: Path) -> None:
        raise MemoryError

    monkeypatch.setitem(formats.READERS, "layer", hungry)
    monkeypatch.setattr(worker, "_clock", lambda seconds: None)  # it would end the tests
    told, table = worker._answer({"reader": "layer", "path": str(job / "big.gpkg"), "seconds": 9})
    assert [(item["code"], item["file"]) for item in told["errors"]] == [
        ("file.too-much", "big.gpkg")
    ]
    assert table is None


def test_a_reader_that_cannot_start_is_told(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = layer(job / "good.gpkg")
    apart.close()
    monkeypatch.setattr(early.sys, "executable", shutil.which("false"))
    with pytest.raises(LayerError) as refused:
        read_vector(path)
    assert codes(refused.value) == ["file.reader"]


def test_a_driver_that_is_not_allowed_is_skipped_by_a_second_start(
    job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = layer(job / "good.gpkg")
    apart.close()
    monkeypatch.setattr(drivers, "ALLOWED", drivers.ALLOWED - {"TopoJSON"})
    assert len(read_vector(path).frame) == 1
    assert "TopoJSON" not in apart._child().greeting["drivers"]
    apart.close()


def test_a_driver_that_cannot_be_skipped_stops(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = layer(job / "good.gpkg")
    apart.close()
    monkeypatch.setattr(apart, "refused_drivers", lambda present: frozenset({"Immortal"}))
    with pytest.raises(LayerError, match="Immortal") as refused:
        read_vector(path)
    assert codes(refused.value) == ["file.drivers"]


def test_collections_in_collections_stay_with_the_reader(job: Path) -> None:
    """GEOS survives so many on the stack of the child; ours may be smaller."""
    path = layer(job / "p.gpkg")
    gpd.read_file(path).to_parquet(job / "p.parquet")
    shape = b"".join([struct.pack("<BII", 1, 7, 1)] * 100) + shapely.to_wkb(LOT, byte_order=1)
    table = pq.read_table(job / "p.parquet")
    at = table.schema.get_field_index("geometry")
    deep = table.set_column(at, "geometry", pa.array([shape]))
    pq.write_table(deep.replace_schema_metadata(table.schema.metadata), job / "p.parquet")
    with pytest.raises(LayerError) as raised:
        read_vector(job / "p.parquet")
    (found,) = raised.value.findings
    assert (found.code, found.file) == ("layer.unreadable", "p.parquet")
    assert "collections" in found.message


@pytest.mark.parametrize("text", ["+proj=longlat +nadgrids={}", "+proj=defmodel +model={}"])
def test_the_crs_of_a_parquet_leads_to_no_file(text: str, job: Path, secret: Path) -> None:
    path = layer(job / "p.gpkg")
    gpd.read_file(path).to_parquet(job / "p.parquet")
    table = pq.read_table(job / "p.parquet")
    facts = json.loads(table.schema.metadata[b"geo"])
    facts["columns"]["geometry"]["crs"] = text.format(secret / "secret.gpkg")
    pq.write_table(
        table.replace_schema_metadata({b"geo": json.dumps(facts).encode()}), job / "p.parquet"
    )
    with pytest.raises(LayerError) as raised:
        read_vector(job / "p.parquet")
    assert codes(raised.value) == ["crs.unsafe"]


def test_an_answer_that_makes_no_sense_ends_the_reader(
    job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = layer(job / "good.gpkg")
    apart.close()
    read_vector(path)
    child = apart._child()
    monkeypatch.setattr(apart.frames, "read", lambda pipe: (b"{", b""))
    with pytest.raises(LayerError) as refused:
        read_vector(path)
    monkeypatch.undo()
    assert codes(refused.value) == ["file.crash"]
    assert child.process.poll() is not None
    assert len(read_vector(path).frame) == 1
