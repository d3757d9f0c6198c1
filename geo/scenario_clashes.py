"""What the scenarios and cap tables of a plan cannot say together."""

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

from geo.findings import Finding, finding
from geo.references import dangling, repeated

if TYPE_CHECKING:
    from geo.plan import CapTable, Plan, Scenario


def scenario_clashes(plan: "Plan", file: str) -> Iterator[Finding]:
    """Every contradiction between and within the scenarios and cap tables of a plan."""
    tables = [table.id for table in plan.cap_tables]
    programmes = [programme.id for programme in plan.programmes]
    yield from repeated("cap_tables", tables, file)
    for number, table in enumerate(plan.cap_tables):
        yield from _two_caps(table, f"cap_tables[{number}]", file)
    for number, scenario in enumerate(plan.scenarios):
        place = f"scenarios[{number}]"
        if scenario.caps is not None and scenario.caps not in tables:
            kind = ("cap table", "上限表")
            yield dangling(file, f"{place}.caps", scenario.caps, kind, tables)
        yield from _block_sizes(scenario, place, file)
        yield from _phases(scenario, place, file, programmes)


def _two_caps(table: "CapTable", place: str, file: str) -> Iterator[Finding]:
    """Caps of the same land that say two different things about the same."""
    said: dict[Hashable, tuple[int, float]] = {}
    for number, cap in enumerate(table.caps):
        land = (cap.land_use, cap.zone, cap.over_ha)
        for measure in ("plot_ratio", "height_m", "storey_m", "density"):
            value = getattr(cap, measure)
            if value is None:
                continue
            first, other = said.setdefault((*land, measure), (number, value))
            if other != value:
                problem = f"caps[{first}] says {other:g} of the same land"
                field = f"{place}.caps[{number}].{measure}"
                yield finding("plan.value", file=file, field=field, seen=value, problem=problem)


def _block_sizes(scenario: "Scenario", place: str, file: str) -> Iterator[Finding]:
    sizes = [size.from_mu for size in scenario.by_block_mu]
    for twice in sorted({size for size in sizes if sizes.count(size) > 1}):
        problem = "two plot ratios are stated from the same size on"
        field = f"{place}.by_block_mu"
        yield finding("plan.value", file=file, field=field, seen=f"{twice:g}", problem=problem)


def _phases(
    scenario: "Scenario", place: str, file: str, programmes: list[str]
) -> Iterator[Finding]:
    """Programmes that there are not, and land that two phases name in the same way."""
    said: dict[Hashable, int] = {}
    for number, phase in enumerate(scenario.phases):
        at = f"{place}.phases[{number}]"
        for name in phase.programmes:
            if name not in programmes:
                kind = ("programme", "项目组")
                yield dangling(file, f"{at}.programmes", name, kind, programmes)
        named = [
            (field, name)
            for field in ("parcels", "programmes", "zones")
            for name in getattr(phase, field)
        ]
        for field, name in named or [("", "all that is left")]:
            first = said.setdefault((field, name), number)
            if first != number:
                problem = f"phases[{first}] takes it already"
                where = f"{at}.{field}" if field else at
                yield finding("plan.value", file=file, field=where, seen=name, problem=problem)
