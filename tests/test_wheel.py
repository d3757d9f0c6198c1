"""The wheel brings its machine code: nobody who installs it waits for a compiler."""

import json
import os
import subprocess
import sys
import zipfile

import numba
import pytest

import dev

RUN = """
import json, sys
from importlib import import_module
from pkgutil import iter_modules
from numba.core import event
from numba.core.dispatcher import Dispatcher
import geo.kernels
from geo.cells.spellings import folds
from geo.warm import warm

compiled = []

class Listener(event.Listener):
    def on_start(self, event):
        compiled.append(event.data["dispatcher"].py_func.__qualname__)

    def on_end(self, event):
        pass

event.register("numba:compile", Listener())
folds(["A1"])
light = "numba.np.linalg" not in sys.modules
warm()
kernels = [
    f"{module.name}.{name}"
    for module in iter_modules(geo.kernels.__path__)
    for name, made in vars(import_module(f"geo.kernels.{module.name}")).items()
    if isinstance(made, Dispatcher) and made.__module__ == f"geo.kernels.{module.name}"
]
told = {"at": geo.__file__, "compiled": compiled, "light": light, "kernels": kernels}
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    dev.run(sys.executable, "-m", "geo.warm")  # a kernel may have changed since `make env`
    return dev.pack_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def told(wheel, tmp_path_factory):
    """What a first run of the installed wheel tells: its folder has nothing but the wheel."""
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    kept = {path.name for path in site.rglob("*.nb?")}
    ran = subprocess.run(
        [sys.executable, "-P", "-c", RUN],
        env={**os.environ, "PYTHONPATH": str(site)},
        cwd=site,
        capture_output=True,
        text=True,
        check=True,
    )
    return {**json.loads(ran.stdout), "site": site, "kept": kept}


def test_the_wheel_is_for_this_python_and_asks_for_the_numba_that_compiled_it(wheel):
    python = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    assert f"-{python}-{python}-" in wheel.name
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        lines = archive.read(metadata).decode().splitlines()
    (line,) = (line for line in lines if line.startswith("Requires-Dist: numba"))
    assert line == f"Requires-Dist: numba =={numba.__version__}"


def test_the_first_run_of_an_installed_wheel_compiles_nothing(told):
    assert told["at"].startswith(str(told["site"]))
    assert told["compiled"] == []
    assert {path.name for path in told["site"].rglob("*.nb?")} == told["kept"]


def test_machine_code_is_loaded_without_what_numba_loads_in_order_to_compile(told):
    assert told["light"]


def test_every_kernel_is_in_it(told):
    """A kernel that the small town of ``geo.warm`` never calls would be compiled by a user."""
    kept = {name.split("-")[0] for name in told["kept"]}
    assert set(told["kernels"]) - kept <= {"random.uniform"}  # which only tests ask for
    assert len(told["kernels"]) > 150
