"""The figures of a study as plain values, for JSON and for the terminal."""

import math
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from geo.study import Study
from geo.units import M2_PER_MU


def summary(study: Study) -> dict[str, Any]:
    """The figures of a study as plain values; areas in mu, floor space in m², None if unknown.

    ``area_mu`` is the land of all parcels, each square metre once; ``floor_m2`` the total floor
    space of each scenario, for the share of the land in ``floor``.
    """
    plan = study.plan
    town = study.floor[study.floor["zone"] == ""] if len(study.floor) else study.floor
    figures: dict[str, Any] = plain(
        {
            "name": plan.name.model_dump(),
            "as_of": plan.as_of,
            "base_date": plan.base_date,
            "known": plan.known,
            "ledger": _ledger(study),
            "crs": plan.crs,
            "area_method": plan.area_method,
            "area_mu": study.land_mu,
            "planar_mu": study.parcels["planar_m2"].sum() / M2_PER_MU,
            "ellipsoidal_mu": study.parcels["ellipsoidal_m2"].sum() / M2_PER_MU,
            "overlap_mu": study.parcels["overlap_m2"].sum() / M2_PER_MU,
            "parcels": len(study.parcels),
            "rows_in": study.land.rows_in,
            "rows_merged": study.land.merged_rows,
            "aside": {"rows": len(study.aside), "mu": study.aside["drawn_mu"].sum()},
            "zones": _zones(study),
            "stages": records(study.stages),
            "balance": records(study.balance),
            "reach": records(study.reach),
            "goals": _goals(study),
            "contiguity": {
                "mode": plan.contiguity.mode,
                "gap_m": plan.contiguity.gap_m,
                "tiers": records(study.tiers),
                "comparison": records(study.gap_comparison),
            },
            "blocks": records(study.blocks.drop(columns="geometry")),
            "floor_m2": dict(zip(town["scenario"], town.get("total_m2", []), strict=True)),
            "floor": records(study.floor),
            "comparison": records(study.comparison),
            "phasing": records(study.phasing),
            "economics": records(study.economics),
            "tornado": records(study.tornado),
            "programmes": records(study.programmes),
            "claims": records(study.claims),
            "findings": {
                severity: sum(item.severity == severity for item in study.findings)
                for severity in ("error", "warning", "info")
            },
        }
    )
    return figures


def _ledger(study: Study) -> dict[str, Any] | None:
    """The end of the ledger's chain, by which it can be held to account later."""
    history = study.land.history
    if history is None:
        return None
    head = history.head
    return {"id": head.ledger_id, "seq": head.seq, "hash": head.hash, "known": len(history.entries)}


def _zones(study: Study) -> list[dict[str, Any]]:
    return [
        {
            "zone": zone["zone"],
            "name": {"zh": zone["name_zh"], "en": zone["name_en"]},
            "illustrative": zone["illustrative"],
            "parcels": zone["parcels"],
            **{
                f"{measure}_mu": zone[f"{measure}_m2"] / M2_PER_MU
                for measure in ("area", "land", "net", "counted")
            },
        }
        for zone in records(study.zones.drop(columns="geometry"))
    ]


def _goals(study: Study) -> list[dict[str, Any]]:
    now = study.progress[study.progress["date"] == study.plan.as_of].set_index("goal")
    return [
        {
            "goal": goal.id,
            "name": goal.name.model_dump(),
            "stage": goal.stage,
            "basis": goal.basis,
            "min_block_mu": goal.min_block_mu,
            **now.loc[goal.id].drop("date").to_dict(),
        }
        for goal in study.plan.goals
    ]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as plain values."""
    names = [str(name) for name in table.columns]
    columns = [map(plain, table[name].tolist()) for name in table.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def plain(value: Any) -> Any:
    """A value as JSON has it: no NumPy types, dates in ISO form, None for what is not known."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is pd.NaT or value is pd.NA:
        return None
    day = value.date() if isinstance(value, datetime) else value
    return day.isoformat() if isinstance(day, date) else value
