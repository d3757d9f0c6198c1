"""All commands, in the order in which the help lists them."""

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from geo.readers import early

HOMES: Final = {
    "build": "study:build",
    "serve": "serve:serve",
    "summary": "study:show",
    "check": "gate:check",
    "record": "record:record",
    "history": "history:history",
    "status": "history:status",
    "diff": "changes:diff",
    "stalled": "reports:stalled",
    "report": "reports:report",
    "export": "reports:export",
    "balance": "floor:balance",
    "scenarios": "floor:scenarios",
    "seek": "floor:seek",
    "economics": "floor:economics",
    "whatif": "whatif:whatif",
    "forecast": "ahead:forecast",
    "select": "ahead:select",
    "sequence": "ahead:sequence",
    "claims": "claims:claims",
    "new": "layers:new",
    "convert": "layers:convert",
    "schema": "layers:schema",
    "ledger": "ledgers:ledger_app",
}
"""Where each command is: the module in :mod:`geo.cli`, imported only when it is wanted."""

_WITHOUT_LAYERS: Final = ("record", "history", "status", "schema", "ledger", "serve")


class _Loaded(Mapping[str, Any]):
    """The commands by name, of which each is loaded when somebody looks at it."""

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = HOMES[name].partition(":")
        found = getattr(import_module(f"geo.cli.{module}"), attribute)
        if isinstance(found, typer.Typer):
            group = get_group(found)
            group.name = name
            return group
        alone = typer.Typer(**_LOOKS)
        alone.command(name)(found)
        return get_command(alone)

    def __iter__(self) -> Iterator[str]:
        return iter(HOMES)

    def __len__(self) -> int:
        return len(HOMES)


class _Commands(TyperGroup):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = _Loaded()  # type: ignore[assignment]  # only read


_LOOKS: Final[dict[str, Any]] = {
    "add_completion": False,
    "rich_markup_mode": "rich",
    "pretty_exceptions_enable": False,
}

app = typer.Typer(cls=_Commands, no_args_is_help=True, **_LOOKS)


@app.callback(
    help="landready 土地整备: from parcels to assembled acreage, contiguous blocks, floor space, "
    "progress toward goals, and a web map; with a ledger of who recorded what, and when. "
    "Start with: landready build layers/qingxi/plan.toml"
)
def _landready() -> None:
    return None


def run() -> None:
    """Run the command, in UTF-8 also where the terminal would not be."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # Windows consoles
    if sys.argv[1:2] and sys.argv[1] in HOMES.keys() - _WITHOUT_LAYERS and "--help" not in sys.argv:
        early.begin()
    app()
