"""The development commands of landready, the same on Linux, macOS and Windows.

    python dev.py map       make the example map (the first run builds .venv)
    python dev.py check     everything a change must pass

Only the standard library is used, so that a bare Python is enough to begin.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # an old Python must get far enough to be told that it is too old
    from collections.abc import Callable, Sequence

    Command = Sequence[str | Path]

OLDEST, NEWEST = (3, 11), (3, 13)

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
VENV = ROOT / ".venv"
BENCH = ROOT / ".venv-bench"
STAMP = VENV / "made-by-dev.py"  # written last: without it the environment is half made
PYTHON_IN = "Scripts/python.exe" if os.name == "nt" else "bin/python"
VENV_PYTHON, BENCH_PYTHON = VENV / PYTHON_IN, BENCH / PYTHON_IN
KEPT = ROOT / "geo" / "kernels" / "__pycache__"  # machine code, where numba keeps it
EXAMPLE = "layers/qingxi/plan.toml"
SOURCES = ("geo", "tests", "benchmarks")
CACHES = (".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__", "dist")


# -- running things -------------------------------------------------------------------------


def run(*command: str | Path) -> None:
    """Run a command in the project's folder; when it fails, leave with its exit code."""
    code = subprocess.run([str(part) for part in command], cwd=ROOT, check=False).returncode
    if code:
        sys.exit(code if code > 0 else 128 - code)  # a signal, told the way a shell tells it


def run_all(*commands: Command) -> None:
    """Run every command even when one fails, then leave with the first failure's exit code."""
    failures = []
    for command in commands:
        try:
            run(*command)
        except SystemExit as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


def say(text: str) -> None:
    """Print a line at once, also into a pipe, so that it stays in order with our children's."""
    print(f"dev.py: {text}", flush=True)


# -- the Python that serves -----------------------------------------------------------------

PROBE = f"import sys, ensurepip, venv; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"


def serves(python: str) -> bool:
    """Whether this Python has a fitting version and can make a virtual environment."""
    try:
        probe = subprocess.run([python, "-c", PROBE], capture_output=True, check=False)
    except OSError:
        return False
    return probe.returncode == 0


