"""TensorBoard's histogram routes: the buckets of every step."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from epochal.errors import DamagedRecordError
from epochal.query.histograms import decode_buckets
from epochal.query.selection import select_positions, spread_positions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from epochal.store.snapshot import Snapshot


class HistogramPoint(NamedTuple):
    """`buckets` float64[k, 3]: left edge, right edge, count."""

    wall_time: float
    step: int
    buckets: NDArray[np.float64]


def list_histograms(
    snapshot: Snapshot, run: str, tag: str, *, sample: int | None = None, superseded: bool = False
) -> list[HistogramPoint]:
    """A tag's histograms by step, those that cannot be decoded left out; `sample`: at most so many, spread evenly.

    RunNotFoundError, TagNotFoundError.
    """
    series = snapshot.find_tag(run, tag, "histograms").blobs()
    points = []
    for position in spread_positions(select_positions(series, superseded=superseded), sample).tolist():
        try:
            buckets = decode_buckets(snapshot.read_blob(series.ref(position)))
        except DamagedRecordError:
            continue
        if buckets is not None:
            points.append(HistogramPoint(float(series.wall_time[position]), int(series.step[position]), buckets))
    return points
