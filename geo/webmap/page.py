"""The land map: a folium map that is one whole page and asks nothing of the network.

``LandMap(payload, atlas)`` takes plain JSON in which every figure is already worded, and what is
drawn as packed columns. It saves, and shows in a notebook, like any folium map; elements added to
it are drawn too, as long as they bring no file from outside.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import folium
from branca.element import Element, Figure
from folium.template import Template

from geo.errors import PublishError
from geo.findings import Finding, finding
from geo.webmap.atlas import Atlas
from geo.webmap.basemaps import origins_of
from geo.webmap.folder import CHUNK_ROWS, DATA, Form, build_mark, is_folder, write_data
from geo.webmap.inert import PARSER, has_popup
from geo.webmap.packing import base64_of
from geo.webmap.scripts import page_script, page_style
from geo.webmap.seal import CHARSET, sealed

HERE = Path(__file__).parent
REQUIRED = (
    *("lang", "title", "subtitle", "notices", "facts", "bounds", "stages", "counted_from"),
    *("zones", "blocks", "barriers", "lost", "names", "goals", "balance", "tables"),
    *("time", "model"),
)
LANGUAGES = {"zh": "zh-CN", "en": "en"}
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


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

    def __init__(self, *, title: str, language: str, images: Sequence[str] = ()) -> None:
        super().__init__(ratio="72%", title=title)
        self.language = language
        self.images = list(images)
        self.chunks = False
        del self.header._children["meta_http"]

    def render(self, **kwargs: Any) -> str:
        """Give the page, checked for links outside and with the hashes of its scripts."""
        own = frozenset({_leaflet("leaflet.js"), _leaflet("leaflet.core.js")})
        return sealed(super().render(**kwargs), trusted=own, chunks=self.chunks, images=self.images)


class LandMap(folium.Map):
    """The web page of one study, from its payload and its atlas.

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
          <div class="lr-view">
            <section class="lr-field" id="landready-field">
              <div class="folium-map" id={{ this.get_name()|tojson }}></div>
              <div class="lr-tools" id="landready-tools"></div>
              <div class="lr-key" id="landready-key"></div>
              <div class="lr-card" id="landready-card" aria-live="polite"></div>
            </section>
            <div class="lr-time" id="landready-time"></div>
          </div>
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

    def __init__(self, payload: Mapping[str, Any], atlas: Atlas) -> None:
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
        x0, y0 = atlas.origin
        self.data = payload_json({**payload, "world": {"x0": x0, "y0": y0}})
        self.atlas = atlas
        self.packs: dict[str, str] | None = None
        images = origins_of(payload.get("basemap"))
        title = _SURROGATES.sub("\ufffd", payload["title"][language])  # no file can hold them
        Page(title=title, language=LANGUAGES[language], images=images).add_child(self)

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Put styles, library, data, map and page script into the figure, in that order."""
        figure = self.get_root()
        assert isinstance(figure, Figure), "a land map is drawn in a figure"
        style = f"<style>\n{page_style()}</style>"
        data = f'<script type="application/json" id="landready-data">{self.data}</script>'
        if self._children:  # elements of folium may use any of Leaflet
            _put(
                figure.header, "landready_whole", f"<style>\n{_text('vendor/leaflet.css')}</style>"
            )
        _put(figure.header, "landready_style", style)
        library = _leaflet("leaflet.js" if self._children else "leaflet.core.js")
        _put(figure.header, "landready_leaflet", f"<script>{library}</script>")
        if has_popup(self):
            _put(figure.header, "landready_popups", f"<script>{PARSER}</script>")
        super().render(**kwargs)  # type: ignore[no-untyped-call]
        _put(figure.html, "landready_data", data)
        _put(figure.html, "landready_packs", _packed(self.packs or _packs_inside(self.atlas)))
        _put(figure.script, "landready_page", page_script(self.get_name()))

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

    def save_in(self, folder: Path, *, form: Form = "auto") -> None:
        """Write ``index.html`` into a folder that is there, whole or with files beside it."""
        if is_folder(form, self.atlas.rows):
            self.save_folder(folder)
        else:
            self.save(folder / "index.html")

    def save_folder(self, folder: Path, *, chunk_rows: int = CHUNK_ROWS) -> None:
        """Write the page as ``index.html``, and its parcels into files of ``data/`` beside it.

        So land of any size opens at once: what is seen is loaded, and nothing else.
        """
        figure = self.get_root()
        assert isinstance(figure, Page), "a land map is drawn in its page"
        try:
            mark = build_mark(self.data, self.atlas, chunk_rows)
            self.packs = write_data(self.atlas, folder / DATA, mark=mark, chunk_rows=chunk_rows)
            figure.chunks = True
            self.save(folder / "index.html")
        finally:
            self.packs, figure.chunks = None, False


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


def _packed(packs: Mapping[str, str]) -> str:
    """Packs as text, which no browser runs."""
    return "\n".join(
        f'<script type="text/plain" id="landready-{kind}">{pack}</script>'
        for kind, pack in packs.items()
    )


def _packs_inside(atlas: Atlas) -> dict[str, str]:
    """What a page of one file has inside."""
    shapes = [*atlas.shapes_columns(), *atlas.overlays_columns()]  # they share corners
    return {
        "shapes": base64_of(shapes),
        "facts": base64_of(atlas.facts_columns()),
        "links": base64_of(atlas.links_columns()),
    }


def _leaflet(name: str) -> str:
    """Leaflet under its licence, which asks to travel with every copy.

    The core is what our scripts use; elements that somebody adds may use any of it.
    """
    return f"/*!\n{_text('vendor/LICENSE')}*/\n{_text(f'vendor/{name}')}"


def _put(part: Element, name: str, text: str) -> None:
    part.add_child(Verbatim(text), name=name)


def _absent(key: str) -> Finding:
    return finding("page.payload", field=key, seen=key)


def _not_json(error: Exception) -> Finding:
    return finding("page.not-json", seen=error)
