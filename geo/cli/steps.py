"""The steps of a command: a line that tells which one runs, and a code when it cannot go on."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from geo.cli.terminal import err, print_errors
from geo.errors import LandError, PublishError
from geo.findings import finding
from geo.land import Notify
from geo.plan import Plan
from geo.readers import apart
from geo.sequence.lots import Progress as Progressed
from geo.sequence.lots import Stop, Watch
from geo.text import Language, Words

FAULTY: Final = 2
"""Exit code when the data, the plan or the call must be mended."""

STEPS: Final = {
    "read": Words("读取图层", "reading layers"),
    "check": Words("检查", "checking"),
    "measure": Words("量算面积", "measuring"),
    "assemble": Words("连片", "assembling blocks"),
    "project": Words("推算", "projecting"),
    "verify": Words("核对", "verifying sums"),
    "publish": Words("写出", "publishing"),
    "forecast": Words("预测", "forecasting"),
    "sequence": Words("排期", "sequencing"),
    "select": Words("选地", "choosing land"),
    "stress": Words("压力测试", "stress-testing"),
    "ledger": Words("读取台账", "reading the ledger"),
    "judge": Words("核对各条", "judging the entries"),
    "write": Words("写入台账", "writing to the ledger"),
    "replay": Words("逐条核对台账", "replaying the ledger"),
    "move": Words("迁移台账", "moving the ledger"),
    "backup": Words("备份台账", "copying the ledger"),
}


@contextmanager
def steps(language: Language, *, quiet: bool = False, reads: bool = True) -> Iterator[Notify]:
    """A line that tells which step is running and for how long; errors end with a code.

    What ``reads`` layers has the process that opens them started at once.
    """
    if reads:
        apart.start()
    with _watched(language, SpinnerColumn(), quiet=quiet) as progress:
        task = progress.add_task("", total=None)

        def notify(step: str) -> None:
            progress.update(task, description=STEPS[step].text()[language])

        yield notify


@contextmanager
def counted(
    step: str, language: Language, *, quiet: bool = False
) -> Iterator[Callable[[int, int], None]]:
    """A bar that fills as a step is told how many are done, of how many."""
    columns = (BarColumn(), MofNCompleteColumn())
    with _watched(language, *columns, quiet=quiet) as progress:
        task = progress.add_task(STEPS[step].text()[language], total=None)

        def notify(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield notify


@contextmanager
def searching(
    step: str, language: Language, *, quiet: bool = False
) -> Iterator[tuple[Watch, Stop]]:
    """A bar of the time that a search may take, with its best and its bound.

    Ctrl-C ends the search and not the command: what comes back is the best so far. Pressed again,
    it ends both.
    """
    pressed: list[int] = []

    def press(number: int, _: FrameType | None) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    before = signal.signal(signal.SIGINT, press)
    try:
        with _watched(language, BarColumn(), quiet=quiet) as progress:
            words = STEPS[step].text()[language]
            task = progress.add_task(words, total=1.0)

            def notify(told: Progressed) -> None:
                gap = Words("", "").text()
                if told.best and told.bound is not None:
                    far = abs(told.bound - told.best) / abs(told.best)
                    gap = Words(f"，差距 {far:.2%}", f", gap {far:.2%}").text()
                stops = Words("（Ctrl-C 取当前最好）", " (Ctrl-C takes the best so far)").text()
                text = f"{words}{gap[language]}{stops[language]}"
                progress.update(task, completed=told.done, description=text)

            yield notify, lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def writing(path: Path, plan: Plan) -> Iterator[None]:
    """Where a file that somebody asked for is written, in a folder that is made if missing.

    Raises :class:`geo.errors.PublishError` for a file that the plan is made of.
    """
    try:
        if any(_is_in(path, own) for own in plan.own_files):
            raise PublishError(finding("write.own-input", file=str(path), seen=path.name))
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except LandError:
        raise
    except OSError as error:
        raise PublishError(finding("publish.failed", file=str(path), problem=error)) from None


def _is_in(path: Path, own: Path) -> bool:
    """Whether a path leads to a file, under whichever name, or into a folder."""
    place, mine = path.resolve(), own.resolve()
    is_same = path.exists() and own.exists() and path.samefile(own)
    # The parts of a Shapefile are one layer.
    is_part = mine.suffix.lower() == ".shp" and place.with_suffix(mine.suffix) == mine
    return is_same or is_part or mine in (place, *place.parents)


@contextmanager
def _watched(
    language: Language, *columns: SpinnerColumn | BarColumn | MofNCompleteColumn, quiet: bool
) -> Iterator[Progress]:
    """Progress on a terminal, and an exit code for what cannot go on."""
    still = quiet or not err.is_terminal
    shown = (TextColumn("{task.description}"), *columns, TimeElapsedColumn())
    try:
        with Progress(*shown, console=err, transient=True, disable=still) as progress:
            yield progress
    except LandError as error:
        print_errors(error, language)
        raise typer.Exit(FAULTY) from None
