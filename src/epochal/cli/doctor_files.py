"""One event file, every byte of it checked."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from epochal.events.core import EventDecoder
from epochal.events.filesystem import open_readonly, pread
from epochal.store.log_file import HEAD_BYTES

#: Bytes decoded between two reports of progress.
_SLICE_BYTES = 16 << 20

#: How the decoder names a value that it skips in a record that is whole; all else that it lists is lost bytes.
_OF_VALUE = "is not one number"

#: The decoder lists so many; the next entry counts the others.
MAX_LISTED = 1_000


class CheckedFile(NamedTuple):
    """What a check found. `problems`: (offset, lost bytes, message). `end`: up to where there are whole records.

    `tail`: what is wrong behind `end`, "" if nothing is or if a record is merely not all there. `start`: the first
    bytes of the file.
    """

    size: int
    records: int
    tags: int
    points: int
    first_wall_time: float | None
    last_wall_time: float | None
    problems: list[tuple[int, int, str]]
    end: int
    tail: str
    start: bytes

    @property
    def lost_bytes(self) -> int:
        """Damaged, or cut short at the end."""
        lost = sum(lost for _, lost, message in self.problems if not is_of_value(message))
        return lost + self.size - self.end


def is_of_value(message: str) -> bool:
    """Whether a problem is of a value in a record that is whole and good otherwise."""
    return message.endswith(_OF_VALUE)


def check_file(path: str, on_bytes: Callable[[int], None] = lambda size: None) -> CheckedFile:
    """Decode a file with every CRC computed, those of large records too. OSError."""
    fd = open_readonly(path)
    try:
        decoder = decode_all(fd, on_bytes)
        return describe(decoder, os.fstat(fd).st_size, pread(fd, HEAD_BYTES, 0))
    finally:
        os.close(fd)


def decode_all(fd: int, on_bytes: Callable[[int], None] = lambda size: None) -> EventDecoder:
    """A decoder at the end of the file, which computed every CRC."""
    decoder = EventDecoder(verify_payloads=True)
    while True:
        before = decoder.offset
        decoder.decode(fd, _SLICE_BYTES)
        on_bytes(decoder.offset - before)
        if decoder.offset - before < _SLICE_BYTES:
            return decoder


def describe(decoder: EventDecoder, size: int, start: bytes) -> CheckedFile:
    """What a decoder knows of a file of so many bytes."""
    counts = decoder.point_counts()
    return CheckedFile(
        max(size, decoder.offset),
        decoder.records,
        len(counts),
        sum(counts),
        decoder.first_wall_time,
        decoder.last_wall_time,
        decoder.problems(),
        decoder.offset,
        decoder.tail_problem[2] if decoder.tail_problem is not None else "",
        start,
    )
