"""Findings as files: CSV and Excel, a GeoPackage with the offending places, a page to read."""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import geopandas as gpd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS

from geo.errors import PublishError
from geo.files import write_csv
from geo.findings import Finding, finding, findings_table
from geo.gate import Checked
from geo.tables.evidence import findings_sheet
from geo.tables.sheet import Field, Sheet
from geo.units import shown
from geo.workbooks import write_workbook
from geo.writers.atomic import replacing
from geo.writers.pages import page, worded


def write_findings(checked: Sequence[Checked], path: Path) -> None:
    """Write all findings to ``path``, in the form that its ending names.

    The file is replaced at once or not at all. Raises :class:`PublishError` for another ending,
    and when it cannot be written or reads back differently.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        endings = ", ".join(WRITERS)
        raise PublishError(finding("check.format", file=path.name, seen=endings))
    try:
        with replacing(path) as new:
            write(checked, new)
    except (OSError, DataSourceError, DataLayerError) as error:
        if isinstance(error, PublishError):
            raise
        raise PublishError(finding("publish.failed", file=str(path), problem=error)) from None


def _all(checked: Sequence[Checked]) -> list[Finding]:
    return [item for result in checked for item in result.findings]


def _sheet(checked: Sequence[Checked]) -> Sheet:
    return findings_sheet(_all(checked))


def _in_both(sheet: Sheet) -> Sheet:
    """The table with what was seen, and the cure, in Chinese too: CSV holds ids, not wordings."""
    chinese = (Field("message_zh", "发现", "Seen (zh)"), Field("mend_zh", "建议", "Mend (zh)"))
    return replace(sheet, fields=(*sheet.fields, *chinese))


def _write_places(checked: Sequence[Checked], path: Path) -> None:
    """One layer for each CRS; a finding about a whole file has no place, and is there all the same.

    Raises :class:`PublishError` when another number of findings reads back.
    """
    groups: dict[str, list[Finding]] = {}
    systems: dict[str, CRS | None] = {}
    for result in checked:
        name = "" if result.crs is None else result.crs.to_wkt()
        groups.setdefault(name, []).extend(result.findings)
        systems[name] = result.crs
    for number, (name, findings) in enumerate(groups.items(), start=1):
        table = findings_table(findings)
        frame = gpd.GeoDataFrame(
            table, geometry=[item.shape for item in findings], crs=systems[name]
        )
        layer = "findings" if len(groups) == 1 else f"findings_{number}"
        with warnings.catch_warnings():  # findings about a file have no place, so no CRS either
            warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
            pyogrio.write_dataframe(
                frame.astype({"row": "Int64", "area_mu": "float64"}),
                path,
                layer=layer,
                driver="GPKG",
                geometry_type="Unknown",
                append=number > 1,
            )
        back = pyogrio.read_dataframe(path, layer=layer)
        if list(back["code"]) != list(table["code"]):
            raise PublishError(finding("publish.differs", file=path.name, seen=layer))


SEVERITIES: Final = ("error", "warning", "info")
"""The gravest first, as a reader wants them."""


def _write_page(checked: Sequence[Checked], path: Path) -> None:
    sheet = _sheet(checked)
    rows = worded(sheet)
    findings = _all(checked)
    severities = [item.severity for item in findings]
    gravest = sorted(range(len(rows)), key=lambda at: SEVERITIES.index(severities[at]))
    counts = Counter(severities)
    text = page(
        "findings.html.jinja",
        language="zh",
        fields=sheet.fields,
        rows=[(severities[at], rows[at]) for at in gravest],
        counts=[(severity, counts[severity]) for severity in SEVERITIES],
        files=[(result.path.name, shown(result.area_mu, 2, grouped=True)) for result in checked],
    )
    path.write_text(text, encoding="utf-8")


WRITERS: Final[dict[str, Callable[[Sequence[Checked], Path], None]]] = {
    ".csv": lambda checked, path: write_csv(_in_both(_sheet(checked)), path),
    ".xlsx": lambda checked, path: write_workbook([_sheet(checked)], path),
    ".gpkg": _write_places,
    ".html": _write_page,
}
"""Endings in which findings are written."""
