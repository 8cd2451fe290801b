"""Reduction of a series to what a chart can show: the readable twin of native/src/downsample."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from epochal.events.reference_summary import Extremes

    Float64s = NDArray[np.float64]
    Int64s = NDArray[np.int64]
    Values = NDArray[np.float64] | NDArray[np.float32]


def find_range(x: Int64s | Float64s, lo: float, hi: float, *, origin: float = 0.0) -> tuple[int, int]:
    """(first, last): the points with lo <= x - origin <= hi are [first, last). `x` neither descends nor is NaN.

    Only times, float64, may have an origin. Steps are compared as float64.
    """
    import numpy as np

    positions = _positions(x, origin)
    first = int(np.searchsorted(positions, lo, "left"))
    return first, max(first, int(np.searchsorted(positions, hi, "right")))


def m4_indices(
    x: Int64s | Float64s,
    y: Values,
    lo: float,
    bucket_width: float,
    buckets: int,
    *,
    origin: float = 0.0,
    extremes: Extremes | None = None,
    smoothed: Values | None = None,
    smoothed_extremes: Extremes | None = None,
) -> Int64s:
    """Indices of the points that draw a series pixel for pixel (M4: first, last, min, max of each bucket).

    Bucket i is [lo + i*bucket_width, lo + (i+1)*bucket_width), i.e. i = floor((x - origin - lo) /
    bucket_width), in float64. Of each: the first and last point, and of `y` and of `smoothed` the first
    smallest and first largest finite value, the first NaN, +Inf and -Inf. Of the points outside, the
    nearest one on each side. Sorted, without repeats. `x` neither descends nor is NaN. With the columns'
    extremes the answer is the same, and sooner there. ValueError if lengths differ, or the width or
    number of buckets is not positive.
    """
    import numpy as np

    positions = _positions(x, origin).tolist()
    columns = [y] if smoothed is None else [y, smoothed]
    for column, known in zip(columns, (extremes, smoothed_extremes), strict=False):
        if len(column) != len(positions):
            raise ValueError("x and y differ in length")
        if known is not None and len(known) != len(column):
            raise ValueError("the extremes are of another column")
    if not (bucket_width > 0 and buckets > 0):
        raise ValueError("bucket_width and buckets must be positive")
    before = after = None
    members: dict[float, list[int]] = {}
    for i, position in enumerate(positions):
        bucket = _bucket(position, lo, bucket_width)
        if bucket < 0:
            before = i
        elif bucket < buckets:
            members.setdefault(bucket, []).append(i)
        else:
            after = i
            break
    kept = {i for i in (before, after) if i is not None}
    for inside in members.values():
        kept.update((inside[0], inside[-1]))
        for column in columns:
            kept.update(_pick(column, inside))
    return np.array(sorted(kept), dtype=np.int64)


def _pick(column: Values, inside: list[int]) -> set[int]:
    """Of these indices: the first smallest and first largest finite value, the first NaN, +Inf and -Inf."""
    picks: dict[str, int] = {}  # "nan", "inf" and "-inf" are what str() calls them
    for i in inside:
        value = float(column[i])
        if math.isfinite(value):
            if "min" not in picks or value < column[picks["min"]]:
                picks["min"] = i
            if "max" not in picks or value > column[picks["max"]]:
                picks["max"] = i
        else:
            picks.setdefault(str(value), i)
    return set(picks.values())


def _positions(x: Int64s | Float64s, origin: float) -> Float64s:
    import numpy as np

    if origin == 0:
        return np.asarray(x, dtype=np.float64)
    if x.dtype != np.float64:
        raise ValueError("only times have an origin")
    positions: Any = x - origin
    return np.asarray(positions, dtype=np.float64)


def _bucket(x: float, lo: float, width: float) -> float:
    position = (x - lo) / width
    return float(math.floor(position)) if math.isfinite(position) else position
