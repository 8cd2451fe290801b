"""One event file: its decoder, its state at the last load, and whether it is still the same file."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from epochal.events.core import EventDecoder
from epochal.events.event_file import parse_event_file_name
from epochal.events.filesystem import open_readonly, pread
from epochal.store.names import text_of_path
from epochal.store.problems import Problem, describe_os_error
from epochal.store.series import FileSpan
from epochal.store.tags import TagMeta, make_tag_meta, make_tag_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from epochal.store.logdir import FoundFile

#: Bytes decoded between two looks at the clock; readers wait for a file's lock no longer than that takes.
SLICE_BYTES = 16 << 20

#: A file that was not written to for so long is no longer being written: what is wrong at its end is damage.
SETTLED_SECS = 30.0

#: What identifies a file's beginning: its first record holds the time at which it was made.
HEAD_BYTES = 64

Signature = tuple[int, int, int, int, int]


def make_signature(info: os.stat_result) -> Signature:
    """What changes whenever a file's content may have: device, inode, size, mtime and ctime in nanoseconds.

    ctime also tells of a rewrite that kept size and mtime, as `rsync --inplace -t` does.
    """
    return (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)


class TagPart:
    """One file's points of a tag, as many as there were at one load. Attributes are not to be assigned."""

    __slots__ = ("_decoder", "_index", "_raw_points", "_removed", "file", "meta", "name", "points")

    def __init__(
        self,
        file: LogFile,
        decoder: EventDecoder,
        index: int,
        name: str,
        meta: TagMeta,
        raw_points: int,
        removed: Removal,
    ) -> None:
        self.file = file
        self._decoder = decoder
        self._index = index
        self.name = name
        self.meta = meta
        self._raw_points = raw_points
        self._removed = removed
        self.points = raw_points - removed.points

    def is_of(self, decoder: EventDecoder) -> bool:
        return self._decoder is decoder

    def is_same(self, raw_points: int, removed: Removal) -> bool:
        return self._raw_points == raw_points and self._removed == removed

    def grown(self, raw_points: int, removed: Removal) -> TagPart:
        """The same part at a later load."""
        return TagPart(self.file, self._decoder, self._index, self.name, self.meta, raw_points, removed)

    def scalars(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """step, wall_time, value in write order; views."""
        with self.file.lock:
            step, wall_time, value = self._decoder.scalars(self._index)
        count = self._raw_points
        return step[:count], wall_time[:count], value[:count]

    def blobs(self) -> tuple[NDArray[np.generic], ...]:
        """The columns of `EventDecoder.blobs` in write order, without records that proved damaged."""
        with self.file.lock:
            columns = self._decoder.blobs(self._index)
        cut = tuple(column[: self._raw_points] for column in columns)
        if not self._removed.points:
            return cut
        keep = ~np.isin(cut[2], np.fromiter(self._removed.offsets, dtype=np.uint64))
        return tuple(column[keep] for column in cut)

    def span(self) -> tuple[float, float]:
        """The first and last finite wall_time in write order; NaN without any."""
        wall_time = (self.scalars() if self.meta.stem == "scalars" else self.blobs())[1]
        if len(wall_time) and not (np.isfinite(wall_time[0]) and np.isfinite(wall_time[-1])):
            wall_time = wall_time[np.isfinite(wall_time)]  # type: ignore[arg-type]
        return (float(wall_time[0]), float(wall_time[-1])) if len(wall_time) else (float("nan"),) * 2  # type: ignore[arg-type]


class Removal(NamedTuple):
    """Records of a tag that proved damaged when they were read, by offset, and how many points they held."""

    offsets: frozenset[int] = frozenset()
    points: int = 0


_NOTHING = Removal()


class FileState:
    """A file as of one load; immutable. `markers` are (step, wall_time) of its purge markers.

    `modified` is in seconds since the epoch, `order` the file's sort key within its run.
    """

    __slots__ = (
        "_span",
        "file",
        "first_wall_time",
        "last_wall_time",
        "markers",
        "modified",
        "order",
        "parts",
        "problems",
        "size",
    )

    def __init__(
        self,
        file: LogFile,
        parts: tuple[TagPart, ...],
        info: os.stat_result,
        first_wall_time: float | None,
        last_wall_time: float | None,
        markers: tuple[tuple[int, float], ...],
        problems: tuple[Problem, ...],
        order: tuple[float, int, int, str],
    ) -> None:
        self.file = file
        self.parts = parts
        self.size = info.st_size
        self.modified = info.st_mtime
        self.first_wall_time = first_wall_time
        self.last_wall_time = last_wall_time
        self.markers = markers
        self.problems = problems
        self.order = order
        self._span: FileSpan | None = None

    @property
    def span(self) -> FileSpan:
        """When the file's points were logged; of a file without points, its events."""
        if self._span is None:
            self._span = self._find_span()
        return self._span

    def _find_span(self) -> FileSpan:
        firsts, lasts = [], []
        for part in self.parts:
            first, last = part.span()
            if first == first:  # noqa: PLR0124 - NaN
                firsts.append(min(first, last))
                lasts.append(max(first, last))
        if firsts:
            return FileSpan(min(firsts), max(lasts))
        if self.first_wall_time is None or self.last_wall_time is None:
            return FileSpan(float("nan"), float("nan"))
        return FileSpan(self.first_wall_time, max(self.first_wall_time, self.last_wall_time))


class LogFile:
    """An event file that is followed as it grows.

    Only one thread at a time loads it; any thread may read parts of its states. Its descriptor is open only
    while it is being read.
    """

    def __init__(self, run: str, found: FoundFile) -> None:
        self.run = run
        self.path = found.path
        self.relative_path = f"{run}/{text_of_path(found.name)}" if run != "." else text_of_path(found.name)
        self.lock = threading.Lock()
        self.found = found
        self.loaded: Signature | None = None
        self._info = found.stat
        self.bytes_done = 0
        self.state: FileState | None = None
        self._name = parse_event_file_name(found.name)
        self._decoder = EventDecoder()
        self._head = b""
        self._end_crc = b""
        self._removed: dict[int, Removal] = {}
        self._blob_problems: list[Problem] = []
        self._error: Problem | None = None
        self._next_try = 0.0
        self._is_pending = False

    def wants_load(self, now: float) -> bool:
        """Whether there may be something new to read, by what the last scan found. `now` is monotonic."""
        if self._error is not None or self._is_pending and now >= self._next_try:
            return now >= self._next_try
        return self.loaded != make_signature(self.found.stat)

    def load(self, on_slice: Callable[[], None] | None = None) -> None:
        """Read what is new, or everything if it is another file now; then take a new `state`.

        Never raises for what the file holds or for the file system: that becomes a problem of the state.
        `on_slice` is called between slices of a big file.
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
        finally:
            os.close(fd)

    def _fail(self, error: OSError) -> None:
        self._error = self._problem(describe_os_error(error))
        self._next_try = time.monotonic() + 1.0
        self.bytes_done = self.found.stat.st_size
        self._capture()

    def _read(self, fd: int, on_slice: Callable[[], None] | None) -> None:
        info = os.fstat(fd)
        if self.loaded is not None and not self._is_same_file(fd, info):
            self._start_over()
        decoder = self._decoder
        last_look = time.monotonic()
        while True:
            before = decoder.offset
            with self.lock:
                decoder.decode(fd, SLICE_BYTES)
            self.bytes_done = decoder.offset
            if decoder.offset - before < SLICE_BYTES:
                break
            if on_slice is not None and time.monotonic() - last_look > 0.1:
                self._capture()
                on_slice()
                last_look = time.monotonic()
        start = pread(fd, HEAD_BYTES, 0)
        self._head = start[: decoder.offset]
        self._end_crc = pread(fd, 4, max(0, decoder.last_record_end - 4))
        self._error = None
        self._info = info
        self.loaded = make_signature(info)
        self.bytes_done = info.st_size
        self._judge_tail(info, start)
        self._capture()

    def _is_same_file(self, fd: int, info: os.stat_result) -> bool:
        """Whether the bytes that were decoded are still there: same file, not shorter, same first and last."""
        assert self.loaded is not None
        if (info.st_dev, info.st_ino) != self.loaded[:2] or info.st_size < self._decoder.offset:
            return False
        if pread(fd, len(self._head), 0) != self._head:
            return False
        end = max(0, self._decoder.last_record_end - 4)
        return pread(fd, 4, end)[: len(self._end_crc)] == self._end_crc

    def _start_over(self) -> None:
        with self.lock:
            self._decoder = EventDecoder()
        self._head = self._end_crc = b""
        self._removed = {}
        self._blob_problems = []

    def _judge_tail(self, info: os.stat_result, start: bytes) -> None:
        """Bytes at the end that are no record: pending while the file may still be written, then damage."""
        self._is_pending = False
        if self._decoder.tail_problem is None:
            return
        age = time.time() - info.st_mtime
        is_garbage = self._decoder.offset == 0 and any(start)  # zeros: NFS shows them where data will be
        if age < SETTLED_SECS and not is_garbage:
            self._is_pending = True
            self._next_try = time.monotonic() + min(max(age, 1.0), SETTLED_SECS - age + 0.1)

    def _capture(self) -> None:
        """Take a new immutable state of what is decoded by now."""
        decoder = self._decoder
        old = self.state.parts if self.state is not None else ()
        if old and not old[0].is_of(decoder):
            old = ()  # another file has taken this one's place
        with self.lock:
            counts = decoder.point_counts()
            infos = decoder.tags() if len(counts) != len(old) else None
            steps, wall_times, _ = decoder.session_starts()
            damage = list(decoder.problems())
            if not self._is_pending and decoder.tail_problem is not None:
                damage.append(decoder.tail_problem)
        parts = []
        for index, count in enumerate(counts):
            removed = self._removed.get(index, _NOTHING)
            if index < len(old):
                part = old[index]
                parts.append(part if part.is_same(count, removed) else part.grown(count, removed))
            else:
                assert infos is not None
                info = infos[index]
                meta = make_tag_meta(
                    info.kind,
                    info.plugin_name,
                    info.plugin_content,
                    info.display_name,
                    info.description,
                    info.data_class,
                    info.is_scalar,
                )
                name = make_tag_name(info.tag, info.kind)
                parts.append(TagPart(self, decoder, index, name, meta, count, removed))
        problems = [self._problem(message, offset, lost) for offset, lost, message in damage]
        problems += self._blob_problems
        if self._error is not None:
            problems.append(self._error)
        first = decoder.first_wall_time
        self.state = FileState(
            self,
            tuple(parts),
            self._info,
            first,
            decoder.last_wall_time,
            tuple(zip(steps.tolist(), wall_times.tolist())) if len(steps) else (),
            tuple(problems),
            (
                first if first is not None else float("inf"),
                self._name.pid if self._name.pid is not None else -1,
                self._name.counter if self._name.counter is not None else -1,
                self.path,
            ),
        )

    def _problem(self, message: str, offset: int | None = None, lost: int | None = None) -> Problem:
        text = message[:1].upper() + message[1:]
        return Problem(self.run, self.relative_path, offset, lost, None, text if text.endswith(".") else f"{text}.")

    def drop_record(self, record_offset: int, record_bytes: int, message: str) -> bool:
        """Take a record that proved damaged out of the state; False if there is no such record (any more).

        Only the thread that loads may call this.
        """
        found = False
        with self.lock:
            for info in self._decoder.tags():
                known = self._removed.get(info.index, _NOTHING)
                if info.is_scalar or record_offset in known.offsets:
                    continue
                points = int((self._decoder.blobs(info.index)[2] == record_offset).sum())
                if points:
                    found = True
                    self._removed[info.index] = Removal(known.offsets | {record_offset}, known.points + points)
        if found:
            self._blob_problems.append(self._problem(message, record_offset, record_bytes))
            self._capture()
        return found
