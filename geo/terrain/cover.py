"""Land cover per parcel, before and after works: evidence of what stands or was demolished."""

from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.inputs import Notes
from geo.plan import ClassRaster, LandCover, Plan
from geo.terrain.grid import Floats, Grid, read_grid
from geo.terrain.zonal import Cover, Summary, laid_over
from geo.units import shown

COVER_COLUMNS: Final = ("bare_before", "bare_after", "change_share", "known_share")

ENOUGH_KNOWN: Final = 0.5
"""A parcel is judged by its land cover if so much of its land has a class."""

_MOST_LISTED: Final = 12


def parcel_cover(
    shapes: gpd.GeoSeries, crs: CRS, land_cover: LandCover, folder: Path, notes: Notes
) -> pd.DataFrame:
    """Land cover of parcels in ``crs`` (in metres), one row each, :data:`COVER_COLUMNS`.

    ``bare_before`` and ``bare_after`` are the shares of bare ground of the land whose class is
    known, ``change_share`` the share of the land known before and after whose class differs, and
    ``known_share`` the share of the parcel whose class is known after. Cells count by the area
    that the parcel covers of them. NaN where nothing is known; ``change_share`` also where there
    is nothing before, or on another grid, which ``notes`` says.

    Raises :class:`LayerError` when a raster cannot be read, or holds no classes.
    """
    notes.findings.extend(_date_faults(land_cover))
    after, grid = _classes(land_cover.after, folder, notes)
    seen, same, bare_before = [after], False, np.full(len(shapes), np.nan)
    if land_cover.before is not None:
        before, earlier = _classes(land_cover.before, folder, notes)
        seen.append(before)
        same = grid.is_same(earlier)
        if not same:
            notes.findings.append(finding("cover.grids-differ", file=grid.file, other=earlier.file))
            (bare_before,) = laid_over(
                shapes.to_numpy(), crs, earlier, lambda on: [_bare(on, before, land_cover).mean]
            )

    def figures(on: Cover) -> list[Floats]:
        bare = _bare(on, after, land_cover)
        found = [bare.mean, bare.known_share]
        if same:
            found += [_bare(on, before, land_cover).mean, _changed(on, before, after).mean]
        return found

    bare_after, known, *compared = laid_over(shapes.to_numpy(), crs, grid, figures)
    notes.findings.extend(_bare_faults(seen, land_cover, grid))
    table = pd.DataFrame(np.nan, index=shapes.index, columns=list(COVER_COLUMNS))
    table = table.assign(bare_before=bare_before, bare_after=bare_after, known_share=known)
    if compared:
        table["bare_before"], table["change_share"] = compared
    return table


def _classes(source: ClassRaster, folder: Path, notes: Notes) -> tuple[Floats, Grid]:
    """The classes of a raster, NaN where unknown; raises :class:`LayerError` for other numbers."""
    raster, grid = read_grid(source, folder, notes)
    classes = raster.numbers(source.nodata)
    parts = classes[np.isfinite(classes) & (classes != np.floor(classes))]
    if len(parts):
        words: Place = {"seen": f"{parts[0]:g}", "cells": len(parts)}
        raise LayerError(finding("cover.classes", file=grid.file, **words))
    return classes, grid


def _bare(on: Cover, classes: Floats, land_cover: LandCover) -> Summary:
    """Figures of what is bare, 1, and what is not, 0."""
    seen = on.of(classes)
    return on.summary(np.where(np.isfinite(seen), np.isin(seen, land_cover.bare), np.nan))


def _changed(on: Cover, before: Floats, after: Floats) -> Summary:
    """Figures of what is of another class than before, 1, and what is of the same, 0."""
    first, then = on.of(before), on.of(after)
    known = np.isfinite(first) & np.isfinite(then)
    return on.summary(np.where(known, first != then, np.nan))


def _date_faults(land_cover: LandCover) -> list[Finding]:
    """Say when what is called before is not earlier."""
    before, after = land_cover.before, land_cover.after
    if before is None or before.date < after.date:
        return []
    return [finding("cover.dates", file=before.file, seen=before.date, after=after.date)]


def _bare_faults(seen: list[Floats], land_cover: LandCover, grid: Grid) -> list[Finding]:
    """Say when no raster has any class of bare ground."""
    classes = np.unique(np.concatenate([np.unique(item[np.isfinite(item)]) for item in seen]))
    if np.isin(classes, land_cover.bare).any():
        return []
    listed = ", ".join(f"{value:g}" for value in classes[:_MOST_LISTED])
    more = ", …" if len(classes) > _MOST_LISTED else ""
    bare = ", ".join(map(str, land_cover.bare))
    return [finding("cover.no-bare-class", file=grid.file, seen=bare, classes=listed + more)]


def check_cover(
    parcels: pd.DataFrame,
    table: pd.DataFrame,
    plan: Plan,
    where: Place,
    *,
    rung_then: npt.NDArray[np.int64],
    built_rung: int | None = None,
) -> list[Finding]:
    """Hold stages against land cover: what is said to be demolished should be bare.

    ``parcels`` has ``parcel_id``, ``row``, ``rung`` (as of the plan's date) and ``land_m2``,
    ``table`` is theirs from :func:`parcel_cover`, ``where`` the parcel layer. ``rung_then`` is
    where each parcel stood on the day of the image: one that was demolished later cannot be
    judged by it. From ``built_rung`` on new buildings stand, and nothing is asked. An image of a
    day after the plan's date tells nothing of parcels that had not reached the stage.
    """
    land_cover = plan.land_cover
    assert land_cover is not None
    stage = plan.rung(land_cover.stage)
    name = plan.stages[stage].name
    words: Place = {"cover": Path(land_cover.after.file).name, "date": land_cover.after.date}
    words |= {"stage": name.en, "stage_zh": name.zh}
    words["least"] = shown(land_cover.bare_from, 1, percent=True)
    asked = (rung_then >= stage) & (
        rung_then < (len(plan.stages) if built_rung is None else built_rung)
    )
    early = (parcels["rung"].to_numpy() < stage) & (land_cover.after.date <= plan.as_of)
    known, bare = table["known_share"].to_numpy(), table["bare_after"].to_numpy()
    judged = known >= ENOUGH_KNOWN
    codes = np.select(
        [
            asked & ~judged,
            asked & (bare < land_cover.bare_from),
            early & judged & (bare >= land_cover.bare_from),
        ],
        ["cover.unknown", "cover.not-bare", "cover.bare"],
        "",
    )
    findings = []
    told = np.flatnonzero(codes != "")
    chosen = {name: parcels[name].to_numpy()[told] for name in ("row", "parcel_id", "land_m2")}
    for at, row, parcel, land_m2 in zip(told, *chosen.values(), strict=True):
        place: Place = {**where, "row": row, "parcel": str(parcel), "area_m2": land_m2}
        seen = shown(bare[at] if judged[at] else known[at], 1, percent=True)
        findings.append(finding(str(codes[at]), **place, **words, seen=seen))
    return findings
