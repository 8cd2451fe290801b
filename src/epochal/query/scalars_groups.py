"""A group of lines as one: aligned by interpolation, its centre and band at every position.

A position is an x at which some member has a point. There each member counts with its own point (the last one, if
it has several) or, between two of its points, with the straight line through them; before its first and after its
last point, and beside values that are not finite, it does not count. So the numbers at a position never depend on
the zoom; which positions are sent does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from epochal.events.core import m4_indices
from epochal.query.scalars_aggregates import Aggregate, count_values, find_band, find_center
from epochal.query.scalars_reduction import View, make_grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from epochal.query.scalars_axes import Placed

#: Up to so many positions for a pixel are sent, and looked at.
POSITIONS_PER_PX = 4

#: So many values (members × positions) may be looked at to find the positions to send: 8 MB, some milliseconds.
MAX_VALUES = 1 << 20


class GroupLine(NamedTuple):
    """A group's line: its columns, one value for each position, and what lies in the range.

    `low` and `high` are None without a band, `smoothed` without smoothing. `points_in_range` counts the members'
    points; `reduced`: there are positions in the range that are not sent. `last_value` is the centre at the last
    position of all. `in_range` says which positions are in it.
    """

    x: NDArray[np.float64]
    value: NDArray[np.float64]
    smoothed: NDArray[np.float64] | None
    low: NDArray[np.float64] | None
    high: NDArray[np.float64] | None
    n: NDArray[np.uint32]
    in_range: slice
    points_in_range: int
    reduced: bool
    last_value: float

    def find_bounds(self) -> tuple[float, float] | None:
        """The smallest and largest finite value in the range, the band's among them."""
        columns = (self.value, self.low, self.high)
        values = np.concatenate([column[self.in_range] for column in columns if column is not None])
        values = values[np.isfinite(values)]
        return (float(values.min()), float(values.max())) if len(values) else None


class _Aligned(NamedTuple):
    """The members' values at positions: float64[members, positions], NaN where one has none.

    `leading` are the smoothed ones, if smoothing was asked for, else the logged ones themselves.
    """

    x: NDArray[np.float64]
    logged: NDArray[np.float64]
    leading: NDArray[np.float64]

    def take(self, chosen: NDArray[np.int64]) -> _Aligned:
        """The same at some of the positions."""
        logged = self.logged[:, chosen]
        return _Aligned(self.x[chosen], logged, logged if self.leading is self.logged else self.leading[:, chosen])


