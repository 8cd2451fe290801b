"""One event file: its decoder, its state at the last load, and whether it is still the same file."""

from __future__ import annotations

import logging
import os
import time
from array import array
from typing import TYPE_CHECKING

from epochal.events.event_file import parse_event_file_name
from epochal.events.filesystem import open_readonly, pread
from epochal.store.file_columns import FileColumns
from epochal.store.file_state import NOTHING_REMOVED, FileState, Removal
from epochal.store.gaps import list_gaps
from epochal.store.index import RACY_SECS
from epochal.store.logdir import make_file_stat
from epochal.store.names import text_of_path
from epochal.store.problems import Problem, describe_os_error
from epochal.store.series_cache import cache as series_cache
from epochal.store.tag_table import NO_TAGS, find_tag_table, read_tag_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from epochal.events.core import EventDecoder, IndexFile
    from epochal.store.catalog import Entry
    from epochal.store.index import IndexCache
    from epochal.store.logdir import FileStat, FoundFile

#: Bytes decoded between two looks at the clock; readers wait for a file's lock no longer than that takes.
SLICE_BYTES = 16 << 20

#: A file that was not written to for so long is no longer being written: what is wrong at its end is damage.
SETTLED_SECS = 30.0

#: A file that could not be read is tried again after so long.
RETRY_SECS, RETRY_AFTER_BUG_SECS = 1.0, 60.0

#: Less than this is decoded faster than it is looked up.
MIN_INDEXED_BYTES = 16 << 10

#: By which share a file must have grown to be indexed again while it is being written.
MIN_GROWTH = 0.25

#: How fast indexes are written of files that grew by little, at most.
SAVED_BYTES_PER_SEC = 4 << 20

#: What identifies a file's beginning: its first record holds the time at which it was made.
HEAD_BYTES = 64


NONE_REMOVED: dict[int, Removal] = {}
NO_COUNTS: array[int] = array("Q")


def is_garbage(offset: int, start: bytes) -> bool:
    """Whether a file begins with bytes that are no record: damage for sure, though it may still be written.

    Zeros may yet become records; NFS shows them where data will be.

    `offset`: up to where there are whole records; `start`: the first HEAD_BYTES.
    """
    return offset == 0 and any(start)


