"""The page without a browser: what is in the file, and what may never be."""

import base64
import copy
import hashlib
import io
import json
import pickle
import re
import tomllib
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import folium
import folium.plugins
import pytest
from branca.element import Element, Figure

import geo
from geo.errors import PublishError
from geo.webmap import page as page_module
from geo.webmap.atlas import Atlas, atlas_of
from geo.webmap.page import LandMap
from geo.webmap.payload import page_payload
from geo.webmap.seal import contents, outside_links, sealed
from tests.makers import placed, row, study

WEBMAP = Path(page_module.__file__).parent
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "</title><script>alert(3)</script>",
    "<!--<script>",
    "{{7*7}} {% for x in (1, 2) %}{{ this }}{% endfor %} {# gone #}",
    "${alert(4)} `alert(5)`",
    "\u202eesrever \u2066rtl\u2069 \u2028 \u2029 & &lt;b&gt; \ud800 \x00 \r\n",
    "</style><link rel=stylesheet href=http://outside.example/x.css>",
    "x" * 10_000,
)


KEPT = {"lang", "color", "kind", "align", "light", "tone", "tab", "id", "pack", "class", "due"}
"""Texts of a payload that are no words: the page reads them as what they are."""


def both(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


@pytest.fixture(scope="module")
def atlas(small: geo.Study) -> Atlas:
    return atlas_of(small)


@pytest.fixture(scope="module")
def payload(small: geo.Study) -> dict[str, Any]:
    """One zone, two parcels of 200 m by 100 m: exactly 30 mu each."""
    return page_payload(small)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> geo.Study:
    land = placed(*row([200, 200]), parcel_id=["A", "B"], zone=["west", "west"])
    return study(tmp_path_factory.mktemp("small"), land, top='notice = "drawn"')


Maker = Callable[..., LandMap]


@pytest.fixture
def a_map(payload: dict[str, Any], atlas: Atlas) -> Maker:
    """Makes the map of the small study, with one text everywhere and with parts replaced."""

    def make(text: str | None = None, **changes: Any) -> LandMap:
        words = payload if text is None else replaced(payload, text)
        return LandMap(words | changes, atlas)

    return make


def rendered(land_map: LandMap) -> str:
    return land_map.get_root().render()


def replaced(value: Any, text: str) -> Any:
    """The same payload with every human text replaced."""
    if isinstance(value, str):
        return text
    if isinstance(value, list):
        return [replaced(item, text) for item in value]
    if isinstance(value, dict):
        return {key: item if key in KEPT else replaced(item, text) for key, item in value.items()}
    return value


def data_in(html: str) -> Any:
    found = re.findall(r'<script type="application/json" id="landready-data">(.*?)</script>', html)
    assert len(found) == 1
    return json.loads(found[0])


def tags_of(html: str) -> list[str]:
    reader, tags = HTMLParser(), []
    reader.handle_starttag = lambda tag, attrs: tags.append(tag)  # type: ignore[method-assign]
    reader.feed(html)
    return tags


# -- the data ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:18])
def test_hostile_text_arrives_whole_and_never_raw(a_map: Maker, payload, text):
    html = rendered(a_map(text))
    assert {**data_in(html), "world": None} == {**replaced(payload, text), "world": None}
    assert tags_of(html) == tags_of(rendered(a_map()))
    if "<" in text:
        assert text not in html


def test_no_character_of_the_data_can_end_its_script(a_map: Maker):
    html = rendered(a_map("<>&\u2028\u2029\ud800"))
    assert r"\u003c\u003e\u0026\u2028\u2029\ud800" in html
    assert re.search(r'"landready-data">[^<>&\u2028\u2029]*</script>', html)


def test_title_and_language_stand_in_the_document(a_map: Maker):
    html = rendered(a_map(title=both("甲 & 乙", "A & B"), lang="en"))
    assert '<html lang="en">' in html
    assert "<title>A &amp; B</title>" in html
    assert '<html lang="zh-CN">' in rendered(a_map())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"bytes"])
def test_only_plain_json_is_taken(a_map: Maker, value):
    with pytest.raises(PublishError, match="not plain JSON"):
        a_map(facts=[value])


def test_every_absent_part_is_named_at_once(payload, atlas):
    some = {key: part for key, part in payload.items() if key not in ("bounds", "tables")}
    with pytest.raises(PublishError) as caught:
        LandMap(some, atlas)
    assert [finding.field for finding in caught.value.findings] == ["bounds", "tables"]


# -- the seal ------------------------------------------------------------------------------------


def test_the_page_is_whole(a_map: Maker):
    page = contents(rendered(a_map()))
    assert page.links == ["data:,"]
    assert list(outside_links(page, trusted=frozenset({page.scripts[0]}))) == []
    assert not re.search(r"sourceMappingURL|user-scalable|jquery|bootstrap", "".join(page.scripts))


