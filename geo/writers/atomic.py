"""A file takes its place at once: written beside it, made durable, then renamed over it."""

import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

MARK: Final = ".landready-"
"""How the folders begin in which files are written before they take their place."""

_DAY_S: Final = 86_400


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path of the target's own name, for a file that replaces ``target`` when the block ends.

    Whoever opens ``target`` sees the old bytes or the new ones, also after a full disk, a kill or
    a power cut; when the block raises, the old file stands. A link keeps pointing at its file,
    the file keeps its permissions, and a device or pipe is written to as it is. Raises
    :class:`OSError`.
    """
    if target.exists() and not (target.is_file() or target.is_dir()):
        yield target
        return
    place = _settled(target)
    with scratch(place.parent) as folder:
        new = folder / place.name
        yield new
        if place.exists():
            shutil.copymode(place, new)
        durable(new)
        new.replace(place)
        durable(place.parent)


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A folder inside ``folder`` that is gone after the block, or after the next one if killed."""
    sweep(folder)
    new, lock = _locked_folder(folder)
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def sweep(folder: Path) -> None:
    """Remove what writers that were killed left in a folder; those at work keep theirs."""
    for stray in folder.glob(f"{MARK}*"):
        with suppress(OSError):
            if stray.is_symlink() or not stray.is_dir():
                continue
            lock = _lock(stray, wait=False)
            try:
                if lock is not None or time.time() - stray.stat().st_mtime > _DAY_S:
                    shutil.rmtree(stray, ignore_errors=True)
            finally:
                if lock is not None:
                    os.close(lock)


def durable(path: Path) -> None:
    """Return only when the file, or the folder's list of names, has reached the disk."""
    if sys.platform == "win32" and path.is_dir():
        return  # Windows cannot open folders, and keeps their order itself
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _settled(target: Path) -> Path:
    """Where the bytes will be: the end of a chain of links, and neither folder nor protected."""
    place = Path(os.path.realpath(target, strict=False))
    if place.is_symlink():
        raise OSError(f"the link {target.name} leads in a circle")
    if place.is_dir():
        raise IsADirectoryError(f"{target.name} is a folder")
    if place.exists() and not place.stat().st_mode & stat.S_IWUSR:
        raise PermissionError(f"{target.name} is write-protected")
    return place


def _locked_folder(parent: Path) -> tuple[Path, int | None]:
    """A new folder and our lock on it, which the system lets go of however we end."""
    while True:
        new = Path(tempfile.mkdtemp(prefix=MARK, dir=parent))
        with suppress(FileNotFoundError):
            lock = _lock(new, wait=True)
            if new.exists():
                return new, lock
            if lock is not None:
                os.close(lock)  # swept by another writer before we had locked it


def _lock(folder: Path, *, wait: bool) -> int | None:
    """A lock on a folder, unless another holds it or there are no locks here (Windows, shares)."""
    if sys.platform == "win32":
        return None
    import fcntl  # noqa: PLC0415  there is none on Windows

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(handle)
        return None
    return handle
