"""What lies ahead as people see it: chances of goals, the band, the plan as bars, card and map."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import geo
from geo.outlook import Outlook
from geo.webmap import scripts
from geo.webmap.maps import land_map
from tests.browser.conftest import INSIDE
from tests.browser.pages import DESK, PHONE, Visit, opened
from tests.browser.test_access import violations
from tests.test_colours import MACHADO_2009, differences
from tests.test_webmap_ahead import outlook

pytestmark = pytest.mark.browser

BARS = ".lr-gantt button"
LOOKS = """async ([colour, ids]) => {
  const { app, colourOf } = window;
  app.state.set({ colour });
  await app.atlas.all("facts");
  const look = colourOf(app, 0);
  const rows = await Promise.all(ids.map((id) => app.atlas.rowOf(id)));
  return rows.map((row) => look(row, app.atlas.chunkOf(row)));
}"""


@pytest.fixture(scope="module")
def file(town_study: geo.Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the town with a forecast and a plan."""
    folder = tmp_path_factory.mktemp("ahead")
    return saved_open(town_study, outlook(town_study), folder / "index.html")


def saved_open(study: geo.Study, known: Outlook, file: Path) -> Path:
    """A page with its closed scope opened."""
    opening = "function drawing(app) {"
    source = scripts.script_source()
    source = source.replace(opening, f"{opening} Object.assign(window, {INSIDE});")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scripts, "script_source", lambda: source)
        land_map(study, outlook=known).save(file)
    return file


@pytest.fixture(scope="module")
def visit(browser: Any, file: Path) -> Iterator[Visit]:
    with opened(browser, file, at="#lang=en", reduced_motion="reduce", bypass_csp=True) as seen:
        yield seen
        assert (seen.complaints, seen.asked_outside) == ([], [])


@pytest.fixture
def page(visit: Visit) -> Any:
    visit.page.evaluate(
        "window.app.state.set({ selected: null, colour: 'stage', lang: 'en', "
        "date: window.app.payload.time.dates.length - 1 })"
    )
    return visit.page


