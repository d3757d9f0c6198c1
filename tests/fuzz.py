"""Mutated files of every format against the gate: no crash, no hang, no silently wrong sum.

    python -m tests.fuzz --seconds 600     (make fuzz)

Every case is a small valid layer of 90 mu, broken in its bytes, its fields or its records, and
given to the gate twice: as it is, and with a manifest of hashes. It is reproduced by its number:
``python -m tests.fuzz --case 1234``.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from geo.gate import Checked, Known, check_file
from geo.manifest import sha256
from tests.fuzzing.formats import broken
from tests.fuzzing.seeds import SEEDS, STATED

LAND_MU = 90.0
MOST_SECONDS = 30.0


@dataclass
class Tally:
    """What came of the cases, by format."""

    cases: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    unseen: Counter[str] = field(default_factory=Counter)
    crashed: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def __str__(self) -> str:
        lines = [f"{'format':10}{'cases':>8}{'refused':>9}{'found':>8}{'as good':>9}{'unseen':>8}"]
        for name in SEEDS:
            numbers = (self.refused, self.told, self.unchanged, self.unseen)
            counts = "".join(f"{n[name]:>{w}}" for n, w in zip(numbers, (9, 8, 9, 8), strict=True))
            lines.append(f"{name:10}{self.cases[name]:>8}{counts}")
        lines.append(
            f"{self.cases.total()} cases, {len(self.crashed)} crashes, "
            f"{len(self.slow)} over {MOST_SECONDS:.0f} s (slowest {self.slowest:.1f} s), "
            f"{len(self.wrong)} silently wrong with a manifest"
        )
        return "\n".join([*lines, *self.crashed, *self.slow, *self.wrong])


def mutated(case: int, folder: Path, seeds: Path) -> tuple[str, Path, bool]:
    """The format and the broken file of one case, and whether its bytes really differ."""
    rng = random.Random(case)
    name = rng.choice(list(SEEDS))
    shutil.copytree(seeds / name, folder, dirs_exist_ok=True)
    before = {part: _digest(part) for part in folder.rglob("*")}
    layer = broken(name, folder, rng)
    return name, layer, before != {part: _digest(part) for part in folder.rglob("*")}


def _digest(part: Path) -> bytes:
    return b"" if part.is_dir() else part.read_bytes()


def judge(case: int, seeds: Path, tally: Tally) -> None:
    """Give one case to the gate and count what came of it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "data"
        name, layer, differs = mutated(case, folder, seeds)
        known = Known(crs=STATED.get(name))
        begun = time.monotonic()
        try:
            checked = check_file(layer, known)
            manifest = shutil.copy(seeds / f"{name}.sha256", place)
            hashed = check_file(layer, Known(crs=known.crs, manifest=Path(manifest)))
        except Exception as error:
            tally.crashed.append(f"case {case} ({name}): {type(error).__name__}: {error}"[:300])
            return
        seconds = time.monotonic() - begun
    tally.cases[name] += 1
    tally.slowest = max(tally.slowest, seconds)
    if seconds > MOST_SECONDS:
        tally.slow.append(f"case {case} ({name}): {seconds:.0f} s")
    if differs and not hashed.stops:
        tally.wrong.append(f"case {case} ({name}): accepted against its manifest")
    _sort(name, checked, tally)


def _sort(name: str, checked: Checked, tally: Tally) -> None:
    expected = 0.0 if name == "tif" else LAND_MU
    if checked.crs is None and checked.stops:
        tally.refused[name] += 1
    elif any(item.severity != "info" for item in checked.findings):
        tally.told[name] += 1
    elif abs(checked.area_mu - expected) < 0.01:
        tally.unchanged[name] += 1
    else:
        tally.unseen[name] += 1  # a number changed for another: only a manifest can see that


def plant(seeds: Path) -> None:
    """Write the valid layers, and a manifest of each beside its folder."""
    for name, seeder in SEEDS.items():
        folder = seeds / name
        folder.mkdir()
        layer = seeder(folder)
        whole = check_file(layer, Known(crs=STATED.get(name)))
        expected = 0.0 if name == "tif" else LAND_MU
        if whole.stops or abs(whole.area_mu - expected) > 0.01:
            raise AssertionError(f"the valid {name} gives {whole}")
        lines = [
            f"{sha256(part)}  data/{part.relative_to(folder).as_posix()}"
            for part in sorted(folder.rglob("*"))
            if part.is_file()
        ]
        (seeds / f"{name}.sha256").write_text("\n".join(lines) + "\n", encoding="utf-8")


def run(seconds: float, first: int, *, cases: int | None = None) -> Tally:
    """Judge cases from number ``first`` on until the time is over."""
    tally = Tally()
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as place:
        seeds = Path(place)
        plant(seeds)
        case = first
        while time.monotonic() < end and (cases is None or case < first + cases):
            judge(case, seeds, tally)
            case += 1
    return tally


def main() -> None:
    """Run from the command line; exit 1 when a case crashed, hung or came out silently wrong."""
    options = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--first", type=int, default=0, help="number of the first case")
    options.add_argument("--case", type=int, help="judge this one case only")
    told = options.parse_args()
    first = told.first if told.case is None else told.case
    tally = run(told.seconds, first, cases=None if told.case is None else 1)
    print(tally)
    sys.exit(bool(tally.crashed or tally.slow or tally.wrong))


if __name__ == "__main__":
    main()
