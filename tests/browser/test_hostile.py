"""Text of every hostile kind in every field that people fill in stays text; the page works on."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shapely import LineString, box

import geo
from geo.webmap.atlas import Atlas, atlas_of
from geo.webmap.maps import land_map
from geo.webmap.packing import Column
from geo.webmap.page import LandMap
from tests.browser.pages import opened
from tests.claiming import TABLES, as_csv, numbered
from tests.makers import STAGES, events, placed, row, write_plan

pytestmark = pytest.mark.browser

TOKEN = "TXTX"
HOSTILE = {
    "img": "<img src=x onerror=alert(1)>",
    "svg": "<svg onload=alert(1)><animate onbegin=alert(2) attributeName=x></svg>",
    "script": "</script><script>alert(1)</script>",
    "comment": "<!--<script>",
    "comment-end": "--> <b>bold</b>",
    "cdata": "]]> <![CDATA[<b>x</b>]]>",
    "style": "</style><style>*{display:none}</style>",
    "title": "</title></textarea></noscript><h1>taken</h1>",
    "iframe": "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "link": "<link rel=stylesheet href=https://outside.example/x.css>",
    "base": "<base href=https://outside.example/><form action=https://outside.example>",
    "meta": "<meta http-equiv=refresh content='0;url=https://outside.example'>",
    "math": "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "template-literal": "${alert(1)} `${alert(2)}` \\${alert(3)} \\u003c",
    "jinja": "{{7*7}} {% for x in (1, 2) %}{{ this }}{% endfor %} {# gone #}",
    "raw": "{% endraw %}{{ 7*7 }}{% raw %}",
    "angular": "{{constructor.constructor('alert(1)')()}}",
    "javascript": "javascript:alert(1)",
    "data": "data:text/html,<script>alert(1)</script>",
    "entities": "&lt;b&gt; &amp; &#60;script&#62; &quot;",
    "quotes": '"\'` onmouseover=alert(1) x="',
    "style-value": "red;background:url(https://outside.example/x.png)",
    "rtl": "\u202eesrever \u2066rtl\u2069 \u200f\u061c",
    "line-ends": "one\u2028two\u2029three\r\nfour\x0b\x0cfive\x85six",
    "nul": "before\x00after\x1b[31m\x07\x7f",
    "surrogates": "\ud800 lone \udfff and \udc00\ud800 swapped",
    "emoji": "👨‍👩‍👧‍👦 🏳️‍🌈 🇨🇳 \U0001f3fb",
    "combining": "Z\u0351\u036b\u0343" * 60,
    "long": "长" * 10_000,
    "no-space": "x" * 10_000,
    "formula": "=cmd|' /C calc'!A0",
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "proto": "__proto__",
    "constructor": "constructor",
    "prototype": "toString",
    "number": "-1e309",
    "blank": " \t ",
}
"""Thirty-seven strings, of which some can stand in no file that is read: they are put in later."""

TOGETHER = {
    "markup": (
        *("img", "svg", "script", "title", "iframe", "link", "base", "meta", "math", "style"),
        *("comment-end", "cdata", "comment"),
    ),
    "templates": ("template-literal", "jinja", "raw", "angular"),
    "values": ("javascript", "data", "entities", "quotes", "style-value"),
    "signs": ("rtl", "line-ends", "emoji", "combining"),
    "control": ("nul", "surrogates"),
    "endless": ("long", "no-space"),
    "cells": ("formula", "at", "number"),
    **{kind: (kind,) for kind in ("proto", "constructor", "prototype", "blank")},
}
"""What stands in one text, one after the other: all of it must be read back as it was written."""


def joined(group: str) -> str:
    return " ".join(HOSTILE[kind] for kind in TOGETHER[group])


def test_every_string_is_in_a_text() -> None:
    assert sorted(kind for kinds in TOGETHER.values() for kind in kinds) == sorted(HOSTILE)


def hostile_study(folder: Path) -> geo.Study:
    """A plan with a token in every text that people write: ids and names, words and reasons."""
    ids = [f"{TOKEN}{at}" for at in range(6)]
    land = placed(
        *row([200] * 6, gap=5),
        parcel_id=ids,
        name=[TOKEN] * 6,
        zone=["west"] * 3 + ["east"] * 3,
        land_use=[TOKEN] * 6,
        plot_ratio=[2.0] * 6,
    )
    words = [TOKEN, TOKEN]
    zones = placed(
        box(-50, -50, 612, 150),
        box(612, -50, 1300, 150),
        **{"zone_id": ["west", "east"], "name_zh": words, "name_en": words},
        illustrative=[True, True],
    )
    river = {"class": ["river"], "name_zh": [TOKEN], "name_en": [TOKEN]}
    lost = placed(box(0, 0, 20, 20))
    reached = ["cleared", "cleared", "cleared", "survey", "signed", "demolished"]
    told = events(
        *((name, "2024-06-30", *at, TOKEN) for name, *at in zip(ids, reached, strict=True))
    )
    history = told[["parcel_id", "date", "stage", "evidence"]].assign(source=TOKEN, reason=TOKEN)
    folder.mkdir()
    lost.to_parquet(folder / "lost.parquet")
    claims = [{"subject": TOKEN, "measure": "land", "value": "110", "unit": "mu"}]
    (folder / "claims.csv").write_text(as_csv(numbered(claims)), "utf-8")
    (folder / "sources.csv").write_text(f"id,title\ns1,{TOKEN}\n", "utf-8")
    path = write_plan(
        folder,
        land,
        history=history,
        barriers=placed(LineString([(612, -40), (612, 140)]), **river),
        zones=zones,
        top=f'notice = "{TOKEN}"\nsource = "{TOKEN}"\nreview_number = "{TOKEN}"\n'
        f'assumptions = ["{TOKEN}"]',
        tables=_tables(ids),
    )
    plan = path.read_text("utf-8").replace('name = "Test"', f'name = "{TOKEN}"', 1)
    for stage in STAGES:
        plan = plan.replace(f'name = "{stage}"', f'name = "{TOKEN} {stage}"')
    path.write_text(plan, "utf-8")
    return geo.run(geo.read_plan(path))


def _tables(ids: list[str]) -> str:
    named = f'name = "{TOKEN}"\nassumption = "{TOKEN}"\nsource = "{TOKEN}"'
    return f"""
