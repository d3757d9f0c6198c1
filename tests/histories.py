"""Plans with a ledger for tests: told in one line an entry, at moments that are chosen."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely import Geometry

from geo.ledger.event import Draft, Event, Head
from geo.ledger.history import History, lineage_of, standing
from geo.ledger.opening import open_ledger
from geo.ledger.outline import Outline, outline_bytes, outline_hash, register_hash
from tests.makers import qingxi, write_plan

CRS = "EPSG:4547"


def at(text: str) -> datetime:
    """A moment in UTC: ``2024-01-31`` is noon of that day."""
    return datetime.fromisoformat(f"{text}T12:00" if len(text) == 10 else text).replace(tzinfo=UTC)


def reach(parcel: str, day: str, stage: str, **more: Any) -> Draft:
    return Draft(parcel, "reach", day, **({"stage": stage, "evidence": "paper"} | more))


def revert(parcel: str, day: str, stage: str, **more: Any) -> Draft:
    return Draft(parcel, "revert", day, **({"stage": stage, "reason": "withdrawn"} | more))


def split(parcel: str, day: str, *parts: str, **more: Any) -> Draft:
    return Draft(parcel, "split", day, parts=parts, **more)


def merge(parcel: str, day: str, *parts: str, **more: Any) -> Draft:
    return Draft(parcel, "merge", day, parts=parts, **more)


def register(
    zones: dict[str, str] | None = None, **shapes: Geometry | None
) -> tuple[Draft, list[Outline]]:
    """The entry of a layer with these parcels, drawn around the origin; None is one that left."""
    outlines = []
    zones = zones or {}
    for parcel, shape in shapes.items():
        if shape is None:
            outlines.append(Outline(0, parcel, "", "", 0.0, 0.0, CRS, b""))
            continue
        wkb = outline_bytes(qingxi(shape))
        hashed = outline_hash(wkb, CRS)
        zone = zones.get(parcel, "")
        outlines.append(Outline(0, parcel, hashed, zone, shape.area, shape.area, CRS, wkb))
    draft = Draft("", "layer", "2020-01-01", text="test", geometry_hash=register_hash(outlines))
    return draft, outlines


def history_of(entries: Sequence[Event]) -> History:
    """What a ledger of these entries says, all of it known."""
    head = Head("", "", len(entries), "", "")
    return History("test", head, list(entries), lineage_of(standing(entries)), [], [])


def write_ledger(
    path: Path,
    *tellings: tuple[str, Sequence[Draft]],
    outlines: dict[str, Geometry | None] | None = None,
    zones: dict[str, str] | None = None,
) -> None:
    """A ledger with entries recorded at moments, after the outlines of some parcels."""
    first = at(min([when for when, _ in tellings], default="2020-01-01"))
    with open_ledger(path, write=True, create=first) as ledger:
        if outlines:
            draft, shapes = register(zones, **outlines)
            ledger.append([draft], actor="office", now=first, outlines=shapes)
        for when, drafts in tellings:
            ledger.append(drafts, actor="office", now=at(when))


def told_plan(
    folder: Path,
    land: gpd.GeoDataFrame,
    *tellings: tuple[str, Sequence[Draft]],
    outlines: dict[str, Geometry | None] | None = None,
    outline_zones: dict[str, str] | None = None,
    **options: Any,
) -> Path:
    """A plan of :func:`tests.makers.write_plan` with a ledger beside it."""
    path = write_plan(folder, land, **options)
    write_ledger(folder / "readiness.db", *tellings, outlines=outlines, zones=outline_zones)
    return path
