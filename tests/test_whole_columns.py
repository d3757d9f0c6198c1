"""Columns read as a whole say what each cell says that is read by itself."""

import csv
import io
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from geo.cells.mojibake import broken, check_text
from geo.cells.numerals import parse_number, parse_numbers, readable
from geo.cells.spellings import folds
from geo.cells.totals import total_kind
from geo.kernels.standing import advance, stand_before
from geo.readers.cells import RawCells, read_cells
from geo.readers.headers import headed
from geo.readers.lines import Lines
from geo.words import as_text, folded

CELLS = ["", " ", "a", "中", '"q"', '"a,b"', '"l\nm"', '"l\r\nm"', '"d""e"', '""', '"""x"""', "é"]
SIGNS = ["a", "1", ",", ",", "\n", "\r\n", "\r", '"', '""', " ", '"x"', "中"]


def some_csv(rng: random.Random) -> str:
    """Mostly a table of one width, now and then a heap of signs."""
    if rng.random() < 0.4:
        return "".join(rng.choices(SIGNS, k=rng.randint(0, 14)))
    width, end = rng.randint(2, 4), rng.choice(["\n", "\r\n", "\r"])
    rows = [
        ",".join(rng.choices(CELLS, k=width if rng.random() < 0.85 else rng.randint(0, 5)))
        for _ in range(rng.randint(1, 8))
    ]
    return end.join(rows) + rng.choice(["", end, end + end])


