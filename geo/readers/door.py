"""What a file is, by its name and its content, and whether it may be opened at all."""

import os
import re
import stat
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Final, NoReturn

from geo.errors import LayerError
from geo.findings import Place, finding
from geo.readers.signature import HEAD, Seen, dxf_ends, seen_in
from geo.text import Words
from geo.words import ending

KINDS: Final = {
    ".gpkg": "GeoPackage",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".topojson": "TopoJSON",
    ".geojsonl": "GeoJSONSeq",
    ".geojsons": "GeoJSONSeq",
    ".ndjson": "GeoJSONSeq",
    ".shp": "Shapefile",
    ".gdb": "FileGDB",
    ".parquet": "GeoParquet",
    ".geoparquet": "GeoParquet",
    ".kml": "KML",
    ".dxf": "DXF",
    ".txt": "Text",
    ".csv": "CSV",
    ".xlsx": "Workbook",
    ".zip": "Zip",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
"""File ending → what :func:`admit` calls such a file."""

LARGEST_BYTES = 2 * 2**30
MOST_PARTS = 10_000
"""Files in the folder of a FileGDB; a large one has some hundreds."""

_CONTENT: Final[dict[str, tuple[Seen, ...]]] = {
    "GeoPackage": (Seen.GEOPACKAGE,),
    "GeoJSON": (Seen.JSON, Seen.TOPOJSON),
    "TopoJSON": (Seen.JSON, Seen.TOPOJSON),
    "GeoJSONSeq": (Seen.JSON,),
    "Shapefile": (Seen.SHAPEFILE,),
    "GeoParquet": (Seen.PARQUET,),
    "KML": (Seen.KML,),
    "DXF": (Seen.DXF,),
    "Text": (Seen.TEXT, Seen.JSON),  # a boundary-point file begins with “[属性描述]”
    "CSV": (Seen.TEXT, Seen.JSON),
    "Workbook": (Seen.ZIP,),
    "Zip": (Seen.ZIP,),
    "TIFF": (Seen.TIFF,),
}


def admit(path: Path) -> str:
    """The kind of the file (a value of :data:`KINDS`), settled by its ending and its content.

    A link is followed where the file that was asked for is one: whoever named it chose it, and
    its content must still fit its ending. What merely lies beside or inside (the parts of a
    Shapefile, the folder of a FileGDB) was not named, and is never followed out of its folder.

    Raises :class:`LayerError` when the name, the size or the content forbids opening the file.
    """
    check_name(path)
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise LayerError(finding("layer.format", file=path.name, **ending(path.suffix)))
    try:
        status = path.stat()
    except FileNotFoundError:
        raise LayerError(finding("layer.missing", file=str(path))) from None
    except (OSError, ValueError) as error:
        raise LayerError(finding("layer.unreadable", file=path.name, problem=error)) from None
    if kind == "FileGDB":
        _check_folder(path, status)
        return kind
    if kind == "GeoParquet" and stat.S_ISDIR(status.st_mode):
        _check_parquet(path)
        return kind
    check_size(path, status)
    head, tail = _ends(path)
    content = seen_in(head)
    if content not in _CONTENT[kind]:
        _disguised(path, content)
    if kind == "GeoParquet" and tail[-4:] != b"PAR1":
        _cut_at_its_end(path, "PAR1")
    if kind == "DXF" and not dxf_ends(head, tail):
        _cut_at_its_end(path, "EOF")
    return "TopoJSON" if content is Seen.TOPOJSON else kind


_PREFIXES: Final[tuple[tuple[Callable[[str], bool], Words], ...]] = (
    (lambda name: "\0" in name or not name.isprintable(), Words("控制字符", "control characters")),
    (lambda name: bool(re.match(r"[\\/]{1,2}vsi", name, re.I)), Words("GDAL 虚拟文件", "/vsi")),
    (lambda name: bool(re.match(r"[A-Za-z][\w+.-]*:", name)), Words("网址或前缀", "a prefix")),
    (lambda name: name.lstrip()[:1] in ("{", "[", "<"), Words("内联的数据", "data in the name")),
    (  # pyogrio opens b.gpkg for a!b.gpkg, and a for a;b.gpkg
        lambda name: "!" in name or ";" in name.replace("\\", "/").rpartition("/")[2],
        Words("! 和 ; 是分隔符", "! and ; part a name"),
    ),
)
_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]")


def check_name(path: Path) -> None:
    """Raise :class:`LayerError` for a name that GDAL or pyogrio read as anything but a file."""
    name = str(path)
    plain = name[2:] if _DRIVE.match(name) else name
    for applies, problem in _PREFIXES:
        if applies(plain):
            words: Place = {"problem": problem.en, "problem_zh": problem.zh}
            shown = ascii(name)[1:-1]
            raise LayerError(finding("file.name", file=shown, seen=shown, **words))


