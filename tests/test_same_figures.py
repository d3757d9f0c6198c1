"""The same figures from a file and from a server: the whole example, table by table."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

import geo
from geo.ledger.move import move
from geo.ledger.opening import open_ledger
from geo.status import status
from geo.tables import sheets
from tests.servers import Server

ROOT = Path(__file__).parents[1]
PLAN = ROOT / "layers" / "qingxi" / "plan.toml"
NO_FSYNC = "server.fsync"  # the server of the tests runs without, and says so


def test_the_example_built_from_postgis_is_the_example(postgres: Server, tmp_path: Path) -> None:
    address = postgres.address(postgres.database())
    with open_ledger(PLAN.with_name("readiness.db")) as ledger:
        head = move(ledger, address)
        assert head == ledger.head()

    plan = geo.read_plan(PLAN)
    in_file, in_base = geo.run(plan), geo.run(plan.with_ledger(address))
    ours, theirs = geo.summary(in_file), geo.summary(in_base)
    assert ours["ledger"] == theirs["ledger"]
    assert theirs["findings"].pop("warning") - ours["findings"].pop("warning") == 1
    assert [item.code for item in in_base.findings if item.code == NO_FSYNC] == [NO_FSYNC]
    assert ours == theirs
    for one, other in zip(sheets(in_file), sheets(in_base), strict=True):
        rows = other.frame
        if one.id == "findings":
            rows = rows[rows["code"] != NO_FSYNC].replace(address, "readiness.db")
        fields = [item.key for item in one.fields]
        pd.testing.assert_frame_equal(
            one.frame[fields].reset_index(drop=True),
            rows[fields].reset_index(drop=True),
            check_categorical=False,
        )
    told = [status(source).stages for source in (plan, plan.with_ledger(address))]
    pd.testing.assert_frame_equal(*told)

    command = [sys.executable, "-m", "geo", "build", str(PLAN), "--out", str(tmp_path / "map")]
    subprocess.run([*command, "--ledger", address], cwd=ROOT, check=True, capture_output=True)
    record = json.loads((tmp_path / "map" / "run.json").read_text("utf-8"))
    assert record["figures"]["area_mu"] == ours["area_mu"]
    assert record["figures"]["goals"] == ours["goals"]
    assert record["figures"]["blocks"] == ours["blocks"]
