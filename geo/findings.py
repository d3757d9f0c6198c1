"""Findings: what is wrong, where, what it means in mu, and how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import shapely

from geo.faults import FAULTS, Severity
from geo.text import Language
from geo.units import M2_PER_MU, shown

if TYPE_CHECKING:
    import pandas as pd

Place = dict[str, Any]
"""Where a fault is: any of file, layer, row, parcel and field, as :func:`finding` takes them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at one place.

    ``row`` counts from 1 in a layer, and is the line of the file in a table. ``area_m2`` is the
    land that the fault touches, where that is known, and ``shape`` the offending place in the
    area CRS. ``changed`` says whether landready altered anything because of it.
    """

    code: str
    severity: Severity
    message: str
    message_zh: str
    mend: str
    mend_zh: str
    file: str = ""
    layer: str = ""
    row: int | None = None
    parcel: str = ""
    field: str = ""
    seen: str = ""
    area_m2: float | None = None
    changed: bool = False
    shape: shapely.Geometry | None = None

    def __str__(self) -> str:
        return self.line("en")

    @property
    def sets_aside(self) -> bool:
        """Whether the row cannot be counted while this fault stands."""
        return FAULTS[self.code].sets_aside

    def of_parcel(
        self, parcel: str, area_m2: float | None, shape: shapely.Geometry | None
    ) -> "Finding":
        """The same of a parcel with so much land in such a place."""
        return Finding(  # as dataclasses.replace does, ten times as fast
            self.code,
            self.severity,
            self.message,
            self.message_zh,
            self.mend,
            self.mend_zh,
            self.file,
            self.layer,
            self.row,
            parcel,
            self.field,
            self.seen,
            area_m2,
            self.changed,
            shape,
        )

    def where(self, language: Language) -> str:
        """The place as far as it is known: file, layer, row, parcel, field."""
        zh = language == "zh"
        row = "" if self.row is None else f"第 {self.row} 行" if zh else f"row {self.row}"
        parcel = f"{'地块' if zh else 'parcel'} {self.parcel}" if self.parcel else ""
        parts = (self.file, self.layer, row, parcel, self.field)
        return ("，" if zh else ", ").join(part for part in parts if part)

    def line(self, language: Language) -> str:
        """One line for people: where, what, how much land, and the cure."""
        message, mend = (
            (self.message_zh, self.mend_zh) if language == "zh" else (self.message, self.mend)
        )
        unit = "亩" if language == "zh" else "mu"
        land = "" if self.area_m2 is None else f" ({shown(self.area_m2 / M2_PER_MU, 2)} {unit})"
        return f"{self.where(language)}: {message}{land} → {mend} [{self.code}]"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with the land in mu."""
        record = dict(zip(_TOLD, _told(self), strict=True))
        area = record.pop("area_m2")
        record["area_mu"] = None if area is None else area / M2_PER_MU
        return record


_TOLD: Final = tuple(name for name in Finding.__dataclass_fields__ if name != "shape")
_told: Final = attrgetter(*_TOLD)


def finding(
    code: str,
    *,
    file: str = "",
    layer: str = "",
    row: int | None = None,
    parcel: str = "",
    field: str = "",
    seen: object = "",
    area_m2: float | None = None,
    changed: bool = False,
    shape: shapely.Geometry | None = None,
    **detail: object,
) -> Finding:
    """Word one fault of :data:`geo.faults.FAULTS` for the place where it was seen."""
    fault = FAULTS[code]
    words: Place = {"file": file, "layer": layer, "row": row, "parcel": parcel, "field": field}
    words |= {"seen": seen, **detail}
    return Finding(
        code=code,
        severity=fault.severity,
        message=_filled(fault.message.en, words),
        message_zh=_filled(fault.message.zh, words),
        mend=_filled(fault.mend.en, words),
        mend_zh=_filled(fault.mend.zh, words),
        file=file,
        layer=layer,
        row=None if row is None else int(row),
        parcel=parcel,
        field=field,
        seen=str(seen),
        area_m2=None if area_m2 is None else float(area_m2),
        changed=changed,
        shape=shape,
    )


def _filled(template: str, words: Place) -> str:
    """A template with its words; one that has none is shared by all findings of its kind."""
    return template.format(**words) if "{" in template else template


def findings_table(findings: Iterable[Finding]) -> "pd.DataFrame":
    """Findings as a table, one row each, in the order given."""
    import pandas as pd  # noqa: PLC0415 (the process that reads files needs no tables)

    rows = list(map(_told, findings))
    columns = dict(zip(_TOLD, zip(*rows, strict=True), strict=True)) if rows else {}
    table = pd.DataFrame(columns, columns=list(_TOLD)).astype({"row": "Int64"})  # of a file: none
    table["area_m2"] = table["area_m2"].astype("float64") / M2_PER_MU
    return table.rename(columns={"area_m2": "area_mu"})