def looks(page: Any, colour: str, *ids: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(LOOKS, [colour, list(ids)])
    return found


# -- goals and chart -------------------------------------------------------------------------------


def test_a_card_of_a_goal_tells_its_chance_on_the_date_of_the_data_only(page, visit):
    visit.tab("progress")
    lines = page.locator(".lr-goal > .lr-note")
    assert lines.all_inner_texts() == [
        "37% likely in time; median 2028-06 (2027-09 – 2029-12)",
        "0% likely in time; under 10% likely even by 2030-12",
    ]
    page.evaluate("window.app.state.set({ date: 0, lang: 'zh' })")
    assert lines.count() == 0
    page.evaluate("window.app.state.set({ date: window.app.payload.time.dates.length - 1 })")
    assert lines.first.inner_text() == "按期概率 37%；中位 2028-06 (2027-09 – 2029-12)"


def test_the_chart_goes_on_to_the_horizon_with_a_band_a_median_and_the_plan(page, visit):
    visit.tab("progress")
    svg = page.locator(".lr-chart-svg")
    assert svg.locator(".lr-chart-band").count() == 1, "both goals count the same land"
    assert svg.locator(".lr-chart-ahead").count() == 2
    box = svg.locator(".lr-chart-band").bounding_box()
    whole = svg.bounding_box()
    assert box["x"] + box["width"] == pytest.approx(whole["x"] + whole["width"] - 14, abs=1)
    assert page.locator(".lr-chart-key li").all_inner_texts()[1:3] == [
        "Forecast: median line and P10 – P90",
        "Plan: all that is ready",
    ]
    assert "37% likely in time" in svg.get_attribute("aria-label")


def test_the_numbers_of_the_chart_go_on_too(page, visit):
    visit.tab("progress")
    page.evaluate("document.querySelector('.lr-chart-numbers').open = true")
    page.wait_for_selector(".lr-chart-numbers tbody tr")
    rows = page.locator(".lr-chart-numbers tbody tr")
    first = rows.nth(0).locator("th, td").all_inner_texts()
    assert first == ["2027-12-31", "500 (350 – 650)", "—", "—", "231"]
    assert rows.nth(2).locator("th, td").all_inner_texts()[:2] == ["2025-12-31", "300 (250 – 350)"]
    latest = rows.nth(3).locator("th, td").all_inner_texts()
    assert (latest[0], latest[-1]) == ("2024-12-31", "—"), "told once, and no plan of the past"
    assert "(" not in latest[1]


def test_goals_of_one_past_and_two_futures_have_a_line_and_a_band_each(
    browser, town_study, tmp_path
):
    """Both have counted the same land so far; the far goal gains 50 mu a year, half of the near."""
    known = outlook(town_study)
    curves = known.forecast.curves.copy()
    far = curves["measure"] == "goal:far"
    curves.loc[far, "p50"] -= 50.0 * np.arange(far.sum())
    file = tmp_path / "index.html"
    parted = replace(known, forecast=replace(known.forecast, curves=curves))
    land_map(town_study, outlook=parted).save(file)
    with opened(browser, file, at="#lang=en&tab=progress") as seen:
        svg = seen.page.locator(".lr-chart-svg")
        assert svg.locator(".lr-chart-line").count() == 2
        bands = svg.locator(".lr-chart-band").evaluate_all(
            "all => all.map(one => getComputedStyle(one).fill)"
        )
        assert len(set(bands)) == 2
        key = seen.page.locator(".lr-chart-key li").all_inner_texts()
        assert key[2:4] == ["Forecast (median, P10 – P90): 整备三百亩"] * 2
        seen.page.evaluate("document.querySelector('.lr-chart-numbers').open = true")
        first = seen.page.locator(".lr-chart-numbers tbody tr").first.locator("td")
        assert first.all_inner_texts()[:2] == ["500 (350 – 650)", "350 (350 – 650)"]
        assert seen.complaints == []


# -- the tab of the plan ---------------------------------------------------------------------------


def test_bars_stand_by_the_year_of_their_start(page, visit):
    visit.tab("plan")
    page.wait_for_selector(BARS)
    assert page.locator(".lr-gantt h2").all_inner_texts() == [
        "start in 2025 · 2",
        "start in 2026 · 1",
    ]
    names = [bar.get_attribute("aria-label") for bar in page.locator(BARS).all()]
    assert names == [
        "A02 2025-01 – 2025-12",
        "B01 2025-04 – beyond the horizon",
        "A05 2026-07 – 2027-03",
    ]
    assert page.locator(".lr-gantt-axis span").all_inner_texts() == ["2025", "2026", "2027"]
    first, open_, last = (bar.bounding_box() for bar in page.locator(f"{BARS} i").all())
    month = first["width"] / 12  # of the 27 from January 2025 to March 2027
    track = page.locator(f"{BARS} > span").first.bounding_box()
    assert track["width"] == pytest.approx(27 * month, abs=1)
    assert open_["x"] - first["x"] == pytest.approx(3 * month, abs=1)
    assert last["x"] + last["width"] == pytest.approx(track["x"] + track["width"], abs=1)


def test_a_bar_leads_to_its_parcel_by_keyboard_too(page, visit):
    visit.tab("plan")
    page.locator(BARS).first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "A05"
    assert page.locator(f"{BARS}[tabindex='0']").all_inner_texts() == ["A05"]
    page.keyboard.press("Enter")
    page.wait_for_selector("#landready-card.lr-shown h2")
    assert page.locator("#landready-card h2").first.inner_text().startswith("A05")
    page.locator(BARS).first.click()
    visit.until("document.querySelector('#landready-card h2').textContent.startsWith('A02')")


def test_the_tab_has_the_sentences_and_the_tables(page, visit):
    visit.tab("plan")
    told = page.locator(".lr-sentences li").all_inner_texts()
    assert told[-1].startswith(
        "as of 2024-12-31, 2000 draws, seed 7; contiguous: gaps of up to 30 m"
    )
    assert page.locator("#landready-page-plan [data-table]").evaluate_all(
        "all => all.map(one => one.dataset.table)"
    ) == ["sequence_years", "forecast_years"]


# -- the card --------------------------------------------------------------------------------------


def test_the_card_tells_when_a_parcel_is_taken_and_what_hangs_on_it(page, visit):
    visit.find("A02")
    words = page.locator("#landready-card dl > div").all_inner_texts()
    lines = dict(line.split("\n", 1) for line in words)
    assert lines["Plan: start – ready"] == "2025-01 – 2025-12"
    assert lines["Ready, forecast: median (P10 – P90)"] == "2025-08 (2025-02 – beyond the horizon)"
    assert lines["If it is lost"] == "chance −12.0 points, −15.0 mu by its date"
    assert lines["If it were ready now"] == "chance +5.0 points, +7.5 mu by its date"
    assert lines["Of the goal"] == "整备三百亩"
    visit.find("A04")
    assert "Plan: start – ready" not in page.locator("#landready-card").inner_text()
    page.evaluate("window.app.state.set({ date: 3 })")
    visit.until("!document.querySelector('#landready-card').textContent.includes('If it is lost')")


def test_what_is_only_told_to_be_cleared_still_waits_in_the_forecast(page, visit):
    """The goals ask for evidence: A28 is cleared without, A08 with it."""
    visit.find("A28")
    card = page.locator("#landready-card")
    chips = card.locator(".lr-chip").all_inner_texts()
    assert chips[:2] == ["3\ncleared", "Self-reported, no evidence"]
    assert "2025-08 (2025-02 – 2027-03)" in card.inner_text()
    assert "If it were ready now" in card.inner_text()
    visit.find("A08")
    visit.until("!document.querySelector('#landready-card').textContent.includes('A28')")
    assert "If it is lost" in card.inner_text()
    assert "Ready, forecast" not in card.inner_text()
    assert "If it were ready now" not in card.inner_text()


# -- the map ---------------------------------------------------------------------------------------


def test_the_map_tells_the_year_of_a_parcel_and_what_is_done(page):
    first, second, done, none = looks(page, "sequence", "A02", "A05", "A08", "A01")
    assert [look["number"] for look in (first, second, done, none)] == ["25", "26", "✓", None]
    legend = page.locator(".lr-sign-scale + span")
    assert [text for text in legend.all_inner_texts() if text] == [
        *("2025", "2026", "✓ at a stage that counts", "not in the plan"),
    ]


def test_a_parcel_cleared_without_evidence_has_its_year_and_no_tick(browser, town_study, tmp_path):
    """A28 is in the plan, B26 is not; the goal of the plan asks for evidence."""
    known = outlook(town_study)
    parcels = known.sequence.parcels.replace({"parcel_id": {"A05": "A28"}})
    told = replace(known, sequence=replace(known.sequence, parcels=parcels))
    file = saved_open(town_study, told, tmp_path / "index.html")
    with opened(browser, file, at="#lang=en", bypass_csp=True) as seen:
        taken, waiting = looks(seen.page, "sequence", "A28", "B26")
        assert (taken["number"], waiting["number"]) == ("26", None)


@pytest.mark.parametrize("cones", MACHADO_2009)
def test_years_are_told_apart_by_all_eyes(page, cones):
    colours = page.evaluate(
        """() => {
          const { app } = window;
          const { years } = app.payload.ahead;
          app.payload.ahead.years = [2025, 2026, 2027, 2028, 2029];
          app.state.set({ colour: "stage" });
          app.state.set({ colour: "sequence" });
          const marks = [...document.querySelectorAll(".lr-sign-scale")];
          const seen = marks.map((node) => getComputedStyle(node).backgroundColor);
          app.payload.ahead.years = years;
          return seen;
        }"""
    )
    channels = [[int(part) for part in text[4:-1].split(",")] for text in colours]
    told = differences(["#" + "".join(f"{part:02x}" for part in one) for one in channels], cones)
    assert len(channels) == 7
    assert min(told.values()) > 8


def test_the_map_tells_how_much_is_at_stake(page):
    much, little = looks(page, "stake", "A02", "A05")
    assert (much["number"], little["number"]) == ("15.0", "0.0")
    assert much["fill"] != little["fill"]


# -- other forms -----------------------------------------------------------------------------------


def test_a_folder_has_the_same_bars_and_colours_and_says_when_there_are_more(
    browser, town_study, tmp_path, monkeypatch
):
    source = scripts.script_source()
    assert source.count("const MOST_BARS = 500;") == 1
    few = source.replace("const MOST_BARS = 500;", "const MOST_BARS = 2;")
    monkeypatch.setattr(scripts, "script_source", lambda: few)
    land_map(town_study, outlook=outlook(town_study)).save_folder(tmp_path, chunk_rows=20)
    at = "#lang=en&tab=plan&colour=sequence"
    with opened(browser, tmp_path / "index.html", at=at) as seen:
        seen.page.wait_for_selector(BARS)
        assert seen.page.locator(BARS).all_inner_texts() == ["A02", "B01"]
        note = seen.page.locator(".lr-gantt > .lr-note").inner_text()
        assert note == "the first 2 to start; all are in tables.xlsx"
        seen.page.locator(BARS).nth(1).click()
        seen.page.wait_for_selector("#landready-card.lr-shown h2")
        assert "2025-04 – beyond the horizon" in seen.page.locator("#landready-card").inner_text()
        assert seen.complaints == []


def test_the_public_has_no_plan_by_parcel(browser, town_study, tmp_path):
    file = tmp_path / "index.html"
    land_map(town_study, profile="public", outlook=outlook(town_study)).save(file)
    with opened(browser, file, at="#lang=en&tab=plan&colour=sequence") as seen:
        page = seen.page
        assert page.locator(".lr-gantt").count() == 0
        assert page.locator("#landready-page-plan .lr-sentences li").count() > 0
        options = page.locator(".lr-choice option").evaluate_all("all => all.map(o => o.value)")
        assert not {"sequence", "stake"} & set(options)
        seen.tab("progress")
        page.wait_for_selector(".lr-chart-band")
        seen.find("A02")
        assert "If it is lost" not in page.locator("#landready-card").inner_text()
        assert seen.complaints == []


def test_a_page_without_a_future_offers_no_plan(browser, town_file):
    with opened(browser, town_file, at="#tab=plan&colour=sequence") as seen:
        assert seen.page.locator("#landready-tab-plan").is_hidden()
        assert seen.page.locator(".lr-chart-band, .lr-chart-ahead").count() == 0
        assert seen.complaints == []


@pytest.mark.parametrize(("theme", "size"), [("light", DESK), ("dark", PHONE)])
def test_axe_finds_nothing(browser, file, theme, size):
    at = f"#lang=zh&theme={theme}&tab=plan&colour=sequence"
    with opened(browser, file, at=at, size=size, reduced_motion="reduce") as seen:
        seen.page.wait_for_selector(BARS)
        assert violations(seen) == []
        width = seen.page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"]
        seen.tab("progress")
        assert violations(seen, "#landready-page-progress") == []
