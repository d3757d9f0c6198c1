"""Going back in time on the page of Qingxi: what is seen on a date is what the study says of it."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

import geo
from geo.colours import stage_colours
from geo.earth.crs import transform
from geo.units import M2_PER_MU, shown
from geo.webmap.atlas import atlas_of
from geo.webmap.maps import land_map
from geo.webmap.outlines import UNITS_PER_M, WEB_MERCATOR
from geo.webmap.times import dates_of
from tests.browser.test_drawing import NOT_COUNTED, READ, mixed
from tests.makers import placed, row, write_plan

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
RANGE = "#landready-time input"
PLAY = "#landready-time .lr-play"


@pytest.fixture(scope="module")
def study(qingxi: geo.Study) -> geo.Study:
    return qingxi


@pytest.fixture(scope="module")
def page(browser: Any, qingxi_inside: Path) -> Iterator[Any]:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, offline=True, bypass_csp=True, color_scheme="light"
    )
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(f"{qingxi_inside.as_uri()}#lang=en")
    page.wait_for_selector("html[data-ready]")
    yield page
    context.close()


@pytest.fixture(autouse=True)
def at_the_end(page: Any, study: geo.Study) -> None:
    seek(page, study, str(study.plan.as_of))


def seek(page: Any, study: geo.Study, day: str) -> None:
    at = [str(known) for known in dates_of(study)].index(day)
    page.evaluate("(date) => window.app.state.set({ date })", at)


def goal_cards(page: Any) -> list[list[str]]:
    """Light, counted, and the figures of each goal as they are read."""
    cards = page.locator("#landready-goals .lr-goal").all()
    return [
        [
            card.locator(".lr-light").inner_text(),
            card.locator(".lr-goal-sum b").inner_text(),
            *card.locator("dd").all_inner_texts(),
        ]
        for card in cards
    ]


# --- the bar ----------------------------------------------------------------------------------


def test_the_slider_goes_by_keys_and_says_its_date(page: Any) -> None:
    slider = page.locator(RANGE)
    assert slider.get_attribute("aria-valuetext") == "2024-12-31"
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "2024-11-30"
    page.keyboard.press("Home")
    assert slider.get_attribute("aria-valuetext") == "2020-01-31"
    page.keyboard.press("ArrowRight")
    assert page.locator(".lr-time-date").inner_text() == "Looking back at 2020-02-29"
    page.keyboard.press("End")
    assert page.locator(".lr-time-date").inner_text() == "2024-12-31"


def test_it_plays_from_where_it_is_and_stops_at_the_end(page: Any, study: geo.Study) -> None:
    seek(page, study, "2024-08-31")
    page.locator(PLAY).click()
    assert page.locator(PLAY).get_attribute("aria-label") == "Pause"
    page.wait_for_function(
        "() => document.querySelector('#landready-time input').value === '60'", timeout=4000
    )
    assert page.locator(PLAY).get_attribute("aria-label") == "Play"


def test_it_pauses_and_plays_again_from_the_beginning(page: Any) -> None:
    page.locator(PLAY).click()
    page.locator(PLAY).click()
    assert page.locator(PLAY).get_attribute("aria-label") == "Play"
    assert int(page.locator(RANGE).input_value()) < 5
    stood = page.locator(RANGE).input_value()
    page.wait_for_timeout(400)
    assert page.locator(RANGE).input_value() == stood


def test_that_one_looks_back_is_said_plainly(page: Any, study: geo.Study) -> None:
    sign = page.locator("#landready-panel .lr-past")
    assert sign.is_hidden()
    seek(page, study, "2023-06-30")
    assert sign.inner_text().startswith("Looking back at 2023-06-30: map, legend and goals")
    assert page.locator(".lr-titles p").inner_text() == "Looking back at 2023-06-30 · 4,545.00 mu"
    page.evaluate("app.state.set({ tab: 'whatif' })")
    assert sign.inner_text() == "What-if always speaks of 2024-12-31"
    page.evaluate("app.state.set({ tab: 'progress' })")
    page.locator(".lr-time-back").click()
    assert sign.is_hidden()
    assert page.locator(".lr-titles p").inner_text() == "as of 2024-12-31 · 4,545.00 mu"


# --- the figures ------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["2022-10-31", "2023-03-31", "2023-06-30", "2024-02-29"])
def test_goals_are_those_of_the_date_to_the_last_digit(
    page: Any, study: geo.Study, day: str
) -> None:
    seek(page, study, day)
    then = study.timeline[study.timeline["date"] == date.fromisoformat(day)]
    assert goal_cards(page) == [
        [
            state["light"].capitalize(),
            shown(state["counted_mu"], 2, grouped=True),
            shown(state["gap_mu"], 2, grouped=True),
            shown(state["share"], 1, percent=True),
            shown(state["elapsed_share"], 1, percent=True),
            shown(state["required_pace"], 0, grouped=True),
            shown(state["pace"], 0, grouped=True),
        ]
        for state in then.to_dict("records")
    ]


@pytest.mark.parametrize("day", ["2023-03-31", "2024-12-31"])
def test_the_legend_has_the_land_of_the_date(page: Any, study: geo.Study, day: str) -> None:
    seek(page, study, day)
    then = study.stage_history[study.stage_history["date"] == date.fromisoformat(day)]
    sums = then.groupby("rung")[["parcels", "land_m2"]].sum().sort_index(ascending=False)
    expected = [
        f"{held.parcels:.0f} · {shown(held.land_m2 / M2_PER_MU, 2, grouped=True)}"
        if held.parcels
        else "—"
        for held in sums.itertuples()
    ]
    page.wait_for_timeout(50)
    assert page.locator(".lr-stage small").all_inner_texts() == expected


# --- the map ----------------------------------------------------------------------------------


def pixels(page: Any, study: geo.Study, shapes: Any) -> list[list[int]]:
    """The colours of the page inside some land, without what is drawn over parcels."""
    for key in ("zones", "blocks", "barriers", "labels", "lost"):
        page.evaluate("(key) => window.app.drawn.show(key, false)", key)
    origin = np.array(atlas_of(study).origin)
    places = transform(np.asarray(shapes, dtype=object), study.land.crs, WEB_MERCATOR)
    middles = [shapely.maximum_inscribed_circle(shape).coords[0] for shape in places]
    points = (np.array(middles) * UNITS_PER_M - origin).tolist()
    seen = page.evaluate(READ, {"points": points, "zoom": 17})
    return [pixel[:3] for pixel in seen]


def near(one: list[int], other: list[int]) -> bool:
    return bool(np.abs(np.subtract(one, other)).max() <= 1)


def test_a_parcel_has_the_colour_of_its_stage_on_the_date(page: Any, study: geo.Study) -> None:
    """One that climbed below the goal's stage, before and after, by the histories of the ground."""
    ground = study.grounds[-1]
    before, after = ground.histories[0], ground.histories[-1]
    moved = (before.rung < after.rung) & (after.rung < 7) & ~before.self_reported
    at = int(np.flatnonzero(moved & ~after.self_reported)[0])
    shape = [ground.parcels.geometry.iloc[at]]
    colours = stage_colours(len(study.plan.stages))
    for day, history in ((ground.dates[0], before), (ground.dates[-1], after)):
        seek(page, study, str(day))
        expected = mixed(colours[history.rung[at]], NOT_COUNTED)
        assert near(pixels(page, study, shape)[0], expected)


