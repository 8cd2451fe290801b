"""GET /api/histograms: buckets of every step, or of evenly spread steps where there are many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
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
