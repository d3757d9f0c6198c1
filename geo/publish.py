"""Publishing: everything is written beside its place, read back, and only then put there."""

import json
import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import pyarrow as pa
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from geo.earth.crs import parse_crs, transform
from geo.errors import PublishError
from geo.files import fill_csv, fill_parquet
from geo.findings import finding
from geo.laws import ABSOLUTE_M2, RELATIVE
from geo.manifest import sha256
from geo.study import Study
from geo.summary import plain, records, summary
from geo.tables import SHEET_IDS, sheets
from geo.tables.sheet import MOST_ROWS, Sheet
from geo.webmap.basemaps import NONE
from geo.webmap.folder import Form
from geo.webmap.profile import Coarsen, Profile, public_outlook, public_sheets, public_study
from geo.writers.layer import Layer
from geo.writers.polygons import read_back, write_polygons

if TYPE_CHECKING:
    from geo.outlook import Outlook

DAY_S: Final = 86_400
RECORD: Final = "run.json"
"""What a run read, which versions it used, its figures, and its tables by their hashes; also the
mark of our own folders."""

Layers = Literal["geopackage", "geoparquet"]
"""In what layers are written. With GeoParquet, which is for very many parcels, tables that are too
long for a spreadsheet are Parquet too."""

_ENDINGS: Final[dict[Layers, str]] = {"geopackage": ".gpkg", "geoparquet": ".parquet"}


def publish(
    study: Study,
    folder: Path | str,
    *,
    basemap: str = NONE,
    profile: Profile = "full",
    coarsen: Coarsen = "snap",
    form: Form = "auto",
    layers: Layers = "geopackage",
    outlook: "Outlook | None" = None,
) -> Path:
    """Write page, layers, tables and ``run.json`` to a folder that is replaced as a whole.

    ``outlook`` is what lies ahead (:func:`geo.outlook.outlook_of`), where it is to be told.
    A reader of the folder sees the old files or the new ones, never some of each. For the public
    (:mod:`geo.webmap.profile`) there are no layers, no table of parcels, and a record without what
    was read. Raises :class:`PublishError` when the folder holds files of somebody else, when
    something cannot be written, or when it reads back differently; the old files are then
    untouched.
    """
    from geo.workbooks import write_workbook  # noqa: PLC0415 (a fifth of a second to load)

    place = Path(folder).resolve()  # a link keeps pointing at its folder
    _check_ours(place)
    with _replacing(place) as new:
        page = study.map(basemap=basemap, profile=profile, coarsen=coarsen, outlook=outlook)
        page.save_in(new, form=form)
        if profile == "full":
            ahead = [] if outlook is None else outlook.sheets(study)
            tables = [*sheets(study), *ahead]
            charts = [] if outlook is None else outlook.charts()
            write_workbook(tables, new / "tables.xlsx", charts=charts)
            write_data(study, tables, new, layers=layers, outlook=outlook)
        else:
            shown = public_study(study)
            ahead = [] if outlook is None else public_outlook(outlook).sheets(shown)
            tables = public_sheets([*sheets(shown), *ahead])
            write_workbook(tables, new / "tables.xlsx")
            with _tables(tables, new) as written:
                record = public_record(shown)
            _write_record(record, written, new)
    return Path(folder)


def write_data(
    study: Study,
    tables: list[Sheet],
    folder: Path,
    *,
    layers: Layers = "geopackage",
    outlook: "Outlook | None" = None,
) -> None:
    """Write layers, tables and ``run.json`` to a folder that is there, and read layers back."""
    with _tables(tables, folder, layers) as written:
        for name, table, key in (
            ("parcels", study.parcels, "parcel_id"),
            ("blocks", study.blocks, "block"),
        ):
            path = folder / f"{name}{_ENDINGS[layers]}"
            _write_layer(study, table, path)
            _verify(table, path, key)
        record = run_record(study, outlook)
    _write_record(record, written, folder)


MOST_TOLD: Final = 2000
"""Tables of so many rows stand in the record with every figure, longer ones by their hash alone."""

_Files = dict[str, Future[dict[str, Any]]]
"""By the id of a table what the record says of it, once it is written."""

_TABLES: Final = (".csv", ".parquet")
"""How files of tables end."""


@contextmanager
def _tables(tables: list[Sheet], folder: Path, layers: Layers = "geopackage") -> Iterator[_Files]:
    """Write the tables on threads of their own while the block runs."""
    (folder / "tables").mkdir()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            yield {sheet.id: pool.submit(_write_table, sheet, folder, layers) for sheet in tables}
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _write_table(sheet: Sheet, folder: Path, layers: Layers) -> dict[str, Any]:
    long = layers == "geoparquet" and len(sheet.frame) > MOST_ROWS
    path = folder / "tables" / f"{sheet.id}{_TABLES[long]}"
    (fill_parquet if long else fill_csv)(sheet, path)
    entry = {
        "file": path.relative_to(folder).as_posix(),
        "rows": len(sheet.frame),
        "sha256": sha256(path),
    }
    if len(sheet.frame) > MOST_TOLD:
        return entry
    return {**entry, "figures": records(sheet.frame[[field.key for field in sheet.fields]])}


def _write_record(record: dict[str, Any], tables: _Files, folder: Path) -> None:
    """Write ``run.json``, and read it back."""
    told = {**record, "tables": {name: file.result() for name, file in tables.items()}}
    (folder / RECORD).write_text(_by_line(told, 1) + "\n", encoding="utf-8")
    if json.loads((folder / RECORD).read_text("utf-8")) != told:
        raise PublishError(finding("publish.differs", file=RECORD, seen="figures"))


