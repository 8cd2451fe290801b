"""The bytes of index files, the readable twin of native/src/index_writer. The format: docs/formats/index.md."""

from __future__ import annotations

import hashlib
import os
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from epochal.events.crc32c import crc32c
from epochal.events.message_decoders import Metadata
from epochal.events.reference_frames import HEAD_ONLY_ABOVE, Damage, Progress
from epochal.events.reference_tags import KINDS, MAX_PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from epochal.events.wire import Buffer

MAGIC = b"EPOCHALX"
VERSION = 1
CRC_FROM = 16
PAGE_BYTES = 4096
PAGED_BYTES = 256 << 10
MAX_OFFSET = 1 << 62
SESSION_BYTES = 24

HAS_WALL_TIME, VERIFIES_PAYLOADS, IN_DAMAGE, HAS_TAIL_PROBLEM = 1, 2, 4, 8

#: numpy's names of the elements of the columns
SCALAR_DTYPES = ("<i8", "<f8", "<f8")
BLOB_DTYPES = ("<i8", "<f8", "<u8", "<u8", "<u8", "<u8", "<u4")
SESSION_DTYPES = ("<i8", "<f8", "<u8")

HEADER = struct.Struct("<8sIIQQQQQQQQQQddII16s")
SERIES = struct.Struct("<QQII")


class Header(NamedTuple):
    """The fixed part at the start. `crc` is the CRC-32C of all bytes from `file_bytes` to the table's end."""

    magic: bytes
    version: int
    crc: int
    file_bytes: int
    table_bytes: int
    meta_bytes: int
    names_bytes: int
    series: int
    session_starts: int
    offset: int
    records: int
    last_record_end: int
    failed_bytes: int
    first_wall_time: float
    last_wall_time: float
    last_record_crc: int
    flags: int
    tags_digest: bytes


@dataclass(slots=True)
class IndexedSeries:
    """A series as it goes to an index: what is said of its tag, and its columns, each as bytes."""

    tag: bytes
    kind: str
    is_scalar: bool
    dtype: int
    metadata: Metadata | None
    columns: list[bytes]
    points: int


@dataclass(slots=True)
class DecoderState:
    """What a decoder knows besides its series. `loose` has metadata of tags without one, by (tag, of_values)."""

    progress: Progress
    records: int = 0
    first_wall_time: float | None = None
    last_wall_time: float | None = None
    file_version: str = ""
    last_record_crc: int = 0
    last_record_end: int = 0
    problems: list[Damage] = field(default_factory=list)
    unlisted: int = 0
    loose: dict[tuple[bytes, bool], Metadata] = field(default_factory=dict)
    sessions: list[tuple[int, float, int]] = field(default_factory=list)


def write_index(
    fd: int, meta: bytes, series: list[IndexedSeries], summaries: Sequence[Buffer | None], state: DecoderState
) -> int:
    """Write an empty file; return its size."""
    names = b"".join(_pack_names(item) for item in series)
    state_bytes = _pack_state(state)
    table_bytes = HEADER.size + len(meta) + len(names) + len(series) * SERIES.size + len(state_bytes)
    columns = bytearray()
    entries = []

    def add(column: bytes) -> None:
        at = table_bytes + len(columns)
        columns.extend(bytes(align_column(at, len(column)) - at) + column)

    for item, summary in zip(series, summaries or [None] * len(series), strict=True):
        kept = bytes(summary) if summary is not None else b""
        for column in item.columns:
            add(column)
        if kept:
            add(kept)
        entries.append(SERIES.pack(item.points, len(kept), crc32c(b"".join(item.columns)), crc32c(kept)))
    progress = state.progress
    header = Header(
        MAGIC,
        VERSION,
        0,
        table_bytes + len(columns),
        table_bytes,
        len(meta),
        len(names),
        len(series),
        len(state.sessions),
        progress.offset,
        state.records,
        state.last_record_end,
        progress.failed_bytes,
        0.0 if state.first_wall_time is None else state.first_wall_time,
        0.0 if state.last_wall_time is None else state.last_wall_time,
        state.last_record_crc,
        (HAS_WALL_TIME if state.first_wall_time is not None else 0)
        | (VERIFIES_PAYLOADS if progress.head_only_above != HEAD_ONLY_ABOVE else 0)
        | (IN_DAMAGE if progress.open_damage is not None else 0)
        | (HAS_TAIL_PROBLEM if progress.tail_problem is not None else 0),
        make_tags_digest(names),
    )
    table = HEADER.pack(*header) + meta + names + b"".join(entries) + state_bytes
    table = table[:12] + struct.pack("<I", crc32c(table[CRC_FROM:])) + table[CRC_FROM:]
    # The header last: a file that was left half written does not begin like one.
    _write_at(fd, len(table), columns)
    _write_at(fd, 0, table)
    return header.file_bytes


def align_column(at: int, size: int) -> int:
    """Where a column or summary of `size` bytes starts that comes next after `at`."""
    alignment = PAGE_BYTES if size >= PAGED_BYTES else 64
    return -(-at // alignment) * alignment


def make_tags_digest(names: bytes) -> bytes:
    """The digest of the section that holds all that `tags()` says but the numbers of points."""
    return hashlib.blake2b(names, digest_size=16).digest()


def _write_at(fd: int, offset: int, data: bytes | bytearray) -> None:
    os.lseek(fd, offset, os.SEEK_SET)
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left) :]


