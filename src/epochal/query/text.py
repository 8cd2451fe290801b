"""GET /api/text: what was logged as text, as written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from epochal.errors import DamagedRecordError
from epochal.events.messages import decode_value
from epochal.events.wire import WireError
from epochal.query.blobs import decode_strings
from epochal.query.columns import finite_or_none

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


#: What one item may send at most, in bytes, unless it is asked for in full.
MAX_ITEM_BYTES = 64 << 10


def read_text(
    snapshot: Snapshot, run: str, tag: str, *, start: int = 0, count: int = 200, full: bool = False
) -> TextResult:
    """Items [start, start + count) of a tag. `full` lifts the limit of 64 KiB for each.

    RunNotFoundError, TagNotFoundError. An item whose record proves damaged is left out and listed as a problem.
    """
    series = snapshot.find_tag(run, tag, "text").blobs()
    total = len(series)
    start = min(max(0, start), total)
    end = min(total, start + max(0, count))
    lane, superseded = series.lane, series.superseded
    items = []
    for position in range(start, end):
        try:
            shape, strings = _decode(snapshot.read_blob(series.ref(position)))
        except DamagedRecordError:
            continue
        cells, truncated = _cut(strings, None if full else MAX_ITEM_BYTES)
        items.append(
            TextItem(
                step=int(series.step[position]),
                wall_time=finite_or_none(series.wall_time[position]),
                lane=int(lane[position]),
                superseded=bool(superseded[position]),
                shape=shape,
                cells=cells,
                truncated=truncated,
            )
        )
    return TextResult(snapshot.revision, total, start, items)


def _decode(data: bytes) -> tuple[list[int], list[bytes]]:
    """Shape and cells; a value that holds no strings has none."""
    try:
        strings = decode_strings(decode_value(data).value)
    except WireError:
        return [0], []
    return list(strings.shape), strings.ravel().tolist()


def _cut(strings: list[bytes], limit: int | None) -> tuple[list[str], bool]:
    """The cells as text, empty ones where the limit leaves nothing."""
    cells = []
    truncated = False
    for string in strings:
        if limit is not None:
            if len(string) > limit:
                truncated = True
                string = _cut_utf8(string, limit)
            limit -= len(string)
        cells.append(string.decode(errors="replace"))
    return cells, truncated


def _cut_utf8(data: bytes, limit: int) -> bytes:
    """At most `limit` bytes, not ending within a character."""
    end = limit
    while end > 0 and limit - end < 4 and data[end] & 0xC0 == 0x80:
        end -= 1
    return data[:end]
