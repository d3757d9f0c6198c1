"""What people tell of parcels, in their own words; read from a spreadsheet of entries."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import pandas as pd

from geo.cells.aliases import ALIASES, bare_name, tiers
from geo.errors import LayerError, LedgerError
from geo.findings import Finding, finding
from geo.readers.columns import no_column
from geo.readers.table import Table
from geo.words import listed, normal


class Told(NamedTuple):
    """One thing that somebody tells, as it was written.

    ``row`` is the line of the table that it comes from. ``kind`` is what to do with it in any
    word of :data:`geo.recording.drafts.KINDS`; ``date`` is as
    :func:`geo.cells.numerals.parse_date` reads it and ``stage`` any spelling of the plan. The
    rest is as in :class:`geo.ledger.event.Draft`. Of an entry that corrects or voids another, what
    is left blank is as it was there. A remark without a kind and a stage is a note.
    """

    row: int | None = None
    parcel_id: str = ""
    kind: str = "reach"
    date: str = ""
    stage: str = ""
    text: str = ""
    evidence: str = ""
    source: str = ""
    reason: str = ""
    responsible: str = ""
    next_step: str = ""
    parts: tuple[str, ...] = ()
    supersedes: int | None = None


NAMES: Final[dict[str, tuple[str, ...]]] = {
    "parcel_id": (),
    "kind": ("kind", "action", "动作", "操作", "事项类型", "记录类型"),
    "date": ("date", "日期", "时间", "发生日期", "发生时间", "完成日期", "完成时间", "节点日期"),
    "stage": (),
    "text": (
        *("text", "note", "remark", "remarks", "comment", "说明", "备注", "情况说明", "进展情况"),
        *("内容", "卡点", "问题", "存在问题"),
    ),
    "evidence": (
        *("evidence_id", "evidence_ref", "证据", "证据编号", "佐证编号", "佐证/证据编号"),
        *("佐证材料编号", "文号", "依据文号"),
    ),
    "source": ("source", "来源", "数据来源", "资料来源", "信息来源"),
    "reason": ("reason", "原因", "理由", "退回原因", "更正原因"),
    "responsible": (
        *("responsible", "owner", "责任人", "责任单位", "责任人/责任单位", "责任主体", "负责人"),
        *("牵头单位", "牵头部门"),
    ),
    "next_step": ("next_step", "next step", "下一步", "下步工作", "下一步工作", "下一步计划"),
    "parts": ("parts", "分合地块", "涉及地块", "分割为", "拆分为", "合并自", "组成地块"),
    "supersedes": ("supersedes", "corrects", "更正", "更正序号", "更正条目", "原序号"),
}
"""What columns of entries are called, beside the names of :data:`geo.cells.aliases.ALIASES`."""

RECORDED: Final = ("recorded_at", "recorded at", "记录时间", "录入时间", "登记时间")
"""What is not taken from a table: the ledger writes the time of recording itself."""

_SEPARATORS: Final = re.compile(r"[、,，;；\n]+")
_NUMBER: Final = re.compile(r"(?:#|第)?\s*(\d{1,15})(?:\.0+)?\s*条?")


def told_rows(
    table: Table, fields: Mapping[str, str] | None = None
) -> tuple[list[Told], list[Finding]]:
    """What the rows of a table tell, its columns found by their Chinese or English names.

    ``fields`` (name of :class:`Told` → column) says which where it is not clear; ``""`` leaves a
    name out. Raises :class:`geo.errors.LayerError` when a column is missing or several could be
    meant, and :class:`geo.errors.LedgerError` for what is no number of an entry to correct, and
    for cells that were lost before the table came here.
    """
    frame = table.frame.rename(columns=str)
    columns = _columns(frame, fields or {}, table.file)
    _check_cells(table, columns)
    cells = {name: _cells(frame[column], name) for name, column in columns.items()}
    blank = [""] * len(frame)
    texts = [cells.get(name, blank) for name in Told._fields[1:-2]]
    parts = [_ids(cell) if cell else () for cell in cells.get("parts", blank)]
    corrected = _numbers(cells.get("supersedes", blank), frame.index, table.file)
    rows = zip(frame.index.tolist(), *texts, parts, corrected, strict=True)
    told = [Told._make(row) for row in rows if any(row[1:])]
    return told, list(_not_taken(frame, table.file))


def _check_cells(table: Table, columns: Mapping[str, str]) -> None:
    """Refuse a table with errors, unless they are in columns that nobody asks for."""
    unread = {str(name) for name in table.frame.columns} - set(columns.values())
    errors = [item for item in table.findings if item.severity == "error"]
    if wrong := [item for item in errors if item.field not in unread]:
        raise LedgerError(*wrong)


def _columns(frame: pd.DataFrame, fields: Mapping[str, str], file: str) -> dict[str, str]:
    """Name → column, of those that are there; asks for what is missing or not clear."""
    columns = list(frame.columns)
    for name, column in fields.items():
        if name not in NAMES:
            raise no_column(name, name, NAMES, file=file)
        if column and column not in columns:
            raise no_column(column, name, columns, file=file)
    found = {name: fields.get(name) or _found(name, frame, file) for name in NAMES}
    chosen = {name: column for name, column in found.items() if column and fields.get(name) != ""}
    chosen = _once_each(chosen, fields)
    for name in ("parcel_id", "date", *(() if "kind" in chosen else ("stage",))):
        if name not in chosen:
            raise no_column(name, name, columns, file=file)
    return chosen


def _once_each(chosen: dict[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    """No column under a name that was only guessed, where somebody said what it is."""
    said = {column for name, column in fields.items() if column}
    return {name: column for name, column in chosen.items() if name in fields or column not in said}


def _found(name: str, frame: pd.DataFrame, file: str) -> str | None:
    """The column that has a meaning by its name; of several all must hold the same."""
    columns = list(frame.columns)
    names = {normal(spelling) for spelling in NAMES[name]}
    likely = list(*tiers(name, columns)[:1]) if name in ALIASES else []
    likely += [item for item in columns if bare_name(item) in names and item not in likely]
    if name in likely:
        return name
    filled = [item for item in likely if (frame[item].str.strip() != "").any()] or likely[:1]
    if any(not frame[item].equals(frame[filled[0]]) for item in filled[1:]):
        words = {"seen": listed(filled), "first": filled[0]}
        raise LayerError(finding("record.ambiguous", file=file, field=name, **words))
    return filled[0] if filled else None


def _cells(column: pd.Series, name: str) -> list[str]:
    """The cells with their blanks mended: a line break within a cell is one too."""
    if name == "parts":
        return list(column)
    clean = {cell: re.sub(r"\s*[\r\n\t]+\s*", " ", cell.strip()) for cell in column.unique()}
    return [clean[cell] for cell in column]


def _ids(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _SEPARATORS.split(cell) if part.strip())


def _numbers(cells: list[str], rows: pd.Index, file: str) -> list[int | None]:
    """The numbers of the entries that are corrected."""
    numbers: list[int | None] = []
    faults = []
    for row, cell in zip(rows, cells, strict=True):
        match = _NUMBER.fullmatch(cell) if cell else None
        numbers.append(int(match[1]) if match else None)
        if cell and match is None:
            faults.append(
                finding("record.entry-number", file=file, row=row, field="supersedes", seen=cell)
            )
    if faults:
        raise LedgerError(*faults)
    return numbers


def _not_taken(frame: pd.DataFrame, file: str) -> Iterator[Finding]:
    names = {normal(name) for name in RECORDED}
    for column in frame.columns:
        if bare_name(column) in names:
            yield finding("record.recorded-at", file=file, field="recorded_at", seen=column)
