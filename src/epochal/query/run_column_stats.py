"""A scalar series in a few numbers, over all its points that nothing superseded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from epochal.query import line_cache

if TYPE_CHECKING:
    from collections.abc import Iterable

    from epochal.store.points import Line, ScalarSeries
    from epochal.types import StepColumn, ValueColumn

#: Shorter lines are looked at anew when they grow: keeping what was found out costs more.
_LONG = 8192

#: What keeping it costs, about.
_BYTES = 400


class SeriesStats(NamedTuple):
    """`first` and `last` by step; of the others, only finite values count. NaN where there is none.

    `argmin` and `argmax` are the lowest steps at which the extremes lie.
    """

    points: int
    finite: int
    first_step: float
    first: float
    last_step: float
    last: float
    min: float
    argmin: float
    max: float
    argmax: float
    mean: float


NOTHING = SeriesStats(0, 0, *[math.nan] * 9)


def measure_series(series: ScalarSeries) -> SeriesStats:
    """The statistics of all lanes."""
    return _join(_measure_line(line) for line in series.lines)


def _measure_line(line: Line) -> SeriesStats:
    """Those of a line; of a long one that grew, only its new points are looked at."""
    if len(line) < _LONG:
        return _measure_points(line.step, line.value)
    known: SeriesStats | None = line_cache.cache.get(line, "stats")
    if known is not None and known.points == len(line):
        return known
    if known is None or known.points > len(line):  # someone still reads an older snapshot
        known = NOTHING
    fresh = _measure_points(line.step[known.points :], line.value[known.points :])
    stats = _join((known, fresh))
    line_cache.cache.put(line, "stats", stats, _BYTES)
    return stats


def _measure_points(step: StepColumn, value: ValueColumn) -> SeriesStats:
    count = len(value)
    if not count:
        return NOTHING
    ends = (float(step[0]), float(value[0]), float(step[-1]), float(value[-1]))
    is_finite = np.isfinite(value)
    finite = int(np.count_nonzero(is_finite))
    if not finite:
        return SeriesStats(count, 0, *ends, *[math.nan] * 5)
    if finite < count:
        step, value = step[is_finite], value[is_finite]
    low, high = int(value.argmin()), int(value.argmax())
    with np.errstate(over="ignore"):
        mean = float(value.mean())
    if not math.isfinite(mean):  # the sum is too large, the mean is not
        mean = float((value / finite).sum())
    extremes = (float(value[low]), float(step[low]), float(value[high]), float(step[high]))
    return SeriesStats(count, finite, *ends, *extremes, mean)


def _join(several: Iterable[SeriesStats]) -> SeriesStats:
    """Those of all points together; of equal steps, the later one's point is the last."""
    parts = [stats for stats in several if stats.points]
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    first = min(parts, key=lambda stats: stats.first_step)
    last = max(reversed(parts), key=lambda stats: stats.last_step)
    ends = (first.first_step, first.first, last.last_step, last.last)
    count = sum(stats.points for stats in parts)
    parts = [stats for stats in parts if stats.finite]
    if not parts:
        return SeriesStats(count, 0, *ends, *[math.nan] * 5)
    finite = sum(stats.finite for stats in parts)
    low = min(parts, key=lambda stats: (stats.min, stats.argmin))
    high = min(parts, key=lambda stats: (-stats.max, stats.argmax))
    mean = math.fsum(stats.mean * (stats.finite / finite) for stats in parts)
    return SeriesStats(count, finite, *ends, low.min, low.argmin, high.max, high.argmax, mean)
