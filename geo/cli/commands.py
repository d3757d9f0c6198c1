"""All commands, in the order in which the help lists them."""

import sys
from collections.abc import Callable
from typing import Final

import typer

from geo.cli.ahead import forecast, select, sequence
from geo.cli.changes import diff
from geo.cli.claims import claims
from geo.cli.floor import balance, economics, scenarios, seek
from geo.cli.gate import check
from geo.cli.history import history, status
from geo.cli.layers import convert, new, schema
from geo.cli.ledgers import ledger_app
from geo.cli.record import record
from geo.cli.reports import export, report, stalled
from geo.cli.serve import serve
from geo.cli.study import build, show
from geo.cli.whatif import whatif

COMMANDS: Final[dict[str, Callable[..., None]]] = {
    "build": build,
    "serve": serve,
    "summary": show,
    "check": check,
    "record": record,
    "history": history,
    "status": status,
    "diff": diff,
    "stalled": stalled,
    "report": report,
    "export": export,
    "balance": balance,
    "scenarios": scenarios,
    "seek": seek,
    "economics": economics,
    "whatif": whatif,
    "forecast": forecast,
    "select": select,
    "sequence": sequence,
    "claims": claims,
    "new": new,
    "convert": convert,
    "schema": schema,
}

app = typer.Typer(
    help="landready 土地整备: from parcels to assembled acreage, contiguous blocks, floor space, "
    "progress toward goals, and a web map; with a ledger of who recorded what, and when. "
    "Start with: landready build layers/qingxi/plan.toml",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(ledger_app, name="ledger")


def main() -> None:
    """Run the command, in UTF-8 also where the terminal would not be."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # Windows consoles
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
