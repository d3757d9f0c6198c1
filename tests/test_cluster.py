"""Patches on a cluster: the same figures, also when a worker dies of none of its fault."""

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from distributed import KilledWorker

import geo
from geo import cluster as clusters
from geo import survey
from geo.errors import ChecksError, ClusterError
from geo.findings import finding
from geo.patches import Across, locally
from geo.survey import surveyed
from tests.makers import placed, rectangle, row, write_plan
from tests.test_patches import assert_same, lots, rules

KILL = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows kills in another way")


@pytest.fixture(scope="module")
def here() -> Iterator[Across[Any]]:
    """A cluster of two processes on this machine."""
    with clusters.cluster("local", workers=2, memory="2GB") as across:
        yield across


@pytest.mark.parametrize("each", [7, 60])
def test_a_cluster_finds_what_one_process_finds(here: Across[Any], each: int) -> None:
    random = np.random.default_rng(each)
    parcels, asked = lots(random, 12, 10), rules(random, 12, 10)
    alone = surveyed(parcels, asked, locally, parcels_each=len(parcels))
    assert_same(alone, surveyed(parcels, asked, here, parcels_each=each))


@KILL
def test_a_worker_killed_in_the_middle_changes_nothing() -> None:
    random = np.random.default_rng(8)
    parcels, asked = lots(random, 12, 12), rules(random, 12, 12)
    alone = surveyed(parcels, asked, locally, parcels_each=len(parcels))
    killed: list[int] = []

    def across(
        work: Callable[..., Any], patches: Iterable[tuple[Any, ...]], count: int
    ) -> Iterator[Any]:
        for number, answer in enumerate(there(work, patches, count)):
            if number == 2:
                killed.append(_a_worker())
                os.kill(killed[0], signal.SIGKILL)
            yield answer

    with clusters.cluster("local", workers=2, memory="2GB") as there:
        assert_same(alone, surveyed(parcels, asked, across, parcels_each=12))
    assert killed
    assert not psutil.pid_exists(killed[0])


def _a_worker() -> int:
    """A process of the cluster that works on patches: it has a nanny for parent, and no child."""
    below = psutil.Process().children(recursive=True)
    workers = [item for item in below if "spawn_main" in " ".join(item.cmdline())]
    return max(workers, key=lambda item: item.cpu_times().user).pid


def test_a_whole_study_is_the_same_on_a_cluster(
    here: Across[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"P{number}" for number in range(13)]
    lots_ = placed(*row([40.0] * 12, gap=20.0), rectangle(10, 50, 90, 120), parcel_id=ids)
    plan = geo.read_plan(write_plan(tmp_path, lots_))
    alone = geo.run(plan)
    monkeypatch.setattr(survey.surveyed, "__kwdefaults__", {"parcels_each": 3})
    both = geo.run(plan, across=here)
    assert_same(alone.parcels, both.parcels)
    assert_same(alone.blocks, both.blocks)
    assert_same(alone.balance, both.balance)
    assert_same(alone.links, both.links)
    assert_same(alone.findings, both.findings)


def test_an_error_of_a_patch_comes_back_as_it_would_be_here(here: Across[Any]) -> None:
    random = np.random.default_rng(1)
    parcels = lots(random, 4, 4).iloc[np.repeat(3, 3000)].reset_index(drop=True)
    parcels["parcel_id"] = [f"P{number}" for number in range(3000)]
    parcels.loc[0, "geometry"] = lots(random, 4, 4).geometry.iat[0]
    with pytest.raises(ChecksError) as raised:
        surveyed(parcels, rules(random, 4, 4), here, parcels_each=2900)
    assert raised.value.findings[0].code == "layer.crowded"


def fault_of(address: str) -> Any:
    with pytest.raises(ClusterError) as raised, clusters.cluster(address):
        pass
    (fault,) = raised.value.findings
    return fault


def test_nobody_at_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "REACHED_S", 1.0)
    fault = fault_of("tcp://127.0.0.1:9")
    assert fault.code == "cluster.unreachable"
    assert fault.file == "tcp://127.0.0.1:9"
    assert "--cluster local" in str(fault)
    assert fault_of("nonsense://x").code == "cluster.unreachable"


def test_dask_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    fault = fault_of("local")
    assert fault.code == "cluster.not-installed"
    assert "landready[cluster]" in str(fault)


class Scheduler:
    """A client of a cluster whose workers are as a test wants them."""

    def __init__(self, told: Any) -> None:
        self.told = told

    def run(self, _: Callable[..., Any]) -> Any:
        if isinstance(self.told, Exception):
            raise self.told
        return self.told

    def scheduler_info(self) -> dict[str, Any]:
        return {"workers": {}}


def test_workers_with_another_version_are_refused() -> None:
    ours = clusters.versions()
    told = {"tcp://a": ours, "tcp://b": {**ours, "shapely": "2.0.0"}}
    with pytest.raises(ClusterError) as raised:
        clusters.check_versions(Scheduler(told), "tcp://s")
    (fault,) = raised.value.findings
    assert (fault.code, fault.file, fault.seen) == ("cluster.versions", "tcp://s", "tcp://b")
    assert "shapely 2.0.0" in str(fault)


def test_workers_without_landready_are_refused() -> None:
    with pytest.raises(ClusterError) as raised:
        clusters.check_versions(Scheduler(ImportError("No module named 'geo'")), "tcp://s")
    assert raised.value.findings[0].code == "cluster.unfit"


class Asked:
    """A patch that nobody works on, or that nobody survived."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def done(self) -> bool:
        return self.error is not None

    def result(self) -> Any:
        assert self.error is not None
        raise self.error


def test_work_does_not_wait_for_ever_for_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "ALONE_S", 0.0)
    monkeypatch.setattr("distributed.wait", _late)
    with pytest.raises(ClusterError) as raised:
        clusters.answer_of(Scheduler({}), Asked(), "tcp://s")
    assert raised.value.findings[0].code == "cluster.alone"


def _late(*_: Any, **__: Any) -> None:
    raise TimeoutError


def test_a_patch_that_kills_its_workers_is_given_up() -> None:
    class State:
        address = "tcp://w"

    with pytest.raises(ClusterError) as raised:
        clusters.answer_of(Scheduler({}), Asked(KilledWorker("t", State(), 3)), "tcp://s")
    assert raised.value.findings[0].code == "cluster.killed"
    assert "--worker-memory" in str(raised.value.findings[0])


def test_an_error_survives_the_way_to_another_process() -> None:
    error = ChecksError(finding("layer.crowded", file="f", row=3, seen=1, items=2))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is ChecksError
    assert str(again) == str(error)
    assert again.findings == error.findings
