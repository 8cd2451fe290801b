"""Why a run's directory cannot be written to, in words that name what is in the way."""

from __future__ import annotations

import errno
import os

LASTING_ERRNOS = frozenset(
    (
        errno.ENOTDIR,
        errno.EEXIST,
        errno.ENAMETOOLONG,
        errno.EACCES,
        errno.EROFS,
        errno.ELOOP,
        errno.EINVAL,
    )
)
"""What says that a path is wrong, and not that a disk has trouble: waiting does not help, only somebody does."""


def name_obstacle(directory: str, error: OSError) -> OSError:
    """The error, or, where a file stands where `directory` or a parent of it should be, one that names that.

    os.makedirs says "File exists" of `directory`, or "Not a directory" of a path below the file.
    """
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        obstacle = _find_obstacle(directory)
        if obstacle is not None:
            return NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), obstacle)
    return error


def describe_refusal(directory: str, error: OSError) -> str:
    """A sentence: nothing can be written to `directory`, and why; `error` as `name_obstacle` returns it."""
    if error.errno == errno.ENOTDIR and error.filename is not None:
        link = os.path.islink(error.filename)
        kind = "a link that leads to no directory" if link else "a file, not a directory"
        reason = f"{'it' if error.filename == directory else error.filename} is {kind}"
    else:
        reason = error.strerror or str(error)
        if error.filename is not None and error.filename != directory:
            reason = f"{error.filename}: {reason}"
    return f"nothing can be written to {directory}: {reason}"


def _find_obstacle(directory: str) -> str | None:
    """The nearest of `directory` and its parents that is there, if that is no directory."""
    path = directory
    while not os.path.lexists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return None if os.path.isdir(path) else path
