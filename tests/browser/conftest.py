"""One Chromium for all pages, Debian's as continuous integration installs it, and what they share:
the study of Qingxi and the small town, and the pages made of them.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import geo
from geo.outlook import Outlook, outlook_of
from geo.webmap import scripts
from tests.browser.pages import town

CHROMIUM = "/usr/bin/chromium" if Path("/usr/bin/chromium").exists() else shutil.which("chromium")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
INSIDE = (
    "{ app, colourOf, L, inside: { unpack, inflateSlowly, bytesOf, columnsOf, outlined, rowAt, "
    "rowsIn, rungAt, toldAt, labelInto, frameOf, sized, paint, landCanvas } }"
)
"""What tests ask of the closed scope of the page."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is absent: install Debian's chromium to run the browser tests")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


def saved(
    study: geo.Study, factory: pytest.TempPathFactory, outlook: Outlook | None = None
) -> Path:
    file = factory.mktemp("page") / "index.html"
    study.map(outlook=outlook).save(file)
    return file


@pytest.fixture(scope="session")
def qingxi() -> geo.Study:
    return geo.run(geo.read_plan(Path(__file__).parents[2] / "layers/qingxi/plan.toml"))


@pytest.fixture(scope="session")
def qingxi_outlook(qingxi: geo.Study) -> Outlook:
    return outlook_of(qingxi)


@pytest.fixture(scope="session")
def qingxi_file(
    qingxi: geo.Study, qingxi_outlook: Outlook, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return saved(qingxi, tmp_path_factory, qingxi_outlook)


@pytest.fixture(scope="session")
def qingxi_inside(
    qingxi: geo.Study, qingxi_outlook: Outlook, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same, its closed scope opened for what a reader sees but a test cannot read."""
    opening = "function drawing(app) {"
    source = scripts.script_source()
    assert source.count(opening) == 1
    source = source.replace(opening, f"{opening} Object.assign(window, {INSIDE});")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scripts, "script_source", lambda: source)
        return saved(qingxi, tmp_path_factory, qingxi_outlook)


@pytest.fixture(scope="session")
def town_study(tmp_path_factory: pytest.TempPathFactory) -> geo.Study:
    return town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="session")
def town_file(town_study: geo.Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(town_study, tmp_path_factory)
