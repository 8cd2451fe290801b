"""GET /api/images: every image step of a tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from epochal.errors import DamagedRecordError
from epochal.query.blobs import read_samples
from epochal.query.columns import finite_or_none

if TYPE_CHECKING:
    from epochal.store.points import BlobSeries
    from epochal.store.snapshot import Snapshot


class ImageItem(msgspec.Struct, frozen=True):
    """One step. Its samples' bytes are at /api/blobs/{key}/{sample}; what a key names never changes."""

    step: int
    wall_time: float | None
    key: str
    lane: int
    superseded: bool


class ImagesResult(msgspec.Struct, frozen=True):
    """All steps, by lane, then step. `samples`, `width` and `height` (pixels) are those of the newest item."""

    revision: int
    samples: int
    width: int
    height: int
    items: list[ImageItem]


def list_images(snapshot: Snapshot, run: str, tag: str) -> ImagesResult:
    """All image steps of a tag. RunNotFoundError, TagNotFoundError."""
    series = snapshot.find_tag(run, tag, "images").blobs()
    items = [
        ImageItem(
            step, finite_or_none(wall_time), snapshot.make_blob_key(series.ref(i), "images"), lane, superseded
        )
        for i, (step, wall_time, lane, superseded) in enumerate(
            zip(
                series.step.tolist(),
                series.wall_time.tolist(),
                series.lane.tolist(),
                series.superseded.tolist(),
                strict=True,
            )
        )
    ]
    samples = width = height = 0
    newest = _newest(series)
    try:
        found = read_samples(snapshot, series.ref(newest), "images")
        samples, width, height = len(found.samples), found.width, found.height
    except DamagedRecordError:
        pass  # listed as a problem by now; the next snapshot comes without it
    return ImagesResult(snapshot.revision, samples, width, height, items)


def _newest(series: BlobSeries) -> int:
    """The position of the item logged last, superseded ones aside unless there are no others."""
    wall_time = np.where(np.isnan(series.wall_time), -np.inf, series.wall_time)
    active = ~series.superseded
    if active.any():
        wall_time = np.where(active, wall_time, -np.inf)
    return len(wall_time) - 1 - int(np.argmax(wall_time[::-1]))
