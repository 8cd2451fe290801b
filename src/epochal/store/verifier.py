"""Checks, in the background, what loading takes on trust: the data of records above 64 KiB.

Loading reads only the head of such a record (docs/formats/event_files.md). Whoever uses its payload checks it
first (`store/blobs.py`); this thread checks the others while the loader has nothing to do. What fails is taken out
of its run and listed. Until then records count as unverified.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from epochal.errors import NotFoundError
from epochal.events.core import crc32c
from epochal.events.crc32c import mask_crc
from epochal.events.filesystem import open_readonly, pread
from epochal.events.records import FOOTER_BYTES, FRAME_BYTES, HEADER_BYTES, read_header
from epochal.events.reference_frames import HEAD_ONLY_ABOVE
from epochal.store.log_file import SETTLED_SECS
from epochal.store.verified import Visit, recall, remember

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from epochal.store.file_columns import FileColumns
    from epochal.store.file_state import FileState
    from epochal.store.index import IndexCache
    from epochal.store.log_file import LogFile

#: Bytes read at once, at most so many in a second, and not for more than this share of the time: a training that
#: reads from the same disk comes first.
SLICE_BYTES = 1 << 20
MAX_BYTES_PER_SEC = 64 << 20
MAX_SHARE = 0.2

#: When a record that fails is read again before it is called damaged. Of a file that is being written, several
#: times: network file systems show zeros for a while where another machine's data will be.
AGAIN_SECS = (1.0,)
AGAIN_SECS_LIVE = (1.0, 5.0, 30.0)

#: Less is checked again faster than it is worth a file that remembers it.
MIN_REMEMBERED_BYTES = 4 << 20

#: How often it is asked whether the loader is idle again, and how often told how many records are left.
LOOK_SECS, TELL_SECS = 0.05, 5.0

#: Everything else comes first.
NICENESS = 19

BAD_DATA = "The record's checksum does not match."


class Record(NamedTuple):
    """A record above 64 KiB, as it was found at loading."""

    offset: int
    size: int
    crc: int


class _Work:
    """What is known of one file's columns: all records begun before `until` were checked.

    `left` counts the others once they are counted. `points` is of how many blobs. `due` is monotonic.
    """

    __slots__ = ("bytes_checked", "columns", "due", "is_damaged", "left", "points", "retries", "until")

    def __init__(self, columns: FileColumns) -> None:
        self.columns = columns
        self.until = 0
        self.left = 0
        self.points = 0
        self.due = 0.0
        self.retries = 0
        self.bytes_checked = 0
        self.is_damaged = False


class Verifier:
    """One thread that checks the files offered to it, when `is_idle`; it ends when nothing is left.

    `on_damage(file, record_offset, record_bytes, message)` is called for a record that failed, `on_news` when
    `unverified` has changed, both from that thread.
    """

    def __init__(
        self,
        is_idle: Callable[[], bool],
        on_damage: Callable[[LogFile, int, int, str], object],
        on_news: Callable[[], object],
        cache: IndexCache | None = None,
    ) -> None:
        self._is_idle = is_idle
        self._on_damage = on_damage
        self._on_news = on_news
        self._cache = cache
        self._condition = threading.Condition()
        self._known: WeakKeyDictionary[LogFile, _Work] = WeakKeyDictionary()
        self._uncounted: dict[LogFile, _Work] = {}
        self._queue: dict[LogFile, _Work] = {}
        self._left = 0
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._was_offered = False
        self._told: tuple[int | None, float] = (None, float("-inf"))

    @property
    def unverified(self) -> int | None:
        """How many records are still to be checked; None as long as that is not known."""
        with self._condition:
            return self._count()

    def offer(self, files: Iterable[LogFile]) -> None:
        """Files that were loaded, before that is published."""
        wanted = [(file, points) for file in files if (points := _count_blobs(file.state))]
        with self._condition:
            self._was_offered = True
            for file, points in wanted:
                columns = file.columns
                work = self._known.get(file)
                if work is None or work.columns is not columns:
                    if work is not None:
                        self._remove(file, work)
                    work = self._known[file] = _Work(columns)
                if work.points != points:
                    work.points = points
                    self._remove(file, work)
                    self._uncounted[file] = work
            if (self._uncounted or self._queue) and not self._stopping:
                self._condition.notify_all()
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="epochal-verifier", daemon=True)
                    self._thread.start()

    def stop(self) -> None:
        """End; what was checked is remembered. Returns when the thread has ended, or after 2 s."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(2.0)

    # -- the thread --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        _lower_priority()
        while (item := self._next()) is not None:
            file, work = item
            try:
                if file in self._uncounted:
                    self._survey(file, work)
                else:
                    self._check(file, work)
            except Exception as error:
                if not isinstance(error, (OSError, NotFoundError)):  # those the loader notices, too
                    logging.getLogger(__name__).exception("checking %s failed", file.path)
                self._drop(file, work)
            self._tell()

    def _next(self) -> tuple[LogFile, _Work] | None:
        """What to do next, at first the counting; waits for it. None: nothing more."""
        with self._condition:
            while not self._stopping and (self._uncounted or self._queue):
                if not self._is_idle():
                    self._condition.wait(LOOK_SECS)
                    continue
                for item in self._uncounted.items():
                    return item
                now = time.monotonic()
                for item in self._queue.items():  # nearly always the first
                    if item[1].due <= now:
                        return item
                self._condition.wait(min(work.due for work in self._queue.values()) - now)
            self._thread = None
            return None

    def _survey(self, file: LogFile, work: _Work) -> None:
        """Count what is to be checked of a file."""
        state = file.state
        if state is None or state.columns is not work.columns:
            return self._drop(file, work)
        if not work.until and self._cache is not None:
            work.until = recall(self._cache, file)
        points = _count_blobs(state)
        left = len(list_large_records(state, work.until))
        with self._condition:
            if points >= work.points and self._known.get(file) is work:  # else it was offered again since
                work.points = points
                self._remove(file, work)
                if left:
                    work.left = left
                    self._left += left
                    self._queue[file] = work
        return None

    def _check(self, file: LogFile, work: _Work) -> None:
        """Check a file's records in order, until one fails, the loader has something to do, or all are done."""
        state = file.state
        if state is None or state.columns is not work.columns:
            return self._drop(file, work)
        fd = open_readonly(file.path)
        visit = Visit.begin(fd)
        try:
            for record in list_large_records(state, work.until):
                is_good = self._check_record(fd, record)
                if is_good is None or file.columns is not work.columns:
                    return None
                if not is_good and not self._give_up(file, work, record):
                    return None
                with self._condition:
                    work.until = record.offset + FRAME_BYTES + record.size
                    work.retries = 0
                    work.bytes_checked += record.size
                    if work.left:  # else it is to be counted again, because it has grown
                        work.left -= 1
                        self._left -= 1
                self._tell()
            with self._condition:
                if self._queue.get(file) is work:
                    self._remove(file, work)
            return None
        except _ReplacedError:
            return self._drop(file, work)
        finally:
            if self._cache is not None and not work.is_damaged and work.bytes_checked >= MIN_REMEMBERED_BYTES:
                remember(self._cache, file, visit, work.until)
                work.bytes_checked = 0
            os.close(fd)

    def _check_record(self, fd: int, record: Record) -> bool | None:
        """Whether a record's data are what its checksum says; None: broken off. _ReplacedError, OSError."""
        header = pread(fd, HEADER_BYTES, record.offset)
        if len(header) < HEADER_BYTES or read_header(header) != record.size:
            raise _ReplacedError
        start = record.offset + HEADER_BYTES
        crc = at = 0
        while at < record.size:
            if not self._wait_until_idle():
                return None
            began = time.monotonic()
            size = min(SLICE_BYTES, record.size - at)
            if record.size - at - size < 4:  # the last slice must not be shorter than the CRC that goes into it
                size = record.size - at
            data = pread(fd, size, start + at)
            if len(data) < size:
                raise _ReplacedError
            crc = _go_on(crc, data)
            at += size
            self._pause(size, time.monotonic() - began)
        stored = pread(fd, FOOTER_BYTES, start + record.size)
        if stored != record.crc.to_bytes(FOOTER_BYTES, "little"):
            raise _ReplacedError
        return mask_crc(crc) == record.crc

    def _give_up(self, file: LogFile, work: _Work, record: Record) -> bool:
        """Report a record that failed, unless it is to be read again."""
        is_live = time.time() - file.found.stat.modified < SETTLED_SECS
        again = AGAIN_SECS_LIVE if is_live else AGAIN_SECS
        if work.retries < len(again):
            work.due = time.monotonic() + again[work.retries]
            work.retries += 1
            return False
        work.is_damaged = True
        self._on_damage(file, record.offset, record.size, BAD_DATA)
        return True

    def _wait_until_idle(self) -> bool:
        """False: stop."""
        with self._condition:
            while not self._stopping and not self._is_idle():
                self._condition.wait(LOOK_SECS)
            return not self._stopping

    def _pause(self, size: int, took_secs: float) -> None:
        pause = max(size / MAX_BYTES_PER_SEC, took_secs / MAX_SHARE) - took_secs
        with self._condition:
            self._condition.wait_for(lambda: self._stopping, pause)

    def _drop(self, file: LogFile, work: _Work) -> None:
        """Not ours any more: the loader will offer it again if there is something new in it."""
        with self._condition:
            if self._known.get(file) is work:
                del self._known[file]
                self._remove(file, work)

    def _remove(self, file: LogFile, work: _Work) -> None:
        """From what is to be done, holding the condition."""
        self._uncounted.pop(file, None)
        if self._queue.pop(file, None) is not None:
            self._left -= work.left
            work.left = 0

    def _tell(self) -> None:
        now = time.monotonic()
        with self._condition:
            count = self._count()
            told, told_at = self._told
            if count == told or (count and told and now - told_at < TELL_SECS) or self._stopping:
                return
            self._told = count, now
        self._on_news()

    def _count(self) -> int | None:
        return self._left if self._was_offered and not self._uncounted else None


