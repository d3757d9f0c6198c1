"""Which column of a coordinate table is north, east, the parcel, the ring, the order."""

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from geo.cells.aliases import columns_meaning
from geo.errors import LayerError
from geo.findings import Place, finding
from geo.words import listed, normal

Axes = Literal["named", "bare", "degrees"]
"""``named`` says north and east in words; ``bare`` says X and Y, which in a Chinese survey are
north and east and in a GIS the reverse; ``degrees`` says latitude and longitude."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PAIRS: Final[dict[Axes, tuple[frozenset[str], frozenset[str]]]] = {
    "named": (
        _words(
            "n northing northings north northm 北 北向 北坐标 纵坐标 x北 北x 北坐标x x北坐标 "
            "纵坐标x x纵坐标"
        ),
        _words(
            "e easting eastings east eastm 东 东向 东坐标 横坐标 y东 东y 东坐标y y东坐标 "
            "横坐标y y横坐标"
        ),
    ),
    "bare": (
        _words("x x坐标 坐标x x值 x轴 界址点x坐标 xcoord xcoordinate coordx pointx"),
        _words("y y坐标 坐标y y值 y轴 界址点y坐标 ycoord ycoordinate coordy pointy"),
    ),
    "degrees": (
        _words("纬度 北纬 纬度坐标 纬度b b纬度 lat latitude wd"),
        _words("经度 东经 经度坐标 经度l l经度 lon lng long longitude jd"),
    ),
}
"""First what is north, then what is east, the surest words first."""

_RING: Final = _words("圈号 环号 圈 环 界址圈号 地块圈号 ring ringno ringid ringnumber")
_ORDER: Final = _words("序号 顺序 顺序号 点序 点序号 界址点顺序号 order seq sequence vertexindex")
_LABEL: Final = _words(
    "点号 界址点号 界址点 点名 点编号 界址点编号 拐点 拐点号 label point pointno pointid vertex"
)
_WKT: Final = _words("wkt ewkt geometry geom thegeom 图形 几何 几何图形 坐标串")


_LONGEST: Final = 60
"""No column's name is longer; what comes after is not looked at."""


class Columns(NamedTuple):
    """Positions of the columns of a coordinate table; −1 for one that it has not."""

    axes: Axes | None
    north: int
    east: int
    wkt: int
    parcel: int
    ring: int
    order: int
    label: int


def columns_of(header: Sequence[str], file: str, layer: str) -> Columns:
    """Find the columns by their names.

    Raises :class:`LayerError` when there are no coordinates, one without the other, or two
    columns of one meaning.
    """
    where: Place = {"file": file, "layer": layer}
    wkt = _one(header, _WKT, where)
    axes, north, east = (None, -1, -1) if wkt >= 0 else _pair(header, where)
    ring, order, label = (_one(header, names, where) for names in (_RING, _ORDER, _LABEL))
    used = {header[at] for at in (north, east, wkt, ring, order, label) if at >= 0}
    others = [name for name in header if name and name not in used]
    ids = columns_meaning("parcel_id", others) or columns_meaning("name", others)
    if not ids and wkt < 0:
        raise LayerError(finding("points.parcel", **where, choices=listed(header)))
    return Columns(axes, north, east, wkt, header.index(ids[0]) if ids else -1, ring, order, label)


def holds_coordinates(header: Sequence[str]) -> bool:
    """Whether a table with these column names holds coordinates, or outlines as WKT."""
    spellings = [_spellings(name) for name in header]

    def has(names: frozenset[str]) -> bool:
        return any(names & spelling for spelling in spellings)

    return has(_WKT) or any(has(north) and has(east) for north, east in _PAIRS.values())


def _pair(header: Sequence[str], where: Place) -> tuple[Axes, int, int]:
    half = ""
    for axes, names in _PAIRS.items():
        north, east = (_one(header, side, where) for side in names)
        if north >= 0 and east >= 0:
            return axes, north, east
        half = half or next((header[at] for at in (north, east) if at >= 0), "")
    choices = listed(name for name in header if name)
    raise LayerError(finding("points.columns", **where, seen=half or "—", choices=choices))


def _one(header: Sequence[str], names: frozenset[str], where: Place) -> int:
    found = [at for at, name in enumerate(header) if names & _spellings(name)]
    if len(found) > 1:
        seen = listed(header[at] for at in found)
        raise LayerError(finding("points.columns-twice", **where, seen=seen))
    return found[0] if found else -1


def _spellings(name: str) -> set[str]:
    """The name with what stands in brackets, and without (a unit)."""
    folded = re.sub(r"[\s_\-:.]", "", normal(name[:_LONGEST]))
    return {re.sub(r"[()\[\]]", "", folded), re.sub(r"[(\[].*?[)\]]", "", folded)}
