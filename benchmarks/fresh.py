"""The package as one has it who has just installed it, in a place of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]


def from_sources(folder: Path) -> dict[str, str]:
    """Copy the package without its machine code; the environment in which a process uses that."""
    shutil.copytree(ROOT / "geo", folder / "geo", ignore=shutil.ignore_patterns("__pycache__"))
    return _environment(folder)


def from_wheel(folder: Path) -> dict[str, str]:
    """Install a wheel that holds machine code; the environment in which a process uses it."""
    from dev import compile_anew, pack_wheel  # noqa: PLC0415 (ROOT is the working folder by then)

    compile_anew()
    folder.mkdir()
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps")
    subprocess.run([*pip, "--target", folder, pack_wheel(folder / "wheel")], check=True)
    return _environment(folder)


def _environment(folder: Path) -> dict[str, str]:
    return {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "PYTHONSAFEPATH": "1"}
