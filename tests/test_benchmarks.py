"""The benchmark runs, and both ways of doing the job give the same figures."""

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from benchmarks.city import write_city
from benchmarks.same import AREAS, Figures, disagreements

ROOT = Path(__file__).parents[1]


@pytest.fixture
def figures() -> Figures:
    """Three parcels, two of which make a block."""
    columns = {name: [5000.0, 4000.0, 3000.0] for name in (*AREAS, "floor_m2")}
    columns |= {"elevation_m": [10.0, 11.0, 12.0], "zone": ["Z1", "Z1", "Z2"]}
    parcels = pd.DataFrame({**columns, "block": ["B1", "B1", ""]}, index=["P1", "P2", "P3"])
    return Figures(parcels, pd.Series({"B1": 9000.0}))


def as_peer(figures: Figures, **changed: list[object]) -> Figures:
    """The same figures as a peer writes them, some of them changed."""
    parcels = figures.parcels.assign(block=[7, 7, -1]).assign(**changed)
    return Figures(parcels, pd.Series({7: 9000.0}))


def test_the_same_figures_do_not_disagree(figures: Figures) -> None:
    assert list(disagreements(figures, as_peer(figures))) == []
    blank = as_peer(figures, elevation_m=[float("nan")] * 3)
    assert list(disagreements(figures, blank)) == [], "an engine without the step"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"net_m2": [5000.0, 4000.01, 3000.0]}, "net_m2: 1 parcels, P2"),
        ({"elevation_m": [10.0, 11.0, 12.01]}, "elevation_m: 1 parcels, P3"),
        ({"planar_m2": [5000.0, 4000.0, float("nan")]}, "planar_m2: 1 parcels, P3"),
        ({"land_m2": [5000.0004, 4000.0004, 3000.0004]}, "sum of land_m2: 0.0011999"),
        ({"zone": ["Z1", "Z2", "Z2"]}, "zone: 1 parcels"),
        ({"block": [7, 7, 8]}, "parcels that count: 2 and 3"),
        ({"block": [7, 8, -1]}, "blocks: 1 and 1 are not the same parcels"),
    ],
)
def test_a_figure_that_differs_is_told(
    figures: Figures, changed: dict[str, list[object]], told: str
) -> None:
    (first, *_) = disagreements(figures, as_peer(figures, **changed))
    assert first.startswith(told)


def test_blocks_of_other_land_and_other_parcels_are_told(figures: Figures) -> None:
    other = Figures(as_peer(figures).parcels, pd.Series({7: 9000.1}))
    assert list(disagreements(figures, other)) == ["land of blocks: 0.1000000000003638 m² apart"]
    fewer = Figures(as_peer(figures).parcels[:2], pd.Series({7: 9000.0}))
    assert list(disagreements(figures, fewer)) == ["parcels: 3 and 2, 1 of them in one only"]


def test_a_city_has_the_faults_that_it_is_drawn_with(tmp_path: Path) -> None:
    write_city(tmp_path / "one", 1000)
    write_city(tmp_path / "again", 1000)
    parcels = gpd.read_parquet(tmp_path / "one" / "parcels.parquet")
    assert parcels.equals(gpd.read_parquet(tmp_path / "again" / "parcels.parquet"))
    assert parcels["parcel_id"].is_unique and parcels["parcel_id"].is_monotonic_increasing
    assert 10 <= (~parcels.is_valid).sum() <= 20
    assert (parcels.geom_type == "MultiPolygon").any()
    tiles = gpd.read_file(tmp_path / "one" / "farmland.gpkg")
    assert tiles.is_valid.all()
    assert tiles.union_all().area == pytest.approx(tiles.area.sum(), rel=1e-12), "no overlap"


@pytest.mark.skipif(sys.platform == "win32", reason="the benchmark reads peak memory by wait4")
def test_the_jobs_agree_on_a_small_city(tmp_path: Path) -> None:
    pytest.importorskip("exactextract")
    results = tmp_path / "results.md"
    command = [sys.executable, "-m", "benchmarks.build", "1000", "--runs", "1", "--town", "0"]
    command += ["--jobs", "shapely, tuned", "GeoPandas, as usual", "--results", str(results)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text = results.read_text("utf-8")
    assert "| landready |" in text
    assert "- shapely, tuned: 992 parcels, areas to" in text
    assert "- GeoPandas, as usual: 992 parcels, areas to" in text


@pytest.mark.browser
@pytest.mark.skipif(not Path("/usr/bin/chromium").exists(), reason="chromium is absent")
def test_the_page_is_measured_in_a_browser(tmp_path: Path) -> None:
    results = tmp_path / "map.md"
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.map", "500", "--ways", "file"]
    command += ["--devices", "desktop", "--runs", "1", "--pan", "0.3", "--results", str(results)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line for line in results.read_text("utf-8").splitlines() if "one file |" in line]
    assert [row.split(" | ")[2] for row in rows] == ["disk", "HTTP"]
    for row in rows:
        cells = row.strip("| ").split(" | ")
        assert len(cells) == 11
        assert all(cells), "every measure is there"


@pytest.mark.skipif(sys.platform == "win32", reason="the benchmark reads peak memory by wait4")
def test_the_ledger_and_plain_sql_agree(tmp_path: Path) -> None:
    results = tmp_path / "ledger.md"
    command = [sys.executable, "-m", "benchmarks.ledger", "3000", "--runs", "1"]
    done = subprocess.run(
        [*command, "--results", str(results)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    text = results.read_text("utf-8")
    for job in ("record", "status", "plain SQL", "verify"):
        assert f"| {job} |" in text
    assert "A ledger of 3000 entries about 300 parcels" in text
