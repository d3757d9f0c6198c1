"""The shipped example as people open it: the page of layers/qingxi in Chromium, offline."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import geo
from geo.tables import sheets
from geo.units import M2_PER_MU, shown
from geo.writers.pages import worded
from tests.browser.pages import Visit, opened

pytestmark = pytest.mark.browser

MOST_BYTES = 150_000


@pytest.fixture(scope="module")
def study(qingxi: geo.Study) -> geo.Study:
    return qingxi


@pytest.fixture(scope="module")
def file(qingxi_file: Path) -> Path:
    return qingxi_file


@pytest.fixture(scope="module")
def visit(browser: Any, file: Path) -> Iterator[Visit]:
    with opened(browser, file, at="#lang=en", reduced_motion="reduce") as seen:
        yield seen
        assert (seen.complaints, seen.asked_outside) == ([], [])


@pytest.fixture
def page(visit: Visit) -> Any:
    return visit.page


def test_it_is_small_enough_to_be_sent(file: Path) -> None:
    assert len(gzip.compress(file.read_bytes(), 9)) <= MOST_BYTES


def test_the_title_says_that_the_land_is_drawn(page: Any) -> None:
    assert page.title() == "Qingxi industrial land readiness (illustrative)"
    page.click("button.lr-language")
    assert page.title() == "清溪现代化产业园区土地整备（示意范围）"
    page.click("button.lr-language")


def test_the_goals_on_the_page_are_those_of_the_study(page: Any, study: geo.Study) -> None:
    now = study.progress[study.progress["date"] == study.plan.as_of]
    sums = page.locator(".lr-goal-sum b").all_inner_texts()
    assert sums == [shown(mu, 2, grouped=True) for mu in now["counted_mu"]]
    lights = page.locator(".lr-goal .lr-light").all_inner_texts()
    assert [light.lower() for light in lights] == now["light"].tolist()


def test_search_and_enter_open_the_card_of_yuanrui(visit: Visit) -> None:
    visit.find("元瑞")
    card = visit.page.inner_text("#landready-card")
    assert "元瑞电子科技产业园" in card
    for figure in ("39.18", "0.49", "3.50", "12,800"):
        assert figure in card
    visit.page.keyboard.press("Escape")


def test_what_a_parcel_loses_is_told_by_reason(visit: Visit, study: geo.Study) -> None:
    """The parcel with most reasons: their mu are gross less net."""
    losing = study.lost.groupby("parcel_id").size().idxmax()
    visit.find(str(losing))
    rows = visit.page.locator(".lr-losses li").all_inner_texts()
    lost = [float(row.split("\n")[1]) for row in rows]
    lines = visit.page.locator("#landready-card > dl > div").all_inner_texts()
    told = dict(line.split("\n", 1) for line in lines)
    gross, net = (float(told[key]) for key in ("Gross land (mu)", "Net land (mu)"))
    assert len(lost) == (study.lost["parcel_id"] == losing).sum() > 1
    assert sum(lost) == pytest.approx(gross - net, abs=0.005 * (len(lost) + 2))
    visit.page.keyboard.press("Escape")


def test_a_former_parcel_tells_what_became_of_it(visit: Visit) -> None:
    visit.find("LM-B27")
    assert "Former parcel" in visit.page.inner_text("#landready-card .lr-chips")
    assert "LM-B27, LM-B28 → LM-B12" in visit.page.inner_text("#landready-card")
    visit.page.keyboard.press("Escape")


def test_why_100_000_was_published_is_told_whole(visit: Visit) -> None:
    visit.tab("claims")
    visit.page.click("[data-table=claims] .lr-more")
    told = visit.page.inner_text("[data-table=claims]")
    assert "91,428.57" in told
    assert "26,122 m² × 3.5 = 91,429 m²" in told
    assert "9.4 %" in told


SHOWN = ("zones", "balance", "reach", "blocks", "comparison", "floor", "tiers", "claims")


@pytest.mark.parametrize("name", SHOWN)
def test_figures_on_the_page_equal_those_of_the_tables(
    visit: Visit, study: geo.Study, name: str
) -> None:
    """In the window in which a table is whole."""
    sheet = next(sheet for sheet in sheets(study) if sheet.id == name)
    tab = visit.page.evaluate(TAB_OF, name)
    visit.tab(tab)
    section = visit.page.locator(f"[data-table={name}]")
    assert section.locator("summary").text_content() == sheet.title.en
    section.evaluate("node => { node.open = true }")
    section.locator(".lr-table-tools button").first.click()
    window = visit.page.locator("dialog[open]")
    short = [at for at, item in enumerate(sheet.fields) if item.kind != "note"]
    heads = window.locator("thead th").all_text_contents()
    assert heads == [sheet.fields[at].en for at in short]
    said = "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    rows = window.locator("tbody tr:not(.lr-note-row)").evaluate_all(said)
    read = [[row[at].en or "—" for at in short] for row in worded(sheet)]
    assert rows == read
    visit.page.keyboard.press("Escape")


TAB_OF = """name => JSON.parse(document.getElementById("landready-data").textContent)
  .tables.find(({ id }) => id === name).tab"""


def test_the_balance_closes_to_4545_mu_and_its_bars_to_their_length(visit: Visit) -> None:
    visit.tab("land")
    assert "4,545.00 mu gross" in visit.page.inner_text(".lr-stack-top >> nth=0")
    widths = """() => [...document.querySelectorAll('.lr-stack')].map(bar => [
      bar.clientWidth, [...bar.children].reduce((sum, piece) => sum + piece.offsetWidth, 0)])"""
    for whole, summed in visit.page.evaluate(widths):
        assert summed == pytest.approx(whole, abs=8)  # thirteen pieces, in whole px


def test_land_that_is_lost_can_be_shown_by_kind(page: Any, study: geo.Study) -> None:
    page.check("[data-layer=lost]")
    signs = page.locator("#landready-lost li").all_inner_texts()
    hard = study.lost.loc[study.lost["kind"] == "hard", "area_m2"].sum() / M2_PER_MU
    assert signs[0] == f"hard {shown(hard, 2)} mu"
    assert len(signs) == study.lost["kind"].nunique() == 5
    page.uncheck("[data-layer=lost]")


def test_with_everything_open_the_page_itself_does_not_scroll(page: Any) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true })")
    assert page.evaluate("document.scrollingElement.scrollHeight") == 900


def test_no_owner_is_in_the_page(page: Any) -> None:
    packs = """async () => {
      const texts = [document.documentElement.outerHTML];
      for (const node of document.querySelectorAll('script[type="text/plain"]')) {
        const bytes = Uint8Array.from(atob(node.textContent), sign => sign.charCodeAt(0));
        const inflater = new DecompressionStream("deflate-raw");
        const stream = new Blob([bytes]).stream().pipeThrough(inflater);
        texts.push(new TextDecoder().decode(await new Response(stream).arrayBuffer()));
      }
      return texts.join("");
    }"""
    text = page.evaluate(packs)
    assert "元瑞电子科技产业园" in text
    assert "示例业主" not in text


def test_the_first_card_tells_the_floor_space_of_the_scenario(
    browser: Any, file: Path, study: geo.Study
) -> None:
    floor = study.parcel_floor.set_index(["scenario", "parcel_id"]).loc[("planned", "LM-A01")]
    total, added = (shown(floor[f"{name}_m2"], 0, grouped=True) for name in ("total", "added"))
    with opened(browser, file, at="#lang=en&selected=parcel LM-A01") as seen:
        card = seen.page.wait_for_selector("#landready-card h2 >> xpath=../..")
        ratio = shown(floor["plot_ratio"], 2)
        words = f"plot ratio {ratio}; {total} m² of floor, {added} m² added"
        assert words in card.inner_text()
