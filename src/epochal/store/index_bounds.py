"""Keeps the index within its bounds: bytes and age, least recently used first."""

from __future__ import annotations

import contextlib
import heapq
import os
import shutil
import time
from typing import TYPE_CHECKING

from epochal.store.index import TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 10 << 30
MAX_SHARE_OF_FREE = 0.1
MAX_AGE_SECS = 90 * 24 * 3600.0

#: A temporary file of this age belongs to a process that was killed.
STALE_SECS = 3600.0

#: So many of the least recently used files are noted at a time.
NOTED_FILES = 1024


def find_limit(folder: str, used: int) -> int:
    """How many bytes all indexes may take: 10 GB or a tenth of what would be free without them."""
    return min(MAX_BYTES, int((shutil.disk_usage(folder).free + used) * MAX_SHARE_OF_FREE))


def prune(folder: str) -> None:
    """Remove what is too old, what was left half written, and the least recently used of what is too much.

    A cache that is not too large is only summed up, and of one that is, a few are noted at a time: there may be a
    hundred thousand files, and a server that lists them all now and then never gives all of that memory back.
    """
    now = time.time()
    with contextlib.suppress(OSError):
        used = sum(size for _, size, _ in _list_kept(folder, now))
        limit = find_limit(folder, used)
        while used > limit:
            before = used
            for _, size, path in heapq.nsmallest(NOTED_FILES, _list_kept(folder, now)):
                if used <= limit:
                    break
                with contextlib.suppress(OSError):
                    os.unlink(path)
                    used -= size
            if used == before:
                break


def _list_kept(folder: str, now: float) -> Iterator[tuple[float, int, str]]:
    """(mtime, bytes on disk, path) of each file that is not to go by its age; removes those that are."""
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                info = entry.stat(follow_symlinks=False)
                is_temporary = entry.name.endswith(TEMPORARY)
                if now - info.st_mtime > (STALE_SECS if is_temporary else MAX_AGE_SECS):
                    os.unlink(entry.path)
                    continue
            except OSError:
                continue
            if not is_temporary:
                yield info.st_mtime, max(info.st_size, 512 * getattr(info, "st_blocks", 0)), entry.path
