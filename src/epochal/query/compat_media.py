"""Items of pictures and sound as TensorBoard lists them: one entry for a step, and one sample of each.

An item's samples lie inside its record, which TensorBoard has read at load. Here only the records of tensors
that have been asked for are read to count them, and the counts are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from epochal.errors import BlobNotFoundError, DamagedRecordError
from epochal.query.blobs import read_blob, read_samples
from epochal.query.compat_tags import iter_runs, make_tag
from epochal.query.selection import select_positions, spread_positions

if TYPE_CHECKING:
    from epochal.store.points import BlobRef, BlobSeries
    from epochal.store.snapshot import Snapshot
    from epochal.store.tags import Tag

#: How many items of a tag are looked at to say how many samples its items have; TensorBoard looks at as many.
COUNTED_ITEMS = 10

_MAX_COUNTS = 100_000
_counts: dict[str, int] = {}


class MediaTag(NamedTuple):
    """`samples`: the most that an item has, of up to ten items spread over the tag."""

    display_name: str
    description: str
    samples: int


class MediaItem(NamedTuple):
    """One step; `key` names one of its samples for `read_media`, for ever."""

    wall_time: float
    step: int
    key: str


def list_media_tags(snapshot: Snapshot, stem: str) -> dict[str, dict[str, MediaTag]]:
    """All tags of images or audio by run."""
    return {
        run: {tag.name: MediaTag(*make_tag(tag), count_tag_samples(snapshot, tag, stem)) for tag in tags}
        for run, tags in iter_runs(snapshot, stem)
    }


def list_media(
    snapshot: Snapshot,
    run: str,
    tag: str,
    stem: str,
    number: int,
    *,
    most: int | None = None,
    superseded: bool = False,
) -> list[MediaItem]:
    """The items that have a sample of that number, by step. RunNotFoundError, TagNotFoundError."""
    found = snapshot.find_tag(run, tag, stem)
    series = found.blobs()
    positions = spread_positions(select_positions(series, superseded=superseded), most)
    items = []
    for position in positions.tolist():
        if number and count_samples(snapshot, found, series, position, stem) <= number:
            continue
        key = snapshot.make_blob_key(series.ref(position), stem)
        items.append(MediaItem(float(series.wall_time[position]), int(series.step[position]), f"{key}.{number}"))
    return items


def read_media(snapshot: Snapshot, key: str) -> bytes:
    """The bytes of a sample, as logged. BlobNotFoundError, DamagedRecordError."""
    blob, _, number = key.rpartition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise BlobNotFoundError(key)
    return read_blob(snapshot, blob, int(number))


def count_tag_samples(snapshot: Snapshot, tag: Tag, stem: str) -> int:
    """The most samples of any of up to ten items spread over the tag."""
    if _is_single(tag, stem):
        return 1
    series = tag.blobs()
    looked_at = spread_positions(np.arange(len(series)), COUNTED_ITEMS)
    return max((count_samples(snapshot, tag, series, one, stem) for one in looked_at.tolist()), default=0)


def count_samples(snapshot: Snapshot, tag: Tag, series: BlobSeries, position: int, stem: str) -> int:
    """How many samples an item has; none if its record is damaged."""
    if _is_single(tag, stem):
        return 1
    ref = series.ref(position)
    key = snapshot.make_blob_key(ref, stem)
    count = _counts.get(key)
    if count is None:
        count = _count(snapshot, ref, stem)
        if len(_counts) >= _MAX_COUNTS:
            _counts.clear()
        _counts[key] = count
    return count


def _is_single(tag: Tag, stem: str) -> bool:
    """Messages of images and audio hold one each; all parts of a tag are asked, as its form may have changed."""
    legacy = "image" if stem == "images" else "audio"
    return all(part.meta.kind == legacy for part in tag.source.parts)


def _count(snapshot: Snapshot, ref: BlobRef, stem: str) -> int:
    try:
        return len(read_samples(snapshot, ref, stem).samples)
    except DamagedRecordError:
        return 0
