"""The page without a browser: what is in the file, and what may never be."""

import base64
import copy
import hashlib
import io
import json
import pickle
import re
import tomllib
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import folium
import folium.plugins
import pytest
from branca.element import Element, Figure

from geo.errors import PublishError
from geo.webmap import page as page_module
from geo.webmap.page import LandMap
from geo.webmap.seal import contents, outside_links, sealed

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


def both(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def small_payload(text: str | None = None) -> dict[str, Any]:
    """One zone, one parcel of 200 m x 100 m in the head's arithmetic, one table."""
    word = both(text, text) if text is not None else both("罗马", "Luoma")
    square = [
        [114.13, 22.86],
        [114.132, 22.86],
        [114.132, 22.861],
        [114.13, 22.861],
        [114.13, 22.86],
    ]
    shape = {"type": "Polygon", "coordinates": [square]}
    columns = [
        word | {"align": "left", "kind": "text"},
        word | {"align": "right", "kind": "number"},
    ]
    return {
        "lang": "zh",
        "title": word,
        "subtitle": word,
        "notices": [word | {"kind": "warning"}],
        "facts": [word | {"value": word}],
        "bounds": [[22.86, 114.13], [22.861, 114.132]],
        "stages": [{"rung": 7, "color": "#238a8d", **word}],
        "counted_from": 7,
        "zones": [{"id": "LM", "label": word, "geometry": shape}],
        "parcels": {
            "fields": [word | {"key": "land_mu"}],
            "items": [
                {
                    "id": "LM-A01",
                    "label": word["zh"],
                    "rung": 7,
                    "self_reported": False,
                    "counts": True,
                    "values": ["30.00"],
                    "geometry": shape,
                }
            ],
        },
        "blocks": [
            {
                "id": "B1",
                "label": word,
                "lines": [word],
                "geometry": shape,
                "bridge_parcels": ["LM-A01"],
            }
        ],
        "barriers": [],
        "lost": [{"label": word, "color": "#1f6fb5", "geometry": shape}],
        "tables": [
            {
                "id": "t",
                "title": word,
                "note": None,
                "open": True,
                "columns": columns,
                "rows": [[word, "30.00"]],
            }
        ],
    }


def rendered(payload: dict[str, Any]) -> str:
    return LandMap(payload).get_root().render()


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
def test_hostile_text_arrives_whole_and_never_raw(text):
    html = rendered(small_payload(text))
    assert data_in(html) == small_payload(text)
    assert tags_of(html) == tags_of(rendered(small_payload()))
    if "<" in text:
        assert text not in html


def test_no_character_of_the_data_can_end_its_script():
    html = rendered(small_payload("<>&\u2028\u2029\ud800"))
    assert r"\u003c\u003e\u0026\u2028\u2029\ud800" in html
    assert re.search(r'"landready-data">[^<>&\u2028\u2029]*</script>', html)


def test_title_and_language_stand_in_the_document():
    html = rendered(small_payload() | {"title": both("甲 & 乙", "A & B"), "lang": "en"})
    assert '<html lang="en">' in html
    assert "<title>A &amp; B</title>" in html
    assert '<html lang="zh-CN">' in rendered(small_payload())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"bytes"])
def test_only_plain_json_is_taken(value):
    with pytest.raises(PublishError, match="not plain JSON"):
        LandMap(small_payload() | {"facts": [value]})


def test_every_absent_part_is_named_at_once():
    payload = small_payload()
    del payload["bounds"], payload["tables"]
    with pytest.raises(PublishError) as caught:
        LandMap(payload)
    assert [finding.field for finding in caught.value.findings] == ["bounds", "tables"]


# -- the seal ------------------------------------------------------------------------------------


def test_the_page_is_whole():
    page = contents(rendered(small_payload()))
    assert page.links == ["data:,"]
    assert list(outside_links(page, trusted=frozenset({page.scripts[0]}))) == []
    assert not re.search(r"sourceMappingURL|user-scalable|jquery|bootstrap", "".join(page.scripts))


