"""POST /api/scalars: series for a chart, reduced to its width without losing an extreme."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
import numpy as np

from epochal.query.columns import Columns, finite_or_none
from epochal.query.parallel import map_lines
from epochal.query.scalars_aggregates import Aggregate
from epochal.query.scalars_axes import OWN_X, Axis, Placed
from epochal.query.scalars_groups import GroupLine, aggregate_lines
from epochal.query.scalars_reduction import Drawn, View, make_grid, make_view, reduce_line
from epochal.query.scalars_series import Found, SeriesKey, find_lines
from epochal.query.smoothing import Smoothing
from epochal.types import XAxis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from epochal.store.snapshot import Snapshot

_MOST_UINT32 = 2**32 - 1


class SeriesGroup(msgspec.Struct, frozen=True):
    """Series that belong together: seeds of one experiment, runs of one folder."""

    name: str
    series: Annotated[list[SeriesKey], msgspec.Meta(max_length=10_000)]


class ScalarsRequest(msgspec.Struct, frozen=True):
    """Series, the x axis, the x range to draw (null: everything) and the width it will be drawn at.

    `x_tag` names the tag that the axis "tag" reads x from, in each series' own run. `superseded` asks for what a
    restart replaced, too. With `aggregate`, each tag of each of the `groups` becomes one line of its lanes without
    what was replaced; without, the groups' series are lines of their own.
    """

    series: Annotated[list[SeriesKey], msgspec.Meta(max_length=10_000)]
    x_axis: XAxis = "step"
    x_tag: str = ""
    x_range: tuple[float, float] | None = None
    width_px: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1000
    smoothing: Smoothing = Smoothing()
    superseded: bool = False
    groups: Annotated[list[SeriesGroup], msgspec.Meta(max_length=10_000)] = []
    aggregate: Aggregate | None = None


class ScalarsSeries(msgspec.Struct, frozen=True):
    """One line: a lane of a run's tag or an aggregated group, and where its points are in the columns.

    Its points are [start, start + count) of each column. `points` counts those of the whole lane,
    `points_in_range` those inside `x_range`. If `reduced`, only the first, last, lowest and highest of each
    bucket were sent. `nan`, `pos_inf`, `neg_inf` count over the whole lane, and `first_nonfinite_step` is the
    first step of any of them. `superseded` counts the lane's points that a restart or purge replaced; with
    `is_superseded` the line is one of those replaced stretches itself. `y_min` and `y_max` are over finite
    logged values in range. `first_wall_time` is where the series' relative time starts; `last_…` describe the
    lane's last point. Null stands for "none", and for a number that is not finite. A tag whose points are all
    superseded has one line without points. `one_step`: all points of
    the tag carry the same step (none was given), so relative time is the axis to draw on. `unjoined` counts the
    points that are left out because the run's `x_tag` has no finite value at their step.

    An aggregated line has no run, but a `group` and the number of its `members` (lanes with points). Its counts
    are the members' together, `y_min` and `y_max` those of what is sent, and at its positions in range `n_min` to
    `n_max` members have a value. Lines that are not aggregated have 0 for these.
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
    unjoined: int = 0
    group: str = ""
    members: int = 0
    n_min: int = 0
    n_max: int = 0


class ScalarsResult(msgspec.Struct, frozen=True):
    """Describes the columns `step` (uint32 if that holds all steps of these series, else float64), `wall_time`
    (float64), `value` and, if asked for, `smoothed` (float32 if all values are float32 numbers, else float64). All
    series are concatenated; `missing` lists what does not exist.

    There is a column `x` (float64), to be drawn on, for the axes active, relative_step and tag, and whenever lines
    are aggregated. These have more columns: `low` and `high` (float64) if there is a band, and `n` (uint32), how
    many members have a value there. Aggregated lines' positions are `x`; their steps and wall_times are NaN,
    unless that is what the axis shows. Lines that are not aggregated have NaN and 0 in the columns of those that
    are.
    """

    revision: int
    x_axis: XAxis
    series: list[ScalarsSeries]
    missing: list[SeriesKey]


