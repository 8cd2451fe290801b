"""GET /api/text: what was logged as text, as written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from epochal.store.snapshot import Snapshot


class TextItem(msgspec.Struct, frozen=True):
    """One step: a tensor of strings, `cells` in row-major order (`shape` is empty for a single text).

    `truncated`: more than 64 KiB, of which the beginning is sent. Bytes that are not UTF-8 become U+FFFD.
    """

    step: int
    wall_time: float | None
    lane: int
    superseded: bool
    shape: list[int]
    cells: list[str]
    truncated: bool


class TextResult(msgspec.Struct, frozen=True):
    """Items [start, start + len(items)) of `total`, by lane, then step."""

    revision: int
    total: int
    start: int
    items: list[TextItem]
