"""A clean copy of event files: whole, good records only, byte for byte; written elsewhere and read again."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from epochal.cli.doctor_files import MAX_LISTED, decode_all, is_of_value
from epochal.cli.options import OptionError
from epochal.errors import EpochalError
from epochal.events.filesystem import open_readonly, pread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from epochal.events.core import EventDecoder

_CHUNK_BYTES = 1 << 20


class NotTheSameError(EpochalError):
    """A copy does not hold what its original does; it was not kept."""


class NothingWholeError(EpochalError):
    """A file has no record that could be copied; a copy would be an empty file, which is a problem of its own."""


class CleanCopy(NamedTuple):
    """A file that was written: its size, and how many bytes of the original it does without."""

    size: int
    left_out: int


def check_out(logdir: str, out: str) -> str:
    """The absolute path of a new folder for a copy. OptionError if it touches the logdir, or holds anything."""
    path = os.path.abspath(os.path.expanduser(out))
    real, root = os.path.realpath(path), os.path.realpath(logdir)
    for inner, outer, touches in ((real, root, "lies in"), (root, real, "holds")):
        with contextlib.suppress(ValueError):  # other drives of Windows
            if os.path.commonpath([inner, outer]) == outer:
                how = "is" if real == root else touches
                raise OptionError("--fix", f"{out} {how} the logdir, which is never changed; name another folder.")
    if os.path.isdir(real):
        if os.listdir(real):
            raise OptionError("--fix", f"{out} is not empty; name a new folder.")
    elif os.path.lexists(path):
        raise OptionError("--fix", f"{out} is a file; name a new folder.")
    return path


def copy_clean(source: str, target: str) -> CleanCopy:
    """Copy the good records of a file. The copy appears under its name when it was read and found to be the same.

    OSError; NothingWholeError and NotTheSameError, after which there is no copy.
    """
    fd = open_readonly(source)
    # No reader may take a copy in the making for an event file.
    temporary = os.path.join(os.path.dirname(target), f".epochal-{secrets.token_hex(8)}.part")
    try:
        info = os.fstat(fd)
        decoder = decode_all(fd)
        if not decoder.records:
            raise NothingWholeError(f"{source} has no whole record.")
        with open(temporary, "xb") as out:
            for start, end in _good_ranges(decoder, fd):
                _copy_range(fd, out.fileno(), start, end)
            out.flush()
            os.fsync(out.fileno())
            size = os.fstat(out.fileno()).st_size
        _verify(decoder, temporary, source)
        os.utime(temporary, ns=(info.st_atime_ns, info.st_mtime_ns))
        os.replace(temporary, target)
        return CleanCopy(size, info.st_size - size)
    finally:
        os.close(fd)
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _good_ranges(decoder: EventDecoder, fd: int) -> Iterator[tuple[int, int]]:
    """[start, end) of the bytes that are whole records: all that is not listed as lost."""
    problems = decoder.problems()
    if len(problems) > MAX_LISTED:
        yield from _walk_ranges(fd)
        return
    start = 0
    for offset, lost, message in problems:
        if not is_of_value(message):
            yield start, offset
            start = offset + lost
    yield start, decoder.offset


def _walk_ranges(fd: int) -> Iterator[tuple[int, int]]:
    """The same for a file with more damage than the decoder lists: frame by frame, slow and sure."""
    from epochal.events.records import HEADER_BYTES
    from epochal.events.reference_frames import Damage, FileSource, FrameReader, Progress
    from epochal.events.reference_parse import parse_event
    from epochal.events.wire import WireError

    reader, source = FrameReader(Progress(0, 1 << 63)), FileSource(fd)
    start = end = 0
    while True:
        damages: list[Damage] = []
        frame = reader.next_frame(source, damages)
        if frame is None:
            if reader.is_searching:
                continue
            break
        try:
            parse_event(source.read(frame.offset + HEADER_BYTES, frame.length))
        except WireError:
            continue
        if frame.offset != end:
            yield start, end
            start = frame.offset
        end = frame.end
    yield start, end


def _copy_range(source: int, target: int, start: int, end: int) -> None:
    while start < end:
        data = pread(source, min(_CHUNK_BYTES, end - start), start)
        if not data:
            return  # it was cut meanwhile; reading the copy will tell
        view = memoryview(data)
        while view:
            view = view[os.write(target, view) :]
        start += len(data)


def _verify(original: EventDecoder, path: str, source: str) -> None:
    """Read the copy, all CRCs computed, and compare tags, points and checksums. NotTheSameError."""
    fd = open_readonly(path)
    try:
        copy = decode_all(fd)
        size = os.fstat(fd).st_size
    finally:
        os.close(fd)
    damage = [message for _, _, message in copy.problems() if not is_of_value(message)]
    if len(copy.problems()) > MAX_LISTED:
        damage = []  # what is listed are values; frames that are lost would be missing below
    if damage or copy.offset != size:
        raise NotTheSameError(f"The copy of {source} has damage of its own; it was not kept.")
    if not is_same(original, copy):
        raise NotTheSameError(f"The copy of {source} reads differently; it was not kept.")


def is_same(one: EventDecoder, other: EventDecoder) -> bool:
    """Whether two decoders found the same records: tags, points bit for bit, payloads by length and CRC."""
    if one.records != other.records:
        return False
    mine, theirs = one.tags(), other.tags()
    if len(mine) != len(theirs):
        return False
    columns: Iterable[tuple[NDArray[Any], NDArray[Any]]]
    for a, b in zip(mine, theirs, strict=True):
        facts = (
            "tag",
            "kind",
            "is_scalar",
            "points",
            "plugin_name",
            "plugin_content",
            "display_name",
            "description",
        )
        if any(getattr(a, fact) != getattr(b, fact) for fact in facts):
            return False
        if a.is_scalar:
            columns = zip(one.scalars(a.index), other.scalars(b.index), strict=True)
        else:
            # Steps, wall times, lengths of record and value, CRC; their places differ.
            kept = (0, 1, 3, 5, 6)
            of_one: tuple[NDArray[Any], ...] = one.blobs(a.index)
            of_other: tuple[NDArray[Any], ...] = other.blobs(b.index)
            columns = [(of_one[place], of_other[place]) for place in kept]
        for left, right in columns:
            if not np.array_equal(left.view(np.uint8), right.view(np.uint8)):
                return False
    marks = zip(one.session_starts()[:2], other.session_starts()[:2], strict=True)
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in marks)
