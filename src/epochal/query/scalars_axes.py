"""Where a line's points lie along the x axis: by step, by time, or by another tag's values."""

from __future__ import annotations

import math
import weakref
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from epochal.events.core import find_range
from epochal.query import line_cache
from epochal.query.line_order import LineOrder, make_order, order_by_time
from epochal.query.line_summary import summarise_line
from epochal.query.scalars_series import SeriesKey, find_series
from epochal.query.smoothing import smooth_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from epochal.events.core import SeriesSummary
    from epochal.query.scalars_series import Found
    from epochal.query.smoothing import Smoothed, Smoothing
    from epochal.store.points import Line, ScalarSeries
    from epochal.store.snapshot import Snapshot
    from epochal.types import XAxis

#: Axes whose x is neither the step nor the wall_time (less the line's first): it is sent as a column of its own.
OWN_X: frozenset[XAxis] = frozenset(("active", "relative_step", "tag"))

#: A pause between two points is idle if it is longer than so many usual intervals, and than so many seconds.
IDLE_INTERVALS, IDLE_SECS = 10.0, 60.0

#: Axes that follow the steps.
_BY_STEP = ("step", "relative_step", "tag")

_MOST_INT64 = 2**63 - 1


class Placed(NamedTuple):
    """A line's points in the order of the x axis: x is `x` less `origin`. `whole` summarises all its points.

    `ordered` is the line, or one with its points by x and without those that have no place there; `summary` and
    `smoothed` (None without smoothing) are of that. `unjoined` counts the points that the axis' tag has no value
    for.
    """

    x: NDArray[np.int64] | NDArray[np.float64]
    origin: float
    whole: SeriesSummary
    ordered: Line
    summary: SeriesSummary
    smoothed: Smoothed | None
    unjoined: int = 0

    def find_ends(self) -> tuple[float, ...]:
        """Where it begins and ends; nothing for no points."""
        return (self.x_at(0), self.x_at(-1)) if len(self.x) else ()

    def x_at(self, position: int) -> float:
        """x of a point."""
        return float(self.x[position]) - self.origin

    def find_range(self, lo: float, hi: float) -> tuple[int, int]:
        """(first, last): the points with lo <= x <= hi are [first, last)."""
        return find_range(self.x, lo, hi, origin=self.origin)

    def take_x(self, chosen: slice | NDArray[np.int64]) -> NDArray[np.float64]:
        """float64 x of the chosen points."""
        return self.x[chosen].astype(np.float64) - self.origin

    @property
    def leading(self) -> NDArray[np.float64] | NDArray[np.float32]:
        """The values of the line that leads the eye: smoothed if that was asked for, else as logged."""
        return self.ordered.value if self.smoothed is None else self.smoothed.value


class Axis(NamedTuple):
    """An x axis. `x_tag` names the tag whose values are x (axis "tag" only)."""

    snapshot: Snapshot
    kind: XAxis
    x_tag: str

    def place(self, found: Found, smoothing: Smoothing) -> Placed:
        """A line's points along the axis. Smoothing follows the steps whatever the axis, and takes all points.

        Points whose wall_time is not a number have no place on a time axis, points whose partner is missing or not
        finite none on a tag's.
        """
        line, kind = found.line, self.kind
        whole = summarise_line(line)
        smoothed = smooth_line(line, smoothing, by_step=kind in _BY_STEP)
        if kind == "step":
            return Placed(line.step, 0.0, whole, line, whole, smoothed)
        if kind == "relative_step":
            return Placed(_count_from(found), 0.0, whole, line, whole, smoothed)
        if kind in ("active", "tag"):
            spread = self._spread_by_tag(found) if kind == "tag" else _spread(line, kind, _measure_active)
            unjoined = len(line) - len(spread.x) if kind == "tag" else 0
            if spread.order is None:
                return Placed(spread.x, 0.0, whole, line, whole, smoothed, unjoined)
            moved = spread.order
            smoothed = moved.order_smoothed(smoothing, smoothed)
            return Placed(spread.x, 0.0, whole, moved.line, moved.summary, smoothed, unjoined)
        start = whole.first_wall_time
        origin = start if kind == "relative" and math.isfinite(start) else 0.0
        if whole.wall_time_ascends:
            return Placed(line.wall_time, origin, whole, line, whole, smoothed)
        by_time = order_by_time(line)
        smoothed = by_time.order_smoothed(smoothing, smoothed)
        return Placed(by_time.line.wall_time, origin, whole, by_time.line, by_time.summary, smoothed)

    def _spread_by_tag(self, found: Found) -> _Spread:
        partners = find_series(self.snapshot, SeriesKey(found.key.run, self.x_tag))
        partner = None if partners is None else _find_partner(found.line, partners)
        return _spread(found.line, ("tag", self.x_tag), lambda line: join_by_step(line, partner), partner)


