"""GeoPackages: the tables are counted themselves, and nothing in them runs."""

import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely import box

from geo.errors import LayerError
from geo.findings import Finding
from geo.readers import geopackage


def land(number: int = 3, crs: str = "EPSG:4547") -> gpd.GeoDataFrame:
    ids = {"DKBH": [f"A{at}" for at in range(1, number + 1)]}
    shapes = [box(200 * at, 0, 200 * at + 200, 100) for at in range(number)]
    return gpd.GeoDataFrame(ids, geometry=shapes, crs=crs)


def write(folder: Path, layer: str = "parcels", number: int = 3, name: str = "p.gpkg") -> Path:
    path = folder / name
    pyogrio.write_dataframe(land(number), path, layer=layer)
    return path


def functions(database: sqlite3.Connection) -> None:
    """Those that the triggers of GDAL call."""
    for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        database.create_function(name, 1, lambda _: 0)


def edit(path: Path, *statements: str, values: tuple[Any, ...] = ()) -> None:
    with closing(sqlite3.connect(path)) as database:
        functions(database)
        for statement in statements:
            database.execute(statement, values)
        database.commit()


def refused(path: Path, layer: str | None = None) -> Finding:
    with pytest.raises(LayerError) as stopped:
        geopackage.check(path, layer)
    found = stopped.value.findings[0]
    assert found.severity == "error"
    assert found.file == path.name
    return found


def blob(srs_id: int, *, little: bool = True, kind: int = 3, envelope: int = 0) -> bytes:
    """A geometry of GeoPackage: its header and an empty shape of this kind."""
    order = "<" if little else ">"
    header = b"GP\0" + bytes([envelope << 1 | little]) + struct.pack(f"{order}i", srs_id)
    return header + bytes((0, 32, 48, 48, 64)[envelope]) + struct.pack("<BII", 1, kind, 0)


def put(path: Path, row: int, geometry: bytes | None) -> None:
    edit(path, f"UPDATE parcels SET geom = ? WHERE fid = {row}", values=(geometry,))


# --- counts


def test_a_sound_geopackage_has_no_findings(tmp_path: Path) -> None:
    assert geopackage.check(write(tmp_path)) == geopackage.GeoPackageFacts("parcels", 3, [])


@pytest.mark.real_data
def test_real_geopackages_are_sound(shared_data: Path) -> None:
    for path in sorted(shared_data.glob("*.gpkg")):
        for layer, kind in pyogrio.list_layers(path):
            if kind is not None:
                facts = geopackage.check(path, layer)
                assert facts.rows == len(pyogrio.read_dataframe(path, layer=layer))
                assert facts.findings == []


@pytest.mark.parametrize("stored", [0, 2, 5])
def test_a_stale_count_is_told_and_the_table_counted(stored: int, tmp_path: Path) -> None:
    path = write(tmp_path)
    edit(path, f"UPDATE gpkg_ogr_contents SET feature_count = {stored}")
    facts = geopackage.check(path)
    assert (facts.layer, facts.rows) == ("parcels", 3)
    (found,) = facts.findings
    assert (found.code, found.severity) == ("geopackage.count", "warning")
    assert (found.layer, found.seen) == ("parcels", str(stored))


def test_gdal_loses_a_row_to_a_stale_count_without_a_word(tmp_path: Path) -> None:
    path = write(tmp_path)
    edit(path, "UPDATE gpkg_ogr_contents SET feature_count = 2")
    assert pyogrio.read_info(path, force_feature_count=True)["features"] == 2
    assert len(pyogrio.read_dataframe(path, use_arrow=False)) == 2


def test_a_file_without_stored_counts_is_sound(tmp_path: Path) -> None:
    path = write(tmp_path)
    edit(path, "DROP TABLE gpkg_ogr_contents")
    assert geopackage.check(path).findings == []


# --- changes that are not in the file


def test_a_log_beside_the_file_is_told(tmp_path: Path) -> None:
    path = write(tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        functions(database)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("INSERT INTO parcels (DKBH) VALUES ('A4')")
        found = refused(path)
    assert (found.code, found.seen) == ("file.unsaved", "p.gpkg-wal")
    assert geopackage.check(path).rows == 4  # closed, and so saved


def test_a_hot_journal_is_told_and_a_cold_one_is_not(tmp_path: Path) -> None:
    path = write(tmp_path)
    journal = tmp_path / "p.gpkg-journal"
    journal.write_bytes(bytes(512))
    assert geopackage.check(path).rows == 3
    journal.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(504))
    assert (refused(path).code, refused(path).seen) == ("file.unsaved", "p.gpkg-journal")


