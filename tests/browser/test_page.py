"""The page as a reader meets it: opened from a file, without a network, in Chromium."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shapely import MultiPoint, Polygon, unary_union, voronoi_polygons
from shapely.geometry import mapping

from geo.webmap.page import LandMap

pytestmark = pytest.mark.browser

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "<!--<script>",
    "${alert(3)} `alert(4)` {{7*7}} {% raw %}",
    "\u202eesrever \u2066rtl\u2069 \u2028\u2029 & &lt;b&gt;",
    "长" * 10_000,
)

# -- a payload such as a study of Qingxi gives: two illustrative zones, sixty parcels -------------

STAGES = [
    *((0, "摸底调查", "Survey", "#b4bac0"), (1, "标图建库", "Registered", "#e3d62f")),
    *((2, "意愿征集", "Consent", "#b5d433"), (3, "方案审批", "Approved", "#86cc48")),
    *((4, "签约", "Signed", "#5cc05f"), (5, "补偿腾空", "Vacated", "#36b177")),
    *((6, "拆除平整", "Demolished", "#209f86"), (7, "净地", "Cleared", "#238a8d")),
    *((8, "供地", "Supplied", "#2f728e"), (9, "动工", "Started", "#3c588b")),
    *((10, "竣工", "Completed", "#463a7c"), (11, "投产", "Producing", "#440f54")),
]
ZONES = {
    "LM": ("罗马", "Luoma", (114.1320, 22.8660), 0.0068, 38),
    "CST": ("长山头", "Changshantou", (114.1540, 22.8680), 0.0054, 22),
}
NAMES = ("元瑞", "裕利", "青峰", "联升", "三中", "厦坭", "松岗", "铁场", "土桥", "重河")


def both(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def outline(centre: tuple[float, float], radius: float, rng: np.random.Generator) -> Polygon:
    turns = np.linspace(0, 2 * math.pi, 28, endpoint=False)
    reach = radius * (1 + 0.16 * np.sin(3 * turns + 1) + rng.uniform(-0.05, 0.05, turns.size))
    x, y = centre[0] + reach * np.cos(turns), centre[1] + 0.86 * reach * np.sin(turns)
    return Polygon(np.column_stack([x, y]))


def cells(zone: Polygon, count: int, rng: np.random.Generator) -> list[Polygon]:
    west, south, east, north = zone.bounds
    side = math.sqrt(zone.area / count)
    grid = [
        (x + rng.uniform(-0.28, 0.28) * side, y + rng.uniform(-0.28, 0.28) * side)
        for x in np.arange(west + side / 2, east, side)
        for y in np.arange(south + side / 2, north, side)
    ]
    pieces = voronoi_polygons(MultiPoint(grid), extend_to=zone).geoms
    inside = [piece.intersection(zone).buffer(-0.00009, join_style="mitre") for piece in pieces]
    solid = [piece for piece in inside if piece.geom_type == "Polygon" and not piece.is_empty]
    return sorted(solid, key=lambda piece: -piece.area)[:count]


def parcel(zone: str, at: int, shape: Polygon, rng: np.random.Generator) -> dict[str, Any]:
    zh, en, *_ = ZONES[zone]
    rung = int(
        rng.choice(12, p=[0.12, 0.08, 0.1, 0.08, 0.14, 0.08, 0.1, 0.14, 0.06, 0.05, 0.03, 0.02])
    )
    area = shape.area * 111_320**2 * math.cos(math.radians(22.866)) * 3 / 2000
    next_step = None if rung == 11 else both(STAGES[rung + 1][1], STAGES[rung + 1][2])
    name = f"{zone}-{'AB'[at % 2]}{at + 1:02d}"
    floor = f"{area * 2000 / 3 * 3.5:,.0f}"
    return {
        "id": name,
        "label": f"{name} {NAMES[at % len(NAMES)]}",
        "rung": rung,
        "self_reported": bool(rng.random() < 0.16),
        "counts": rung >= 7,
        "values": [both(zh, en), f"{area:.2f}", "3.50", floor, "2025-06-30", next_step, None],
        "geometry": mapping(shape),
    }


def block(name: str, members: list[dict[str, Any]]) -> dict[str, Any]:
    land = unary_union([Polygon(item["geometry"]["coordinates"][0]) for item in members])
    hull = land.buffer(0.00012, join_style="mitre").buffer(-0.00008, join_style="mitre")
    return {
        "id": name,
        "label": both(f"连片 {name}", f"Block {name}"),
        "lines": [
            both("净面积 412.36 亩，6 宗", "412.36 mu net, 6 parcels"),
            both("距 500 亩档还差 87.64 亩", "87.64 mu short of the 500 mu tier"),
        ],
        "geometry": mapping(hull),
        "bridge_parcels": [members[1]["id"]],
    }


def progress_table() -> dict[str, Any]:
    columns = [
        both("年度", "Year") | {"align": "left", "kind": "text"},
        both("目标（亩）", "Target (mu)") | {"align": "right", "kind": "number"},
        both("累计完成", "Done to date") | {"align": "right", "kind": "number"},
        both("完成率", "Completed") | {"align": "left", "kind": "bar"},
        both("序时进度", "Time elapsed") | {"align": "right", "kind": "number"},
        both("红黄绿灯", "Light") | {"align": "left", "kind": "light"},
    ]
    rows = [
        ["2023", "250.00", "231.40", {"share": 0.926, "text": "92.6%"}, "100.0%", "yellow"],
        ["2024", "1,000.00", "1,021.75", {"share": 1.0, "text": "102.2%"}, "100.0%", "green"],
        ["2025", "2,000.00", "1,106.18", {"share": 0.553, "text": "55.3%"}, "87.4%", "red"],
        ["2026", "3,200.00", None, None, None, "grey"],
    ]
    note = both("整备以第 7 级及以上计；毛面积。", "Counted from stage 7 up; gross area.")
    return {
        "id": "progress",
        "title": both("目标与进度", "Goals and progress"),
        "note": note,
        "open": True,
        "columns": columns,
        "rows": rows,
    }


def overdue_table(items: list[dict[str, Any]]) -> dict[str, Any]:
    columns = [
        both("地块", "Parcel") | {"align": "left", "kind": "text"},
        both("面积（亩）", "Area (mu)") | {"align": "right", "kind": "number"},
        both("当前阶段", "Stage") | {"align": "left", "kind": "text"},
        both("下一步", "Next step") | {"align": "left", "kind": "text"},
        both("超期（天）", "Overdue (days)") | {"align": "right", "kind": "number"},
    ]
    rows = [
        [
            item["label"],
            item["values"][1],
            both(*STAGES[item["rung"]][1:3]),
            item["values"][5],
            str(17 + 9 * at),
        ]
        for at, item in enumerate(items[:14])
    ]
    return {
        "id": "overdue",
        "title": both("超期地块", "Overdue parcels"),
        "note": None,
        "open": True,
        "columns": columns,
        "rows": rows,
    }


def small_table(name: str, title: dict[str, str]) -> dict[str, Any]:
    columns = [
        both("片区", "Zone") | {"align": "left", "kind": "text"},
        both("亩", "mu") | {"align": "right", "kind": "number"},
    ]
    rows = [[both("罗马", "Luoma"), "2,888.00"], [both("长山头", "Changshantou"), "1,657.00"]]
    return {
        "id": name,
        "title": title,
        "note": None,
        "open": False,
        "columns": columns,
        "rows": rows,
    }


def barriers() -> list[dict[str, Any]]:
    river = [[114.120 + 0.0025 * i, 22.8592 + 0.0009 * math.sin(i)] for i in range(18)]
    road = [[114.1438, 22.8575], [114.1447, 22.866], [114.1431, 22.877]]
    power = [[114.147, 22.8608], [114.162, 22.8655]]
    return [
        {
            "label": both("清溪水", "Qingxi river"),
            "class": "river",
            "geometry": {"type": "LineString", "coordinates": river},
        },
        {
            "label": both("从莞高速", "Expressway"),
            "class": "expressway",
            "geometry": {"type": "LineString", "coordinates": road},
        },
        {
            "label": both("220 kV", "220 kV"),
            "class": "power_corridor",
            "geometry": {"type": "LineString", "coordinates": power},
        },
    ]


def lost(item: dict[str, Any], zh: str, en: str) -> dict[str, Any]:
    """A whole parcel as land that is lost."""
    label = both(f"{zh} 30.00 亩", f"{en} 30.00 mu")
    return {"label": label, "color": "#1f6fb5", "geometry": item["geometry"]}


def notices() -> list[dict[str, str]]:
    return [
        both(
            "示意范围：片区与地块边界为示意，不得用于权属、规划或征收。",
            "Illustrative outlines: not for title, planning or acquisition.",
        )
        | {"kind": "warning"},
        both(
            "4 宗地块的阶段为自报，未附凭证，另行计列。",
            "Four parcels report a stage without evidence; they are listed apart.",
        )
        | {"kind": "info"},
    ]


def facts() -> list[dict[str, Any]]:
    return [
        both("数据日期", "Data date") | {"value": both("2025-06-30", "30 June 2025")},
        both("坐标系", "CRS")
        | {
            "value": both(
                "CGCS2000 / 3°带 114E（EPSG:4547）", "CGCS2000, 3° zone, CM 114E (EPSG:4547)"
            )
        },
        both("面积方法", "Area method") | {"value": both("平面投影面积", "planar, on the grid")},
        both("来源", "Source") | {"value": both("示例数据 layers/qingxi", "example layers/qingxi")},
        both("版本", "Version") | {"value": both("landready 0.1", "landready 0.1")},
    ]


def realistic_payload() -> dict[str, Any]:
    rng = np.random.default_rng(11)
    outlines = {
        key: outline(centre, radius, rng) for key, (_, _, centre, radius, _) in ZONES.items()
    }
    items = [
        parcel(key, at, shape, rng)
        for key, zone in outlines.items()
        for at, shape in enumerate(cells(zone, ZONES[key][4], rng))
    ]
    west, south, east, north = unary_union(list(outlines.values())).bounds
    near = sorted(items[:38], key=lambda item: item["geometry"]["coordinates"][0][0])[8:13]
    fields = [
        ("zone", "片区", "Zone"),
        ("land_mu", "面积（亩）", "Area (mu)"),
        ("ratio", "规划容积率", "Plot ratio"),
        ("floor", "规划建筑面积（m²）", "Floor space (m²)"),
        ("as_of", "阶段日期", "Stage since"),
        ("next", "下一步", "Next step"),
        ("note", "备注", "Remark"),
    ]
    return {
        "lang": "zh",
        "title": both("清溪镇土地整备一张图（示意）", "Qingxi land readiness (illustrative)"),
        "subtitle": both(
            "罗马、长山头两片区，截至 2025-06-30", "Luoma and Changshantou, as of 30 June 2025"
        ),
        "notices": notices(),
        "facts": facts(),
        "bounds": [[south, west], [north, east]],
        "stages": [
            {"rung": rung, "zh": zh, "en": en, "color": color} for rung, zh, en, color in STAGES
        ],
        "counted_from": 7,
        "zones": [
            {
                "id": key,
                "label": both(f"{ZONES[key][0]}（示意）", f"{ZONES[key][1]} (illustrative)"),
                "geometry": mapping(zone),
            }
            for key, zone in outlines.items()
        ],
        "parcels": {
            "fields": [both(zh, en) | {"key": key} for key, zh, en in fields],
            "items": items,
        },
        "blocks": [block("B1", near)],
        "barriers": barriers(),
        "lost": [lost(items[0], "限制性", "limiting"), lost(items[1], "保留", "retained")],
        "tables": [
            progress_table(),
            overdue_table(items),
            small_table("zones", both("各片区面积", "Area by zone")),
        ],
    }


def replaced(value: Any, text: str) -> Any:
    """The same payload with every human text replaced."""
    keep = {
        "geometry",
        "color",
        "kind",
        "align",
        "lang",
        "bounds",
        "rung",
        "class",
        "bridge_parcels",
    }
    if isinstance(value, str):
        return text
    if isinstance(value, list):
        return [replaced(item, text) for item in value]
    if isinstance(value, dict):
        return {key: item if key in keep else replaced(item, text) for key, item in value.items()}
    return value


# -- opening it ----------------------------------------------------------------------------------


@dataclass
class Visit:
    """One opened page, with everything that it asked for or complained about."""

    page: Any
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def point_in(self, parcel_id: str) -> tuple[float, float]:
        """Where on the screen a parcel's label stands."""
        return tuple(
            self.page.evaluate(
                """id => {
              const box = document.querySelector('.folium-map');
              const map = window[box.id];
              let found;
              map.eachLayer(l => { if (l.feature?.id === id) found ??= l; });
              const at = map.latLngToContainerPoint(found.getCenter());
              const frame = box.getBoundingClientRect();
              return [frame.x + at.x, frame.y + at.y];
            }""",
                parcel_id,
            )
        )


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Any]:
    contexts = []

    def open_page(
        payload: dict[str, Any], *, size: dict[str, int] = DESK, at: str = "", **options: Any
    ) -> Visit:
        file = tmp_path / f"page{len(contexts)}.html"
        LandMap(payload).save(file)
        context = browser.new_context(viewport=size, offline=True, **options)
        contexts.append(context)
        seen = Visit(context.new_page(), file.as_uri())
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on("console", lambda message: seen.complaints.append(message.text))
        seen.page.on(
            "dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss())
        )
        seen.page.goto(seen.address + at)
        seen.page.wait_for_selector("[data-parcels]")
        return seen

    yield open_page
    for context in contexts:
        context.close()


