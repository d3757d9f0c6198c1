"""What axe-core finds on the page: nothing, in any language, theme, size, tab, card or window."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.pages import DESK, PHONE, Visit, opened

pytestmark = pytest.mark.browser
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

TABS = ("progress", "whatif", "land", "floor", "parcels", "about")
SETTINGS = ("zh-light-desk", "en-dark-phone")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
OPEN_ALL = "document.querySelectorAll('details').forEach(node => { node.open = true })"


@pytest.fixture(scope="module")
def file(town_file: Path) -> Path:
    return town_file


def in_setting(browser: Any, file: Path, setting: str) -> Any:
    language, theme, size = setting.split("-")
    return opened(
        browser,
        file,
        at=f"#lang={language}&theme={theme}",
        size=DESK if size == "desk" else PHONE,
        reduced_motion="reduce",
    )


@pytest.fixture(scope="module", params=SETTINGS)
def visit(request: Any, browser: Any, file: Path) -> Iterator[Visit]:
    with in_setting(browser, file, request.param) as seen:
        yield seen


def violations(visit: Visit, within: str | None = None) -> list[str]:
    found = axe.Axe().run(visit.page, context=within, options=RULES).response["violations"]
    return [
        f"{item['id']}: {node['target']} {node['failureSummary']}"
        for item in found
        for node in item["nodes"][:4]
    ]


def test_the_page_and_every_tab_are_clean(visit: Visit) -> None:
    assert violations(visit) == []
    for tab in TABS:
        visit.tab(tab)
        visit.page.evaluate(OPEN_ALL)
        if tab == "parcels":
            visit.page.wait_for_selector(".lr-list tbody tr")
        assert violations(visit, f"#landready-page-{tab}") == [], tab


def test_card_and_search_are_clean(visit: Visit) -> None:
    visit.find("A04")
    assert violations(visit, "#landready-field") == []
    visit.page.keyboard.press("Escape")
    visit.page.fill(".lr-find input", "B1")
    visit.page.wait_for_selector(".lr-found [role=option]")
    visit.page.press(".lr-find input", "ArrowDown")
    assert violations(visit, ".lr-find") == []
    visit.page.press(".lr-find input", "Escape")


def test_a_table_in_its_window_is_clean(visit: Visit) -> None:
    visit.tab("floor")
    visit.page.locator("[data-table=floor] .lr-table-tools button").first.click()
    assert visit.page.locator("dialog[open] tbody tr").count() > 1
    assert violations(visit) == []
    visit.page.keyboard.press("Escape")
    visit.until("!document.querySelector('dialog')")
    assert visit.complaints == []


@pytest.mark.parametrize("setting", ["en-light-desk", "zh-dark-phone"])
def test_the_tables_of_qingxi_are_clean(browser: Any, qingxi_file: Path, setting: str) -> None:
    with in_setting(browser, qingxi_file, setting) as seen:
        for tab in ("land", "claims"):
            seen.tab(tab)
            assert violations(seen, f"#landready-page-{tab}") == [], tab
