"""A small town for tests of claims, and claims as rows of their table."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import geo
from geo.plan import read_plan
from tests.makers import placed, row, write_plan

COLUMNS = (
    *("id", "subject", "subject_zh", "measure", "value", "unit", "qualifier", "as_of", "years"),
    *("of", "scenario", "within", "members", "source", "value_zh"),
)
SOURCES = "id,title,title_zh,published,place,place_zh\ns1,Paper,报,2023,Rivertown,河口镇\n"
ELSEWHERE = SOURCES + "s2,Other,别报,2023,Hilltown,山口镇\n"
PLACE = 'place = { zh = "河口镇", en = "Rivertown" }\n'
SCENARIO = '[[scenarios]]\nid = "s"\nname = "s"\nplot_ratio = "planned"\n'
GOAL = '[[goals]]\nid = "g"\nname = "g"\nmu = 110\ndue = 2025-12-31\nstage = "cleared"\n%s\n'
TABLES = '[claims]\nfile = "claims.csv"\nsources = { file = "sources.csv" }\n'


def claim_row(**cells: Any) -> dict[str, str]:
    """One row of a table of claims; all that is not given is blank, the source is s1."""
    given_cells = {"id": "C1", "subject": "Park", "source": "s1"} | cells
    return dict.fromkeys(COLUMNS, "") | {name: str(cell) for name, cell in given_cells.items()}


def as_csv(rows: Iterable[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def numbered(rows: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    """Rows with the ids C1, C2 … unless they say another."""
    return [claim_row(**{"id": f"C{at}", **cells}) for at, cells in enumerate(rows, start=1)]


def town(
    folder: Path,
    *rows: dict[str, Any],
    sources: str = SOURCES,
    place: str = PLACE,
    more: str = "",
    encoding: str = "utf-8",
    **options: Any,
) -> Path:
    """A plan of three lots A, B, C of 30, 30 and 60 mu, with these claims."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "claims.csv").write_text(as_csv(numbered(rows)), encoding=encoding)
    (folder / "sources.csv").write_text(sources, encoding="utf-8")
    land = placed(
        *row([200, 200, 400]),
        parcel_id=["A", "B", "C"],
        treatment="rebuild",
        plot_ratio=[3.0, 3.0, np.nan],
        existing_floor=[10_000.0, 0.0, np.nan],
    )
    options = {"tables": TABLES + more, "top": place, **options}
    return write_plan(folder, land, **options)


def studied(folder: Path, *rows: dict[str, Any], **options: Any) -> geo.Study:
    return geo.run(read_plan(town(folder, *rows, **options)))


def answers(folder: Path, *rows: dict[str, Any], **options: Any) -> pd.DataFrame:
    return studied(folder, *rows, **options).claims


def only(table: pd.DataFrame, rule: str) -> pd.Series:
    found = table[table["rule"] == rule]
    assert len(found) == 1, found[["rule", "claims", "arithmetic"]].to_string()
    return found.iloc[0]


def amiss(study: geo.Study) -> list[tuple[str, str, int | None, str]]:
    """What is found about claims: code, file, row and field."""
    return [
        (item.code, item.file, item.row, item.field)
        for item in study.findings
        if item.code.startswith("claims.") or item.file == "claims.csv"
    ]


def read_plan_run(path: Path) -> geo.Study:
    return geo.run(read_plan(path))


def area(subject: str, value: float, measure: str = "renewal_area", **cells: Any) -> dict[str, Any]:
    return {"subject": subject, "measure": measure, "value": value, "unit": "mu"} | cells


def floor(
    subject: str, value: float, measure: str = "target_floor_space", **cells: Any
) -> dict[str, Any]:
    return {"subject": subject, "measure": measure, "value": value, "unit": "m2"} | cells


def ratio(subject: str, value: float, measure: str = "target_plot_ratio") -> dict[str, Any]:
    return {"subject": subject, "measure": measure, "value": value, "unit": "ratio"}


def cost(subject: str, value: float, **cells: Any) -> dict[str, Any]:
    return {"subject": subject, "measure": "investment", "value": value, "unit": "CNY"} | cells


def date_of(subject: str, value: str, measure: str = "signed", **cells: Any) -> dict[str, Any]:
    return {"subject": subject, "measure": measure, "value": value, "unit": "date"} | cells
