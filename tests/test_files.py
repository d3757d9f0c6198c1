"""Tables as CSV and Excel: every cell inert, and the file replaced at once."""

import csv
import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geo import files
from geo.files import fill_parquet, write_csv
from geo.tables.sheet import Field, Sheet
from geo.text import Text
from geo.workbooks import write_workbook

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


def by_hand(frame: pd.DataFrame) -> bytes:
    """A table as Python's own csv module writes it, cell by cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(frame.columns)
    for row in frame.astype(object).where(frame.notna(), None).to_numpy().tolist():
        writer.writerow([plainly(value) for value in row])
    return text.getvalue().encode("utf-8-sig")


def plainly(value: Any) -> Any:
    if isinstance(value, date):
        return value.strftime("%Y-%m-%d")
    formula = isinstance(value, str) and value.lstrip(" ").startswith(files.FORMULA_STARTS)
    return f"'{value}" if formula else value


def table(frame: pd.DataFrame) -> Sheet:
    fields = tuple(Field(str(name), "中", "en") for name in frame)
    return Sheet("id", Text(zh="表", en="table"), fields, frame)


TEXTS = [*RISKY, *FINE, "a,b", 'say "hi"', "l\nm", "\r", 'tail,"', "back\\slash", "－", None]
DAYS = [date(2024, 2, 29), None, datetime(2020, 1, 1, 5), pd.NaT]


def kinds(rows: int) -> dict[str, Any]:
    """A column of every kind that a table may have."""

    def many(values: list[Any]) -> np.ndarray:
        return np.resize(np.array(values, dtype=object), rows)

    return {
        "text": pd.Series(many(TEXTS), dtype="str"),
        "object": pd.Series(many([*TEXTS, 1, -2.5, True, 1e-7, np.float64(0.1)]), dtype=object),
        "whole": np.arange(rows) - 3,
        "maybe whole": pd.array(many([1, None, -3]), dtype="Int64"),
        "flag": np.arange(rows) % 3 == 0,
        "maybe flag": pd.array(many([True, None, False]), dtype="boolean"),
        "day": pd.Series(many(DAYS), dtype=object),
        "time": pd.Series(many([datetime(1960, 5, 6, 12), None, datetime(2999, 1, 1)])).astype(
            "datetime64[us]"
        ),
        "kind": pd.Categorical(many(["a", "=b", None])),
        "single": np.linspace(-1, 1, rows, dtype="float32"),
    }


def test_every_kind_of_cell_is_written_as_pythons_csv_module_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.DataFrame(kinds(97))
    write_csv(table(frame), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == by_hand(frame)
    monkeypatch.setattr(files, "ROWS_PER_PIECE", 10)
    write_csv(table(frame), tmp_path / "pieces.csv")
    assert (tmp_path / "pieces.csv").read_bytes() == by_hand(frame)
    write_csv(table(frame.iloc[:0]), tmp_path / "none.csv")
    assert (tmp_path / "none.csv").read_bytes() == by_hand(frame.iloc[:0])


def test_numbers_have_the_digits_that_python_gives_them(tmp_path: Path) -> None:
    """Any bits at all, sizes around those where the form changes, whole and rounded numbers."""
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 2**64, 20_000, dtype=np.uint64).view(np.float64)
    sizes = 10 ** rng.uniform(-7, 18, 20_000) * rng.choice([-1, 1], 20_000)
    edges = [0.0, -0.0, 1e-4, 9.999e-5, 1e10, 9_999_999_999.5, 1e16, 1e15, np.inf, -np.inf, np.nan]
    values = np.concatenate([bits, sizes, np.round(sizes), np.round(sizes, 2), edges])
    frame = pd.DataFrame({"a": values, "b": values[::-1]})
    write_csv(table(frame), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == by_hand(frame)


def test_a_table_in_parquet_keeps_the_kind_of_each_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a spreadsheet would take for a formula stands there as it is; mixed cells are text."""
    frame = pd.DataFrame(kinds(97)).drop(columns=["day"])
    monkeypatch.setattr(files, "ROWS_PER_PIECE", 10)
    fill_parquet(table(frame), tmp_path / "t.parquet")
    file = pq.ParquetFile(tmp_path / "t.parquet")
    assert file.num_row_groups == 10
    back = file.read().to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    assert list(back) == list(frame)
    frame["object"] = frame["object"].map(str, na_action="ignore")
    for name in frame:
        held, meant = (
            one.astype(object).where(one.notna(), None) for one in (back[name], frame[name])
        )
        assert held.tolist() == meant.tolist(), name
    fill_parquet(table(frame.iloc[:0]), tmp_path / "none.parquet")
    assert pq.read_table(tmp_path / "none.parquet").shape == (0, len(frame.columns))


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

    monkeypatch.setattr(files, "_worded", no_space)
    monkeypatch.setattr("openpyxl.workbook.workbook.save_workbook", no_space)
    with pytest.raises(OSError, match="No space"):
        write(sheet(["new"]), path)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == [path.name]