def test_a_log_beside_the_file_behind_a_link_is_told(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / "p.gpkg-wal").write_bytes(b"frames")
    link = tmp_path / "link.gpkg"
    link.symlink_to(path)
    assert (refused(link).code, refused(link).seen) == ("file.unsaved", "p.gpkg-wal")


def test_an_empty_log_is_nothing_and_nothing_is_written(tmp_path: Path) -> None:
    path = write(tmp_path)
    edit(path, "PRAGMA journal_mode=WAL")
    (tmp_path / "p.gpkg-wal").write_bytes(b"")
    before = path.read_bytes()
    assert geopackage.check(path).rows == 3
    assert sorted(part.name for part in tmp_path.iterdir()) == ["p.gpkg", "p.gpkg-wal"]
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["a b?c.gpkg", "100%#1.gpkg", "清溪&mode=rw.gpkg"])
def test_any_file_name_is_only_a_name(name: str, tmp_path: Path) -> None:
    assert geopackage.check(write(tmp_path, name=name)).rows == 3


# --- which layer


def test_a_layer_must_be_named_where_there_are_several(tmp_path: Path) -> None:
    path = write(tmp_path, "zones", 2)
    write(tmp_path, "parcels", 3)
    assert (refused(path).code, refused(path).seen) == ("layer.choose", "zones, parcels")
    assert [geopackage.check(path, name).rows for name in ("zones", "parcels")] == [2, 3]


def test_polygons_are_chosen_before_lines_and_tables(tmp_path: Path) -> None:
    path = write(tmp_path)
    lines = land().assign(geometry=land().boundary)
    pyogrio.write_dataframe(lines, path, layer="roads")
    pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), path, layer="styles")
    assert geopackage.check(path).layer == "parcels"
    assert refused(path, "styles").code == "layer.no-geometry"


def test_a_wrong_name_is_told_the_right_one(tmp_path: Path) -> None:
    found = refused(write(tmp_path), "parcles")
    assert found.code == "layer.unknown"
    assert "did you mean 'parcels'" in found.message


@pytest.mark.parametrize(
    "name", ['a"; DROP TABLE gpkg_contents; --', "it's", "a]b", "地块 1", 'x"y']
)
def test_a_layer_name_is_never_a_statement(name: str, tmp_path: Path) -> None:
    path = write(tmp_path)
    quoted = name.replace('"', '""')
    text = name.replace("'", "''")
    edit(
        path,
        "DROP TABLE gpkg_extensions",
        f'ALTER TABLE parcels RENAME TO "{quoted}"',
        f"UPDATE gpkg_contents SET table_name = '{text}'",
        f"UPDATE gpkg_geometry_columns SET table_name = '{text}'",
        f"UPDATE gpkg_ogr_contents SET table_name = '{text}', feature_count = 9",
    )
    facts = geopackage.check(path)
    assert (facts.layer, facts.rows, len(facts.findings)) == (name, 3, 1)
    assert geopackage.check(path, name) == facts


def test_a_layer_whose_table_is_gone(tmp_path: Path) -> None:
    path = write(tmp_path)
    edit(path, "DROP TABLE parcels")
    found = refused(path)
    assert found.code == "layer.unreadable"
    assert "no such table" in found.message


# --- what runs


@pytest.mark.parametrize("view", ["gpkg_spatial_ref_sys", "GPKG_extensions"])
def test_a_view_for_a_table_of_the_format_is_refused(view: str, tmp_path: Path) -> None:
    path = write(tmp_path)
    edit(path, f"DROP TABLE {view}", f"CREATE VIEW {view} AS SELECT load_extension('/x')")
    found = refused(path)
    assert (found.code, found.layer, found.seen) == ("file.active", view, view)


def test_a_view_as_a_layer_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    edit(
        path,
        "CREATE VIEW other AS SELECT * FROM parcels",
        "INSERT INTO gpkg_contents SELECT 'other', data_type, 'other', description, last_change, "
        "min_x, min_y, max_x, max_y, srs_id FROM gpkg_contents",
    )
    assert (refused(path, "parcels").code, refused(path).layer) == ("file.active", "other")