def test_former_parcels_are_drawn_before_the_merge_and_not_after(
    page: Any, study: geo.Study
) -> None:
    """LM-B27 and LM-B28 became LM-B12 on 2023-03-06: which of them a press finds tells."""
    first = study.grounds[0]
    parts = first.parcels[first.parcels["parcel_id"].isin(["LM-B27", "LM-B28"])]
    points = parts.geometry.representative_point().to_crs("EPSG:4326")
    hit = """async (places) => {
      const found = places.map((place) => window.app.drawn.hit(place));
      const records = await Promise.all(found.map((row) => window.app.atlas.record(row)));
      return records.map(({ id }) => id);
    }"""
    places = [[point.y, point.x] for point in points]
    seek(page, study, "2023-02-28")
    assert sorted(page.evaluate(hit, places)) == ["LM-B27", "LM-B28"]
    seek(page, study, "2023-03-31")
    assert page.evaluate(hit, places) == ["LM-B12", "LM-B12"]


# --- the chart --------------------------------------------------------------------------------


def test_the_chart_follows_the_slider_and_moves_it(page: Any, study: geo.Study) -> None:
    chart = page.locator(".lr-chart-svg")
    seek(page, study, "2023-06-30")
    assert "596.60 mu counted, 1,403.40 mu missing" in chart.get_attribute("aria-label")
    assert "Counted 596.60 mu · 2023-06-30" in page.locator(".lr-chart-key").inner_text()
    chart.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(RANGE).get_attribute("aria-valuetext") == "2023-07-31"
    box = chart.bounding_box()
    chart.click(position={"x": 46, "y": box["height"] / 2})
    assert page.locator(RANGE).get_attribute("aria-valuetext") == "2020-01-31"


def test_the_chart_draws_each_goal_to_its_due_date(page: Any) -> None:
    """2000 mu lie a third of the way up to 6000, 4500 three quarters; both start in one point."""
    ends = page.eval_on_selector_all(
        ".lr-chart-required",
        "(lines) => lines.map((line) => ['x1', 'y1', 'x2', 'y2'].map((key) =>"
        " Number(line.getAttribute(key))))",
    )
    (x1, y1, x2, y2), (far_x1, far_y1, far_x2, far_y2) = ends
    assert (x1, y1) == (far_x1, far_y1)
    assert (far_x2 - x1) / (x2 - x1) == pytest.approx(1825 / 1095, rel=1e-6)
    bottom, top = 206, 20
    assert (bottom - y2) / (bottom - top) == pytest.approx(2000 / 6000)
    assert (bottom - far_y2) / (bottom - top) == pytest.approx(4500 / 6000)


