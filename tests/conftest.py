"""What all tests share: the real layers, and the rule that nothing is skipped in CI."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import settings

from tests.servers import postgres  # noqa: F401 - a fixture for every test

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
NO_SKIP = bool(os.environ.get("LANDREADY_NO_SKIP"))  # set by .ci/run

settings.register_profile("landready", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("landready")


def pytest_configure() -> None:
    """Let tests choose the width of a terminal: pytest-xdist tells its workers one of 80 signs."""
    os.environ.pop("COLUMNS", None)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the folder of the real layers; skip (in CI fail) where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(
            "../shared/data is absent: the real layers are not here; "
            "put them beside the checkout to run this test"
        )
    return SHARED_DATA


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _forbid_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _forbid_skip((yield))


def _forbid_skip(report: Report) -> Report:
    """Under LANDREADY_NO_SKIP=1 turn a skip into a failure; an expected failure stays one."""
    if NO_SKIP and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"LANDREADY_NO_SKIP turns this skip into a failure: {reason}"
    return report
