"""The page of findings as a reader meets it: opened from a file, without a network."""

from pathlib import Path
from typing import Any

import pytest

from tests.test_gate_reports import SCRIPT, hostile, written

__all__ = ["hostile"]  # a fixture

pytestmark = pytest.mark.browser
SIZES = {"desk": (1280, 800), "phone": (390, 844)}


@pytest.mark.parametrize("size", SIZES)
def test_the_page_opens_anywhere_and_asks_for_nothing(
    browser: Any, size: str, hostile: Path
) -> None:
    width, height = SIZES[size]
    files = written(hostile)
    page = browser.new_page(viewport={"width": width, "height": height})
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(files["html"].as_uri())
    assert page.title() == "检查结果 · Findings"  # the script of an id did not run
    assert (said, asked) == ([], [files["html"].as_uri()])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_text(SCRIPT).first.is_visible()
    page.get_by_label("English").check()
    assert page.get_by_role("heading", name="Findings").is_visible()
    page.locator("#show-warning").uncheck()
    assert page.locator("tr.warning").first.is_hidden()
    page.close()
