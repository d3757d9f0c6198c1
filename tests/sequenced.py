"""A small town with a sequence for tests: six parcels of 30 mu in a row, each at another stage.

A is ready; B needs 3 months more, C 6, D 12, and E and F, of which nothing is told, 15.
"""

from pathlib import Path

import pandas as pd

import geo
from geo.sequence.answer import Question, question_of
from tests.makers import STAGES, events, placed, row, write_plan

MONTHS = {"survey": (3, 6), "signed": (6, 12), "demolished": (3, 6), "cleared": (3, 6)}
"""The P50 and P90 of each stage."""

TOLD = [
    *(("A", "2024-01-31", stage) for stage in STAGES),
    *(("B", "2024-09-30", stage) for stage in STAGES[:3]),
    *(("C", "2024-09-30", stage) for stage in STAGES[:2]),
    ("D", "2024-09-30", "survey"),
]

COSTS = "parcel_id,cost\nA,\nB,10\nC,10\nD,20\nE,20\nF,30\n"

GOAL = """
[[goals]]
id = "all"
name = { zh = "全部", en = "All" }
mu = 150
due = 2027-12-31
stage = "cleared"
"""

SEQUENCE = """
[sequence]
costs = { file = "costs.csv" }
years = 3
budget = [40]
block_mu = 60
"""


def sequenced(
    folder: Path,
    sequence: str = SEQUENCE,
    *,
    costs: str | None = COSTS,
    told: list[tuple[str, ...]] | None = None,
    goal: str = GOAL,
    tables: str = "",
    months: dict[str, tuple[float, float]] | None = None,
    ids: str | list[str] = "ABCDEF",
    **columns: object,
) -> Path:
    """The plan of the town, as of the end of 2024; ``sequence`` follows its goal."""
    land = placed(*row([200.0] * len(ids)), parcel_id=list(ids), **columns)
    facts = events(*(TOLD if told is None else told))
    path = write_plan(folder, land, history=facts, tables=f"{goal}\n{tables}\n{sequence}")
    text = path.read_text("utf-8")
    for stage, (p50, p90) in (MONTHS if months is None else months).items():
        name = f'name = "{stage}"'
        text = text.replace(name, f"{name}\np50_months = {p50}\np90_months = {p90}")
    path.write_text(text, "utf-8")
    if costs is not None:
        (folder / "costs.csv").write_text(costs, "utf-8")
    return path


def studied(path: Path) -> geo.Study:
    return geo.run(geo.read_plan(path))


def asked(path: Path) -> tuple[geo.Study, Question]:
    """The study of a plan, and the question that it asks."""
    study = studied(path)
    return study, question_of(study)


def quarters_told(table: pd.DataFrame, column: str) -> list[str]:
    """Days of a table as quarters: 2025Q1; what is open is blank."""
    days = pd.to_datetime(table[column])
    return ["" if pd.isna(day) else f"{day.year}Q{day.quarter}" for day in days]