def by_python(text: str) -> dict[int, list[str]] | None:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, line = {}, 1
    try:
        for row in reader:
            rows[line] = row
            line = reader.line_num + 1
    except csv.Error:
        return None
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_a_csv_file_has_the_lines_that_pythons_reader_finds(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    path = tmp_path / "t.csv"
    for _ in range(400):
        text = some_csv(rng)
        path.write_bytes(text.encode())
        rows = by_python(text)
        if rows is None:
            with pytest.raises(OSError, match=r"layer\.unreadable"):
                read_cells(path, encoding="utf-8")
        else:
            assert dict(read_cells(path, encoding="utf-8").rows) == rows, repr(text)


def test_lines_of_a_long_file_keep_their_numbers(tmp_path: Path) -> None:
    """Blank lines, a cell of three lines, and lines that are too short or too long."""
    rows = [
        "id,mu",
        *(f"P{at},30" for at in range(50_000)),
        "",
        'X,"a\nb\nc"',
        "Y",
        "Z,1,2,3",
        "E,5",
    ]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    lines = read_cells(path).rows
    assert lines.numbers[-5:].tolist() == [50_002, 50_003, 50_006, 50_007, 50_008]
    assert [lines[at] for at in (50_002, 50_003, 50_006, 50_007, 50_008)] == [
        [], ["X", "a\nb\nc"], ["Y"], ["Z", "1", "2", "3"], ["E", "5"],
    ]  # fmt: skip
    with pytest.raises(KeyError):
        lines[50_004]


def test_totals_errors_and_headers_are_found_in_the_midst_of_many_rows() -> None:
    rows = [["地块编号", "面积"], *([f"P{at}", "30"] for at in range(3000)), ["合计", "99000"]]
    rows[1500], rows[2500] = ["地块编号", "面积"], ["P2499", "#REF!"]
    raw = RawCells(Lines.of(dict(enumerate(rows, 1))), grid=True)
    frame, findings = headed(raw, "t.xlsx")
    assert [(item.code, item.row) for item in findings] == [
        ("table.header-again", 1501), ("table.error-cell", 2501),
        ("table.total", 3002), ("table.total-differs", 3002),
    ]  # fmt: skip
    assert len(frame) == 2999
    assert frame.loc[2501].tolist() == ["P2499", ""]


# --- cells


def cell_by_cell(values: pd.Series) -> list[str]:
    """Each cell as it was read before columns were."""

    def text(cell: object) -> str:
        if isinstance(cell, (list, tuple, np.ndarray)):
            return "; ".join(map(str, cell))
        if cell is None or (not isinstance(cell, str) and pd.isna(cell)):
            return ""
        whole = isinstance(cell, float) and values.dtype.kind == "f" and abs(cell) < 2.0**53
        return str(int(cell)) if whole and cell == round(cell) else str(cell).strip()

    return [text(cell) for cell in values.tolist()]


@pytest.mark.parametrize(
    "cells",
    [
        pd.Series([1, 2, -3]),
        pd.Series([1.0, 2.5, np.nan, 1e300, -0.0, 2.0**53, 2.0**53 - 1, 0.1, 1e-7, np.inf]),
        pd.Series([" a", "b\u3000", "", None, "\t", "１２", "nan", "007"]),
        pd.Series([1, None, 3], dtype=object),
        pd.Series([True, False]),
        pd.Series([True, None], dtype=object),
        pd.Series([["甲", "乙"], np.array(["丙"]), None, ("丁",)], dtype=object),
        pd.Series(["a", 1, None, 2.0, 2.5, "NaT"], dtype=object),
        pd.Series([None, None], dtype=object),
        pd.Series([], dtype=object),
        pd.Series([2**63, 1], dtype="uint64"),
        pd.Series([2**70, 1], dtype=object),
        pd.Series(pd.to_datetime(["2020-01-01", None])),
        pd.Series([1.5, 2.0], dtype="float32", index=[7, 3]),
    ],
)
def test_cells_of_any_kind_become_the_text_that_each_is(cells: pd.Series) -> None:
    texts = as_text(cells)
    assert texts.tolist() == cell_by_cell(cells)
    assert texts.index.equals(cells.index)
    assert texts.dtype == "str"


NUMBERS = [
    *(
        "30",
        "-1.5",
        "007",
        "+5",
        "1,234.5",
        "１２",
        "",
        " ",
        "约30",
        "30亩",
        "2.0-3.5",
        "210%",
        "x",
    ),
    *("1e3", ".5", "5.", "1" * 25, "0" * 61, "3.14159265358979", "9007199254740993"),
]


@pytest.mark.parametrize("area", [True, False])
def test_a_column_of_numbers_is_read_like_its_cells(area: bool) -> None:
    cells = random.Random(1).choices(NUMBERS, k=300)
    column = parse_numbers(pd.Series(cells), area=area)
    for at, cell in enumerate(cells):
        alone = parse_number(cell.strip(), area=area)
        for name, value in alone._asdict().items():
            found = getattr(column, "values" if name == "value" else name)[at]
            same = found == value if isinstance(value, str) else np.array_equal(found, value, True)
            assert same, (cell, name)
    unreadable = [parse_number(cell).unreadable for cell in cells]
    assert (~readable(pa.array(cells))).tolist() == unreadable


def test_ids_are_folded_like_each_alone() -> None:
    rng = random.Random(2)
    signs = [*"aZ019_-/ .", "清", "溪", "Ａ", "０", "é", "〇", "00", "\u3000", "ß", "١"]
    names = ["".join(rng.choices(signs, k=rng.randint(0, 8))) for _ in range(5000)]
    assert folds(names).to_pylist() == [folded(name) for name in names]
    assert folds(pa.array(names, pa.large_string())[10:13]).to_pylist() == [
        folded(name) for name in names[10:13]
    ]
    assert folds([]).to_pylist() == []


def test_spoilt_text_is_found_like_in_each_cell() -> None:
    words = ["P-1", "清溪", "鍦板潡", "Ã©", "锟斤拷", "???", "??", "café", "\x85", ""]
    blank = [""] * len(words)
    table = pd.DataFrame(dict.fromkeys(
        ("parcel_id", "zone", "land_use", "ownership", "stage", "evidence"), blank
    ) | {"name": words, "row": range(1, 11)})  # fmt: skip
    found = {item.row: item.seen for item in check_text(table, {"file": "p.gpkg"})}
    assert found == {row: broken(word) for row, word in enumerate(words, 1) if broken(word)}
    assert set(found) == {3, 4, 5, 6, 9}


def test_a_total_is_seen_in_the_first_two_words_only() -> None:
    rows = [["编号", "名称", "说明"], ["A", "b", "合计"], ["", "sum", "x"], ["", "合 计：", "30"]]
    frame, findings = headed(RawCells(Lines.of(dict(enumerate(rows, 1))), grid=True), "t.xlsx")
    assert total_kind("合 计：") == "total"
    assert [item.row for item in findings if item.code == "table.total"] == [3, 4]
    assert frame.index.tolist() == [2]


# --- events


def test_parcels_stand_where_their_events_put_them_one_by_one() -> None:
    rng = np.random.default_rng(5)
    count, parcels = 2000, rng.integers(0, 60, 2000)
    rungs, reverts = rng.integers(0, 7, count), rng.random(count) < 0.15
    evidenced, days = rng.random(count) < 0.7, np.sort(rng.integers(0, 900, count))
    standing, shown, since = [-1] * 60, [-1] * 60, [None] * 60
    before = []
    for at, rung, fell, bare, day in zip(parcels, rungs, reverts, ~evidenced, days, strict=True):
        before.append(standing[at])
        new = min(standing[at], rung) if fell else max(standing[at], rung)
        if fell:
            shown[at] = min(shown[at], rung)
        elif not bare:
            shown[at] = max(shown[at], rung)
        since[at] = day if new != standing[at] or since[at] is None else since[at]
        standing[at] = new
    assert stand_before(parcels, rungs, reverts, 60).tolist() == before
    rung, seen = np.full(60, -1), np.full(60, -1)
    told = np.full(60, np.datetime64("NaT", "D"))
    for part in (slice(0, 700), slice(700, count)):
        events = (parcels[part], rungs[part], reverts[part], evidenced[part], days[part])
        advance(*events, rung, seen, told.view(np.int64))
    assert (rung.tolist(), seen.tolist()) == (standing, shown)
    assert told.view(np.int64).tolist() == since


# --- what is loaded


def loaded(code: str) -> set[str]:
    """The libraries that are there after some imports in a new process."""
    told = f"{code}; import sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_process_that_reads_loads_no_more_than_it_needs() -> None:
    heavy = {"pandas", "geopandas", "numba", "scipy", "openpyxl", "ezdxf", "rasterio", "folium"}
    found = loaded("import geo.readers.worker, geo.readers.geopackage, geo.readers.parquet")
    assert {"pyarrow", "pyogrio", "shapely"} <= found
    assert not heavy & found


def test_that_process_starts_before_anything_is_loaded() -> None:
    assert not {"numpy", "pyarrow", "shapely", "pydantic"} & loaded("import geo.readers.early")


def test_the_face_fetches_what_is_asked_for() -> None:
    assert "pandas" in loaded("import geo; geo.run.__kwdefaults__")
    assert "pandas" not in loaded("import geo")
    assert "pandas" in loaded("import geo.publish, geo; geo.publish.__kwdefaults__")
