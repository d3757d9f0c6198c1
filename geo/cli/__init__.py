"""The landready command: thin doors to the library, and one place that ends with a code.

``commands`` lists them; ``options`` holds the options that they share, ``steps`` runs them and
turns an error into an exit code, ``pace`` and ``terminal`` print, ``stopping`` is Ctrl-C. Each
other module is a few commands.
"""

import gc
from typing import TYPE_CHECKING, Any, Final

from geo.cli.stopping import loading, stopping

if TYPE_CHECKING:
    from geo.cli.commands import app

__all__ = ["app", "main"]

GARBAGE_FROM: Final = 500_000
"""Objects between two looks for garbage: more than loading makes, and those are all to stay."""


def main() -> None:
    """Run the command."""
    gc.set_threshold(GARBAGE_FROM)
    with loading():
        from geo.cli.commands import run  # noqa: PLC0415 (a second's work, which may be stopped)
    with stopping():
        run()


def __getattr__(name: str) -> Any:
    """``app``, once it is asked for: it loads every command."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from geo.cli.commands import app  # noqa: PLC0415

    return app
