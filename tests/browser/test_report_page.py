"""The page of a report as a reader meets it: at a desk, on a phone, in the dark, on paper."""

import re
from pathlib import Path
from typing import Any

import pytest

from geo.reports import Report, write_report
from tests.test_reports import FORMULA, SCRIPT, hostile

__all__ = ["hostile"]  # a fixture

pytestmark = pytest.mark.browser
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def file(hostile: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(hostile, path)
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_page_opens_anywhere_and_asks_for_nothing(
    browser: Any, size: str, scheme: str, file: Path
) -> None:
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert page.title() == "月协调 · Test · 2024-12"  # no script of an entry ran
    assert page.get_by_text(SCRIPT).first.is_visible()
    assert page.get_by_text(FORMULA).first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("th[scope=row]").count() > 10
    assert page.locator("td.unknown").first.is_visible() is (size == "desk")  # no cards of dashes
    paper = page.evaluate("getComputedStyle(document.querySelector('thead th')).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") is (scheme == "light")

    page.get_by_role("link", name="需协调").click()
    assert page.url.endswith("#decisions")
    page.get_by_label("English").check()
    assert page.get_by_role("heading", name="For decision").is_visible()
    assert page.get_by_role("heading", name="需协调事项").is_hidden()
    assert page.get_by_text("Internal: it names people").last.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (said, {url.partition("#")[0] for url in asked}) == ([], {file.as_uri()})
    page.close()


def test_the_page_prints_on_a4(browser: Any, file: Path) -> None:
    """Landscape, with nothing cut off at its 273 mm, and without the switch of languages."""
    page = browser.new_page(viewport={"width": 1032, "height": 700})
    page.goto(file.as_uri())
    page.emulate_media(media="print")
    assert page.get_by_label("English").is_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1032
    wide = "[...document.querySelectorAll('table')].filter(t => t.scrollWidth > 1032).length"
    assert page.evaluate(wide) == 0
    sheets = re.findall(
        rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", page.pdf(prefer_css_page_size=True)
    )
    assert sheets
    for width, height in sheets:
        assert (float(width), float(height)) == pytest.approx((841.9, 595.3), abs=1)
    page.close()