def aggregate_lines(placed: Sequence[Placed], aggregate: Aggregate, view: View) -> GroupLine:
    """The group's line. Smoothing is the members' own; the band is around the smoothed centre then."""
    members = [each for each in placed if len(each.x)]
    if not members:
        return _make_empty(aggregate, smoothed=any(each.smoothed is not None for each in placed))
    ranges = [each.find_range(view.lo, view.hi) for each in members]
    most, at_a_time = POSITIONS_PER_PX * view.width_px, max(1, MAX_VALUES // len(members))
    x, reduced = _find_positions(members, ranges, view, max(most, at_a_time))
    if len(x) > most:
        aligned = _align(members, x)
        chosen = _choose_positions(aligned, aggregate, view)
        x, parts, reduced = x[chosen], [_measure(aligned.take(chosen), aggregate)], True
    else:
        starts = range(0, len(x), at_a_time)
        parts = [_measure(_align(members, x[start : start + at_a_time]), aggregate) for start in starts]
    end = max(each.find_ends()[1] for each in members)
    return GroupLine(
        x,
        *_join(parts),
        in_range=slice(int(x.searchsorted(view.lo, "left")), int(x.searchsorted(view.hi, "right"))),
        points_in_range=sum(last - first for first, last in ranges),
        reduced=reduced,
        last_value=float(find_center(_align(members, np.array([end])).logged, aggregate.center)[0]),
    )


class _Measured(NamedTuple):
    """What a group has at positions; the columns of GroupLine."""

    value: NDArray[np.float64]
    smoothed: NDArray[np.float64] | None
    low: NDArray[np.float64] | None
    high: NDArray[np.float64] | None
    n: NDArray[np.uint32]


def _measure(aligned: _Aligned, aggregate: Aggregate) -> _Measured:
    """Centre, band and how many members have a value."""
    smooth = aligned.leading is not aligned.logged
    low, high = (None, None) if aggregate.band == "none" else find_band(aligned.leading, aggregate)
    return _Measured(
        find_center(aligned.logged, aggregate.center),
        find_center(aligned.leading, aggregate.center) if smooth else None,
        low,
        high,
        count_values(aligned.leading),
    )


def _join(parts: Sequence[_Measured]) -> _Measured:
    """What was measured piece by piece, in one."""
    if len(parts) == 1:
        return parts[0]
    columns = zip(*parts, strict=True)
    return _Measured._make(None if each[0] is None else np.concatenate(each) for each in columns)


def _make_empty(aggregate: Aggregate, *, smoothed: bool) -> GroupLine:
    none = np.empty(0)
    band = None if aggregate.band == "none" else none
    columns = _Measured(none, none if smoothed else None, band, band, np.empty(0, np.uint32))
    return GroupLine(none, *columns, slice(0, 0), points_in_range=0, reduced=False, last_value=np.nan)


def _find_positions(
    members: Sequence[Placed], ranges: Sequence[tuple[int, int]], view: View, most: int
) -> tuple[NDArray[np.float64], bool]:
    """The x of all points in the range and of one more on each side, ascending; whether that is only some of them.

    If they are more than `most`, they are those that M4 keeps of all members' points together.
    """
    x = _join_positions(members, ranges, most)
    reduced = x is None
    if x is None:
        x = _choose_extreme_positions(members, ranges, view, most)
    each_range = list(zip(members, ranges, strict=True))
    before = [member.x_at(first - 1) for member, (first, _) in each_range if first > 0]
    after = [member.x_at(last) for member, (_, last) in each_range if last < len(member.x)]
    return np.concatenate(([max(before)] if before else [], x, [min(after)] if after else [])), reduced


def _join_positions(
    members: Sequence[Placed], ranges: Sequence[tuple[int, int]], most: int
) -> NDArray[np.float64] | None:
    """The x of all points in the range, ascending; None if they are more than `most`."""
    knots: dict[bytes, NDArray[np.float64]] = {}
    total = 0
    for member, (first, last) in zip(members, ranges, strict=True):
        x, _ = _take_points(member, first, last)
        if len(x) > most:
            return None
        if knots.setdefault(x.tobytes(), x) is x:  # runs of one script have their points at the same steps
            total += len(x)
        if total > POSITIONS_PER_PX * most:
            return None
    x = np.unique(np.concatenate(list(knots.values())))
    return x if len(x) <= most else None


def _take_points(member: Placed, first: int, last: int) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """x and leading value of the points [first, last), of several at one x the last."""
    x, y = member.take_x(slice(first, last)), member.leading[first:last]
    is_last = np.append(x[1:] != x[:-1], [True])[: len(x)]
    return (x, y) if is_last.all() else (x[is_last], y[is_last])


def _choose_extreme_positions(
    members: Sequence[Placed], ranges: Sequence[tuple[int, int]], view: View, most: int
) -> NDArray[np.float64]:
    """At most `most` x in the range, ascending: of each bucket the first and last, the lowest and highest point's.

    These are M4 of all members' points: M4 of what M4 keeps of each.
    """
    grid = make_grid(view._replace(width_px=max(1, most // (2 * POSITIONS_PER_PX))))
    parts_x, parts_y = [], []
    for member, (first, last) in zip(members, ranges, strict=True):
        x, y = _take_points(member, first, last)
        chosen = m4_indices(x, y, grid.lo, grid.width, grid.buckets)
        parts_x.append(x[chosen])
        parts_y.append(y[chosen].astype(np.float64))
    x, y = np.concatenate(parts_x), np.concatenate(parts_y)
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    return np.unique(x[m4_indices(x, y, grid.lo, grid.width, grid.buckets)])


def _align(members: Sequence[Placed], x: NDArray[np.float64]) -> _Aligned:
    """The members' values at the positions."""
    smooth = any(member.smoothed is not None for member in members)
    logged = np.empty((len(members), len(x)))
    leading = np.empty_like(logged) if smooth else logged
    for row, member in enumerate(members):
        first, last = member.find_range(float(x[0]), float(x[-1]))
        window = slice(max(0, first - 1), last + 1)
        own_x = member.take_x(window)
        logged[row] = _interpolate(x, own_x, member.ordered.value[window])
        if smooth:
            leading[row] = _interpolate(x, own_x, member.leading[window])
    return _Aligned(x, logged, leading)


def _interpolate(x: NDArray[np.float64], own_x: NDArray[np.float64], own_y: NDArray[Any]) -> NDArray[np.float64]:
    """The line through a member's points at x, NaN outside them and beside one that is not finite."""
    y = own_y.astype(np.float64)
    y[~np.isfinite(y)] = np.nan
    # At a point's own x NumPy gives its value, whatever its neighbours are; of several points at one x the last.
    return np.interp(x, own_x, y, left=np.nan, right=np.nan)


def _choose_positions(aligned: _Aligned, aggregate: Aggregate, view: View) -> NDArray[np.int64]:
    """The positions that draw the centre and the band: M4 of both in the range, in buckets of one to two pixels.

    Those beside the range stay.
    """
    grid = make_grid(view._replace(width_px=max(1, view.width_px // 2)))
    inside = np.flatnonzero((aligned.x >= view.lo) & (aligned.x <= view.hi))
    x, logged, leading = aligned.take(inside)
    center = find_center(logged, aggregate.center)
    smoothed = None if leading is logged else find_center(leading, aggregate.center)
    chosen = inside[m4_indices(x, center, grid.lo, grid.width, grid.buckets, smoothed=smoothed)]
    if aggregate.band != "none":
        # Bootstrapping every position would take too long: where the members spread, their centre does.
        spread = aggregate if aggregate.band != "ci95" else Aggregate(aggregate.center, "sem")
        low, high = find_band(leading, spread)
        of_band = m4_indices(x, low, grid.lo, grid.width, grid.buckets, smoothed=high)
        chosen = np.union1d(chosen, inside[of_band])
    return np.union1d(chosen, np.flatnonzero((aligned.x < view.lo) | (aligned.x > view.hi)))