class _Spread(NamedTuple):
    """A line's points by an x that was computed for each: `x` ascends, `order` is None where that is their order.

    Of `points`, those whose x is not finite are left out. `partner` is the line that x was read from.
    """

    x: NDArray[np.float64]
    order: LineOrder | None
    points: int
    partner: weakref.ref[Line] | None

    def read_from(self, partner: Line | None) -> bool:
        """Whether x was read from this very line."""
        if partner is None or self.partner is None:
            return partner is None and self.partner is None
        return self.partner() is partner


def _spread(
    line: Line,
    what: str | tuple[str, str],
    measure: Callable[[Line], NDArray[np.float64]],
    partner: Line | None = None,
) -> _Spread:
    """The line by what `measure` says; kept while there is room and neither line changes."""
    known: _Spread | None = line_cache.cache.get(line, what)
    if known is not None and known.points == len(line) and known.read_from(partner):
        return known
    x = measure(line)
    finite = np.isfinite(x)
    order = None
    if not (finite.all() and (x[1:] >= x[:-1]).all()):
        places = np.flatnonzero(finite)
        places = places[np.argsort(x[places], kind="stable")]
        x, order = x[places], make_order(line, places)
    spread = _Spread(x, order, len(line), None if partner is None else weakref.ref(partner))
    line_cache.cache.put(line, what, spread, x.nbytes + (0 if order is None else order.nbytes))
    return spread


def _count_from(found: Found) -> NDArray[np.int64] | NDArray[np.float64]:
    """Steps since the series' first one that nothing superseded; float64 where int64 cannot hold that."""
    step = found.line.step
    firsts = [int(line.step[0]) for line in found.series.lines if len(line)]
    first = min(firsts) if firsts else int(step[0]) if len(step) else 0
    if len(step) and max(abs(int(step[0]) - first), abs(int(step[-1]) - first)) > _MOST_INT64:
        return step.astype(np.float64) - float(first)
    return step - first


def _measure_active(line: Line) -> NDArray[np.float64]:
    return measure_active_time(line.wall_time)


def measure_active_time(wall_time: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64[n] seconds since the first point in which something was logged; NaN for times that are not finite.

    A pause longer than IDLE_INTERVALS median intervals and IDLE_SECS counts as one median interval.
    """
    order: slice | NDArray[np.int64] = slice(None)
    with np.errstate(invalid="ignore"):  # infinite times
        intervals = np.diff(wall_time)
    if not (intervals >= 0).all() or not np.isfinite(wall_time[:1]).all() or not np.isfinite(wall_time[-1:]).all():
        finite = np.flatnonzero(np.isfinite(wall_time))
        order = finite[np.argsort(wall_time[finite], kind="stable")]
        intervals = np.diff(wall_time[order])
    active = np.full(len(wall_time), np.nan)
    if len(intervals):
        usual = float(np.median(intervals))
        intervals[intervals > max(IDLE_INTERVALS * usual, IDLE_SECS)] = usual
    active[order] = np.concatenate(([0.0], np.cumsum(intervals)))[: len(active[order])]
    return active


def join_by_step(line: Line, partner: Line | None) -> NDArray[np.float64]:
    """float64[n] values of another tag at the line's steps; NaN where it has none.

    The k-th point at a step meets the other tag's k-th point there, or its last.
    """
    x = np.full(len(line), np.nan)
    if partner is None or not len(partner):
        return x
    if len(partner) == len(line) and np.array_equal(partner.step, line.step):
        return partner.value
    first = np.searchsorted(partner.step, line.step, side="left")
    after = np.searchsorted(partner.step, line.step, side="right")
    turn = np.arange(len(line)) - np.searchsorted(line.step, line.step, side="left")
    met = after > first
    x[met] = partner.value[np.minimum(first + turn, after - 1)[met]]
    return x


def _find_partner(line: Line, partners: ScalarSeries) -> Line | None:
    """A lane meets the other tag's lane of the same number, or its first.

    A superseded stretch meets that of the other tag's lane which began nearest in time.
    """
    if not line.is_superseded:
        lanes = {each.lane: each for each in partners.lines}
        return lanes.get(line.lane, partners.lines[0])
    stretches = [each for each in (*partners.superseded_lines, *partners.lines) if len(each)]
    start = float(line.wall_time[0])

    def distance(other: Line) -> tuple[bool, float]:
        far = abs(float(other.wall_time[0]) - start)
        return other.lane != line.lane, math.inf if math.isnan(far) else far

    return min(stretches, key=distance, default=None)
