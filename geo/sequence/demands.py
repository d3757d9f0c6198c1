"""What terms ask of lots, checked before anything is solved."""

from graphlib import CycleError, TopologicalSorter

import numpy as np
import numpy.typing as npt

from geo.errors import SequenceError
from geo.findings import Finding, finding
from geo.sequence.case import bundles, owners, waits, windows
from geo.sequence.lots import Lots
from geo.sequence.terms import Terms, years_late


def check_demands(lots: Lots, terms: Terms) -> None:
    """Raise :class:`geo.errors.SequenceError` with every fault that needs no search."""
    faults = [*_options(lots, terms)] or [*_costs(lots, terms), *_locks(lots, terms)]
    faults = faults or _orders(lots, terms)
    if faults:
        raise SequenceError(*faults)


def _options(lots: Lots, terms: Terms) -> list[Finding]:
    """Arrays of the wrong length, and numbers that cannot be."""
    n, years, stages = len(lots), terms.years, len(terms.capacity_months)
    faults = [] if n else [finding("sequence.no-parcels")]
    if years < 1:
        faults.append(finding("sequence.option", field="years", seen=years))
    shapes: dict[str, tuple[npt.NDArray[np.float64], tuple[int, ...]]] = {
        "budget": (terms.budget, (max(years, 0),)),
        "lead_months": (terms.lead_months, (n,)),
    }
    if len(terms.least_m2):
        shapes["least_m2"] = (terms.least_m2, (max(years, 0),))
    if stages:
        width = terms.use_months.shape[-1]
        shapes["use_months"] = (terms.use_months, (n, stages, width))
        shapes["capacity_months"] = (terms.capacity_months, (stages,))
    for name, (values, shape) in shapes.items():
        if values.shape != shape:
            faults.append(finding("sequence.option", field=name, seen=f"{values.shape} ≠ {shape}"))
        elif np.isnan(values).any() or (name != "least_m2" and (values < 0).any()):
            odd = values[np.isnan(values) | (values < 0)]
            faults.append(finding("sequence.option", field=name, seen=f"{odd[0]:g}"))
    if not terms.block_m2 >= 0:
        faults.append(finding("sequence.option", field="block_m2", seen=f"{terms.block_m2:g}"))
    return faults


def _costs(lots: Lots, terms: Terms) -> list[Finding]:
    """Parcels that may be started and have no usable cost."""
    asked = ~lots.ready
    asked[list(terms.locked_out)] = False
    odd = np.flatnonzero(asked & ~(np.isfinite(lots.cost) & (lots.cost >= 0)))
    return [finding("sequence.cost", parcel=lots.ids[at], seen=f"{lots.cost[at]:g}") for at in odd]


def _locks(lots: Lots, terms: Terms) -> list[Finding]:
    """Parcels locked in that are locked out as well, themselves or what goes together with them."""
    faults = []
    out = set(terms.locked_out)
    for unit in bundles(lots, terms):
        members = set(unit.tolist())
        for parcel in sorted(members.intersection(terms.locked_in)):
            if members & out:
                faults.append(finding("sequence.lock-clash", parcel=lots.ids[parcel]))
    return faults


def _orders(lots: Lots, terms: Terms) -> list[Finding]:
    """Orders that run in a circle, and parcels locked in for which the years are too few."""
    late = years_late(terms.lead_months, terms.years)
    units = bundles(lots, terms)
    before = waits(lots, terms, units, late)
    owner = owners(len(lots), units)
    around = _circle(before)
    if around:
        seen = " → ".join(", ".join(lots.ids[at] for at in units[unit]) for unit in around)
        return [finding("sequence.cycle", parcel=lots.ids[int(units[around[0]][0])], seen=seen)]
    earliest = windows(lots, terms, units, late, before).earliest
    last = terms.first_year + terms.years - 1
    return [
        finding(
            "sequence.never-ready",
            parcel=lots.ids[parcel],
            seen=f"{terms.lead_months[parcel]:g}",
            year=last,
        )
        for parcel in sorted(set(terms.locked_in))
        if not lots.ready[parcel] and earliest[owner[parcel]] + late[parcel] >= terms.years
    ]


def _circle(before: list[tuple[int, int, int]]) -> list[int]:
    """Units that wait for each other in a circle, the first of them again at its end."""
    waiting: dict[int, set[int]] = {}
    for first, second, _ in before:
        waiting.setdefault(second, set()).add(first)
    try:
        TopologicalSorter(waiting).prepare()
    except CycleError as found:
        return list(found.args[1])
    return []
