"""Whether a folder lies on a network share, where a write-ahead log cannot be trusted."""

import sys
from pathlib import Path
from typing import Final

import psutil

_SHARES: Final = (
    "nfs", "cifs", "smb", "9p", "afs", "afpfs", "ncpfs", "webdav", "davfs", "ceph", "gluster",
    "lustre", "beegfs", "gpfs", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.davfs",
    "fuse.gvfsd", "fuse.smb", "fuse.gluster", "fuse.ceph", "drvfs", "vboxsf", "vmhgfs",
    "fuse.vmhgfs", "prl_fs",
)  # fmt: skip
"""What the kinds of file systems begin with that several machines can have open at once: their
locks are hearsay, and the shared memory of a log ends at the machine."""


def share(path: Path) -> str:
    """The kind of the network share that a path lies on; empty for a local disk."""
    place = path.resolve()
    if sys.platform == "win32" and place.drive.startswith("\\\\"):
        return "UNC"
    mounts = {Path(item.mountpoint): item for item in psutil.disk_partitions(all=True)}
    for folder in place.parents:
        if folder in mounts:
            return _kind(mounts[folder].fstype, mounts[folder].opts)
    return ""


def _kind(fstype: str, options: str) -> str:
    """The kind if it is one of a share; Windows tells it as an option of the drive."""
    if fstype.lower().startswith(_SHARES):
        return fstype
    return "remote" if sys.platform == "win32" and "remote" in options.split(",") else ""