# -- what a reader can rely on -------------------------------------------------------------------


def test_the_page_asks_for_nothing_but_itself(visit):
    seen = visit(realistic_payload())
    assert seen.requests == [seen.address]
    assert seen.complaints == []


def test_every_parcel_is_drawn_in_its_stage(visit):
    payload = realistic_payload()
    seen = visit(payload)
    drawn = seen.page.evaluate(
        """() => {
          const map = window[document.querySelector('.folium-map').id];
          const found = [];
          map.eachLayer(l => {
            if (l.feature?.properties?.values && l.options.pane === 'parcels') {
              found.push([l.feature.id, l.options.fillColor, l.options.fillOpacity]);
            }
          });
          return found;
        }"""
    )
    items = {item["id"]: item for item in payload["parcels"]["items"]}
    assert sorted(name for name, *_ in drawn) == sorted(items)
    assert seen.page.get_attribute("[data-parcels]", "data-parcels") == "60"
    for name, colour, opacity in drawn:
        if not items[name]["self_reported"]:
            assert colour == STAGES[items[name]["rung"]][3]
        assert opacity == (0.95 if items[name]["counts"] else 0.5)


def test_the_canvas_shows_the_colour_of_the_stage(visit):
    payload = realistic_payload()
    item = next(
        item for item in payload["parcels"]["items"] if item["counts"] and not item["self_reported"]
    )
    seen = visit(payload)
    seen.page.uncheck("[data-layer=labels]")
    colour = seen.page.evaluate(
        """id => {
          const map = window[document.querySelector('.folium-map').id];
          let found;
          map.eachLayer(l => { if (l.feature?.id === id) found ??= l; });
          const pen = found._renderer._ctx;
          const origin = found._renderer._bounds.min;
          const at = map.latLngToLayerPoint(found.getCenter()).subtract(origin);
          return [...pen.getImageData(at.x, at.y, 1, 1).data];
        }""",
        item["id"],
    )
    wanted = [int(STAGES[item["rung"]][3][at : at + 2], 16) for at in (1, 3, 5)]
    assert colour[:3] == pytest.approx(wanted, abs=3)
    assert colour[3] == pytest.approx(0.95 * 255, abs=2)


