"""TensorBoard's view of histograms as nine percentiles (tensorboard/plugins/distribution/compressor.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Hundredths of a per cent: the median, and whole and half standard deviations of a normal distribution.
BASIS_POINTS = (0, 668, 1587, 3085, 5000, 6915, 8413, 9332, 10000)


def compress_buckets(buckets: NDArray[np.float64]) -> list[tuple[int, float]]:
    """(basis point, value below which that share of the counts lies), linear within a bucket; 0.0 without buckets.

    `buckets` float64[k, 3]: left edge, right edge, count.
    """
    if not len(buckets):
        return [(point, 0.0) for point in BASIS_POINTS]
    lowest, highest = float(buckets[0, 0]), float(buckets[-1, 1])
    right, counts = buckets[:, 1], buckets[:, 2]
    with np.errstate(invalid="ignore", over="ignore"):
        weights = (counts * BASIS_POINTS[-1] / (counts.sum() or 1.0)).cumsum()
    before = np.concatenate([[0.0], weights[:-1]])
    filled = np.flatnonzero(weights != before)
    values = []
    for point in BASIS_POINTS:
        first = int(np.searchsorted(weights, point, side="right"))
        place = int(np.searchsorted(filled, first))
        if place == len(filled):
            values.append((point, highest))
            continue
        bucket = int(filled[place])
        left = max(float(right[bucket - 1]), lowest) if bucket and before[bucket] else lowest
        values.append((point, _lerp(point, before[bucket], weights[bucket], left, min(right[bucket], highest))))
    return values


def _lerp(x: float, x0: float, x1: float, y0: float, y1: float) -> float:
    """The line from (x0, y0) to (x1, y1) at x."""
    with np.errstate(invalid="ignore", over="ignore"):
        return float(y0 + (x - x0) * (y1 - y0) / (x1 - x0))
