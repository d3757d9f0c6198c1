"""The commands that go from land to floor space: balance, scenarios, seek and economics."""

from enum import StrEnum
from typing import Annotated

import typer

from geo.asked import (
    answers,
    compared,
    is_reached,
    known_base_m2,
    scenario_ids,
    scenario_of,
    sought,
)
from geo.cli.options import AsJson, AsOf, InLang, InLedger, KnownOn, PlanFile, plan_of, spoken
from geo.cli.steps import steps
from geo.cli.terminal import (
    print_findings,
    print_json,
    print_sheet,
    print_sheets,
    print_title,
    print_words,
)
from geo.errors import PlanError
from geo.faults.economics import ECONOMICS
from geo.findings import finding
from geo.seeking import Seek
from geo.study import run
from geo.summary import records
from geo.tables.balance import balance_sheet, balance_treatment_sheet, reach_sheet
from geo.tables.economics import (
    economics_inputs_sheet,
    economics_parcel_sheet,
    economics_rates_sheet,
    economics_sheet,
    tornado_sheet,
)
from geo.tables.floor import causes_sheet, comparison_parcel_sheet, comparison_sheet
from geo.tables.seeking import chosen_sheet, frontier_sheet
from geo.text import Words
from geo.units import M2_PER_MU, rounded_up, shown

MOST_SHOWN = 20
"""So many parcels are listed; JSON and the published tables have all of them."""

ByParcel = Annotated[bool, typer.Option("--by-parcel", help="List the parcels too.")]


def balance(
    plan: PlanFile,
    as_json: AsJson = False,
    as_of: AsOf = None,
    known: KnownOn = None,
    ledger: InLedger = None,
    lang: InLang = None,
) -> None:
    """Go from gross to net land, reason by reason. 用地平衡.

    landready balance plan.toml --lang zh

    Each square metre that is lost has one reason, so gross land less all
    reasons is net land (净用地) exactly: for the town, its zones and
    treatments. Says which goals net land is too little for.
    """
    language = spoken(lang)
    with steps(language, quiet=as_json) as notify:
        study = run(plan_of(plan, ledger, as_of, known), notify=notify)
    if as_json:
        tables = {"balance": records(study.balance), "reach": records(study.reach)}
        print_json({"as_of": study.plan.as_of, **tables})
        return
    print_title(study.plan, language)
    made = [balance_sheet(study), balance_treatment_sheet(study), reach_sheet(study)]
    print_sheets([sheet for sheet in made if len(sheet.frame)], language)


def scenarios(
    plan: PlanFile,
    compare: Annotated[
        str | None,
        typer.Option(
            metavar="ID,ID",
            help="Only these scenarios, the first as the one to compare with; by default all.",
        ),
    ] = None,
    by_parcel: ByParcel = False,
    as_json: AsJson = False,
    as_of: AsOf = None,
    known: KnownOn = None,
    ledger: InLedger = None,
    lang: InLang = None,
) -> None:
    """Compare plot-ratio scenarios side by side. 比较容积率情景.

    landready scenarios plan.toml --compare planned,upgrade35 --by-parcel

    The difference from the first one is divided among its causes: the plot
    ratio asked, caps, net land, and what only one scenario knows.
    """
    language = spoken(lang)
    with steps(language, quiet=as_json) as notify:
        given = plan_of(plan, ledger, as_of, known)
        ids = compare.split(",") if compare else scenario_ids(given)
        chosen = [scenario_of(given, name.strip()).id for name in ids]
        study = run(given, notify=notify)
        table, parcels = compared(study, chosen)
    if as_json:
        rows = {"by_parcel": records(parcels)} if by_parcel else {}
        print_json({"as_of": study.plan.as_of, "scenarios": records(table), **rows})
        return
    print_title(study.plan, language)
    print_sheets([comparison_sheet(study, table), causes_sheet(study, table)], language)
    if by_parcel and len(parcels):
        print_sheet(comparison_parcel_sheet(study, parcels), language)


class Counted(StrEnum):
    """Of which floor space a target speaks."""

    total = "total"
    added = "added"


