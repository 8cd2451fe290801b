"""CRC-32C (Castagnoli), table-driven, and TensorFlow's masking of it.

Polynomial 0x1EDC6F41 reflected (0x82F63B78), initial value and final xor 0xFFFFFFFF; RFC 3720 appendix B.4
has test vectors. Masking: tensorflow/tsl/lib/hash/crc32c.h (a CRC of bytes that contain CRCs is weak).
"""

from __future__ import annotations

from epochal.events.wire import Buffer

MASK_DELTA = 0xA282EAD8


def _make_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return tuple(table)


_TABLE = _make_table()


def crc32c(data: Buffer) -> int:
    """CRC-32C of `data`, an unsigned 32-bit int."""
    table = _TABLE
    crc = 0xFFFFFFFF
    for byte in memoryview(data).cast("B"):
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def mask_crc(crc: int) -> int:
    """Rotate right by 15 bits and add a constant, modulo 2**32."""
    return ((crc >> 15 | crc << 17) + MASK_DELTA) & 0xFFFFFFFF


def masked_crc32c(data: Buffer) -> int:
    """The masked CRC-32C that record frames store."""
    return mask_crc(crc32c(data))


def crc32c_implementation() -> str:
    """Which implementation runs: always "python" here; the native core names its instruction set."""
    return "python"
