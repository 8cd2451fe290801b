"""Histograms: values → HistogramProto with exactly the buckets of torch's writer.

Torch counts with `numpy.histogram` over about 1,550 edges that grow by a tenth from 1e-12 to 1e20, mirrored
below zero. Here the values are sorted once and the edges looked up in them, which counts the same and
releases the GIL; a sort in the values' own float32 is three times as fast as one in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import encode_histogram, encode_value

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

PLUGIN_NAME = "histograms"

_DOT_ELEMENTS = 10_000

_MAX_RULE_BINS = 1_000_000

_FALLBACK_BINS = 1000

_FEW = 500
_PLAIN_NUMBERS = frozenset((float, int))


@lru_cache(maxsize=1)
def default_bins() -> tuple[float, ...]:
    """The edges that `bins="tensorflow"` means, ascending."""
    edges = []
    edge = 1e-12
    while edge < 1e20:
        edges.append(edge)
        edge *= 1.1
    return (*(-edge for edge in reversed(edges)), 0.0, *edges)


@lru_cache(maxsize=1)
def _default_edges() -> FloatArray:
    import numpy as np

    return np.asarray(default_bins())


def encode_histogram_value(
    tag: str,
    values: np.ndarray[Any, Any],
    bins: Any = "tensorflow",
    max_bins: int | None = None,
    torch_layout: bool = False,
) -> bytes:
    """Encode a histogram of `values` (any shape, any real dtype).

    bins: "tensorflow", or what `numpy.histogram` takes (a rule's name, a count, edges). max_bins merges
    neighbouring buckets until at most about so many are left. NaN and infinite values are in no bucket and
    not in min, max, num and the sums; they are counted beside. Finite values outside the edges are in num and
    the sums only, as with torch. Values may be empty. With torch_layout all values are in num, the minimum, the
    maximum and the sums, so one NaN makes NaN of them, and nothing is counted beside. Raises ValueError for
    bins that NumPy rejects.
    """
    import numpy as np

    flat = values.reshape(-1)
    if flat.dtype.itemsize > 8:
        # No edge, and no field of the message, holds more than float64.
        with np.errstate(all="ignore"):
            flat = flat.astype(np.float64)
    with np.errstate(all="ignore"):
        finite, nan, pos_inf, neg_inf = _split_non_finite(np, flat)
        if torch_layout:
            nan = pos_inf = neg_inf = 0
        exact = (flat if torch_layout else finite).astype(np.float64, copy=False)
        counts, edges = _count(np, finite, bins)
        if max_bins is not None:
            counts, edges = _merge_buckets(np, counts, edges, max_bins)
        counts, limits = _trim(np, counts, edges)
        some = exact.size > 0
        histogram = encode_histogram(
            float(exact.min()) if some else 0.0,
            float(exact.max()) if some else 0.0,
            exact.size,
            float(exact.sum()),
            _sum_squares(exact),
            limits.tolist(),
            counts.tolist(),
            nan=nan,
            pos_inf=pos_inf,
            neg_inf=neg_inf,
        )
    return encode_value(tag, histo=histogram)


def check_bins(bins: Any, max_bins: Any) -> None:
    """Raise ValueError or TypeError for bins that no histogram can use, before any value is copied."""
    import numpy as np

    if isinstance(bins, str) and bins == "tensorflow":
        pass
    elif np.iscomplexobj(bins):
        raise TypeError("bins are real numbers, not complex ones")
    elif isinstance(bins, str):
        np.histogram_bin_edges(np.zeros(2), bins=bins)
    elif np.ndim(bins) == 0:
        if int(bins) != bins or bins < 1:
            raise ValueError(f"bins={bins!r} is not a positive number of buckets")
    else:
        edges = np.asarray(bins, dtype=np.float64)
        if edges.ndim != 1 or edges.size < 2 or not bool(np.all(edges[:-1] <= edges[1:])):
            raise ValueError("bins must be at least two edges in ascending order")
    if max_bins is not None and (np.iscomplexobj(max_bins) or int(max_bins) < 1):
        raise ValueError(f"max_bins={max_bins!r} is not positive")


def check_buckets(limits_shape: tuple[int, ...], counts_shape: tuple[int, ...]) -> None:
    """Raise ValueError unless there is one count per limit."""
    if len(limits_shape) != 1 or limits_shape != counts_shape:
        raise ValueError(f"bucket_limits of shape {limits_shape} do not fit bucket_counts of {counts_shape}")


def are_few_numbers(values: Any) -> bool:
    """Whether `values` is a short list of plain numbers, which no array makes faster to encode."""
    return type(values) is list and len(values) <= _FEW and {*map(type, values)} <= _PLAIN_NUMBERS


def encode_raw_histogram_value(
    tag: str,
    statistics: tuple[float, float, float, float, float],
    limits: Sequence[float],
    counts: Sequence[float],
) -> bytes:
    """Encode buckets as they are; statistics: minimum, maximum, number, sum and sum of squares of the values."""
    return encode_value(tag, histo=encode_histogram(*statistics, limits, counts))


def _split_non_finite(np: Any, flat: Any) -> tuple[Any, int, int, int]:
    if flat.dtype.kind != "f":
        return flat, 0, 0, 0
    finite = np.isfinite(flat)
    lost = flat.size - int(np.count_nonzero(finite))
    if not lost:
        return flat, 0, 0, 0
    nan = int(np.count_nonzero(np.isnan(flat)))
    pos_inf = int(np.count_nonzero(flat == np.inf))
    return flat[finite], nan, pos_inf, lost - nan - pos_inf


def _sum_squares(exact: FloatArray) -> float:
    """The dot product with itself, in pieces.

    For one of more than 10,000 elements OpenBLAS would put every core to work, and keep them spinning a while.
    """
    pieces = (exact[start : start + _DOT_ELEMENTS] for start in range(0, exact.size, _DOT_ELEMENTS))
    return float(sum(piece.dot(piece) for piece in pieces))


def _count(np: Any, finite: Any, bins: Any) -> tuple[Any, Any]:
    """What `numpy.histogram(finite as float64, bins)` returns."""
    if isinstance(bins, str) and bins != "tensorflow":
        return _count_by_rule(np, finite.astype(np.float64, copy=False), bins)
    if not isinstance(bins, str) and np.ndim(bins) == 0:
        return _count_evenly(np, finite.astype(np.float64, copy=False), int(bins))
    edges = _default_edges() if isinstance(bins, str) else np.asarray(bins, dtype=np.float64)
    if finite.dtype.kind in "biu":
        finite = finite.astype(np.float64)
    ordered = np.sort(finite).astype(np.float64, copy=False)
    # All buckets are half-open but the last, which takes its right edge in.
    below = np.searchsorted(ordered, edges, side="left")
    below[-1] = np.searchsorted(ordered, edges[-1], side="right")
    return np.diff(below), edges


def _count_by_rule(np: Any, exact: FloatArray, rule: str) -> tuple[Any, Any]:
    """An outlier far from all others makes some rules ask for more buckets than there is memory."""
    if rule == "fd" and exact.size:
        # The other rules go by the standard deviation, which grows with the outlier, or by the number of values.
        width = 2 * float(np.subtract(*np.percentile(exact, [75, 25]))) / exact.size ** (1 / 3)
        if width > 0 and float(np.ptp(exact)) / width > _MAX_RULE_BINS:
            return _count_evenly(np, exact, _FALLBACK_BINS)
    try:
        return np.histogram(exact, bins=rule)  # type: ignore[no-any-return]
    except (ValueError, IndexError, OverflowError, MemoryError):
        return _count_evenly(np, exact, _FALLBACK_BINS)


def _count_evenly(np: Any, exact: FloatArray, bins: int) -> tuple[Any, Any]:
    try:
        return np.histogram(exact, bins=bins)  # type: ignore[no-any-return]
    except (ValueError, IndexError):
        # The range overflows float64, or is too narrow for so many numbers between its ends.
        low, high = float(exact.min()), float(exact.max())
        steps = np.linspace(0.0, 1.0, bins + 1)
        edges = np.maximum.accumulate(np.clip(low * (1 - steps) + high * steps, low, high))
        edges[-1] = high
        return np.histogram(exact, bins=edges)  # type: ignore[no-any-return]


def _merge_buckets(np: Any, counts: Any, edges: Any, max_bins: int) -> tuple[Any, Any]:
    """Torch's reduction: every k-th edge stays, k = buckets // max_bins; the last edge always does."""
    if len(counts) <= max_bins:
        return counts, edges
    k = len(counts) // max_bins
    if len(counts) % k:
        counts = np.concatenate([counts, np.zeros(k - len(counts) % k, counts.dtype)])
    return counts.reshape(-1, k).sum(axis=-1), np.append(edges[:-1:k], edges[-1])


def _trim(np: Any, counts: Any, edges: Any) -> tuple[Any, Any]:
    """Cut to the buckets that hold something, with one empty bucket before them.

    A HistogramProto names right edges only: the empty bucket's is the left edge of the first full one.
    Nothing counted at all gives no buckets.
    """
    full = np.flatnonzero(counts)
    if not full.size:
        return counts[:0], edges[:0]
    first, last = int(full[0]), int(full[-1])
    return np.concatenate([np.zeros(1, counts.dtype), counts[first : last + 1]]), edges[first : last + 2]
