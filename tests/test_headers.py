"""Which lines of a sheet are title, header, data, total and note; every case from cells alone."""

import time
from collections.abc import Sequence

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.cells.totals import CheckSum, check_sum, total_kind, totalled
from geo.errors import LayerError
from geo.findings import Finding
from geo.readers.cells import Mark, Merge, RawCells, unpacked
from geo.readers.headers import headed
from geo.readers.lines import Lines

HEAD = ["地块编号", "面积（亩）", "用地性质"]


def sheet(*rows: Sequence[str], grid: bool = True, **more: object) -> RawCells:
    lines = Lines.of({line: list(row) for line, row in enumerate(rows, start=1)})
    return RawCells(lines, grid=grid, **more)


def read(*rows: Sequence[str], **more: object) -> tuple[pd.DataFrame, list[Finding]]:
    return headed(sheet(*rows, **more), "t.xlsx")


def told(findings: list[Finding]) -> list[tuple[str, int | None]]:
    return [(item.code, item.row) for item in findings]


# --- where the table begins


def test_a_plain_table_is_read_from_its_first_line():
    frame, findings = read(HEAD, ["A", "30", "M1"], ["B", "45", "M1"])
    assert frame.columns.tolist() == HEAD
    assert frame.to_dict("index") == {
        2: dict(zip(HEAD, ["A", "30", "M1"], strict=True)),
        3: dict(zip(HEAD, ["B", "45", "M1"], strict=True)),
    }
    assert findings == []


def test_titles_above_the_header_are_left_out_and_said():
    frame, findings = read(
        ["清溪镇地块一览表"],
        [],
        ["", "", "2024年3月"],
        HEAD,
        ["A", "30", "M1"],
    )
    assert frame.index.tolist() == [5]
    assert frame.columns.tolist() == HEAD
    assert told(findings) == [("table.title", 1), ("table.title", 3)]
    assert findings[0].seen == "清溪镇地块一览表"


def test_a_title_of_two_cells_is_one_too():
    head = [*HEAD, "片区", "备注"]
    frame, findings = read(
        ["填报单位：清溪镇", "", "", "", "单位：亩"], head, ["A", "30", "M1", "x", ""]
    )
    assert frame.index.tolist() == [3]
    assert told(findings) == [("table.title", 1)]


@pytest.mark.parametrize(
    "rows",
    [
        [["a"], ["1"], ["2"]],  # one column
        [["colour", "size"], ["red", "big"]],  # words below words
        [["1", "2", "3"], ["4", "5", "6"]],  # no header at all
        [["parcel_id"], ["A", "30", "M1"]],  # a name that is known
        [["title"], ["1", "2", "3"], ["4", "5", "6"]],  # a title, and nothing like a header
        [["title"], HEAD],  # a header without data
    ],
)
def test_where_evidence_is_weak_the_first_line_is_the_header(rows):
    frame, findings = read(*rows)
    assert frame.columns.tolist() == rows[0]
    assert frame.index.tolist() == list(range(2, len(rows) + 1))
    assert "table.title" not in [item.code for item in findings]


@given(st.integers(2, 6), st.integers(1, 5), st.integers(0, 3))
def test_titles_change_no_row(width, height, titles):
    names = [f"列{chr(0x4E00 + at)}" for at in range(width)]
    data = [[str(row * width + at) for at in range(width)] for row in range(height)]
    plain, _ = read(names, *data)
    below, _ = read(*[[f"title {at}"] for at in range(titles)], names, *data)
    assert below.to_numpy().tolist() == plain.to_numpy().tolist() == data
    assert below.columns.tolist() == names
    assert (below.index - titles).tolist() == plain.index.tolist()


# --- headers of several lines


GROUPED = (
    ["序号", "地块编号", "用地面积", "", "容积率", ""],
    ["", "", "总", "净", "现状", "规划"],
    ["1", "A", "30", "25", "0.5", "2.0"],
)
JOINED = ["序号", "地块编号", "用地面积/总", "用地面积/净", "容积率/现状", "容积率/规划"]


@pytest.mark.parametrize("grid", [True, False])
def test_groups_and_columns_are_joined_by_a_stroke(grid):
    frame, findings = read(*GROUPED, grid=grid)
    assert frame.columns.tolist() == JOINED
    assert frame.loc[3].tolist() == GROUPED[2]
    assert told(findings) == [("table.header-rows", 1)]
    assert "用地面积/总, 用地面积/净" in findings[0].message


