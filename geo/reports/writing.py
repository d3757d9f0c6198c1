"""Reports as files: one page that needs nothing beside it, or one workbook."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from geo.errors import PublishError
from geo.findings import finding
from geo.reports.assembling import INTERNAL, Report
from geo.tables.sheet import MOST_ROWS, Field, Sheet
from geo.text import Language, Text
from geo.workbooks import write_workbook
from geo.writers.atomic import replacing
from geo.writers.pages import page, worded

MOST_SHOWN: Final = 500
"""Rows of a table on a page: more are no reading. The workbook has up to ``MOST_ROWS``."""


def write_report(report: Report, path: Path, *, language: Language = "zh") -> None:
    """Write a report to ``path``, in the form that its ending names (.html or .xlsx).

    Both languages are in a page; ``language`` is the one that it opens in.

    The file is replaced at once or not at all. Raises :class:`PublishError` for another ending,
    and when it cannot be written.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise PublishError(finding("report.format", file=path.name, seen=", ".join(WRITERS)))
    try:
        with replacing(path) as new:
            write(report, new, language)
    except OSError as error:
        raise PublishError(finding("publish.failed", file=str(path), problem=error)) from None


def _write_page(report: Report, path: Path, language: Language) -> None:
    text = page(
        "report.html.jinja",
        report=report,
        sheets=[_view(_cut(sheet, MOST_SHOWN)) for sheet in report.sheets],
        internal=INTERNAL,
        language=language,
    )
    path.write_text(text, encoding="utf-8")


def _view(sheet: Sheet) -> dict[str, Any]:
    """A table for the template; a row has the class of its light, and a total is told apart."""
    lights = sheet.frame.get("light", [""] * len(sheet.frame))
    totals = sheet.frame["group"] == "" if "group" in sheet.frame else [False] * len(sheet.frame)
    kinds = [
        f"{light} {'total' * total}".strip() for light, total in zip(lights, totals, strict=True)
    ]
    return {"sheet": sheet, "rows": list(zip(kinds, worded(sheet), strict=True))}


def _cut(sheet: Sheet, most: int) -> Sheet:
    """A table of no more than ``most`` rows, which says how many there are besides."""
    beyond = len(sheet.frame) - most
    if beyond <= 0:
        return sheet
    note = sheet.note or Text(zh="", en="")
    told = Text(
        zh=f"{note.zh}（只列前 {most} 行，另有 {beyond} 行）",
        en=f"{note.en} (the first {most} rows; there are {beyond} more)".strip(),
    )
    return replace(sheet, frame=sheet.frame.head(most), note=told)


def _write_workbook(report: Report, path: Path, _: Language) -> None:
    sheets = [_cut(sheet, MOST_ROWS) for sheet in report.sheets]
    write_workbook([_cover(report, sheets), *sheets], path)


def _cover(report: Report, sheets: list[Sheet]) -> Sheet:
    """What the page says around its tables: title, notices, and the note of each table."""
    lines = [
        (Text(zh="报告", en="Report"), report.title),
        (Text(zh="期间", en="Period"), report.subtitle),
        *((Text(zh="提示", en="Notice"), notice) for notice in report.notices),
        (Text(zh="使用范围", en="For whom"), INTERNAL),
        *((item.label, item.value) for item in report.highlights),
        *((sheet.title, sheet.note) for sheet in sheets if sheet.note is not None),
    ]
    table = pd.DataFrame(
        {"item": [item.zh for item, _ in lines], "value": [value.zh for _, value in lines]}
    )
    fields = (Field("item", "项目", "Item"), Field("value", "内容", "Value", "note"))
    return Sheet("cover", Text(zh="报告", en="Report"), fields, table)


WRITERS: Final[dict[str, Callable[[Report, Path, Language], None]]] = {
    ".html": _write_page,
    ".xlsx": _write_workbook,
}
"""Endings in which reports are written."""
