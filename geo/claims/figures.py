"""The figures of a plan that a claim can be held against: land, floor space, stages, goals."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.claims.claim import Claim
from geo.findings import Finding, Place, finding
from geo.floor.existing import existing_m2
from geo.once import Once
from geo.plan import Goal, Plan, Scenario
from geo.text import Words
from geo.words import hint

Mask = npt.NDArray[np.bool_]

TOWN: Final = "town"
KINDS: Final = ("zone", "parcel", "programme", "goal")
"""What ``of`` may name before a colon; :data:`TOWN` stands alone for all land."""


class Figure(NamedTuple):
    """A computed figure, and the share of the land for which it is known."""

    value: float
    known_share: float


UNKNOWN: Final = Figure(math.nan, 0.0)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a plan drew and computed, as far as claims speak of it.

    ``floor`` is floor space by scenario and parcel (:class:`geo.floor.scenarios.FloorSpace`),
    ``members`` the parcels of each programme, ``events`` the history of stages, ``illustrative``
    the zones whose land is drawn and not surveyed.
    """

    plan: Plan
    parcels: pd.DataFrame
    once: Once
    members: Mapping[str, set[str]]
    floor: pd.DataFrame
    events: pd.DataFrame
    illustrative: frozenset[str]

    def names(self, kind: str) -> set[str]:
        """All of a kind that a claim may speak of."""
        return {
            "zone": set(self.parcels["zone"]),
            "parcel": set(self.parcels["parcel_id"]),
            "programme": set(self.members),
            "goal": {goal.id for goal in self.plan.goals},
        }.get(kind, set())

    def knows(self, target: str) -> bool:
        """Whether the plan has what a claim says that it speaks of."""
        kind, _, name = target.partition(":")
        return target == TOWN or name in self.names(kind)

    def goals(self, claim: Claim) -> list[Goal]:
        """The goals that a claim speaks of."""
        return [goal for goal in self.plan.goals if f"goal:{goal.id}" in claim.of]

    def mask(self, targets: tuple[str, ...]) -> Mask:
        """The parcels of which a claim speaks: all of what it names, each once."""
        chosen = np.zeros(len(self.parcels), dtype=bool)
        for target in targets:
            kind, _, name = target.partition(":")
            if target == TOWN:
                chosen |= True
            elif kind == "zone":
                chosen |= (self.parcels["zone"] == name).to_numpy()
            elif kind == "parcel":
                chosen |= (self.parcels["parcel_id"] == name).to_numpy()
            elif kind == "programme":
                ids = self.members.get(name, set())
                chosen |= self.parcels["parcel_id"].isin(ids).to_numpy()
        return chosen

    def marked(self, chosen: Mask, words: Words) -> Words:
        """What follows from the land of these parcels, called illustrative where that is."""
        if not self.parcels.loc[chosen, "zone"].isin(self.illustrative).any():
            return words
        return Words(f"{words.zh}（示意图形）", f"{words.en} (illustrative land)")

    def ids(self, claim: Claim) -> list[str]:
        """The parcels of which a claim speaks, by id."""
        return list(self.parcels.loc[self.mask(claim.of), "parcel_id"])

    def of_goal(self, goal: Goal) -> Mask:
        """The parcels that could count toward a goal."""
        return self.mask((TOWN,) if goal.programme is None else (f"programme:{goal.programme}",))

    def land_m2(self, chosen: Mask) -> float:
        """The land of these parcels, each square metre once."""
        return float(self.once.of(chosen).sum())

    def net_m2(self, chosen: Mask) -> float:
        """Their land that can be built on."""
        return float(self.parcels.loc[chosen, "net_m2"].sum())

    def land(self, claim: Claim) -> Figure:
        """The land in m² that a claim speaks of; known for the members that are there."""
        chosen = self.mask(claim.of)
        if not chosen.any():
            return UNKNOWN
        named = {
            parcel
            for target in claim.of
            if target.startswith("programme:")
            for parcel in self.members.get(target.partition(":")[2], set())
        }
        there = named & self.names("parcel")
        return Figure(self.land_m2(chosen), len(there) / len(named) if named else 1.0)

    def existing(self, claim: Claim, *, ratio: bool) -> Figure:
        """Floor space in m² that stands, or the plot ratio that it makes on its land."""
        parcels = self.parcels[self.mask(claim.of)]
        figure = _sum(existing_m2(parcels), parcels["land_m2"])
        if not ratio or not figure.known_share:
            return figure
        known_m2 = float(parcels["land_m2"].sum()) * figure.known_share
        return figure._replace(value=figure.value / known_m2)

    def space(self, claim: Claim, column: str) -> Figure:
        """A column of floor space in m² under the claim's scenario, known for so much land.

        All land counts: what is retained has floor space too, though none of it is net land.
        """
        floor = self._floor(claim)
        land_m2 = self.parcels.groupby("parcel_id")["land_m2"].sum()
        return _sum(floor[column], floor["parcel_id"].map(land_m2))

    def ratio(self, claim: Claim) -> Figure:
        """The plot ratio after rebuilding, over the net land for which one is known."""
        floor = self._floor(claim)
        figure = _sum(floor["plot_ratio"] * floor["net_m2"], floor["net_m2"])
        if not figure.known_share:
            return UNKNOWN
        known_m2 = float(floor["net_m2"].sum()) * figure.known_share
        return figure._replace(value=figure.value / known_m2)

    def scenario(self, claim: Claim) -> Scenario | None:
        """The scenario of a claim, the plan's first if it names none; None if there is none."""
        asked = (item for item in self.plan.scenarios if claim.scenario in ("", item.id))
        return next(asked, None)

    def _floor(self, claim: Claim) -> pd.DataFrame:
        scenario = self.scenario(claim)
        name = "" if scenario is None else scenario.id
        rows = self.floor["parcel_id"].isin(self.ids(claim)) & (self.floor["scenario"] == name)
        return self.floor[rows]

    def reached(self, claim: Claim, rung: int, by: date) -> dict[str, bool]:
        """Whether each parcel of a claim had reached a rung by a day; empty without any history."""
        events = self._events(claim)
        if events.empty:
            return {}
        early = events[(events["rung"] >= rung) & (events["date"] <= pd.Timestamp(by))]
        there = set(early["parcel_id"])
        return {parcel: parcel in there for parcel in self.ids(claim)}

    def dated(self, claim: Claim, rung: int) -> dict[str, date]:
        """The day by which each parcel of a claim that has one first reached a rung."""
        events = self._events(claim)
        first = events[events["rung"] == rung].groupby("parcel_id")["date"].min()
        return {str(parcel): day.date() for parcel, day in first.items()}

    def _events(self, claim: Claim) -> pd.DataFrame:
        events = self.events
        return events[events["parcel_id"].isin(self.ids(claim)) & (events["action"] == "reach")]


