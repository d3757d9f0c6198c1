"""The numbers of parcels as their cells state them: areas, plot ratios, floor space, faults."""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.cells.aliases import header_unit
from geo.cells.numerals import Numbers, parse_numbers
from geo.findings import Finding, Place, finding
from geo.plan import ParcelLayer
from geo.units import M2_PER_UNIT, AreaUnit

PERCENT_FROM: Final = 15.0
"""No industrial plot ratio is as high; such a figure is a percentage read as a ratio."""
PLAIN_BELOW: Final = 0.05
"""No plot ratio in per cent is as low; such a figure is a plain ratio read as a percentage."""
HIGH_RATIO: Final = 5.0
"""Net plot ratios above this are worth a look (domain reference, section 5)."""

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Header(NamedTuple):
    """The name of a column that is read, and where it stands."""

    name: str
    where: Place


def unit_of(
    headers: Iterable[Header], stated: AreaUnit | None
) -> tuple[AreaUnit | None, list[Finding]]:
    """The unit that the plan states for a column, else the one in its header (面积（亩）).

    A header that says another unit than the plan, or than another header, is a fault.
    """
    findings: list[Finding] = []
    unit = stated
    for name, where in headers:
        told = header_unit(name)
        if told is None or told == unit:
            continue
        place: Place = {**where, "field": name, "seen": name, "unit": told}
        if unit is None:
            unit = told
            findings.append(finding("header.unit", **place))
        else:
            findings.append(finding("header.unit-differs", **place, stated=unit))
    return unit, findings


class Quantities:
    """Cells of number columns of the parcel table, read with their faults."""

    def __init__(self, cells: pd.DataFrame, table: pd.DataFrame, where: Place) -> None:
        self._cells, self._table, self._where = cells, table, where
        self.findings: list[Finding] = []

    def _fault(
        self,
        code: str,
        field: str,
        at: Flags,
        words: Callable[[int], Place] = lambda _: {},
        *,
        changed: bool = False,
    ) -> None:
        places = np.flatnonzero(at)
        rows, parcels = (self._table[name].take(places) for name in ("row", "parcel_id"))
        cells = self._cells[field].take(places)
        for index, row, parcel, cell in zip(places.tolist(), rows, parcels, cells, strict=True):
            place: Place = {**self._where, "row": row, "parcel": parcel, "field": field}
            detail: Place = {"seen": _plain(cell), **words(index)}
            self.findings.append(finding(code, **place, changed=changed, **detail))

    def area(self, unit: AreaUnit) -> Floats:
        """Declared area in m²; ``unit`` is the column's."""
        numbers = parse_numbers(self._cells["declared_area"], area=True)
        wrong = numbers.unreadable | numbers.percent
        self._fault("area.unreadable", "declared_area", wrong)
        return self._in_m2("declared_area", numbers, wrong, unit)

    def floor(self, unit: AreaUnit) -> Floats:
        """Existing floor space in m²; ``unit`` is the column's."""
        numbers = parse_numbers(self._cells["existing_floor"], area=True)
        wrong = numbers.unreadable | numbers.percent | (numbers.values < 0)
        self._fault("floor.unreadable", "existing_floor", wrong)
        return self._in_m2("existing_floor", numbers, wrong, unit)

    def _in_m2(self, field: str, numbers: Numbers, wrong: Flags, unit: AreaUnit) -> Floats:
        """Areas in m²: in the unit of their cell where it states one, else of the column."""
        own = (numbers.unit != "") & (numbers.unit != unit) & ~wrong
        self._fault("number.unit", field, own, lambda _: {"stated": unit}, changed=True)
        self._approximate(field, numbers, wrong)
        factor = np.full(len(own), M2_PER_UNIT[unit], dtype=np.float64)
        stated = np.flatnonzero(numbers.unit != "")
        factor[stated] = [M2_PER_UNIT[told] for told in numbers.unit[stated]]
        return np.where(wrong, np.nan, numbers.values * factor)

    def _approximate(self, field: str, numbers: Numbers, wrong: Flags) -> None:
        def value(index: int) -> Place:
            return {"value": f"{numbers.values[index]:.12g}"}

        self._fault("number.approximate", field, numbers.approximate & ~wrong, value)

    def ratio(self, field: str, layer: ParcelLayer, *, zero_is_blank: bool) -> Floats:
        """A plot ratio as a plain ratio; what cannot be one is unknown, never zero."""
        numbers = parse_numbers(self._cells[field])
        self._fault("ratio.unreadable", field, numbers.unreadable & ~numbers.ranged)
        self._approximate(field, numbers, numbers.unreadable)
        scale, low = np.ones(len(numbers.values)), np.zeros(len(numbers.values), bool)
        if layer.plot_ratio_unit == "percent":
            scale = np.where(numbers.percent, 1.0, 0.01)
            low = ~numbers.percent & (numbers.values > 0) & (numbers.values * scale < PLAIN_BELOW)
        values = numbers.values * scale
        if field == "plot_ratio":
            values = self._ends(numbers, values, scale, layer)
        else:
            self._fault("ratio.range", field, numbers.ranged, _ends_of(numbers, scale))
        negative, huge = values < 0, values >= PERCENT_FROM
        zero = (values == 0) & zero_is_blank
        self._fault("ratio.negative", field, negative)
        self._fault("ratio.percent", field, huge)
        self._fault("ratio.low", field, low)
        self._fault("ratio.zero", field, zero)
        high = (values > HIGH_RATIO) & ~huge
        self._fault("ratio.high", field, high, lambda _: {"limit": HIGH_RATIO})
        return np.where(negative | huge | low | zero, np.nan, values)

    def _ends(self, numbers: Numbers, values: Floats, scale: Floats, layer: ParcelLayer) -> Floats:
        """The ratios, and of ranges the end that the plan names, if it names one."""
        chosen = layer.plot_ratio_range
        if chosen == "unknown":
            ends = np.full(len(values), np.nan)
        else:
            ends = (numbers.low if chosen == "low" else numbers.high) * scale
        taken = numbers.ranged & np.isfinite(ends)
        told = _ends_of(numbers, scale)
        self._fault("ratio.range", "plot_ratio", numbers.ranged & ~taken, told)
        self._fault(
            "ratio.range-end",
            "plot_ratio",
            taken,
            lambda index: {**told(index), "value": f"{ends[index]:.6g}"},
        )
        return np.where(taken, ends, values)


def _ends_of(numbers: Numbers, scale: Floats) -> Callable[[int], Place]:
    """The words for the ends of a range; one that is not stated is a dash."""

    def words(index: int) -> Place:
        ends = {"low": numbers.low[index], "high": numbers.high[index]}
        return {
            name: "—" if np.isnan(end) else f"{end * scale[index]:.6g}"
            for name, end in ends.items()
        }

    return words


def _plain(cell: object) -> object:
    return cell.item() if isinstance(cell, np.generic) else cell
