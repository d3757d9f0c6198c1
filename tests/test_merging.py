"""Rows of one id that are made one parcel: what is drawn twice is counted once, and said."""

from pathlib import Path

import pytest

import geo
from geo.findings import Finding
from geo.land import Land, read_land
from geo.plan import read_plan
from geo.units import M2_PER_MU
from tests.makers import placed, rectangle, write_plan


def united(folder: Path, step: float, rows: int = 2) -> Land:
    """Rows of id A of 45 mu each, every one so many metres east of the last; then B of 30 mu."""
    shapes = [rectangle(step * at, 0, 300, 100) for at in range(rows)]
    shapes.append(rectangle(0, 500, 200, 100))
    land = placed(*shapes, parcel_id=[*["A"] * rows, "B"])
    plan = write_plan(folder, land, layer_toml='duplicate_ids = "merge"')
    return read_land(read_plan(plan))


def told(land: Land) -> list[Finding]:
    return [item for item in land.findings if item.code == "parcel.merge-overlap"]


def test_land_that_rows_of_one_id_draw_twice_is_told(tmp_path: Path) -> None:
    """Two rows of 45 mu that share 15: 90 mu are drawn, 75 count."""
    done = united(tmp_path, 200)
    (found,) = told(done)
    assert (found.severity, found.file, found.row) == ("warning", "parcels.parquet", 1)
    assert found.parcel == "A"
    assert found.area_m2 == pytest.approx(15 * M2_PER_MU)
    assert "the rows 1, 2 of id A overlap: 90.00 mu are drawn, 75.00 mu count" in found.message
    assert done.parcels["land_mu"].tolist() == pytest.approx([75, 30])


def test_land_that_is_drawn_three_times_is_told_once(tmp_path: Path) -> None:
    """Three times the same 45 mu: 90 of 135 mu are drawn again."""
    (found,) = told(united(tmp_path, 0, rows=3))
    assert found.area_m2 == pytest.approx(90 * M2_PER_MU)


@pytest.mark.parametrize("step", [300, 299.995, 400])
def test_rows_that_touch_are_no_overlap(step: float, tmp_path: Path) -> None:
    assert told(united(tmp_path, step)) == []


def test_land_of_rows_whose_treatments_differ_counts_once_in_every_table(tmp_path: Path) -> None:
    """A of 30 mu is rebuilt; B has 30 mu to be upgraded and 15 to be retained: 75 mu in all."""
    shapes = [rectangle(300 * at, 0, width, 100) for at, width in enumerate((200, 200, 100))]
    columns = {"parcel_id": ["A", "B", "B"], "treatment": ["rebuild", "upgrade", "retain"]}
    merging = {"layer_toml": 'duplicate_ids = "merge"'}
    done = geo.run(geo.read_plan(write_plan(tmp_path, placed(*shapes, **columns), **merging)))
    assert done.parcels["treatment"].tolist() == ["rebuild", "unclear"]
    gross = done.balance[(done.balance["reason"] == "gross") & (done.balance["zone"] == "")]
    assert (gross.set_index("treatment")["area_m2"] / M2_PER_MU).to_dict() == pytest.approx(
        {"": 75, "rebuild": 30, "unclear": 45}
    )
    geo.publish(done, tmp_path / "out")
    balance = (tmp_path / "out/tables/balance_treatment.csv").read_text("utf-8-sig")
    assert "unclear" in balance
