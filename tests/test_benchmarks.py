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