def _by_line(told: dict[str, Any], depth: int) -> str:
    """An object as JSON, each entry on a line of its own, and each table too."""
    lines = (
        f"{' ' * depth}{json.dumps(name)}: "
        + (
            _by_line(entry, depth + 1)
            if name == "tables"
            else json.dumps(entry, ensure_ascii=False, allow_nan=False)
        )
        for name, entry in told.items()
    )
    return "{\n" + ",\n".join(lines) + "\n" + " " * (depth - 1) + "}"


def _check_ours(folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier output of ours, and a file."""
    if not folder.is_dir():
        strange = [folder.name] if folder.exists() else []
    else:
        ours = (*_OURS, *_recorded(folder)) if (folder / RECORD).exists() else ()
        names = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
        strange = sorted(
            name for name in names if not any(fnmatchcase(name, item) for item in ours)
        )
    if strange:
        seen = ", ".join(strange[:3])
        raise PublishError(finding("publish.folder", file=str(folder), seen=seen))


def _recorded(folder: Path) -> list[str]:
    """The tables that an output says it holds; an earlier version may have had others."""
    try:
        tables = dict(json.loads((folder / RECORD).read_text(encoding="utf-8"))["tables"])
    except (OSError, ValueError, KeyError, TypeError):
        return []
    named = (name for name in tables if re.fullmatch("[a-z_]+", name))
    return [f"tables/{name}{ending}" for name in named for ending in _TABLES]


_OURS: Final = (
    *("index.html", "data", "data/*.js", "tables", "tables.xlsx", RECORD),
    *(f"{name}{ending}" for name in ("parcels", "blocks") for ending in _ENDINGS.values()),
    *(f"tables/{name}{ending}" for name in SHEET_IDS for ending in _TABLES),
    *("*.gpkg-shm", "*.gpkg-wal", "~$*", ".~lock.*", ".DS_Store", "Thumbs.db"),
)
"""What we write, and what GIS programs, spreadsheets and systems leave beside it."""


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A new folder beside ``folder`` that takes its place when the block ends well."""
    old = folder.with_name(f".{folder.name}.old")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        if old.exists() and not folder.exists():  # an earlier run died between its two renames
            old.rename(folder)
        new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.new-", dir=folder.parent))
        new.chmod(0o755)
    except OSError as error:
        raise PublishError(finding("publish.failed", file=str(folder), problem=error)) from error
    try:
        yield new
        _sync(new)
        _swap(folder, old, new)
    except PublishError:
        raise
    except (OSError, DataSourceError, DataLayerError) as error:  # the last two: GDAL's
        raise PublishError(finding("publish.failed", file=str(folder), problem=error)) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what a build that was killed left beside the folder a day or more ago."""
    for stray in folder.parent.glob(f".{folder.name}.new-*"):
        if time.time() - stray.stat().st_mtime > DAY_S:
            shutil.rmtree(stray, ignore_errors=True)


def _swap(folder: Path, old: Path, new: Path) -> None:
    shutil.rmtree(old, ignore_errors=True)
    if not folder.exists():
        new.rename(folder)
        return
    folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Make the files durable before anything points at them."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())


def _write_layer(study: Study, table: gpd.GeoDataFrame, path: Path) -> None:
    """A table as a layer in the plan's own CRS, its columns in their order."""
    crs = parse_crs(study.plan.crs)
    shapes = transform(table.geometry.to_numpy(), study.land.crs, crs)
    cells = pa.Table.from_pandas(table.drop(columns="geometry"), preserve_index=False)
    write_polygons(Layer(path.stem, cells, shapes, crs), path)


def _verify(table: gpd.GeoDataFrame, path: Path, key: str) -> None:
    """Read a layer back and compare rows, ids and sums with what was computed."""
    ids, written_m2, drawn_m2 = read_back(path, key)
    meant = pa.Table.from_pandas(table[[key]], preserve_index=False).column(0)
    computed_m2 = table["land_m2"].sum()
    apart_m2 = abs(drawn_m2 - shapely.area(table.geometry.to_numpy()).sum())
    close = max(ABSOLUTE_M2, RELATIVE * computed_m2)
    same = ids.equals(meant.cast(ids.type)) and abs(written_m2 - computed_m2) <= close
    if not same or apart_m2 > close:
        raise PublishError(finding("publish.differs", file=path.name, seen=path.stem))


def public_record(study: Study) -> dict[str, Any]:
    """What the public may know of a run of its study: versions and laws."""
    record = run_record(study)
    told = ("landready", "written_at", "versions", "laws")
    return {"profile": "public", **{name: record[name] for name in told}}


def run_record(study: Study, outlook: "Outlook | None" = None) -> dict[str, Any]:
    """What made the figures, and the figures: inputs by hash, versions, laws, summary."""
    record = {
        "landready": version("landready"),
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {
            "python": platform.python_version(),
            **{
                name: version(name)
                for name in ("geopandas", "numba", "numpy", "pandas", "pyarrow", "pyogrio")
            },
            "shapely": version("shapely"),
            "geos": shapely.geos_version_string,
            "proj": pyproj.proj_version_str,
            "gdal": pyogrio.__gdal_version_string__,
        },
        "plan": study.plan.model_dump(mode="json"),
        "inputs": [
            {"file": path.name, "sha256": sha256(path)}
            for path in [study.plan.path, *study.land.inputs, *(outlook.inputs if outlook else [])]
            if path.exists()
        ],
        "laws": [
            {
                "code": law.code,
                "law": law.words.en,
                "one": law.one,
                "other": law.other,
                "residual": law.residual,
                "tolerance": law.tolerance,
            }
            for law in study.laws
        ],
    }
    return {**plain(record), "figures": summary(study)}
