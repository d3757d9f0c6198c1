"""The plot lines of a boundary-point file as columns: ids and names as written, area in ha."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa

from geo.findings import Finding, Place, finding
from geo.readers.survey_lines import PLOT_TYPES, Plot
from geo.units import M2_PER_HA, M2_PER_MU

_PLACEHOLDERS: Final = frozenset(
    ("DKBH", "DKMC", "DKMJ", "DKYT", "DLBM", "DLMC", "TFH", "TFBH", "TXSX", "JLTXSX", "MJ", "YT")
)
"""Names of database fields: they stand where an export found no value."""

_AREA: Final = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)\s*(.*)")

_HECTARES: Final = {
    **dict.fromkeys(("公顷", "ha", "hm2"), 1.0),
    **dict.fromkeys(("亩", "市亩", "mu"), M2_PER_MU / M2_PER_HA),
    **dict.fromkeys(("m2", "平方米", "平米"), 1 / M2_PER_HA),
    **dict.fromkeys(("km2", "平方公里", "平方千米"), 100.0),
}
"""How many hectares one of these is; ``㎡`` and ``m²`` fold to ``m2``."""

TEXTS: Final = ("parcel_id", "name", "plot_type", "sheet", "land_use", "land_class")


class PlotFacts(NamedTuple):
    """One plot line, understood; ``points`` is how many it says there are."""

    points: int | None
    declared_ha: float | None
    texts: dict[str, str]
    kind: str


def facts_of(plot: Plot, where: Place) -> tuple[PlotFacts, list[Finding]]:
    """What a plot line says, and what is odd about it."""
    fields, findings = _aligned(plot.fields, where | {"line": plot.line})
    texts = dict(zip(("parcel_id", "name", *TEXTS[2:]), fields[2:8], strict=True))
    texts |= {f"extra_{at}": text for at, text in enumerate(fields[8:], 1)}
    place: Place = where | {"parcel": texts["parcel_id"], "line": plot.line}
    blanked = [name for name, text in texts.items() if _is_placeholder(name, text)]
    if blanked:
        seen = ", ".join(texts[name] for name in blanked)
        texts |= dict.fromkeys(blanked, "")
        findings.append(finding("survey.placeholder", **place, seen=seen, changed=True))
    points = _count(fields[0])
    if points is None:
        findings.append(finding("survey.no-count", **place, seen=fields[0]))
    declared_ha, faults = _area(fields[1], place)
    kind = PLOT_TYPES.get(_folded(texts["plot_type"]).casefold(), "面")
    return PlotFacts(points, declared_ha, texts, kind), [*findings, *faults]


def cells_of(plots: Sequence[PlotFacts]) -> pa.Table:
    """The plots as columns, one row each; blank areas are null."""
    extras = max((len(plot.texts) - len(TEXTS) for plot in plots), default=0)
    names = [*TEXTS[:2], *TEXTS[2:], *(f"extra_{at}" for at in range(1, extras + 1))]
    columns: dict[str, Any] = {
        name: pa.array([plot.texts.get(name, "") for plot in plots], pa.string()) for name in names
    }
    areas = pa.array([plot.declared_ha for plot in plots], pa.float64())
    table = pa.table(columns)
    return table.add_column(2, "declared_area", areas)


def _aligned(fields: list[str], place: Place) -> tuple[list[str], list[Finding]]:
    """The fields, the type being the fifth; what stands between id and type is the name."""
    fields = fields + [""] * (8 - len(fields))
    kinds = [_folded(text).casefold() for text in fields]
    if kinds[4] in PLOT_TYPES:
        return fields, []
    place = place | {"parcel": fields[2], "seen": fields[4]}
    at = next((at for at in range(3, len(kinds)) if kinds[at] in PLOT_TYPES), None)
    if at is None:
        return fields, [finding("survey.plot-type", **place)] if fields[4] else []
    place = place | {"seen": fields[at], "position": at + 1, "changed": True}
    moved = [*fields[:3], ",".join(fields[3:at]), *fields[at:]]
    return moved + [""] * (8 - len(moved)), [finding("survey.plot-fields", **place)]


def _count(text: str) -> int | None:
    folded = _folded(text)
    return int(folded) if re.fullmatch(r"[0-9]{1,9}", folded) else None


def _is_placeholder(name: str, text: str) -> bool:
    return name != "parcel_id" and text in _PLACEHOLDERS


def _area(text: str, place: Place) -> tuple[float | None, list[Finding]]:
    """The area in hectares, as the format states it, or in the unit written behind it."""
    folded = _folded(text).casefold()
    if not folded:
        return None, []
    match = _AREA.fullmatch(folded)
    number, unit = match.groups() if match and len(match[1]) < 30 else ("", "")
    if not number or (unit and unit not in _HECTARES):
        return None, [finding("survey.area", **place, seen=text)]
    if not unit:
        return float(number), []
    declared_ha = float(number) * _HECTARES[unit]
    words: Place = {"seen": text, "hectares": f"{declared_ha:.6g}", "changed": True}
    return declared_ha, [finding("survey.area-unit", **place, **words)]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()
