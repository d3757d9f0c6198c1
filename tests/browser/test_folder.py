"""The folder form in a browser: six thousand parcels, of which only what is seen is loaded."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import pytest
import shapely

import geo
from benchmarks import map_land, map_ours
from geo.outlook import Outlook

pytestmark = pytest.mark.browser

COUNT = 6_000
CHUNK_ROWS = 100
AT_ONCE = 6
"""Files that the page loads side by side."""
FAR_OFF = 5_850
"""A parcel in another corner than the first."""

MAP = "window[document.querySelector('.folium-map').id]"
GO = f"([lat, lng, zoom]) => {{ ({MAP}).setView([lat, lng], zoom, {{ animate: false }}); }}"
PAINTED = """() => {
  let [painted, sum] = [0, 0];
  for (const canvas of document.querySelectorAll("canvas.leaflet-tile")) {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4) {
      painted += data[at + 3] === 255;
      sum = (sum * 31 + data[at] + 7 * data[at + 1] + 13 * data[at + 2]) % 1000003;
    }
  }
  return [painted, sum];
}"""


@pytest.fixture(scope="module")
def land() -> map_land.Land:
    return map_land.land(COUNT)


@pytest.fixture(scope="module")
def folder(land: map_land.Land, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("folder")
    page = map_ours.page_of(land, map_ours.town_map(), most_blocks=100)
    page.save_folder(place, chunk_rows=CHUNK_ROWS)
    return place


class Opened:
    """A page of the folder, with what it asked for and complained of."""

    def __init__(self, browser: Any, address: str) -> None:
        self.context = browser.new_context(viewport={"width": 1440, "height": 900})
        self.page = self.context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        self.page.goto(address)
        self.page.wait_for_selector("html[data-ready]")

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def files(self, kind: str) -> set[str]:
        """The names of the files of a kind that it asked for."""
        names = (address.rsplit("/", 1)[1].partition("?")[0] for address in self.asked)
        return {name for name in names if name[:1] == kind and name.endswith(".js")}

    def go(self, shape: shapely.Geometry, zoom: int = 18) -> None:
        """Look at the middle of a shape."""
        (point,) = map_land.degrees([shapely.point_on_surface(shape)])
        self.page.evaluate(GO, [point.y, point.x, zoom])

    def settle(self, quiet_ms: int = 300, most_ms: int = 5000) -> None:
        """Wait until it has asked for nothing for a while."""
        for _ in range(most_ms // quiet_ms):
            known = len(self.asked)
            self.page.wait_for_timeout(quiet_ms)
            if len(self.asked) == known:
                return

    def click_middle(self) -> None:
        box = self.page.locator("#landready-field .leaflet-container").bounding_box()
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def painted(self) -> tuple[int, int]:
        """How many pixels of the tiles are painted, and a sum of them."""
        self.page.wait_for_selector("html[data-ready]")
        painted, total = self.page.evaluate(PAINTED)
        return painted, total

    def repainted(self, act: Any) -> tuple[int, int]:
        """The same after something that paints all tiles again."""
        self.page.evaluate("delete document.documentElement.dataset.ready")
        act()
        return self.painted()


@pytest.fixture(scope="module")
def opened(browser: Any, folder: Path) -> Iterator[Opened]:
    opened = Opened(browser, (folder / "index.html").as_uri())
    yield opened
    opened.context.close()


@pytest.fixture
def afar(opened: Opened) -> Opened:
    """The page with all land in view."""
    opened.page.locator("#landready-tools button").nth(2).click()
    opened.page.wait_for_timeout(800)
    return opened


def title(opened: Opened) -> str:
    """What the card is headed, once there is one."""
    card = opened.page.locator("#landready-card.lr-shown h2")
    card.wait_for()
    return str(card.inner_text())


def test_it_opens_with_the_overview_and_loads_no_parcel(opened: Opened) -> None:
    painted, _ = opened.painted()
    assert painted > 100_000
    assert opened.asked == [opened.page.url], "the first view is in the page itself"


def test_a_nearer_view_loads_the_chunks_in_sight_only(opened: Opened, land: map_land.Land) -> None:
    opened.go(land.shapes[0])
    opened.page.wait_for_timeout(600)
    loaded = opened.files("s")
    assert 1 <= len(loaded) <= 12
    assert len(loaded) < COUNT / CHUNK_ROWS / 4


def test_a_click_opens_the_card_of_the_parcel_under_it(opened: Opened, land: map_land.Land) -> None:
    for at in (7, 5000, FAR_OFF):
        opened.go(land.shapes[at])
        opened.page.wait_for_timeout(500)
        opened.click_middle()
        opened.page.wait_for_function(
            "(code) => document.querySelector('#landready-card h2')?.textContent.includes(code)",
            arg=land.ids[at],
        )
        assert title(opened) == f"{land.ids[at]} {land.names[at]}"


def test_a_click_from_afar_opens_the_card_of_a_parcel_there(afar: Opened) -> None:
    afar.page.keyboard.press("Escape")
    afar.click_middle()
    assert title(afar).startswith("P00")


def test_search_finds_a_code_whose_chunk_is_not_loaded(
    browser: Any, folder: Path, land: map_land.Land
) -> None:
    opened = Opened(browser, (folder / "index.html").as_uri())
    field = opened.page.locator("input[role=combobox]")
    field.fill(land.ids[FAR_OFF].lower())
    opened.page.locator("#landready-found li").first.wait_for()
    assert len(opened.files("c")) == 1
    assert opened.files("f") == set()
    field.press("Enter")
    assert title(opened) == f"{land.ids[FAR_OFF]} {land.names[FAR_OFF]}"
    assert len(opened.files("f")) == 1, "its card tells what stands there, and loads no more"
    opened.context.close()


def test_search_finds_a_name_and_a_number(opened: Opened, land: map_land.Land) -> None:
    field = opened.page.locator("input[role=combobox]")
    for typed in (land.names[4321], "4321"):
        field.fill("")
        field.fill(typed)
        opened.page.get_by_role("option").filter(has_text=land.ids[4321]).wait_for()
    field.press("Escape")


def test_the_slider_changes_the_overview(afar: Opened) -> None:
    before = afar.painted()
    slider = afar.page.locator("#landready-time input[type=range]")
    slider.focus()
    files = len(afar.asked)
    assert afar.repainted(lambda: slider.press("Home"))[1] != before[1]
    assert len(afar.asked) == files, "what changes is in the overview"
    assert afar.repainted(lambda: slider.press("End"))[1] == before[1]


def test_colours_of_what_is_known_of_parcels_load_the_facts(browser: Any, folder: Path) -> None:
    opened = Opened(browser, (folder / "index.html").as_uri())
    before = opened.painted()
    choice = opened.page.locator("#landready-key select").first
    choice.select_option("treatment")
    opened.settle()
    assert len(opened.files("f")) == COUNT / CHUNK_ROWS
    assert opened.painted()[1] != before[1]
    assert opened.complaints == []
    opened.context.close()


def test_only_files_of_the_folder_are_asked_for_and_the_policy_is_kept(
    opened: Opened, folder: Path
) -> None:
    root = folder.as_uri()
    assert all(address.startswith(f"{root}/") for address in opened.asked)
    assert len(opened.files("s")) > 1
    policy = opened.page.locator("meta[http-equiv]").get_attribute("content")
    scripts = next(rule for rule in policy.split("; ") if rule.startswith("script-src"))
    assert scripts.startswith("script-src 'self' 'sha256-")
    assert "unsafe" not in scripts
    ran = opened.page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          document.head.append(script);
          return window.ran === true;
        }"""
    )
    assert ran is False
    heard = [text for text in opened.complaints if "Content Security Policy" not in text]
    assert heard == []
    assert len(opened.complaints) == 1, "only the script of this test was refused"