def _target(text: str) -> float:
    """A target of floor space in m²."""
    try:
        target = float(text.replace(",", ""))
    except ValueError:
        target = 0.0
    if not 0 < target < MOST_M2:
        raise typer.BadParameter(f"{text!r} is no floor space: write it in m², such as 5000000")
    return target


MOST_M2 = 1e12
"""More floor space than a million square kilometres is mistyped."""


def seek(
    plan: PlanFile,
    floor: Annotated[
        float,
        typer.Option(
            parser=_target, metavar="M2", help="The floor space to reach in m², such as 5000000."
        ),
    ],
    measure: Annotated[
        Counted,
        typer.Option(help="All floor space that stands then, or what is added to what stands."),
    ] = Counted.total,
    scenario: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Its hand-over, caps and ratios; by default the first."),
    ] = None,
    as_json: AsJson = False,
    as_of: AsOf = None,
    known: KnownOn = None,
    ledger: InLedger = None,
    lang: InLang = None,
) -> None:
    """Find what reaches a target of floor space. 反算容积率与地块.

    landready seek plan.toml --floor 5000000 --scenario upgrade35

    Gives the frontier of plot ratio (容积率) and net share of the land, the
    smallest uniform ratio of all land to be rebuilt, and the fewest parcels
    at the scenario's ratios; says so when the target is out of reach, or
    reached with nothing rebuilt.
    """
    language = spoken(lang)
    with steps(language, quiet=as_json) as notify:
        given = plan_of(plan, ledger, as_of, known)
        chosen = scenario_of(given, scenario)
        study = run(given, notify=notify)
        found = sought(study, floor, measure=measure.value, scenario=chosen.id)
    if as_json:
        print_json({"as_of": given.as_of, "scenario": chosen.id, **answers(found)})
        return
    print_title(given, language, more=chosen.name[language])
    print_words(_asked(found), language)
    if is_reached(found):
        print_words(REACHED, language)
        return
    for words in (_smallest(found), _fewest(found)):
        print_words(words, language)
    if len(found.frontier):
        print_sheet(frontier_sheet(found), language)
    if len(found.fewest.chosen):
        print_sheet(chosen_sheet(found), language, most=MOST_SHOWN)


REACHED = Words("一块都不重建也已达到目标", "already reached with nothing rebuilt")


def _m2(area: float) -> str:
    return shown(area, 0, grouped=True)


def _asked(found: Seek) -> Words:
    """The target, the land there is for it, and what stands if nothing is rebuilt."""
    target, base = _m2(found.target_m2), _base(found)
    gross, net = (shown(m2 / M2_PER_MU, 2, grouped=True) for m2 in (found.land_m2, found.net_m2))
    what = Words("新增", "added") if found.measure == "added" else Words("总", "total")
    return Words(
        f"目标：{what.zh}建筑面积 {target} 平方米；毛面积 {gross} 亩，净用地 {net} 亩；"
        f"一块都不重建时 {base.zh}",
        f"target: {target} m² of {what.en} floor space; {gross} mu gross, {net} mu net; {base.en}",
    )


def _base(found: Seek) -> Words:
    """What stands if nothing is rebuilt, as far as it is known."""
    base_m2, why = known_base_m2(found), _unmapped(found.base_unknown, found.parcels)
    if base_m2 is None:
        return Words(f"未知（{why.zh}）", f"if nothing is rebuilt: not known ({why.en})")
    told, nothing = _m2(base_m2), "if nothing is rebuilt"
    if not found.base_unknown:
        return Words(f"{told} 平方米", f"{told} m² {nothing}")
    return Words(f"已知 {told} 平方米（{why.zh}）", f"{told} m² known {nothing} ({why.en})")


def _unmapped(unknown: int, parcels: int) -> Words:
    """For how many parcels the existing floor space is not known, and the cure."""
    return Words(
        f"{parcels} 个地块中 {unknown} 个的现状建筑面积未知：请对应字段 existing_floor",
        f"existing floor is not known for {unknown} of {parcels} parcels: map existing_floor",
    )


