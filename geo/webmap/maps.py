"""The map of a study as a page."""

from typing import TYPE_CHECKING

from geo.errors import PublishError
from geo.findings import finding
from geo.study import Study
from geo.webmap.atlas import atlas_of
from geo.webmap.basemaps import NONE, basemap_payload
from geo.webmap.page import LandMap
from geo.webmap.payload import page_payload
from geo.webmap.profile import (
    Coarsen,
    Profile,
    public_atlas,
    public_outlook,
    public_payload,
    public_study,
)

if TYPE_CHECKING:  # its engines are for those who ask for a forecast
    from geo.outlook import Outlook


def land_map(
    study: Study,
    *,
    lang: str = "zh",
    basemap: str = NONE,
    profile: Profile = "full",
    coarsen: Coarsen = "snap",
    outlook: "Outlook | None" = None,
) -> LandMap:
    """The page of a study; ``lang`` is the language that it opens in.

    ``basemap`` is one of :data:`geo.webmap.basemaps.CHOICES`; without one the page asks nothing of
    the network. ``profile`` and ``coarsen`` say for whom it is (:mod:`geo.webmap.profile`).
    ``outlook`` is what lies ahead (:func:`geo.outlook.outlook_of`), where it shall be shown.
    """
    if profile == "full" and coarsen != "snap":  # whoever asks for it must not publish the rest
        raise PublishError(finding("page.coarsen", field="coarsen", seen=coarsen))
    shown = study if profile == "full" else public_study(study, coarsen=coarsen)
    told = outlook if profile == "full" or outlook is None else public_outlook(outlook)
    payload = page_payload(shown, lang=lang, outlook=told)
    if basemap != NONE:
        payload["basemap"] = basemap_payload(basemap)
    atlas = atlas_of(shown, outlook=told)
    if profile == "full":
        return LandMap(payload, atlas)
    return LandMap(public_payload(payload), public_atlas(atlas))
