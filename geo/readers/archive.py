"""Zip archives: what is in them, and the one layer that they were sent for."""

import io
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from geo.errors import LayerError
from geo.findings import Place, finding
from geo.readers import door
from geo.text import Words
from geo.words import listed

MOST_MEMBERS = 200
MOST_WORKBOOK_PARTS = 1000
"""A workbook has a part for each sheet, chart and picture."""

MOST_BYTES = 2**30
MOST_RATIO = 200
"""Unfolded bytes for each packed one; a .dbf that is mostly blanks folds about a hundredfold."""

FLOOR_BYTES = 16 * 2**20
"""Below this much, how well something folds does not matter."""

_DIRECTORY_BYTES: Final = 4 * 2**20
"""The list of members may be no longer: one of two hundred takes some ten kilobytes."""

LAYERS: Final = frozenset(door.KINDS) - {".txt", ".csv", ".xlsx", ".zip", ".gdb", ".tif", ".tiff"}
"""Endings of members that are layers; a .txt is one where nothing else is."""

_PARTS: Final = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg"),
    ".gpkg": (".gpkg-wal", ".gpkg-journal"),
}
"""What is unpacked beside a layer: its parts, and the signs that it was not closed."""

_ARCHIVES: Final = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".kmz")
_IGNORED: Final = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.I)
_FAILURES: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
)
"""What zipfile raises on damaged archives."""

_PACKINGS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, slots=True)
class _Member:
    """A file in the archive, by its name in Unicode."""

    path: PurePosixPath
    info: zipfile.ZipInfo

    @property
    def ending(self) -> str:
        return self.path.suffix.lower()


