"""Ctrl-C ends a command at any time: one line, exit code 130, nothing half written.

It loads nothing but the standard library's smallest parts, so that it is in force at once.
"""

import _thread
import atexit
import locale
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from types import FrameType
from typing import TYPE_CHECKING, Final, Literal, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

CODE: Final = 130
"""Exit code of what Ctrl-C ended: 128 and the number of the signal."""

AGAIN_S: Final = 3.0
"""Ctrl-C pressed again so soon does not disturb what is being put away."""

SOON_S: Final = 0.02

_LINES: Final = {
    "zh": "已停止，没有留下写了一半的文件",
    "en": "Stopped; no file is left half written",
}


def language_of(told: str | None = None) -> Literal["zh", "en"]:
    """The language told, in LANDREADY_LANG, else that of the machine."""
    name = told or os.environ.get("LANDREADY_LANG") or locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


@contextmanager
def loading() -> Iterator[None]:
    """While modules load, when there is nothing to put away: Ctrl-C ends the process on the spot.

    Libraries turn an exception in the middle of their import into another one.
    """
    before = signal.signal(signal.SIGINT, lambda *_: _end())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def stopping() -> Iterator[None]:
    """While a command runs: Ctrl-C unwinds it, and whatever comes of that is its end.

    The process ends then and there: what is put away at exit is, and Ctrl-C means nothing more.
    """
    stop = _Stop()
    before, hook = signal.signal(signal.SIGINT, stop.press), sys.unraisablehook
    sys.unraisablehook = stop.swallowed
    try:
        yield
    except BaseException as error:
        if not stop.is_cause_of(error):
            raise
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        atexit._run_exitfuncs()
        sys.stdout.flush()
        _end()
    finally:
        signal.signal(signal.SIGINT, before)
        sys.unraisablehook = hook


class _Stop:
    """Whether Ctrl-C was pressed."""

    def __init__(self) -> None:
        self.pressed_at: float | None = None

    def press(self, _number: int, _frame: FrameType | None) -> None:
        """Unwind the command, but not the unwinding."""
        now = time.monotonic()
        if self.pressed_at is None or now > self.pressed_at + AGAIN_S:
            self.pressed_at = now
            raise KeyboardInterrupt

    def swallowed(self, lost: "UnraisableHookArgs") -> None:
        """Python drops what is raised in a destructor or call-back: press again after it."""
        if issubclass(lost.exc_type, KeyboardInterrupt):
            self.pressed_at = None
            again = threading.Timer(SOON_S, _thread.interrupt_main)
            again.daemon = True
            again.start()
        else:
            sys.__unraisablehook__(lost)

    def is_cause_of(self, error: BaseException) -> bool:
        """Whether a command that ends so does it for Ctrl-C."""
        if isinstance(error, SystemExit):
            return error.code == CODE or (self.pressed_at is not None and bool(error.code))
        return self.pressed_at is not None or isinstance(error, KeyboardInterrupt)


def _end() -> NoReturn:
    """The end, by a door that no library has a hand on: some make Python end by the signal."""
    os.write(2, f"{_line()}\n".encode())
    os._exit(CODE)


def _line() -> str:
    """What to say, in the language of the command line as far as it can be told."""
    words = sys.argv[1:]
    told = [after for word, after in pairwise(words) if word == "--lang"]
    told += [word.removeprefix("--lang=") for word in words if word.startswith("--lang=")]
    return _LINES[language_of(told[-1] if told else None)]
