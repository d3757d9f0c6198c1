"""The command that answers for published numbers: claims."""

from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Final

import typer

from geo.claims.answer import VERDICTS
from geo.cli.options import AsJson, AsOf, InLang, InLedger, KnownOn, PlanFile, plan_of, spoken
from geo.cli.steps import steps
from geo.cli.terminal import print_json, print_sheet, print_title, print_words
from geo.study import run
from geo.summary import records
from geo.tables.evidence import claims_sheet
from geo.text import Words

SHOWN: Final = ("verdict", "statement", "arithmetic", "claims", "sources")
"""What fits a terminal: the arithmetic holds both numbers; --json and the tables hold the rest."""


class Verdict(StrEnum):
    """The verdicts as the command line writes them."""

    equal = "equal"
    rounding = "within rounding"
    explained = "explained"
    contradicted = "contradicted"
    proposed = "proposed"
    unknown = "not computable"
    refused = "refused"


def claims(
    plan: PlanFile,
    verdict: Annotated[
        list[Verdict] | None,
        typer.Option("--verdict", help="Only rows of this verdict; may be given several times."),
    ] = None,
    as_json: AsJson = False,
    as_of: AsOf = None,
    known: KnownOn = None,
    ledger: InLedger = None,
    lang: InLang = None,
) -> None:
    """Hold published numbers against computed ones. 核对公布数据.

    landready claims plan.toml --verdict contradicted

    Each is equal, within rounding, explained, contradicted, not computable, or
    refused because its source is about another place; names that look like one
    are proposed. The arithmetic is shown. Claims inform: whatever the verdicts,
    the command ends with 0.
    """
    language = spoken(lang)
    with steps(language, quiet=as_json) as notify:
        study = run(plan_of(plan, ledger, as_of, known), notify=notify)
    counts = {str(name): int((study.claims["verdict"] == name).sum()) for name in VERDICTS}
    chosen = set(verdict or VERDICTS)
    rows = study.claims[study.claims["verdict"].isin(chosen)].reset_index(drop=True)
    if as_json:
        print_json({"as_of": study.plan.as_of, "verdicts": counts, "claims": records(rows)})
        return
    print_title(study.plan, language)
    if len(rows):
        sheet = claims_sheet(rows)
        fields = tuple(item for item in sheet.fields if item.key in SHOWN)
        print_sheet(replace(sheet, fields=fields), language)
    print_words(_counted(counts), language)


def _counted(counts: dict[str, int]) -> Words:
    """How many rows there are of each verdict."""
    told = [(words, counts[name]) for name, words in VERDICTS.items() if counts[name]]
    if not told:
        return Words("计划没有公布数据（[claims]）", "the plan has no claims ([claims])")
    return Words(
        " · ".join(f"{number} {words.zh}" for words, number in told),
        " · ".join(f"{number} {words.en}" for words, number in told),
    )
