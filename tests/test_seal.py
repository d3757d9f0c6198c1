"""What may run on a page, what may be shown in it, and whom it may ask."""

import base64
import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

import folium
import pytest

import geo
from geo.errors import PublishError
from geo.webmap import page as page_module
from geo.webmap.basemaps import BASEMAPS, CHOICES, basemap_payload, origins_of
from geo.webmap.inert import has_popup, inert
from geo.webmap.maps import land_map
from geo.webmap.seal import contents, policy, sealed
from tests.makers import placed, row, study

WEBMAP = Path(page_module.__file__).parent


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> geo.Study:
    land = placed(*row([200, 200]), parcel_id=list("AB"), zone=["west"] * 2)
    return study(tmp_path_factory.mktemp("town"), land)


def rules(html: str) -> dict[str, list[str]]:
    """The policy of a page: the sources of each directive."""
    (words,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    return {name: sources for name, *sources in (rule.split() for rule in words.split("; "))}


def hashed(texts: list[str]) -> list[str]:
    digests = [hashlib.sha256(text.encode()).digest() for text in texts]
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


# -- the policy ----------------------------------------------------------------------------------


def test_exactly_the_scripts_and_styles_of_the_page_are_let_in(town):
    html = land_map(town).get_root().render()
    page = contents(html)
    assert rules(html) == {
        "default-src": ["'none'"],
        "script-src": hashed(page.scripts),
        "style-src": hashed(page.styles),
        "img-src": ["data:", "blob:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    assert "unsafe" not in html.split("<title>")[0]
    assert (len(page.scripts), len(page.styles), page.inline_styles) == (2, 1, [])


def test_packs_and_data_are_no_scripts(town):
    html = land_map(town).get_root().render()
    assert html.count('<script type="text/plain"') >= 2
    assert html.count('<script type="application/json"') == 1
    assert len(contents(html).scripts) == 2


def test_the_folder_form_may_load_its_own_chunks_and_nothing_more():
    page = contents("<script>1</script>")
    assert "script-src 'self' 'sha256-" in policy(page, chunks=True)
    assert "'self'" not in policy(page)
    assert "script-src 'none'; style-src 'none'" in policy(contents("<p>x</p>"))


def test_styles_on_tags_are_let_be_only_where_folium_brings_them(town):
    plain, styled = land_map(town), land_map(town)
    folium.CircleMarker([22.8, 114.1], tooltip=folium.Tooltip("x")).add_to(plain)
    folium.CircleMarker([22.8, 114.1], tooltip=folium.Tooltip("x", style="color: red")).add_to(
        styled
    )
    assert "style-src-attr" not in rules(plain.get_root().render())
    assert rules(styled.get_root().render())["style-src-attr"] == ["'unsafe-inline'"]
    assert "style-src-attr 'unsafe-inline'" in policy(contents('<p style="color: red">'))


def test_the_page_is_of_its_reader(town):
    html = land_map(town).get_root().render()
    assert "user-scalable" not in html
    assert "attribution_control" not in html
    assert '"attributionControl": false' in html


# -- basemaps ------------------------------------------------------------------------------------


def test_without_a_basemap_no_address_is_in_the_page(town):
    html = land_map(town).get_root().render()
    for name in ("leaflet.core.js", "LICENSE"):
        html = html.replace((WEBMAP / "vendor" / name).read_text("utf-8"), "")
    assert re.findall(r"(?:https?|wss?):?//[^\s\"']*", html) == []


@pytest.mark.parametrize("name", BASEMAPS)
def test_a_basemap_adds_its_own_origins_and_no_other(town, name):
    html = land_map(town, basemap=name).get_root().render()
    assert rules(html)["img-src"] == ["data:", "blob:", *BASEMAPS[name].origins]
    for origin in BASEMAPS[name].origins:
        assert re.fullmatch(r"https://[a-z0-9.]+\.(?:org|cn|com)", origin)
    assert not [script for script in contents(html).scripts[1:] if "://" in script]


def test_what_a_payload_says_of_its_basemap_opens_no_other_address():
    forged = {**(basemap_payload("osm") or {}), "tiles": ["https://outside.example/{z}"]}
    assert origins_of(forged) == ["https://tile.openstreetmap.org"]
    with pytest.raises(PublishError):
        origins_of({"id": "outside"})


def test_a_basemap_that_there_is_not_is_a_fault():
    with pytest.raises(PublishError) as caught:
        basemap_payload("google")
    (item,) = caught.value.findings
    assert (item.code, item.seen) == ("page.basemap", "google")
    assert ", ".join(CHOICES) in item.line("en")
    assert basemap_payload("none") is None


def test_only_tianditu_asks_for_a_key_and_only_amap_is_offset():
    assert {name for name, item in BASEMAPS.items() if item.needs_key} == {
        "tianditu",
        "tianditu-img",
    }
    assert {name for name, item in BASEMAPS.items() if item.offset} == {"amap"}
    layers = [re.findall(r"LAYER=(\w+)", tile)[0] for tile in BASEMAPS["tianditu-img"].tiles]
    assert (layers, BASEMAPS["tianditu"].levels) == (["img", "cia"], (1, 18))


# -- text for elements of folium -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>&amp;", "&#60;b&#62;&#38;amp;"),
        ("`${x}`", "&#96;&#36;&#123;x&#125;&#96;"),
        ("a\\u003cb", "a&#92;u003cb"),
        ("\"'", "&#34;&#39;"),
        ("\ud800\x00", "\ufffd\ufffd"),
        ("罗马 30 mu", "罗马 30 mu"),
        (7, "7"),
    ],
)
def test_inert_text_has_no_sign_that_acts(text, shown):
    assert inert(text) == shown


def test_what_popups_ask_for_is_there_only_with_a_popup(town):
    bare, popped = land_map(town), land_map(town)
    folium.CircleMarker([22.8, 114.1], tooltip=inert("x")).add_to(bare)
    group = folium.FeatureGroup().add_to(popped)
    folium.CircleMarker([22.8, 114.1], popup=folium.Popup(inert("x"))).add_to(group)
    assert (has_popup(bare), has_popup(popped)) == (False, True)
    assert len(contents(bare.get_root().render()).scripts) == 2
    assert len(contents(popped.get_root().render()).scripts) == 3


# -- what is carried -----------------------------------------------------------------------------


def test_vendored_packages_are_the_pinned_ones():
    pins: dict[str, Any] = tomllib.loads((WEBMAP / "vendor/VENDORED.toml").read_text("utf-8"))
    assert {name: pin["licence"] for name, pin in pins.items()} == {
        "leaflet": "BSD-2-Clause",
        "tiny-inflate": "MIT",
    }
    assert pins["tiny-inflate"]["version"] == "1.0.3"
    named = {name for pin in pins.values() for name in pin["sha256"]}
    own = {"VENDORED.toml", "refresh.py"}
    assert {path.name for path in (WEBMAP / "vendor").iterdir() if path.is_file()} == named | own
    for pin in pins.values():
        assert pin["integrity"].startswith("sha512-")
        for name, digest in pin["sha256"].items():
            assert hashlib.sha256((WEBMAP / "vendor" / name).read_bytes()).hexdigest() == digest


def test_every_copy_carries_the_licences(town):
    html = land_map(town).get_root().render()
    for name in ("LICENSE", "tiny-inflate.LICENSE"):
        assert (WEBMAP / "vendor" / name).read_text("utf-8") in html


def test_sealing_twice_is_the_same_page():
    page = '<meta charset="utf-8">\r\n<script>1</script>\r<style>b{}</style>'
    once = sealed(page)
    assert "\r" not in once
    assert rules(once)["script-src"] == hashed(["1"])
    assert rules(once)["style-src"] == hashed(["b{}"])
