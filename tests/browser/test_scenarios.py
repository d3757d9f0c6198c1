"""Colours, what-if and side by side as a reader meets them: every figure is Python's."""

import json
import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import geo
from geo.plan.setting import Setting
from geo.plan.whole import Plan
from geo.units import M2_PER_MU, shown
from geo.whatif import Answer, changed_scenario, reach_m, read_setting, what_if
from tests.browser.pages import DESK, PHONE, Visit, opened

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
FIGURES = """() => new Promise((done) => {
  const read = () => Object.fromEntries([...document.querySelectorAll("[data-figure]")]
    .map((node) => [node.dataset.figure, node.textContent]));
  requestAnimationFrame(() => requestAnimationFrame(() => done(read())));
})"""
FLOOR = {
    **dict.fromkeys(("existing", "demolished", "retained", "built"), "m2"),
    **dict.fromkeys(("total", "total_low", "total_high", "added", "cut"), "m2"),
    **{"gross": "mu", "net": "mu", "net_ratio": "ratio", "gross_ratio": "ratio"},
    **{"known_share": "share", "added_known_share": "share"},
}
GOAL = {
    **{"counted_mu": "mu", "gap_mu": "mu", "share": "share", "small_blocks_mu": "mu"},
    "required_pace": "number",
}
ALWAYS = ("existing", "demolished", "retained", "built", "total", "added", "net", "net_ratio")


# -- what Python says ------------------------------------------------------------------------------


def worded(kind: str, value: float) -> str:
    """A figure as the page prints it; land in m² is told in mu."""
    if kind == "ratio":
        return shown(value, 2)
    if kind == "share":
        return shown(value, 1, percent=True)
    return shown(value, 2 if kind == "mu" else 0, grouped=True)


def expected(answer: Answer) -> dict[str, str]:
    """Every figure that the page may show of a setting."""
    figures = {}
    for row in answer.floor.to_dict("records"):
        for key, kind in FLOOR.items():
            value = row[key] if key.endswith(("ratio", "share")) else row[f"{key}_m2"]
            value = value / M2_PER_MU if kind == "mu" else value
            figures[f"{row['zone']}.{key}"] = worded(kind, value)
    for row in answer.progress.to_dict("records"):
        figures |= {f"{row['goal']}.{key}": worded(kind, row[key]) for key, kind in GOAL.items()}
    sizes = answer.blocks["land_mu"]
    figures["blocks.blocks"] = str(len(sizes))
    figures["blocks.largest_mu"] = worded("mu", sizes.max() if len(sizes) else 0.0)
    figures["blocks.all_mu"] = worded("mu", answer.blocks["land_m2"].sum() / M2_PER_MU)
    for tier in answer.tiers.to_dict("records"):
        figures[f"tier.{tier['tier_mu']:g}.blocks"] = str(tier["blocks"])
        figures[f"tier.{tier['tier_mu']:g}.land_mu"] = worded("mu", tier["land_mu"])
    return figures


def compared(page: Any, study: geo.Study, setting: Setting) -> dict[str, str]:
    """The figures on the page, each held against Python's."""
    seen = page.evaluate(FIGURES)
    answer = what_if(study, setting)
    told = expected(answer)
    lights = {f"{row['goal']}.light": row["light"] for row in answer.progress.to_dict("records")}
    figures = {key: text for key, text in seen.items() if not key.startswith("digest.")}
    assert {f"{zone}.{key}" for zone in answer.floor["zone"] for key in ALWAYS} <= set(figures)
    for key, text in figures.items():
        if key in lights:
            assert text.lower() == lights[key]
        else:
            assert text == told[key], f"{key} under {setting}"
    assert seen["digest.total"] == told[".total"]
    return figures


# -- the page --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def study(qingxi: geo.Study) -> geo.Study:
    return qingxi


@pytest.fixture(scope="module")
def file(qingxi_file: Path) -> Path:
    return qingxi_file


@pytest.fixture(scope="module")
def visit(browser: Any, qingxi_inside: Path) -> Iterator[Visit]:
    with opened(browser, qingxi_inside, at="#lang=en&tab=whatif", bypass_csp=True) as seen:
        seen.page.wait_for_selector(".lr-results table")
        yield seen


