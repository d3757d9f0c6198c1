"""The land map: a folium map that is one whole page and asks nothing of the network.

``LandMap(payload)`` takes plain JSON in which every figure is already worded, so the page shows
and never computes. It saves, and shows in a notebook, like any folium map; elements added to it
are drawn too, as long as they bring no file from outside.
"""

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import folium
from branca.element import Element, Figure
from folium.template import Template

from geo.errors import PublishError
from geo.findings import Finding, finding
from geo.webmap.seal import CHARSET, sealed

HERE = Path(__file__).parent
SCRIPTS = ("text.js", "panel.js", "legend.js", "drawing.js", "labels.js", "page.js")
REQUIRED = (
    *("lang", "title", "subtitle", "notices", "facts", "bounds", "stages", "counted_from"),
    *("zones", "parcels", "blocks", "barriers", "lost", "tables"),
)
LANGUAGES = {"zh": "zh-CN", "en": "en"}
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


class Verbatim(Element):
    """Text that reaches the page as it is; branca would read any other text as a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **kwargs: Any) -> str:
        """Give the text."""
        return self.text


class Page(Figure):
    """The document around a land map; ``render`` returns it sealed."""

    _template = Template(
        "<!DOCTYPE html>\n"
        '<html lang="{{ this.language }}">\n'
        "<head>\n"
        f"{CHARSET}\n"
        "<title>{{ this.title|e }}</title>\n"
        "{{ this.header.render() }}\n"
        "</head>\n"
        '<body class="landready">\n'
        "{{ this.html.render() }}\n"
        "<script>\n{{ this.script.render() }}\n</script>\n"
        "</body>\n"
        "</html>\n"
    )

    def __init__(self, *, title: str, language: str) -> None:
        super().__init__(ratio="72%", title=title)
        self.language = language
        del self.header._children["meta_http"]

    def render(self, **kwargs: Any) -> str:
        """Give the page, checked for links outside and with the hashes of its scripts."""
        return sealed(super().render(**kwargs), trusted=frozenset({_leaflet()}))


class LandMap(folium.Map):
    """The web page of one study, from its payload.

    PublishError when the payload lacks a part, cannot be JSON, or when the page would reach
    outside; the latter is found on rendering.
    """

    _template = Template(
        """
        {% macro header(this, kwargs) %}
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <link rel="icon" href="data:,">
        {% endmacro %}

        {% macro html(this, kwargs) %}
        <header class="lr-head" id="landready-head"></header>
        <main class="lr-main">
          <section class="lr-field" id="landready-field">
            <div class="folium-map" id={{ this.get_name()|tojson }}></div>
            <div class="lr-tools" id="landready-tools"></div>
            <div class="lr-key" id="landready-key"></div>
            <div class="lr-card" id="landready-card" aria-live="polite"></div>
          </section>
          <aside class="lr-panel" id="landready-panel" tabindex="-1"></aside>
        </main>
        <noscript><p class="lr-noscript">此图需要启用 JavaScript。
          This map needs JavaScript.</p></noscript>
        {% endmacro %}

        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
          center: {{ this.location|tojson }},
          crs: L.CRS.{{ this.crs }},
          minZoom: 8,
          maxZoom: 21,
          ...{{ this.options|tojavascript }}
        });
        {% endmacro %}
        """
    )

    def __init__(self, payload: Mapping[str, Any]) -> None:
        absent = [key for key in REQUIRED if key not in payload]
        if absent:
            raise PublishError(*map(_absent, absent))
        (south, west), (north, east) = payload["bounds"]
        super().__init__(
            location=((south + north) / 2, (west + east) / 2),
            tiles=None,
            zoom_start=14,
            zoom_control=False,
            prefer_canvas=True,
            attribution_control=False,
            zoom_snap=0.25,
            wheel_px_per_zoom_level=100,
        )
        self.default_js, self.default_css = [], []  # folium's own come from outside
        language = payload["lang"]
        self.data = payload_json(payload)
        Page(title=payload["title"][language], language=LANGUAGES[language]).add_child(self)

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Put styles, library, data, map and page script into the figure, in that order."""
        figure = self.get_root()
        assert isinstance(figure, Figure), "a land map is drawn in a figure"
        style = f"<style>\n{_text('vendor/leaflet.css')}{_text('static/page.css')}</style>"
        data = f'<script type="application/json" id="landready-data">{self.data}</script>'
        _put(figure.header, "landready_style", style)
        _put(figure.header, "landready_leaflet", f"<script>{_leaflet()}</script>")
        super().render(**kwargs)  # type: ignore[no-untyped-call]
        _put(figure.html, "landready_data", data)
        _put(figure.script, "landready_page", _page_script(self.get_name()))

    def save(
        self,
        outfile: str | bytes | Path | BinaryIO,
        close_file: bool = True,
        **kwargs: Any,
    ) -> None:
        """Write the page, as folium does, but leave the file alone when the page fails its seal."""
        html = self.get_root().render(**kwargs).encode("utf-8")
        if isinstance(outfile, str | bytes | Path):
            Path(os.fsdecode(outfile)).write_bytes(html)
            return
        outfile.write(html)
        if close_file:
            outfile.close()


def payload_json(payload: Mapping[str, Any]) -> str:
    """JSON that no HTML parser can read as anything but text; PublishError on NaN and the like."""
    try:
        text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise PublishError(_not_json(error)) from error
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


@cache
def _text(name: str) -> str:
    return (HERE / name).read_text("utf-8")


def _leaflet() -> str:
    """Leaflet under its licence, which asks to travel with every copy."""
    return f"/*!\n{_text('vendor/LICENSE')}*/\n{_text('vendor/leaflet.js')}"


def _page_script(map_name: str) -> str:
    """Our own scripts in one closed scope, so that the page gains no global name."""
    body = "\n".join(_text(f"static/{name}") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{body}\nstart({map_name});\n}})();'


def _put(part: Element, name: str, text: str) -> None:
    part.add_child(Verbatim(text), name=name)


def _absent(key: str) -> Finding:
    return finding("page.payload", field=key, seen=key)


def _not_json(error: Exception) -> Finding:
    return finding("page.not-json", seen=error)
