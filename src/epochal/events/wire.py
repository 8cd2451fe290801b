"""The protobuf wire format, as much of it as event files use.

Source: https://protobuf.dev/programming-guides/encoding/. No schema, no reflection: encoders in `messages`
append fields in ascending order and omit proto3 defaults, so their bytes equal protobuf's own; decoders
walk `iter_fields` and pick what they know. Unknown fields, and known ones of another wire type, are
skipped, as protobuf does.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Protocol, TypeAlias, overload

Buffer: TypeAlias = bytes | bytearray | memoryview


class ByteSequence(Protocol):
    """What decoding needs of bytes: a length, single bytes, slices. Every Buffer is one."""

    def __len__(self) -> int: ...

    @overload
    def __getitem__(self, key: int, /) -> int: ...

    @overload
    def __getitem__(self, key: slice, /) -> Buffer: ...


VARINT = 0
FIXED64 = 1
BYTES = 2
START_GROUP = 3
END_GROUP = 4
FIXED32 = 5

MAX_DEPTH = 64
"""Deepest nesting of groups that is skipped; deeper input is malformed (protobuf's own limit is 100)."""

_U64 = (1 << 64) - 1
_ONE_BYTE = tuple(bytes((value,)) for value in range(0x80))
# Keys of the fields that fit in one byte, by number: nearly all there are.
_BYTES_KEYS = tuple(bytes((field << 3 | 2,)) for field in range(16))
_FIXED64_KEYS = tuple(bytes((field << 3 | 1,)) for field in range(16))
_DOUBLE = struct.Struct("<d")
_POSITIVE_ZERO = bytes(8)
_FLOAT = struct.Struct("<f")


class WireError(ValueError):
    """The bytes are not a well-formed protobuf message."""


def encode_varint(value: int) -> bytes:
    """Encode an int as a base-128 varint; a negative one as its 64-bit two's complement (10 bytes)."""
    if 0 <= value < 0x80:
        return _ONE_BYTE[value]
    if 0 < value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    value &= _U64
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_varint_field(field: int, value: int) -> bytes:
    """Encode an integer, bool or enum field; nothing for 0, which proto3 leaves out."""
    return encode_varint(field << 3 | VARINT) + encode_varint(value) if value else b""


def encode_bytes_field(field: int, data: Buffer) -> bytes:
    """Encode a string, bytes or message field, also when empty."""
    key = _BYTES_KEYS[field] if field < 16 else encode_varint(field << 3 | BYTES)
    size = len(data)
    return key + (_ONE_BYTE[size] if size < 0x80 else encode_varint(size)) + data


def encode_double_field(field: int, value: float) -> bytes:
    """Encode a double field; nothing for +0.0 (but -0.0 is written, as protobuf does)."""
    packed = _DOUBLE.pack(value)
    if packed == _POSITIVE_ZERO:
        return b""
    return (_FIXED64_KEYS[field] if field < 16 else encode_varint(field << 3 | FIXED64)) + packed


def encode_float(value: float) -> bytes:
    """Encode a float32, rounding to nearest; beyond its range becomes an infinity (struct would raise)."""
    try:
        return _FLOAT.pack(value)
    except OverflowError:
        return _FLOAT.pack(float("inf") if value > 0 else float("-inf"))


def encode_packed_doubles(field: int, values: Sequence[float]) -> bytes:
    """Encode a packed repeated double field; nothing when empty."""
    return encode_bytes_field(field, struct.pack(f"<{len(values)}d", *values)) if len(values) else b""


def encode_text(text: str) -> bytes:
    """UTF-8; a lone surrogate (which no UTF-8 can hold, and protobuf readers reject) becomes '?'."""
    return text.encode("utf-8", "replace")


def decode_varint(data: ByteSequence, position: int, end: int) -> tuple[int, int]:
    """Read a varint at `position`; return (unsigned 64-bit value, position after it)."""
    result = 0
    for shift in range(0, 70, 7):
        if position >= end:
            raise WireError("varint runs past the end of the message")
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result & _U64, position
    raise WireError("varint longer than 10 bytes")


def to_int64(value: int) -> int:
    """Reinterpret an unsigned 64-bit varint as int64."""
    return value - (1 << 64) if value >> 63 else value


def to_int32(value: int) -> int:
    """Truncate an unsigned 64-bit varint to int32, as protobuf does for int32 fields."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


def iter_spans(data: ByteSequence, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Walk the fields of the message data[start:end]: (field, wire_type, value_start, value_end).

    For BYTES the span is the payload without its length. Groups (deprecated) are skipped whole.
    """
    position = start
    while position < end:
        key, position = decode_varint(data, position, end)
        field, wire_type = key >> 3, key & 7
        if field == 0 or field > 0x1FFFFFFF:
            raise WireError("field number out of range")
        if wire_type == START_GROUP:
            position = _skip_group(data, position, end, field, 1)
            continue
        value_start, position = _value_span(data, position, end, wire_type)
        yield field, wire_type, value_start, position


def iter_fields(data: Buffer) -> Iterator[tuple[int, int, int | Buffer]]:
    """Walk the fields of a message: (field, wire_type, value).

    The value is an unsigned int for VARINT, FIXED64 and FIXED32, a slice of `data` for BYTES.
    """
    for field, wire_type, start, end in iter_spans(data, 0, len(data)):
        if wire_type == BYTES:
            yield field, wire_type, data[start:end]
        elif wire_type == VARINT:
            yield field, wire_type, decode_varint(data, start, end)[0]
        else:
            yield field, wire_type, int.from_bytes(data[start:end], "little")


def decode_double(data: Buffer, position: int) -> float:
    """Read a little-endian double."""
    return float(_DOUBLE.unpack_from(data, position)[0])


def decode_float(data: Buffer, position: int) -> float:
    """Read a little-endian float32."""
    return float(_FLOAT.unpack_from(data, position)[0])


def decode_text(data: Buffer) -> str:
    """UTF-8 text for display; invalid bytes become U+FFFD."""
    return bytes(data).decode("utf-8", "replace")


def _value_span(data: ByteSequence, position: int, end: int, wire_type: int) -> tuple[int, int]:
    if wire_type == VARINT:
        return position, decode_varint(data, position, end)[1]
    if wire_type == BYTES:
        size, position = decode_varint(data, position, end)
    elif wire_type == FIXED64:
        size = 8
    elif wire_type == FIXED32:
        size = 4
    else:
        raise WireError(f"unexpected wire type {wire_type}")
    if size > end - position:
        raise WireError("field runs past the end of the message")
    return position, position + size


def _skip_group(data: ByteSequence, position: int, end: int, field: int, depth: int) -> int:
    if depth > MAX_DEPTH:
        raise WireError("groups nested too deeply")
    while position < end:
        key, position = decode_varint(data, position, end)
        inner, wire_type = key >> 3, key & 7
        if inner == 0 or inner > 0x1FFFFFFF:
            raise WireError("field number out of range")
        if wire_type == END_GROUP:
            if inner != field:
                raise WireError("group ends with another field's number")
            return position
        if wire_type == START_GROUP:
            position = _skip_group(data, position, end, inner, depth + 1)
        else:
            position = _value_span(data, position, end, wire_type)[1]
    raise WireError("group without an end")
