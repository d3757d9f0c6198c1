"""The benchmark runs, and both ways of doing the job give the same figures."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(sys.platform == "win32", reason="the benchmark reads peak memory by wait4")
def test_both_jobs_agree_on_a_small_town(tmp_path: Path) -> None:
    results = tmp_path / "results.md"
    command = [sys.executable, "-m", "benchmarks.build", "2000", "--runs", "1"]
    done = subprocess.run(
        [*command, "--results", str(results)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    text = results.read_text("utf-8")
    assert "| landready |" in text
    assert "| usual way |" in text
    assert "every zone and every stage agree" in text


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
