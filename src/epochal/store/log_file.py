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
from epochal.store.logdir import make_file_stat
from epochal.store.names import text_of_path
from epochal.store.problems import Problem, describe_os_error
from epochal.store.tag_table import NO_TAGS, read_tag_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from epochal.store.logdir import FileStat, FoundFile

#: Bytes decoded between two looks at the clock; readers wait for a file's lock no longer than that takes.
SLICE_BYTES = 16 << 20

#: A file that was not written to for so long is no longer being written: what is wrong at its end is damage.
SETTLED_SECS = 30.0

#: A file that could not be read is tried again after so long.
RETRY_SECS, RETRY_AFTER_BUG_SECS = 1.0, 60.0

#: What identifies a file's beginning: its first record holds the time at which it was made.
HEAD_BYTES = 64


class LogFile:
    """An event file that is followed as it grows.

    Only one thread at a time loads it; any thread may read parts of its states. Its descriptor is open only
    while it is being read.
    """

    __slots__ = (
        "__weakref__",
        "_blob_problems",
        "_end_crc",
        "_error",
        "_head",
        "_is_pending",
        "_next_try",
        "_removed",
        "_stat",
        "bytes_done",
        "columns",
        "found",
        "loaded",
        "run",
        "state",
    )

    def __init__(self, run: str, found: FoundFile) -> None:
        self.run = run
        self.found = found
        self.loaded: FileStat | None = None
        self._stat = found.stat
        self.bytes_done = 0
        self.state: FileState | None = None
        self.columns = FileColumns()
        self._head = b""
        self._end_crc = b""
        self._removed: dict[int, Removal] = {}
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

    def _fail(self, error: Exception) -> None:
        if isinstance(error, OSError):
            self._error = self._problem(describe_os_error(error))
            self._next_try = time.monotonic() + RETRY_SECS
        else:
            self._error = self._problem(f"Epochal failed to read this file ({type(error).__name__}: {error})")
            self._next_try = time.monotonic() + RETRY_AFTER_BUG_SECS
        self.bytes_done = self.found.stat.size
        self._capture()

    def _read(self, fd: int, on_slice: Callable[[], bool] | None) -> None:
        stat = make_file_stat(os.fstat(fd))
        if self.loaded is not None and not self._is_same_file(fd, stat):
            self._start_over()
        decoder = self.columns.decoder
        last_look = time.monotonic()
        while True:
            before = decoder.offset
            with self.columns.lock:
                decoder.decode(fd, SLICE_BYTES)
            self.bytes_done = decoder.offset
            if decoder.offset - before < SLICE_BYTES:
                break
            if on_slice is not None and time.monotonic() - last_look > 0.1:
                self._capture()
                if not on_slice():
                    return
                last_look = time.monotonic()
        start = pread(fd, HEAD_BYTES, 0)
        self._head = start[: decoder.offset]
        self._end_crc = pread(fd, 4, max(0, decoder.last_record_end - 4))
        self._error = None
        self._stat = self.loaded = stat
        self.bytes_done = stat.size
        self._judge_tail(stat, start)
        self._capture()

    def _is_same_file(self, fd: int, stat: FileStat) -> bool:
        """Whether the bytes that were decoded are still there: same file, not shorter, same first and last."""
        assert self.loaded is not None
        if stat[:2] != self.loaded[:2] or stat.size < self.columns.decoder.offset:
            return False
        if pread(fd, len(self._head), 0) != self._head:
            return False
        end = max(0, self.columns.decoder.last_record_end - 4)
        return pread(fd, 4, end)[: len(self._end_crc)] == self._end_crc

    def _start_over(self) -> None:
        self.columns = FileColumns()
        self._head = self._end_crc = b""
        self._removed = {}
        self._blob_problems = ()

    def _judge_tail(self, stat: FileStat, start: bytes) -> None:
        """Bytes at the end that are no record: pending while the file may still be written, then damage."""
        self._is_pending = False
        if self.columns.decoder.tail_problem is None:
            return
        age = time.time() - stat.modified
        is_garbage = self.columns.decoder.offset == 0 and any(start)  # zeros: NFS shows them where data will be
        if age < SETTLED_SECS and not is_garbage:
            self._is_pending = True
            self._next_try = time.monotonic() + min(max(age, 1.0), SETTLED_SECS - age + 0.1)

    def _capture(self) -> None:
        """Take a new immutable state of what is decoded by now."""
        columns, decoder, old = self.columns, self.columns.decoder, self.state
        with columns.lock:
            counts = array("Q", decoder.point_counts())
            if old is not None and old.columns is columns and len(old.counts) == len(counts):
                table = old.table
            else:
                table = read_tag_table(decoder) if counts else NO_TAGS
            steps, wall_times, _ = decoder.session_starts()
            damage = list(decoder.problems())
            if not self._is_pending and decoder.tail_problem is not None:
                damage.append(decoder.tail_problem)
        problems = [self._problem(message, offset, lost) for offset, lost, message in damage]
        problems += self._blob_problems
        problems += list_gaps(self.run, self.relative_path, [table.metas[index] for index in table.marks])
        if self._error is not None:
            problems.append(self._error)
        self.state = FileState(
            self,
            columns,
            table,
            counts,
            self._removed,
            self._stat,
            decoder.first_wall_time,
            decoder.last_wall_time,
            tuple(zip(steps.tolist(), wall_times.tolist(), strict=True)) if len(steps) else (),
            tuple(problems),
        )

    def _problem(self, message: str, offset: int | None = None, lost: int | None = None) -> Problem:
        text = message[:1].upper() + message[1:]
        sentence = text if text.endswith(".") else f"{text}."
        return Problem(self.run, self.relative_path, offset, lost, None, sentence)

    def drop_record(self, record_offset: int, record_bytes: int, message: str) -> bool:
        """Take a record that proved damaged out of the state; False if there is no such record (any more).

        Only the thread that loads may call this.
        """
        removed = dict(self._removed)
        decoder = self.columns.decoder
        with self.columns.lock:
            for info in decoder.tags():
                known = removed.get(info.index, NOTHING_REMOVED)
                if info.is_scalar or record_offset in known.offsets:
                    continue
                points = int((decoder.blobs(info.index)[2] == record_offset).sum())
                if points:
                    removed[info.index] = Removal(known.offsets | {record_offset}, known.points + points)
        if removed == self._removed:
            return False
        self._removed = removed
        self._blob_problems += (self._problem(message, record_offset, record_bytes),)
        self._capture()
        return True
