"""Framing over a growing, possibly damaged file: the readable twin of native/src/record_reader.

The rules (also docs/formats/event_files.md):

- A frame counts if its length CRC matches, its length is below 2 GiB and its data CRC matches. Of a record
  above `head_only_above` bytes the data CRC is not computed if the next frame's length CRC matches.
- Anything else is either a tail that still grows or damage. The bytes after it are searched for the next
  frame whose two CRCs match; one that is found proves damage (in a writer's torn record too, when another
  writer appended to it), and everything before it is lost and listed.
- Without such a frame the rest stays pending and is read again next time: NFS shows zeros where data will
  be. Only what lies more than 1 MiB before the end is given up.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from epochal.events.crc32c import masked_crc32c
from epochal.events.filesystem import pread
from epochal.events.records import FOOTER_BYTES, FRAME_BYTES, HEADER_BYTES, MAX_RECORD_BYTES, read_header
from epochal.events.wire import Buffer

HEAD_ONLY_ABOVE = 1 << 16
PENDING_BYTES = 1 << 20

SEARCH_BYTES = 16 << 20
"""A search for the next frame through so many bytes is interrupted: whoever decodes may want to stop."""

CRC_BUDGET = 1 << 30
"""Bytes (plus 4 times what the file has on the disk) spent on data CRCs that fail, before a forged file of
nothing but headers may not ask for CRCs of more than BROKE_BYTES each."""
BROKE_BYTES = 4096

BAD_LENGTH_CRC = "length checksum does not match"
BAD_DATA_CRC = "data checksum does not match"
CUT_SHORT = "record is cut short"


class FileSource:
    """A file descriptor, as long as it is now."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        stat = os.fstat(fd)
        self.end = stat.st_size
        self.stored_bytes = min(self.end, 512 * getattr(stat, "st_blocks", 1 << 60))

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes; fewer if the file shrank."""
        return pread(self._fd, size, offset)


class MemorySource:
    """Bytes that stand for the file's bytes from `base` on."""

    def __init__(self, data: Buffer, base: int) -> None:
        self._data = memoryview(data).cast("B")
        self._base = base
        self.end = self.stored_bytes = base + len(self._data)

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes at a file offset ≥ base."""
        start = offset - self._base
        return bytes(self._data[start : start + size])


Source = FileSource | MemorySource


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole record: where its header stands, its data's length, its stored CRC; `checked` if that matched."""

    offset: int
    length: int
    crc: int
    checked: bool

    @property
    def end(self) -> int:
        return self.offset + FRAME_BYTES + self.length


@dataclass(slots=True)
class Damage:
    """Bytes given up so far; grows while the next frame is still being looked for."""

    offset: int
    lost_bytes: int
    message: str


@dataclass(slots=True)
class Progress:
    """How far a reader came, and all that the next one needs to go on from there."""

    offset: int
    head_only_above: int = HEAD_ONLY_ABOVE
    failed_bytes: int = 0
    open_damage: Damage | None = None
    tail_problem: tuple[int, int, str] | None = None


