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
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress_bar import ProgressBar
from rich.text import Text

from geo.cli.pace import Pace, lasting
from geo.cli.terminal import err, print_errors
from geo.errors import LandError, PublishError
from geo.findings import finding
from geo.notify import Notify
from geo.plan import Plan
from geo.readers import apart
from geo.sequence.lots import Progress as Progressed
from geo.sequence.lots import Stop, Watch
from geo.text import Language, Words

FAULTY: Final = 2
"""Exit code when the data, the plan or the call must be mended."""

LONG_S: Final = 10.0
"""A step that takes longer is told of also where nobody watches."""

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

    A step that tells how many are ``done``, of how many, has a bar. What ``reads`` layers has the
    process that opens them started at once.
    """
    if reads:
        apart.start()
    pace = Pace()
    columns = (SpinnerColumn(), _Bar(), _PaceColumn(language))
    with _watched(language, *columns, quiet=quiet) as progress:
        task = progress.add_task("", total=None, pace=pace)

        def notify(step: str, done: int = 0, total: int = 0, /) -> None:
            nonlocal pace
            if step != pace.step or done < pace.done:
                _say(pace, language, quiet=quiet)
                pace = Pace(step)
            pace.done, pace.total = done, total
            words = STEPS[step].text()[language]
            progress.update(task, description=words, completed=done, total=total, pace=pace)

        yield notify
    _say(pace, language, quiet=quiet)


class _Bar(BarColumn):
    """A bar, where there is something to count; elsewhere the spinner is enough."""

    def render(self, task: Task) -> ProgressBar:
        """The bar, or none at all."""
        bar = super().render(task)
        bar.width = self.bar_width if task.fields["pace"].total else 0
        return bar


class _PaceColumn(ProgressColumn):
    """Count, rate and remaining time."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.language = language

    def render(self, task: Task) -> Text:
        """As it is now, also while nothing is told."""
        return Text(task.fields["pace"].told(self.language))


def _say(pace: Pace, language: Language, *, quiet: bool) -> None:
    """A line about a long step that is done, where no bar can be shown."""
    if quiet or err.is_terminal or pace.seconds < LONG_S or not pace.step:
        return
    took = lasting(pace.seconds)
    words = STEPS[pace.step]
    err.print(Words(f"{words.zh}：{took.zh}", f"{words.en}: {took.en}").text()[language])


@contextmanager
def counted(
    step: str, language: Language, *, quiet: bool = False
) -> Iterator[Callable[[int, int], None]]:
    """A bar that fills as a step is told how many are done, of how many."""
    with steps(language, quiet=quiet, reads=False) as tell:
        tell(step)

        def notify(done: int, total: int) -> None:
            tell(step, done, total)

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
def _watched(language: Language, *columns: ProgressColumn, quiet: bool) -> Iterator[Progress]:
    """Progress on a terminal, and an exit code for what cannot go on."""
    still = quiet or not err.is_terminal
    shown = (TextColumn("{task.description}"), *columns, TimeElapsedColumn())
    try:
        with Progress(*shown, console=err, transient=True, disable=still) as progress:
            yield progress
    except LandError as error:
        print_errors(error, language)
        raise typer.Exit(FAULTY) from None
