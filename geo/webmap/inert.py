"""Text for elements of folium: it stays text in the HTML and in the scripts that folium writes.

folium puts what popups, tooltips and layer names say into templates, from there into template
literals of a script, and lets the browser read it as HTML; the script is part of the page, so its
hash in the policy blesses whatever it says. Our own parts never go that way. Who adds an element
of folium to a :class:`geo.webmap.page.LandMap` words it with :func:`inert`::

    folium.Marker([22.86, 114.13], tooltip=inert(name), popup=folium.Popup(inert(note)))
"""

import re
from collections.abc import Iterator
from typing import Final

import folium
from branca.element import Element

_ACTIVE: Final = re.compile(r"[&<>\"'`${}\\]")
_UNREADABLE: Final = re.compile("[\x00\ud800-\udfff]")

PARSER: Final = (
    "var $ = (html) => {\n"
    '  const box = document.createElement("template");\n'
    "  box.innerHTML = html.trim();\n"
    "  return [box.content.firstElementChild];\n"
    "};"
)
"""The one thing for which folium's popups ask jQuery, which the page does not carry."""


def inert(text: object) -> str:
    """Text that no HTML parser, template and template literal takes for anything but itself.

    What they act on becomes a character reference, which only the HTML parser, the last of them,
    turns back; what no page can hold becomes U+FFFD.
    """
    readable = _UNREADABLE.sub("\ufffd", str(text))
    return _ACTIVE.sub(lambda sign: f"&#{ord(sign[0])};", readable)


def has_popup(element: Element) -> bool:
    """Whether a popup of folium stands somewhere in an element."""
    return any(isinstance(item, folium.Popup) for item in _within(element))


def _within(element: Element) -> Iterator[Element]:
    for child in element._children.values():
        yield child
        yield from _within(child)
