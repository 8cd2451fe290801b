"""Centre and band of several values, position by position: plain statistics over those that are there.

Values are float64[members, positions]; NaN stands for a member without a value at that position. Every number is
NumPy's over the values that are there: `numpy.mean`, `median`, `std`, `percentile`; the interquartile mean is
SciPy's `trim_mean(values, 0.25)`, the standard error its `sem` (the deviation of a sample, ddof 1).
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Center = Literal["mean", "median", "iqm"]

Band = Literal["none", "minmax", "std", "sem", "ci95", "percentile"]

#: The bootstrap draws so many samples, the same at every position and in every answer.
DRAWS, SEED = 1_000, 0

#: Percentiles between which 95 % of the bootstrapped centres lie.
_CI95 = (2.5, 97.5)

#: Weights of samples of up to so many values are kept for the next answer, 1 MB each at most.
_MOST_RECALLED = 128

#: So many positions' samples are held at a time: 4 MB.
_ROWS_AT_A_TIME = 512


class Aggregate(msgspec.Struct, frozen=True):
    """What is drawn of a group: its centre, and the band around it.

    `iqm`: the mean of the middle half. Bands: `minmax`; `std` and `sem`, the centre ∓ one standard deviation or
    error; `ci95`, where 95 % of 1,000 bootstrapped centres lie; `percentile`, from the `low`-th to the `high`-th.
    """

    center: Center = "mean"
    band: Band = "none"
    low: Annotated[float, msgspec.Meta(ge=0, le=100)] = 25.0
    high: Annotated[float, msgspec.Meta(ge=0, le=100)] = 75.0


def count_values(values: Floats) -> NDArray[np.uint32]:
    """uint32[positions]: how many members have a value."""
    counts: NDArray[np.uint32] = (~np.isnan(values)).sum(axis=0, dtype=np.uint32)
    return counts


def find_center(values: Floats, center: Center) -> Floats:
    """float64[positions]; NaN where there is no value."""
    with np.errstate(all="ignore"):
        if center == "mean":
            return _mean(values)
        ordered = _sort(values)
        counts = count_values(values).astype(np.int64)
        if center == "median":
            low, high = _pick(ordered, (counts - 1) // 2), _pick(ordered, counts // 2)
            return np.where(low == high, low, (low + high) / 2)
        cut = (counts // 4)[:, None]
        ranks = np.arange(ordered.shape[1])
        inside = (ranks >= cut) & (ranks < counts[:, None] - cut)
        middle: Floats = np.where(inside, ordered, 0).sum(axis=1) / inside.sum(axis=1)
        return middle


def find_band(values: Floats, aggregate: Aggregate) -> tuple[Floats, Floats]:
    """(low, high), float64[positions] each; NaN where there is no value. One value is its own band."""
    band = aggregate.band
    with np.errstate(all="ignore"):
        if band in ("std", "sem"):
            center = find_center(values, aggregate.center)
            around = _deviation(values, sample=band == "sem")
            if band == "sem":
                around = around / np.sqrt(count_values(values))
            return center - around, center + around
        if band == "ci95":
            return _bootstrap(values, aggregate.center)
        if band == "percentile":
            ordered, counts = _sort(values), count_values(values)
            low, high = sorted((aggregate.low, aggregate.high))
            return _percentile(ordered, counts, low), _percentile(ordered, counts, high)
        empty = count_values(values) == 0
        lowest, highest = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
        return np.where(empty, np.nan, lowest), np.where(empty, np.nan, highest)


def _mean(values: Floats) -> Floats:
    mean: Floats = np.nansum(values, axis=0) / count_values(values)
    return mean


def _deviation(values: Floats, *, sample: bool) -> Floats:
    """The standard deviation, of a sample if so; 0 of one value."""
    counts = count_values(values).astype(np.float64)
    squares = np.nansum((values - _mean(values)) ** 2, axis=0)
    deviation: Floats = np.sqrt(squares / (np.maximum(counts - 1, 1) if sample else counts))
    return deviation


def _sort(values: Floats) -> Floats:
    """float64[positions, members], each position's values ascending, NaN last."""
    ordered: Floats = values.T.copy(order="C")
    ordered.sort(axis=1)
    return ordered


def _pick(ordered: Floats, ranks: NDArray[np.int64]) -> Floats:
    """Each position's value of a rank. Rank -1 is the last, which is NaN where there is no value at all."""
    return ordered[np.arange(len(ordered)), ranks]


def _percentile(ordered: Floats, counts: NDArray[np.uint32], percent: float) -> Floats:
    """numpy.percentile's default, linear between ranks."""
    exact = (counts.astype(np.float64) - 1) * (percent / 100)
    below = np.floor(exact).astype(np.int64)
    above = np.minimum(below + 1, counts.astype(np.int64) - 1)
    low, high = _pick(ordered, below), _pick(ordered, above)
    return np.where(low == high, low, low + (high - low) * (exact - below))


def _bootstrap(values: Floats, center: Center) -> tuple[Floats, Floats]:
    """The interval in which 95 % of the centres of resampled values lie.

    Samples are drawn of ranks, so that a position's interval depends on its values only, not on which member has
    which: all positions with as many values share the same draws.
    """
    ordered = _sort(values)
    counts = count_values(values)
    low, high = np.full(len(ordered), np.nan), np.full(len(ordered), np.nan)
    for count in np.unique(counts[counts > 0]).tolist():
        weights = (_recall_weights if count <= _MOST_RECALLED else _draw_weights)(count, center).T
        positions = np.flatnonzero(counts == count)
        for start in range(0, len(positions), _ROWS_AT_A_TIME):
            at = positions[start : start + _ROWS_AT_A_TIME]
            centers = ordered[at, :count] @ weights
            low[at], high[at] = (_partition_percentile(centers, percent) for percent in _CI95)
    return low, high


def _partition_percentile(rows: Floats, percent: float) -> Floats:
    """numpy.percentile of each row, four times as fast. Rows lose their order."""
    exact = (rows.shape[1] - 1) * (percent / 100)
    below = int(exact)
    rows.partition(below, axis=1)
    low, high = rows[:, below], rows[:, below + 1 :].min(axis=1)
    return np.where(low == high, low, low + (high - low) * (exact - below))


def _draw_weights(count: int, center: Center) -> Floats:
    """float64[DRAWS, count]: what each rank weighs in the centre of each sample.

    Sorted, a sample holds a rank as often as it was drawn, in a row; the centre is the mean of a stretch of it.
    """
    drawn = np.random.default_rng(SEED).integers(count, size=(DRAWS, count))
    places = drawn + count * np.arange(DRAWS)[:, None]
    often = np.bincount(places.ravel(), minlength=DRAWS * count).reshape(DRAWS, count)
    ends = often.cumsum(axis=1)
    if center == "mean":
        first, last = 0, count
    elif center == "median":
        first, last = (count - 1) // 2, count // 2 + 1
    else:
        first, last = count // 4, count - count // 4
    inside = np.minimum(ends, last) - np.maximum(ends - often, first)
    weights: Floats = np.maximum(inside, 0) / (last - first)
    return weights


_recall_weights = functools.lru_cache(maxsize=32)(_draw_weights)