class _ReplacedError(Exception):
    """The file is another one by now."""


def list_large_records(state: FileState, start: int = 0) -> list[Record]:
    """A file's records above 64 KiB that hold something but scalars and begin at `start` or later, in file order.

    Records that were removed as damaged are left out. NotFoundError if the columns are nowhere any more.
    """
    found = []
    for index, meta in enumerate(state.table.metas):
        if meta.stem == "scalars" or not state.counts[index]:
            continue
        columns = state.part(index).blobs()
        offset, size, crc = columns[2], columns[3], columns[6]
        at = np.flatnonzero((size > HEAD_ONLY_ABOVE) & (offset >= start))
        found.append(np.array([offset[at], size[at], crc[at]], dtype=np.uint64))
    if not found:
        return []
    numbers = np.concatenate(found, axis=1)
    _, first = np.unique(numbers[0], return_index=True)  # several values may be in one record
    return [Record(*row) for row in numbers[:, first].T.tolist()]


def _count_blobs(state: FileState | None) -> int:
    if state is None:
        return 0
    return sum(state.counts[index] for index, meta in enumerate(state.table.metas) if meta.stem != "scalars")


def _go_on(crc: int, data: bytes) -> int:
    """The CRC-32C of what `crc` is the CRC of, with `data` (4 bytes at least) behind it.

    The register that `crc` left behind is added to the next 32 bits, so it can as well be added to the data.
    """
    if crc:
        data = (int.from_bytes(data[:4], "little") ^ crc).to_bytes(4, "little") + data[4:]
    return crc32c(data)


def _lower_priority() -> None:
    if sys.platform == "linux":  # elsewhere it would be that of the whole process
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
