"""Which of a line's points are drawn: all in the range, or the extremes of each bucket."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from epochal.events.core import m4_indices

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from epochal.query.scalars_axes import Placed

#: Up to this many points for a pixel are sent as they are: reducing them would hardly save anything.
MAX_RAW_PER_PX = 1.5

#: Ranges are cut to this, so that their width is finite.
_FAR = 1e300


class Grid(NamedTuple):
    """Buckets [lo + i * width, lo + (i + 1) * width) that all charts of a zoom level share.

    The width is a power of two and the buckets' edges are multiples of it, so that panning moves points from no
    bucket to another.
    """

    lo: float
    width: float
    buckets: int

    @property
    def hi(self) -> float:
        return self.lo + self.width * self.buckets


class View(NamedTuple):
    """The range [lo, hi] of x to draw and the width it is drawn at."""

    lo: float
    hi: float
    width_px: int


class Drawn(NamedTuple):
    """Which points of a line are sent, and what lies in the range: [first, last), and its finite extremes."""

    chosen: slice | NDArray[np.int64]
    length: int
    first: int
    last: int
    bounds: tuple[float, float] | None


def make_view(placed: Iterable[Placed], wanted: tuple[float, float] | None, width_px: int) -> View:
    """The wanted range in order, or the extent of all points; (0, 0) if there are none."""
    if wanted is not None:
        lo, hi = min(wanted), max(wanted)
    else:
        ends = [end for each in placed for end in each.find_ends()]
        lo, hi = (min(ends), max(ends)) if ends else (0.0, 0.0)
    return View(max(-_FAR, min(lo, _FAR)), max(-_FAR, min(hi, _FAR)), width_px)


def make_grid(view: View) -> Grid:
    """The grid with one to two buckets for a pixel; one bucket if the range has no width."""
    lo, hi, width_px = view
    px = (hi - lo) / width_px
    width = 1.0
    if px > 0:
        width = max(math.ldexp(1.0, math.frexp(px)[1] - 1), math.ldexp(1.0, -1000))
    start = math.floor(lo / width) * width
    return Grid(start, width, int((hi - start) / width) + 1)


def reduce_line(placed: Placed, view: View, grid: Grid) -> Drawn:
    """The line's points in the range and one more on each side, or those that keep the picture."""
    line, extremes, smoothed = placed.ordered, placed.summary.extremes, placed.smoothed
    first, last = placed.find_range(view.lo, view.hi)
    bounds = extremes.bounds(line.value, first, last)
    if last - first <= MAX_RAW_PER_PX * view.width_px:
        around = slice(max(0, first - 1), min(len(line), last + 1))
        return Drawn(around, around.stop - around.start, first, last, bounds)
    chosen = m4_indices(
        placed.x,
        line.value,
        grid.lo,
        grid.width,
        grid.buckets,
        origin=placed.origin,
        extremes=extremes,
        smoothed=None if smoothed is None else smoothed.value,
        smoothed_extremes=None if smoothed is None else smoothed.extremes,
    )
    return Drawn(chosen, len(chosen), first, last, bounds)