def test_exactly_the_scripts_of_the_page_may_run():
    html = rendered(small_payload())
    page = contents(html)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    digests = [hashlib.sha256(script.encode()).digest() for script in page.scripts]
    hashes = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
    assert len(hashes) == 2  # Leaflet; the map and the page
    assert policy.split("; ") == [
        "default-src 'none'",
        "script-src " + " ".join(hashes),
        "style-src 'unsafe-inline'",
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
def test_an_added_element_cannot_reach_outside(element, tmp_path):
    land_map = LandMap(small_payload())
    element.add_to(land_map)
    with pytest.raises(PublishError, match="from outside"):
        land_map.save(tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


# -- folium's ways -------------------------------------------------------------------------------


def test_it_saves_like_any_folium_map(tmp_path):
    land_map = LandMap(small_payload())
    assert isinstance(land_map, folium.Map)
    file, stream = tmp_path / "page.html", io.BytesIO()
    land_map.save(file)
    land_map.save(str(file))
    land_map.save(stream, close_file=False)
    assert file.read_bytes() == stream.getvalue() == land_map.get_root().render().encode()


def test_rendering_again_changes_nothing():
    root = LandMap(small_payload()).get_root()
    assert root.render() == root.render()


def test_a_notebook_shows_it_in_a_frame():
    land_map = LandMap(small_payload("</script>"))
    shown = land_map._repr_html_()
    (inner,) = re.findall(r'srcdoc="([^"]*)"', shown)
    assert unescape(inner) == land_map.get_root().render()


def test_elements_of_folium_are_drawn_on_it():
    land_map = LandMap(small_payload())
    circle = folium.CircleMarker([22.8605, 114.131], radius=5).add_to(land_map)
    html = land_map.get_root().render()
    assert f"addTo({land_map.get_name()})" in html
    assert html.index(circle.get_name()) < html.index("start(" + land_map.get_name())
    assert contents(html).scripts[-1].count("L.circleMarker(") == 1


def test_it_leaves_foliums_own_maps_alone():
    LandMap(small_payload()).get_root().render()
    assert len(folium.Map.default_js) > 0
    assert "user-scalable" in folium.Map(tiles=None).get_root().render()


def test_it_can_be_copied_and_stored():
    land_map = LandMap(small_payload())
    html = land_map.get_root().render()
    assert copy.deepcopy(land_map).get_root().render() == html
    assert pickle.loads(pickle.dumps(land_map)).get_root().render() == html


def test_it_can_stand_in_another_figure():
    figure = Figure()
    LandMap(small_payload()).add_to(figure)
    assert "landready-data" in figure.render()


def test_branca_would_run_templates_that_the_page_keeps_as_text():
    assert "49" in Element("{{7*7}}").render()
    assert data_in(rendered(small_payload("{{7*7}}")))["title"]["zh"] == "{{7*7}}"


# -- what is carried -----------------------------------------------------------------------------


def test_vendored_files_are_the_pinned_ones():
    pin = tomllib.loads((WEBMAP / "vendor/VENDORED.toml").read_text("utf-8"))["leaflet"]
    files = {name: (WEBMAP / "vendor" / name).read_bytes() for name in pin["sha256"]}
    assert {name: hashlib.sha256(data).hexdigest() for name, data in files.items()} == pin["sha256"]
    assert files.keys() == {"leaflet.js", "leaflet.css", "LICENSE"}
    assert f'version="{pin["version"]}"'.encode() in files["leaflet.js"]
    assert b"url(" not in files["leaflet.css"]


def test_every_copy_carries_leaflets_licence():
    html = rendered(small_payload())
    assert (WEBMAP / "vendor/LICENSE").read_text("utf-8") in html


def test_our_scripts_write_text_only_as_text():
    for script in sorted((WEBMAP / "static").glob("*.js")):
        text = script.read_text("utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|"
            r"createContextualFragment|\bbind(Popup|Tooltip)\b|divIcon",
            text,
        ), script.name
    assert {script.name for script in (WEBMAP / "static").glob("*.js")} == set(page_module.SCRIPTS)


def test_every_word_of_the_page_is_in_both_languages():
    text = (WEBMAP / "static/text.js").read_text("utf-8")
    words = text[text.index("const WORDS") : text.index("};")]
    keys = re.findall(r"^  (\w+): ", words, re.MULTILINE)
    full = re.findall(r'^  (\w+): \{ zh: "[^"]+", en: "[^"]+" \},$', words, re.MULTILINE)
    assert keys == full
    scripts = "".join((WEBMAP / "static" / name).read_text("utf-8") for name in page_module.SCRIPTS)
    assert set(re.findall(r'worded\("(\w+)"', scripts)) <= set(keys)
