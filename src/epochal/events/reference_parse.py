"""One record to its points: the readable twin of native/src/event_parser.

Works on anything that indexes and slices like bytes, so that a large record is parsed through
`SparseRecord`, which reads only the pages that are looked at: an image's payload is skipped, not read
(metadata comes after it).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TypeAlias, overload

from epochal.events.message_decoders import Metadata, decode_metadata, decode_shape
from epochal.events.reference_frames import Source
from epochal.events.wire import (
    BYTES,
    FIXED32,
    FIXED64,
    VARINT,
    WireError,
    decode_double,
    decode_float,
    decode_varint,
    iter_spans,
    to_int32,
    to_int64,
)

PAGE_BYTES = 4096
SCALAR_TENSOR_BYTES = 4096
"""A TensorProto above this is never taken for one number."""

MAX_TEXT_BYTES = 16 << 20
"""A tag or a metadata message above this is taken for damage; nothing larger is copied."""

MAX_VALUES = 1 << 16
"""So is an event with more values than this: two bytes of nothing would take a hundred times that here."""

_VALUE_KINDS = {4: "image", 5: "histo", 6: "audio", 8: "tensor"}


class SparseRecord:
    """A record's data as a read-only sequence of bytes; reads pages of the file as they are needed."""

    def __init__(self, source: Source, offset: int, length: int) -> None:
        self._source = source
        self._offset = offset
        self._length = length
        self._page_start = 0
        self._page = b""

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, key: int) -> int: ...

    @overload
    def __getitem__(self, key: slice) -> bytes: ...

    def __getitem__(self, key: int | slice) -> int | bytes:
        if isinstance(key, slice):
            start, stop, _ = key.indices(self._length)
            return self._read(start, stop - start)
        at = key - self._page_start
        if not 0 <= at < len(self._page):
            self._page_start = key
            self._page = self._read(key, min(PAGE_BYTES, self._length - key))
            at = 0
        return self._page[at]

    def _read(self, start: int, size: int) -> bytes:
        data = self._source.read(self._offset + start, size) if size > 0 else b""
        if len(data) != max(size, 0):
            raise WireError("the file shrank")
        return data


RecordData: TypeAlias = bytes | SparseRecord


@dataclass(slots=True)
class Point:
    """One Summary.Value, or one event-level payload; offsets count from the start of the record's data."""

    kind: str
    tag: bytes
    start: int
    size: int
    value: float = 0.0
    metadata: Metadata | None = None
    tensor_start: int = 0
    tensor_size: int = 0


@dataclass(slots=True)
class ParsedEvent:
    """What an Event holds, its values in order."""

    wall_time: float = 0.0
    step: int = 0
    file_version: str = ""
    session_start: bool = False
    points: list[Point] = field(default_factory=list)


def parse_event(data: RecordData) -> ParsedEvent:
    """Parse a whole Event; WireError if it, or a value or metadata in it, is malformed."""
    event = ParsedEvent()
    for number, wire_type, start, end in iter_spans(data, 0, len(data)):
        if number == 1 and wire_type == FIXED64:
            event.wall_time = decode_double(data[start:end], 0)
        elif number == 2 and wire_type == VARINT:
            event.step = to_int64(_varint(data, start, end))
        elif wire_type != BYTES:
            continue
        elif number == 3:
            event.file_version = _bytes(data, start, end).decode("utf-8", "replace")
        elif number == 4:
            _add_point(event, Point("graph_def", b"__run_graph__", start, end - start))
        elif number == 5:
            for inner, inner_type, value_start, value_end in iter_spans(data, start, end):
                if inner == 1 and inner_type == BYTES:
                    _add_point(event, _parse_value(data, value_start, value_end))
        elif number == 7:
            for inner, inner_type, value_start, value_end in iter_spans(data, start, end):
                if inner == 1 and inner_type == VARINT:
                    event.session_start = to_int32(_varint(data, value_start, value_end)) == 1
        elif number == 8:
            _add_point(event, _parse_run_metadata(data, start, end))
        elif number == 9:
            _add_point(event, Point("meta_graph", b"__meta_graph__", start, end - start))
    return event


def _add_point(event: ParsedEvent, point: Point) -> None:
    if len(event.points) == MAX_VALUES:
        raise WireError("too many values")
    event.points.append(point)