@pytest.fixture
def page(visit: Visit) -> Any:
    """The page with nothing changed."""
    scenario = "app.payload.model.scenarios[0].id"
    visit.page.evaluate(
        "app.state.set({ whatif: null, scenario: null, compare: null, selected: null, "
        "colour: 'stage', turning: false })"
    )
    assert visit.page.evaluate(scenario) == "planned"
    return visit.page


def labelled(page: Any, label: str) -> Any:
    return page.locator(f'#landready-slot-whatif input[type=number][aria-label="{label}"]')


def address(page: Any) -> str:
    return str(page.evaluate("location.href"))


def setting_of(page: Any) -> Setting:
    """The setting as the link has it."""
    return read_setting(address(page))


# -- figures ---------------------------------------------------------------------------------------


def entered(page: Any, rng: random.Random, plan: Plan) -> None:
    """Some controls changed as a reader does, by typing, choosing and dragging."""
    if rng.random() < 0.5:
        page.select_option("#landready-slot-whatif select >> nth=0", index=rng.randrange(4))
    if rng.random() < 0.5:
        label = "Plot ratio of all rebuilt land"
        labelled(page, label).fill(str(round(rng.uniform(0, 6), 2)))
    for zone in ("Luoma", "Changshantou"):
        if rng.random() < 0.4:
            labelled(page, zone).fill(str(round(rng.uniform(0.5, 5), 1)))
    if rng.random() < 0.4:
        page.evaluate(
            "for (const node of document.querySelectorAll('.lr-set-group')) node.open = 1"
        )
        use = rng.choice(["100101", "100102", "1101"])
        labelled(page, use).fill(str(rng.randint(1, 4)))
    if rng.random() < 0.4:
        labelled(page, "Handed over to the public (%)").fill(str(rng.choice([0, 7.5, 12.3, 100])))
    if rng.random() < 0.4:
        stage = rng.randrange(len(plan.stages))
        page.select_option("#landready-slot-whatif select >> nth=1", index=stage + 1)
    if rng.random() < 0.5:
        page.locator('[aria-label="Widest gap within a block"]').fill(
            str(rng.randint(0, int(reach_m(plan))))
        )


def test_every_figure_is_that_of_python_whatever_is_entered(page: Any, study: geo.Study) -> None:
    rng = random.Random(6)
    totals = set()
    for _ in range(12):
        page.evaluate("app.state.set({ whatif: null, scenario: null })")
        page.evaluate(FIGURES)
        entered(page, rng, study.plan)
        scenario = page.evaluate("app.state.get('scenario')")
        setting = setting_of(page).model_copy(update={"scenario": scenario})
        totals.add(compared(page, study, setting)[".total"])
    assert len(totals) > 8


def test_parcels_turned_and_a_stage_change_goals_and_blocks(page: Any, study: geo.Study) -> None:
    counted = study.parcels["counts"]
    ids = [*study.parcels["parcel_id"][counted][:3], *study.parcels["parcel_id"][~counted][:4]]
    plain = compared(page, study, Setting())
    page.evaluate("(toggled) => app.state.set({ whatif: { toggled } })", ids)
    turned = compared(page, study, Setting(toggled=ids))
    assert turned["three-years.counted_mu"] != plain["three-years.counted_mu"]
    assert page.locator(".lr-turned-list li").count() == 7
    page.locator(".lr-turned-list button").first.click()
    compared(page, study, Setting(toggled=ids[1:]))


def test_a_difference_is_told_in_words_against_the_plan(page: Any, study: geo.Study) -> None:
    labelled(page, "Luoma").fill("1")
    figures = compared(page, study, Setting(by_zone={"luoma": 1.0}))
    now = what_if(study, Setting(by_zone={"luoma": 1.0})).floor.set_index("zone")["total_m2"][""]
    plan = what_if(study, Setting()).floor.set_index("zone")["total_m2"][""]
    text = page.locator("[data-figure='.total'] + .lr-diff").inner_text()
    assert text == f"▼ {shown(plan - now, 0, grouped=True)} less"
    assert figures[".total"] == shown(now, 0, grouped=True)


def test_a_control_without_effect_says_so(page: Any) -> None:
    """The scenario "mixed" states a ratio for each zone: one for all land then moves nothing."""
    page.select_option("#landready-slot-whatif select >> nth=0", value="mixed")
    labelled(page, "Plot ratio of all rebuilt land").fill("4")
    page.wait_for_selector(".lr-idle")
    assert page.locator(".lr-idle").inner_text() == "No parcel follows it: it has no effect"
    page.select_option("#landready-slot-whatif select >> nth=0", value="upgrade35")
    page.wait_for_function("!document.querySelector('.lr-idle')")