def test_the_language_changes_every_text_and_stays_in_the_address(visit):
    seen = visit(realistic_payload())
    page = seen.page
    assert page.title() == "清溪镇土地整备一张图（示意）"
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.locator("[data-table=progress] thead th").nth(1).inner_text() == "目标（亩）"

    page.click("button.lr-language")
    assert page.title() == page.inner_text("h1") == "Qingxi land readiness (illustrative)"
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("[data-table=progress] thead th").nth(1).inner_text() == "Target (mu)"
    assert page.url.endswith("#lang=en")
    assert not page.evaluate(
        "/[\\u4e00-\\u9fff]/.test(document.querySelector('#landready-key').innerText)"
    )

    again = visit(realistic_payload(), at="#lang=en")
    assert again.page.title() == "Qingxi land readiness (illustrative)"
    assert seen.complaints == again.complaints == []


def test_a_click_on_a_parcel_opens_its_card(visit):
    payload = realistic_payload()
    item = payload["parcels"]["items"][4]
    seen = visit(payload)
    seen.page.mouse.click(*seen.point_in(item["id"]))
    card = seen.page.locator("#landready-card")
    assert card.locator("h2").inner_text() == item["label"]
    assert card.get_attribute("aria-live") == "polite"
    rows = card.locator("dl > div").all_inner_texts()
    assert rows[0].split("\n") == ["片区", "罗马"]
    assert rows[1].split("\n") == ["面积（亩）", item["values"][1]]
    assert rows[-1].split("\n") == ["备注", "—"]

    seen.page.click("button.lr-language")
    assert card.locator("dd").first.inner_text() == "Luoma"
    seen.page.keyboard.press("Escape")
    assert card.locator("h2").count() == 0


