"""POST /api/scalars: series for a chart, reduced to its width without losing an extreme."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
import numpy as np

from epochal.errors import NotFoundError
from epochal.events.core import find_range, m4_indices
from epochal.query.columns import Columns, finite_or_none
from epochal.query.line_order import order_by_time
from epochal.query.line_summary import summarise_line
from epochal.query.parallel import map_lines
from epochal.query.smoothing import Smoothed, Smoothing, smooth_line
from epochal.types import XAxis

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from epochal.events.core import SeriesSummary
    from epochal.store.points import Line, ScalarSeries
    from epochal.store.snapshot import Snapshot

#: Up to this many points for a pixel are sent as they are: reducing them would hardly save anything.
MAX_RAW_PER_PX = 1.5

_MOST_UINT32 = 2**32 - 1

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
    """Describes the columns `step` (uint32 if that holds all steps of these series, else float64), `wall_time`
    (float64), `value` and, if asked for, `smoothed` (float32 if all values are float32 numbers, else float64). All
    series are concatenated; `missing` lists what does not exist."""

    revision: int
    x_axis: XAxis
    series: list[ScalarsSeries]
    missing: list[SeriesKey]


class _Found(NamedTuple):
    """A line that was asked for."""

    key: SeriesKey
    series: ScalarSeries
    line: Line


class _Placed(NamedTuple):
    """A line's points in the order of the x axis: x is `x` less `origin`. `whole` summarises all its points.

    `ordered` is the line, or one with its points by time and without those that have none; `summary` and
    `smoothed` (None without smoothing) are of that.
    """

    x: NDArray[np.int64] | NDArray[np.float64]
    origin: float
    whole: SeriesSummary
    ordered: Line
    summary: SeriesSummary
    smoothed: Smoothed | None

    def find_ends(self) -> tuple[float, ...]:
        """Where it begins and ends; nothing for no points."""
        return (float(self.x[0]) - self.origin, float(self.x[-1]) - self.origin) if len(self.x) else ()


class _Drawn(NamedTuple):
    """Which points of a line are sent, and what lies in the range: [first, last), and its finite extremes."""

    chosen: slice | NDArray[np.int64]
    length: int
    first: int
    last: int
    bounds: tuple[float, float] | None


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
    found, missing = _find_lines(snapshot, request)
    points = sum(len(each.line) for each in found)
    placed = map_lines(lambda each: _place(each.line, request.x_axis, request.smoothing), found, points)
    lo, hi = _find_range(placed, request.x_range)
    grid = _make_grid(lo, hi, request.width_px)
    most_raw = MAX_RAW_PER_PX * request.width_px
    drawn = map_lines(lambda each: _draw(each, lo, hi, grid, most_raw), placed, points)
    starts = [0]
    for each in drawn:
        starts.append(starts[-1] + each.length)
    entries = [
        _describe(each, of_line, which, start)
        for each, of_line, which, start in zip(found, placed, drawn, starts, strict=False)
    ]
    value_type = np.float32 if all(each.whole.is_float32 for each in placed) else np.float64
    steps = [end for each in found if len(each.line) for end in (each.line.step[0], each.line.step[-1])]
    step_type = np.uint32 if all(0 <= end <= _MOST_UINT32 for end in steps) else np.float64
    columns: dict[str, NDArray[Any]] = {
        "step": np.empty(starts[-1], step_type),
        "wall_time": np.empty(starts[-1], np.float64),
        "value": np.empty(starts[-1], value_type),
    }
    if request.smoothing.kind != "none":
        columns["smoothed"] = np.empty(starts[-1], value_type)
    map_lines(lambda each: _collect(*each, columns), list(zip(placed, drawn, starts, strict=False)), points)
    return Columns(ScalarsResult(snapshot.revision, request.x_axis, entries, missing), columns)


def _find_lines(snapshot: Snapshot, request: ScalarsRequest) -> tuple[list[_Found], list[SeriesKey]]:
    """The lines of all series that exist, and the keys of those that do not."""
    found: list[_Found] = []
    missing = []
    for key in request.series:
        try:
            series = snapshot.find_tag(key.run, key.tag, "scalars").scalars()
        except NotFoundError:
            missing.append(key)
            continue
        lines = series.lines + series.superseded_lines if request.superseded else series.lines
        found += (_Found(key, series, line) for line in lines)
    return found, missing


def _place(line: Line, x_axis: XAxis, smoothing: Smoothing) -> _Placed:
    """A line's points along the axis. Smoothing follows the steps whatever the axis, and takes all points.

    Points whose wall_time is not a number have no place on a time axis.
    """
    summary = summarise_line(line)
    smoothed = smooth_line(line, smoothing, by_step=x_axis == "step")
    if x_axis == "step":
        return _Placed(line.step, 0.0, summary, line, summary, smoothed)
    start = summary.first_wall_time
    origin = start if x_axis == "relative" and math.isfinite(start) else 0.0
    if summary.wall_time_ascends:
        return _Placed(line.wall_time, origin, summary, line, summary, smoothed)
    by_time = order_by_time(line)
    smoothed = by_time.order_smoothed(smoothing, smoothed)
    return _Placed(by_time.line.wall_time, origin, summary, by_time.line, by_time.summary, smoothed)


def _find_range(placed: list[_Placed], wanted: tuple[float, float] | None) -> tuple[float, float]:
    """The wanted range in order, or the extent of all points; (0, 0) if there are none."""
    if wanted is not None:
        lo, hi = min(wanted), max(wanted)
    else:
        ends = [end for each in placed for end in each.find_ends()]
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


def _draw(placed: _Placed, lo: float, hi: float, grid: _Grid, most_raw: float) -> _Drawn:
    """The line's points in the range and one more on each side, or those that keep the picture."""
    line, extremes, smoothed = placed.ordered, placed.summary.extremes, placed.smoothed
    first, last = find_range(placed.x, lo, hi, origin=placed.origin)
    bounds = extremes.bounds(line.value, first, last)
    if last - first <= most_raw:
        around = slice(max(0, first - 1), min(len(line), last + 1))
        return _Drawn(around, around.stop - around.start, first, last, bounds)
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
    return _Drawn(chosen, len(chosen), first, last, bounds)