def test_a_view_that_nobody_opens_is_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path)
    edit(path, "CREATE VIEW mine AS SELECT * FROM parcels")
    assert geopackage.check(path).rows == 3


def test_a_virtual_table_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    sql = "CREATE VIRTUAL TABLE v USING\n VirtualOGR('/etc/passwd')"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA writable_schema=ON")
        database.execute("INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, ?)", (sql,))
        database.commit()
    found = refused(path)
    assert (found.code, found.layer) == ("file.active", "v")
    assert "VirtualOGR" in found.message


def test_a_spatial_index_is_no_danger(tmp_path: Path) -> None:
    path = write(tmp_path)
    with closing(sqlite3.connect(path)) as database:
        indexes = database.execute("SELECT count(*) FROM sqlite_master WHERE sql LIKE '%rtree(%'")
        assert indexes.fetchone() == (1,)
    assert geopackage.check(path).findings == []


def test_a_column_that_is_computed_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    edit(path, "ALTER TABLE parcels ADD COLUMN mu AS (fid * 30)")
    found = refused(path)
    assert (found.code, found.layer, found.seen) == ("file.active", "parcels", "mu")


def test_a_database_that_takes_too_long_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geopackage, "SECONDS", 0)
    found = refused(write(tmp_path, number=20_000))
    assert found.code == "layer.unreadable"
    assert "too long" in found.message


# --- geometry


def other_crs(path: Path, rows: list[int], srs_id: int, *, little: bool = True) -> None:
    for row in rows:
        put(path, row, blob(srs_id, little=little))


@pytest.mark.parametrize("little", [True, False])
def test_rows_in_another_crs_are_told(little: bool, tmp_path: Path) -> None:
    path = write(tmp_path, number=5)
    other_crs(path, [2, 4], 4526, little=little)
    found = refused(path)
    assert (found.code, found.layer, found.row) == ("crs.mixed", "parcels", 2)
    assert "2 rows state srs_id 4526, the layer srs_id 4547" in found.message
    assert len(pyogrio.read_dataframe(path)) == 5  # GDAL does not look


def test_a_geometry_that_states_no_crs_has_that_of_its_layer(tmp_path: Path) -> None:
    path = write(tmp_path)
    other_crs(path, [1], 0)
    other_crs(path, [2], -1)
    put(path, 3, None)
    assert geopackage.check(path).findings == []


@pytest.mark.parametrize("envelope", range(5))
@pytest.mark.parametrize("kind", [10, 12, 1010, 3012])
def test_curves_are_told_behind_any_envelope(kind: int, envelope: int, tmp_path: Path) -> None:
    path = write(tmp_path)
    put(path, 2, blob(4547, kind=kind, envelope=envelope))
    (found,) = geopackage.check(path).findings
    assert (found.code, found.severity, found.row) == ("geometry.curved", "info", 2)
    assert "0.1°" in found.message


@pytest.mark.parametrize("content", [b"G", b"GP", b"\0\1" * 20, b"GP\0\x0b" + bytes(40)])
def test_a_geometry_that_is_none_is_told_by_its_row(content: bytes, tmp_path: Path) -> None:
    path = write(tmp_path)
    put(path, 3, content)
    (found,) = geopackage.check(path).findings
    assert (found.code, found.severity, found.row) == ("geopackage.blob", "error", 3)


# --- damage


def test_another_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "p.gpkg"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE a (b)")
        database.commit()
    found = refused(path)
    assert found.code == "file.disguised"
    assert "SQLite" in found.message


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_part_of_a_geopackage_is_refused(share: float, tmp_path: Path) -> None:
    path = write(tmp_path, number=500)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert refused(path).code == "layer.unreadable"


def test_mutated_geopackages_end_in_facts_or_a_refusal(tmp_path: Path) -> None:
    path = write(tmp_path)
    data = path.read_bytes()
    refusals = 0
    for at in range(0, len(data), 101):
        changed = bytearray(data)
        changed[at] ^= 0xFF
        path.write_bytes(changed)
        try:
            geopackage.check(path)
        except LayerError:
            refusals += 1
    assert refusals > 10