def test_exactly_the_scripts_of_the_page_may_run(a_map: Maker):
    html = rendered(a_map())
    page = contents(html)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    digests = [hashlib.sha256(script.encode()).digest() for script in page.scripts]
    hashes = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
    assert len(hashes) == 2  # Leaflet; the map and the page
    (style,) = (hashlib.sha256(text.encode()).digest() for text in page.styles if text)
    assert policy.split("; ") == [
        "default-src 'none'",
        "script-src " + " ".join(hashes),
        f"style-src 'sha256-{base64.b64encode(style).decode()}'",
        "img-src data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert html.index("Content-Security-Policy") < html.index("<title>") < html.index("<script")


OUTSIDE = (
    '<img src="https://outside.example/a.png">',
    '<a href="//outside.example">',
    '<a href="javascript:alert(1)">',
    '<script src="local.js"></script>',
    '<IMG SRCSET="http://outside.example/a.png 2x">',
    '<link rel="stylesheet" href="page.css">',
    '<meta http-equiv="refresh" content="0; url=https://outside.example">',
    "<style>@import 'https://outside.example/a.css';</style>",
    "<style>b { background: url( 'http://outside.example/a.png' ) }</style>",
    '<p style="background: url(a.png)"></p>',
    "<script>fetch('https://outside.example')</script>",
    "<svg><use xlink:href='https://outside.example/a.svg'/></svg>",
)


@pytest.mark.parametrize("html", OUTSIDE)
def test_a_link_outside_is_an_error(html):
    with pytest.raises(PublishError, match="from outside"):
        sealed(html)


@pytest.mark.parametrize(
    "html",
    [
        '<img src="data:image/png;base64,AAAA">',
        '<a href="#lr-panel">',
        "<style>b { background: url(data:image/png;base64,AA) } i { mask: url('#m') }</style>",
        '<script type="application/json">"https://named.example in a source note"</script>',
        "<p>https://named.example in plain text</p>",
    ],
)
def test_what_stays_inside_is_let_be(html):
    assert sealed(html) == html


@pytest.mark.parametrize(
    "element",
    [
        folium.TileLayer("https://tiles.example/{z}/{x}/{y}.png", attr="x"),
        folium.Marker([22.86, 114.13], popup='<img src="https://outside.example/a.png">'),
        folium.plugins.Fullscreen(),
    ],
    ids=lambda element: type(element).__name__,
)
def test_an_added_element_cannot_reach_outside(a_map: Maker, element, tmp_path):
    land_map = a_map()
    element.add_to(land_map)
    with pytest.raises(PublishError, match="from outside"):
        land_map.save(tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


# -- folium's ways -------------------------------------------------------------------------------


def test_it_saves_like_any_folium_map(a_map: Maker, tmp_path):
    land_map = a_map()
    assert isinstance(land_map, folium.Map)
    file, stream = tmp_path / "page.html", io.BytesIO()
    land_map.save(file)
    land_map.save(str(file))
    land_map.save(stream, close_file=False)
    assert file.read_bytes() == stream.getvalue() == land_map.get_root().render().encode()


def test_rendering_again_changes_nothing(a_map: Maker):
    root = a_map().get_root()
    assert root.render() == root.render()


def test_a_notebook_shows_it_in_a_frame(a_map: Maker):
    land_map = a_map("</script>")
    shown = land_map._repr_html_()
    (inner,) = re.findall(r'srcdoc="([^"]*)"', shown)
    assert unescape(inner) == land_map.get_root().render()


def test_elements_of_folium_are_drawn_on_it(a_map: Maker):
    land_map = a_map()
    circle = folium.CircleMarker([22.8605, 114.131], radius=5).add_to(land_map)
    html = land_map.get_root().render()
    assert f"addTo({land_map.get_name()})" in html
    assert html.index(circle.get_name()) < html.rindex(land_map.get_name()), "the page starts last"
    assert contents(html).scripts[-1].count("L.circleMarker(") == 1


def test_it_leaves_foliums_own_maps_alone(a_map: Maker):
    a_map().get_root().render()
    assert len(folium.Map.default_js) > 0
    assert "user-scalable" in folium.Map(tiles=None).get_root().render()


def test_it_can_be_copied_and_stored(a_map: Maker):
    land_map = a_map()
    html = land_map.get_root().render()
    assert copy.deepcopy(land_map).get_root().render() == html
    assert pickle.loads(pickle.dumps(land_map)).get_root().render() == html


def test_it_can_stand_in_another_figure(a_map: Maker):
    figure = Figure()
    a_map().add_to(figure)
    assert "landready-data" in figure.render()


def test_branca_would_run_templates_that_the_page_keeps_as_text(a_map: Maker):
    assert "49" in Element("{{7*7}}").render()
    assert data_in(rendered(a_map("{{7*7}}")))["title"]["zh"] == "{{7*7}}"


# -- what is carried -----------------------------------------------------------------------------


def test_vendored_files_are_the_pinned_ones():
    pin = tomllib.loads((WEBMAP / "vendor/VENDORED.toml").read_text("utf-8"))["leaflet"]
    files = {name: (WEBMAP / "vendor" / name).read_bytes() for name in pin["sha256"]}
    assert {name: hashlib.sha256(data).hexdigest() for name, data in files.items()} == pin["sha256"]
    assert files.keys() == {
        *("leaflet.js", "leaflet.core.js", "leaflet.css", "leaflet.core.css", "LICENSE")
    }
    assert f'version="{pin["version"]}"'.encode() in files["leaflet.js"]
    assert b"url(" not in files["leaflet.css"]


def test_what_scripts_ask_of_leaflets_inside_keeps_its_name():
    """The core's other private names are made short."""
    core = (WEBMAP / "vendor/leaflet.core.js").read_text("utf-8")
    sources = [path.read_text("utf-8") for path in (WEBMAP / "static").glob("*.js")]
    own = [text for text in sources if not text.startswith("/*")]
    asked = {name for text in own for name in re.findall(r"(?:\.|^ +)(_[a-z]\w+)", text, re.M)}
    assert "_tiles" in asked
    assert [name for name in sorted(asked) if not re.search(rf"\b{name}\b", core)] == []


def test_every_copy_carries_leaflets_licence(a_map: Maker):
    html = rendered(a_map())
    assert (WEBMAP / "vendor/LICENSE").read_text("utf-8") in html
