"""CRC-32C against RFC 3720's vectors, and every native path against the table."""

from __future__ import annotations

import random
from types import ModuleType

import pytest

from epochal.events.crc32c import crc32c as reference_crc32c


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(reversed(range(32))), 0x113FDB5C),
    ],
)
def test_known_vectors(core: ModuleType, data: bytes, expected: int) -> None:
    assert core.crc32c(data) == expected


def test_masking_of_a_zero_length(core: ModuleType) -> None:
    assert core.masked_crc32c(bytes(8)) == 0x07980329


@pytest.mark.parametrize("size", [*range(1, 40), 1023, 3071, 3072, 3073, 6150, 70_000])
def test_any_size_and_alignment(core: ModuleType, size: int) -> None:
    data = random.Random(size).randbytes(size + 3)
    for start in (0, 1, 3):
        assert core.crc32c(memoryview(data)[start : start + size]) == reference_crc32c(data[start : start + size])


def test_takes_any_buffer_and_nothing_else(core: ModuleType) -> None:
    assert core.crc32c(bytearray(b"123456789")) == core.crc32c(memoryview(b"123456789")) == 0xE3069283
    with pytest.raises(TypeError):
        core.crc32c("text")


def test_implementation_is_named(core: ModuleType) -> None:
    assert core.crc32c_implementation() in {"sse4.2", "armv8", "table", "python"}