[[goals]]
id = "g"
{named}
mu = 300
due = 2025-12-31
stage = "cleared"

[[programmes]]
id = "p"
{named}
parcels = ["{ids[0]}", "{ids[1]}"]

[[constraints]]
id = "c"
{named}
kind = "hard"
layer = {{ file = "lost.parquet" }}

[[scenarios]]
id = "s"
{named}
plot_ratio = "planned"

[[scenarios]]
id = "t"
{named}
plot_ratio = 3.5

{TABLES}"""


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Atlas]:
    study = hostile_study(tmp_path_factory.mktemp("hostile") / "plan")
    return json.loads(land_map(study, lang="en").data), atlas_of(study)


def replaced(value: Any, text: str) -> Any:
    """The same value with a text in place of every token in it."""
    if isinstance(value, str):
        return value.replace(TOKEN, text)
    if isinstance(value, list | tuple):
        return [replaced(item, text) for item in value]
    if isinstance(value, dict):
        return {replaced(key, text): replaced(item, text) for key, item in value.items()}
    return value


def hostile_map(parts: tuple[dict[str, Any], Atlas], text: str) -> LandMap:
    payload, atlas = parts

    def columns(given: Any) -> list[Column]:
        return [
            replace(item, values=replaced(list(item.values), text))
            if item.kind in ("text", "level")
            else item
            for item in given
        ]

    swapped = replace(atlas, facts=columns(atlas.facts), states=columns(atlas.states))
    return LandMap(replaced(payload, text), swapped)


@pytest.fixture(scope="module")
def visit(browser: Any, parts: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One page for all: each test goes to a file of its own."""
    file = tmp_path_factory.mktemp("pages") / "plain.html"
    hostile_map(parts, "plain").save(file)
    with opened(browser, file, accept_downloads=True) as visit:
        visit.page.set_default_timeout(5000)
        yield visit


FOREIGN = (
    "img:not(.leaflet-tile), iframe, object, embed, form, math, base, b b, audio, video, "
    "body link, body meta, body style, [onerror], [onload], [onbegin], a[href^='javascript']"
)


def test_the_token_is_in_every_kind_of_text(parts):
    payload, atlas = parts
    whole = json.dumps(payload)
    for key in ("title", "notices", "facts", "stages", "goals", "zones", "blocks", "barriers"):
        assert TOKEN in json.dumps(payload[key]), key
    tables = {item["id"]: json.dumps(item["rows"]) for item in payload["tables"]}
    for key in ("balance", "floor", "programmes", "claims", "assumptions"):
        assert TOKEN in tables[key], key
    texts = [item for item in atlas.facts if item.kind in ("text", "level")]
    told = {item.name for item in texts if TOKEN in json.dumps(list(item.values), default=str)}
    assert {"parcels.id", "parcels.name", "parcels.land_use"} <= told
    assert whole.count(TOKEN) > 60
    assert len(HOSTILE) >= 35


