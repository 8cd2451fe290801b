"""Whether a folder lies on a file system where others can write without this machine being told."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

#: Types of network file systems. FUSE ones have "fuse." and a name; "fuseblk" is a local disk.
REMOTE_TYPES = frozenset(
    {
        "9p",
        "acfs",
        "afs",
        "afs3",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "fuse",
        "gfs2",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "orangefs",
        "panfs",
        "pvfs2",
        "smb2",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
    }
)

_OCTAL = re.compile(rb"\\([0-7]{3})")


class Mount(NamedTuple):
    """A mounted file system: where, and its type as the kernel names it."""

    point: str
    kind: str


def read_mounts(path: str = "/proc/self/mountinfo") -> list[Mount]:
    """All mounts in the order in which they were made; empty where the system has no such list."""
    try:
        with open(path, "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return []
    mounts = []
    for line in lines:  # id parent device root point options [optional …] - type source options
        before, separator, after = line.partition(b" - ")
        fields, kinds = before.split(), after.split()
        if separator and len(fields) >= 5 and kinds:
            point = _OCTAL.sub(lambda match: bytes([int(match[1], 8)]), fields[4])
            mounts.append(Mount(os.fsdecode(point), kinds[0].decode(errors="replace")))
    return mounts


def is_remote(folder: str, mounts: list[Mount]) -> bool:
    """Whether a folder, or a mount below it, is on a network or FUSE file system: those send no notification of
    what other machines write."""
    real = os.path.realpath(folder)
    here: Mount | None = None
    for mount in mounts:
        if _is_below(mount.point, real) and mount.point != real:
            if _is_remote_type(mount.kind):
                return True
        elif _is_below(real, mount.point) and (here is None or len(mount.point) >= len(here.point)):
            here = mount  # of those at one place the last hides the others
    return here is not None and _is_remote_type(here.kind)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _is_remote_type(kind: str) -> bool:
    return kind in REMOTE_TYPES or kind.startswith("fuse.")
