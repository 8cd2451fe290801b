"""POST /api/scalars: series for a chart, reduced to its width without losing an extreme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from epochal.types import SmoothingKind, XAxis

if TYPE_CHECKING:
    from epochal.store.snapshot import Snapshot


class SeriesKey(msgspec.Struct, frozen=True):
    """A series by its run and tag."""

    run: str
    tag: str


class Smoothing(msgspec.Struct, frozen=True):
    """`weight` is 0 … 0.999 for the exponential kinds, the window's size in points for mean and median."""

    kind: SmoothingKind = "none"
    weight: Annotated[float, msgspec.Meta(ge=0)] = 0.0


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
    lane's last point. Null stands for "none", and for a number that is not finite. `one_step`: all points of
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
    last_step: int
    last_wall_time: float | None
    last_value: float | None
    one_step: bool


class ScalarsResult(msgspec.Struct, frozen=True):
    """Describes the columns `step` and `wall_time` (float64), `value` and, if asked for, `smoothed` (float32
    where that loses nothing, else float64). All series are concatenated; `missing` lists what does not exist."""

    revision: int
    x_axis: XAxis
    series: list[ScalarsSeries]
    missing: list[SeriesKey]
