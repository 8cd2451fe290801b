"""Directory entries that survive a power loss: a synced file is of no use if its name is lost."""

from __future__ import annotations

import errno
import os

# What says that this file system, or this user, cannot sync a directory; or that the directory has gone.
_NOT_POSSIBLE = frozenset(
    (
        errno.EINVAL,
        errno.ENOSYS,
        errno.EACCES,
        errno.EPERM,
        errno.EBADF,
        errno.EISDIR,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EROFS,
        getattr(errno, "ENOTSUP", errno.EINVAL),
        getattr(errno, "EOPNOTSUPP", errno.EINVAL),
    )
)


def make_directories(path: str) -> tuple[str, ...]:
    """Make `path` and what leads to it, as os.makedirs does; return the directories with new entries.

    These are the ones to sync after a file was made in `path`: itself, and the parent of each one made here.
    """
    touched = [path]
    while not os.path.isdir(touched[-1]):
        parent = os.path.dirname(touched[-1])
        if parent == touched[-1]:
            break
        touched.append(parent)
    os.makedirs(path, exist_ok=True)
    return tuple(touched)


def sync_directories(paths: tuple[str, ...]) -> None:
    """Wait until the disk has the entries of these directories, where that can be asked at all. OSError."""
    flags = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
    for path in paths:
        try:
            fd = os.open(path, flags)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
        except OSError as error:
            if error.errno not in _NOT_POSSIBLE:
                raise
