"""Series: a tag's columns in the order in which they are shown, and the lines and items in them.

Where one file is all of a run and its steps ascend, the columns are views of the file's own; otherwise they are
gathered and kept for a while (`series_cache`). Arrays never change and are read-only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from epochal.store.series import Arrangement, Part, arrange, find_strands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from epochal.store.log_file import LogFile
    from epochal.store.tags import TagFiles
    from epochal.types import LaneColumn, MaskColumn, StepColumn, ValueColumn, WallTimeColumn


class Growth(NamedTuple):
    """What makes lines beginnings of one another: views of one column, which only grows, from its start."""

    columns: object
    number: int


class Line:
    """Points that are drawn as one line: a lane's, or one superseded stretch of a lane. Steps never fall.

    `hidden` counts the points of the same lane that superseding took away from this line. `growth` is None where
    later points may come in between.
    """

    __slots__ = ("__weakref__", "growth", "hidden", "is_superseded", "lane", "step", "value", "wall_time")

    def __init__(
        self,
        lane: int,
        step: StepColumn,
        wall_time: WallTimeColumn,
        value: ValueColumn,
        *,
        hidden: int = 0,
        is_superseded: bool = False,
        growth: Growth | None = None,
    ) -> None:
        self.lane = lane
        self.step = step
        self.wall_time = wall_time
        self.value = value
        self.hidden = hidden
        self.is_superseded = is_superseded
        self.growth = growth

    def __len__(self) -> int:
        return len(self.step)


class Series:
    """What scalar and blob series share: int64 `step` and float64 `wall_time` by lane, then step (stable)."""

    __slots__ = ("_arrangement", "step", "wall_time")

    def __init__(self, step: StepColumn, wall_time: WallTimeColumn, arrangement: Arrangement) -> None:
        self.step = step
        self.wall_time = wall_time
        self._arrangement = arrangement._replace(order=None)  # done with; it may be large

    def __len__(self) -> int:
        return len(self.step)

    @property
    def own_bytes(self) -> int:
        """What keeping it costs: the bytes of its columns that are not views of a file's."""
        arrangement = self._arrangement
        size = sum(column.nbytes for column in self._columns() if column.base is None)
        if arrangement.superseded is not None and arrangement.strand is not None:
            # Lines without the superseded points are copies.
            size += arrangement.superseded.nbytes + arrangement.strand.nbytes + 24 * len(self.step)
        return size

    def _columns(self) -> tuple[NDArray[Any], ...]:
        return self.step, self.wall_time

    @property
    def lane(self) -> LaneColumn:
        """uint16 lane of each point."""
        return self._arrangement.lane_column()

    @property
    def superseded(self) -> MaskColumn:
        """Whether a restart or a purge replaced each point."""
        return self._arrangement.superseded_column()

    @property
    def lanes(self) -> int:
        return self._arrangement.lanes

    @property
    def one_step(self) -> bool:
        """Two or more points that all carry one step: none was given."""
        return self._arrangement.one_step


class ScalarSeries(Series):
    """A scalar tag's points; `value` float64."""

    __slots__ = ("_growth", "_lines", "_superseded_lines", "value")

    def __init__(
        self,
        step: StepColumn,
        wall_time: WallTimeColumn,
        value: ValueColumn,
        arrangement: Arrangement,
        growth: Growth | None = None,
    ) -> None:
        super().__init__(step, wall_time, arrangement)
        self.value = value
        self._growth = growth if self.lanes == 1 and arrangement.superseded is None else None
        self._lines: tuple[Line, ...] | None = None
        self._superseded_lines: tuple[Line, ...] | None = None

    def _columns(self) -> tuple[NDArray[Any], ...]:
        return self.step, self.wall_time, self.value

    @property
    def lines(self) -> tuple[Line, ...]:
        """One line per lane that has points left, by lane; one line without points if none has any.

        The first line's `hidden` includes the points of lanes that superseding emptied.
        """
        if self._lines is None:
            self._lines = self._make_lines()
        return self._lines

    @property
    def superseded_lines(self) -> tuple[Line, ...]:
        """One line per superseded stretch (of one lane of one file), in the order of the run's files."""
        if self._superseded_lines is None:
            self._superseded_lines = self._make_superseded_lines()
        return self._superseded_lines

    def _make_lines(self) -> tuple[Line, ...]:
        bounds = self._arrangement.lane_starts.tolist()
        superseded = self._arrangement.superseded
        lines = []
        hidden_lanes = 0
        for lane in range(self.lanes):
            start, end = bounds[lane], bounds[lane + 1]
            columns = (self.step[start:end], self.wall_time[start:end], self.value[start:end])
            hidden = 0
            if superseded is not None:
                active = ~superseded[start:end]
                hidden = end - start - int(active.sum())
                if hidden:
                    step, wall_time, value = (_freeze(column[active]) for column in columns)
                    columns = (step, wall_time, value)
            if len(columns[0]):
                lines.append(Line(lane, *columns, hidden=hidden, growth=self._growth))
            else:
                hidden_lanes += hidden
        if not lines:
            lines.append(Line(0, self.step[:0], self.wall_time[:0], self.value[:0]))
        lines[0].hidden += hidden_lanes
        return tuple(lines)

    def _make_superseded_lines(self) -> tuple[Line, ...]:
        superseded, strand = self._arrangement.superseded, self._arrangement.strand
        if superseded is None or strand is None:
            return ()
        replaced = np.flatnonzero(superseded)
        lane = self.lane
        lines = []
        for group in find_strands(strand[replaced]):
            at = replaced[group]
            step, wall_time, value = (_freeze(column[at]) for column in (self.step, self.wall_time, self.value))
            lines.append(Line(int(lane[at[0]]), step, wall_time, value, is_superseded=True))
        return tuple(lines)


