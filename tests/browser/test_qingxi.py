"""The shipped example as people open it: the page of layers/qingxi in Chromium, offline."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import geo
from geo.tables import sheets
from geo.units import M2_PER_MU, shown
from geo.writers.pages import worded

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def study() -> geo.Study:
    return geo.run(geo.read_plan(ROOT / "layers/qingxi/plan.toml"))


@pytest.fixture(scope="module")
def qingxi(
    browser: Any, study: geo.Study, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """The page at desktop size; what it asks for and complains of stands in ``heard``."""
    path = tmp_path_factory.mktemp("page") / "index.html"
    study.map().save(path)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    page = context.new_page()
    page.heard = []
    page.on("console", lambda message: page.heard.append(message.text))
    page.on("pageerror", lambda error: page.heard.append(str(error)))
    page.on("request", lambda request: page.heard.append(request.url))
    page.goto(f"{path.as_uri()}#lang=en")
    page.wait_for_selector("#landready-panel table")
    yield page
    context.close()


def test_nothing_is_asked_of_the_network_and_nothing_complains(qingxi: Any) -> None:
    assert [entry.split("#")[0][-10:] for entry in qingxi.heard] == ["index.html"]


def test_the_title_says_that_the_land_is_drawn(qingxi: Any) -> None:
    assert qingxi.title() == "Qingxi industrial land readiness (illustrative)"
    qingxi.click("#landready-head button")
    assert qingxi.title() == "清溪现代化产业园区土地整备（示意范围）"
    qingxi.click("#landready-head button")


def test_the_goals_on_the_page_are_those_of_the_study(qingxi: Any, study: geo.Study) -> None:
    table = qingxi.locator("#landready-panel table").first
    shown_mu = table.locator("tbody tr td:nth-child(4)").all_inner_texts()
    now = study.progress[study.progress["date"] == study.plan.as_of]
    assert shown_mu == [shown(mu, 2, grouped=True) for mu in now["counted_mu"]]


def test_search_and_enter_open_the_card_of_yuanrui(qingxi: Any) -> None:
    qingxi.fill("#landready-panel input[type=search]", "元瑞")
    qingxi.keyboard.press("Enter")
    card = qingxi.locator("#landready-card")
    assert "元瑞电子科技产业园" in card.inner_text()
    for figure in ("39.18", "0.49", "3.50", "12,800"):
        assert figure in card.inner_text()


def test_why_100_000_was_published_is_told_whole(qingxi: Any) -> None:
    qingxi.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true })")
    panel = qingxi.locator("#landready-panel").inner_text()
    assert "91,428.57" in panel
    assert "26,122 m² × 3.5 = 91,429 m²" in panel
    assert "9.4 %" in panel


@pytest.mark.parametrize("name", ["balance", "reach", "comparison", "economics", "claims"])
def test_figures_on_the_page_equal_those_of_the_tables(
    qingxi: Any, study: geo.Study, name: str
) -> None:
    sheet = next(sheet for sheet in sheets(study) if sheet.id == name)
    section = qingxi.locator(f"[data-table={name}]")
    assert section.locator("summary").text_content() == sheet.title.en
    rows = section.locator("tbody tr:not(.lr-note-row)")
    short = [at for at, item in enumerate(sheet.fields) if item.kind != "note"]
    read = [[row[at] for at in short] for row in worded(sheet)]
    said = "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    assert rows.evaluate_all(said) == [[text.en or "—" for text in row] for row in read]


def test_the_balance_on_the_page_closes_to_4545_mu(qingxi: Any) -> None:
    cells = qingxi.locator("[data-table=balance] tbody tr td:nth-child(2)").all_text_contents()
    gross, *parts = (float(text.replace(",", "")) for text in cells)
    assert gross == 4545
    assert sum(parts) == pytest.approx(gross, abs=0.005 * len(parts))


def test_land_that_is_lost_can_be_shown_by_kind(qingxi: Any, study: geo.Study) -> None:
    qingxi.check("[data-layer=lost]")
    signs = qingxi.locator("#landready-lost li").all_inner_texts()
    hard = study.lost.loc[study.lost["kind"] == "hard", "area_m2"].sum() / M2_PER_MU
    assert signs[0] == f"hard {shown(hard, 2)} mu"
    assert len(signs) == study.lost["kind"].nunique() == 5
    qingxi.uncheck("[data-layer=lost]")


def test_with_everything_open_the_page_itself_does_not_scroll(qingxi: Any) -> None:
    qingxi.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true })")
    height = qingxi.evaluate("document.scrollingElement.scrollHeight")
    assert height == 900


def test_no_owner_is_in_the_page(qingxi: Any) -> None:
    assert "示例业主" not in qingxi.content()