@pytest.mark.parametrize("group", TOGETHER)
def test_it_stays_text(visit, parts, tmp_path, group):
    text = joined(group)
    file = tmp_path / "page.html"
    hostile_map(parts, text).save(file)
    visit.requests.clear()
    page = visit.page
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]")
    scripts = page.locator("script").count()
    page.evaluate(
        """() => {
          for (const tab of document.querySelectorAll("[role=tab]")) tab.click();
          for (const node of document.querySelectorAll("details")) node.open = true;
          for (let at = 0; at < 2; at += 1) document.querySelector(".lr-language").click();
        }"""
    )
    shown = """() => {
      const { title, notices } = JSON.parse(document.getElementById("landready-data").textContent);
      const said = document.querySelector("#landready-panel").textContent;
      return [
        document.querySelector("h1").textContent === title.en,
        said.includes(notices[0].en),
        document.title.length > 0,
        document.documentElement.scrollWidth <= innerWidth,
      ];
    }"""
    assert page.evaluate(shown) == [True, True, True, True]
    _card_of_a_parcel(page)
    assert (
        page.locator("#landready-card h2").evaluate(
            "(node, text) => node.textContent.includes(text.trim())",
            text.encode("utf-8", "replace").decode(),
        )
        or group == "control"
    )
    assert page.locator(FOREIGN).count() == 0
    assert page.locator("script").count() == scripts
    assert page.evaluate("({}).polluted === undefined && [].length === 0")
    page.keyboard.press("Escape")
    assert visit.dialogs == []
    assert visit.complaints == []
    assert [url for url in visit.requests if not url.startswith("data:,")] == [file.as_uri()]


def _card_of_a_parcel(page: Any) -> None:
    """A press in the middle of the second parcel from the west."""
    at = page.evaluate(
        """() => {
          const map = window[document.querySelector(".folium-map").id];
          const { bounds } = JSON.parse(document.getElementById("landready-data").textContent);
          const [[south, west], [north, east]] = bounds;
          const part = (west + (east - west) * (205 + 100) / 1225);
          const { x, y } = map.latLngToContainerPoint([(south + north) / 2, part]);
          const field = map.getContainer().getBoundingClientRect();
          return [field.x + x, field.y + y];
        }"""
    )
    page.mouse.click(*at)
    page.wait_for_selector("#landready-card.lr-shown h2")


@pytest.mark.parametrize("kind", ["formula", "at", "number", "quotes", "line-ends", "script"])
def test_what_is_saved_of_it_is_inert(visit, parts, tmp_path, kind):
    text = HOSTILE[kind]
    file = tmp_path / "page.html"
    hostile_map(parts, text).save(file)
    page = visit.page
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]")
    page.click(".lr-tools button:has(.lr-tool-save)")
    with page.expect_download() as download:
        page.click("text=Save all parcels")
    data = Path(download.value.path()).read_bytes().decode("utf-8-sig")
    _, *rows = csv.reader(io.StringIO(data, newline=""))
    guard = "'" if text[0] in "=+-@" else ""
    assert sorted(line[0] for line in rows) == [f"{guard}{text}{at}" for at in range(6)]
    assert {line[1] for line in rows} == {f"{guard}{text}"}
    name = download.value.suggested_filename
    assert not set(name) & set('\\/:*?"<>|\r\n')
    page.click(".lr-tools button:has(.lr-tool-save)")
    page.click("text=Open the sheet")
    assert page.locator("#landready-sheet h1").evaluate("node => node.textContent") == page.locator(
        "#landready-head h1"
    ).evaluate("node => node.textContent")
    assert page.locator(FOREIGN).count() == 0
    page.keyboard.press("Escape")
    assert (visit.dialogs, visit.complaints) == ([], [])


@pytest.mark.parametrize("group", [group for group in TOGETHER if group != "blank"])
def test_the_file_holds_it_in_no_form_that_acts(parts, group):
    """Its bytes are those of a harmless page but for JSON and packs, where no sign can end them."""
    text = joined(group)
    html = hostile_map(parts, text).get_root().render()
    for kind in TOGETHER[group]:
        assert "<" not in HOSTILE[kind] or HOSTILE[kind] not in html, kind
    inside = html.split('id="landready-data">', 1)[1].split("</script>", 1)[0]
    assert not set(inside) & set("<>&\u2028\u2029\x00\ud800")
    assert json.loads(inside)["notices"][0]["en"] == text
