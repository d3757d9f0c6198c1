"""Findings: worded once, told as tables."""

import pytest

from geo.findings import finding, findings_table


def silent(row, **place):
    return finding("parcel.no-events", file="town.gpkg", row=row, **place)


def test_wordings_without_a_figure_are_shared():
    """A million silent parcels hold four wordings, not four million."""
    one, other = silent(1), silent(2)
    for name in ("message", "message_zh", "mend", "mend_zh"):
        assert getattr(one, name) is getattr(other, name)
    assert one != other
    assert one == silent(1)
    assert len({one, other, silent(1)}) == 2


def test_wordings_with_a_figure_hold_it():
    item = finding("goal.gross-only", seen="G", short="12.50", **dict.fromkeys(WORDS, "7"))
    assert "12.50" in item.message
    assert "{" not in item.message + item.message_zh + item.mend + item.mend_zh


WORDS = ("goal", "gross", "net", "share", "usable")


def test_a_table_of_findings_has_their_land_in_mu():
    table = findings_table([silent(3, parcel="A", area_m2=2000.0), silent(None)])
    assert table["row"].isna().tolist() == [False, True]
    assert table["row"].iloc[0] == 3
    assert table["area_mu"].iloc[0] == pytest.approx(3)
    assert table["area_mu"].isna().tolist() == [False, True]
    assert table["parcel"].tolist() == ["A", ""]
    assert set(table.columns) == set(silent(1).as_dict())


def test_a_table_of_no_findings_has_the_same_columns():
    none, one = findings_table([]), findings_table([silent(1)])
    assert list(none.columns) == list(one.columns)
    assert len(none) == 0
    assert none["row"].dtype == one["row"].dtype
