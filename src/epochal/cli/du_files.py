"""How many bytes of its event files each tag of a run takes.

The reader keeps where every record of media, text and histograms lies, so those sizes are exact. Of scalars it
keeps the numbers only. The sizes of their records follow from the tag and the steps if the writer puts one
simple_value into each record, as torch, tensorboardX and Epochal do: if then no more is left over in a file than
its first record and its session marks take, the sizes are exact. If not (TensorFlow 2 repeats the metadata in each
record, TensorFlow 1 has many values in one), what is left for scalars is shared out by their numbers of points.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from epochal.events.records import FRAME_BYTES
from epochal.store.names import natural_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from epochal.store.file_state import FileState, TagPart
    from epochal.store.snapshot import Run

#: What a file's first record (version and name of the writer) and each session mark take at most.
_HEAD_RECORD_BYTES, _MARK_BYTES = 160, 64

#: Steps looked at in one go.
_CHUNK = 1 << 20


class MeasuredTag(NamedTuple):
    """A tag of a run; fields as of `du.TagSize`."""

    tag: str
    kind: str
    points: int
    bytes: int
    exact: bool
    superseded_points: int
    superseded_bytes: int


def measure_run(run: Run) -> tuple[list[MeasuredTag], int]:
    """The run's tags in natural order, and the bytes that belong to none; together the bytes of its files."""
    taken: defaultdict[tuple[str, str], int] = defaultdict(int)
    vague: set[tuple[str, str]] = set()
    other = 0
    for state in run.files:
        sizes, rest, is_exact = _measure_file(state)
        other += rest
        for part, size in sizes:
            key = (part.meta.stem, part.name)
            taken[key] += size
            if not is_exact and part.meta.stem == "scalars":
                vague.add(key)
    measured = []
    for tag in run.iter_tags():
        key = (tag.stem, tag.name)
        size = taken.pop(key, 0)
        series = tag.scalars() if tag.stem == "scalars" else tag.blobs()
        replaced = int(series.superseded.sum())
        share = size * replaced // max(1, tag.points)
        if replaced and tag.stem != "scalars":
            record_bytes = tag.blobs().columns[1][series.superseded]
            share = min(size, int(record_bytes.sum()) + FRAME_BYTES * replaced)
        measured.append(MeasuredTag(tag.name, tag.stem, tag.points, size, key not in vague, replaced, share))
    measured.sort(key=lambda tag: natural_key(tag.tag))
    # Gap marks are no tags to anybody but their reader.
    return measured, other + sum(taken.values())


def _measure_file(state: FileState) -> tuple[list[tuple[TagPart, int]], int, bool]:
    """Bytes of each of a file's tags, those of none, and whether those of scalars are exact."""
    parts = [part for part in state.parts if part.raw_points]
    blobs = [part for part in parts if part.meta.stem != "scalars"]
    scalars = [part for part in parts if part.meta.stem == "scalars"]
    sizes = list(zip(blobs, _measure_blobs(blobs), strict=True))
    damaged = sum(problem.bytes_lost or 0 for problem in state.problems)
    left = max(0, state.stat.size - damaged - sum(size for _, size in sizes))
    modelled = [_model_scalars(part) for part in scalars]
    rest = left - sum(modelled)
    if 0 <= rest <= _HEAD_RECORD_BYTES + _MARK_BYTES * len(state.markers) or not scalars:
        return (
            [*sizes, *zip(scalars, modelled, strict=True)],
            state.stat.size - _total(sizes) - sum(modelled),
            True,
        )
    head = min(left, _HEAD_RECORD_BYTES // 4)
    points = [part.points for part in scalars]
    shares = [(left - head) * count // sum(points) for count in points]
    shared = [*sizes, *zip(scalars, shares, strict=True)]
    return shared, state.stat.size - _total(shared), False


def _total(sizes: list[tuple[TagPart, int]]) -> int:
    return sum(size for _, size in sizes)


def _measure_blobs(parts: list[TagPart]) -> list[int]:
    """Bytes of the records of each part. A record with values of several tags is shared out by their sizes."""
    if not parts:
        return []
    columns = [part.blobs() for part in parts]
    sizes = np.array([int(column[3].sum()) + FRAME_BYTES * len(column[3]) for column in columns], np.int64)
    offsets = np.concatenate([column[2] for column in columns])
    if len(np.unique(offsets)) == len(offsets):
        return [int(size) for size in sizes]
    owner = np.repeat(np.arange(len(parts)), [len(column[2]) for column in columns])
    record_bytes = np.concatenate([column[3] for column in columns]).astype(np.int64) + FRAME_BYTES
    value_bytes = np.concatenate([column[5] for column in columns]).astype(np.int64)
    _, first, record = np.unique(offsets, return_index=True, return_inverse=True)
    # Each value has its own bytes; what surrounds them goes to the record's first value.
    total = np.bincount(owner, value_bytes, len(parts)).astype(np.int64)
    around = record_bytes[first] - np.bincount(record, value_bytes).astype(np.int64)
    total += np.bincount(owner[first], around, len(parts)).astype(np.int64)
    return [int(size) for size in total]


def _model_scalars(part: TagPart) -> int:
    """Bytes of the records of a scalar tag, each Event{wall_time, step, summary{value{tag, simple_value}}}."""
    step = part.scalars()[0]
    name = len(part.name.encode())  # escapes of bytes that are no UTF-8 make it longer; then the sum will tell
    value = 1 + _varint_bytes(name) + name + 5
    summary = 1 + _varint_bytes(value) + value
    fixed = FRAME_BYTES + 9 + 1 + _varint_bytes(summary) + summary
    total = fixed * len(step)
    for chunk in _chunks(step):
        total += _step_bytes(chunk)
    return total


def _chunks(column: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for start in range(0, len(column), _CHUNK):
        yield column[start : start + _CHUNK]


def _step_bytes(step: NDArray[np.int64]) -> int:
    """Bytes of the step fields: a tag byte and a varint, nothing for 0; ten bytes of varint for a negative one."""
    count = 11 * int((step < 0).sum()) + 2 * int((step > 0).sum())
    for bits in range(7, 63, 7):
        more = int((step >= 1 << bits).sum())
        if not more:
            break
        count += more
    return count


def _varint_bytes(value: int) -> int:
    return max(1, (value.bit_length() + 6) // 7)
