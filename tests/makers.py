"""Small land for tests: parcels, events and whole plans with figures that a head can check."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import Geometry, Polygon, box

import geo
from geo.blocks import block_table, linked, parcel_links
from geo.floor.capacity import parcel_floor
from geo.plan import CapTable, Goal, Scenario, Stage
from tests.formats import write_layer

M2_PER_MU = 2000 / 3
QINGXI = np.array([516_400.0, 2_526_800.0])  # EPSG:4547

STAGES = ["survey", "signed", "demolished", "cleared"]


def array(*shapes: Geometry) -> np.ndarray:
    return np.array(shapes, dtype=object)


def qingxi(shapes: Any) -> Any:
    """Shapes drawn around the origin, moved to Qingxi in EPSG:4547."""
    return shapely.transform(shapes, lambda points: points + QINGXI)


def rectangle(west: float, south: float, width: float, height: float) -> Polygon:
    return box(west, south, west + width, south + height)


def row(sizes: Iterable[float], *, gap: float = 0.0, height: float = 100.0) -> list[Polygon]:
    """Rectangles side by side from west to east, of these widths."""
    shapes, west = [], 0.0
    for width in sizes:
        shapes.append(rectangle(west, 0, width, height))
        west += width + gap
    return shapes


def parcels(*shapes: Geometry, **columns: Any) -> gpd.GeoDataFrame:
    """A parcel table as the steps from measuring on take it; ids A, B, C … unless given."""
    land = shapely.area(array(*shapes))
    treatment = pd.Series(columns.get("treatment", "rebuild"), index=range(len(shapes)))
    usable = np.where(treatment.isin(["rebuild", "upgrade", "extend"]), land, 0.0)
    usable = columns.get("net_m2", usable)
    facts = {
        "row": np.arange(1, len(shapes) + 1),
        "parcel_id": [chr(ord("A") + number) for number in range(len(shapes))],
        "zone": "west",
        "land_use": "1001",
        "treatment": "rebuild",
        "area_m2": land,
        "land_m2": land,
        "land_mu": land / M2_PER_MU,
        "retained_m2": 0.0,
        "usable_m2": usable,
        "net_m2": usable,
        "plot_ratio": np.nan,
        "plot_ratio_existing": np.nan,
        "existing_floor_m2": np.nan,
    }
    return gpd.GeoDataFrame(facts | columns, geometry=array(*shapes), crs="EPSG:4547")


def links(
    *shapes: Geometry,
    barriers: Sequence[Geometry] = (),
    reach_m: float = 50.0,
    tolerance_m: float = 0.5,
) -> pd.DataFrame:
    return parcel_links(array(*shapes), array(*barriers), reach_m=reach_m, tolerance_m=tolerance_m)


def holding(table: pd.DataFrame, *, mode: str = "practical", gap_m: float = 30.0) -> np.ndarray:
    """Which links hold, by the default definitions of a plan."""
    return linked(table, mode=mode, gap_m=gap_m, tolerance_m=0.5, min_shared_m=1.0)


def blocks(
    *shapes: Geometry,
    counts: Sequence[bool] | None = None,
    mode: str = "practical",
    gap_m: float = 30.0,
    tiers_mu: Sequence[float] = (75, 150, 300),
    **columns: Any,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    table = links(*shapes)
    counted = np.ones(len(shapes), bool) if counts is None else np.array(counts)
    return block_table(
        parcels(*shapes, **columns),
        table,
        holding(table, mode=mode, gap_m=gap_m),
        counted,
        tiers_mu=tiers_mu,
    )


def events(*rows: tuple[str, ...]) -> pd.DataFrame:
    """An event table from (parcel, last day, stage, evidence, action); the last two may lack."""
    padded = [(*row, *("paper", "reach")[len(row) - 3 :]) for row in rows]
    names = ["parcel_id", "date", "stage", "evidence", "action"]
    table = pd.DataFrame(padded, columns=names, dtype="str")
    return table.assign(
        row=np.arange(2, len(rows) + 2),
        date=pd.to_datetime(table["date"]),
        precision="day",
        rung=[STAGES.index(stage) for stage in table["stage"]],
        source="",
        reason="",
    )


def stages(*names: str) -> list[Stage]:
    return [Stage(id=name, name={"zh": name, "en": name}) for name in names or STAGES]


def goal(**values: Any) -> Goal:
    return Goal.model_validate(
        {"id": "g", "name": "g", "mu": 2000, "due": "2025-12-31", "stage": "cleared"} | values
    )


def scenario(**values: Any) -> Scenario:
    return Scenario.model_validate({"id": "s", "name": "s", "plot_ratio": "planned"} | values)


def cap_table(*caps: dict[str, Any]) -> CapTable:
    facts = {"id": "rules", "name": "rules", "version": "1", "source": "a rule", "caps": caps}
    return CapTable.model_validate(facts)


def floor_of(
    table: pd.DataFrame, asked: Scenario | None = None, caps: CapTable | None = None
) -> pd.DataFrame:
    """Floor space by parcel, as planned unless a scenario asks; each parcel is its own block."""
    return parcel_floor(table, asked or scenario(), caps, table["land_mu"])


def write_plan(
    folder: Path,
    land: gpd.GeoDataFrame,
    *,
    history: pd.DataFrame | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    zones: gpd.GeoDataFrame | None = None,
    crs: str = "EPSG:4547",
    top: str = "",
    layer_toml: str = "",
    tables: str = "",
    suffix: str = ".parquet",
) -> Path:
    """Write a plan of four stages with its layers; the rest is TOML."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [
        'name = "Test"',
        f'crs = "{crs}"',
        "base_date = 2023-01-01",
        top if "as_of" in top else f"as_of = 2024-12-31\n{top}",
        f'[layers.parcels]\nfile = "parcels{suffix}"',
        layer_toml,
    ]
    write_layer(land, folder / f"parcels{suffix}")
    if zones is not None:
        zones.to_parquet(folder / "zones.parquet")
        parts.append('[layers.zones]\nfile = "zones.parquet"')
    if barriers is not None:
        barriers.to_parquet(folder / "barriers.parquet")
        parts.append('[[layers.barriers]]\nfile = "barriers.parquet"')
    if history is not None:
        history.to_csv(folder / "events.csv", index=False)
        parts.append('[layers.readiness]\nfile = "events.csv"')
        parts.append('[accept]\n"event.revert-nothing" = "histories are drawn at random"')
    parts += [f'[[stages]]\nid = "{name}"\nname = "{name}"' for name in STAGES]
    path = folder / "plan.toml"
    path.write_text("\n".join([*parts, tables]) + "\n", encoding="utf-8")
    return path


def study(folder: Path, land: gpd.GeoDataFrame, **options: Any) -> geo.Study:
    return geo.run(geo.read_plan(write_plan(folder, land, **options)))


def placed(*shapes: Geometry, crs: str = "EPSG:4547", **columns: Any) -> gpd.GeoDataFrame:
    """A layer in Qingxi."""
    return gpd.GeoDataFrame(columns, geometry=qingxi(array(*shapes)), crs="EPSG:4547").to_crs(crs)