class FrameReader:
    """Finds the frames of a file, one after another, across calls as the file grows."""

    def __init__(self, progress: Progress) -> None:
        self.is_searching = False
        self.offset = progress.offset
        self.tail_problem = progress.tail_problem
        self._head_only_above = progress.head_only_above
        self._failed_bytes = progress.failed_bytes
        self._open = progress.open_damage

    @property
    def progress(self) -> Progress:
        """What a reader must be given to go on from here."""
        return Progress(self.offset, self._head_only_above, self._failed_bytes, self._open, self.tail_problem)

    def next_frame(self, source: Source, damages: list[Damage]) -> Frame | None:
        """The next frame, whose `end` becomes the new offset; None at the end of what can be read now.

        None too, with `is_searching`, if there is much damage: ask again.
        Damage that was passed is appended to `damages`; an entry may still grow in later calls.
        """
        self.tail_problem = None
        message = ""
        frame: Frame | str | None = None
        if self._open is None:
            frame = self._read_frame(source, self.offset)
            if isinstance(frame, Frame):
                self.offset = frame.end
                return frame
            message = CUT_SHORT if frame is None else frame
        start = self.offset if self._open else self.offset + 1
        stop = source.end
        if (self._open is not None or frame is not None) and start < source.end - PENDING_BYTES:
            stop = min(start + SEARCH_BYTES, source.end - PENDING_BYTES)
        found, candidate = self._search(source, start, stop)
        if found is not None:
            self._give_up(found.offset, message, damages)
            self._open = None
            self.offset = found.end
            return found
        if self._open is None and frame is None:
            return None  # a record that is still being written
        if self.is_searching:
            self._give_up(candidate, message, damages)
            return None
        keep_from = min(candidate, source.end - PENDING_BYTES)
        if keep_from > self.offset:
            self._give_up(keep_from, message, damages)
        if self._open is not None:
            message = self._open.message
        self.tail_problem = (self.offset, source.end - self.offset, message)
        return None

    def _give_up(self, until: int, message: str, damages: list[Damage]) -> None:
        if self._open is None:
            self._open = Damage(self.offset, 0, message)
            damages.append(self._open)
        self._open.lost_bytes = until - self._open.offset
        self.offset = until

    def _read_frame(self, source: Source, offset: int) -> Frame | str | None:
        """The frame at `offset`, what is wrong with it, or None if it is not all there."""
        header = source.read(offset, HEADER_BYTES)
        if len(header) < HEADER_BYTES:
            return None
        length = read_header(header)
        if length is None:
            return BAD_LENGTH_CRC
        if length >= MAX_RECORD_BYTES:
            return f"record claims {length} bytes"
        if length > source.end - offset - FRAME_BYTES:
            return None
        if length > self._head_only_above:
            after = source.read(offset + FRAME_BYTES + length, HEADER_BYTES)
            if len(after) == HEADER_BYTES and read_header(after) is not None:
                crc = source.read(offset + HEADER_BYTES + length, FOOTER_BYTES)
                if len(crc) < FOOTER_BYTES:
                    return None
                return Frame(offset, length, int.from_bytes(crc, "little"), False)
        return self._check_data(source, offset, length)

    def _check_data(self, source: Source, offset: int, length: int) -> Frame | str | None:
        if length > BROKE_BYTES and self._failed_bytes > CRC_BUDGET + 4 * source.stored_bytes:
            return BAD_DATA_CRC
        data = source.read(offset + HEADER_BYTES, length + FOOTER_BYTES)
        if len(data) < length + FOOTER_BYTES:
            return None
        crc = int.from_bytes(data[length:], "little")
        if crc == masked_crc32c(memoryview(data)[:length]):
            return Frame(offset, length, crc, True)
        self._failed_bytes += length
        return BAD_DATA_CRC

    def _search(self, source: Source, start: int, stop: int) -> tuple[Frame | None, int]:
        """The first whole frame at or after `start` whose CRCs match, and else where one may be growing.

        Or where the search was interrupted, at `stop`; `is_searching` then.
        """
        self.is_searching = False
        growing = None
        window = memoryview(b"")
        base = start
        for offset in range(start, source.end - HEADER_BYTES + 1):
            if offset >= stop and growing is None:
                self.is_searching = True
                return None, offset
            if offset - base + HEADER_BYTES > len(window):
                base, window = offset, memoryview(source.read(offset, 1 << 16))
                if len(window) < HEADER_BYTES:
                    break
            if not _looks_like_header(window, offset - base):
                continue
            length = int.from_bytes(window[offset - base : offset - base + 8], "little")
            if length >= MAX_RECORD_BYTES:
                continue
            if length > source.end - offset - FRAME_BYTES:
                growing = offset if growing is None else growing
                continue
            frame = self._check_data(source, offset, length)
            if isinstance(frame, Frame):
                return frame, 0
        if growing is None:
            growing = max(start, source.end - HEADER_BYTES + 1)
        return None, growing


def _looks_like_header(window: memoryview, at: int) -> bool:
    if window[at + 4 : at + 8] != bytes(4):  # the length's upper half: saves a CRC at nearly every offset
        return False
    return read_header(window, at) is not None