def _describe(found: _Found, placed: _Placed, drawn: _Drawn, start: int) -> ScalarsSeries:
    line, summary = found.line, placed.whole
    in_range = drawn.last - drawn.first
    low, high = drawn.bounds or (None, None)
    return ScalarsSeries(
        run=found.key.run,
        tag=found.key.tag,
        lane=line.lane,
        start=start,
        count=drawn.length,
        points=len(line),
        points_in_range=in_range,
        reduced=drawn.length < in_range,
        nan=summary.nan,
        pos_inf=summary.pos_inf,
        neg_inf=summary.neg_inf,
        first_nonfinite_step=summary.first_nonfinite_step,
        superseded=line.hidden,
        is_superseded=line.is_superseded,
        y_min=low,
        y_max=high,
        first_wall_time=finite_or_none(summary.first_wall_time),
        last_step=int(line.step[-1]) if len(line) else None,
        last_wall_time=finite_or_none(line.wall_time[-1]) if len(line) else None,
        last_value=finite_or_none(line.value[-1]) if len(line) else None,
        one_step=found.series.one_step,
    )


def _collect(placed: _Placed, drawn: _Drawn, start: int, columns: dict[str, NDArray[Any]]) -> None:
    """Put the chosen points of a line into the columns, from `start` on."""
    line, chosen = placed.ordered, drawn.chosen
    sources: dict[str, NDArray[Any]] = {"step": line.step, "wall_time": line.wall_time, "value": line.value}
    if placed.smoothed is not None:
        sources["smoothed"] = placed.smoothed.value
    for name, source in sources.items():
        target = columns[name][start : start + drawn.length]
        if isinstance(chosen, slice):
            target[:] = source[chosen]
        elif target.dtype == source.dtype:
            source.take(chosen, out=target, mode="clip")  # all are in range; this mode writes without a detour
        else:
            target[:] = source.take(chosen)
