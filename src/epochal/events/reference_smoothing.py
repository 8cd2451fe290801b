"""Smoothing of a column of values: the readable twin of native/src/smoothing.h and the smooth_*.cpp behind it."""

from __future__ import annotations

import math
from bisect import insort
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Float64s = NDArray[np.float64]


def smooth_exponential(y: Float64s, weight: float) -> Float64s:
    """TensorBoard's debiased exponential moving average; `weight` in [0, 1].

    last = last*w + (1-w)*y, shown as last / (1 - w**n). Non-finite points pass through and are skipped; a
    constant series stays as it is. (TensorBoard's widgets/line_chart_v2/data_transformer.ts, classicSmoothing.)
    """
    import numpy as np

    values = y.tolist()
    if not values or all(value == values[0] for value in values):
        return np.array(y, dtype=np.float64)
    last, power = 0.0, 1.0
    out = []
    for value in values:
        if math.isfinite(value):
            last = last * weight + (1.0 - weight) * value
            power *= weight
            value = last / (1.0 if weight == 1.0 else 1.0 - power)
        out.append(value)
    return np.array(out, dtype=np.float64)


def smooth_time_weighted(x: Float64s, y: Float64s, weight: float) -> Float64s:
    """Exponential moving average whose memory fades with x, not with the number of points.

    A step of the mean spacing of the finite points fades by `weight`; on evenly spaced points it equals
    `smooth_exponential`. Non-finite points pass through and are skipped.
    """
    import numpy as np

    _check_same_length(x, y)
    xs, values = x.tolist(), y.tolist()
    finite = [i for i in range(len(xs)) if math.isfinite(xs[i]) and math.isfinite(values[i])]
    spacing = (xs[finite[-1]] - xs[finite[0]]) / (len(finite) - 1) if len(finite) > 1 else 0.0
    out = list(values)
    total = share = 0.0
    for rank, i in enumerate(finite):
        if rank > 0:
            gap = (xs[i] - xs[finite[rank - 1]]) / spacing if spacing > 0 else 1.0
            fade = math.pow(weight, gap) if gap > 0 else 1.0
            total, share = total * fade, share * fade
        total += values[i]
        share += 1.0
        out[i] = total / share
    return np.array(out, dtype=np.float64)


def smooth_mean(y: Float64s, window: int) -> Float64s:
    """Mean of the finite points among the `window` around each (centred; fewer at the ends)."""
    import numpy as np

    values = y.tolist()
    before, after = _window(window)
    finite = [i for i in range(len(values)) if math.isfinite(values[i])]
    out = list(values)
    for rank, i in enumerate(finite):
        near = finite[max(0, rank - before) : rank + after + 1]
        out[i] = math.fsum(values[j] / len(near) for j in near)
    return np.array(out, dtype=np.float64)


def smooth_median(y: Float64s, window: int) -> Float64s:
    """Median of the finite points among the `window` around each (centred; fewer at the ends)."""
    import numpy as np

    values = y.tolist()
    before, after = _window(window)
    finite = [i for i in range(len(values)) if math.isfinite(values[i])]
    out = list(values)
    ordered: list[float] = []
    inside: deque[float] = deque()
    entering = 0
    for rank, i in enumerate(finite):
        while entering < len(finite) and entering <= rank + after:
            value = values[finite[entering]]
            insort(ordered, value)
            inside.append(value)
            entering += 1
        if rank > before:
            ordered.remove(inside.popleft())
        out[i] = _median(ordered)
    return np.array(out, dtype=np.float64)


def _median(ordered: Sequence[float]) -> float:
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return ordered[middle - 1] + (ordered[middle] - ordered[middle - 1]) / 2


def _window(window: int) -> tuple[int, int]:
    if window < 1:
        raise ValueError("window must be at least 1")
    return (window - 1) // 2, window // 2


def _check_same_length(x: Float64s, y: Float64s) -> None:
    if len(x) != len(y):
        raise ValueError("x and y differ in length")