def test_a_parcel_is_found_by_keyboard(visit):
    payload = realistic_payload()
    item = payload["parcels"]["items"][20]
    seen = visit(payload)
    seen.page.focus("input[type=search]")
    seen.page.keyboard.type(item["id"].lower())
    seen.page.keyboard.press("Tab")
    seen.page.keyboard.press("Enter")
    assert seen.page.inner_text("#landready-card h2") == item["label"]


def test_a_block_tells_its_lines(visit):
    seen = visit(realistic_payload())
    seen.page.fill("input[type=search]", "连片")
    seen.page.click(".lr-found button")
    assert seen.page.locator("#landready-card li").all_inner_texts() == [
        "净面积 412.36 亩，6 宗",
        "距 500 亩档还差 87.64 亩",
    ]


def test_layers_can_be_hidden_and_shown(visit):
    page = visit(realistic_payload()).page
    count = "() => document.querySelectorAll('.leaflet-zones-pane path').length"
    assert page.evaluate(count) == 2
    page.uncheck("[data-layer=zones]")
    assert page.evaluate(count) == 0
    page.check("[data-layer=zones]")
    assert page.evaluate(count) == 2


def test_land_that_is_lost_is_drawn_when_asked_for_and_takes_no_click(visit):
    payload = realistic_payload()
    seen = visit(payload)
    page, signs = seen.page, seen.page.locator("#landready-lost")
    assert not signs.is_visible()
    assert not page.is_checked("[data-layer=lost]")
    page.check("[data-layer=lost]")
    assert signs.locator("li").all_inner_texts() == ["限制性 30.00 亩", "保留 30.00 亩"]
    item = payload["parcels"]["items"][0]
    page.mouse.click(*seen.point_in(item["id"]))
    assert item["label"] in page.locator("#landready-card").inner_text()
    page.uncheck("[data-layer=lost]")
    assert not signs.is_visible()
    assert seen.complaints == []