def test_a_number_that_is_no_ratio_is_refused_beside_it(page: Any, study: geo.Study) -> None:
    field = labelled(page, "Plot ratio of all rebuilt land")
    field.fill("350")
    assert field.get_attribute("aria-invalid") == "true"
    assert "Write a number from 0 to 20" in page.inner_text("#landready-slot-whatif")
    compared(page, study, Setting())
    field.fill("3.5")
    assert field.get_attribute("aria-invalid") == "false"
    compared(page, study, Setting(plot_ratio=3.5))


def test_undo_and_reset(page: Any, study: geo.Study) -> None:
    labelled(page, "Luoma").fill("2")
    labelled(page, "Changshantou").fill("4")
    compared(page, study, Setting(by_zone={"luoma": 2.0, "changshantou": 4.0}))
    page.click("#landready-slot-whatif >> text=Undo")
    compared(page, study, Setting(by_zone={"luoma": 2.0}))
    assert labelled(page, "Changshantou").input_value() == ""
    page.click("#landready-slot-whatif >> text=Reset")
    compared(page, study, Setting())
    assert page.locator("#landready-sign").is_hidden()


def test_the_map_says_that_figures_are_not_official(page: Any) -> None:
    labelled(page, "Luoma").fill("2")
    assert page.inner_text("#landready-sign") == "What-if, not the official figures"
    page.evaluate("app.state.set({ lang: 'zh' })")
    assert page.inner_text("#landready-sign") == "假设分析，非正式数据"
    page.evaluate("app.state.set({ lang: 'en' })")


def test_an_answer_takes_less_than_a_twentieth_of_a_second(page: Any) -> None:
    times = []
    for ratio in range(1, 8):
        labelled(page, "Luoma").fill(str(ratio))
        page.evaluate(FIGURES)
        times.append(float(page.get_attribute("#landready-slot-whatif", "data-ms")))
    assert sorted(times)[3] < 50, times


def test_where_land_overlaps_too_much_only_floor_space_is_tried(
    browser: Any, file: Path, study: geo.Study, tmp_path: Path
) -> None:
    html = file.read_text("utf-8")
    assert html.count('"locked":false') == 1
    locked = tmp_path / "locked.html"
    locked.write_text(html.replace('"locked":false', '"locked":true'), encoding="utf-8")
    asked = quote('{"by_zone":{"luoma":2},"gap_m":5}')
    with opened(browser, locked, at=f"#lang=en&tab=whatif&whatif={asked}") as seen:
        seen.page.wait_for_selector(".lr-results table")
        panel = seen.page.inner_text("#landready-slot-whatif")
        assert "Some land overlaps too much to be reckoned here" in panel
        assert "left out of the link: gap_m" in panel
        assert seen.page.locator("fieldset:disabled").count() == 1
        assert seen.page.locator("[data-figure='three-years.counted_mu']").count() == 0
        figures = compared(seen.page, study, Setting(by_zone={"luoma": 2.0}))
        assert ".total" in figures


# -- links and plan.toml ---------------------------------------------------------------------------


def test_a_link_opens_the_page_as_it_was(
    browser: Any, page: Any, file: Path, study: geo.Study
) -> None:
    page.select_option("#landready-slot-whatif select >> nth=0", value="range")
    labelled(page, "Luoma").fill("2.75")
    page.locator('[aria-label="Widest gap within a block"]').fill("12")
    figures = compared(page, study, setting_of(page))
    with opened(browser, file, at=f"#{address(page).partition('#')[2]}") as again:
        again.page.wait_for_selector(".lr-results table")
        assert again.page.evaluate(FIGURES).items() >= figures.items()
        assert read_setting(address(again.page)) == setting_of(page)
        assert again.complaints == []


