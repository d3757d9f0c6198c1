"""What a reader asks of the map: a press, a search, the legend, and the list of everything."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import geo
from geo.earth.crs import transform
from geo.webmap.payload import WGS84
from tests.browser.pages import PHONE, Visit, opened

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def study(town_study: geo.Study) -> geo.Study:
    return town_study


@pytest.fixture(scope="module")
def file(town_file: Path) -> Path:
    return town_file


@pytest.fixture(scope="module")
def visit(browser: Any, file: Path) -> Iterator[Visit]:
    with opened(browser, file, reduced_motion="reduce") as seen:
        yield seen
        assert (seen.complaints, seen.asked_outside) == ([], [])


@pytest.fixture(autouse=True)
def tidy(visit: Visit) -> Iterator[None]:
    yield
    visit.page.keyboard.press("Escape")
    visit.tab("progress")


def place(visit: Visit, study: geo.Study, parcel_id: str) -> tuple[float, float]:
    """Where on the screen a parcel lies."""
    shape = study.parcels.set_index("parcel_id").geometry[parcel_id]
    (at,) = transform([shape.centroid], study.land.crs, WGS84)
    script = """([lat, lng]) => {
      const box = document.querySelector('.folium-map');
      const at = window[box.id].latLngToContainerPoint([lat, lng]);
      const frame = box.getBoundingClientRect();
      return [frame.x + at.x, frame.y + at.y];
    }"""
    return tuple(visit.page.evaluate(script, [at.y, at.x]))


def lines(visit: Visit) -> dict[str, str]:
    rows = visit.page.locator("#landready-card > dl > div").all_inner_texts()
    return dict(row.split("\n", 1) for row in rows)


def test_a_press_on_a_parcel_opens_its_card(visit: Visit, study: geo.Study) -> None:
    visit.page.mouse.click(*place(visit, study, "A01"))
    card = visit.page.locator("#landready-card")
    assert visit.page.wait_for_selector("#landready-card h2").inner_text() == "A01 元瑞"
    assert card.get_attribute("aria-live") == "polite"
    told = lines(visit)
    assert told["片区"] == "西片"
    assert told["毛面积（亩）"] == told["净用地（亩）"] == "15.00"
    assert (told["现状容积率"], told["规划容积率"]) == ("0.50", "2.00")
    assert told["计入用地上的现状建筑（平方米）"] == "5,000"
    visit.page.click("button.lr-language")
    assert lines(visit)["Zone"] == "West 西片"
    visit.page.click("button.lr-language")
    visit.page.keyboard.press("Escape")
    assert card.locator("h2").count() == 0


def test_what_is_not_known_is_not_a_number(visit: Visit) -> None:
    visit.find("A02")
    told = lines(visit)
    assert (told["现状容积率"], told["计入用地上的现状建筑（平方米）"]) == ("—", "—")


def test_the_history_begins_with_the_newest(visit: Visit) -> None:
    """A04 climbed to cleared by 2024-04-15 and fell back to signed in November."""
    visit.find("A04")
    rows = visit.page.locator(".lr-history li").all_inner_texts()
    told = [" ".join(row.split()) for row in rows]
    assert told == [
        "2024-11-01 退回 1 signed 协议 日报",
        "2024-04-15 到达 3 cleared 协议 日报",
        "2023-04-15 到达 2 demolished 协议 日报",
        "2022-04-15 到达 1 signed 协议 日报",
        "2021-04-15 到达 0 survey 协议 日报",
    ]


def test_a_stage_without_evidence_is_said_to_be_self_reported(visit: Visit) -> None:
    visit.find("A07")
    chips = visit.page.locator("#landready-card .lr-chips").inner_text()
    assert "自报，无凭证" in chips
    assert "自报" in visit.page.locator(".lr-history li").first.inner_text()


def test_a_block_leads_to_its_bridge_parcels(visit: Visit) -> None:
    """B1 is made of four cleared parcels; without B14 or B18 it falls apart."""
    visit.find("B1 ")
    assert visit.page.inner_text("#landready-card h2") == "B1 · 60.00 亩"
    assert "4 个地块" in visit.page.inner_text("#landready-card ul")
    visit.page.click("#landready-card .lr-links button >> nth=0")
    visit.until("document.querySelector('.lr-card h2').innerText.startsWith('B14')")
    chips = visit.page.locator("#landready-card .lr-chips").inner_text()
    assert "连接地块：B1" in chips


def test_search_is_a_list_that_keys_walk_through(visit: Visit) -> None:
    field = visit.page.locator(".lr-find input")
    field.fill("ａ0")  # full width, lower case
    visit.page.wait_for_selector(".lr-found [role=option]")
    assert field.get_attribute("aria-expanded") == "true"
    assert visit.page.locator(".lr-found li").count() >= 8
    field.press("ArrowDown")
    field.press("ArrowDown")
    marked = visit.page.locator(".lr-found [aria-selected=true]")
    assert field.get_attribute("aria-activedescendant") == marked.get_attribute("id")
    wanted = marked.inner_text()
    field.press("Enter")
    assert visit.page.wait_for_selector("#landready-card h2").inner_text() == wanted
    assert field.get_attribute("aria-expanded") == "false"
    field.fill("no such land")
    assert visit.page.wait_for_selector(".lr-found li").inner_text() == "没有相符的"
    field.press("Escape")
    assert visit.page.locator(".lr-found li").count() == 0
    field.fill("")


def test_search_gives_codes_in_order_and_escape_there_closes_the_card(visit: Visit) -> None:
    visit.find("B07")
    visit.page.fill(".lr-find input", "A0")
    visit.until("document.querySelector('.lr-found li')?.innerText.startsWith('A01')")
    codes = [line[:3] for line in visit.page.locator(".lr-found li").all_inner_texts()]
    assert codes == [f"A{at:02d}" for at in range(1, 9)]
    visit.page.press(".lr-find input", "Escape")
    assert visit.page.locator("#landready-card h2").count() == 1
    visit.page.press(".lr-find input", "Escape")
    assert visit.page.locator("#landready-card h2").count() == 0


def test_a_zone_is_gone_to_by_name(visit: Visit) -> None:
    visit.page.fill(".lr-find input", "东片")
    visit.page.wait_for_selector(".lr-found [role=option]")
    visit.page.press(".lr-find input", "Enter")
    at = "window[document.querySelector('.folium-map').id].getCenter().lng"
    visit.until(f"{at} > 114.161")
    visit.page.fill(".lr-find input", "")
    visit.page.click(".lr-tools button >> nth=2")


def test_the_legend_names_colour_number_and_what_there_is(visit: Visit) -> None:
    """Fifteen parcels of 15 mu are at each rung; then A04 fell from the last to the second."""
    rows = visit.page.locator(".lr-stages li").all_inner_texts()
    assert [" ".join(row.split()) for row in rows] == [
        "3 cleared 14 · 210.00",
        "3 级起计入整备",
        "2 demolished 15 · 225.00",
        "1 signed 16 · 240.00",
        "0 survey 15 · 225.00",
    ]


def test_a_stage_of_the_legend_can_be_singled_out(visit: Visit) -> None:
    row = visit.page.locator(".lr-stage", has_text="signed")
    row.click()
    assert row.get_attribute("aria-pressed") == "true"
    visit.tab("parcels")
    visit.until("document.querySelectorAll('.lr-list tbody tr').length === 16")
    row.click()
    visit.until("document.querySelectorAll('.lr-list tbody tr').length === 50")
    assert row.get_attribute("aria-pressed") == "false"


def test_land_that_is_lost_has_its_signs_where_it_is_drawn(visit: Visit) -> None:
    assert not visit.page.is_visible("#landready-lost")
    visit.page.check("[data-layer=lost]")
    assert visit.page.is_visible("#landready-lost")
    visit.page.uncheck("[data-layer=lost]")
    assert not visit.page.is_visible("#landready-lost")


def test_everything_on_the_map_is_in_the_list(visit: Visit, study: geo.Study) -> None:
    page = visit.page
    visit.tab("parcels")
    page.wait_for_selector(".lr-list tbody tr")
    first = "[...document.querySelectorAll('.lr-list tbody th')].map(cell => cell.innerText)"
    seen = page.evaluate(first)
    assert (seen[0], len(seen)) == ("A01 元瑞", 50)
    page.click(".lr-pager button >> nth=1")
    visit.until("document.querySelectorAll('.lr-list tbody tr').length === 10")
    assert page.inner_text(".lr-pager span") == "51–60 / 60"
    seen += page.evaluate(first)
    assert [label.split()[0] for label in seen] == study.parcels["parcel_id"].tolist()
    page.fill(".lr-filter", "重河")
    visit.until("document.querySelectorAll('.lr-list tbody tr').length === 6")
    page.fill(".lr-filter", "")


def test_the_list_is_sorted_by_its_heads(visit: Visit) -> None:
    page = visit.page
    visit.tab("parcels")
    page.wait_for_selector(".lr-list tbody tr")
    for order, rung in (("ascending", "0"), ("descending", "3")):
        page.press("[data-sort=stage]", "Enter")
        page.wait_for_selector(f"th[aria-sort={order}] [data-sort=stage]:focus")
        assert page.inner_text(".lr-list tbody tr:first-child .lr-swatch") == rung
    page.click("[data-sort=id]")


def test_a_row_of_the_list_opens_the_card(visit: Visit) -> None:
    visit.tab("parcels")
    visit.page.wait_for_selector(".lr-list tbody tr")
    visit.page.press(".lr-list tbody tr:nth-child(3) button", "Enter")
    assert visit.page.wait_for_selector("#landready-card h2").inner_text() == "A03 青峰"
    for kind, count in (("连片", 5), ("片区", 2), ("地块", 50)):
        visit.page.click(f".lr-kinds button:text-is('{kind}')")
        visit.until(f"document.querySelectorAll('.lr-list tbody tr').length === {count}")


def test_on_a_phone_the_card_is_a_sheet_over_everything(
    browser: Any, file: Path, study: geo.Study
) -> None:
    with opened(browser, file, size=PHONE, has_touch=True, is_mobile=True) as seen:
        seen.page.touchscreen.tap(*place(seen, study, "A08"))
        card = seen.page.locator("#landready-card")
        card.locator("h2").wait_for()
        box = card.bounding_box()
        assert (box["x"], box["width"], box["y"] + box["height"]) == (0, 390, 844)
        on_top = "document.elementFromPoint(195, 840).closest('.lr-card') !== null"
        assert seen.page.evaluate(on_top)
        close = card.locator(".lr-close").bounding_box()
        assert min(close["width"], close["height"]) >= 44
        card.locator(".lr-close").tap()
        assert card.locator("h2").count() == 0
        assert seen.complaints == []
