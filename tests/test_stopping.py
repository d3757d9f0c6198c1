"""Ctrl-C at any time: one line, exit code 130, no child left, nothing half written."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from shapely import box

from tests.makers import placed, write_plan

if sys.platform == "win32":
    pytest.skip("Windows has another Ctrl-C", allow_module_level=True)

LINE = "Stopped; no file is left half written\n"

DRIVER = """
import os, signal, sys, threading
import geo.cli

when, words = sys.argv[1], sys.argv[2:]
sys.argv = ["landready", *words]

def press(*_):
    os.kill(os.getpid(), signal.SIGINT)

class Destroyed:
    def __del__(self):
        press()
        for _ in range(1000):
            pass

class Importing:
    def find_spec(self, name, *_):
        if name == when:
            press()

def hooked(step):
    import geo.land, geo.study
    def notify(name, *_):
        if name == step:
            twice = threading.Timer(0.05, press)
            twice.daemon = True
            twice.start()
            press()
    return notify

if when in ("read", "measure", "verify"):
    import geo.study
    inner = geo.study.run
    geo.study.run = lambda plan, **more: inner(plan, **{**more, "notify": hooked(when)})
elif when == "destructor":
    import geo.study
    def run(*_, **__):
        Destroyed()
        for _ in range(10**8):
            pass
    geo.study.run = run
elif when == "publish":
    import geo.workbooks as published
    inner = published.write_workbook
    def pressed(tables, path, **more):
        inner(tables, path, **more)
        press()
    published.write_workbook = pressed
else:
    sys.meta_path.insert(0, Importing())
geo.cli.main()
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> Path:
    land = placed(box(0, 0, 200, 100), box(200, 0, 400, 100), parcel_id=["A", "B"])
    return write_plan(tmp_path_factory.mktemp("layers"), land)


def children(group: int) -> list[str]:
    """Processes of a group that are alive."""
    told = subprocess.run(
        ["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in told.stdout.splitlines()]
    return [stat for number, stat in rows if number == str(group) and not stat.startswith("Z")]


def gone(group: int, *, within_s: float) -> bool:
    until = time.monotonic() + within_s
    while children(group):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize(
    "when",
    ["pandas", "measure", "publish", "destructor"],
)
def test_ctrl_c_ends_a_build_with_one_line(when, plan, tmp_path):
    """While libraries load, in each phase of the run, while files are written, in a call-back."""
    out = tmp_path / "maps" / "town"
    words = ["build", str(plan), "--out", str(out), "--lang", "en"]
    run = subprocess.Popen(
        [sys.executable, "-c", DRIVER, when, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    text, error = run.communicate(timeout=60)
    assert (run.returncode, text, error) == (130, "", LINE)
    assert gone(run.pid, within_s=10)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert list(tmp_path.glob("maps/*")) == []


@pytest.mark.parametrize("after_s", [0.3, 1.2])
def test_a_terminal_tells_all_processes_of_a_command(after_s, plan, tmp_path):
    """The process that reads files hears of it too, and dies; it is not told as a faulty file."""
    run = subprocess.Popen(
        [sys.executable, "-m", "geo", "build", str(plan), "--out", str(tmp_path / "town")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "LANDREADY_LANG": "zh"},
        start_new_session=True,
    )
    time.sleep(after_s)
    os.killpg(run.pid, signal.SIGINT)
    _, error = run.communicate(timeout=60)
    assert (run.returncode, error) == (130, "已停止，没有留下写了一半的文件\n")
    assert gone(run.pid, within_s=10)
    assert list(tmp_path.iterdir()) == []