HOSTILE = {
    '{"__proto__":{"plot_ratio":3},"constructor":{"x":1},"plot_ratio":1e308,"gap_m":1e999,'
    '"handover_share":-1,"by_zone":{"__proto__":3,"luoma":[2]}}': (
        "plot_ratio; handover_share; gap_m; by_zone.luoma; by_zone.__proto__; "
        "__proto__; constructor"
    ),
    '{"plot_ratio":"<img src=x onerror=alert(1)>","toggled":{"0":"LM-A01"},"stage":7}': (
        "plot_ratio; stage; toggled"
    ),
    '{"toggled":["<script>alert(2)</script>"]}': "toggled.<script>alert(2)</script>",
    "[1,2,3]": "whatif",
    "${alert(4)}": "whatif",
}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_link_is_refused_and_said(
    browser: Any, file: Path, study: geo.Study, text: str
) -> None:
    with opened(browser, file, at=f"#lang=en&tab=whatif&whatif={quote(text)}") as seen:
        seen.page.wait_for_selector(".lr-results table")
        note = seen.page.locator(".lr-whatif-fault").inner_text()
        told = note.removeprefix("Not valid, and left out of the link: ")
        assert sorted(told.split("; ")) == sorted(HOSTILE[text].split("; "))
        compared(seen.page, study, Setting())
        assert seen.dialogs == []
        assert seen.complaints == []


def copied(page: Any) -> str:
    page.click("text=Copy as scenario")
    text = str(page.input_value(".lr-toml"))
    chosen = "document.activeElement.selectionEnd - document.activeElement.selectionStart"
    assert page.evaluate(chosen) == len(text)
    page.keyboard.press("Escape")
    return text


def test_a_setting_becomes_a_scenario_of_the_plan(
    page: Any, study: geo.Study, tmp_path: Path
) -> None:
    """Pasted at the end of plan.toml it is read, equal to Python's, and gives the same floor."""
    page.select_option("#landready-slot-whatif select >> nth=0", value="range")
    labelled(page, "Luoma").fill("2.5")
    labelled(page, "100102").fill("1.8")
    labelled(page, "Handed over to the public (%)").fill("7.5")
    page.locator('[aria-label="Widest gap within a block"]').fill("0")
    page.locator('[aria-label="Widest gap within a block"]').fill("30")
    text = copied(page)
    figures = compared(page, study, setting_of(page))
    assert '# not of a scenario: [contiguity] mode = "practical", gap_m = 30' in text

    folder = shutil.copytree(ROOT / "layers/qingxi", tmp_path / "qingxi")
    with (folder / "plan.toml").open("a", encoding="utf-8") as plan:
        plan.write(f"\n{text}")
    pasted = geo.read_plan(folder / "plan.toml")
    made = changed_scenario(study.plan, setting_of(page))
    same = {"id", "name", "assumption", "source", "phases"}
    assert pasted.scenarios[-1].model_dump(exclude=same) == made.model_dump(exclude=same)
    assert pasted.scenarios[-1].id == "whatif"

    rows = what_if(replace(study, plan=pasted), Setting(scenario="whatif")).floor
    rows = rows.set_index("zone")
    for zone in ("", "luoma", "changshantou"):
        for key in ("total", "added", "built", "total_low", "total_high", "cut"):
            assert figures[f"{zone}.{key}"] == worded("m2", rows.at[zone, f"{key}_m2"])


def test_texts_in_a_scenario_are_escaped(page: Any, tmp_path: Path) -> None:
    """Quotes, backslashes, line ends, DEL, half a character: what TOML reads is what was there."""
    nasty = 'a"b\\c\nd\x7f\t\u2028 [x]\n#'
    page.evaluate(
        """(nasty) => {
          const { model } = app.payload;
          model.kept = { ...model.scenarios[0] };
          Object.assign(model.scenarios[0], {
            name: { zh: nasty, en: nasty + "\\ud800" },
            by_parcel: { [nasty]: { low: 1, likely: 2, high: 3 } },
          });
          app.state.set({ whatif: { toggled: [nasty], stage: "cleared" } });
        }""",
        nasty,
    )
    text = copied(page)
    page.evaluate("() => Object.assign(app.payload.model.scenarios[0], app.payload.model.kept)")
    path = tmp_path / "plan.toml"
    plan = (ROOT / "layers/qingxi/plan.toml").read_text("utf-8")
    path.write_text(f"{plan}\n{text}", encoding="utf-8")
    scenario = geo.read_plan(path).scenarios[-1]
    assert scenario.name.zh == f"推演：{nasty}"
    assert scenario.name.en == f"What if: {nasty}\ufffd"
    assert scenario.by_parcel[nasty].model_dump() == {"low": 1.0, "likely": 2.0, "high": 3.0}


