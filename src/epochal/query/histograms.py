"""GET /api/histograms: buckets of every step, or of evenly spread steps where there are many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from epochal.errors import DamagedRecordError
from epochal.events.messages import Histogram, Tensor, decode_value
from epochal.events.wire import WireError
from epochal.query.columns import Columns
from epochal.query.selection import select_positions, spread_positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from epochal.events.messages import DecodedValue
    from epochal.store.snapshot import Snapshot


class HistogramsResult(msgspec.Struct, frozen=True):
    """Describes the columns of `shown` of `total` histograms.

    Per histogram: `step`, `wall_time` (float64) and `bucket_start` (uint32, one more than histograms): its
    buckets are [bucket_start[i], bucket_start[i + 1]) of `left`, `right` (edges) and `bucket_count` (float64).
    """

    revision: int
    run: str
    tag: str
    total: int
    shown: int


MAX_STEPS = 10_000


def read_histograms(
    snapshot: Snapshot, run: str, tag: str, *, max_steps: int = 200, superseded: bool = False
) -> Columns[HistogramsResult]:
    """A tag's histograms by step, all lanes together, at most `max_steps`, the first and last among them.

    RunNotFoundError, TagNotFoundError. A histogram that cannot be decoded is left out.
    """
    series = snapshot.find_tag(run, tag, "histograms").blobs()
    positions = select_positions(series, superseded=superseded)
    total = len(positions)
    kept, buckets = [], []
    for position in spread_positions(positions, max(1, min(max_steps, MAX_STEPS))).tolist():
        try:
            decoded = decode_buckets(snapshot.read_blob(series.ref(position)))
        except DamagedRecordError:
            continue
        if decoded is not None:
            kept.append(position)
            buckets.append(decoded)
    chosen = np.array(kept, dtype=np.int64)
    joined = np.concatenate(buckets) if buckets else np.empty((0, 3))
    starts = np.cumsum([0, *(len(one) for one in buckets)])
    return Columns(
        HistogramsResult(snapshot.revision, run, tag, total, len(kept)),
        {
            "step": series.step[chosen].astype(np.float64),
            "wall_time": series.wall_time[chosen],
            "bucket_start": starts.astype(np.uint32),
            "left": np.ascontiguousarray(joined[:, 0]),
            "right": np.ascontiguousarray(joined[:, 1]),
            "bucket_count": np.ascontiguousarray(joined[:, 2]),
        },
    )


def decode_buckets(data: bytes) -> NDArray[np.float64] | None:
    """A histogram value's buckets, float64[k, 3]: left edge, right edge, count. None if it is none.

    Legacy histograms store right edges only, the outermost of which may be ±DBL_MAX: empty buckets at both ends
    are dropped, then the first begins at the data's minimum and the last ends at its maximum (tensorboard's
    data_compat.py).
    """
    try:
        return make_buckets(decode_value(data).value)
    except WireError:
        return None


def make_buckets(value: DecodedValue) -> NDArray[np.float64] | None:
    """The same of a decoded value. WireError if a tensor is malformed."""
    from epochal.events.tensors import decode_tensor

    if isinstance(value, Histogram):
        return _migrate(value)
    if isinstance(value, Tensor):
        buckets = decode_tensor(value.data)
        if buckets.ndim == 2 and buckets.shape[1] == 3 and buckets.dtype.kind in "fiu":
            return buckets.astype(np.float64)
    return None


def _migrate(histogram: Histogram) -> NDArray[np.float64] | None:
    if len(histogram.limits) != len(histogram.counts):
        return None
    counts = np.array(histogram.counts, dtype=np.float64)
    filled = np.flatnonzero(counts > 0)
    if not len(filled):
        return np.empty((0, 3))
    first, last = int(filled[0]), int(filled[-1])
    inner = np.array(histogram.limits[first:last], dtype=np.float64)
    buckets = np.empty((last - first + 1, 3))
    buckets[0, 0] = histogram.minimum
    buckets[1:, 0] = inner
    buckets[:-1, 1] = inner
    buckets[-1, 1] = histogram.maximum
    buckets[:, 2] = counts[first : last + 1]
    return buckets