class LogFile:
    """An event file that is followed as it grows.

    Only one thread at a time loads it; any thread may read parts of its states. Its descriptor is open only
    while it is being read.
    """

    __slots__ = (
        "__weakref__",
        "_blob_problems",
        "_damage",
        "_error",
        "_index_cache",
        "_is_pending",
        "_next_try",
        "_removed",
        "_stat",
        "bytes_done",
        "columns",
        "found",
        "loaded",
        "read_at",
        "run",
        "state",
    )

    def __init__(self, run: str, found: FoundFile, index_cache: IndexCache | None = None) -> None:
        self.run = run
        self.found = found
        self._index_cache = index_cache
        self.loaded: FileStat | None = None
        self._stat = found.stat
        self.bytes_done = 0
        self.state: FileState | None = None
        self.columns = FileColumns(found.path, index_cache)
        self.read_at = 0.0
        self._removed = NONE_REMOVED
        self._damage: tuple[Problem, ...] = ()
        self._blob_problems: tuple[Problem, ...] = ()
        self._error: Problem | None = None
        self._next_try = 0.0
        self._is_pending = False

    @property
    def path(self) -> str:
        return self.found.path

    @property
    def relative_path(self) -> str:
        """Its path below the logdir, as text."""
        name = text_of_path(self.found.name)
        return name if self.run == "." else f"{self.run}/{name}"

    @property
    def writer(self) -> tuple[int, int]:
        """The pid and the counter in its name, -1 for none: in which order processes made files."""
        name = parse_event_file_name(self.found.name)
        return (-1 if name.pid is None else name.pid, -1 if name.counter is None else name.counter)

    def wants_load(self, now: float) -> bool:
        """Whether there may be something new to read, by what the last scan found. `now` is monotonic."""
        if self._error is not None or (self._is_pending and now >= self._next_try):
            return now >= self._next_try
        return self.loaded != self.found.stat

    def load(self, on_slice: Callable[[], bool] | None = None) -> None:
        """Read what is new, or everything if it is another file now; then take a new `state`.

        Never raises for what the file holds or for the file system: that becomes a problem of the state.
        `on_slice` is called now and then while a big file is read; False stops reading.
        """
        if self.load_known():
            return
        try:
            fd = open_readonly(self.path)
        except OSError as error:
            self._fail(error)
            return
        try:
            self._read(fd, on_slice)
        except OSError as error:
            self._fail(error)
        except Exception as error:
            # A bug of ours that this file brings out must not keep the others from being shown.
            logging.getLogger(__name__).exception("reading %s failed", self.path)
            self._fail(error)
        finally:
            os.close(fd)

    def load_known(self) -> bool:
        """Load the file without opening it, if the index and the file system agree on every byte of it."""
        stat, cache = self.found.stat, self._index_cache
        if cache is None or self.loaded is not None or not self.columns.is_new:
            return False
        opened = cache.find(self.path, stat)
        if opened is None or not opened.meta.says_unchanged(stat):
            return False
        if opened.file.tail_problem is not None and time.time() - stat.modified < SETTLED_SECS:
            return False
        self.columns.adopt(opened.meta.key, opened.identity, stat)
        self._finish(stat, opened.meta.read_at, opened.file)
        return True

    def load_listed(self, entry: Entry) -> bool:
        """Load the file by what the logdir's list says of it, if the file system vouches for that."""
        stat = self.found.stat
        table = find_tag_table(entry.tags)
        if table is None or self.loaded is not None or not self.columns.is_new or not entry.says_unchanged(stat):
            return False
        counts = array("Q", entry.counts)
        if len(counts) != len(table.names):
            return False
        self.columns.adopt(entry.key, entry.identity, stat)
        self._stat = self.loaded = stat
        self.read_at = entry.read_at
        self.bytes_done = stat.size
        self.state = FileState(
            self,
            self.columns,
            table,
            counts,
            NONE_REMOVED,
            stat,
            entry.first_wall_time,
            entry.last_wall_time,
            (),
            (),
        )
        return True

    def _fail(self, error: Exception) -> None:
        if isinstance(error, OSError):
            self._error = self._problem(describe_os_error(error))
            self._next_try = time.monotonic() + RETRY_SECS
        else:
            self._error = self._problem(f"Epochal failed to read this file ({type(error).__name__}: {error})")
            self._next_try = time.monotonic() + RETRY_AFTER_BUG_SECS
        self.bytes_done = self.found.stat.size
        columns = self.columns
        self._capture(None if columns.is_new or columns.is_parked else columns.decoder)

    def _read(self, fd: int, on_slice: Callable[[], bool] | None) -> None:
        read_at = time.time()
        stat = make_file_stat(os.fstat(fd))
        if self.loaded is not None:
            if stat[:2] != self.loaded[:2] or not self.columns.identity.matches(fd, stat.size):
                self._start_over()
            elif self._was_touched(stat):
                if stat.mtime_ns != self.loaded.mtime_ns and abs(read_at - stat.modified) < RACY_SECS:
                    return  # more of it may just be arriving: the time changes before the size
                self._start_over()
        columns = self.columns
        opened = columns.open_parked() if self._index_cache is not None else None
        if opened is None and columns.is_new and self._index_cache is not None:
            opened = self._index_cache.find(self.path, stat)
            if opened is not None and (
                opened.meta.is_in_doubt(stat) or not opened.identity.matches(fd, stat.size)
            ):
                opened = None
            if opened is not None:
                columns.adopt(opened.meta.key, opened.identity, stat)
        if opened is not None and opened.file.offset == stat.size:
            self._finish(stat, read_at, opened.file)
            return
        start = b""
        columns.begin()
        try:
            if not self._decode(fd, on_slice):
                return
            start = pread(fd, HEAD_BYTES, 0)
        finally:
            columns.end(start)
        self._judge_tail(stat, start)
        self._finish(stat, read_at, columns.decoder)

    def _was_touched(self, stat: FileStat) -> bool:
        """Whether the file has other times and is not longer than what was read, all of which was whole: anything
        in it may be another."""
        offset = self.columns.identity.offset
        return self.loaded is not None and stat != self.loaded and stat.size == self.loaded.size == offset

    def _decode(self, fd: int, on_slice: Callable[[], bool] | None) -> bool:
        """Decode to the end; False if that was broken off."""
        columns = self.columns
        last_look = time.monotonic()
        while columns.decode(fd, SLICE_BYTES) >= SLICE_BYTES:
            self.bytes_done = columns.decoder.offset
            if on_slice is not None and time.monotonic() - last_look > 0.1:
                self._capture(columns.decoder)
                if not on_slice():
                    return False
                last_look = time.monotonic()
        return True

    def _finish(self, stat: FileStat, read_at: float, source: EventDecoder | IndexFile) -> None:
        """All was read."""
        self._error = None
        self._stat = self.loaded = stat
        self.read_at = read_at
        self.bytes_done = stat.size
        self._capture(source)

    def _start_over(self) -> None:
        self.columns.hold()
        series_cache.forget([self.columns], are_gone=True)
        self.columns = FileColumns(self.path, self._index_cache)
        self._removed = NONE_REMOVED
        self._damage = self._blob_problems = ()

    def _judge_tail(self, stat: FileStat, start: bytes) -> None:
        """Bytes at the end that are no record: pending while the file may still be written, then damage."""
        self._is_pending = False
        decoder = self.columns.decoder
        if decoder.tail_problem is None:
            return
        age = time.time() - stat.modified
        if age < SETTLED_SECS and not is_garbage(decoder.offset, start):
            self._is_pending = True
            self._next_try = time.monotonic() + min(max(age, 1.0), SETTLED_SECS - age + 0.1)

    def _capture(self, source: EventDecoder | IndexFile | None) -> None:
        """Take a new immutable state of what is decoded by now; None: nothing was, but something else changed."""
        columns = self.columns
        old = self.state if self.state is not None and self.state.columns is columns else None
        if source is None:
            counts, table = (old.counts, old.table) if old is not None else (NO_COUNTS, NO_TAGS)
            times = (old.first_wall_time, old.last_wall_time) if old is not None else (None, None)
            markers = old.markers if old is not None else ()
        else:
            with columns.lock:
                counts = array("Q", source.point_counts())
                if old is not None and len(old.counts) == len(counts):
                    table = old.table
                else:
                    table = read_tag_table(source) if counts else NO_TAGS
                steps, wall_times, _ = source.session_starts()
                damage = source.problems()
                if not self._is_pending and source.tail_problem is not None:
                    damage = [*damage, source.tail_problem]
                times = (source.first_wall_time, source.last_wall_time)
            markers = tuple(zip(steps.tolist(), wall_times.tolist(), strict=True)) if len(steps) else ()
            self._damage = tuple(self._problem(message, offset, lost) for offset, lost, message in damage)
        problems = self._damage + self._blob_problems
        if table.marks:
            problems += tuple(list_gaps(self.run, self.relative_path, [table.metas[i] for i in table.marks]))
        if self._error is not None:
            problems += (self._error,)
        self.state = FileState(
            self, columns, table, counts, self._removed, self._stat, times[0], times[1], markers, problems
        )

    def _problem(self, message: str, offset: int | None = None, lost: int | None = None) -> Problem:
        text = message[:1].upper() + message[1:]
        sentence = text if text.endswith(".") else f"{text}."
        return Problem(self.run, self.relative_path, offset, lost, None, sentence)

    def drop_record(self, record_offset: int, record_bytes: int, message: str) -> bool:
        """Take a record that proved damaged out of the state; False if there is no such record (any more).

        Only the thread that loads may call this.
        """
        state, removed = self.state, dict(self._removed)
        if state is None:
            return False
        for index, meta in enumerate(state.table.metas):
            known = removed.get(index, NOTHING_REMOVED)
            if meta.stem == "scalars" or record_offset in known.offsets:
                continue
            points = int((self.columns.blobs(index)[2][: state.counts[index]] == record_offset).sum())
            if points:
                removed[index] = Removal(known.offsets | {record_offset}, known.points + points)
        if removed == self._removed:
            return False
        self._removed = removed
        self._blob_problems += (self._problem(message, record_offset, record_bytes),)
        self._capture(None)
        return True

    # -- for whoever writes indexes ----------------------------------------------------------------------------

    def save_age_secs(self) -> float | None:
        """For how long the file must not have been written to before its index is; None: there is nothing to do.

        A file that still grows is indexed again when it has grown by a quarter, so that all its indexes together
        cost no more than a few times its size; a large index waits longer for the last few points.
        """
        columns = self.columns
        if self.loaded is None or self._error is not None or columns.is_new or columns.is_parked:
            return None
        size = self._stat.size
        if not columns.indexed_bytes:
            return 0.0 if size >= MIN_INDEXED_BYTES else None
        if columns.indexed_bytes == columns.identity.offset:
            return SETTLED_SECS  # only to be parked
        if size >= columns.indexed_bytes * (1 + MIN_GROWTH):
            return 0.0
        return SETTLED_SECS + columns.indexed_bytes / SAVED_BYTES_PER_SEC

    def save(self, *, park: bool) -> bool:
        """Write the index, if there is anything new, and park the columns if asked to; False if that failed."""
        state, stat = self.state, self.loaded
        if state is None or stat is None or state.columns is not self.columns:
            return False
        span = state.span if state.points else None
        return state.columns.save(stat, self.read_at, span) and (not park or state.columns.park())