# -- by click and by key ---------------------------------------------------------------------------


def middle(page: Any, name: str) -> tuple[float, float]:
    """A point on the screen that is in a parcel, which is moved to the middle of the map."""
    return tuple(
        page.evaluate(
            """async (name) => {
              const facts = await app.atlas.all("facts");
              const row = facts["parcels.id"].indexOf(name);
              const [west, south, east, north] = app.atlas.boxOf(row);
              const { x0, y0 } = app.payload.world;
              const { left, top } = app.map.getContainer().getBoundingClientRect();
              for (const step of [10, 9, 11, 8, 12, 7, 13, 6, 14, 5, 15]) {
                const x = west + (east - west) * ((7 * step) % 20) / 20;
                const y = south + (north - south) * step / 20;
                const at = L.CRS.EPSG3857.unproject(L.point((x + x0) / 10, (y + y0) / 10));
                if (app.drawn.hit(at) !== row) continue;
                app.map.setView(at, 17, { animate: false });
                const point = app.map.latLngToContainerPoint(at);
                return [left + point.x, top + point.y];
              }
            }""",
            name,
        )
    )


def test_a_press_turns_a_parcel_while_that_is_asked_for(page: Any, study: geo.Study) -> None:
    largest = study.parcels.loc[study.parcels["counts"]].nlargest(1, "land_m2")["parcel_id"].iloc[0]
    page.click("text=Click parcels: count / do not count")
    page.mouse.click(*middle(page, largest))
    assert setting_of(page).toggled == [largest]
    assert not page.locator("#landready-card.lr-shown").count()
    compared(page, study, Setting(toggled=[largest]))
    page.mouse.click(*middle(page, largest))
    assert "whatif=" not in address(page)
    page.keyboard.press("Escape")
    page.mouse.click(*middle(page, largest))
    page.wait_for_selector("#landready-card.lr-shown")
    assert setting_of(page) == Setting()


def test_on_a_phone_the_map_comes_into_view_to_be_pressed(browser: Any, file: Path) -> None:
    with opened(browser, file, size=PHONE, at="#lang=en&tab=whatif") as seen:
        seen.page.click("text=Click parcels: count / do not count")
        seen.until("document.getElementById('landready-field').getBoundingClientRect().top > -1")
        assert seen.complaints == []


def test_a_parcel_is_turned_by_keyboard_from_its_card(visit: Visit, page: Any) -> None:
    visit.find("LM-B12")
    node = page.locator("#landready-card button", has_text="ount it")
    before = node.inner_text()
    node.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.includes('toggled')")
    assert setting_of(page).toggled == ["LM-B12"]
    page.wait_for_function(
        "(before) => ![...document.querySelectorAll('#landready-card button')]"
        ".some((node) => node.textContent === before)",
        arg=before,
    )


# -- side by side ----------------------------------------------------------------------------------


def test_side_by_side_is_moved_and_ended_by_keyboard(page: Any) -> None:
    page.locator('#landready-tools button[aria-label="Side by side"]').press("Enter")
    slider = page.locator("[role=slider]")
    assert slider.get_attribute("aria-valuenow") == "50"
    slider.focus()
    for key, at in {"ArrowRight": "52", "PageDown": "42", "Home": "3", "End": "97"}.items():
        page.keyboard.press(key)
        assert slider.get_attribute("aria-valuenow") == at
    assert "compare" in address(page)
    assert page.inner_text(".lr-half-left summary") == "Plot ratio, existing"
    page.keyboard.press("Escape")
    assert page.locator(".lr-compare").is_hidden()
    assert "compare" not in address(page)


def test_the_divider_is_dragged_and_a_link_keeps_it(browser: Any, page: Any, file: Path) -> None:
    page.click('#landready-tools button[aria-label="Side by side"]')
    page.click("text=Two dates")
    box = page.locator(".lr-divider i").bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 10, steps=3)
    page.mouse.up()
    at = page.locator("[role=slider]").get_attribute("aria-valuenow")
    assert int(at) > 55
    with opened(browser, file, at=f"#{address(page).partition('#')[2]}") as again:
        assert again.page.locator("[role=slider]").get_attribute("aria-valuenow") == at
        assert "Stage · 2" in again.page.inner_text(".lr-half-left summary")
        assert again.complaints == []


