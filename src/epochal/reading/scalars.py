"""A scalar tag's points as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from epochal.store.points import ScalarSeries
    from epochal.types import LaneColumn, MaskColumn, StepColumn, ValueColumn, WallTimeColumn


class Scalars:
    """The points of a scalar tag, by lane, then step. Arrays of one length n, read-only, often views.

    step: int64[n], as logged.
    wall_time: float64[n], seconds since the epoch.
    value: float64[n], exactly as stored, NaN and infinities included.
    lane: uint16[n]; points of one lane were written one after another with rising steps. More than one lane:
        a loop that was run again, or processes that logged side by side.
    superseded: bool[n], whether a restart replaced the point; all False unless they were asked for.
    """

    __slots__ = ("lane", "step", "superseded", "value", "wall_time")

    def __init__(
        self,
        step: StepColumn,
        wall_time: WallTimeColumn,
        value: ValueColumn,
        lane: LaneColumn,
        superseded: MaskColumn,
    ) -> None:
        self.step = step
        self.wall_time = wall_time
        self.value = value
        self.lane = lane
        self.superseded = superseded

    def __len__(self) -> int:
        return len(self.step)

    def _columns(self) -> tuple[NDArray[Any], ...]:
        return self.step, self.wall_time, self.value, self.lane, self.superseded

    def __eq__(self, other: object) -> bool:
        """Whether all columns are equal; NaN equals NaN."""
        if not isinstance(other, Scalars):
            return NotImplemented
        pairs = zip(self._columns(), other._columns(), strict=True)
        return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in pairs)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[object, ...]:
        return Scalars, self._columns()

    def __repr__(self) -> str:
        if not len(self):
            return "Scalars(0 points)"
        count = "1 point" if len(self) == 1 else f"{len(self):,} points"
        lanes = len(np.unique(self.lane)) if self.lane.any() else 1
        beside = f" in {lanes} lanes" if lanes > 1 else ""
        first, last = int(self.step.min()), int(self.step.max())
        return f"Scalars({count}{beside}, steps {first} to {last}, last value {float(self.value[-1])!r})"


#: What nearly all series have in these columns, so they share it.
_FIRST_LANE, _NOT_REPLACED = np.zeros(1 << 16, np.uint16), np.zeros(1 << 16, np.bool_)
_FIRST_LANE.flags.writeable = _NOT_REPLACED.flags.writeable = False


def make_scalars(series: ScalarSeries, superseded: bool) -> Scalars:
    """The points of a stored series; those that a restart replaced only if asked for."""
    count = len(series)
    lane: LaneColumn = series.lane if series.lanes > 1 else _take_zeros(_FIRST_LANE, count)
    replaced = series.superseded
    if not replaced.any():
        replaced = _take_zeros(_NOT_REPLACED, count)
    elif not superseded:
        kept = ~replaced
        columns = (series.step, series.wall_time, series.value, lane, replaced)
        return Scalars(*(_freeze(column[kept]) for column in columns))
    return Scalars(series.step, series.wall_time, series.value, lane, replaced)


def _freeze(column: NDArray[Any]) -> NDArray[Any]:
    column.flags.writeable = False
    return column


def _take_zeros(shared: NDArray[Any], count: int) -> NDArray[Any]:
    """`count` zeros without taking memory for them; read-only."""
    return shared[:count] if count <= len(shared) else np.broadcast_to(shared[0], (count,))