def test_the_numbers_of_the_chart_stand_in_a_table(page: Any, study: geo.Study) -> None:
    page.locator(".lr-chart-numbers summary").click()
    page.wait_for_selector(".lr-chart-numbers tbody")
    rows = page.locator(".lr-chart-numbers tbody tr")
    days = rows.locator("th, td:first-child").all_inner_texts()
    assert days == sorted(set(days), reverse=True), "a date has one row"
    past = [day for day in days if day <= "2024-12-31"]
    assert len(past) == len(dates_of(study)) == 61
    latest = rows.nth(len(days) - 61).locator("th, td").all_inner_texts()
    assert latest == ["2024-12-31", "1,106.48", "893.52", "3,393.52", "—"]
    later = rows.nth(len(days) - 62).locator("th, td").all_inner_texts()
    assert later[0] == "2025-03-31"
    assert re.fullmatch(r"[\d,]+ \([\d,]+ – [\d,]+\)", later[1])


def test_a_page_of_one_date_has_neither_bar_nor_chart(browser: Any, tmp_path: Path) -> None:
    goal = '[[goals]]\nid = "g"\nname = "g"\nmu = 30\ndue = 2025-12-31\nstage = "cleared"'
    land = placed(*row([100, 100]), parcel_id=["A", "B"])
    plan = write_plan(tmp_path, land, top="as_of = 2023-01-01", tables=goal)
    land_map(geo.run(geo.read_plan(plan))).save(tmp_path / "one.html")
    page = browser.new_page(offline=True)
    page.goto((tmp_path / "one.html").as_uri())
    page.wait_for_selector("#landready-goals .lr-goal")
    assert page.locator("#landready-time").is_hidden()
    assert page.locator(".lr-chart-figure").count() == 0
    page.close()


# --- the link ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fragment", "day"),
    [
        ("date=2023-06-30", "2023-06-30"),
        ("lang=zh&date=2023-06-30", "2023-06-30"),
        ("date=2023-07-15", "2023-06-30"),  # no date of this page: the one before
        ("date=1999-01-01", "2020-01-31"),
        ("date=%3Cimg%3E", "2024-12-31"),
    ],
)
def test_a_link_opens_the_page_on_its_date(
    browser: Any, qingxi_file: Path, fragment: str, day: str
) -> None:
    phone = {"width": 390, "height": 844}
    context = browser.new_context(offline=True, bypass_csp=True, viewport=phone)
    opened = context.new_page()
    opened.goto(f"{qingxi_file.as_uri()}#lang=en&{fragment}")
    slider = opened.wait_for_selector(RANGE, timeout=5000)
    assert slider.get_attribute("aria-valuetext") == day
    assert opened.evaluate("() => document.documentElement.scrollWidth") == 390
    context.close()


def test_the_address_keeps_the_date_that_is_looked_at(page: Any, study: geo.Study) -> None:
    seek(page, study, "2022-05-31")
    assert "date=2022-05-31" in page.evaluate("() => location.hash")
    seek(page, study, "2024-12-31")
    assert "date" not in page.evaluate("() => location.hash")


@pytest.mark.parametrize("day", ["2021-06-30", "2024-12-31"])
def test_land_by_stage_and_zone_is_that_of_the_date(page: Any, study: geo.Study, day: str) -> None:
    at = [each.isoformat() for each in dates_of(study)].index(day)
    page.evaluate("(date) => window.app.state.set({ date, tab: 'land' })", at)
    section = page.locator("[data-table=stages]")
    section.locator(f"p:text-is('as of {day}')").wait_for()
    heads = section.locator("thead th").all_inner_texts()
    assert heads == ["parcels · mu", "Luoma", "Changshantou", "Total"]
    then = study.stage_history[study.stage_history["date"] == date.fromisoformat(day)]
    land = then.set_index(["zone", "rung"])[["parcels", "land_m2"]]
    for line, rung in zip(
        section.locator("tbody tr").all(), reversed(range(len(study.plan.stages))), strict=True
    ):
        cells = line.locator("td").all_inner_texts()
        zones = [land.loc[(zone, rung)] for zone in ("luoma", "changshantou")]
        for cell, (parcels, m2) in zip(cells, [*zones, sum(zones)], strict=True):
            told = f"{parcels:.0f} · {shown(m2 / M2_PER_MU, 2, grouped=True)}"
            assert cell == (told if parcels else "—")
    page.evaluate("() => window.app.state.set({ tab: 'progress' })")