def _parse_value(data: RecordData, start: int, end: int) -> Point:
    point = Point("metadata", b"", start, end - start)
    tag = node_name = 0, 0
    for number, wire_type, field_start, field_end in iter_spans(data, start, end):
        if number == 2 and wire_type == FIXED32:
            point.kind = "simple_value"
            point.value = decode_float(data[field_start:field_end], 0)
        elif wire_type != BYTES:
            continue
        elif number == 1:
            tag = field_start, field_end
        elif number == 7:
            node_name = field_start, field_end
        elif number == 9:
            point.metadata = decode_metadata(_bytes(data, field_start, field_end))
        elif number in _VALUE_KINDS:
            point.kind = _VALUE_KINDS[number]
            point.tensor_start, point.tensor_size = field_start, field_end - field_start
    point.tag = _bytes(data, *(tag if tag[1] > tag[0] else node_name))
    return point


def _parse_run_metadata(data: RecordData, start: int, end: int) -> Point:
    point = Point("run_metadata", b"", end, 0)
    for number, wire_type, field_start, field_end in iter_spans(data, start, end):
        if number == 1 and wire_type == BYTES:
            point.tag = _bytes(data, field_start, field_end)
        elif number == 2 and wire_type == BYTES:
            point.start, point.size = field_start, field_end - field_start
    return point


def peek_dtype(data: RecordData, start: int, size: int) -> int:
    """The DataType of the TensorProto at `start`, from its leading fields only; 0 if they do not say."""
    dtype = 0
    try:
        for number, wire_type, field_start, field_end in iter_spans(data, start, start + size):
            if number == 1 and wire_type == VARINT:
                dtype = to_int32(_varint(data, field_start, field_end))
            elif number > 3:
                break
    except WireError:
        pass
    return dtype


# DataType → (struct format in tensor_content, field of its typed values); the codes are in `tensors`
_NUMBERS = {
    1: ("<f", 5),
    2: ("<d", 6),
    3: ("<i", 7),
    4: ("<B", 7),
    5: ("<h", 7),
    6: ("<b", 7),
    9: ("<q", 10),
    10: ("<?", 11),
    14: ("<H", 13),
    17: ("<H", 7),
    19: ("<e", 13),
    22: ("<I", 16),
    23: ("<Q", 17),
}


def decode_scalar_tensor(data: bytes) -> float | None:
    """The one number that a TensorProto holds, as float64; None if it does not hold just one.

    Of rank 0 or with one element. No value at all is 0, as TensorFlow has it; of several the first counts.
    """
    try:
        return _decode_scalar_tensor(data)
    except WireError:
        return None


def _decode_scalar_tensor(data: bytes) -> float | None:
    dtype = 0
    content = b""
    typed: dict[int, tuple[int, int, int]] = {}
    for number, wire_type, start, end in iter_spans(data, 0, len(data)):
        if number == 1 and wire_type == VARINT:
            dtype = to_int32(decode_varint(data, start, end)[0])
        elif number == 2 and wire_type == BYTES:
            shape = decode_shape(data, start, end)
            if shape is not None and any(size != 1 for size in shape):
                return None
        elif number == 4 and wire_type == BYTES:
            content = data[start:end]
        elif number not in typed and end > start:
            typed[number] = wire_type, start, end
    if dtype not in _NUMBERS:
        return None
    number_format, field_number = _NUMBERS[dtype]
    if content:
        if len(content) != struct.calcsize(number_format):
            return None
        return _unpack(number_format, dtype, content)
    if field_number not in typed:
        return 0.0
    wire_type, start, end = typed[field_number]
    if field_number in (5, 6):
        size, single = (4, FIXED32) if field_number == 5 else (8, FIXED64)
        if wire_type not in (BYTES, single) or end - start < size:
            return None
        return _unpack(number_format, dtype, data[start : start + size])
    if wire_type not in (BYTES, VARINT):
        return None
    bits = decode_varint(data, start, end)[0]
    if dtype == 10:
        return float(bits != 0)
    width = struct.calcsize(number_format)
    return _unpack(number_format, dtype, (bits & (1 << 8 * width) - 1).to_bytes(width, "little"))


def _unpack(number_format: str, dtype: int, raw: bytes) -> float:
    if dtype == 14:  # bfloat16 is the upper half of a float32
        return decode_float(b"\0\0" + raw, 0)
    if dtype == 10:
        return float(raw != b"\0")
    return float(struct.unpack(number_format, raw)[0])


def _varint(data: RecordData, start: int, end: int) -> int:
    return decode_varint(data, start, end)[0]


def _bytes(data: RecordData, start: int, end: int) -> bytes:
    if end - start > MAX_TEXT_BYTES:
        raise WireError("text too long")
    return bytes(data[start:end])