def another_python() -> str | None:
    """Find the newest fitting Python on PATH."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        python = shutil.which(f"python3.{minor}")
        if python and serves(python):
            return python
    return None


def hand_over(argv: list[str]) -> None:
    """When this Python does not serve, let another one do the work and leave with its code."""
    python = another_python()
    if python is None:
        version = ".".join(map(str, sys.version_info[:3]))
        sys.exit(
            f"dev.py: this is Python {version} ({sys.executable}); landready needs one from "
            "3.11 to 3.13 with the venv module.\n"
            "Install Python 3.12 (on Debian and Ubuntu also python3-venv), then name it:\n"
            f"    make PYTHON=python3.12 {' '.join(argv)}\n"
            f"    py -3.12 dev.py {' '.join(argv)}    (on Windows)"
        )
    sys.exit(subprocess.run([python, __file__, *argv], check=False).returncode)


# -- the environment ------------------------------------------------------------------------


def wanted_stamp() -> list[str]:
    """Say what the environment is made from: the Python and place, then the two files."""
    digest = hashlib.sha256(LOCK.read_bytes() + PROJECT.read_bytes()).hexdigest()
    return [f"python {sys.version_info[0]}.{sys.version_info[1]} in {ROOT}", f"from {digest}"]


def why_rebuild(found: list[str], wanted: list[str]) -> str | None:
    """Give the reason to begin .venv anew, or None when what is there can be kept."""
    if not VENV.exists():
        return "there is none yet"
    if not found:
        return "the last run did not finish it"
    if not VENV_PYTHON.exists():
        return "its Python is gone"
    if found[:1] != wanted[:1]:
        return f"it was made for {found[0]}"
    return None


def make_env() -> bool:
    """Bring .venv in line with requirements.lock; return whether anything had to be done."""
    wanted = wanted_stamp()
    found = STAMP.read_text("utf-8").splitlines() if STAMP.exists() else []
    reason = why_rebuild(found, wanted)
    if reason is None and found == wanted:
        return False

    begun = time.monotonic()
    STAMP.unlink(missing_ok=True)
    if reason:
        say(f"making .venv with Python {sys.version.split()[0]}: {reason}")
        # The base Python makes it, because --clear removes the one in .venv that may run this.
        run(getattr(sys, "_base_executable", sys.executable), "-m", "venv", "--clear", VENV)
    else:
        say("updating .venv: requirements.lock or pyproject.toml has changed")
    say("installing the packages of requirements.lock (the first time takes a minute or more)")
    pip = (VENV_PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    # Wheels only: a source build would fetch tools that no hash in the lock vouches for.
    run(*pip, "--require-hashes", "--only-binary=:all:", "-r", LOCK)
    say("installing landready itself, editable")
    run(*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT)
    say("compiling what is compiled (a minute, once)")
    run(VENV_PYTHON, "-m", "geo.warm")
    STAMP.write_text("\n".join(wanted) + "\n", "utf-8")
    say(f".venv is ready after {time.monotonic() - begun:.0f} s")
    return True


# -- the wheel ------------------------------------------------------------------------------


def compile_anew() -> None:
    """Compile all that is compiled into the place beside the modules, for any processor."""
    for path in KEPT.glob("*.nb?"):
        path.unlink()
    for name in ("NUMBA_CACHE_DIR", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES"):
        os.environ.pop(name, None)
    say("compiling what is compiled (a minute)")
    run(VENV_PYTHON, "-m", "geo.warm")


def pack_wheel(into: Path) -> Path:
    """Build the wheel for this Python and kind of machine, with the machine code that is kept.

    That holds for one version of numba, so that the wheel asks for that one.
    """
    wheel = (VENV_PYTHON, "-m", "wheel")
    with tempfile.TemporaryDirectory(prefix="landready-wheel-") as name:
        folder = Path(name)
        pip = (VENV_PYTHON, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check")
        run(*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
        (plain,) = folder.glob("*.whl")
        run(*wheel, "unpack", "--dest", folder, plain)
        (tree,) = (path for path in folder.iterdir() if path.is_dir())
        there = tree / KEPT.relative_to(ROOT)
        there.mkdir()
        held = list(KEPT.glob(f"*.py{sys.version_info[0]}{sys.version_info[1]}.*nb?"))
        assert held, "python -m geo.warm makes the machine code that a wheel is to hold"
        for path in held:
            shutil.copy(path, there)
        pin_numba(next(tree.glob("*.dist-info/METADATA")))
        stated = next(tree.glob("*.dist-info/WHEEL"))
        pure = stated.read_text("utf-8")
        stated.write_text(pure.replace("Purelib: true", "Purelib: false"), "utf-8")
        run(*wheel, "pack", "--dest-dir", folder, tree)
        run(*wheel, "tags", "--remove", *wheel_tags(), plain)
        (made,) = folder.glob("*.whl")
        into.mkdir(exist_ok=True)
        return Path(shutil.copy(made, into))


def wheel_tags() -> tuple[str, ...]:
    """Say for which Python and machine there is machine code."""
    python = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    platform = re.sub(r"\W", "_", sysconfig.get_platform())
    return "--python-tag", python, "--abi-tag", python, "--platform-tag", platform


def pin_numba(metadata: Path) -> None:
    """Have the wheel ask for the numba of requirements.lock, whose machine code it holds."""
    (version,) = re.findall(r"^numba==(\S+)", LOCK.read_text("utf-8"), re.MULTILINE)
    text, times = re.subn(
        r"(?m)^Requires-Dist: numba\b.*$",
        f"Requires-Dist: numba =={version}",
        metadata.read_text("utf-8"),
    )
    assert times == 1, "pyproject.toml names numba once"
    metadata.write_text(text, "utf-8")


# -- the commands ---------------------------------------------------------------------------

RUFF_CHECK: Command = (VENV_PYTHON, "-m", "ruff", "check")
RUFF_FORMAT: Command = (VENV_PYTHON, "-m", "ruff", "format")
LINT: tuple[Command, ...] = (
    RUFF_CHECK,
    (*RUFF_FORMAT, "--check"),
    (VENV_PYTHON, "-m", "mypy", "geo"),
)
PYTEST: Command = (VENV_PYTHON, "-m", "pytest")


def env(_: argparse.Namespace) -> None:
    """Make or update .venv from requirements.lock (at once when nothing has changed)."""
    if not make_env():
        say(".venv is up to date")


def build_map(options: argparse.Namespace) -> None:
    """Build a map page into maps/ and say which file to open."""
    make_env()
    run(VENV_PYTHON, "-m", "geo", "build", options.plan)


def test(options: argparse.Namespace) -> None:
    """Run the tests; whatever follows goes to pytest: `dev.py test -k blocks -x`."""
    make_env()
    run(*PYTEST, *options.rest)


def lint(_: argparse.Namespace) -> None:
    """Run ruff check, ruff format --check and mypy --strict; change nothing."""
    make_env()
    run_all(*LINT)


def bench(options: argparse.Namespace) -> None:
    """Time the job beside its peers and write benchmarks/results.md: `dev.py bench 10000`."""
    make_env()
    if not BENCH_PYTHON.exists():
        say("making .venv-bench with the peers: DuckDB, SedonaDB and what else is not for users")
        run(VENV_PYTHON, "-m", "venv", "--clear", BENCH)
        pip = (BENCH_PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        run(*pip, "--editable", ROOT, "-r", ROOT / "benchmarks" / "requirements.txt")
    run(BENCH_PYTHON, "-m", "benchmarks.build", *options.rest)


def fuzz(options: argparse.Namespace) -> None:
    """Give broken files of every format to the gate: `dev.py fuzz --seconds 3600 --first 9000`."""
    make_env()
    run(VENV_PYTHON, "-m", "tests.fuzz", *options.rest)


def check(_: argparse.Namespace) -> None:
    """Run lint and the tests: everything a change must pass."""
    make_env()
    run_all(*LINT, PYTEST)


def wheel(_: argparse.Namespace) -> None:
    """Build the wheel into dist/, with machine code, so that no first run waits for it."""
    make_env()
    compile_anew()
    say(f"built {pack_wheel(ROOT / 'dist').relative_to(ROOT)}")


def reformat(_: argparse.Namespace) -> None:
    """Let ruff mend what it safely can and lay out the code."""
    make_env()
    run_all((*RUFF_CHECK, "--fix"), RUFF_FORMAT)


def lock(options: argparse.Namespace) -> None:
    """Resolve pyproject.toml into requirements.lock with uv; --upgrade for newer versions."""
    uv = shutil.which("uv")
    if uv is None:
        sys.exit("dev.py: uv is not on PATH; get it with `pip install uv` and try again")
    run(
        *(uv, "pip", "compile", PROJECT.name, "--group", "dev", "--output-file", LOCK.name),
        # One version of a package for every Python and system, so that all see the same figures.
        *("--universal", "--python-version", "3.11", "--fork-strategy", "fewest"),
        *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--quiet"),
        *("--custom-compile-command", "python dev.py lock"),
        *(["--upgrade"] if options.upgrade else []),
    )
    say("requirements.lock is written; tests/test_environment.py tells what environment.yml needs")


def clean(_: argparse.Namespace) -> None:
    """Remove .venv, .venv-bench and the caches; maps/ stays."""
    compiled = [path for name in SOURCES for path in (ROOT / name).rglob("__pycache__")]
    for path in (VENV, BENCH, *(ROOT / name for name in CACHES), *compiled):
        if path.exists():
            say(f"removing {path.relative_to(ROOT)}")
            shutil.rmtree(path)


# -- the command line -----------------------------------------------------------------------

COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "map": build_map,
    "check": check,
    "test": test,
    "lint": lint,
    "bench": bench,
    "fuzz": fuzz,
    "format": reformat,
    "env": env,
    "wheel": wheel,
    "lock": lock,
    "clean": clean,
}


def parser() -> argparse.ArgumentParser:
    """Describe the commands; their docstrings are the help."""
    described = argparse.ArgumentParser(
        prog="dev.py",
        description=(__doc__ or "").split("\n\n", maxsplit=1)[0],
        epilog="`make <command>` does the same; hand arguments on with ARGS='...'. "
        "Every command but lock and clean makes or updates .venv by itself.",
        allow_abbrev=False,
    )
    commands = described.add_subparsers(dest="command", metavar="command", required=True)
    for name, do in COMMANDS.items():
        told = (do.__doc__ or "").strip()
        command = commands.add_parser(name, help=told, description=told, allow_abbrev=False)
        command.set_defaults(do=do, rest=[])
        if name == "map":
            command.add_argument(
                "plan", nargs="?", default=EXAMPLE, help="the plan to build (default: %(default)s)"
            )
        if name == "lock":
            command.add_argument(
                "--upgrade", action="store_true", help="take the newest versions that fit"
            )
    return described


def main(argv: list[str]) -> None:
    """Run one command; the exit code is that of the first thing that failed."""
    described = parser()
    options, rest = described.parse_known_args(argv)
    if rest and options.do not in (test, bench, fuzz):
        described.error(f"unknown arguments for {options.command}: {' '.join(rest)}")
    if not serves(sys.executable):
        hand_over(argv)
    options.rest = rest
    options.do(options)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
