"""Who a page is for: everything the office knows, or what may be published.

The public sees the figures of the original land, drawn coarsely: every point of it lies on a grid
of ten metres or more, or parcels are mere marks in the outlines of their blocks. Nobody can read
from it where a boundary runs, which control line takes land away, what building costs, what a
parcel is called (a firm's name, often), or who said what.

What stays in the bytes of the page although no card lists it: the existing floor space of each
parcel. The page answers what-ifs from the parcels one by one, by the same arithmetic as the
office's; without it the figures of zones and town would be other ones. The page says so; who may
not give it away gives away tables and a picture instead.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.balance import LOST_COLUMNS, balance_table, block_balance
from geo.errors import PublishError
from geo.findings import finding
from geo.ground import Ground
from geo.land import Land
from geo.laws import Law
from geo.plan import Contiguity
from geo.plan.constraints import Constraint, reasons_in_order
from geo.study import Study
from geo.tables.sheet import Sheet
from geo.text import Text, Words
from geo.webmap.atlas import Atlas
from geo.webmap.packing import Column

if TYPE_CHECKING:  # its engines are for those who ask for a forecast
    from geo.outlook import Outlook

Profile = Literal["full", "public"]
Coarsen = Literal["snap", "blocks"]
Shapes = npt.NDArray[Any]

GRID_M: Final = 10.0
"""The finest grid on which the public may see land (domain reference, section 3)."""

PUBLIC_SHEETS: Final = frozenset(
    {
        *("goals", "pace", "zones", "balance", "reach", "balance_treatment", "stages", "blocks"),
        *("tiers", "contiguity", "comparison", "causes", "floor", "floor_treatment", "phasing"),
        *("programmes", "claims", "timeline", "assumptions", "laws"),
        *("forecast", "forecast_quarters", "forecast_years"),
    }
)
"""The tables of the public: none has a row for a parcel, a cost or a fault in the data."""

SHOWN: Final = "✓"
"""That there is evidence, where it may not be read."""


def public_study(study: Study, *, coarsen: Coarsen = "snap", grid_m: float = GRID_M) -> Study:
    """A study as the public may see it, from which its page follows as any page does.

    Every figure is as it was; land is drawn on a grid of ``grid_m`` in the CRS of the study. Raises
    :class:`PublishError` for a grid finer than :data:`GRID_M`.
    """
    if not grid_m >= GRID_M:
        raise PublishError(finding("page.profile", seen=f"{grid_m:g}", least=f"{GRID_M:g}"))
    land = _public_land(study.land, coarsen, grid_m)
    lost, constraints = _one_reason(study)
    reasons = reasons_in_order(constraints)
    nothing = {name: getattr(study, name).iloc[:0] for name in _WITHHELD}
    return replace(
        study,
        plan=study.plan.model_copy(update={"economics": None, "constraints": constraints}),
        land=land,
        parcels=_public_parcels(study.parcels, coarsen, grid_m),
        zones=_drawn(study.zones, grid_m),
        blocks=_drawn(study.blocks, grid_m),
        lost=lost,
        balance=balance_table(study.parcels, lost, reasons),
        balance_by_block=block_balance(study.parcels, lost, reasons),
        laws=_public_laws(study),
        links=_public_links(study.links, study.plan.contiguity),
        grounds=[_public_ground(item, land, coarsen, grid_m) for item in study.grounds],
        findings=[],
        **nothing,
    )


def public_outlook(outlook: "Outlook") -> "Outlook":
    """What lies ahead of the goals: not whose land is taken when, nor what it costs."""
    told = outlook.forecast
    forecast = None if told is None else replace(told, parcels=told.parcels.iloc[:0])
    return replace(outlook, forecast=forecast, sequence=None)


def public_sheets(sheets: list[Sheet]) -> list[Sheet]:
    """The tables that the public may see."""
    return [sheet for sheet in sheets if sheet.id in PUBLIC_SHEETS]


def public_atlas(atlas: Atlas) -> Atlas:
    """The atlas of a :func:`public_study` without the plot ratio that each parcel has."""
    hidden = {"parcels.existing"}
    facts = [
        Column(one.name, one.kind, [None] * len(one.values)) if one.name in hidden else one
        for one in atlas.facts
    ]
    return replace(atlas, facts=facts)


def public_payload(payload: dict[str, Any], *, grid_m: float = GRID_M) -> dict[str, Any]:
    """What the page of a :func:`public_study` says: the public's tables, and how coarse it is.

    ``withheld`` are the lines that its cards leave out.
    """
    coarse = {
        "zh": f"公开版：界线已概略到 {grid_m:g} 米以上，各项数字按原始界线计算",
        "en": f"Public edition: outlines are coarse, to {grid_m:g} m or more; "
        "every figure is computed from the original ones",
        "kind": "info",
    }
    tables = [table for table in payload["tables"] if table["id"] in PUBLIC_SHEETS]
    notices = [*payload["notices"], coarse, WITHIN]
    return {**payload, "tables": tables, "notices": notices, "withheld": WITHHELD_LINES}


WITHHELD_LINES: Final = ("card_existing", "card_floor")

WITHIN: Final = {
    "zh": "假设测算逐地块进行：各地块的现状建筑面积不逐一列出，但仍在网页数据中",
    "en": "What-ifs are reckoned parcel by parcel: the existing floor space of each parcel is not "
    "listed, but is in the page's data",
    "kind": "info",
}


_WITHHELD: Final = (
    *("terrain", "land_cover", "economics", "parcel_economics", "tornado"),
    "comparison_by_parcel",
)

CONSTRAINTS: Final = "constraints"
"""The reason that stands for all constraints: which control line takes land is not public."""


def _one_reason(study: Study) -> tuple[gpd.GeoDataFrame, list[Constraint]]:
    """Land lost, drawn nowhere, as if all constraints were one; and that one, if there are any.

    Areas lie on the grid of land, so that gross − Σ reasons = net holds as exactly as before.
    """
    drawn = [item.id for item in study.plan.constraints]
    lost = study.lost.drop(columns="geometry")
    taken = lost["reason"].isin(drawn)
    own = ["parcel_id", "zone", "block", "treatment"]
    summed = lost[taken].groupby(own, sort=False, as_index=False)[["area_m2", "covered_m2"]].sum()
    summed = summed.assign(covered_m2=summed["area_m2"], reason=CONSTRAINTS, kind="limiting")
    whole = pd.concat([lost[~taken], summed], ignore_index=True).assign(geometry=None)
    table = gpd.GeoDataFrame(whole[[*LOST_COLUMNS]], geometry="geometry", crs=study.lost.crs)
    name = Text(zh="约束", en="Constraints")
    changes = {"id": CONSTRAINTS, "name": name, "kind": "limiting", "assumption": None}
    return table, [item.model_copy(update=changes) for item in study.plan.constraints[:1]]


def _public_laws(study: Study) -> list[Law]:
    """The laws of a study: of those of its reasons the last, which is of all of them together."""
    of_reasons = [law for law in study.laws if law.code.startswith(LOST_LAW)]
    words = Words(
        "各项扣除合计 = 地块合并图形与全部约束的交集",
        "what all reasons take = what they cover of the parcels drawn as one",
    )
    others = [law for law in study.laws if law not in of_reasons]
    return [*others, *(replace(law, code=f"{LOST_LAW}all", words=words) for law in of_reasons[-1:])]


LOST_LAW: Final = "lost-"


def _public_land(land: Land, coarsen: Coarsen, grid_m: float) -> Land:
    """Land without the ledger's words, without what takes it, and coarse."""
    events = land.events.assign(
        evidence=np.where(land.events["evidence"] == "", "", SHOWN), source="", reason=""
    )
    sources = replace(
        land.sources,
        table=land.sources.table.iloc[:0],
        zones=None,
        barriers=land.sources.barriers.iloc[:0],
        dem=None,
        constraints=land.sources.constraints.iloc[:0],
        events=None,
        history=None,
        findings=[],
        inputs=[],
    )
    return replace(
        land,
        parcels=_public_parcels(land.parcels, coarsen, grid_m),
        lost=land.lost.iloc[:0],
        zones=_drawn(land.zones, grid_m),
        barriers=_drawn(land.barriers, grid_m),
        events=events,
        findings=[],
        sources=sources,
        inputs=[],
    )


