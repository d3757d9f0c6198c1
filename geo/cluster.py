"""Patches of a large layer surveyed by many processes: a Dask cluster, or one on this machine."""

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from importlib.metadata import version
from itertools import islice
from time import monotonic
from typing import Any, Final, TypeVar

from geo.errors import ClusterError
from geo.findings import Place, finding
from geo.patches import Across

R = TypeVar("R")

LOCAL: Final = "local"
"""The address of a cluster that is started on this machine, and ends with the run."""

PATCHES_WAITING: Final = 2
"""Patches sent per worker: one to work on and one at hand. More would only fill memory."""

REACHED_S: Final = 20.0
"""How long a cluster may take to answer."""

ALONE_S: Final = 60.0
"""How long work waits for a worker when all are gone."""

ASKED_AGAIN: Final = 3
"""So many workers may die of one patch before it is taken to be the patch's fault."""

SAME: Final = ("landready", "shapely", "numpy", "pandas", "pyproj", "numba")
"""Packages whose versions must be those of this machine: other versions round in other ways."""


@contextmanager
def cluster(address: str, *, workers: int = 2, memory: int | str = "2GB") -> Iterator[Across[Any]]:
    """Who surveys patches on a cluster: :data:`LOCAL`, or the address of a Dask scheduler.

    A cluster on this machine has so many worker processes, each with so much memory at most; of one
    that runs already, both are as they are. Every patch is sent whole, so that workers need no
    file of ours; one that is lost with its worker is asked of another. Raises
    :class:`ClusterError` when Dask is not installed, nothing answers, there is no worker, or
    workers have other versions of :data:`SAME`.
    """
    try:
        # A second to load, and not always there; it has no types.
        distributed: Any = import_module("distributed")
    except ImportError:
        raise ClusterError(finding("cluster.not-installed", file=address)) from None
    with ExitStack() as stack:
        at = stack.enter_context(_started(workers, memory)) if address == LOCAL else address
        try:
            client = stack.enter_context(distributed.Client(at, timeout=REACHED_S))
            client.wait_for_workers(1, timeout=REACHED_S)
        except (OSError, TimeoutError, ValueError) as error:
            raise ClusterError(
                finding("cluster.unreachable", file=address, problem=error)
            ) from None
        check_versions(client, address)
        yield _across(client, address)


@contextmanager
def _started(workers: int, memory: int | str) -> Iterator[Any]:
    """A cluster of processes on this machine, which nobody else can reach."""
    distributed: Any = import_module("distributed")
    with distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        memory_limit=memory,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",  # None would listen to everybody
        env={"NUMBA_NUM_THREADS": "1"},  # the cores are shared out already
    ) as started:
        yield started


def _across(client: Any, address: str) -> Across[Any]:
    """Patches sent to the workers of a client, answers in the order of patches."""

    def work_on(
        work: Callable[..., R], patches: Iterable[tuple[Any, ...]], count: int
    ) -> Iterator[R]:
        left = iter(patches)
        sent: deque[Any] = deque()
        most = PATCHES_WAITING * max(1, len(client.scheduler_info()["workers"]))

        def send(some: int) -> None:
            with warnings.catch_warnings():  # that patches are large, and travel whole, is meant so
                warnings.filterwarnings("ignore", "Sending large graph")
                for patch in islice(left, some):
                    sent.append(client.submit(work, *patch, pure=False, retries=ASKED_AGAIN))

        send(min(most, count))
        while sent:
            yield answer_of(client, sent.popleft(), address)
            send(1)

    return work_on


def answer_of(client: Any, asked: Any, address: str) -> Any:
    """The answer to what was asked; raises :class:`ClusterError` where none will come."""
    distributed: Any = import_module("distributed")
    alone_since: float | None = None
    while not asked.done():
        try:
            distributed.wait(asked, timeout=1.0)
        except TimeoutError:  # nothing yet
            there = client.scheduler_info()["workers"]
            alone_since = None if there else alone_since or monotonic()
            if alone_since is not None and monotonic() - alone_since > ALONE_S:
                raise ClusterError(finding("cluster.alone", file=address)) from None
    try:
        return asked.result()
    except distributed.KilledWorker as error:
        raise ClusterError(finding("cluster.killed", file=address, problem=error)) from None


def versions() -> dict[str, str]:
    """The versions here of what figures follow from."""
    return {name: version(name) for name in SAME}


def check_versions(client: Any, address: str) -> None:
    """Raise :class:`ClusterError` when workers would round in another way."""
    ours = versions()
    try:
        told = client.run(versions)
    except Exception as error:  # whatever a worker without landready says
        raise ClusterError(finding("cluster.unfit", file=address, problem=error)) from None
    faults = []
    for worker, theirs in told.items():
        apart = [name for name in SAME if theirs[name] != ours[name]]
        if apart:
            other, needed = (
                ", ".join(f"{name} {side[name]}" for name in apart) for side in (theirs, ours)
            )
            words: Place = {"seen": worker, "other": other, "needed": needed}
            faults.append(finding("cluster.versions", file=address, **words))
    if faults:
        raise ClusterError(*faults)
