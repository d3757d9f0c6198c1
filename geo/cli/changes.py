"""The command that compares two dates: diff."""

from datetime import date
from typing import Annotated, Any, Final

import pandas as pd
import typer

from geo.changes import CAUSES, Changes, difference
from geo.cli.options import AsJson, InLang, InLedger, KnownOn, PlanFile, day, plan_of, spoken
from geo.cli.steps import steps
from geo.cli.terminal import print_json, print_sheet, print_title, print_words
from geo.plan import Plan
from geo.summary import records
from geo.tables.sheet import ALL, Field, Sheet
from geo.text import Language, Text, Words

_Names = dict[str, dict[str, Text]]


def diff(
    plan: PlanFile,
    first: Annotated[
        date, typer.Argument(parser=day, metavar="DATE1", help="The earlier day, as 2024-12-31.")
    ],
    second: Annotated[
        date, typer.Argument(parser=day, metavar="DATE2", help="The later day, or: today.")
    ],
    as_reported: Annotated[
        bool, typer.Option("--as-reported", help="Each date as it was known on that very day.")
    ] = False,
    known: KnownOn = None,
    ledger: InLedger = None,
    as_json: AsJson = False,
    lang: InLang = None,
) -> None:
    """Explain every mu that changed between two dates. 比较两个日期.

    landready diff plan.toml 2024-12-31 2025-12-31

    Parcels are listed by cause: first entries, advanced, evidence came, fell
    back, split, merged, corrected, recorded late, block became large enough …
    Their sum is the change of the total. With --as-reported it explains the
    figures of two reports as they were printed then.
    """
    language = spoken(lang)
    if as_reported and known:
        raise typer.BadParameter("--as-reported has its own days", param_hint="--known")
    with steps(language, quiet=as_json) as notify:
        given = plan_of(plan, ledger)
        days = (first, second) if as_reported else (known, known)
        changes = difference(given, first, second, known=days, notify=notify)
    if as_json:
        print_json(_figures(changes))
    else:
        _print(changes, given, language)


def _figures(changes: Changes) -> dict[str, Any]:
    return {
        "first": changes.first,
        "second": changes.second,
        "known": changes.known,
        "totals": records(changes.totals),
        "lines": records(changes.lines),
        "moves": records(changes.moves),
        "laws": [{"code": law.code, "residual": law.residual} for law in changes.laws],
    }


def _print(changes: Changes, plan: Plan, language: Language) -> None:
    one, other = changes.known
    known = Words(f"（分别按 {one} 和 {other} 所知）", f" (as known on {one} and {other})")
    days = f"{changes.first} → {changes.second}{known.text()[language] if one else ''}"
    print_title(plan, language, days=days)
    names = _names(plan)
    print_sheet(_totals_sheet(changes, names), language)
    for goals, lines in _by_goals(changes):
        told = " · ".join(names["goal"][goal][language] for goal in goals)
        print_words(Words(told, told), language, style="bold")
        print_sheet(_causes_sheet(lines, names), language)
        print_sheet(_lines_sheet(lines, names), language)
    if len(changes.moves):
        print_sheet(_moves_sheet(changes.moves, names), language)


def _by_goals(changes: Changes) -> list[tuple[list[str], pd.DataFrame]]:
    """The lines of each goal by cause; goals that count the same land are told together."""
    told: list[tuple[list[str], pd.DataFrame]] = []
    for goal in changes.totals["goal"]:
        lines = _ordered(changes.lines[changes.lines["goal"] == goal].drop(columns="goal"))
        same = (goals for goals, others in told if others.equals(lines))
        if (goals := next(same, None)) is not None:
            goals.append(goal)
        elif len(lines):
            told.append(([goal], lines))
    return told


def _names(plan: Plan) -> _Names:
    stages = {stage.id: stage.name for stage in plan.stages} | {"": Text(zh="—", en="—")}
    return {
        "goal": {goal.id: goal.name for goal in plan.goals},
        "cause": {cause: words.text() for cause, words in CAUSES.items()} | {"": ALL},
        "stage_before": stages,
        "stage_after": stages,
    }


_CAUSE: Final = Field("cause", "原因", "Cause", "name")
_GOAL: Final = Field("goal", "目标", "Goal", "name")
_CHANGE: Final = (
    Field("before_mu", "之前（亩）", "Before (mu)", "number"),
    Field("after_mu", "之后（亩）", "After (mu)", "number"),
    Field("change_mu", "变化（亩）", "Change (mu)", "number"),
)
_PARCEL: Final = (
    Field("parcel_id", "地块", "Parcel"),
    Field("zone", "片区", "Zone"),
    Field("stage_before", "原阶段", "Was at", "name"),
    Field("stage_after", "现阶段", "Is at", "name"),
)


def _totals_sheet(changes: Changes, names: _Names) -> Sheet:
    """Each goal on both dates, and the sum of the lines beside the change."""
    summed = changes.lines.groupby("goal")["change_mu"].sum()
    table = changes.totals.assign(lines_mu=changes.totals["goal"].map(summed).fillna(0.0))
    fields = (
        _GOAL,
        *_CHANGE,
        Field("lines_mu", "各行之和（亩）", "Sum of the lines (mu)", "number"),
    )
    return Sheet("totals", Words("目标合计", "Totals").text(), fields, table, names)


def _causes_sheet(lines: pd.DataFrame, names: _Names) -> Sheet:
    """Subtotals by cause, and their sum."""
    parts = lines.groupby("cause", sort=False)["change_mu"]
    table = parts.agg(parcels="size", change_mu="sum").reset_index()
    table.loc[len(table)] = {"cause": "", **table[["parcels", "change_mu"]].sum()}
    fields = (_CAUSE, Field("parcels", "地块数", "Parcels", "number", 0), _CHANGE[-1])
    return Sheet("causes", Words("按原因", "By cause").text(), fields, table, names)


def _lines_sheet(lines: pd.DataFrame, names: _Names) -> Sheet:
    fields = (_CAUSE, *_PARCEL, *_CHANGE, *_made_of(lines))
    return Sheet("lines", Words("逐地块", "By parcel").text(), fields, lines, names)


def _moves_sheet(moves: pd.DataFrame, names: _Names) -> Sheet:
    """Parcels that stand elsewhere than before, whether a goal counts them or not."""
    table = _ordered(moves)
    fields = (_CAUSE, *_PARCEL, Field("after_mu", "面积（亩）", "Land (mu)", "number"))
    title = Words("阶段变动", "Parcels that stand elsewhere").text()
    return Sheet("moves", title, (*fields, *_made_of(table)), table, names)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """By cause, and what parcels were made of as a text."""
    causes = {cause: number for number, cause in enumerate(CAUSES)}
    rows = table.assign(
        others=[", ".join(names) for names in table["others"]], order=table["cause"].map(causes)
    )
    rows = rows.sort_values(["order", "parcel_id"], kind="stable", ignore_index=True)
    return rows.drop(columns="order")


def _made_of(table: pd.DataFrame) -> tuple[Field, ...]:
    """What parcels were split from or merged of, if any was."""
    return (Field("others", "来自", "Made of"),) if (table["others"] != "").any() else ()
