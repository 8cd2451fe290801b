"""Smoothed values of a line: computed on all its points, once, and kept while there is room.

Zooming and panning ask for the same smoothing again and again; what it gives depends on neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec
import numpy as np

from epochal.events.core import (
    make_extremes,
    smooth_exponential,
    smooth_mean,
    smooth_median,
    smooth_time_weighted,
)
from epochal.query import line_cache
from epochal.query.line_summary import summarise_line
from epochal.types import SmoothingKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from epochal.events.core import Extremes
    from epochal.store.points import Line


class Smoothing(msgspec.Struct, frozen=True):
    """`weight` is 0 … 0.999 for the exponential kinds, the window's size in points for mean and median."""

    kind: SmoothingKind = "none"
    weight: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class Smoothed(NamedTuple):
    """A line's smoothed values, parallel to its points, and their extremes.

    float32 if all that was logged are float32 numbers: that is how they are sent, and what is drawn is what the
    extremes are found in.
    """

    value: NDArray[np.float64] | NDArray[np.float32]
    extremes: Extremes

    @property
    def nbytes(self) -> int:
        return self.value.nbytes + self.extremes.nbytes


def smooth_line(line: Line, smoothing: Smoothing, *, by_step: bool) -> Smoothed | None:
    """The line's smoothed values; None for no smoothing.

    Neighbours are neighbours by step. Time-weighted smoothing fades with the step if `by_step`, else with
    wall_time.
    """
    if smoothing.kind == "none":
        return None
    what = (smoothing.kind, smoothing.weight, by_step or smoothing.kind != "time_weighted")
    known: Smoothed | None = line_cache.cache.get(line, what)
    if known is not None and len(known.value) == len(line):
        return known
    value = _compute(line, smoothing, by_step)
    smoothed = make_smoothed(value.astype(np.float32) if summarise_line(line).is_float32 else value)
    line_cache.cache.put(line, what, smoothed, smoothed.nbytes)
    return smoothed


def make_smoothed(value: NDArray[np.float64] | NDArray[np.float32]) -> Smoothed:
    """The values and their extremes."""
    return Smoothed(value, make_extremes(value))


def _compute(line: Line, smoothing: Smoothing, by_step: bool) -> NDArray[np.float64]:
    kind, weight = smoothing.kind, smoothing.weight
    if kind == "exponential":
        return smooth_exponential(line.value, min(weight, 1.0))
    if kind == "time_weighted":
        x = line.step.astype("float64") if by_step else line.wall_time
        return smooth_time_weighted(x, line.value, min(weight, 1.0))
    window = max(1, min(int(weight), 1_000_000_000))
    return smooth_mean(line.value, window) if kind == "mean" else smooth_median(line.value, window)
