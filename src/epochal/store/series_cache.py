"""The series that were asked for latest, with their lines and what was found out about them.

A chart asks for the same series again and again, and each answer needs the same lines: what was found out about a
line (its facts, its smoothed values) is kept with it. A series whose columns are views of its file's costs next to
nothing here; one that had to be sorted, or gathered from several files, counts with its bytes. A series takes the
place of the one with fewer points of the same files, and those of files that are gone leave at once: what a view
keeps alive counts nowhere.
"""

from __future__ import annotations

import atexit
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable

    from epochal.store.file_columns import FileColumns
    from epochal.store.points import BlobSeries, ScalarSeries
    from epochal.store.tags import TagFiles

DEFAULT_BYTES = 48 << 20

#: What a series costs that copies no column; it also keeps an index file mapped, of which there must be few.
OVERHEAD_BYTES = 4096


class SeriesCache:
    """The latest series, at most `max_bytes` of them. Thread-safe."""

    def __init__(self, max_bytes: int = DEFAULT_BYTES) -> None:
        self.max_bytes = max_bytes
        self._lock = threading.Lock()
        # The source is kept so that what its key says, by id, stays alive.
        self._entries: OrderedDict[Hashable, tuple[TagFiles, ScalarSeries | BlobSeries, int]] = OrderedDict()
        self._latest: dict[Hashable, Hashable] = {}  # by the columns that it is of, the key of the one kept
        self._bytes = 0

    def get(
        self, source: TagFiles, gather: Callable[[TagFiles], ScalarSeries | BlobSeries]
    ) -> ScalarSeries | BlobSeries:
        """The series of a source: the same object for the same points in the same order."""
        key = source.key
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
                return entry[1]
            before = _count_forgotten(source)
        series = gather(source)
        size = series.own_bytes + OVERHEAD_BYTES
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:  # another thread was faster; lines are to be one object
                return entry[1]
            if before is None or before != _count_forgotten(source):
                return series  # of what is to be forgotten: nobody would, later
            older = self._latest.get(source.place)
            if older is not None:
                self._drop(older)
            self._latest[source.place] = key
            self._entries[key] = (source, series, size)
            self._bytes += size
            while self._bytes > self.max_bytes and len(self._entries) > 1:
                self._drop(next(iter(self._entries)))
        return series

    def _drop(self, key: Hashable) -> None:
        source, _, size = self._entries.pop(key)
        del self._latest[source.place]
        self._bytes -= size

    def forget(self, columns: Collection[FileColumns], *, are_gone: bool = False) -> None:
        """Let go of all series that hold views of any of these columns; of what is gone, keep none from now on."""
        gone = {id(each) for each in columns}
        with self._lock:
            for each in columns:
                each.times_forgotten += 1
                each.is_gone = each.is_gone or are_gone
            for key, (source, _, _) in list(self._entries.items()):
                if any(id(part.columns) in gone for part in source.parts):
                    self._drop(key)

    def clear(self) -> None:
        """Let go of all."""
        with self._lock:
            self._entries.clear()
            self._latest.clear()
            self._bytes = 0


def _count_forgotten(source: TagFiles) -> int | None:
    """How often views of a source's columns were to be let go of; None if there are columns that are gone."""
    count = 0
    for part in source.parts:
        if part.columns.is_gone:
            return None
        count += part.columns.times_forgotten
    return count


cache = SeriesCache()
atexit.register(cache.clear)  # the core counts what is still alive when it ends, and complains