def _public_ground(ground: Ground, land: Land, coarsen: Coarsen, grid_m: float) -> Ground:
    parcels = _public_parcels(ground.parcels, coarsen, grid_m)
    blocks = _drawn(ground.blocks, grid_m)
    return replace(ground, land=land, parcels=parcels, blocks=blocks)


def _public_parcels(parcels: gpd.GeoDataFrame, coarsen: Coarsen, grid_m: float) -> gpd.GeoDataFrame:
    private = {"row": 0, "name": "", "ownership": ""}
    held = {name: value for name, value in private.items() if name in parcels.columns}
    shapes = parcels.geometry.to_numpy()
    coarse = marks(shapes, grid_m) if coarsen == "blocks" else snapped(shapes, grid_m)
    return _with_shapes(parcels.assign(**held), coarse)


def _drawn(table: gpd.GeoDataFrame, grid_m: float) -> gpd.GeoDataFrame:
    return _with_shapes(table, snapped(table.geometry.to_numpy(), grid_m))


def _with_shapes(table: gpd.GeoDataFrame, shapes: Shapes) -> gpd.GeoDataFrame:
    return table.set_geometry(gpd.GeoSeries(shapes, index=table.index, crs=table.crs))


def snapped(shapes: Shapes, grid_m: float) -> Shapes:
    """Land with every point on a grid; an area too small for it is one cell of the grid.

    Points that two parcels share still are one. No original point is left but where it happened to
    lie on the grid.
    """
    coarse: Shapes = shapely.set_precision(shapes, grid_m)
    gone = shapely.is_empty(coarse) & ~shapely.is_empty(shapes)
    coarse[gone] = marks(shapes[gone], grid_m)
    return coarse


def marks(shapes: Shapes, grid_m: float) -> Shapes:
    """A square of two cells of a grid for each shape, about a point in it; None stays None."""
    points = shapely.point_on_surface(shapes)
    x, y = (np.round(part(points) / grid_m) * grid_m for part in (shapely.get_x, shapely.get_y))
    squares: Shapes = np.full(len(shapes), None, dtype=object)
    there = np.isfinite(x)
    corners = (x - grid_m, y - grid_m, x + grid_m, y + grid_m)
    squares[there] = shapely.box(*(side[there] for side in corners))
    return squares


def _public_links(links: pd.DataFrame, contiguity: Contiguity) -> pd.DataFrame:
    """Neighbours with gaps in whole metres, rounded up, and no length of what they share.

    The same links hold for every gap in whole metres, and by the strict definition, as before.
    """
    touching = links["gap_m"] <= contiguity.tolerance_m
    gap = np.where(touching, 0.0, np.ceil(links["gap_m"]))
    shares = links["shared_m"] > contiguity.min_shared_m
    shared = np.where(shares, np.ceil(contiguity.min_shared_m) + 1.0, 0.0)
    return links.assign(gap_m=gap, shared_m=shared)