PIXEL = """([x, y, side]) => {
  for (const canvas of app.map.getPane(`land${side}`).querySelectorAll("canvas")) {
    const box = canvas.getBoundingClientRect();
    if (x < box.left || x >= box.right || y < box.top || y >= box.bottom) continue;
    const data = canvas.getContext("2d").getImageData(x - box.left, y - box.top, 1, 1).data;
    return "#" + [...data].slice(0, 3).map((v) => v.toString(16).padStart(2, "0")).join("");
  }
}"""
LOOK = """async ([name, side]) => {
  const row = (await app.atlas.all("facts"))["parcels.id"].indexOf(name);
  return colourOf(app, side)(row, app.atlas.chunkOf(row));
}"""


def painted(page: Any) -> None:
    page.evaluate("document.documentElement.removeAttribute('data-ready')")
    page.evaluate("app.drawn.refresh()")
    page.wait_for_selector("html[data-ready]")


def test_each_half_has_its_own_colours(page: Any, study: geo.Study) -> None:
    """What is on the canvas is what is told of the parcel, and the label its figure."""
    page.click('#landready-tools button[aria-label="Side by side"]')
    for key in ("zones", "blocks", "barriers", "labels"):
        page.evaluate("(key) => app.drawn.show(key, false)", key)
    ratio = study.parcel_floor[study.parcel_floor["scenario"] == "planned"]
    ratio = ratio.set_index("parcel_id")["plot_ratio"]
    for name in ("LM-B12", "LM-A01", "CS-A01"):
        known = shown(ratio[name], 1)
        looks = [page.evaluate(LOOK, [name, side]) for side in (0, 1)]
        assert looks[1]["number"] == (None if known == "—" else known)
        for side, look in enumerate(looks):
            x, y = middle(page, name)
            painted(page)
            assert page.evaluate(PIXEL, [x, y, side]) == look["fill"], name
    clips = page.evaluate("[0, 1].map((side) => app.map.getPane(`land${side}`).style.clipPath)")
    assert clips[0] != clips[1]
    for key in ("zones", "blocks", "barriers", "labels"):
        page.evaluate("(key) => app.drawn.show(key, true)", key)


@pytest.mark.parametrize("colour", ["ratio", "existing", "added", "treatment", "block"])
def test_every_colour_stands_in_the_legend(page: Any, study: geo.Study, colour: str) -> None:
    page.select_option("#landready-key select >> nth=0", value=colour)
    seen = {page.evaluate(LOOK, [name, 0])["fill"] for name in study.parcels["parcel_id"][::9]}
    swatches = page.eval_on_selector_all(
        "#landready-key .lr-sign-scale",
        "(nodes) => nodes.map((node) => getComputedStyle(node).backgroundColor)",
    )
    legend = {"#" + "".join(f"{int(v):02x}" for v in re.findall(r"\d+", rgb)) for rgb in swatches}
    assert len(seen) > 1
    assert seen <= legend
    assert f"colour={colour}" in address(page)


def test_the_legend_draws_its_line_where_the_setting_counts_from(page: Any) -> None:
    row = "#landready-key .lr-stages li:has(+ .lr-counted)"
    assert "Cleared" in page.inner_text(row)
    page.evaluate("app.state.set({ whatif: { stage: 'vacated' } })")
    assert "Vacated" in page.inner_text(row)
    assert page.inner_text("#landready-key .lr-counted") == "counted from stage 5"
    assert page.get_attribute(f"{row} .lr-swatch", "data-counts") == "true"


def test_under_what_if_the_legend_says_where_the_blocks_are(page: Any) -> None:
    body = page.locator("#landready-key")
    assert page.is_visible("#landready-key .lr-sign-block")
    page.evaluate("app.drawn.whole({ animate: false })")
    page.evaluate("app.state.set({ whatif: { toggled: ['LM-A01'] } })")
    assert page.is_disabled("[data-layer=blocks]")
    assert page.is_hidden("#landready-key .lr-sign-block")
    assert "not under what-if; colour by contiguous block" in body.inner_text()
    assert page.is_visible("#landready-key .lr-sign-turned")
    count = """() => {
      const canvas = document.createElement("canvas");
      const frame = window.inside.frameOf(window.app);
      const pen = window.inside.sized(canvas, frame);
      window.inside.paint(window.app, pen, frame);
      const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
      let seen = 0;
      for (let at = 0; at < data.length; at += 4) {
        if (data[at] === 194 && data[at + 1] === 24 && data[at + 2] === 91) seen += 1;
      }
      return seen;
    }"""
    assert page.evaluate(count) > 20
    page.evaluate("app.state.set({ whatif: null })")
    assert page.evaluate(count) == 0
    assert page.is_enabled("[data-layer=blocks]")


