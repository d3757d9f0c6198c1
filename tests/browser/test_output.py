"""What leaves the page: print, picture, table, measure, basemap; and whom it asks."""

import csv
import io
import json
import math
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import folium
import numpy as np
import pandas as pd
import pyproj
import pytest

import geo
from geo.earth.offsets import wgs84_to_gcj02
from geo.files import write_csv
from geo.publish import publish
from geo.serving import preview
from geo.tables.sheet import Field, Sheet, both
from geo.webmap.inert import inert
from geo.webmap.maps import land_map
from tests.makers import events, placed, row, study

pytestmark = pytest.mark.browser

STATIC = Path(geo.__file__).parent / "webmap" / "static"
GOAL = """
[[goals]]
id = "g"
name = { zh = "一百亩", en = "A hundred mu" }
mu = 100
due = 2025-12-31
stage = "cleared"
"""
TOP = """
notice = { zh = "示意范围", en = "Illustrative outlines" }
review_number = "粤S（2024）001号"
"""
HARMFUL = (
    """<img src=x onerror=alert(1)></script><script>alert(2)</script>`${alert(3)}` {{7*7}} \\ "'"""
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> geo.Study:
    """Four parcels of 30, 30, 15 and 15 mu side by side; A is cleared and B is signed."""
    land = placed(
        *row([200, 200, 100, 100], gap=5),
        parcel_id=["A", "B", "=C", "D"],
        name=["甲", "乙", "+1", 'say "hi", you'],
        zone=["west", "west", "east", "east"],
    )
    history = events(("A", "2024-06-30", "cleared"), ("B", "2024-07-31", "signed"))
    told = history[["parcel_id", "date", "stage", "evidence"]]
    folder = tmp_path_factory.mktemp("town")
    return study(folder, land, history=told, tables=GOAL, top=TOP)


@dataclass
class Visit:
    """One opened page, with all that it asked for or complained about."""

    page: Any
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def press(self, key: str) -> None:
        """Press a button of the map by its picture."""
        self.page.click(f".lr-tools button:has(.lr-tool-{key})")


def opened(browser: Any, address: str, **options: Any) -> Visit:
    size = {"width": 1440, "height": 900}
    page = browser.new_context(viewport=size, **options).new_page()
    page.set_default_timeout(5000)
    visit = Visit(page, address)
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("console", lambda message: visit.complaints.append(message.text))
    page.route(re.compile("^https?://(?!127)"), lambda route: route.abort())
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    return visit


@pytest.fixture(scope="module")
def file(town: geo.Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "index.html"
    land_map(town, lang="en").save(path)
    return path


@pytest.fixture(scope="module")
def visit(browser: Any, file: Path) -> Iterator[Visit]:
    visit = opened(browser, file.as_uri(), accept_downloads=True, color_scheme="light")
    yield visit
    visit.page.context.close()


@pytest.fixture
def page(visit: Visit) -> Iterator[Any]:
    """The page as it was opened: nothing is open on it, and nothing was complained about."""
    yield visit.page
    visit.page.emulate_media(media="null")
    visit.page.keyboard.press("Escape")
    assert visit.complaints == []


def saved(visit: Visit, act: str) -> tuple[str, bytes]:
    """What a button of the window for saving downloads: its name and its bytes."""
    visit.press("save")
    with visit.page.expect_download() as download:
        visit.page.click(f"dialog >> text={act}")
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


# -- print ---------------------------------------------------------------------------------------


def sheet(visit: Visit, paper: str, turn: str) -> Any:
    visit.press("save")
    visit.page.select_option(".lr-pick-paper", paper)
    visit.page.select_option(".lr-pick-sheet", turn)
    visit.page.click("text=Open the sheet")
    return visit.page.locator("#landready-sheet")


@pytest.mark.parametrize(
    ("paper", "turn", "size"),
    [
        ("A4", "landscape", (297, 210)),
        ("A4", "portrait", (210, 297)),
        ("A3", "landscape", (420, 297)),
        ("A3", "portrait", (297, 420)),
    ],
)
def test_a_sheet_is_one_page_of_its_size(visit, page, paper, turn, size):
    sheet(visit, paper, turn)
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert len(re.findall(rb"/Type /Page\b", pdf)) == len(boxes) == 1
    assert [float(side) for side in boxes[0]] == pytest.approx(
        [side * 72 / 25.4 for side in size], abs=1
    )


def test_a_sheet_says_all_that_belongs_to_a_map(visit, page):
    node = sheet(visit, "A4", "landscape")
    page.emulate_media(media="print")
    text = node.inner_text()
    for words in (
        *("Test", "Illustrative outlines", "Sketch map: not for title", "2024-12-31"),
        *("EPSG:4547", "planar", "粤S（2024）001号", "A hundred mu", "cleared", "survey"),
    ):
        assert words in text, words
    assert node.locator("canvas").bounding_box()["width"] == pytest.approx(
        0.68 * 277 * 96 / 25.4, 1e-3
    )
    assert not page.locator(".lr-tools").is_visible()
    page.emulate_media(media="null")


def test_the_scale_of_a_sheet_is_true(visit, page):
    """The bar is so long on paper as the land it stands for is on the ground, by the scale."""
    node = sheet(visit, "A4", "landscape")
    scale = int(re.search(r"1:([\d,]+)", node.inner_text())[1].replace(",", ""))
    bar = node.locator(".lr-sheet-scale i").evaluate("node => parseFloat(node.style.width)")
    length, unit = node.locator(".lr-sheet-scale span").inner_text().split()
    metres = float(length) * (1000 if unit == "km" else 1)
    assert bar * scale / 1000 == pytest.approx(metres, rel=1e-6)
    # 615 m of land from west to east: its colours on the canvas are so wide, at three px to one.
    columns = node.locator("canvas").evaluate(
        """canvas => {
          const pen = canvas.getContext("2d");
          const { data, width, height } = pen.getImageData(0, 0, canvas.width, canvas.height);
          const hits = [];
          for (let x = 0; x < width; x += 1) {
            for (let y = 0; y < height; y += 2) {
              const at = 4 * (y * width + x);
              if (data[at] + data[at + 1] + data[at + 2] < 620) { hits.push(x); break; }
            }
          }
          return [hits[0], hits[hits.length - 1]];
        }"""
    )
    drawn_mm = (columns[1] - columns[0]) / 3 / 96 * 25.4
    assert drawn_mm * scale / 1000 == pytest.approx(615, abs=0.9 * scale / 1000 + 2)


def test_closing_a_sheet_gives_the_page_back(visit, page):
    rules = "document.styleSheets[0].cssRules.length"
    before = page.evaluate(rules)
    node = sheet(visit, "A3", "portrait")
    assert page.evaluate(rules) == before + 1
    page.keyboard.press("Escape")
    assert node.count() == 0
    assert page.evaluate(rules) == before
    assert page.evaluate("document.body.className") == "landready"


def test_the_page_itself_prints_whole(visit, page):
    page.emulate_media(media="print")
    shown = page.evaluate("[document.body.scrollHeight, getComputedStyle(document.body).display]")
    assert shown[1] == "block"
    assert page.locator("h1").is_visible()
    assert page.locator(".lr-field").bounding_box()["height"] > 500
    assert not page.locator(".lr-tools").is_visible()
    assert len(page.pdf()) > 10_000
    page.emulate_media(media="null")


# -- picture -------------------------------------------------------------------------------------


def pixels(png: bytes) -> np.ndarray:
    """The pixels of a PNG of 8 bits a channel, without a library for pictures."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, data = 8, b""
    while at < len(png):
        (length,), kind = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        body = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
        data += body if kind == b"IDAT" else b""
        at += length + 12
    channels = {2: 3, 6: 4}[colour]
    assert depth == 8
    lines = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, 1 + width * channels)
    out = np.zeros((height, width * channels), np.uint8)
    for y in range(height):
        out[y] = _unfiltered(lines[y, 0], lines[y, 1:], out[y - 1] if y else out[0] * 0, channels)
    return out.reshape(height, width, channels)


def _unfiltered(kind: int, line: np.ndarray, above: np.ndarray, step: int) -> np.ndarray:
    if kind == 0:
        return line
    if kind == 2:
        return line + above
    if kind == 1:
        return np.cumsum(line.reshape(-1, step), axis=0, dtype=np.uint8).reshape(-1)
    done = line.astype(int).tolist()
    up = above.astype(int).tolist()
    for x in range(len(done)):
        a = done[x - step] if x >= step else 0
        b, c = up[x], up[x - step] if x >= step else 0
        if kind == 3:
            guess = (a + b) // 2
        else:
            far = [abs(b - c), abs(a - c), abs(a + b - 2 * c)]
            guess = [a, b, c][far.index(min(far))]
        done[x] = (done[x] + guess) & 255
    return np.array(done, np.uint8)


def test_a_picture_is_the_view_twice_as_sharp_with_what_belongs_to_it(visit, page, town):
    name, png = saved(visit, "Save the picture")
    assert name == "Test 2024-12-31.png"
    field = page.locator(".folium-map").bounding_box()
    picture = pixels(png)
    height, width, _ = picture.shape
    assert width == pytest.approx(2 * (field["width"] + 232 + 48), abs=2)
    assert height > 2 * (field["height"] + 62)
    # The middle of A, which is cleared, in its colour: the fourth of four, and counted.
    shape = town.parcels.geometry.to_crs(4326).iloc[0].centroid
    at = page.evaluate(
        """([lat, lng]) => {
          const map = window[document.querySelector(".folium-map").id];
          const { x, y } = map.latLngToContainerPoint([lat, lng]);
          return [x, y];
        }""",
        [shape.y, shape.x],
    )
    colour = json.loads(page.evaluate("document.getElementById('landready-data').textContent"))
    wanted = colour["stages"][3]["color"]
    seen = picture[int(2 * (62 + at[1]) + 40), int(2 * (16 + at[0]) + 40), :3]
    light = [
        0.95 * int(wanted[n : n + 2], 16) + 0.05 * g
        for n, g in zip((1, 3, 5), (238, 241, 240), strict=True)
    ]
    assert seen.astype(float) == pytest.approx(light, abs=3)


# -- tables --------------------------------------------------------------------------------------


def rows_of(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    text = data.decode("utf-8-sig")
    assert text.count("\n") == text.count("\r\n")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_all_parcels_as_csv_unrounded_and_without_formulas(visit, page, town):
    name, data = saved(visit, "Save all parcels")
    assert name == "Test Parcels 2024-12-31.csv"
    head, *rows = rows_of(data)
    assert head[:2] == ["Parcel", "Name"]
    found = {line[0]: line for line in rows}
    assert found.keys() == {"A", "B", "'=C", "D"}
    assert found["'=C"][1] == "'+1"
    assert found["D"][1] == 'say "hi", you'
    assert found["A"][6] == "cleared"
    land = dict(zip(town.parcels["parcel_id"], town.parcels["land_m2"], strict=True))
    for line in rows:
        land_m2 = land[line[0].lstrip("'")]
        assert float(line[9]) == land_m2
        assert float(line[10]) == pytest.approx(land_m2 * 3 / 2000, rel=1e-15)
        assert line[11] == "2024-12-31"
    assert head[9:] == [
        *("Land (m²)", "Land (mu)", "Date", "Counted", "Net land (m²)", "Plot ratio planned")
    ]
    parcels = town.parcels.set_index("parcel_id")
    for parcel_id, told in parcels.iterrows():
        line = found["'=C" if parcel_id == "=C" else parcel_id]
        assert line[12] == ("yes" if told["counts"] else "no")
        assert float(line[13]) == told["net_m2"]
        assert line[14] == ("" if pd.isna(told["plot_ratio"]) else f"{told['plot_ratio']:g}")


def test_only_what_is_in_view_and_of_the_stage_singled_out(visit, page):
    page.locator(".lr-stage", has_text="survey").click()
    _, data = saved(visit, "Save all parcels")
    assert {line[0] for line in rows_of(data)[1:]} == {"'=C", "D"}
    page.locator(".lr-stage", has_text="survey").click()
    page.evaluate(
        """() => window[document.querySelector('.folium-map').id]
          .setView([0, 0], 12, {animate: false})"""
    )
    _, data = saved(visit, "Only those in view")
    assert len(rows_of(data)) == 1
    visit.press("whole")
    page.wait_for_function(
        "() => window[document.querySelector('.folium-map').id].getCenter().lat > 20"
    )


def test_a_table_as_csv_has_figures_without_grouping(visit, page):
    with page.expect_download() as download:
        page.evaluate(
            """() => [...document.querySelectorAll("button")]
              .find((node) => /^Download CSV/.test(node.getAttribute("aria-label"))).click()"""
        )
    head, *rows = rows_of(Path(download.value.path()).read_bytes())
    assert len(head) > 3
    assert rows
    assert not [
        cell for line in rows for cell in line if re.fullmatch(r"[\d,]+,\d{3}(\.\d+)?", cell)
    ]


CELLS = [
    *(
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\nx",
        "＝1",
        "＋1",
        "－1",
        "＠x",
    ),
    *("  =1", "x=1", "", "a,b", 'q"q', "line\nbreak", "普通", "'=1", "\u3000=1", "1.5", "-", "——"),
]


def test_cells_are_defused_as_the_published_tables_are(page, tmp_path):
    script = (STATIC / "text.js").read_text("utf-8") + (STATIC / "csv.js").read_text("utf-8")
    rows = "[['x', 'y'], ...cells.map((cell) => [cell, 1.5])]"
    ours = page.evaluate(f"(cells) => {{ {script}; return csvOf({rows}) }}", CELLS)
    frame = pd.DataFrame({"x": CELLS, "y": 1.5})
    table = Sheet(
        "t", both("t", "t"), (Field("x", "x", "x"), Field("y", "y", "y", "number")), frame
    )
    write_csv(table, tmp_path / "t.csv")
    assert ours.encode() == (tmp_path / "t.csv").read_bytes()


# -- measure -------------------------------------------------------------------------------------


@pytest.mark.parametrize("lat", [-60.0, 0.0, 22.85, 45.0])
@pytest.mark.parametrize("bearing", [0, 37, 90, 200])
def test_ten_kilometres_are_right_to_a_ten_thousandth(page, lat, bearing):
    geod = pyproj.Geod(ellps="GRS80")
    lng, north, _ = geod.fwd(114.16, lat, bearing, 10_000)
    third = geod.fwd(114.16, lat, bearing + 80, 6_000)[:2]
    names = ("text.js", "figures.js", "measure.js")
    script = "".join((STATIC / name).read_text("utf-8") for name in names)
    points = [[lat, 114.16], [north, lng], [third[1], third[0]]]
    length, area = page.evaluate(
        f"(points) => {{ {script}; return [lengthOf(points.slice(0, 2)), areaOf(points)] }}", points
    )
    wanted, _ = geod.polygon_area_perimeter([lng for _, lng in points], [lat for lat, _ in points])
    assert length == pytest.approx(10_000, rel=1e-4)
    assert area == pytest.approx(abs(wanted), rel=1e-4)


def test_measuring_by_clicks_takes_no_parcel_and_esc_ends_it(visit, page):
    visit.press("measure")
    told = page.locator(".lr-measured")
    assert "press Enter" in told.inner_text()
    for x, y in ((500, 300), (700, 300), (700, 450)):
        page.mouse.click(x, y)
        page.wait_for_timeout(30)
    text = told.inner_text()
    length = float(re.search(r"length ([\d,.]+) (k?m)", text)[1].replace(",", ""))
    mu, m2, ha = re.search(r"area ([\d,.]+) mu \(([\d,]+) m², ([\d,.]+) ha\)", text).groups()
    assert length > 0
    assert float(mu.replace(",", "")) == pytest.approx(
        int(m2.replace(",", "")) * 3 / 2000, abs=0.01
    )
    assert float(ha) == pytest.approx(int(m2.replace(",", "")) / 10_000, abs=0.006)
    assert "no official figure" in text
    assert page.locator("#landready-card h2").count() == 0
    assert page.locator(".lr-measure-line").count() == 1
    page.click(".lr-measured button:has-text('Undo')")
    assert "area" not in told.inner_text()
    page.keyboard.press("Escape")
    assert not told.is_visible()
    assert page.locator(".lr-measure-line").count() == 0


def test_measuring_by_keyboard(visit, page):
    page.focus(".lr-tools button:has(.lr-tool-measure)")
    page.keyboard.press("Enter")
    told = page.locator(".lr-measured")
    assert page.locator(".lr-measure-cross").is_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(400)
    page.keyboard.press("Enter")
    assert "length" in told.inner_text()
    page.keyboard.press("Backspace")
    assert "press Enter" in told.inner_text()
    page.keyboard.press("Escape")
    assert not told.is_visible()


# -- full screen ---------------------------------------------------------------------------------


def test_full_screen_is_of_the_map_and_ends(visit, page):
    visit.press("full")
    page.wait_for_function("document.fullscreenElement?.id === 'landready-field'")
    visit.press("full")
    page.wait_for_function("document.fullscreenElement === null")


def test_no_button_where_there_is_no_full_screen(browser, file):
    context = browser.new_context()
    context.add_init_script(
        "Object.defineProperty(Document.prototype, 'fullscreenEnabled', { get: () => false })"
    )
    page = context.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]")
    assert page.locator(".lr-tool-full").count() == 0
    assert page.locator(".lr-tool-save").count() == 1
    context.close()


# -- what it asks for ----------------------------------------------------------------------------


def test_by_default_nothing_is_asked_of_anybody(visit, page):
    outside = [url for url in visit.requests if not url.startswith(("blob:", "data:"))]
    assert outside == [visit.address]
    assert page.locator(".lr-basemap, .lr-attribution a").count() == 0


def with_basemap(browser: Any, town: geo.Study, folder: Path, basemap: str) -> Visit:
    path = folder / f"{basemap}.html"
    land_map(town, basemap=basemap, lang="en").save(path)
    return opened(browser, path.as_uri())


HOSTS = {
    "osm": r"https://tile\.openstreetmap\.org/\d+/\d+/\d+\.png",
    "amap": r"https://webrd0[1-4]\.is\.autonavi\.com/appmaptile\?lang=zh_cn&.*&x=\d+&y=\d+&z=\d+",
}


@pytest.mark.parametrize("basemap", HOSTS)
def test_a_basemap_asks_its_own_hosts_only_and_fails_gently(browser, town, tmp_path, basemap):
    visit = with_basemap(browser, town, tmp_path, basemap)
    page = visit.page
    page.wait_for_function(
        "/cannot be reached/.test(document.querySelector('.lr-basemap [role=status]').textContent)"
    )
    tiles = visit.requests[1:]
    assert tiles
    assert all(re.fullmatch(HOSTS[basemap], url) for url in tiles)
    assert page.locator(".lr-attribution").is_visible()
    assert page.locator(".lr-attribution a").get_attribute("href").startswith("https://")
    assert not [text for text in visit.complaints if "Content Security" in text]
    page.select_option(".lr-basemap select", "none")
    assert not page.locator(".lr-attribution").is_visible()
    assert page.locator("img.leaflet-tile").count() == 0
    assert "basemap=none" in page.url
    page.context.close()


def test_a_key_is_typed_and_stays_in_the_tab(browser, town, tmp_path):
    visit = with_basemap(browser, town, tmp_path, "tianditu")
    page = visit.page
    assert visit.requests == [visit.address]
    assert "Type a key" in page.inner_text(".lr-basemap")
    page.fill(".lr-basemap input", "secret&key")
    page.keyboard.press("Tab")
    page.wait_for_function("document.querySelectorAll('img.leaflet-tile').length > 0")
    page.wait_for_timeout(100)
    tiles = visit.requests[1:]
    pattern = r"https://t[0-7]\.tianditu\.gov\.cn/(vec|cva)_w/wmts\?.*&tk=secret%26key"
    assert tiles
    assert all(re.fullmatch(pattern, url) for url in tiles)
    assert {re.search(r"/(vec|cva)_w/", url)[1] for url in tiles} == {"vec", "cva"}
    assert "secret" not in page.url
    assert b"secret" not in (tmp_path / "tianditu.html").read_bytes()
    page.context.close()


def test_a_key_of_the_environment_is_handed_over_by_the_server(browser, town, tmp_path):
    folder = publish(town, tmp_path / "out", basemap="tianditu-img")
    with preview(folder, port=0, key="served-key") as address:
        visit = opened(browser, address)
        visit.page.wait_for_function("document.querySelectorAll('img.leaflet-tile').length > 0")
        visit.page.wait_for_timeout(100)
        tiles = [url for url in visit.requests if "tianditu" in url]
        visit.page.context.close()
    assert tiles
    assert all(url.endswith("&tk=served-key") for url in tiles)
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert not [data for data in files if b"served-key" in data]


def test_gcj02_is_that_of_python(page):
    script = "const WORDS = {}; const L = { TileLayer: { extend: () => null } };"
    script += (STATIC / "basemap.js").read_text("utf-8")
    rng = np.random.default_rng(3)
    places = np.column_stack([rng.uniform(70, 140, 200), rng.uniform(0, 57, 200)]).tolist()
    places += [[114.16, 22.84], [2.35, 48.86]]
    moved = page.evaluate(
        f"(places) => {{ {script}; return places.map((at) => gcj02(...at)) }}", places
    )
    assert moved[-2] == pytest.approx([114.165025986, 22.837322077], abs=5e-10)
    assert moved[-1] == places[-1]
    lon, lat = wgs84_to_gcj02(*np.array(places).T)
    assert np.array(moved) == pytest.approx(np.column_stack([lon, lat]), abs=1e-11)


def test_tiles_with_an_offset_are_moved_and_land_is_not(browser, town, tmp_path):
    """The tile that has a place of WGS 84 by its GCJ-02 coordinates lies under that place."""
    visit = with_basemap(browser, town, tmp_path, "amap")
    page = visit.page
    page.wait_for_selector("img.leaflet-tile", state="attached")
    told = page.evaluate(
        """() => {
          const map = window[document.querySelector(".folium-map").id];
          const { lat, lng } = map.getCenter();
          const img = document.querySelector("img.leaflet-tile");
          const url = new URL(img.src);
          const [x, y, z] = ["x", "y", "z"].map((key) => Number(url.searchParams.get(key)));
          const box = img.getBoundingClientRect();
          const field = map.getContainer().getBoundingClientRect();
          const scale = box.width / 256;
          const [left, top] = [field.left - box.left, field.top - box.top];
          const at = [left + field.width / 2, top + field.height / 2];
          return { lat, lng, x: 256 * x + at[0] / scale, y: 256 * y + at[1] / scale, z };
        }"""
    )
    page.context.close()
    size = 256 * 2 ** told["z"]
    lng = told["x"] / size * 360 - 180
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * told["y"] / size))))
    (wanted_lng,), (wanted_lat,) = wgs84_to_gcj02(np.array([told["lng"]]), np.array([told["lat"]]))
    px = 360 / size
    assert (lng, lat) == pytest.approx((wanted_lng, wanted_lat), abs=2 * px)
    assert abs(lng - told["lng"]) > 0.004


# -- elements of folium --------------------------------------------------------------------------


def test_inert_text_stays_text_in_popups_and_tooltips_of_folium(browser, town, tmp_path):
    land = land_map(town, lang="en")
    (south, west), (north, east) = json.loads(land.data)["bounds"]
    popup = folium.Popup(inert(HARMFUL), show=True)
    at = [(south + north) / 2, (west + east) / 2]
    tooltip = folium.Tooltip(inert(HARMFUL), permanent=True, style="color: red")
    folium.CircleMarker(at, popup=popup, tooltip=tooltip).add_to(land)
    path = tmp_path / "folium.html"
    land.save(path)
    dialogs: list[str] = []
    visit = Visit(browser.new_context().new_page(), path.as_uri())
    visit.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    visit.page.on("console", lambda message: visit.complaints.append(message.text))
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    visit.page.goto(visit.address)
    visit.page.wait_for_selector("html[data-ready]")
    text = visit.page.locator(".leaflet-popup-content").text_content()
    assert text.strip() == HARMFUL
    hint = visit.page.locator(".leaflet-tooltip > div")
    assert hint.text_content().strip() == HARMFUL
    assert hint.evaluate("node => getComputedStyle(node).color") == "rgb(255, 0, 0)"
    assert visit.page.locator(".leaflet-pane img, .leaflet-pane script").count() == 0
    visit.page.context.close()
    assert (dialogs, visit.complaints) == ([], [])
