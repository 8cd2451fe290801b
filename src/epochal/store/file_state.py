"""What one load of an event file found: how many points each tag has, markers, problems. Immutable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from epochal.store.series import FileSpan

if TYPE_CHECKING:
    from array import array
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from epochal.store.file_columns import FileColumns
    from epochal.store.log_file import LogFile
    from epochal.store.logdir import FileStat
    from epochal.store.problems import Problem
    from epochal.store.tag_table import TagTable
    from epochal.store.tags import TagMeta


class Removal(NamedTuple):
    """Records of a tag that proved damaged when they were read, by offset, and how many points they held."""

    offsets: frozenset[int] = frozenset()
    points: int = 0


NOTHING_REMOVED = Removal()


class TagPart:
    """One file's points of a tag, as many as there were at one load. Attributes are not to be assigned."""

    __slots__ = ("columns", "file", "index", "meta", "name", "points", "raw_points", "removed")

    def __init__(
        self,
        file: LogFile,
        columns: FileColumns,
        index: int,
        name: str,
        meta: TagMeta,
        raw_points: int,
        removed: Removal,
    ) -> None:
        self.file = file
        self.columns = columns
        self.index = index
        self.name = name
        self.meta = meta
        self.raw_points = raw_points
        self.removed = removed
        self.points = raw_points - removed.points

    def scalars(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """step, wall_time, value in write order; views."""
        step, wall_time, value = self.columns.scalars(self.index)
        count = self.raw_points
        return step[:count], wall_time[:count], value[:count]

    def blobs(self) -> tuple[NDArray[Any], ...]:
        """The columns of `EventDecoder.blobs` in write order, without records that proved damaged."""
        columns = self.columns.blobs(self.index)
        cut = tuple(column[: self.raw_points] for column in columns)
        if not self.removed.points:
            return cut
        keep = ~np.isin(cut[2], np.fromiter(self.removed.offsets, dtype=np.uint64))
        return tuple(column[keep] for column in cut)

    def span(self) -> tuple[float, float]:
        """The first and last finite wall_time in write order; NaN without any."""
        wall_time = self.columns.wall_time(self.index, self.meta.stem == "scalars")[: self.raw_points]
        if len(wall_time) and not (np.isfinite(wall_time[0]) and np.isfinite(wall_time[-1])):
            wall_time = wall_time[np.isfinite(wall_time)]
        return (float(wall_time[0]), float(wall_time[-1])) if len(wall_time) else (float("nan"),) * 2


class FileState:
    """A file as of one load; immutable. There may be very many of them, so they are small.

    `counts` has the points of each tag of `table`, those of `removed` records still among them. `markers` are
    (step, wall_time) of its purge markers. `order` is the file's sort key within its run.
    """

    __slots__ = (
        "_span",
        "columns",
        "counts",
        "file",
        "first_wall_time",
        "last_wall_time",
        "markers",
        "points",
        "problems",
        "removed",
        "stat",
        "table",
    )

    def __init__(
        self,
        file: LogFile,
        columns: FileColumns,
        table: TagTable,
        counts: array[int],
        removed: Mapping[int, Removal],
        stat: FileStat,
        first_wall_time: float | None,
        last_wall_time: float | None,
        markers: tuple[tuple[int, float], ...],
        problems: tuple[Problem, ...],
    ) -> None:
        self.file = file
        self.columns = columns
        self.table = table
        self.counts = counts
        self.removed = removed
        self.stat = stat
        self.first_wall_time = first_wall_time
        self.last_wall_time = last_wall_time
        self.markers = markers
        self.problems = problems
        #: Of all tags that are shown.
        self.points = sum(counts) - sum(removal.points for removal in removed.values())
        self.points -= sum(counts[index] for index in table.marks)
        self._span: FileSpan | None = None

    @property
    def modified(self) -> float:
        """When it was last written to, seconds since the epoch."""
        return self.stat.modified

    @property
    def order(self) -> tuple[float, int, int, str]:
        first = self.first_wall_time
        return (first if first is not None else float("inf"), *self.file.writer, self.file.path)

    @property
    def parts(self) -> tuple[TagPart, ...]:
        """The points of each tag, by index; made anew each time."""
        return tuple(self.part(index) for index in range(len(self.counts)))

    def part(self, index: int) -> TagPart:
        """The points of one tag."""
        table = self.table
        return TagPart(
            self.file,
            self.columns,
            index,
            table.names[index],
            table.metas[index],
            self.counts[index],
            self.removed.get(index, NOTHING_REMOVED),
        )

    def has_same_points(self, index: int, other: FileState) -> bool:
        """Whether a tag's points are those that another state of a file has under the same index."""
        return (
            self.columns is other.columns
            and self.counts[index] == other.counts[index]
            and (self.removed is other.removed or self.removed.get(index) == other.removed.get(index))
        )

    @property
    def span(self) -> FileSpan:
        """When the file's points were logged; of a file without points, its events."""
        if self._span is None:
            self._span = self._find_span()
        return self._span

    def _find_span(self) -> FileSpan:
        opened = self.columns.open_parked() if not self.removed else None
        span = opened.meta.span if opened is not None else None
        if opened is not None and span is not None and opened.file.point_counts() == self.counts.tolist():
            return FileSpan(*span)
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