def test_tables_are_tables(visit):
    page = visit(realistic_payload()).page
    progress = page.locator("[data-table=progress] table")
    assert progress.locator("caption").text_content() == "目标与进度"
    assert progress.locator("thead th[scope=col]").count() == 6
    assert progress.locator("tbody th[scope=row]").all_inner_texts() == [
        "2023",
        "2024",
        "2025",
        "2026",
    ]
    assert progress.locator(".lr-light").all_inner_texts() == ["黄灯", "绿灯", "红灯", "未评"]
    assert progress.locator(".lr-bar").nth(2).inner_text() == "55.3%"


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:18])
def test_hostile_text_stays_text(visit, text):
    seen = visit(replaced(realistic_payload(), text))
    page = seen.page
    first = page.locator("[data-table] thead th").first
    assert first.evaluate("node => node.textContent") == text
    assert page.locator("h1").evaluate("node => node.textContent") == text
    page.fill("input[type=search]", text.strip()[:9])
    page.click(".lr-found button")
    assert page.locator("#landready-card h2").evaluate("node => node.textContent") == text
    page.click("button.lr-language")
    assert page.locator("img, iframe, object, embed").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert (seen.dialogs, seen.complaints, seen.requests) == ([], [], [seen.address])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_phone_needs_no_sideways_scroll(visit, language):
    payload = realistic_payload()
    seen = visit(payload, size=PHONE, at=f"#lang={language}", has_touch=True, is_mobile=True)
    assert seen.page.evaluate("document.documentElement.scrollWidth") == 390
    seen.page.touchscreen.tap(*seen.point_in(payload["parcels"]["items"][0]["id"]))
    seen.page.wait_for_selector("#landready-card h2")
    assert seen.page.evaluate("document.documentElement.scrollWidth") == 390
    assert seen.complaints == []


def test_a_stage_of_the_legend_can_be_singled_out(visit):
    seen = visit(realistic_payload())
    full = """() => {
      const map = window[document.querySelector('.folium-map').id];
      const rungs = new Set();
      map.eachLayer(l => {
        if (l.options.pane === 'parcels' && l.feature?.id && l.options.fillOpacity > 0.1) {
          rungs.add(l.feature.properties.rung);
        }
      });
      return [...rungs];
    }"""
    assert len(seen.page.evaluate(full)) > 5
    fourth = seen.page.locator(".lr-stage", has_text="签约")
    fourth.click()
    assert seen.page.evaluate(full) == [4]
    assert fourth.get_attribute("aria-pressed") == "true"
    fourth.click()
    assert len(seen.page.evaluate(full)) > 5