def _pack_names(series: IndexedSeries) -> bytes:
    has_metadata = series.metadata is not None
    packed = struct.pack("<BBBBi", KINDS.index(series.kind), series.is_scalar, has_metadata, 0, series.dtype)
    packed += _pack_text(series.tag)
    return packed + (_pack_metadata(series.metadata) if series.metadata is not None else b"")


def _pack_metadata(metadata: Metadata) -> bytes:
    texts = (
        metadata.plugin_name.encode(),
        metadata.content,
        metadata.display_name.encode(),
        metadata.description.encode(),
    )
    return struct.pack("<i", metadata.data_class) + b"".join(map(_pack_text, texts))


def _pack_text(text: bytes) -> bytes:
    return struct.pack("<I", len(text)) + text


def _pack_problem(offset: int, lost_bytes: int, message: str) -> bytes:
    return struct.pack("<QQ", offset, lost_bytes) + _pack_text(message.encode())


def _pack_state(state: DecoderState) -> bytes:
    parts = [_pack_text(state.file_version.encode()), struct.pack("<QI", state.unlisted, len(state.problems))]
    parts += [_pack_problem(item.offset, item.lost_bytes, item.message) for item in state.problems]
    progress = state.progress
    if progress.open_damage is not None:
        parts.append(struct.pack("<Q", progress.open_damage.offset))
        parts.append(_pack_text(progress.open_damage.message.encode()))
    if progress.tail_problem is not None:
        parts.append(_pack_problem(*progress.tail_problem))
    parts.append(struct.pack("<I", len(state.loose)))
    for (tag, of_values), metadata in sorted(state.loose.items(), key=lambda item: (not item[0][1], item[0][0])):
        parts.append(struct.pack("<B", not of_values) + _pack_text(tag) + _pack_metadata(metadata))
    for form, column in zip("qdQ", zip(*state.sessions, strict=True), strict=False):
        parts.append(struct.pack(f"<{len(column)}{form}", *column))
    return b"".join(parts)


class TableReader:
    """Takes numbers and texts from a section; ValueError at its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, form: str) -> tuple[Any, ...]:
        return struct.unpack("<" + form, self.take_bytes(struct.calcsize("<" + form)))

    def take_bytes(self, size: int) -> bytes:
        if size > self.left:
            raise bad_index("its table is cut short")
        self._at += size
        return self._data[self._at - size : self._at]

    def take_text(self) -> bytes:
        return self.take_bytes(self.take("I")[0])

    def take_metadata(self) -> Metadata:
        (data_class,) = self.take("i")
        plugin_name, content, display_name, description = (self.take_text() for _ in range(4))
        return Metadata(_text(plugin_name), content, _text(display_name), _text(description), data_class)

    def take_problem(self) -> Damage:
        offset, lost_bytes = self.take("QQ")
        if offset > MAX_OFFSET or lost_bytes > MAX_OFFSET:
            raise bad_index("an offset is out of range")
        return Damage(offset, lost_bytes, _text(self.take_text()))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def bad_index(reason: str) -> ValueError:
    return ValueError(f"not an index that can be used: {reason}")


def take_names(names: TableReader) -> IndexedSeries:
    kind, is_scalar, has_metadata, zero, dtype = names.take("BBBBi")
    if kind >= len(KINDS) or is_scalar > 1 or has_metadata > 1 or zero:
        raise bad_index("a tag is of no known kind")
    if kind > 1 if is_scalar else kind == 0:
        raise bad_index("a tag's kind and columns do not fit")
    tag = names.take_text()
    metadata = names.take_metadata() if has_metadata else None
    return IndexedSeries(tag, KINDS[kind], bool(is_scalar), dtype, metadata, [], 0)


def take_state(table: TableReader, header: Header) -> DecoderState:
    file_version = _text(table.take_text())
    unlisted, count = table.take("QI")
    if count != MAX_PROBLEMS + 1 if unlisted else count > MAX_PROBLEMS:
        raise bad_index("it has too many problems")
    problems = [table.take_problem() for _ in range(count)]
    progress = Progress(
        header.offset, (1 << 63) if header.flags & VERIFIES_PAYLOADS else HEAD_ONLY_ABOVE, header.failed_bytes
    )
    if header.flags & IN_DAMAGE:
        (start,) = table.take("Q")
        if start > header.offset:
            raise bad_index("an offset is out of range")
        message = _text(table.take_text())
        # Listed damage goes on growing in the list.
        progress.open_damage = (
            problems[-1] if problems and not unlisted else Damage(start, header.offset - start, message)
        )
    if header.flags & HAS_TAIL_PROBLEM:
        tail = table.take_problem()
        progress.tail_problem = (tail.offset, tail.lost_bytes, tail.message)
    state = DecoderState(progress, header.records, problems=problems, unlisted=unlisted, file_version=file_version)
    if header.flags & HAS_WALL_TIME:
        state.first_wall_time, state.last_wall_time = header.first_wall_time, header.last_wall_time
    state.last_record_crc, state.last_record_end = header.last_record_crc, header.last_record_end
    for _ in range(table.take("I")[0]):
        (is_payload,) = table.take("B")
        if is_payload > 1:
            raise bad_index("a tag is of no known kind")
        tag = table.take_text()
        state.loose.setdefault((tag, not is_payload), table.take_metadata())
    sessions = header.session_starts
    raw = table.take_bytes(sessions * SESSION_BYTES)
    columns = [struct.unpack_from(f"<{sessions}{form}", raw, i * 8 * sessions) for i, form in enumerate("qdQ")]
    state.sessions = list(zip(*columns, strict=True))
    if table.left:
        raise bad_index("its table is too long")
    return state
