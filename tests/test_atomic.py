"""One file replaced at once: after an error, a full disk or a kill the old bytes are there."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from geo.readers.vector import read_vector
from geo.writers import atomic
from geo.writers.atomic import MARK, replacing, scratch, sweep

OLD = b"old " * 1000

posix = pytest.mark.xfail(sys.platform == "win32", reason="POSIX only")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "parcels.gpkg"
    path.write_bytes(OLD)
    return path


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def run(code: str, *arguments: object) -> subprocess.Popen[bytes]:
    """Another Python with some code and arguments."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)


def test_the_new_bytes_are_there_after_the_block_and_the_old_ones_within(old: Path) -> None:
    with replacing(old) as new:
        assert new.name == old.name
        new.write_bytes(b"new")
        assert old.read_bytes() == OLD
    assert old.read_bytes() == b"new"
    assert left(old.parent) == ["parcels.gpkg"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
def test_an_error_leaves_the_old_file_and_nothing_else(old: Path, error: type) -> None:
    with pytest.raises(error), replacing(old) as new:
        new.write_bytes(b"half")
        raise error
    assert old.read_bytes() == OLD
    assert left(old.parent) == ["parcels.gpkg"]


def test_a_block_that_writes_nothing_replaces_nothing(old: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(old):
        pass
    assert old.read_bytes() == OLD


def test_a_disk_that_fails_to_keep_the_file_leaves_the_old_one(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", no_space)
    with pytest.raises(OSError, match="No space"), replacing(old) as new:
        new.write_bytes(b"new")
    assert old.read_bytes() == OLD
    assert left(old.parent) == ["parcels.gpkg"]


# --- what stands at the place -----------------------------------------------------------------


@posix
def test_a_link_keeps_pointing_at_its_file(old: Path) -> None:
    link = old.with_name("link.gpkg")
    link.symlink_to(old.name)
    with replacing(link) as new:
        new.write_bytes(b"new")
    assert link.is_symlink()
    assert old.read_bytes() == b"new"


@posix
def test_a_link_to_nothing_makes_the_file_that_it_names(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("later")
    with replacing(link) as new:
        new.write_bytes(b"new")
    assert link.is_symlink()
    assert (tmp_path / "later").read_bytes() == b"new"


@posix
def test_a_circle_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match=r"circle|Symlink loop"), replacing(tmp_path / "a"):
        pass
    assert left(tmp_path) == ["a", "b"]


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "parcels.gpkg").mkdir()
    with pytest.raises(OSError, match="is a folder"), replacing(tmp_path / "parcels.gpkg"):
        pass


def test_a_write_protected_file_is_refused(old: Path) -> None:
    old.chmod(0o444)
    with pytest.raises(PermissionError, match="write-protected"), replacing(old):
        pass
    assert old.read_bytes() == OLD


@posix
def test_permissions_are_kept(old: Path) -> None:
    old.chmod(0o640)
    with replacing(old) as new:
        new.write_bytes(b"new")
    assert stat.S_IMODE(old.stat().st_mode) == 0o640


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "no" / "parcels.gpkg"):
        pass


@posix
def test_a_device_is_written_to_as_it_is() -> None:
    with replacing(Path("/dev/null")) as new:
        assert new == Path("/dev/null")
        new.write_bytes(b"new")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


# --- what others left, and what others are at ----------------------------------------------


@posix
def test_what_a_killed_writer_left_is_swept_by_the_next(old: Path) -> None:
    stray = old.with_name(f"{MARK}dead")
    stray.mkdir()
    (stray / "parcels.gpkg").write_bytes(b"half")
    with replacing(old) as new:
        assert not stray.exists()
        new.write_bytes(b"new")
    assert left(old.parent) == ["parcels.gpkg"]


@posix
def test_a_writer_at_work_keeps_its_folder(old: Path) -> None:
    with replacing(old) as first:
        first.write_bytes(b"first")
        with replacing(old) as second:  # sweeps before it writes
            second.write_bytes(b"second")
        assert first.exists()
        assert old.read_bytes() == b"second"
    assert old.read_bytes() == b"first"
    assert left(old.parent) == ["parcels.gpkg"]


@posix
def test_a_writer_of_another_process_keeps_its_folder(tmp_path: Path) -> None:
    other = run(
        """
        import sys
        from pathlib import Path
        from geo.writers.atomic import scratch
        with scratch(Path(sys.argv[1])) as folder:
            print(folder, flush=True)
            sys.stdin.read()
        """,
        tmp_path,
    )
    assert other.stdout is not None
    folder = Path(other.stdout.readline().decode().strip())
    sweep(tmp_path)
    assert folder.exists()
    other.kill()
    other.communicate()
    assert folder.exists()
    sweep(tmp_path)
    assert left(tmp_path) == []


@posix
def test_a_link_that_looks_like_ours_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (tmp_path / f"{MARK}link").symlink_to(kept)
    with scratch(tmp_path):
        pass
    assert left(tmp_path) == [f"{MARK}link", "kept"]


# --- a full disk and a kill -------------------------------------------------------------------

WRITE = """
    import sys
    from pathlib import Path
    import numpy as np, pyarrow as pa, shapely
    from pyproj import CRS
    from geo.readers import apart
    from geo.writers.layer import Layer
    from geo.writers.vector import write_layer

    target, rows, limit = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    apart.start()
    if limit:
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    west = 516000 + np.arange(rows)
    shapes = shapely.box(west, 2526000, west + 1, 2526100)
    cells = pa.table({"DKBH": [f"{number:06}" for number in range(rows)]})
    layer = Layer("parcels", cells, shapes, CRS("EPSG:4547"), "DKBH")
    print("writing", flush=True)
    write_layer(layer, target, overwrite=True)
    print("written", flush=True)
"""


@posix
@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet", ".shp.zip"])
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    """Files of more than 20 kB cannot be written; 2000 parcels need more in every format."""
    target = tmp_path / f"parcels{suffix}"
    done = run(WRITE, target, 3, 0)
    assert done.communicate()[0].split() == [b"writing", b"written"]
    before = target.read_bytes()
    full = run(WRITE, target, 2000, 20_000)
    said, why = full.communicate()
    assert said.split() == [b"writing"]
    assert b"write.failed" in why or b"write.differs" in why or b"layer." in why, why.decode()
    assert target.read_bytes() == before
    assert left(tmp_path) == [target.name]


@posix
@pytest.mark.parametrize("suffix", [".gpkg", ".shp.zip"])
def test_a_kill_at_any_moment_leaves_one_whole_file(tmp_path: Path, suffix: str) -> None:
    """Killed after 0, 1/5, 2/5 … of the time that the writing takes: never half a file."""
    target, many = tmp_path / f"parcels{suffix}", 10_000
    whole = {size: _written(target, size) for size in (many, 3)}
    killed = []
    for part in range(4):
        writer = run(WRITE, target, many, 0)
        assert writer.stdout is not None
        assert writer.stdout.readline().strip() == b"writing"
        time.sleep(part / 5 * whole[many])
        os.kill(writer.pid, signal.SIGKILL)
        killed.append(b"written" not in writer.communicate()[0])
        assert len(read_vector(target).frame) in (3, many)
        assert part or len(read_vector(target).frame) == 3
    assert killed.count(True) >= 2
    _written(target, 3)
    assert left(tmp_path) == [target.name]


def _written(target: Path, rows: int) -> float:
    """The seconds that one writing takes."""
    writer = run(WRITE, target, rows, 0)
    assert writer.stdout is not None
    assert writer.stdout.readline().strip() == b"writing"
    start = time.monotonic()
    assert writer.stdout.readline().strip() == b"written"
    took = time.monotonic() - start
    writer.communicate()
    return took
