"""POST /api/scalars/stats: what a range of a chart holds, over all of its points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np

from epochal.query.columns import finite_or_none
from epochal.query.parallel import map_lines
from epochal.query.scalars_axes import Axis
from epochal.query.scalars_series import SeriesKey, find_lines
from epochal.query.smoothing import Smoothing
from epochal.types import XAxis

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from epochal.query.scalars_axes import Placed
    from epochal.query.scalars_series import Found
    from epochal.store.snapshot import Snapshot


class ScalarStatsRequest(msgspec.Struct, frozen=True):
    """Series, the x axis (as for /api/scalars) and the range of x, both ends included (null: everything)."""

    series: Annotated[list[SeriesKey], msgspec.Meta(max_length=10_000)]
    x_axis: XAxis = "step"
    x_tag: str = ""
    x_range: tuple[float, float] | None = None


class ScalarStats(msgspec.Struct, frozen=True):
    """One lane of a run's tag in the range.

    `count` counts its points there, `nan`, `pos_inf` and `neg_inf` those that are not finite; all else is over
    the finite ones, in the order of the axis. `delta` is `last` less `first`, `percent` that in percent of the
    size of `first`; `slope` is that of the least squares' line, per unit of x; `argmin` and `argmax` are the x of
    the first smallest and largest value; `std` is of all points, not of a sample (ddof 0). Steps are the smallest
    and largest of any point in the range. Null: there is none, or it is not a finite number.
    """

    run: str
    tag: str
    lane: int
    count: int
    nan: int
    pos_inf: int
    neg_inf: int
    first: float | None
    last: float | None
    delta: float | None
    percent: float | None
    slope: float | None
    min: float | None
    argmin: float | None
    max: float | None
    argmax: float | None
    mean: float | None
    std: float | None
    first_step: int | None
    last_step: int | None


class ScalarStatsResult(msgspec.Struct, frozen=True):
    """One entry for each lane of each series, in the order asked for; `missing` lists what does not exist."""

    revision: int
    x_axis: XAxis
    series: list[ScalarStats]
    missing: list[SeriesKey]


def read_scalars_stats(snapshot: Snapshot, request: ScalarStatsRequest) -> ScalarStatsResult:
    """Statistics of every series over its points in the range, none left out."""
    found, missing = find_lines(snapshot, request.series)
    axis = Axis(snapshot, request.x_axis, request.x_tag)

    def describe(each: Found) -> ScalarStats:
        return _describe(each, axis.place(each, Smoothing()), request.x_range)

    points = sum(len(each.line) for each in found)
    return ScalarStatsResult(snapshot.revision, request.x_axis, map_lines(describe, found, points), missing)


def _describe(found: Found, placed: Placed, x_range: tuple[float, float] | None) -> ScalarStats:
    first, last = (0, len(placed.x)) if x_range is None else placed.find_range(min(x_range), max(x_range))
    step, value = placed.ordered.step[first:last], placed.ordered.value[first:last]
    x = placed.take_x(slice(first, last))
    finite = np.isfinite(value)
    numbers = _measure(x[finite], value[finite])
    return ScalarStats(
        run=found.key.run,
        tag=found.key.tag,
        lane=found.line.lane,
        count=last - first,
        nan=int(np.isnan(value).sum()),
        pos_inf=int((value == np.inf).sum()),
        neg_inf=int((value == -np.inf).sum()),
        first_step=int(step.min()) if len(step) else None,
        last_step=int(step.max()) if len(step) else None,
        **{name: finite_or_none(number) for name, number in numbers.items()},
    )


def _measure(x: NDArray[np.float64], y: NDArray[np.float64]) -> dict[str, float]:
    """The numbers of finite values; NaN for what they do not have."""
    names = ("first", "last", "delta", "percent", "slope", "min", "argmin", "max", "argmax", "mean", "std")
    if not len(y):
        return dict.fromkeys(names, np.nan)
    with np.errstate(all="ignore"):
        first, last, lowest, highest = y[0], y[-1], y.argmin(), y.argmax()
        delta, mean = last - first, y.mean()
        from_center = x - x.mean()
        slope = (from_center @ (y - mean)) / (from_center @ from_center)
        numbers = (
            first,
            last,
            delta,
            100 * delta / abs(first),
            slope,
            y[lowest],
            x[lowest],
            y[highest],
            x[highest],
            mean,
            y.std(),
        )
    return {name: float(number) for name, number in zip(names, numbers, strict=True)}
