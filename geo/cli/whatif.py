"""The command that answers a what-if, as the page does."""

from dataclasses import replace
from typing import Annotated

import typer

from geo.cli.options import AsJson, AsOf, InLang, InLedger, KnownOn, PlanFile, plan_of, spoken
from geo.cli.steps import steps
from geo.cli.terminal import print_findings, print_json, print_sheets, print_title
from geo.study import run
from geo.summary import records
from geo.tables.floor import floor_sheet
from geo.tables.land import tiers_sheet
from geo.tables.progress import goals_sheet
from geo.whatif import read_setting, setting_findings, what_if


def whatif(
    plan: PlanFile,
    setting: Annotated[
        str,
        typer.Option(
            metavar="JSON|LINK", help="What to change: JSON, or a link copied from the page."
        ),
    ] = "{}",
    as_json: AsJson = False,
    as_of: AsOf = None,
    known: KnownOn = None,
    ledger: InLedger = None,
    lang: InLang = None,
) -> None:
    """Answer other ratios, stages, gaps or parcels, as the page does. 假设分析.

    landready whatif plan.toml --setting '{"plot_ratio": 3.0, "gap_m": 20}'

    Keys: scenario, plot_ratio, by_zone, by_land_use, handover_share, stage,
    gap_m, and toggled, the parcels taken the other way (counted or not). The
    figures equal those of the page to the last digit; nothing is written.
    """
    language = spoken(lang)
    with steps(language, quiet=as_json) as notify:
        asked = read_setting(setting)
        study = run(plan_of(plan, ledger, as_of, known), notify=notify)
        answer = what_if(study, asked)
    tables = {name: getattr(answer, name) for name in ("progress", "tiers", "floor")}
    if as_json:
        rows = {name: records(table) for name, table in tables.items()}
        blocks = records(answer.blocks.drop(columns="geometry"))
        told = asked.model_dump(exclude_defaults=True)
        print_json({"as_of": study.plan.as_of, "setting": told, **rows, "blocks": blocks})
        return
    scenario = answer.plan.scenarios[0].id
    floor = answer.floor.assign(scenario=scenario)
    told_by = replace(study, **{**tables, "plan": answer.plan, "floor": floor})
    print_title(study.plan, language)
    print_findings(setting_findings(asked), language)
    print_sheets([sheet(told_by) for sheet in (goals_sheet, tiers_sheet, floor_sheet)], language)
