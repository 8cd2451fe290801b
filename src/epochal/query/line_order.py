"""A line's points in another order than by step: by time where clocks went back, or by another tag's values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from epochal.events.core import make_summary
from epochal.query import line_cache
from epochal.query.smoothing import Smoothed, Smoothing, make_smoothed
from epochal.store.points import Line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from epochal.events.core import SeriesSummary


class LineOrder(NamedTuple):
    """`line` holds the points in an order of their own, some left out; `order` says which they were.

    `points` is the number of points with those.
    """

    line: Line
    order: NDArray[np.int64]
    summary: SeriesSummary
    points: int

    @property
    def nbytes(self) -> int:
        line = self.line
        columns = (self.order, line.step, line.wall_time, line.value)
        return sum(column.nbytes for column in columns) + self.summary.nbytes

    def order_smoothed(self, smoothing: Smoothing, smoothed: Smoothed | None) -> Smoothed | None:
        """What was smoothed by step, in this order."""
        if smoothed is None:
            return None
        what = ("in order", smoothing.kind, smoothing.weight)
        known: Smoothed | None = line_cache.cache.get(self.line, what)
        if known is None:
            known = make_smoothed(smoothed.value[self.order])
            line_cache.cache.put(self.line, what, known, known.nbytes)
        return known


def make_order(line: Line, order: NDArray[np.int64]) -> LineOrder:
    """The line's points in an order."""
    columns = (line.step[order], line.wall_time[order], line.value[order])
    moved = Line(line.lane, *columns, hidden=line.hidden, is_superseded=line.is_superseded)
    return LineOrder(moved, order, make_summary(*columns), len(line))


def order_by_time(line: Line) -> LineOrder:
    """The line's points by wall_time (stable) without those whose time is NaN; kept while there is room."""
    known: LineOrder | None = line_cache.cache.get(line, "by time")
    if known is not None and known.points == len(line):
        return known
    order = np.argsort(line.wall_time, kind="stable")
    order = order[: len(order) - int(np.isnan(line.wall_time).sum())]  # NaN sorts last
    ordered = make_order(line, order)
    line_cache.cache.put(line, "by time", ordered, ordered.nbytes)
    return ordered