def test_a_file_that_is_missing_is_said_on_the_page(
    browser: Any, folder: Path, land: map_land.Land, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    for path in (copy / "data").glob("s*.js"):
        path.unlink()
    opened = Opened(browser, (copy / "index.html").as_uri())
    note = opened.page.locator("#landready-missing")
    assert note.count() == 0
    opened.go(land.shapes[0])
    note.wait_for()
    assert "data/s" in note.inner_text()
    assert note.get_attribute("role") == "alert"
    assert opened.painted()[0] > 100_000, "the overview stays where outlines are not there"
    opened.context.close()


@pytest.mark.parametrize("script", ["nonsense(", 'landready("c",0,"AAAA");', ""])
def test_a_bad_file_of_codes_is_said_and_zones_are_found(
    browser: Any, folder: Path, tmp_path: Path, script: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    for path in (copy / "data").glob("c*.js"):
        path.write_text(script, "utf-8")
    opened = Opened(browser, f"{(copy / 'index.html').as_uri()}#selected=parcel+none")
    opened.page.locator("#landready-missing").wait_for()
    field = opened.page.locator("input[role=combobox]")
    field.fill("P1")
    opened.page.locator("#landready-found li").first.wait_for()
    assert opened.complaints == []
    opened.context.close()


def test_a_file_of_another_build_is_said_and_not_used(
    browser: Any, folder: Path, land: map_land.Land, tmp_path: Path
) -> None:
    """A new page over the data of an earlier one: its land would have other stages and figures."""
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    for path in (copy / "data").glob("[sf]*.js"):
        text = path.read_text("ascii")
        path.write_text(re.sub(r'\("[0-9a-f]+"', '("0123456789ab"', text), "ascii")
    opened = Opened(browser, f"{(copy / 'index.html').as_uri()}#lang=en")
    before = opened.painted()
    opened.go(land.shapes[0])
    note = opened.page.locator("#landready-missing")
    note.wait_for()
    assert re.search(r"data/s\d{4}\.js was not written with this page", note.inner_text())
    opened.click_middle()
    opened.page.wait_for_timeout(300)
    assert opened.page.locator("#landready-card.lr-shown").count() == 0, "nothing is told of it"
    assert before[0] > 100_000
    opened.context.close()


def test_what_went_out_of_sight_before_it_began_is_not_loaded(
    browser: Any, folder: Path, land: map_land.Land
) -> None:
    patient = Opened(browser, (folder / "index.html").as_uri())
    patient.go(land.shapes[0], 15)
    patient.settle()
    in_sight = patient.files("s")
    patient.context.close()
    assert len(in_sight) > AT_ONCE
    hasty = Opened(browser, (folder / "index.html").as_uri())
    hasty.page.route("**/data/s*.js?*", lambda route: (time.sleep(0.1), route.continue_()))
    hasty.go(land.shapes[0], 15)
    hasty.go(land.shapes[FAR_OFF], 18)
    hasty.settle(600)
    assert len(hasty.files("s") & in_sight) <= AT_ONCE
    hasty.click_middle()
    assert title(hasty) == f"{land.ids[FAR_OFF]} {land.names[FAR_OFF]}"
    assert hasty.complaints == []
    hasty.context.close()


def test_over_http_it_works_the_same(browser: Any, folder: Path, land: map_land.Land) -> None:
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        opened = Opened(browser, f"http://127.0.0.1:{server.server_address[1]}/")
        opened.go(land.shapes[FAR_OFF])
        opened.page.wait_for_timeout(600)
        assert 1 <= len(opened.files("s")) <= 12
        opened.click_middle()
        assert title(opened) == f"{land.ids[FAR_OFF]} {land.names[FAR_OFF]}"
        assert opened.complaints == []
        opened.context.close()
        server.shutdown()


@pytest.fixture(scope="module")
def both_forms(
    qingxi: geo.Study,
    qingxi_outlook: Outlook,
    qingxi_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Path]:
    """Qingxi as one file, and as a folder of many chunks."""
    folder = tmp_path_factory.mktemp("parts")
    qingxi.map(outlook=qingxi_outlook).save_folder(folder, chunk_rows=30)
    return qingxi_file, folder / "index.html"


@pytest.mark.parametrize(
    "fragment",
    [
        "",
        "date=2024-03-31",
        "colour=existing",
        f"tab=whatif&colour=ratio&whatif={quote(json.dumps({'plot_ratio': 3, 'gap_m': 60}))}",
    ],
)
def test_both_forms_show_the_same(
    browser: Any, both_forms: tuple[Path, Path], fragment: str
) -> None:
    shown = []
    for path in both_forms:
        opened = Opened(browser, f"{path.as_uri()}#{fragment}")
        if "whatif" in fragment:
            opened.page.locator("[data-figure]").first.wait_for()
        opened.settle()
        figures = opened.page.evaluate(
            "[...document.querySelectorAll('[data-figure]')].map((node) => node.textContent)"
        )
        panel = opened.page.locator("#landready-panel").inner_text()
        shown.append((opened.painted(), figures, panel))
        assert opened.complaints == []
        opened.context.close()
    assert shown[0] == shown[1]
    assert bool(shown[0][1]) is ("whatif" in fragment)


def test_what_is_saved_waits_for_the_parcels(browser: Any, both_forms: tuple[Path, Path]) -> None:
    """Picture, sheet, table and list are asked for before any chunk is there; none lacks a part."""
    pictures = []
    for path in both_forms:
        opened = Opened(browser, f"{path.as_uri()}#lang=en&colour=existing")
        page = opened.page
        with page.expect_download() as picture:
            page.evaluate(SAVE, "Save the picture")
        pictures.append(Path(picture.value.path()).read_bytes())
        with page.expect_download() as table:
            page.evaluate(SAVE, "Only those in view")
        assert len(Path(table.value.path()).read_text("utf-8-sig").splitlines()) == 305
        page.evaluate(SAVE, "Open the sheet")
        page.wait_for_selector("#landready-sheet canvas")
        page.keyboard.press("Escape")
        page.click("#landready-tab-parcels")
        page.wait_for_selector(".lr-list tbody tr")
        assert page.inner_text(".lr-pager span") == "1–50 / 304"
        assert opened.complaints == []
        opened.context.close()
    assert pictures[0] == pictures[1]


SAVE = """(said) => {
  document.querySelector(".lr-tools button:has(.lr-tool-save)").click();
  [...document.querySelectorAll("dialog button")].find((one) => one.textContent === said).click();
}"""


class Quiet(SimpleHTTPRequestHandler):
    """The standard library's server, without its words."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