def test_merged_cells_say_the_same():
    merges = [Merge(1, 0, 2, 0), Merge(1, 1, 2, 1), Merge(1, 2, 1, 3), Merge(1, 4, 1, 5)]
    assert read(*GROUPED, merges=merges)[0].columns.tolist() == JOINED


def test_a_merge_ends_the_group():
    """Without merges 备注 would belong to 容积率; the merge says that it does not."""
    rows = (["地块编号", "容积率", "", ""], ["", "现状", "规划", "备注"], ["A", "0.5", "2", "x"])
    merged = read(*rows, merges=[Merge(1, 1, 1, 2)])[0].columns.tolist()
    assert merged == ["地块编号", "容积率/现状", "容积率/规划", "备注"]


def test_three_lines_with_units_below():
    frame, _ = read(
        ["清溪镇"],
        ["地块编号", "用地面积", "", "", "", "片区"],
        ["", "现状", "", "规划", "", ""],
        ["", "总", "净", "总", "净", ""],
        ["A", "30", "25", "30", "20", "x"],
    )
    assert frame.columns.tolist() == [
        "地块编号", "用地面积/现状/总", "用地面积/现状/净", "用地面积/规划/总", "用地面积/规划/净",
        "片区",
    ]  # fmt: skip
    assert frame.index.tolist() == [5]
    units, _ = read(["地块编号", "面积", "限高"], ["", "(亩)", "m"], ["A", "30", "24"])
    assert units.columns.tolist() == ["地块编号", "面积（亩）", "限高（m）"]


def test_breaks_within_a_name_go():
    frame, _ = read(["地块\n编号", "Gross\nArea", "面积\n（亩）"], ["A", "1", "2"])
    assert frame.columns.tolist() == ["地块编号", "Gross Area", "面积（亩）"]


@pytest.mark.parametrize(
    "row",
    [
        ["", "", "x", "12"],  # a number
        ["A", "", "x", ""],  # a cell below a name
        ["", "", "2024-01-01", ""],
    ],
)
def test_a_row_of_data_is_no_second_header(row):
    frame, findings = read(["id", "name", "note", ""], row, ["B", "b", "", ""])
    assert frame.index.tolist() == [2, 3]
    assert "table.header-rows" not in [item.code for item in findings]


def test_a_name_that_stands_twice_is_refused():
    with pytest.raises(LayerError) as stopped:
        read(["title"], ["地块编号", "面积", "面积"], ["A", "1", "2"])
    (found,) = stopped.value.findings
    assert (found.code, found.row, found.field) == ("table.column-twice", 2, "面积")


# --- below the table, and beside it


def test_notes_below_the_table_are_left_out_and_said():
    frame, findings = read(
        HEAD, ["A", "30", "M1"], ["注：面积以实测为准"], ["制表人：甲", "审核人：乙"]
    )
    assert frame.index.tolist() == [2]
    assert told(findings) == [("table.note", 3), ("table.note", 4)]


def test_a_header_that_is_printed_on_every_page_is_no_row():
    frame, findings = read(HEAD, ["A", "30", "M1"], HEAD, ["B", "45", "M1"])
    assert frame.index.tolist() == [2, 4]
    assert told(findings) == [("table.header-again", 3)]


def test_what_is_not_surely_a_note_is_a_row():
    frame, _ = read(HEAD, ["注：x", "1", "M1"], ["A", "30", "M1"], ["以上"])
    assert frame.index.tolist() == [2, 3, 4]


def test_cells_beside_the_table_are_said():
    frame, findings = read([*HEAD, "", "备注"], ["A", "30", "M1", "?", "", "!"])
    assert frame.columns.tolist() == [*HEAD, "备注"]
    assert [(item.code, item.row, item.seen) for item in findings] == [
        ("table.unnamed", 2, "4"),
        ("table.unnamed", 2, "6"),
    ]


def test_a_short_line_of_a_csv_file_is_refused_below_a_title_too():
    with pytest.raises(LayerError) as stopped:
        read(["title", "", ""], HEAD, ["A", "30", "M1"], ["B", "3"], grid=False)
    (found,) = stopped.value.findings
    assert (found.code, found.row, found.seen) == ("table.ragged", 4, "2")


