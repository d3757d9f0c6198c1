"""Published tables as the page takes them: cells worded, each in the tab where it is read."""

from itertools import islice
from typing import Any, Final

from geo.balance import ALL, GROSS, NET
from geo.colours import LOST_COLOURS
from geo.study import Study
from geo.tables.naming import reason_names, zone_names
from geo.tables.sheet import Field, Sheet, cells
from geo.text import Text
from geo.units import M2_PER_MU, shown
from geo.webmap.wording import Words, both

TABS: Final = {
    "progress": ("pace", "zones"),
    "plan": ("sequence_years", "forecast_years"),
    "land": (
        *("balance", "reach", "blocks", "tiers"),
        *("balance_block", "terrain", "land_cover"),
    ),
    "floor": ("comparison", "floor"),
    "claims": ("claims", "programmes"),
    "about": ("assumptions", "aside"),
}
"""Which tables stand together; one that is in no tab is told about."""

ELSEWHERE: Final = (
    *("goals", "timeline", "stages"),  # cards, chart and a table of its own follow the slider
    "contiguity",  # what-if has the gap
    "forecast",  # on the cards of the goals
    *("balance_treatment", "causes", "floor_treatment", "phasing"),
    *("economics", "economics_rates", "economics_inputs", "tornado"),
)
"""Tables that the page tells in another form, or leaves to the workbook: it goes to phones."""

OPEN: Final = (
    *("zones", "sequence_years", "forecast_years"),
    *("balance", "comparison", "floor", "claims", "assumptions"),
)
"""The tables that need no press to be read."""

MOST_ROWS: Final = 500
"""Rows of a table on the page; all of them stand in the workbook and the CSV beside it."""

KINDS: Final = {"light": "light", "number": "number", "percent": "number", "note": "note"}

TONES: Final = {
    "equal": "green",
    "within rounding": "green",
    "explained": "green",
    "contradicted": "red",
    "proposed": "yellow",
}
"""What a verdict on a claim means, as a light; the others are grey."""


def table(sheet: Sheet) -> dict[str, Any]:
    """A table as JSON: title, note, columns and rows of worded cells."""
    return {
        "id": sheet.id,
        "tab": next((tab for tab, ids in TABS.items() if sheet.id in ids), "about"),
        "title": sheet.title.model_dump(),
        "note": _note(sheet),
        "open": sheet.id in OPEN,
        "columns": [_column(sheet, item) for item in sheet.fields],
        "rows": [
            [_cell(sheet, item, value) for item, value in zip(sheet.fields, row, strict=True)]
            for row in islice(cells(sheet), MOST_ROWS)
        ],
    }


def _note(sheet: Sheet) -> Words | None:
    """The note of a table, and how many of its rows are left out."""
    if len(sheet.frame) <= MOST_ROWS:
        return sheet.note.model_dump() if sheet.note else None
    rows, most = len(sheet.frame), MOST_ROWS
    zh, en = (sheet.note.zh, sheet.note.en) if sheet.note else ("", "")
    return both(
        f"{zh}（共 {rows} 行，此处列出前 {most} 行，全表见 tables.xlsx 或 CSV）",
        f"{en} (the first {most} of {rows} rows; all are in tables.xlsx or CSV)".strip(),
    )


def _column(sheet: Sheet, item: Field) -> dict[str, str]:
    kind = "number" if _is_range(sheet, item) else KINDS.get(item.kind, "text")
    return {
        **both(item.zh, item.en),
        "align": "right" if kind == "number" else "left",
        "kind": "status" if _is_verdict(sheet, item) else kind,
    }


def _is_verdict(sheet: Sheet, item: Field) -> bool:
    return (sheet.id, item.key) == ("claims", "verdict")


def _is_range(sheet: Sheet, item: Field) -> bool:
    """Whether cells are figures although they are texts: a median with its range."""
    return sheet.id == "forecast_years" and item.key != sheet.fields[0].key


def _cell(sheet: Sheet, item: Field, value: Any) -> str | Words | None:
    if item.kind == "light" or value is None:
        return None if value is None else str(value)
    text = sheet.shown(item, value)
    if _is_verdict(sheet, item):
        return {**text.model_dump(), "tone": TONES.get(value, "grey")}
    return text.zh if text.zh == text.en else text.model_dump()


def page_tables(sheets: list[Sheet]) -> list[dict[str, Any]]:
    """The tables that the page shows, in the order in which the tabs have them."""
    order = [name for names in TABS.values() for name in names]
    known = sorted(
        (sheet for sheet in sheets if sheet.on_page and sheet.id not in ELSEWHERE),
        key=lambda sheet: order.index(sheet.id) if sheet.id in order else len(order),
    )
    return [table(sheet) for sheet in known]


def balance_bars(study: Study) -> dict[str, Any]:
    """Gross land of the town and each zone, what takes how much of it, and what is left, as bars.

    ``parts`` name what the colours mean, with the mu of all land; ``shares`` of the gross of each
    bar are in their order and only draw.
    """
    whole = study.balance[study.balance["treatment"] == ALL]
    town = whole[(whole["zone"] == ALL) & (whole["area_m2"] > 0)].set_index("reason")
    parts, reasons = town.drop(index=GROSS, errors="ignore"), reason_names(study)
    names, zones = zone_names(study), study.zones["zone"].tolist()
    bars = []
    for zone in [ALL, *(zones if len(zones) > 1 else [])]:
        rows = whole[whole["zone"] == zone].set_index("reason")
        if GROSS in rows.index:
            shares = rows["share"].reindex(parts.index).fillna(0.0).round(5).tolist()
            mu = shown(rows.at[GROSS, "area_m2"] / M2_PER_MU, 2, grouped=True)
            gross = both(f"毛面积 {mu} 亩", f"{mu} mu gross")
            bars.append({"label": names[zone].model_dump(), "gross": gross, "shares": shares})
    return {"parts": [_part(reasons[at], row) for at, row in parts.iterrows()], "bars": bars}


def _part(name: Text, row: Any) -> dict[str, Any]:
    mu = shown(row["area_m2"] / M2_PER_MU, 2, grouped=True)
    percent = shown(row["share"], 1, percent=True)
    colour = None if row["kind"] == NET else LOST_COLOURS[row["kind"]]
    says = both(f"{name.zh} {mu} 亩 {percent}", f"{name.en} {mu} mu {percent}")
    return {"color": colour, "says": says}