class _Bounded(io.BufferedReader):
    """A file that hands out no more at once than a list of members may be long."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _DIRECTORY_BYTES:
            raise zipfile.BadZipFile("its list of members is too long")
        return super().read(size)


def unfolded(path: Path, into: Path) -> Path:
    """The one layer of a zip archive, unpacked into the folder ``into``; the path of the layer.

    Everything is checked before anything is unpacked. The list of members may lie, but zipfile
    hands out no more bytes than it states, and refuses a member that has more. Raises
    :class:`LayerError`.
    """
    with _opened(path) as archive:
        members = _members(path, archive, MOST_MEMBERS)
        nested = [member.path for member in members if member.ending in _ARCHIVES]
        if nested:
            raise LayerError(finding("archive.nested", file=path.name, seen=listed(nested)))
        layer = _only_layer(path, members)
        wanted = _belonging(layer, members)
        home = into / layer.name if layer.suffix.lower() == ".gdb" else into
        home.mkdir(exist_ok=True)
        for member in wanted:
            _unpack(path, archive, member, home / member.path.name)
    return into / layer.name


def check_workbook(path: Path) -> None:
    """Raise :class:`LayerError` unless this is a workbook that unfolds to a reasonable size."""
    with _opened(path) as archive:
        members = _members(path, archive, MOST_WORKBOOK_PARTS)
        if not any(str(member.path) == "[Content_Types].xml" for member in members):
            kind: Place = {
                "kind": "a zip archive that is no workbook",
                "kind_zh": "不是工作簿的压缩包",
            }
            raise LayerError(finding("file.disguised", file=path.name, ending=path.suffix, **kind))


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        source = _Bounded(io.FileIO(path))
    except (OSError, ValueError) as error:
        raise LayerError(finding("layer.unreadable", file=path.name, problem=error)) from None
    with source:
        try:
            archive = zipfile.ZipFile(source)
        except _FAILURES as error:
            raise LayerError(finding("layer.unreadable", file=path.name, problem=error)) from None
        with archive:
            yield archive


def _members(path: Path, archive: zipfile.ZipFile, most: int) -> list[_Member]:
    """The files of the archive, once names, sizes and kinds are all right."""
    infos = archive.infolist()
    if len(infos) > most:
        raise LayerError(finding("archive.many", file=path.name, seen=len(infos), limit=most))
    names = {info: _name(path, info) for info in infos}
    _check_names(path, [str(name) for name in names.values()])
    for info, name in names.items():
        _check_kind(path, name, info)
    files = [info for info in infos if not info.is_dir()]
    packed = path.stat().st_size
    size = sum(info.file_size for info in files)
    limit = min(MOST_BYTES, max(FLOOR_BYTES, MOST_RATIO * packed))
    if size > limit:
        words: Place = {"packed": packed, "seen": f"{size} bytes", "limit": f"{limit} bytes"}
        raise LayerError(finding("archive.unfolds", file=path.name, **words))
    if sum(info.compress_size for info in files) > packed:
        problem = "its members overlap"
        raise LayerError(finding("layer.unreadable", file=path.name, problem=problem))
    return [_Member(names[info], info) for info in files if not _IGNORED.search(str(names[info]))]


def _name(path: Path, info: zipfile.ZipInfo) -> PurePosixPath:
    """The name of a member; those without the mark of UTF-8 are mostly GBK here."""
    text = info.orig_filename
    if not info.flag_bits & 0x800:
        raw = text.encode("cp437")
        for encoding in ("utf-8", "gb18030"):
            try:
                text = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    text = text.replace("\\", "/")
    problem = _problem(text)
    if problem is not None:
        words: Place = {"problem": problem.en, "problem_zh": problem.zh}
        raise LayerError(finding("archive.names", file=path.name, seen=ascii(text)[1:-1], **words))
    return PurePosixPath(text)


def _problem(name: str) -> Words | None:
    """Why a name may not be unpacked."""
    if name.startswith("/") or ".." in name.split("/"):
        return Words("指向包外", "it leads out of the archive")
    if not name.replace("/", "").isprintable() or any(sign in name for sign in ':*?"<>|'):
        return Words("含不能用的字符", "it has characters that a file name has not")
    return None if name.strip("/. ") else Words("没有名称", "it is no name")


def _check_names(path: Path, names: Iterable[str]) -> None:
    """Two names that differ in case only are one file on most machines."""
    twice = [name for name, times in Counter(map(str.casefold, names)).items() if times > 1]
    if twice:
        words: Place = {"problem": "it stands there twice", "problem_zh": "出现两次"}
        raise LayerError(finding("archive.names", file=path.name, seen=listed(twice), **words))


def _check_kind(path: Path, name: PurePosixPath, info: zipfile.ZipInfo) -> None:
    mode = stat.S_IFMT(info.external_attr >> 16)
    if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
        words: Place = {"problem": "it is a link, not a file", "problem_zh": "是链接，不是文件"}
        raise LayerError(finding("archive.names", file=path.name, seen=name, **words))
    if info.flag_bits & 0x41:
        raise LayerError(finding("archive.encrypted", file=path.name, seen=name))
    if info.compress_type not in _PACKINGS:
        problem = f"{name} is packed in an unusual way ({info.compress_type})"
        raise LayerError(finding("layer.unreadable", file=path.name, problem=problem))


def _only_layer(path: Path, members: list[_Member]) -> PurePosixPath:
    """The layer of the archive: a file, or the folder of a FileGDB."""
    folders = {
        folder
        for member in members
        for folder in member.path.parents
        if folder.suffix.lower() == ".gdb"
    }
    loose = [member for member in members if not folders & set(member.path.parents)]
    layers = sorted(folders | {member.path for member in loose if member.ending in LAYERS})
    layers = layers or [member.path for member in loose if member.ending == ".txt"]
    if not layers:
        seen = listed(member.path for member in members) or "nothing"
        raise LayerError(finding("archive.no-layer", file=path.name, seen=seen))
    if len(layers) > 1:
        raise LayerError(finding("archive.choose", file=path.name, seen=listed(layers)))
    return layers[0]


def _belonging(layer: PurePosixPath, members: list[_Member]) -> list[_Member]:
    """The layer itself and its parts, which are of the same name in the same folder."""
    if layer.suffix.lower() == ".gdb":
        return [member for member in members if member.path.parent == layer]
    endings = (layer.suffix.lower(), *_PARTS.get(layer.suffix.lower(), ()))
    return [
        member
        for member in members
        if member.path.parent == layer.parent
        and member.path.stem.casefold() == layer.stem.casefold()
        and member.ending in endings
    ]


def _unpack(path: Path, archive: zipfile.ZipFile, member: _Member, target: Path) -> None:
    try:
        with archive.open(member.info) as source, target.open("xb") as sink:
            shutil.copyfileobj(source, sink, 2**20)
    except _FAILURES as error:
        problem = f"{member.path}: {error}"
        raise LayerError(finding("layer.unreadable", file=path.name, problem=problem)) from None