# --- totals


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        *(("合计", "total"), ("合 计：", "total"), ("总计", "total"), ("Total", "total")),
        *(("GRAND TOTAL", "total"), ("合计（3宗）", "total"), ("sum", "total")),
        *(("小计", "subtotal"), ("罗马片区小计", "subtotal"), ("本页合计", "subtotal")),
        *(("subtotal", "subtotal"), ("", None), ("A", None), ("合计地块", None), ("设计院", None)),
        *(("總計", "total"), ("合計", "total"), ("x" * 50 + "合计", None)),
        *(("summit", None), ("Total Energies", None)),
    ],
)
def test_a_total_is_known_by_its_word(word, kind):
    assert total_kind(word) == kind


def test_totals_are_left_out_and_hold():
    frame, findings = read(
        HEAD,
        ["A", "30", "M1"],
        ["B", "45.5", "M1"],
        ["小计", "75.5", ""],
        ["C", "15", "M0"],
        ["小计", "15", ""],
        ["合计", "90.5", ""],
        ["注：以实测为准"],
    )
    assert frame["地块编号"].tolist() == ["A", "B", "C"]
    assert sorted(told(findings)) == [
        ("table.note", 8), ("table.total", 4), ("table.total", 6), ("table.total", 7),
    ]  # fmt: skip


@pytest.mark.parametrize("first", [True, False])
def test_a_total_may_stand_above(first):
    rows = [["合计", "75", ""], ["A", "30", "M1"], ["B", "45", "M1"]]
    frame, findings = read(HEAD, *(rows if first else [*rows[1:], rows[0]]))
    assert frame["地块编号"].tolist() == ["A", "B"]
    assert [item.code for item in findings] == ["table.total"]


def test_a_total_that_differs_is_an_error_at_its_row_and_column():
    _, findings = read(HEAD, ["A", "30", "M1"], ["B", "45", "M1"], ["合计", "105", ""])
    found = findings[1]
    assert (found.code, found.severity) == ("table.total-differs", "error")
    assert (found.file, found.row, found.field, found.seen) == ("t.xlsx", 4, "面积（亩）", "105")
    assert "its rows sum to 75" in found.message


def test_what_rounding_explains_is_told_and_no_error():
    """30.4 + 30.4 + 30.4 = 91.2, each shown without decimals: 30, 30, 30 and 91."""
    _, findings = read(HEAD, *[[name, "30", "M1"] for name in "ABC"], ["合计", "91", ""])
    assert told(findings) == [("table.total", 5), ("table.total-rounded", 5)]


def test_a_total_of_plot_ratios_is_an_average_and_no_sum():
    _, findings = read(
        ["地块编号", "容积率", "绿地率", "建筑密度(%)"],
        ["A", "2", "30", "40"],
        ["B", "3", "20", "35"],
        ["合计", "2.4", "25", "38"],
    )
    assert [item.code for item in findings] == ["table.total"]


@pytest.mark.parametrize(
    ("stated", "rows", "expected"),
    [
        ("75", ["30", "45"], (75, 75, 1.5)),
        ("75.00", ["30.00", "45.00"], (75, 75, 0.015)),
        ("2,888", ["2,000", "888"], (2888, 2888, 1.5)),
        ("75亩", ["30亩", "45亩"], (75, 75, 1.5)),
        ("75", ["30", "", "45"], (75, 75, 1.5)),
        ("0.3", ["0.1", "0.2"], (0.3, 0.3, 0.15)),
    ],
)
def test_a_check_sum(stated, rows, expected):
    check = check_sum(stated, rows)
    assert check == pytest.approx(expected)
    assert check.holds
    assert check.exact


@pytest.mark.parametrize(
    ("stated", "rows"),
    [("", ["1"]), ("3宗", ["1"]), ("75", []), ("75", ["x"]), ("50%", ["50%"]), ("2", ["30亩"])],
)
def test_what_is_no_check_sum(stated, rows):
    assert check_sum(stated, rows) is None


@pytest.mark.parametrize(
    ("stated", "rows", "unit"),
    [
        ("75", ["30", "45亩"], "mu"),
        ("75亩", ["30", "3公顷"], "mu"),
        ("5公顷", ["30", "45"], "mu"),
        ("50000", ["2公顷", "45亩"], "m2"),
    ],
)
def test_cells_that_state_a_unit_are_summed_with_those_that_have_the_columns(stated, rows, unit):
    check = check_sum(stated, rows, unit)
    assert check is not None
    assert check.exact
    assert check_sum(stated, rows) is None


def test_a_wrong_total_is_seen_although_one_cell_states_its_unit():
    rows = (["地块编号", "面积（亩）"], ["A", "30"], ["B", "30亩"], ["合计", "100"])
    found = [item for item in read(*rows)[1] if item.code == "table.total-differs"]
    assert [(item.row, item.field, item.seen) for item in found] == [(4, "面积（亩）", "100")]


