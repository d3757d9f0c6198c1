"""Publishing: everything is written beside its place, read back, and only then put there."""

import json
import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS

from geo.area import planar_m2
from geo.earth.crs import metric, parse_crs, transform
from geo.errors import PublishError
from geo.files import write_csv
from geo.findings import finding
from geo.laws import ABSOLUTE_M2, RELATIVE
from geo.manifest import sha256
from geo.study import Study
from geo.summary import plain, records, summary
from geo.tables import SHEET_IDS, sheets
from geo.tables.sheet import Sheet
from geo.webmap.basemaps import NONE
from geo.webmap.folder import Form
from geo.webmap.profile import Coarsen, Profile, public_outlook, public_sheets, public_study
from geo.writers.layer import Layer
from geo.writers.vector import write_polygons

if TYPE_CHECKING:
    from geo.outlook import Outlook

DAY_S: Final = 86_400
RECORD: Final = "run.json"
"""What a run read, which versions it used, and every figure; also the mark of our own folders."""


def publish(
    study: Study,
    folder: Path | str,
    *,
    basemap: str = NONE,
    profile: Profile = "full",
    coarsen: Coarsen = "snap",
    form: Form = "auto",
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
            write_data(study, tables, new, outlook=outlook)
        else:
            shown = public_study(study)
            ahead = [] if outlook is None else public_outlook(outlook).sheets(shown)
            tables = public_sheets([*sheets(shown), *ahead])
            write_workbook(tables, new / "tables.xlsx")
            record = public_record(shown, tables)
            _write_tables(tables, record, new)
            if json.loads((new / RECORD).read_text("utf-8")) != record:
                raise PublishError(finding("publish.differs", file=RECORD, seen="tables"))
    return Path(folder)


def write_data(
    study: Study, tables: list[Sheet], folder: Path, *, outlook: "Outlook | None" = None
) -> None:
    """Write layers, CSV and ``run.json`` to a folder that is there, and read them back."""
    _write_layer(study, study.parcels, folder / "parcels.gpkg", "parcels")
    _write_layer(study, study.blocks, folder / "blocks.gpkg", "blocks")
    _write_tables(tables, run_record(study, tables, outlook), folder)
    _verify(study, folder)


def _write_tables(tables: list[Sheet], record: dict[str, Any], folder: Path) -> None:
    """Write CSV and ``run.json``."""
    (folder / "tables").mkdir()
    for sheet in tables:
        write_csv(sheet, folder / "tables" / f"{sheet.id}.csv")
    (folder / RECORD).write_text("".join(_told(record)), encoding="utf-8")


def _told(record: dict[str, Any]) -> Iterator[str]:
    """The text of a record, which ends with tables: a line for each of their rows."""
    tables = record["tables"]
    rest = {name: item for name, item in record.items() if name != "tables"}
    yield json.dumps(rest, ensure_ascii=False, indent=1, allow_nan=False).removesuffix("\n}")
    yield ',\n "tables": {'
    for at, (name, rows) in enumerate(tables.items()):
        yield f"{',' if at else ''}\n  {json.dumps(name)}: ["
        lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
        yield "".join(f"{',' if place else ''}\n   {line}" for place, line in enumerate(lines))
        yield "\n  ]"
    yield "\n }\n}\n"


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
    return [f"tables/{name}.csv" for name in tables if re.fullmatch("[a-z_]+", name)]


_OURS: Final = (
    *("index.html", "data", "parcels.gpkg", "blocks.gpkg", "tables", "tables.xlsx", RECORD),
    "data/*.js",
    *(f"tables/{name}.csv" for name in SHEET_IDS),
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


def _write_layer(study: Study, table: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    """A table as GeoPackage in the plan's own CRS, its columns in their order."""
    crs = parse_crs(study.plan.crs)
    shapes = transform(table.geometry.to_numpy(), study.land.crs, crs)
    cells = pa.Table.from_pandas(table.drop(columns="geometry"), preserve_index=False)
    write_polygons(Layer(layer, cells, shapes, crs), path)


def _verify(study: Study, new: Path) -> None:
    """Read the layers back and compare rows, ids and sums with what was computed."""
    for name, table, key in (
        ("parcels", study.parcels, "parcel_id"),
        ("blocks", study.blocks, "block"),
    ):
        ids, written_m2, drawn_m2 = _read_back(new / f"{name}.gpkg", key)
        computed_m2 = table["land_m2"].sum()
        apart_m2 = abs(drawn_m2 - shapely.area(table.geometry.to_numpy()).sum())
        close = max(ABSOLUTE_M2, RELATIVE * computed_m2)
        same = ids == table[key].tolist() and abs(written_m2 - computed_m2) <= close
        if not same or apart_m2 > close:
            raise PublishError(finding("publish.differs", file=f"{name}.gpkg", seen=name))
    if json.loads((new / RECORD).read_text("utf-8"))["figures"] != summary(study):
        raise PublishError(finding("publish.differs", file=RECORD, seen="figures"))


def _read_back(path: Path, key: str) -> tuple[list[Any], float, float]:
    """The ids of a layer, its land as it is written, and as it is drawn; piece by piece."""
    ids: list[Any] = []
    written_m2 = drawn_m2 = 0.0
    columns = [key, "land_m2"]
    with pyogrio.open_arrow(path, columns=columns, use_pyarrow=True) as (told, pieces):
        crs = CRS.from_user_input(told["crs"])
        for piece in pieces:
            shapes = shapely.from_wkb(piece.column(told["geometry_name"]).to_numpy(False))
            drawn_m2 += float(planar_m2(transform(shapes, crs, metric(crs))).sum())
            written_m2 += pc.sum(piece.column("land_m2")).as_py() or 0.0
            ids += piece.column(key).to_pylist()
    return ids, written_m2, drawn_m2


BY_PARCEL: Final = ("parcel", "terrain", "land_cover")
"""How the ids of tables begin that have a row for each parcel."""


def public_record(study: Study, tables: list[Sheet]) -> dict[str, Any]:
    """What the public may know of a run of its study: versions, laws, figures of its tables."""
    record = run_record(study, tables)
    told = ("landready", "written_at", "versions", "laws", "tables")
    return {"profile": "public", **{name: record[name] for name in told}}


def run_record(
    study: Study, tables: list[Sheet], outlook: "Outlook | None" = None
) -> dict[str, Any]:
    """What made the figures, and every figure: inputs by hash, versions, laws, tables."""
    figures = {
        sheet.id: records(sheet.frame[[item.key for item in sheet.fields]])
        for sheet in tables
        if not sheet.id.startswith(BY_PARCEL)  # as many rows as the layer: they stand in files
    }
    record = {
        "landready": version("landready"),
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("geopandas", "numpy", "pandas", "pyogrio")},
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
        "figures": summary(study),
    }
    result: dict[str, Any] = plain(record)
    return {**result, "tables": figures}  # whose cells are plain already