class BlobRef(NamedTuple):
    """Where a value's bytes are: its file, the record's frame and payload, the value's span, the data CRC."""

    file: LogFile
    record_offset: int
    record_bytes: int
    value_offset: int
    value_bytes: int
    data_crc: int


class BlobSeries(Series):
    """A tag whose points are read on demand. Columns are parallel to `step`; see `EventDecoder.blobs`."""

    __slots__ = ("_files", "columns", "file")

    def __init__(
        self,
        step: StepColumn,
        wall_time: WallTimeColumn,
        file: NDArray[np.intp],
        columns: tuple[NDArray[Any], ...],
        files: Sequence[LogFile],
        arrangement: Arrangement,
    ) -> None:
        super().__init__(step, wall_time, arrangement)
        self.file = file
        self.columns = columns
        self._files = files

    def _columns(self) -> tuple[NDArray[Any], ...]:
        return self.step, self.wall_time, self.file, *self.columns

    def ref(self, position: int) -> BlobRef:
        """Where the bytes of the point at `position` are."""
        numbers = (int(column[position]) for column in self.columns)
        return BlobRef(self._files[int(self.file[position])], *numbers)


def gather_scalars(source: TagFiles) -> ScalarSeries:
    """A scalar tag's series from its files' columns."""
    columns = [part.scalars() for part in source.parts]
    parts = [Part(file, step, wall) for file, (step, wall, _) in zip(source.files, columns, strict=True)]
    arrangement = arrange(parts, source.timeline)
    step, wall_time, value = (_gather(list(column), arrangement) for column in zip(*columns, strict=True))
    growth = None
    if len(source.parts) == 1 and arrangement.order is None:
        growth = Growth(source.parts[0].columns, source.parts[0].index)
    return ScalarSeries(step, wall_time, value, arrangement, growth)


def gather_blobs(source: TagFiles) -> BlobSeries:
    """The series of a tag that is not scalar, from its files' columns."""
    per_file: dict[int, list[tuple[NDArray[Any], ...]]] = {}
    logs: dict[int, LogFile] = {}
    for file, part in zip(source.files, source.parts, strict=True):
        per_file.setdefault(file, []).append(part.blobs())
        logs[file] = part.file
    parts, columns, files = [], [], []
    for number, (file, kinds) in enumerate(per_file.items()):
        merged = kinds[0]
        if len(kinds) > 1:  # the tag changed its kind within the file: back to the order of writing
            joined = [np.concatenate(column) for column in zip(*kinds, strict=True)]
            by_offset = np.argsort(joined[4], kind="stable")
            merged = tuple(column[by_offset] for column in joined)
        parts.append(Part(file, merged[0], merged[1]))
        columns.append((*merged, np.full(len(merged[0]), number)))
        files.append(logs[file])
    arrangement = arrange(parts, source.timeline)
    step, wall_time, *rest, file_column = (
        _gather(list(column), arrangement) for column in zip(*columns, strict=True)
    )
    return BlobSeries(step, wall_time, file_column, tuple(rest), files, arrangement)


def _gather(columns: list[NDArray[Any]], arrangement: Arrangement) -> NDArray[Any]:
    """One column of all parts, in sorted order; a view if there is nothing to do."""
    column = columns[0] if len(columns) == 1 else np.concatenate(columns)
    if arrangement.order is not None:
        column = column[arrangement.order]
    return _freeze(column)


def _freeze(column: NDArray[Any]) -> NDArray[Any]:
    if column.flags.writeable:
        column.flags.writeable = False
    return column