def test_the_legend_names_colour_number_and_where_land_begins_to_count(visit):
    rows = visit(realistic_payload()).page.locator(".lr-stages li").all_inner_texts()
    assert [" ".join(row.split()) for row in rows] == [
        *("11 投产", "10 竣工", "9 动工", "8 供地", "7 净地", "7 级起计入整备", "6 拆除平整"),
        *("5 补偿腾空", "4 签约", "3 方案审批", "2 意愿征集", "1 标图建库", "0 摸底调查"),
    ]


def test_a_parcel_without_outline_is_still_found(visit):
    payload = realistic_payload()
    payload["parcels"]["items"][3]["geometry"] = None
    seen = visit(payload)
    assert seen.page.get_attribute("[data-parcels]", "data-parcels") == "59"
    seen.page.fill("input[type=search]", payload["parcels"]["items"][3]["id"])
    seen.page.click(".lr-found button")
    assert seen.page.locator("#landready-card h2").count() == 1
    assert seen.complaints == []


def test_words_of_the_page_can_be_replaced(visit):
    texts = {"blocks": both("成片", "Tracts")}
    page = visit(realistic_payload() | {"texts": texts}).page
    assert page.locator(".lr-layers label").nth(2).inner_text() == "成片"


def test_dark_and_light_follow_the_reader(visit):
    seen = visit(realistic_payload(), color_scheme="dark")
    ground = "getComputedStyle(document.querySelector('.folium-map')).backgroundColor"
    assert seen.page.evaluate(ground) == "rgb(43, 51, 58)"
    seen.page.emulate_media(color_scheme="light")
    assert seen.page.evaluate(ground) == "rgb(238, 241, 240)"
    assert seen.complaints == []


def test_a_script_that_is_not_of_the_page_does_not_run(visit):
    seen = visit(realistic_payload())
    seen.page.evaluate(
        """() => {
          const script = document.createElement('script');
          script.textContent = 'window.intruder = true';
          document.body.append(script);
        }"""
    )
    assert seen.page.evaluate("window.intruder") is None
    assert "Content Security Policy" in seen.complaints[0]


def test_it_works_in_the_frame_of_a_notebook(visit, tmp_path):
    seen = visit(realistic_payload())
    notebook = tmp_path / "notebook.html"
    notebook.write_text(LandMap(realistic_payload())._repr_html_(), "utf-8")
    seen.page.goto(notebook.as_uri())
    frame = seen.page.frame_locator("iframe")
    frame.locator("[data-parcels='60']").wait_for()
    frame.locator("button.lr-language").click()
    assert frame.locator("h1").inner_text() == "Qingxi land readiness (illustrative)"
    assert seen.complaints == []


def test_the_script_leaves_no_global_name(visit):
    names = visit(realistic_payload()).page.evaluate("Object.keys(window)")
    assert {"start", "words", "drawing", "landready"}.isdisjoint(names)


def test_fourteen_thousand_parcels_stay_usable(visit):
    payload = realistic_payload()
    (south, west), (_, east) = payload["bounds"]
    step = (east - west) / 140
    pattern = payload["parcels"]["items"][0]
    payload["parcels"]["items"] = [
        pattern
        | {
            "id": f"P{row}-{column}",
            "label": f"P{row}-{column}",
            "rung": (row + column) % 12,
            "geometry": square(west + column * step, south + row * step / 2, step * 0.9),
        }
        for row in range(100)
        for column in range(140)
    ]
    payload["blocks"] = []
    seen = visit(payload)
    assert seen.page.get_attribute("[data-parcels]", "data-parcels") == "14000"
    spent = seen.page.evaluate(
        """() => {
          const map = window[document.querySelector('.folium-map').id];
          const began = performance.now();
          map.setZoom(map.getZoom() + 1, { animate: false });
          return performance.now() - began;
        }"""
    )
    assert spent < 3000
    assert seen.complaints == []


def square(west: float, south: float, side: float) -> dict[str, Any]:
    east, north = west + side, south + side / 2
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return json.loads(json.dumps({"type": "Polygon", "coordinates": [ring]}))
