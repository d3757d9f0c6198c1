"""The page as a reader meets it: opened from a file, without a network, in Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import geo
from geo.webmap.atlas import atlas_of
from geo.webmap.page import LandMap
from geo.webmap.payload import page_payload
from tests.browser.pages import DESK, PHONE, Visit, opened

pytestmark = pytest.mark.browser

TABS = ("progress", "whatif", "land", "floor", "parcels", "about")
WIDTH = "document.documentElement.scrollWidth"


@pytest.fixture(scope="module")
def study(town_study: geo.Study) -> geo.Study:
    return town_study


@pytest.fixture(scope="module")
def file(town_file: Path) -> Path:
    return town_file


@pytest.fixture(scope="module")
def visit(browser: Any, file: Path) -> Iterator[Visit]:
    """One page for every test that leaves it as it found it."""
    with opened(browser, file) as seen:
        yield seen
        assert (seen.complaints, seen.dialogs, seen.asked_outside) == ([], [], [])


def test_it_asks_for_nothing_but_itself(visit: Visit) -> None:
    assert visit.requests == [visit.address]


def test_the_language_changes_every_text_and_stays_in_the_address(
    browser: Any, file: Path, visit: Visit
) -> None:
    page = visit.page
    assert page.title() == page.inner_text("h1") == "试验镇（示意范围）"
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.click("button.lr-language")
    assert page.title() == page.inner_text("h1") == "Test town (illustrative)"
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.url.endswith("#lang=en")
    names = "[...document.querySelectorAll('#landready-key span')].map(node => node.textContent)"
    assert not any("\u4e00" <= sign <= "\u9fff" for name in page.evaluate(names) for sign in name)
    with opened(browser, file, at="#lang=en") as again:
        assert again.page.title() == "Test town (illustrative)"
    page.click("button.lr-language")


def test_what_is_wrong_in_an_address_is_let_be(browser: Any, file: Path) -> None:
    odd = "#lang=xx&tab=../&theme=<b>&layers=all&only=99&selected=parcel+none&date=never&page=1"
    with opened(browser, file, at=odd) as seen:
        assert seen.page.title() == "试验镇（示意范围）"
        assert seen.page.is_visible("#landready-page-progress")
        assert not seen.page.is_visible("#landready-card h2")
        assert seen.complaints == []


@pytest.mark.parametrize("text", ["toString", "constructor", "__proto__"])
def test_what_every_object_has_is_no_language(browser: Any, file: Path, text: str) -> None:
    with opened(browser, file, at=f"#lang={text}&colour={text}&tab={text}") as seen:
        assert seen.page.title() == "试验镇（示意范围）"
        assert seen.complaints == []


def test_a_link_pasted_into_the_open_page_is_followed(browser: Any, file: Path) -> None:
    with opened(browser, file) as seen:
        seen.page.goto(f"{seen.address}#lang=en&tab=land")
        seen.page.wait_for_selector("html[lang=en] #landready-page-land:not([hidden])")
        assert seen.complaints == []


def test_on_a_low_screen_the_time_bar_is_whole_under_the_map(browser: Any, file: Path) -> None:
    size = {"width": 720, "height": 450}
    with opened(browser, file, size=size, at="#date=2023-06-30") as seen:
        field, bar = (
            seen.page.locator(f"#landready-{part}").bounding_box() for part in ("field", "time")
        )
        assert bar["y"] >= field["y"] + field["height"]
        assert bar["y"] + bar["height"] <= size["height"]


def test_an_address_keeps_all_that_is_chosen(browser: Any, file: Path) -> None:
    with opened(browser, file) as seen:
        page = seen.page
        page.click("button.lr-language")
        page.click(".lr-icon[title^=Theme]")
        seen.tab("land")
        page.uncheck("[data-layer=zones]")
        page.locator(".lr-stage", has_text="signed").click()
        seen.find("A07")
        address = page.url
    with opened(browser, file, at=f"#{address.partition('#')[2]}") as again:
        page = again.page
        assert page.is_visible("#landready-page-land")
        assert page.get_attribute("html", "data-theme") == "light"
        assert not page.is_checked("[data-layer=zones]")
        assert page.locator(".lr-stage[aria-pressed=true]").inner_text().split()[1] == "signed"
        assert page.wait_for_selector("#landready-card h2").inner_text().startswith("A07")
        assert again.complaints == []


def test_dark_and_light_follow_the_system_until_chosen(browser: Any, file: Path) -> None:
    ground = "getComputedStyle(document.querySelector('.folium-map')).backgroundColor"
    light, dark = "rgb(238, 241, 240)", "rgb(43, 51, 58)"
    with opened(browser, file, color_scheme="dark") as seen:
        assert seen.page.evaluate(ground) == dark
        seen.page.emulate_media(color_scheme="light")
        seen.until(f"{ground} === '{light}'")
        choice = seen.page.locator(".lr-icon[title^=外观]")
        for wanted in (light, dark, light):  # light, dark, and again as the system is
            choice.click()
            assert seen.page.evaluate(ground) == wanted
        assert "theme" not in seen.page.url


def test_tabs_are_tabs(visit: Visit) -> None:
    page = visit.page
    tabs = page.locator("[role=tab]:visible")
    names = tabs.evaluate_all("tabs => tabs.map(tab => tab.id.split('-').at(-1))")
    assert tuple(names) == TABS
    page.focus("#landready-tab-progress")
    for name in (*TABS[1:], TABS[0]):  # round and round
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.id") == f"landready-tab-{name}"
        assert page.get_attribute(f"#landready-tab-{name}", "aria-selected") == "true"
        assert (
            page.locator("[role=tabpanel]:visible").get_attribute("id") == f"landready-page-{name}"
        )
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.id") == "landready-tab-about"
    page.keyboard.press("Home")
    assert page.is_visible("#landready-page-progress")


def test_the_goals_stand_on_cards(visit: Visit, study: geo.Study) -> None:
    """Fifteen were cleared, A04 fell back, two lack evidence: 12 parcels of 15 mu count."""
    now = study.progress[study.progress["date"] == study.plan.as_of]
    assert now["counted_mu"].tolist() == [180, 180]
    cards = visit.page.locator(".lr-goal")
    assert cards.count() == 2
    text = " ".join(cards.first.inner_text().split())
    for part in ("整备三百亩", "黄灯", "180.00", "/ 300 亩", "截止 2025-12-31", "120.00", "60.0%"):
        assert part in text
    assert cards.first.locator(".lr-light i").count() == 1  # a shape beside the word


def test_notices_stand_above_everything(visit: Visit) -> None:
    panel = visit.page.locator("#landready-panel")
    assert panel.locator("li").first.inner_text() == "示意范围"
    assert "不得作为权属" in panel.locator(".lr-notices").inner_text()


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_table_is_wider_than_its_room(
    browser: Any, file: Path, language: str, size: str
) -> None:
    small = {"size": PHONE, "has_touch": True, "is_mobile": True} if size == "phone" else {}
    wide = "[...document.querySelectorAll('.lr-fit')].filter(n => n.scrollWidth > n.clientWidth)"
    with opened(browser, file, at=f"#lang={language}", **small) as seen:
        page = seen.page
        for tab in TABS:
            seen.tab(tab)
            page.evaluate("document.querySelectorAll('details').forEach(node => node.open = true)")
            page.wait_for_timeout(60)
            assert page.evaluate(f"{wide}.map(node => node.parentNode.dataset.table)") == []
            assert page.evaluate(WIDTH) == page.viewport_size["width"]
        assert seen.complaints == []


def test_a_head_does_not_break_after_every_sign(visit: Visit) -> None:
    visit.tab("land")
    visit.page.evaluate("document.querySelectorAll('details').forEach(node => node.open = true)")
    visit.page.wait_for_timeout(60)
    narrow = """() => [...document.querySelectorAll('.lr-page:not([hidden]) th span')]
      .filter(node => node.textContent.length > 3 && node.clientWidth < 30)
      .map(node => node.textContent)"""
    assert visit.page.evaluate(narrow) == []
    visit.tab("progress")


def test_tables_are_tables(visit: Visit) -> None:
    visit.tab("land")
    visit.page.evaluate("document.querySelector('[data-table=tiers]').open = true")
    table = visit.page.locator("[data-table=tiers] table")
    table.wait_for()
    assert table.locator("caption").text_content() == "连片档次"
    assert table.locator("thead th[scope=col]").count() == 4
    assert table.locator("tbody th[scope=row]").all_inner_texts() == ["30", "300"]
    visit.tab("progress")


def test_a_table_opens_large_and_esc_gives_the_focus_back(visit: Visit) -> None:
    page = visit.page
    visit.tab("floor")
    opener = page.locator("[data-table=floor] .lr-table-tools button").first
    opener.press("Enter")
    window = page.locator("dialog[open]")
    assert window.locator("caption").text_content() == window.locator("h2").text_content()
    assert window.locator("tbody tr").count() == 6  # two scenarios for the town and two zones
    page.keyboard.press("Escape")
    visit.until("!document.querySelector('dialog')")
    assert opener.evaluate("node => node === document.activeElement")
    visit.tab("progress")


def test_the_panel_can_be_made_wider_and_folded_away(browser: Any, file: Path) -> None:
    width = "document.querySelector('#landready-panel').getBoundingClientRect().width"
    with opened(browser, file) as seen:
        page, usual = seen.page, seen.page.evaluate(width)
        page.focus("[role=separator]")
        page.keyboard.press("ArrowLeft")
        assert page.evaluate(width) == pytest.approx(usual + 40, abs=1)
        page.keyboard.press("Enter")
        assert page.evaluate(width) == 0
        seen.until("document.querySelector('.folium-map').clientWidth > 1400")
        page.keyboard.press("Enter")
        assert page.evaluate(width) == 500
        assert seen.complaints == []


def test_the_first_key_leads_past_the_map(browser: Any, file: Path) -> None:
    with opened(browser, file) as seen:
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.textContent") == "跳到数据"
        seen.page.keyboard.press("Enter")
        assert seen.page.evaluate("document.activeElement.id") == "landready-panel"
        assert "landready-panel" not in seen.page.url


def test_text_twice_as_large_needs_no_sideways_scroll(browser: Any, file: Path) -> None:
    with opened(browser, file, size={"width": 720, "height": 450}, device_scale_factor=2) as seen:
        for tab in TABS:
            seen.tab(tab)
            assert seen.page.evaluate(WIDTH) == 720


def test_words_of_the_page_can_be_replaced(browser: Any, study: geo.Study, tmp_path: Path) -> None:
    payload = page_payload(study)
    payload["texts"] = {"blocks": {"zh": "成片", "en": "Tracts"}}
    path = tmp_path / "page.html"
    LandMap(payload, atlas_of(study)).save(path)
    with opened(browser, path) as seen:
        assert seen.page.locator(".lr-layers label").nth(2).inner_text() == "成片"


def test_a_script_that_is_not_of_the_page_does_not_run(browser: Any, file: Path) -> None:
    with opened(browser, file) as seen:
        seen.page.evaluate(
            """() => {
              const script = document.createElement('script');
              script.textContent = 'window.intruder = true';
              document.body.append(script);
            }"""
        )
        assert seen.page.evaluate("window.intruder") is None
        assert "Content Security Policy" in seen.complaints[0]


def test_it_works_in_the_frame_of_a_notebook(
    browser: Any, study: geo.Study, file: Path, tmp_path: Path
) -> None:
    notebook = tmp_path / "notebook.html"
    notebook.write_text(study.map()._repr_html_(), "utf-8")
    with opened(browser, file) as seen:
        seen.page.goto(notebook.as_uri())
        frame = seen.page.frame_locator("iframe")
        frame.locator("html[data-ready]").wait_for(state="attached")
        frame.locator("button.lr-language").click()
        assert frame.locator("h1").inner_text() == "Test town (illustrative)"
        frame.locator("#landready-tab-land").click()
        frame.locator("[data-table=balance]").wait_for()
        assert seen.complaints == []


def test_the_script_leaves_no_global_name(visit: Visit) -> None:
    names = visit.page.evaluate("Object.keys(window)")
    assert {"start", "WORDS", "drawing", "panel"}.isdisjoint(names)


LAND = """() => {
  const map = window[document.querySelector(".folium-map").id];
  const { bounds } = JSON.parse(document.getElementById("landready-data").textContent);
  const [low, high] = bounds.map((corner) => map.latLngToContainerPoint(corner));
  return { left: low.x, bottom: low.y, right: high.x, top: high.y,
    width: map.getSize().x, height: map.getSize().y };
}"""


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_land_fills_the_room_that_the_page_leaves_it(
    browser: Any, file: Path, size: dict[str, int]
) -> None:
    """To a few px in one direction, beside the legend or below the tools, and none of it is cut."""
    with opened(browser, file, size=size) as seen:
        key = "document.querySelector('#landready-key').offsetWidth"
        left = seen.page.evaluate(key) if size is DESK else 0
        tools = seen.page.evaluate(
            "document.querySelector('#landready-tools').getBoundingClientRect().bottom"
            " - document.querySelector('.folium-map').getBoundingClientRect().top"
        )
        top = tools if size is PHONE else 0
        land = seen.page.evaluate(LAND)
        assert left < land["left"] < land["right"] < land["width"]
        assert top < land["top"] < land["bottom"] < land["height"]
        spare = land["width"] - left - (land["right"] - land["left"])
        high = land["height"] - top - (land["bottom"] - land["top"])
        assert min(spare, high) < 80
