"""The map as one self-contained web page."""

from geo.study import Study
from geo.webmap.page import LandMap
from geo.webmap.payload import page_payload


def land_map(study: Study, *, lang: str = "zh") -> LandMap:
    """The page of a study; ``lang`` is the language that it opens in."""
    return LandMap(page_payload(study, lang=lang))


__all__ = ["LandMap", "land_map", "page_payload"]
