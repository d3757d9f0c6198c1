"""What the first bytes of a file say that it is."""

import re
from enum import Enum
from typing import Final

from geo.text import Words

HEAD: Final = 65_536
"""Bytes that are looked at; GDAL's own drivers look at fewer."""


class Seen(Enum):
    """What a content looks like, as a person would call it."""

    GEOPACKAGE = Words("GeoPackage", "a GeoPackage")
    SQLITE = Words("别的 SQLite 数据库", "another SQLite database")
    SHAPEFILE = Words("Shapefile", "a Shapefile")
    PARQUET = Words("Parquet 文件", "a Parquet file")
    TOPOJSON = Words("TopoJSON", "TopoJSON")
    JSON = Words("JSON", "JSON")
    COMMAND = Words("GDAL 命令（.gdalg）", "a command for GDAL (.gdalg)")
    KML = Words("KML", "KML")
    ENTITIES = Words("带 DOCTYPE 的 XML", "XML with a DOCTYPE")
    VIRTUAL = Words("GDAL 虚拟数据集", "a GDAL virtual dataset, which opens other files")
    HTML = Words("网页", "a web page")
    XML = Words("XML", "XML")
    DXF = Words("DXF 图", "a DXF drawing")
    DWG = Words("DWG 图", "a DWG drawing")
    ZIP = Words("ZIP 压缩包（或 .xlsx）", "a zip archive, as .xlsx is one")
    PACKED = Words("压缩文件", "a packed file")
    OFFICE = Words("旧版 Office 文件（.xls）", "an old Office file (.xls)")
    TIFF = Words("TIFF 影像", "a TIFF image")
    PICTURE = Words("图片或 PDF", "a picture or a PDF")
    TEXT = Words("纯文本", "plain text")
    BINARY = Words("不明的二进制数据", "unknown binary data")
    FOLDER = Words("没有 FileGDB 表的文件夹", "a folder without a FileGDB")


_MAGIC: Final[tuple[tuple[bytes, Seen], ...]] = (
    (b"PAR1", Seen.PARQUET),
    (b"PK\x03\x04", Seen.ZIP),
    (b"PK\x05\x06", Seen.ZIP),
    (b"II*\0", Seen.TIFF),
    (b"MM\0*", Seen.TIFF),
    (b"II+\0", Seen.TIFF),
    (b"MM\0+", Seen.TIFF),
    (b"AutoCAD Binary DXF\r\n\x1a\0", Seen.DXF),
    (b"AC10", Seen.DWG),
    (b"\xd0\xcf\x11\xe0", Seen.OFFICE),
    (b"\x1f\x8b", Seen.PACKED),
    (b"7z\xbc\xaf", Seen.PACKED),
    (b"Rar!", Seen.PACKED),
    (b"BZh", Seen.PACKED),
    (b"\xfd7zXZ", Seen.PACKED),
    (b"%PDF", Seen.PICTURE),
    (b"\x89PNG", Seen.PICTURE),
    (b"\xff\xd8\xff", Seen.PICTURE),
    (b"GIF8", Seen.PICTURE),
)
_ROOTS: Final = {
    b"ogrvrtdatasource": Seen.VIRTUAL,
    b"ogrvrtlayer": Seen.VIRTUAL,
    b"ogrvrtwarpedlayer": Seen.VIRTUAL,
    b"ogrvrtunionlayer": Seen.VIRTUAL,
    b"vrtdataset": Seen.VIRTUAL,
    b"vrtrasterband": Seen.VIRTUAL,
    b"gdal_wms": Seen.VIRTUAL,
    b"gdalwarpoptions": Seen.VIRTUAL,
    b"gdaltileindexdataset": Seen.VIRTUAL,
    b"ogrwfsdatasource": Seen.VIRTUAL,
    b"wms_capabilities": Seen.VIRTUAL,
    b"html": Seen.HTML,
    b"!doctype": Seen.ENTITIES,
    b"!entity": Seen.ENTITIES,
    b"kml": Seen.KML,
}
_WIDE: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def seen_in(head: bytes) -> Seen:
    """What a file with these first bytes looks like."""
    if head.startswith(b"SQLite format 3\0"):
        return _database(head)
    if head[:4] == b"\0\0\x27\x0a" and head[28:32] == b"\xe8\x03\0\0":
        return Seen.SHAPEFILE
    magic = next((content for magic, content in _MAGIC if head.startswith(magic)), None)
    return magic or _text(_narrow(head))


def _text(text: bytes) -> Seen:
    start = text.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\v\f\x1e")
    if start[:1] == b"<":
        return _markup(start)
    if any(name in start.lower() for name in (b"<ogrvrtdatasource", b"<vrtdataset", b"<gdal_wms")):
        return Seen.VIRTUAL
    if start[:1] in (b"{", b"["):
        return _json(start)
    if _is_dxf(start):
        return Seen.DXF
    return Seen.BINARY if b"\0" in text else Seen.TEXT


def dxf_ends(head: bytes, tail: bytes) -> bool:
    """Whether a drawing has its last tag: without it, entities may be lost."""
    if head.startswith(b"AutoCAD Binary DXF"):
        return tail.rstrip(b"\0").endswith(b"EOF")
    return tail.rstrip(b" \t\r\n\0\x1a").endswith(b"EOF")


def _database(head: bytes) -> Seen:
    """Old GeoPackages state 0; whether they are any is seen from their tables."""
    known = head[68:72] in (b"GPKG", b"GP10", b"GP11", b"\0\0\0\0")
    return Seen.GEOPACKAGE if known and len(head) >= 100 else Seen.SQLITE


def _narrow(head: bytes) -> bytes:
    """UTF-16 text as UTF-8, so that nothing hides in it; anything else as it is."""
    codec = _WIDE.get(head[:2])
    if codec is None:
        return head
    return head[2:].decode(codec, errors="replace").encode("utf-8", errors="replace")


def _markup(text: bytes) -> Seen:
    """The kind of an XML by its root element; a DOCTYPE can only stand before it."""
    while text.startswith((b"<!--", b"<?")):
        closing = b"-->" if text.startswith(b"<!--") else b"?>"
        text = text.partition(closing)[2].lstrip()
    root = re.match(rb"<(?:[\w.-]+:)?(!?[\w.-]+)", text)
    return _ROOTS.get(root[1].lower(), Seen.XML) if root else Seen.XML


def _json(start: bytes) -> Seen:
    if b"gdal_streamed_alg" in start:
        return Seen.COMMAND
    return Seen.TOPOJSON if re.search(rb'"type"\s*:\s*"Topology"', start) else Seen.JSON


def _is_dxf(start: bytes) -> bool:
    """Whether the first tag that is no comment opens a section."""
    lines = [line.strip() for line in start[:4096].splitlines()]
    at = 0
    while lines[at : at + 1] == [b"999"]:
        at += 2
    return lines[at : at + 2] == [b"0", b"SECTION"]