def _uncomputed(unknown: int, rebuilt: int, known: int, most: str) -> Words:
    """Why nobody can say whether a target is reached, and what of it is known."""
    why = _unmapped(unknown, rebuilt)
    return Words(
        f"无法计算：{why.zh}" + (f"；已知的 {known} 个地块最多 {most} 平方米" if known else ""),
        f"not computable: {why.en}"
        + (f"; the {known} that are known give {most} m² at most" if known else ""),
    )


def _smallest(found: Seek) -> Words:
    """The smallest uniform plot ratio, or how far the target is out of reach."""
    smallest = found.smallest
    if smallest.plot_ratio is None:
        most = _m2(smallest.most_m2)
        if smallest.unknown:
            why = _uncomputed(smallest.unknown, found.rebuilt, smallest.parcels, most)
            return Words(f"最小统一容积率{why.zh}", f"smallest uniform plot ratio {why.en}")
        return Words(
            f"任何统一容积率都达不到：{smallest.parcels} 个地块全部建到上限，最多 {most} 平方米",
            f"out of reach for any uniform ratio: all {smallest.parcels} parcels at their caps "
            f"give {most} m² at most",
        )
    ratio = f"{rounded_up(smallest.plot_ratio, 3):f}"  # one that is less does not reach the target
    known = shown(smallest.known_share, 1, percent=True)
    return Words(
        f"最小统一容积率 {ratio}：{smallest.parcels} 个地块拆除重建，其中 {smallest.capped} 个"
        f"受上限；涉及净用地的 {known}",
        f"smallest uniform plot ratio {ratio}: {smallest.parcels} parcels are rebuilt, "
        f"{smallest.capped} of them at their cap; known for {known} of net land",
    )


def _fewest(found: Seek) -> Words:
    """The fewest parcels at the scenario's ratios, or how far all of them are from the target."""
    fewest, number = found.fewest, len(found.fewest.chosen)
    unknown = len(fewest.unknown)
    more = Words(
        f"（另有 {unknown} 个地块的净增未知，未计入）" if unknown else "",
        f" ({unknown} more are left out, their gain is not known)" if unknown else "",
    )
    if not fewest.reached:
        most = _m2(fewest.most_m2)
        if found.gains_unknown:
            why = _uncomputed(found.gains_unknown, found.rebuilt, number, most)
            return Words(f"最少地块{why.zh}", f"fewest parcels {why.en}")
        return Words(
            f"按情景容积率达不到：{number} 个有净增的地块全部重建，最多 {most} 平方米{more.zh}",
            f"out of reach at the scenario's ratios: all {number} parcels that gain give {most} m² "
            f"at most{more.en}",
        )
    return Words(
        f"按情景容积率最少重建 {number} 个地块{more.zh}",
        f"fewest parcels at the scenario's ratios: {number}{more.en}",
    )


def economics(
    plan: PlanFile,
    by_parcel: ByParcel = False,
    as_json: AsJson = False,
    as_of: AsOf = None,
    known: KnownOn = None,
    ledger: InLedger = None,
    lang: InLang = None,
) -> None:
    """Show what rebuilding costs and is worth. 经济测算.

    landready economics plan.toml --by-parcel

    Clearance, construction, finance, value and residual land value (剩余地价)
    of the town, its zones and blocks; per m² of floor and per mu; which input
    moves it most; and every input with its source or assumption.
    """
    language = spoken(lang)
    with steps(language, quiet=as_json) as notify:
        given = plan_of(plan, ledger, as_of, known)
        if given.economics is None:
            raise PlanError(finding("economics.none", file=given.path.name, field="economics"))
        study = run(given, notify=notify)
    if as_json:
        tables = {"economics": study.economics, "tornado": study.tornado}
        tables |= {"by_parcel": study.parcel_economics} if by_parcel else {}
        rows = {name: records(table) for name, table in tables.items()}
        print_json({"as_of": given.as_of, "currency": given.economics.currency, **rows})
        return
    print_title(given, language)
    print_findings([item for item in study.findings if item.code in ECONOMICS], language)
    made = [economics_sheet(study), economics_rates_sheet(study), tornado_sheet(study)]
    made += [economics_inputs_sheet(study)]
    made += [economics_parcel_sheet(study)] if by_parcel else []
    print_sheets([sheet for sheet in made if len(sheet.frame)], language)
