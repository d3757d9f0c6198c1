"""Ledgers for tests: a moment, a draft, a layer of outlines, and what findings say."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shapely.geometry import Polygon

from geo.findings import Finding
from geo.ledger.event import Draft, Event
from geo.ledger.outline import Outline, outline_bytes, outline_hash, register_hash
from geo.ledger.sqlite import open_sqlite

START = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
CRS = "EPSG:4547"


def later(days: float = 0, **more: float) -> datetime:
    """A moment after the ledger was made."""
    return START + timedelta(days=days, **more)


def draft(parcel: str = "A", stage: str = "signed", day: str = "2025-12-31", **more: Any) -> Draft:
    """What is told of a parcel: a stage that it reached, unless ``kind`` says otherwise."""
    return Draft(**{"parcel_id": parcel, "kind": "reach", "date": day, "stage": stage, **more})


def layer(shapes: dict[str, Polygon], day: str = "2026-01-05") -> tuple[Draft, list[Outline]]:
    """The draft of a layer entry, and the outlines that come with it."""
    outlines = []
    for parcel, shape in shapes.items():
        wkb = outline_bytes(shape)
        outlines.append(
            Outline(0, parcel, outline_hash(wkb, CRS), "north", shape.area, shape.area, CRS, wkb)
        )
    return Draft("", "layer", day, geometry_hash=register_hash(outlines)), outlines


def append(path: Path, *drafts: Draft, now: datetime = START, actor: str = "王某") -> list[Event]:
    """Append to the ledger of a file, which is made when there is none."""
    with open_sqlite(path, write=True, create=START) as ledger:
        return ledger.append(drafts, actor=actor, now=now)


def read(path: Path) -> list[Event]:
    with open_sqlite(path, write=False) as ledger:
        return ledger.events()


def codes(findings: Iterable[Finding]) -> list[str]:
    return [item.code for item in findings]
