"""GET /api/images: every image step of a tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
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