def test_binary_fractions_are_no_difference():
    assert CheckSum(0.3, 0.1 + 0.2, 0.0).exact
    assert not CheckSum(0.3, 0.31, 0.0).holds


def test_which_rows_a_total_stands_for():
    kinds = [None, None, "subtotal", None, "subtotal", "total"]
    assert totalled(kinds, 2) == [[0, 1], [3], [0, 1, 3]]
    assert totalled(kinds, 4) == [[3], [0, 1, 3]]
    assert totalled(kinds, 5)[0] == [0, 1, 3]


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=30), st.integers(0, 30))
def test_a_true_total_always_holds_wherever_it_stands(hundredths, at):
    """Rows rounded to hundredths and their total: never an error, whatever the order."""
    rows = [[f"P{row}", f"{value / 100:.2f}", "M1"] for row, value in enumerate(hundredths)]
    total = ["合计", f"{sum(hundredths) / 100:.2f}", ""]
    at = min(at, len(rows))
    frame, findings = read(HEAD, *rows[:at], total, *rows[at:])
    assert len(frame) == len(rows)
    assert [item.code for item in findings] == ["table.total"]


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=30), st.data())
def test_a_row_that_is_missing_is_found(hundredths, data):
    rows = [[f"P{row}", f"{value / 100:.2f}", "M1"] for row, value in enumerate(hundredths)]
    total = ["合计", f"{sum(hundredths) / 100:.2f}", ""]
    gone = data.draw(st.integers(0, len(rows) - 1))
    _, findings = read(HEAD, *rows[:gone], *rows[gone + 1 :], total)
    lost = hundredths[gone] / 100
    told_codes = {item.code for item in findings} - {"table.total"}
    bound = 0.005 * (len(rows) + 1)
    if lost > bound:
        assert told_codes == {"table.total-differs"}
    else:  # within what rounding may do, yet it is told
        assert told_codes <= {"table.total-rounded", "table.total-differs"}
        assert told_codes


# --- cells that are not what was typed


def test_words_merged_over_rows_hold_for_each():
    frame, findings = read(
        ["片区", "地块编号", "面积"],
        ["罗马", "A", "30"],
        ["", "B", "45"],
        merges=[Merge(2, 0, 3, 0)],
    )
    assert frame["片区"].tolist() == ["罗马", "罗马"]
    assert told(findings) == [("table.merged", 2)]


def test_a_number_merged_over_rows_is_nobodys():
    frame, findings = read(["地块编号", "面积"], ["A", "75"], ["B", ""], merges=[Merge(2, 1, 3, 1)])
    assert frame["面积"].tolist() == ["", ""]
    (found,) = findings
    assert (found.code, found.severity, found.row) == ("table.merged-number", "error", 2)
    assert (found.field, found.seen) == ("面积", "75")


def test_an_id_merged_over_rows_is_a_label():
    frame, _ = read(["编号", "建筑面积"], ["12", "100"], ["", "200"], merges=[Merge(2, 0, 3, 0)])
    assert frame["编号"].tolist() == ["12", "12"]


@pytest.mark.parametrize(
    ("kind", "code", "severity"),
    [("formula", "table.formula-uncached", "error"), ("digits", "table.digits", "error")],
)
def test_a_marked_cell_is_named_with_its_parcel(kind, code, severity):
    _, findings = read(HEAD, ["A", "30", "M1"], ["B", "45", "M1"], marks=[Mark(3, 1, kind)])
    (found,) = findings
    assert (found.code, found.severity) == (code, severity)
    assert (found.file, found.row, found.parcel, found.field) == ("t.xlsx", 3, "B", "面积（亩）")


def test_a_mark_on_a_title_or_beside_the_table_is_nobodys_fault():
    marks = [Mark(1, 0, "formula"), Mark(3, 7, "formula")]
    _, findings = read(["title"], HEAD, ["A", "30", "M1"], marks=marks)
    assert told(findings) == [("table.title", 1)]


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#DIV/0!"])
def test_an_error_of_the_workbook_is_blank_and_said(error):
    frame, findings = read(HEAD, ["A", error, "M1"])
    assert frame.loc[2].tolist() == ["A", "", "M1"]
    (found,) = findings
    assert (found.code, found.severity, found.row) == ("table.error-cell", "warning", 2)
    assert (found.parcel, found.field, found.seen) == ("A", "面积（亩）", error)