def test_a_card_and_the_list_count_as_the_setting_does(visit: Visit, page: Any) -> None:
    visit.find("LM-B12")
    chips = page.locator("#landready-card .lr-chips")
    assert "Not counted" in chips.inner_text()
    visit.tab("parcels")
    page.wait_for_selector(".lr-list tbody tr")
    page.evaluate("app.state.set({ whatif: { stage: 'signed' } })")
    page.wait_for_function(
        "document.querySelector('#landready-card .lr-chips').innerText.includes('Counted')"
    )
    assert chips.locator(".lr-swatch").get_attribute("data-counts") == "true"
    rungs = page.locator(".lr-list .lr-swatch").evaluate_all(
        "nodes => nodes.map((node) => [Number(node.textContent), node.dataset.counts])"
    )
    signed = 4
    assert {counts for rung, counts in rungs if rung >= signed} == {"true"}
    assert {counts for rung, counts in rungs if rung < signed} <= {"false"}
    page.keyboard.press("Escape")
    visit.tab("whatif")


PICTURED = """async () => {
  const texts = [];
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    texts.push(text);
    return fillText.call(this, text, ...rest);
  };
  const canvas = inside.landCanvas(app, { ...inside.frameOf(app), ratio: 1 });
  CanvasRenderingContext2D.prototype.fillText = fillText;
  const pen = canvas.getContext("2d");
  const line = [...Array(canvas.width).keys()].filter((x) => {
    const column = pen.getImageData(x, 60, 1, 40).data;
    return column.every((value, at) => value === column[at % 4]) && column[0] < 40;
  });
  return { texts, cut: line[0] / canvas.width };
}"""


def test_a_picture_says_what_if_and_shows_both_halves(page: Any) -> None:
    """Cut where the divider stands, each with its own colours and its name."""
    page.evaluate(
        """() => app.state.set({
          whatif: { plot_ratio: 6 },
          compare: {
            left: { date: app.state.get("date"), colour: "stage", scenario: null, whatif: false },
            right: { date: app.state.get("date"), colour: "ratio", scenario: null, whatif: true },
            at: 0.25,
          },
        })"""
    )
    seen = page.evaluate(PICTURED)
    assert "What-if, not the official figures" in seen["texts"]
    assert any(text.startswith("Stage") for text in seen["texts"])
    assert any("what-if" in text for text in seen["texts"])
    assert seen["cut"] == pytest.approx(0.25, abs=0.01)
    page.click("#landready-tools button:has(.lr-tool-save)")
    page.click("text=Open the sheet")
    sheet = page.locator("#landready-sheet")
    sheet.locator("canvas").wait_for()
    assert "What-if, not the official figures" in sheet.locator(".lr-sheet-notices").inner_text()
    assert {"Left", "Right"} <= set(sheet.locator(".lr-sheet-half").all_inner_texts())
    page.keyboard.press("Escape")


# -- access ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "theme"), [(DESK, "dark"), (PHONE, "light")])
def test_axe_finds_nothing_in_what_if_and_side_by_side(
    browser: Any, file: Path, size: dict[str, int], theme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    setting = quote(json.dumps({"by_zone": {"luoma": 2}, "toggled": ["LM-B12"], "gap_m": 5}))
    at = f"#lang=zh&theme={theme}&tab=whatif&whatif={setting}"
    with opened(browser, file, at=at, size=size) as seen:
        seen.page.wait_for_selector(".lr-results table")
        seen.page.wait_for_selector(".lr-number-label p:not(:empty)")
        seen.page.locator("#landready-tools button[aria-label=左右对比]").click()
        assert broken(axe, seen) == []
        assert seen.complaints == []


def broken(axe: Any, seen: Visit) -> list[str]:
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found = axe.Axe().run(seen.page, options=rules).response["violations"]
    return [f"{item['id']}: {node['target']}" for item in found for node in item["nodes"][:3]]
