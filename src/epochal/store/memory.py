"""How much memory the reader takes: limits of its caches, and what it does when columns fill theirs."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import sys
from typing import TYPE_CHECKING, NamedTuple

from epochal.events.core import column_memory, set_column_memory
from epochal.store.series_cache import cache as series_cache

if TYPE_CHECKING:
    from collections.abc import Iterator

    from epochal.store.log_file import LogFile


class Limits(NamedTuple):
    """Bytes of anonymous memory: for the columns of decoders, for gathered series, for what is computed from them.

    Together they are the ceiling of all that may be thrown away and made anew; a server itself takes about 45 MB.
    """

    columns: int
    series: int
    computed: int


#: Without `--max-memory`. The budget in DESIGN.md section 5 holds with these; 44 MiB keep ten million smoothed
#: values.
DEFAULT_LIMITS = Limits(64 << 20, 48 << 20, 44 << 20)

_limits = DEFAULT_LIMITS
_spill_dir: str | None = None


def get_limits() -> Limits:
    """The limits of this process."""
    return _limits


def limit_memory(max_bytes: int | None) -> None:
    """Divide so many bytes among the caches of this process, as the default does; None: the default."""
    global _limits
    _limits = DEFAULT_LIMITS
    if max_bytes is not None:
        total = sum(DEFAULT_LIMITS)
        _limits = Limits(*(max_bytes * part // total for part in DEFAULT_LIMITS))
    series_cache.max_bytes = _limits.series
    set_column_memory(_limits.columns, _spill_dir)


def spill_to(folder: str) -> None:
    """Where columns beyond their limit go: unlinked files in the index's folder."""
    global _spill_dir
    if folder != _spill_dir:
        _spill_dir = folder
        set_column_memory(_limits.columns, folder)


#: So many decoders are kept after a load; each takes some kilobytes besides its columns, and small columns are not
#: counted.
MAX_DECODERS = 256

#: The share of the column limit from which on files that were read are parked at once.
PRESSED_SHARE = 0.5


class Relief:
    """Parks files in the index as soon as they are read, once what is read already fills the memory."""

    def __init__(self) -> None:
        self._kept = 0

    def give(self, file: LogFile) -> None:
        """Called for each file that was read to its end, by the thread that read it."""
        if file.columns.is_parked:
            return
        self._kept += 1
        if (self._kept > MAX_DECODERS or is_pressed()) and file.save(park=True):
            self._kept -= 1


def is_pressed() -> bool:
    """Whether columns take much of what they may take."""
    anonymous, spilled = column_memory()
    return spilled > 0 or anonymous > PRESSED_SHARE * _limits.columns


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Keep the garbage collector away while thousands of objects are made that all stay.

    Looking for garbage among them, again and again, would take a third of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


# glibc keeps what was freed: in an arena for each thread, and in heaps that it trims only at their very end. What
# ten thousand files leave behind when several threads load them is as much again as what is in use.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


def tune_allocator() -> None:
    """Have glibc give memory back; for a process of our own, before it has threads. Elsewhere nothing happens."""
    libc = _load_glibc()
    if libc is not None:
        libc.mallopt(_M_ARENA_MAX, 2)
        libc.mallopt(_M_TRIM_THRESHOLD, 4 << 20)
        libc.mallopt(_M_MMAP_THRESHOLD, 1 << 20)  # setting it keeps it from growing to 32 MiB


def trim_allocator() -> None:
    """Give back what the C library holds free. Takes some milliseconds."""
    libc = _load_glibc()
    if libc is not None:
        libc.malloc_trim(0)


@functools.cache  # each handle is a class of its own: garbage for the collector
def _load_glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    try:
        libc = ctypes.CDLL(None)
        libc.gnu_get_libc_version  # noqa: B018 - musl has no malloc_trim
    except (OSError, AttributeError):
        return None
    return libc