def test_october_that_became_january_is_no_date():
    frame, findings = read(
        ["地块编号", "完成时间"], ["A", "2023.1"], ["B", "2023.7"], marks=[Mark(2, 1, "tenth")]
    )
    assert frame["完成时间"].tolist() == ["2023.1 / 2023.10", "2023.7"]
    (found,) = findings
    assert (found.code, found.severity, found.row) == ("table.month-lost", "error", 2)
    assert read(["地块编号", "x"], ["A", "2023.1"], marks=[Mark(2, 1, "tenth")])[1] == []


WORDS = st.sampled_from(
    [
        *(
            "",
            "",
            " ",
            "合计",
            "小计",
            "地块编号",
            "面积（亩）",
            "(亩)",
            "30",
            "2,888",
            "约3",
            "注：x",
        ),
        *("#REF!", "2023.1", "A", "a\nb", "3.5以下", "制表人：", "\ufeff", "序号", "１２"),
    ]
)
MERGES = st.builds(
    lambda top, left, down, over: Merge(top, left, top + down, left + over),
    *(st.integers(1, 6), st.integers(0, 5), st.integers(0, 3), st.integers(0, 3)),
)


@given(
    st.lists(st.lists(WORDS, max_size=6), min_size=1, max_size=9),
    st.lists(MERGES, max_size=3),
    st.booleans(),
)
def test_any_cells_make_a_table_or_a_refusal(rows, merges, grid):
    """Every line that holds anything is a row, a header, or named by a finding."""
    marks = [Mark(2, 1, "formula"), Mark(3, 0, "digits"), Mark(4, 2, "tenth")]
    raw = sheet(*rows, grid=grid, merges=merges, marks=marks)
    try:
        frame, findings = headed(raw, "t.xlsx")
    except LayerError as refused:
        assert refused.findings[0].code.startswith(("table.", "layer.no-rows"))
        return
    left_out = ("table.title", "table.note", "table.total", "table.header-again")
    said = {item.row for item in findings if item.code in left_out}
    held = {line for line, cells in raw.rows.items() if any(c.strip(" \ufeff") for c in cells)}
    header = held - said - set(frame.index)
    assert 1 <= len(header) <= 3
    assert not said & set(frame.index)
    assert all(line < min(frame.index, default=99) for line in header)


def test_cells_travel_as_plain_values():
    raw = sheet(HEAD, ["A"], merges=[Merge(1, 2, 3, 4)], marks=[Mark(2, 0, "digits")])
    _, raw_findings = read(HEAD, ["A", "#N/A", "M1"])
    raw.findings.extend(raw_findings)
    assert unpacked(*raw.packed()) == raw


# --- figures of a total that nobody can check, and tables that are none


@pytest.mark.parametrize("cell", ["20000㎡", "50%"])
def test_a_total_that_is_not_checked_says_so(cell):
    """Whether 45 is in the unit of 20000㎡ is not known, and a percentage is no land."""
    head = ["地块编号", "面积", "用地性质"]
    _, findings = read(head, ["A", cell, "M1"], ["B", "45", "M1"], ["合计", "75", ""])
    assert told(findings) == [("table.total", 4), ("table.total-unchecked", 4)]
    found = findings[1]
    assert (found.severity, found.file, found.field) == ("info", "t.xlsx", "面积")
    assert found.seen == "75"
    assert "not checked" in found.message
    assert "check the sums" not in findings[0].mend


def test_averages_are_not_expected_to_be_sums():
    head = ["地块编号", "面积（亩）", "容积率"]
    _, findings = read(head, ["A", "30", "2"], ["B", "45", "3"], ["合计（2宗）", "75", "2.6"])
    assert told(findings) == [("table.total", 4)]


def test_a_table_of_far_too_many_columns_is_refused_before_any_work():
    wide = [f"c{at}" for at in range(200_000)]
    start = time.perf_counter()
    with pytest.raises(LayerError) as stopped:
        read(HEAD, wide, grid=False)
    (found,) = stopped.value.findings
    assert (found.code, found.severity, found.file, found.row) == (
        "table.wide", "error", "t.xlsx", 2,
    )  # fmt: skip
    assert found.seen == "200000"
    assert time.perf_counter() - start < 5


def test_blank_cells_far_to_the_right_are_no_columns():
    blank = [""] * 200_000
    frame, findings = read(HEAD + blank, ["A", "30", "M1", *blank], grid=False)
    assert frame.to_numpy().tolist() == [["A", "30", "M1"]]
    assert findings == []
