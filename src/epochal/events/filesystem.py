"""Local files as the reader needs them: opened read-only, never blocking, read by position."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass

_READ_FLAGS = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"):
    _READ_FLAGS |= getattr(os, _name, 0)

_position_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A name in a directory. `is_dir` and `is_file` follow symbolic links; neither for FIFOs, devices, …"""

    name: str
    path: str
    is_dir: bool
    is_file: bool
    is_symlink: bool


def open_readonly(path: str | os.PathLike[str]) -> int:
    """Open a regular file for reading and return its descriptor; OSError for anything else.

    O_NONBLOCK, because opening a FIFO that nobody writes to would block for ever.
    """
    fd = os.open(path, _READ_FLAGS)
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return fd
    os.close(fd)
    raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))


def pread(fd: int, size: int, offset: int) -> bytes:
    """Read up to `size` bytes at `offset`; fewer only at the end of the file."""
    parts = []
    while size > 0:
        part = _pread_once(fd, min(size, 1 << 20), offset)
        if not part:
            break
        parts.append(part)
        size -= len(part)
        offset += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _pread_once(fd: int, size: int, offset: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(fd, size, offset)
    with _position_lock:  # Windows: the position is shared state
        os.lseek(fd, offset, os.SEEK_SET)
        return os.read(fd, size)


def list_directory(path: str | os.PathLike[str]) -> Iterator[FileEntry]:
    """The entries of a directory in no order; a broken link is neither a directory nor a file."""
    with os.scandir(path) as entries:
        for entry in entries:
            try:
                is_dir, is_file = entry.is_dir(), entry.is_file()
            except OSError:
                is_dir = is_file = False
            yield FileEntry(entry.name, entry.path, is_dir, is_file, entry.is_symlink())