def illustrative_zones(zones: pd.DataFrame) -> frozenset[str]:
    """The zones that are marked as drawn and not surveyed."""
    return frozenset(zones.loc[zones["illustrative"].astype(bool), "zone"])


def _sum(values: pd.Series, weights: pd.Series) -> Figure:
    """The sum of what is known, and the share of the weights that it is known for."""
    if values.empty:  # of no type that adds up
        return UNKNOWN
    known = values.notna()
    total, weight = float(weights[known].sum()), float(weights.sum())
    return Figure(float(values[known].sum()), total / weight) if total else UNKNOWN


def target_faults(claims: tuple[Claim, ...], drawn: Drawn, where: Place) -> Iterator[Finding]:
    """Claims that speak of what the plan does not have."""
    for claim in claims:
        at: Place = {**where, "row": claim.row}
        for target in claim.of:
            if not drawn.knows(target):
                choices = {f"{kind}:{name}" for kind in KINDS for name in drawn.names(kind)}
                words = hint(target, sorted(choices | {TOWN}))
                yield finding("claims.of", **at, field="of", seen=target, **words)
        scenarios = [scenario.id for scenario in drawn.plan.scenarios]
        if claim.scenario and claim.scenario not in scenarios:
            words = hint(claim.scenario, scenarios)
            yield finding("claims.scenario", **at, field="scenario", seen=claim.scenario, **words)
