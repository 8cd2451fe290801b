"""What one load of an event file found: its tags' points as counts and views, markers, problems. Immutable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from epochal.store.series import FileSpan

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from epochal.events.core import EventDecoder
    from epochal.store.log_file import LogFile
    from epochal.store.logdir import FileStat
    from epochal.store.problems import Problem
    from epochal.store.tags import TagMeta


class Removal(NamedTuple):
    """Records of a tag that proved damaged when they were read, by offset, and how many points they held."""

    offsets: frozenset[int] = frozenset()
    points: int = 0


NOTHING_REMOVED = Removal()


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

    def blobs(self) -> tuple[NDArray[Any], ...]:
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
            wall_time = wall_time[np.isfinite(wall_time)]
        return (float(wall_time[0]), float(wall_time[-1])) if len(wall_time) else (float("nan"),) * 2


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
        stat: FileStat,
        first_wall_time: float | None,
        last_wall_time: float | None,
        markers: tuple[tuple[int, float], ...],
        problems: tuple[Problem, ...],
        order: tuple[float, int, int, str],
    ) -> None:
        self.file = file
        self.parts = parts
        self.size = stat.size
        self.modified = stat.modified
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
            if first == first:  # not NaN
                firsts.append(min(first, last))
                lasts.append(max(first, last))
        if firsts:
            return FileSpan(min(firsts), max(lasts))
        if self.first_wall_time is None or self.last_wall_time is None:
            return FileSpan(float("nan"), float("nan"))
        return FileSpan(self.first_wall_time, max(self.first_wall_time, self.last_wall_time))