class _Line(NamedTuple):
    """A line that is drawn as it was logged."""

    found: Found
    placed: Placed
    drawn: Drawn

    @property
    def length(self) -> int:
        return self.drawn.length

    def describe(self, start: int) -> ScalarsSeries:
        (key, series, line, group), placed, drawn = self
        summary = placed.whole
        in_range = drawn.last - drawn.first
        low, high = drawn.bounds or (None, None)
        return ScalarsSeries(
            run=key.run,
            tag=key.tag,
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
            one_step=series.one_step,
            unjoined=placed.unjoined,
            group=group,
        )

    def fill(self, columns: dict[str, NDArray[Any]], start: int) -> None:
        """Put the chosen points into the columns, from `start` on."""
        line, chosen = self.placed.ordered, self.drawn.chosen
        sources: dict[str, NDArray[Any]] = {"step": line.step, "wall_time": line.wall_time, "value": line.value}
        if self.placed.smoothed is not None:
            sources["smoothed"] = self.placed.smoothed.value
        for name, source in sources.items():
            target = columns[name][start : start + self.length]
            if isinstance(chosen, slice):
                target[:] = source[chosen]
            elif target.dtype == source.dtype:
                # All are in range; this mode writes without a detour.
                source.take(chosen, out=target, mode="clip")
            else:
                target[:] = source.take(chosen)
        if "x" in columns:
            columns["x"][start : start + self.length] = self.placed.take_x(chosen)


class _Group(NamedTuple):
    """A tag of a group, drawn as one line."""

    name: str
    tag: str
    x_axis: XAxis
    found: Sequence[Found]
    placed: Sequence[Placed]
    line: GroupLine

    @property
    def length(self) -> int:
        return len(self.line.x)

    def describe(self, start: int) -> ScalarsSeries:
        line, lines = self.line, [each.line for each in self.found]
        wholes = [each.whole for each in self.placed]
        low, high = line.find_bounds() or (None, None)
        n = line.n[line.in_range]
        steps = [int(each.step[-1]) for each in lines if len(each)]
        times = [float(each.wall_time[-1]) for each in lines if len(each)]
        odd_steps = [each.first_nonfinite_step for each in wholes if each.first_nonfinite_step is not None]
        return ScalarsSeries(
            run="",
            tag=self.tag,
            lane=0,
            start=start,
            count=self.length,
            points=sum(len(each) for each in lines),
            points_in_range=line.points_in_range,
            reduced=line.reduced,
            nan=sum(each.nan for each in wholes),
            pos_inf=sum(each.pos_inf for each in wholes),
            neg_inf=sum(each.neg_inf for each in wholes),
            first_nonfinite_step=min(odd_steps, default=None),
            superseded=sum(each.hidden for each in lines),
            is_superseded=False,
            y_min=low,
            y_max=high,
            first_wall_time=None,
            last_step=max(steps, default=None),
            last_wall_time=finite_or_none(max(times, default=math.nan)),
            last_value=finite_or_none(line.last_value),
            one_step=bool(steps) and all(each.series.one_step for each in self.found),
            unjoined=sum(each.unjoined for each in self.placed),
            group=self.name,
            members=sum(len(each.x) > 0 for each in self.placed),
            n_min=int(n.min()) if len(n) else 0,
            n_max=int(n.max()) if len(n) else 0,
        )

    def fill(self, columns: dict[str, NDArray[Any]], start: int) -> None:
        """Put its positions into the columns, from `start` on."""
        line = self.line
        sources = {name: getattr(line, name) for name in ("x", "value", "smoothed", "low", "high", "n")}
        sources["step"] = line.x if self.x_axis == "step" else None
        sources["wall_time"] = line.x if self.x_axis == "wall_time" else None
        for name, column in columns.items():
            column[start : start + self.length] = np.nan if sources[name] is None else sources[name]


