"""The land that a ledger speaks of: the outline of every parcel, kept as it was."""

import hashlib
import json
from collections.abc import Iterable
from typing import NamedTuple

import shapely


class Outline(NamedTuple):
    """One parcel of the layer as it was when a ``layer`` entry was written.

    ``seq`` is that entry. ``area_m2`` is the area by the plan's method, ``land_m2`` the part of it
    that counts (each square metre once over all parcels); ``wkb`` the polygon in ``crs``, the
    plan's area CRS in metres. A parcel that is no longer in the layer has an outline without
    ``hash`` and ``wkb``, and no land.
    """

    seq: int
    parcel_id: str
    hash: str
    zone: str
    area_m2: float
    land_m2: float
    crs: str
    wkb: bytes


def outline_hash(wkb: bytes, crs: str) -> str:
    """SHA-256 over a CRS and the bytes of a polygon: what ``geometry_hash`` of an entry names."""
    return hashlib.sha256(crs.encode("utf-8") + b"\0" + wkb).hexdigest()


def outline_bytes(shape: shapely.Geometry) -> bytes:
    """A polygon as little-endian WKB in the plane, its points as they are."""
    wkb: bytes = shapely.to_wkb(shape, byte_order=1, output_dimension=2)
    return wkb


def register_hash(outlines: Iterable[Outline]) -> str:
    """SHA-256 over the outlines that one ``layer`` entry brought: its ``geometry_hash``.

    Sorted by parcel; the bytes of a polygon are in it by their own hash.
    """
    rows = sorted((*item[1:6], item.crs) for item in outlines)
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
