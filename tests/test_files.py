"""Tables as CSV and Excel: every cell inert, and the file replaced at once."""

import csv
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from geo import files
from geo.files import write_csv, write_workbook
from geo.tables.sheet import Field, Sheet
from geo.text import Text

RISKY = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    "  =1+1",
    "=cmd|' /C calc'!A0",
]
FINE = ["A-1", "1=1", "a@b", "长山头", "", " a", "'quoted"]


def sheet(values: list[object]) -> Sheet:
    frame = pd.DataFrame({"key": pd.Series(values, dtype=object)})
    return Sheet("id", Text(zh="表", en="table"), (Field("key", "中", "en"),), frame)


def cells(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row[0] for row in list(csv.reader(file))[1:]]


@pytest.mark.parametrize("text", RISKY)
def test_a_text_that_begins_a_formula_gets_an_apostrophe(text: str, tmp_path: Path) -> None:
    write_csv(sheet([text]), tmp_path / "t.csv")
    assert cells(tmp_path / "t.csv") == [f"'{text}"]


def test_other_texts_stay_and_negative_numbers_are_numbers(tmp_path: Path) -> None:
    write_csv(sheet([*FINE, -1.5, -2]), tmp_path / "t.csv")
    assert cells(tmp_path / "t.csv") == [*FINE, "-1.5", "-2"]


def test_a_workbook_has_texts_where_formulas_might_be_and_numbers_where_numbers_are(
    tmp_path: Path,
) -> None:
    write_workbook([sheet([*RISKY, -1.5])], tmp_path / "t.xlsx")
    page = openpyxl.load_workbook(tmp_path / "t.xlsx").worksheets[0]
    read = [page.cell(number, 1) for number in range(2, len(RISKY) + 3)]
    assert [cell.data_type for cell in read] == [*["s"] * len(RISKY), "n"]
    assert read[-1].value == -1.5


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_table_that_cannot_be_written_leaves_the_old_one(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"t.{ending}"
    write = write_csv if ending == "csv" else lambda one, to: write_workbook([one], to)
    write(sheet(["old"]), path)
    before = path.read_bytes()

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_shortened", no_space)
    monkeypatch.setattr("openpyxl.workbook.workbook.save_workbook", no_space)
    with pytest.raises(OSError, match="No space"):
        write(sheet(["new"]), path)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == [path.name]
