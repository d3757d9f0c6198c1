"""A raster by itself is told by its size, CRS, cells and range: it has no mu."""

import json
from pathlib import Path

import numpy as np
import pytest

from geo.gate import Known, check_file
from tests.rasters import write_raster
from tests.test_cli import QINGXI, called

HEIGHTS = [[np.nan, 20.0, 30.0, 40.0], [50.0, 60.0, 70.0, 492.5]]


@pytest.fixture
def terrain(tmp_path: Path) -> Path:
    return write_raster(tmp_path / "terrain.tif", HEIGHTS, west=500_000, north=2_500_000, cell=12.5)


def test_a_raster_is_told_in_both_languages_and_no_mu_are_counted(terrain):
    code, text, _ = called("check", terrain, "--lang", "en")
    assert code == 0
    assert (
        "terrain.tif: 4 × 2 cells, 1 band, CGCS2000 / 3-degree Gauss-Kruger CM 114E, cell 12.5 × "
        "12.5 metre, nodata -9999, values 20 to 492.5 (87.5% of cells known)"
    ) in text
    assert " mu" not in text
    _, text, _ = called("check", terrain, "--lang", "zh")
    assert "像元 12.5 × 12.5 米，无数据值 -9999，值 20 至 492.5（已知像元 87.5%）" in text
    assert "亩" not in text


def test_a_raster_beside_land_leaves_the_mu_of_the_land(terrain):
    _, text, _ = called("check", QINGXI, terrain, "--lang", "en")
    assert "4 × 2 cells" in text
    assert "4,545.00 mu can be counted" in text


def test_programs_read_what_a_raster_holds(terrain):
    told = json.loads(called("check", terrain, "--json")[1])
    (facts,) = told["rasters"]
    assert (facts["columns"], facts["rows"], facts["cell"]) == (4, 2, [12.5, 12.5])
    assert (facts["lowest"], facts["highest"], facts["nodata"]) == (20, 492.5, -9999)


def test_a_turned_raster_without_a_known_value_has_no_range(tmp_path):
    place = {"west": 113.8, "north": 22.9, "cell": (0.002, 0.001), "turned_deg": 30.0}
    blank = np.full((2, 2), np.nan)
    path = write_raster(tmp_path / "blank.tif", blank, crs="EPSG:4490", nodata=np.nan, **place)
    facts = check_file(path, Known()).raster
    assert facts is not None
    assert facts.cell == pytest.approx((0.002, 0.001))
    assert (facts.lowest, facts.highest, facts.known_share) == (None, None, 0)
    assert "0.002 × 0.001 度" in facts.words().zh
    assert "no value is known" in facts.words().en
