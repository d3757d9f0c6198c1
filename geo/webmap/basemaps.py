"""Basemaps: the only addresses that a page may ever ask, and only when a basemap was asked for.

Tiles are a picture below the land, for orientation: no figure comes from them. Those of Amap are
in GCJ-02; ``static/basemap.js`` shifts the picture, never the land. A key is no part of a page:
its reader types it, or ``landready serve`` hands it over (:mod:`geo.serving`).
"""

import os
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from geo.errors import PublishError
from geo.findings import finding
from geo.text import Words
from geo.words import listed

KEY_VARIABLE: Final = "LANDREADY_TIANDITU_KEY"
"""The environment's variable that holds a key of Tianditu."""

NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Basemap:
    """Layers of tiles, the lowest first; ``{s}`` is one of ``hosts``, ``{key}`` a key."""

    name: Words
    tiles: tuple[str, ...]
    hosts: tuple[str, ...]
    attribution: Words
    about: str
    levels: tuple[int, int]
    offset: bool = False

    @property
    def needs_key(self) -> bool:
        """Whether its tiles are given to holders of a key only."""
        return any("{key}" in address for address in self.tiles)

    @property
    def origins(self) -> list[str]:
        """The origins of its tiles, as a Content-Security-Policy names them."""
        whole = (address.replace("{s}", host) for address in self.tiles for host in self.hosts)
        parts = (urlsplit(address) for address in whole)
        return list(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts))


def _tianditu(*layers: str) -> tuple[str, ...]:
    return tuple(
        f"https://{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
        f"&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
        "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}"
        for layer in layers
    )


_TIANDITU_HOSTS: Final = tuple(f"t{number}" for number in range(8))
_TIANDITU_SAID: Final = Words("© 天地图 国家地理信息公共服务平台", "© Tianditu, NGCC")
_TIANDITU_ABOUT: Final = "https://www.tianditu.gov.cn/"

BASEMAPS: Final = {
    "osm": Basemap(
        Words("OpenStreetMap", "OpenStreetMap"),
        ("https://{s}.openstreetmap.org/{z}/{x}/{y}.png",),
        ("tile",),
        Words("© OpenStreetMap 贡献者", "© OpenStreetMap contributors"),
        "https://www.openstreetmap.org/copyright",
        (0, 19),
    ),
    "tianditu": Basemap(
        Words("天地图", "Tianditu"),
        _tianditu("vec", "cva"),
        _TIANDITU_HOSTS,
        _TIANDITU_SAID,
        _TIANDITU_ABOUT,
        (1, 18),
    ),
    "tianditu-img": Basemap(
        Words("天地图影像", "Tianditu imagery"),
        _tianditu("img", "cia"),
        _TIANDITU_HOSTS,
        _TIANDITU_SAID,
        _TIANDITU_ABOUT,
        (1, 18),
    ),
    "amap": Basemap(
        Words("高德（偏移坐标）", "Amap (offset coordinates)"),
        (
            "https://{s}.is.autonavi.com/appmaptile"
            "?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}",
        ),
        ("webrd01", "webrd02", "webrd03", "webrd04"),
        Words("© 高德地图", "© Amap"),
        "https://www.amap.com/",
        (3, 18),
        offset=True,
    ),
}
"""Every basemap that can be asked for, by its id."""

CHOICES: Final = (NONE, *BASEMAPS)


def basemap_payload(asked: str) -> dict[str, Any] | None:
    """What a page is told of its basemap; None without one.

    Raises :class:`PublishError` for a basemap that there is not.
    """
    if asked == NONE:
        return None
    item = known_basemap(asked)
    return {
        "id": asked,
        "label": _both(item.name),
        "tiles": list(item.tiles),
        "hosts": list(item.hosts),
        "attribution": _both(item.attribution),
        "about": item.about,
        "levels": list(item.levels),
        "offset": item.offset,
        "needs_key": item.needs_key,
    }


def known_basemap(asked: str) -> Basemap:
    """The basemap of an id. Raises :class:`PublishError` where there is none."""
    if asked not in BASEMAPS:
        raise PublishError(finding("page.basemap", seen=asked, choices=listed(CHOICES)))
    return BASEMAPS[asked]


def origins_of(payload: dict[str, Any] | None) -> list[str]:
    """The origins that a page with this basemap may ask: those known here, whatever it says."""
    return [] if payload is None else known_basemap(str(payload.get("id"))).origins


def key_of_environment() -> str:
    """The key of Tianditu that the environment holds; blank when it holds none."""
    return os.environ.get(KEY_VARIABLE, "").strip()


def _both(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}
