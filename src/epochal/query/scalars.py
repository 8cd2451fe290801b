"""POST /api/scalars: series for a chart, reduced to its width without losing an extreme."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
import numpy as np

from epochal.errors import NotFoundError
from epochal.events.core import m4_indices
from epochal.query.columns import Columns, finite_or_none
from epochal.query.smoothing import Smoothing, smooth_line
from epochal.types import XAxis

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from epochal.store.points import Line, ScalarSeries
    from epochal.store.snapshot import Snapshot

    Floats = NDArray[np.float64]

#: Up to this many points for a pixel are sent as they are: reducing them would hardly save anything.
MAX_RAW_PER_PX = 1.5

#: Ranges are cut to this, so that their width is finite.
_FAR = 1e300


class SeriesKey(msgspec.Struct, frozen=True):
    """A series by its run and tag."""

    run: str
    tag: str


class ScalarsRequest(msgspec.Struct, frozen=True):
    """Series, the x axis, the x range to draw (null: everything) and the width it will be drawn at.

    `superseded` asks for what a restart replaced, too.
    """

    series: Annotated[list[SeriesKey], msgspec.Meta(max_length=10_000)]
    x_axis: XAxis = "step"
    x_range: tuple[float, float] | None = None
    width_px: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1000
    smoothing: Smoothing = Smoothing()
    superseded: bool = False


class ScalarsSeries(msgspec.Struct, frozen=True):
    """One line: a lane of a run's tag, and where its points are in the columns.

    Its points are [start, start + count) of each column. `points` counts those of the whole lane,
    `points_in_range` those inside `x_range`. If `reduced`, only the first, last, lowest and highest of each
    bucket were sent. `nan`, `pos_inf`, `neg_inf` count over the whole lane, and `first_nonfinite_step` is the
    first step of any of them. `superseded` counts the lane's points that a restart or purge replaced; with
    `is_superseded` the line is one of those replaced stretches itself. `y_min` and `y_max` are over finite
    logged values in range. `first_wall_time` is where the series' relative time starts; `last_…` describe the
    lane's last point. Null stands for "none", and for a number that is not finite. A tag whose points are all
    superseded has one line without points. `one_step`: all points of
    the tag carry the same step (none was given), so relative time is the axis to draw on.
    """

    run: str
    tag: str
    lane: int
    start: int
    count: int
    points: int
    points_in_range: int
    reduced: bool
    nan: int
    pos_inf: int
    neg_inf: int
    first_nonfinite_step: int | None
    superseded: int
    is_superseded: bool
    y_min: float | None
    y_max: float | None
    first_wall_time: float | None
    last_step: int | None
    last_wall_time: float | None
    last_value: float | None
    one_step: bool


class ScalarsResult(msgspec.Struct, frozen=True):
    """Describes the columns `step` and `wall_time` (float64), `value` and, if asked for, `smoothed` (float32 if
    all values are float32 numbers, else float64). All series are concatenated; `missing` lists what does not
    exist."""

    revision: int
    x_axis: XAxis
    series: list[ScalarsSeries]
    missing: list[SeriesKey]


class _Placed(NamedTuple):
    """A line's points in the order of the x axis; `smoothed` is None without smoothing."""

    x: Floats
    step: NDArray[np.int64]
    wall_time: Floats
    value: Floats
    smoothed: Floats | None


class _Grid(NamedTuple):
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


def read_scalars(snapshot: Snapshot, request: ScalarsRequest) -> Columns[ScalarsResult]:
    """The points that draw the series at the request's width: all of them, or each bucket's extremes."""
    found: list[tuple[SeriesKey, ScalarSeries, Line]] = []
    missing = []
    for key in request.series:
        try:
            series = snapshot.find_tag(key.run, key.tag, "scalars").scalars()
        except NotFoundError:
            missing.append(key)
            continue
        lines = series.lines + series.superseded_lines if request.superseded else series.lines
        found += ((key, series, line) for line in lines)
    placed = [_place(line, request.x_axis, request.smoothing) for _, _, line in found]
    lo, hi = _find_range(placed, request.x_range)
    grid = _make_grid(lo, hi, request.width_px)
    entries = []
    chosen: list[slice | NDArray[np.int64]] = []
    start = 0
    for (key, series, line), points in zip(found, placed, strict=True):
        first, last = int(points.x.searchsorted(lo, "left")), int(points.x.searchsorted(hi, "right"))
        if last - first > MAX_RAW_PER_PX * request.width_px:
            reduced = _reduce(points, grid)
            chosen.append(reduced)
            count = len(reduced)
        else:
            around = slice(max(0, first - 1), min(len(points.x), last + 1))
            chosen.append(around)
            count = around.stop - around.start
        entries.append(_describe(key, series, line, start, count, points.value[first:last]))
        start += count
    value_type = np.float32 if all(line.facts.is_float32 for _, _, line in found) else np.float64
    columns: dict[str, NDArray[Any]] = {
        "step": _collect([points.step for points in placed], chosen, start, np.float64),
        "wall_time": _collect([points.wall_time for points in placed], chosen, start, np.float64),
        "value": _collect([points.value for points in placed], chosen, start, value_type),
    }
    if request.smoothing.kind != "none":
        smoothed = [points.smoothed for points in placed if points.smoothed is not None]
        columns["smoothed"] = _collect(smoothed, chosen, start, value_type)
    return Columns(ScalarsResult(snapshot.revision, request.x_axis, entries, missing), columns)


