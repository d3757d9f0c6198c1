"""The arguments and options that several commands share, and what their texts mean."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from geo.cells.numerals import parse_date
from geo.cli.stopping import language_of
from geo.plan import Plan, read_plan
from geo.text import Language


class Lang(StrEnum):
    """The language of the terminal."""

    zh = "zh"
    en = "en"


def day(text: str) -> date:
    """A day of the command line; ``today`` is the one that the machine's clock shows."""
    if text in ("today", "今天"):
        return date.today()
    try:
        told = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date: write it as 2024-12-31, or today") from None
    if not 1900 <= told.year <= 2200:
        raise typer.BadParameter(f"{text} lies beyond 1900 to 2200: is the year mistyped?")
    return told


def partial_date(text: str) -> str:
    """A date that may leave the day open, as it is to be told to the ledger."""
    if text in ("today", "今天"):
        return date.today().isoformat()
    if parse_date(text) is None:
        raise typer.BadParameter(
            f"{text!r} is no date: write it as 2024-12-31, 2024-12, 2024Q4 or 2024年12月"
        )
    return text


def address(text: str) -> str:
    """The address of a database. What is refused is not repeated: it may hold a password."""
    if not text.startswith("postgresql://"):
        raise typer.BadParameter("write it as postgresql://user@host/database")
    return text


PlanFile = Annotated[Path, typer.Argument(help="The plan file, such as layers/qingxi/plan.toml.")]
HERE = Path("plan.toml")
"""The plan of those who work in its folder."""
PlanHere = Annotated[
    Path, typer.Argument(envvar="LANDREADY_PLAN", help="The plan file; by default the one here.")
]
OfPlan = Annotated[
    Path,
    typer.Option("--plan", envvar="LANDREADY_PLAN", help="The plan file; by default the one here."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print plain JSON and nothing else.")]
InLang = Annotated[
    Lang | None, typer.Option(help="Language of the terminal (or set LANDREADY_LANG).")
]
AsOf = Annotated[
    date | None,
    typer.Option(
        parser=day,
        metavar="YYYY-MM-DD",
        help="Show this date (or: today) instead of the plan's.",
    ),
]
KnownOn = Annotated[
    date | None,
    typer.Option(
        "--known",
        parser=day,
        metavar="YYYY-MM-DD",
        help="Only what the ledger had been told by the end of this day.",
    ),
]
InLedger = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        parser=address,
        metavar="URL",
        help="The ledger is at postgresql://user@host/database instead of where the plan says. "
        "Keep the password in PGPASSWORD or ~/.pgpass.",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(min=0, max=2**62, help="Seed of all that is drawn; by default the plan's."),
]
By = Annotated[
    str,
    typer.Option(envvar="LANDREADY_BY", help="Who records this: a name or a staff number."),
]
LayerCrs = Annotated[
    str | None, typer.Option(help="CRS of a layer that states none, such as EPSG:4547.")
]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        metavar="MEANING=COLUMN",
        help="Which column means what, where its name leaves that open: plot_ratio=规划容积率. "
        "May be given several times.",
    ),
]


def plan_of(
    path: Path, ledger: str | None = None, as_of: date | None = None, known: date | None = None
) -> Plan:
    """The plan with the ledger, on the date and as known on the day that were asked for."""
    plan = read_plan(path).with_ledger(ledger)
    return plan.seen_on(as_of or plan.as_of, known=known)


def spoken(lang: Lang | None) -> Language:
    """The language asked for: by the option, in LANDREADY_LANG, else that of the machine."""
    return language_of(lang)


def pairs(texts: list[str] | None) -> dict[str, str]:
    """``meaning=column`` of the command line; the column may hold a ``=`` itself."""
    columns = {}
    for text in texts or []:
        meaning, equals, column = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"{text!r}: write it as meaning=column, such as zone=片区")
        columns[meaning.strip()] = column.strip()
    return columns


class Given(NamedTuple):
    """A plan as the command line names it."""

    path: Path
    ledger: str | None = None
    as_of: date | None = None
    known: date | None = None

    def read(self) -> Plan:
        """The plan itself."""
        return plan_of(*self)


class Search(NamedTuple):
    """How long to search, for how good an answer; without a seed it is the plan's."""

    seed: int | None
    time_limit_s: float
    gap: float

    def luck(self, plan: Plan) -> int:
        """The seed."""
        return plan.forecast.seed if self.seed is None else self.seed