def check_size(path: Path, status: os.stat_result, *, most: int = 0) -> None:
    """Raise :class:`LayerError` for what is no plain file, is empty, or is too large."""
    if not stat.S_ISREG(status.st_mode):
        kind = _special(status.st_mode)
        raise LayerError(finding("file.special", file=path.name, kind=kind.en, kind_zh=kind.zh))
    if status.st_size == 0:
        raise LayerError(finding("file.empty", file=path.name))
    limit = most or LARGEST_BYTES
    if status.st_size > limit:
        words: Place = {"seen": f"{status.st_size} bytes", "limit": f"{limit} bytes"}
        raise LayerError(finding("file.large", file=path.name, **words))


def _special(mode: int) -> Words:
    names = {
        stat.S_IFDIR: Words("文件夹", "a folder"),
        stat.S_IFIFO: Words("管道", "a pipe"),
        stat.S_IFSOCK: Words("套接字", "a socket"),
    }
    return names.get(stat.S_IFMT(mode), Words("设备", "a device"))


def _ends(path: Path) -> tuple[bytes, bytes]:
    """The first and the last bytes of a file."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
            file.seek(max(0, file.seek(0, os.SEEK_END) - 64))
            return head, file.read()
    except OSError as error:
        raise LayerError(finding("layer.unreadable", file=path.name, problem=error)) from None


def _check_folder(path: Path, status: os.stat_result) -> None:
    """A FileGDB is a folder of plain files that begins with its catalogue."""
    if not stat.S_ISDIR(status.st_mode):
        check_size(path, status)
        _disguised(path, seen_in(_ends(path)[0]))
    if not _check_members(path):
        raise LayerError(finding("file.empty", file=path.name))
    catalogue = path / "a00000001.gdbtable"
    if not catalogue.is_file() or _ends(catalogue)[0][:4] not in (b"\3\0\0\0", b"\4\0\0\0"):
        _disguised(path, Seen.FOLDER)


def parquet_parts(path: Path) -> list[Path]:
    """The file itself, or the files of a folder in the order of their names."""
    if not path.is_dir():
        return [path]
    names = (item for item in path.iterdir() if not item.name.startswith((".", "_")))
    return sorted(item for item in names if KINDS.get(item.suffix.lower()) == "GeoParquet")


def _check_parquet(path: Path) -> None:
    """A layer in parts is a folder of files, each of which could be one by itself."""
    parts = parquet_parts(path)
    if not parts:
        raise LayerError(finding("file.empty", file=path.name))
    if len(parts) > MOST_PARTS:
        words: Place = {"seen": f"{len(parts)} files", "limit": f"{MOST_PARTS} files"}
        raise LayerError(finding("file.large", file=path.name, **words))
    for part in parts:
        if part.is_symlink():
            raise LayerError(finding("file.linked", file=path.name, seen=part.name))
        if part.is_dir():
            words = {"kind": "a folder", "kind_zh": "文件夹"}
            raise LayerError(finding("file.special", file=f"{path.name}/{part.name}", **words))
        admit(part)


def _check_members(path: Path) -> int:
    """How many they are; nothing in the folder leads out of it, and it is not too large."""
    size = 0
    with os.scandir(path) as members:
        entries = list(islice(members, MOST_PARTS + 1))
    for number, entry in enumerate(entries, 1):
        if entry.is_symlink():
            raise LayerError(finding("file.linked", file=path.name, seen=entry.name))
        size += entry.stat(follow_symlinks=False).st_size
        if number > MOST_PARTS or size > LARGEST_BYTES:
            words: Place = {
                "seen": f"{number} files, {size} bytes",
                "limit": f"{LARGEST_BYTES} bytes",
            }
            raise LayerError(finding("file.large", file=path.name, **words))
        if not entry.is_file() and not entry.is_dir():
            special = _special(entry.stat(follow_symlinks=False).st_mode)
            kinds: Place = {"kind": special.en, "kind_zh": special.zh}
            raise LayerError(finding("file.special", file=f"{path.name}/{entry.name}", **kinds))
    return len(entries)


def _disguised(path: Path, content: Seen) -> NoReturn:
    words: Place = {"kind": content.value.en, "kind_zh": content.value.zh}
    raise LayerError(finding("file.disguised", file=path.name, ending=path.suffix, **words))


def _cut_at_its_end(path: Path, mark: str) -> NoReturn:
    problem = f"the file is cut off: it does not end with {mark}"
    raise LayerError(finding("layer.unreadable", file=path.name, problem=problem))