def _place(line: Line, x_axis: XAxis, smoothing: Smoothing) -> _Placed:
    """A line's points along the axis. Smoothing follows the steps whatever the axis, and takes all points.

    Points whose wall_time is not a number have no place on a time axis.
    """
    smoothed = smooth_line(line, smoothing, by_step=x_axis == "step")
    if x_axis == "step":
        return _Placed(line.step.astype(np.float64), line.step, line.wall_time, line.value, smoothed)
    x = line.wall_time - line.facts.first_wall_time if x_axis == "relative" else line.wall_time
    if line.facts.wall_time_ascends:
        return _Placed(x, line.step, line.wall_time, line.value, smoothed)
    order = np.argsort(x, kind="stable")
    order = order[: len(order) - int(np.isnan(x).sum())]  # NaN sorts last
    smoothed = None if smoothed is None else smoothed[order]
    return _Placed(x[order], line.step[order], line.wall_time[order], line.value[order], smoothed)


def _find_range(placed: list[_Placed], wanted: tuple[float, float] | None) -> tuple[float, float]:
    """The wanted range in order, or the extent of all points; (0, 0) if there are none."""
    if wanted is not None:
        lo, hi = min(wanted), max(wanted)
    else:
        ends = [end for p in placed if len(p.x) for end in (float(p.x[0]), float(p.x[-1]))]
        lo, hi = (min(ends), max(ends)) if ends else (0.0, 0.0)
    return max(-_FAR, min(lo, _FAR)), max(-_FAR, min(hi, _FAR))


def _make_grid(lo: float, hi: float, width_px: int) -> _Grid:
    """The grid with one to two buckets for a pixel; one bucket if the range has no width."""
    px = (hi - lo) / width_px
    width = 1.0
    if px > 0:
        width = max(math.ldexp(1.0, math.frexp(px)[1] - 1), math.ldexp(1.0, -1000))
    start = math.floor(lo / width) * width
    return _Grid(start, width, int((hi - start) / width) + 1)


def _reduce(points: _Placed, grid: _Grid) -> NDArray[np.int64]:
    """Positions of the points that keep the picture: of the values, and of the smoothed ones."""
    first = max(0, int(points.x.searchsorted(grid.lo, "left")) - 1)
    last = int(points.x.searchsorted(grid.hi, "left")) + 1
    x = points.x[first:last]
    chosen = m4_indices(x, points.value[first:last], grid.lo, grid.width, grid.buckets)
    if points.smoothed is not None:
        also = m4_indices(x, points.smoothed[first:last], grid.lo, grid.width, grid.buckets)
        mask = np.zeros(len(x), dtype=np.bool_)
        mask[chosen] = mask[also] = True
        chosen = np.flatnonzero(mask)
    return chosen + first if first else chosen


def _describe(
    key: SeriesKey,
    series: ScalarSeries,
    line: Line,
    start: int,
    count: int,
    in_range: Floats,
) -> ScalarsSeries:
    facts = line.facts
    all_finite = facts.first_nonfinite_step is None
    finite = in_range if all_finite else in_range[np.isfinite(in_range)]
    return ScalarsSeries(
        run=key.run,
        tag=key.tag,
        lane=line.lane,
        start=start,
        count=count,
        points=len(line),
        points_in_range=len(in_range),
        reduced=count < len(in_range),
        nan=facts.nan,
        pos_inf=facts.pos_inf,
        neg_inf=facts.neg_inf,
        first_nonfinite_step=facts.first_nonfinite_step,
        superseded=line.hidden,
        is_superseded=line.is_superseded,
        y_min=float(finite.min()) if len(finite) else None,
        y_max=float(finite.max()) if len(finite) else None,
        first_wall_time=finite_or_none(facts.first_wall_time),
        last_step=int(line.step[-1]) if len(line) else None,
        last_wall_time=finite_or_none(line.wall_time[-1]) if len(line) else None,
        last_value=finite_or_none(line.value[-1]) if len(line) else None,
        one_step=series.one_step,
    )


def _collect(
    columns: list[NDArray[Any]], chosen: list[slice | NDArray[np.int64]], size: int, dtype: type[np.generic]
) -> NDArray[Any]:
    """The chosen points of all columns, one after another, in one array."""
    joined = np.empty(size, dtype=dtype)
    start = 0
    for column, which in zip(columns, chosen, strict=True):
        # `take` does not care for the order of positions, which indexing checks first.
        part = column[which] if isinstance(which, slice) else column.take(which)
        joined[start : start + len(part)] = part
        start += len(part)
    return joined