def read_scalars(snapshot: Snapshot, request: ScalarsRequest) -> Columns[ScalarsResult]:
    """The points that draw the series at the request's width: all of them, or each bucket's extremes."""
    single, grouped, missing = _find_lines(snapshot, request)
    found = [*single, *(each for group in grouped for each in group)]
    points = sum(len(each.line) for each in found)
    axis = Axis(snapshot, request.x_axis, request.x_tag)
    placed = map_lines(lambda each: axis.place(each, request.smoothing), found, points)
    view = make_view(placed, request.x_range, request.width_px)
    grid = make_grid(view)
    drawn = map_lines(lambda each: reduce_line(each, view, grid), placed[: len(single)], points)
    lines: list[_Line | _Group] = [_Line(*each) for each in zip(single, placed, drawn, strict=False)]
    ends = list(accumulate((len(group) for group in grouped), initial=len(single)))
    members = [placed[start:end] for start, end in pairwise(ends)]
    lines += map_lines(
        lambda each: _draw_group(request, *each, view), list(zip(grouped, members, strict=True)), points
    )
    starts = list(accumulate((each.length for each in lines), initial=0))
    columns = _make_columns(request, starts[-1], found, placed)
    map_lines(lambda each: each[0].fill(columns, each[1]), list(zip(lines, starts, strict=False)), points)
    entries = [each.describe(start) for each, start in zip(lines, starts, strict=False)]
    return Columns(ScalarsResult(snapshot.revision, request.x_axis, entries, missing), columns)


def _draw_group(request: ScalarsRequest, found: Sequence[Found], placed: Sequence[Placed], view: View) -> _Group:
    assert request.aggregate is not None
    line = aggregate_lines(placed, request.aggregate, view)
    return _Group(found[0].group, found[0].key.tag, request.x_axis, found, placed, line)


def _find_lines(
    snapshot: Snapshot, request: ScalarsRequest
) -> tuple[list[Found], list[list[Found]], list[SeriesKey]]:
    """The lines to draw as they are, those that become one line together, and the keys that name nothing."""
    single, missing = find_lines(snapshot, request.series, superseded=request.superseded)
    grouped: list[list[Found]] = []
    for group in request.groups:
        superseded = request.superseded and request.aggregate is None
        found, unknown = find_lines(snapshot, group.series, superseded=superseded, group=group.name)
        missing += unknown
        if request.aggregate is None:
            single += found
            continue
        by_tag: dict[str, list[Found]] = {}
        for each in found:
            by_tag.setdefault(each.key.tag, []).append(each)
        grouped += by_tag.values()
    return single, grouped, missing


def _make_columns(
    request: ScalarsRequest, length: int, found: Sequence[Found], placed: Sequence[Placed]
) -> dict[str, NDArray[Any]]:
    """The columns of the answer, to be filled."""
    aggregate = request.aggregate
    value_type = np.float32 if aggregate is None and all(each.whole.is_float32 for each in placed) else np.float64
    steps = [end for each in found if len(each.line) for end in (each.line.step[0], each.line.step[-1])]
    has_steps = aggregate is None or request.x_axis == "step"
    step_type = np.uint32 if has_steps and all(0 <= end <= _MOST_UINT32 for end in steps) else np.float64
    columns: dict[str, NDArray[Any]] = {
        "step": np.empty(length, step_type),
        "wall_time": np.empty(length, np.float64),
        "value": np.empty(length, value_type),
    }
    if request.smoothing.kind != "none":
        columns["smoothed"] = np.empty(length, value_type)
    if aggregate is not None or request.x_axis in OWN_X:
        columns["x"] = np.empty(length, np.float64)
    if aggregate is not None:
        if aggregate.band != "none":
            columns["low"] = np.full(length, np.nan)
            columns["high"] = np.full(length, np.nan)
        columns["n"] = np.zeros(length, np.uint32)
    return columns
