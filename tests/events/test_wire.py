"""The wire codec against protobuf's rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epochal.events import wire


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_varint_round_trip(value: int) -> None:
    encoded = wire.encode_varint(value)
    assert len(encoded) <= 10
    unsigned, position = wire.decode_varint(encoded, 0, len(encoded))
    assert (wire.to_int64(unsigned), position) == (value, len(encoded))


def test_fields_of_every_wire_type() -> None:
    data = b"".join(
        (
            wire.encode_varint_field(1, -1),
            wire.encode_double_field(2, 1.5),
            wire.encode_bytes_field(3, b"abc"),
            b"\x25" + wire.encode_float(0.5),  # field 4, fixed32
        )
    )
    assert list(wire.iter_fields(data)) == [
        (1, wire.VARINT, (1 << 64) - 1),
        (2, wire.FIXED64, 0x3FF8000000000000),
        (3, wire.BYTES, b"abc"),
        (4, wire.FIXED32, 0x3F000000),
    ]


def test_groups_are_skipped() -> None:
    group = b"\x0b" + wire.encode_bytes_field(2, b"in") + b"\x13\x14" + b"\x0c"  # 1{2: "in", 2{}}
    assert list(wire.iter_fields(group + wire.encode_varint_field(5, 7))) == [(5, wire.VARINT, 7)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x08", "past the end"),
        (b"\x08\xff", "past the end"),
        (b"\x08" + b"\xff" * 10 + b"\x01", "longer than 10 bytes"),
        (b"\x00\x01", "field number"),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "field number"),
        (b"\x0a\x05abcd", "past the end"),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "past the end"),
        (b"\x09" + bytes(7), "past the end"),
        (b"\x0d" + bytes(3), "past the end"),
        (b"\x0e", "wire type 6"),
        (b"\x0c", "wire type 4"),
        (b"\x0b", "without an end"),
        (b"\x0b\x14", "another field"),
        (b"\x0b" * 65 + b"\x0c" * 65, "too deeply"),
    ],
)
def test_malformed(data: bytes, message: str) -> None:
    with pytest.raises(wire.WireError, match=message):
        list(wire.iter_fields(data))


def test_float_beyond_float32_becomes_infinite() -> None:
    assert wire.decode_float(wire.encode_float(1e300), 0) == float("inf")
    assert wire.decode_float(wire.encode_float(-1e300), 0) == float("-inf")


def test_lone_surrogates_become_question_marks() -> None:
    assert wire.encode_text("a\ud800é") == b"a?" + "é".encode()
