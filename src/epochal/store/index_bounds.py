"""Keeps the index within its bounds: bytes and age, least recently used first."""

from __future__ import annotations

import contextlib
import os
import shutil
import time

from epochal.store.index import TEMPORARY

MAX_BYTES = 10 << 30
MAX_SHARE_OF_FREE = 0.1
MAX_AGE_SECS = 90 * 24 * 3600.0

#: A temporary file of this age belongs to a process that was killed.
STALE_SECS = 3600.0


def find_limit(folder: str, used: int) -> int:
    """How many bytes all indexes may take: 10 GB or a tenth of what would be free without them."""
    return min(MAX_BYTES, int((shutil.disk_usage(folder).free + used) * MAX_SHARE_OF_FREE))


def prune(folder: str) -> None:
    """Remove what is too old, what was left half written, and the least recently used of what is too much."""
    now = time.time()
    kept = []
    used = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    info = entry.stat(follow_symlinks=False)
                    is_temporary = entry.name.endswith(TEMPORARY)
                    if now - info.st_mtime > (STALE_SECS if is_temporary else MAX_AGE_SECS):
                        os.unlink(entry.path)
                    elif not is_temporary:
                        size = max(info.st_size, 512 * getattr(info, "st_blocks", 0))
                        kept.append((info.st_mtime, size, entry.path))
                        used += size
        limit = find_limit(folder, used)
    except OSError:
        return
    kept.sort()
    for _, size, path in kept:
        if used <= limit:
            break
        with contextlib.suppress(OSError):
            os.unlink(path)
            used -= size
