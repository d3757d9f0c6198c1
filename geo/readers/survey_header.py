"""The header of a boundary-point file: which grid its coordinates are on."""

import re
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.earth.grids import FIRST_ZONE, LAST_ZONE, Datum, Grid, Width, width_of, zone_at
from geo.errors import LayerError
from geo.findings import Finding, Place, finding

_FILLERS: Final = re.compile(
    r"国家|中国|china|大地|geodetic|坐标|coordinate|系统?|system|年|[\s_\-.'’()]", re.IGNORECASE
)
"""Words that stand in the name of every datum; any other word makes it another, local one."""

_DATUMS: Final[dict[Datum, re.Pattern[str]]] = {
    "CGCS2000": re.compile(r"(cgcs)?2000(cgcs2000)?"),
    "Xian 1980": re.compile(r"(西安|xian)?(19)?80(西安|xian)?"),
    "Beijing 1954": re.compile(r"(北京|beijing|bj)?(19)?54(北京|beijing|bj)?"),
}

_WIDTHS: Final[dict[str, Width]] = {"3": 3, "三": 3, "6": 6, "六": 6}
_WESTMOST: Final = 73
"""The degree of longitude at which China begins: greater than any number of a zone."""

_METRES: Final = ("", "米", "m", "metre", "meter", "公尺")
_PROJECTIONS: Final = ("", "高斯克吕格", "高斯克吕格投影", "高斯投影", "高斯", "gausskruger")


class Stated(NamedTuple):
    """What the header says of the grid; None where it says nothing that is understood."""

    datum: Datum | None
    width: Width | None
    zone: int | None
    findings: list[Finding]


def stated(header: dict[str, str], file: str) -> Stated:
    """Read the keys that place the coordinates.

    Raises :class:`LayerError` when the unit is not the metre, or when the keys contradict each
    other. A value that is not understood is a finding, and leaves the CRS to be asked for.
    """
    unit = header.get("计量单位", "")
    if unit.casefold() not in _METRES:
        raise LayerError(finding("survey.unit", file=file, field="计量单位", seen=unit))
    notes = _Notes(file, [])
    projection = header.get("投影类型", "")
    usual = re.sub(r"[\s\-–—·]", "", projection).casefold().replace("ü", "u") in _PROJECTIONS
    if not usual:
        notes.not_understood("投影类型", projection)
    datum = _datum(header, notes) if usual else None
    width = _width(header, notes)
    zone, width = _zone(header, width, notes)
    parameters = header.get("转换参数", "")
    if re.search("[1-9]", parameters):
        where: Place = {"file": file, "field": "转换参数", "seen": parameters}
        notes.findings.append(finding("survey.parameters", **where))
    return Stated(datum, width, zone, notes.findings)


def settled(
    said: Stated, zones: npt.NDArray[np.int64], file: str
) -> tuple[Grid | None, int | None]:
    """The grid of a file, and the prefix that its eastings must have (None: any).

    ``zones`` holds the prefix of each easting that can be one, 0 for those without. Raises
    :class:`LayerError` when the prefixes differ, or none agrees with the header.
    """
    found = sorted(int(zone) for zone in np.unique(zones))
    if len(found) > 1 and (0 in found or said.zone not in found):
        seen = ", ".join(str(zone or "—") for zone in found)
        raise LayerError(finding("grid.prefixes", file=file, seen=seen))
    prefix = said.zone if said.zone in found else found[0] if found else None
    if prefix and said.zone and prefix != said.zone:
        words: Place = {"field": "带号", "seen": said.zone, "prefix": prefix}
        raise LayerError(finding("survey.zone", file=file, **words))
    zone = prefix or said.zone
    if zone is None or said.datum is None:
        return None, prefix
    width = said.width or width_of(zone)
    if width is None or width != width_of(zone):
        raise _contradiction(file, zone, width)
    return Grid(said.datum, width, zone, bool(prefix)), prefix


class _Notes(NamedTuple):
    file: str
    findings: list[Finding]

    def not_understood(self, key: str, value: str) -> None:
        self.findings.append(finding("survey.header", file=self.file, field=key, seen=value))


def _datum(header: dict[str, str], notes: _Notes) -> Datum | None:
    name = header.get("坐标系", "")
    core = _FILLERS.sub("", name).casefold()
    for datum, pattern in _DATUMS.items():
        if pattern.fullmatch(core):
            return datum
    if name:
        notes.not_understood("坐标系", name)
    return None


def _width(header: dict[str, str], notes: _Notes) -> Width | None:
    value = header.get("几度分带", "")
    width = _WIDTHS.get(re.sub(r"[\s度°带分]|\.0+$", "", value))
    if value and width is None:
        notes.not_understood("几度分带", value)
    return width


def _zone(
    header: dict[str, str], width: Width | None, notes: _Notes
) -> tuple[int | None, Width | None]:
    """The zone by its number or its central meridian, and the width that they leave open."""
    number, meridian = (_whole(header, key, notes) for key in ("带号", "中央子午线"))
    if number is not None and meridian is None and number >= _WESTMOST:
        number, meridian = None, number  # some write the meridian where the zone belongs
    if number is not None:
        known = width_of(number)
        if known is None or width not in (None, known):
            raise _contradiction(notes.file, number, width)
        if meridian is not None and zone_at(meridian, known) != number:
            raise _contradiction(notes.file, number, width)
        return number, known
    if meridian is None:
        return None, width
    zone = zone_at(meridian, width) if width else None
    if zone is None:
        notes.not_understood("中央子午线", str(meridian))
    return zone, width


def _whole(header: dict[str, str], key: str, notes: _Notes) -> int | None:
    value = header.get(key, "")
    match = re.fullmatch(r"第?\s*([0-9]{1,3})(?:\.0+)?\s*(?:带|度|°|E|°E)?", value)
    if value and match is None:
        notes.not_understood(key, value)
    return int(match[1]) if match else None


def _contradiction(file: str, zone: int, width: Width | None) -> LayerError:
    ranges = {f"first{at}": first for at, first in FIRST_ZONE.items()}
    ranges |= {f"last{at}": last for at, last in LAST_ZONE.items()}
    words: Place = {"field": "带号", "seen": zone, "width": width or "?", **ranges}
    return LayerError(finding("survey.zone-width", file=file, **words))
