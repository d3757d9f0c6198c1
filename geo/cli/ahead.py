"""The commands that look ahead: forecast, sequence and select.

What they call is loaded when they run: compiled kernels and a solver are slow to import.
"""

from pathlib import Path
from typing import Annotated

import typer

from geo.cli.options import (
    AsJson,
    AsOf,
    Given,
    InLang,
    InLedger,
    KnownOn,
    PlanFile,
    Search,
    Seed,
    spoken,
)
from geo.plan.ahead import MOST_DRAWS

TimeLimit = Annotated[
    float, typer.Option(min=0.1, help="Seconds to search for; Ctrl-C takes the best so far.")
]
GapAllowed = Annotated[
    float,
    typer.Option(
        min=0.0, max=1.0, help="Good enough: within this share of the bound (0.001: 0.1 %)."
    ),
]


def forecast(
    plan: PlanFile,
    seed: Seed = None,
    draws: Annotated[
        int | None,
        typer.Option(min=100, max=MOST_DRAWS, help="How many futures; default: the plan's."),
    ] = None,
    backtest: Annotated[
        bool,
        typer.Option(
            "--backtest/--no-backtest",
            help="Make the same forecast for the past, with what had been recorded, and score it.",
        ),
    ] = True,
    to: Annotated[
        Path | None, typer.Option("--out", help="Write all tables to this workbook (.xlsx).")
    ] = None,
    as_json: AsJson = False,
    as_of: AsOf = None,
    known: KnownOn = None,
    ledger: InLedger = None,
    lang: InLang = None,
) -> None:
    r"""Say when goals will be reached, how surely, and which parcels decide it. 预测.

    landready forecast plan.toml --seed 1 --json

    Durations come from the ledger, and from the P50 and P90 of the plan where
    it tells little; parcels speed up and slow down together. Contiguity is
    exact in every draw. Backtests say what such forecasts were worth. How the
    future is drawn stands in the plan under \[forecast].
    """
    from geo.cli.forecast import told_forecast  # noqa: PLC0415

    if to is not None and to.suffix.lower() != ".xlsx":
        raise typer.BadParameter("end the name in .xlsx", param_hint="--out")

    told_forecast(
        Given(plan, ledger, as_of, known),
        seed=seed,
        draws=draws,
        tested=backtest,
        to=to,
        as_json=as_json,
        language=spoken(lang),
    )


def sequence(
    plan: PlanFile,
    seed: Seed = None,
    time_limit: TimeLimit = 60.0,
    gap: GapAllowed = 0.001,
    stress: Annotated[
        bool,
        typer.Option(
            "--stress/--no-stress",
            help="Try the plan on fresh draws of the forecast, swap parcels to make it surer, and "
            "look for ways round refusals.",
        ),
    ] = True,
    surer: Annotated[
        bool,
        typer.Option(
            "--surer", help="Take the plan that swaps made surer: less land, surer milestones."
        ),
    ] = False,
    budgets: Annotated[
        list[float] | None,
        typer.Option(
            "--budget",
            min=0.01,
            help="Also with the budget times this; may be given several times.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write the plan: .csv is a plan of record, .xlsx has all tables, Gantt and "
            "S-curve."
        ),
    ] = None,
    as_json: AsJson = False,
    as_of: AsOf = None,
    known: KnownOn = None,
    ledger: InLedger = None,
    lang: InLang = None,
) -> None:
    r"""Say which parcel to take in which year. 排期.

    landready sequence plan.toml --seed 1 --time-limit 60 --out sequence.csv

    Under \[sequence] the plan states what parcels cost, the budget of each year,
    crews, milestones and what belongs together. The answer has the most land in
    blocks over the years, with a bound that no plan can be better than. Named as
    \[sequence] file, the CSV is the plan of record that build draws; edit it as
    you like.
    """
    from geo.cli.sequence import told_sequence  # noqa: PLC0415

    told_sequence(
        Given(plan, ledger, as_of, known),
        Search(seed, time_limit, gap),
        stress=stress or surer,
        surer=surer,
        budgets=budgets or [],
        out=out,
        as_json=as_json,
        language=spoken(lang),
    )


def select(
    plan: PlanFile,
    mu: Annotated[float, typer.Option(min=0.01, help="At least so much land.")],
    blocks: Annotated[
        float | None,
        typer.Option(min=0.01, help="Several blocks of at least so many mu; default: one block."),
    ] = None,
    shape: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="What a metre of perimeter weighs, in the currency; default: the whole frontier "
            "of cost against shape.",
        ),
    ] = None,
    most_cost: Annotated[
        float | None,
        typer.Option(min=0.0, help="Most floor space for this money, instead of least cost."),
    ] = None,
    include: Annotated[
        list[str] | None, typer.Option("--with", help="A parcel to take; may be repeated.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--without", help="A parcel to leave; may be repeated.")
    ] = None,
    anchors: Annotated[
        list[str] | None,
        typer.Option("--anchor", help="A parcel that one block is to hold; may be repeated."),
    ] = None,
    seed: Seed = None,
    time_limit: TimeLimit = 60.0,
    gap: GapAllowed = 0.001,
    as_json: AsJson = False,
    as_of: AsOf = None,
    known: KnownOn = None,
    ledger: InLedger = None,
    lang: InLang = None,
) -> None:
    """Choose contiguous land of at least so many mu at the least cost. 选地.

    landready select plan.toml --mu 1000 --without LM-A01

    The cheapest contiguous land is often full of holes, so the answer is a
    frontier of cost against shape to choose from; --shape asks for one point of
    it. What is ready already costs nothing and may be part of it.
    """
    from geo.cli.sequence import told_selection  # noqa: PLC0415
    from geo.sequence.choosing import Wanted  # noqa: PLC0415

    wish = Wanted(
        mu=mu,
        blocks_mu=blocks,
        shape=shape,
        most_cost=most_cost,
        include=tuple(include or []),
        exclude=tuple(exclude or []),
        anchors=tuple(anchors or []),
    )
    told_selection(
        Given(plan, ledger, as_of, known),
        Search(seed, time_limit, gap),
        wish,
        as_json=as_json,
        language=spoken(lang),
    )
