"""TFRecord frames: uint64 length, masked CRC of the length, data, masked CRC of the data; little endian.

Source: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details. Event files are a
plain sequence of such frames, one serialised Event each. `read_records` is the strict reader; the tolerant
one, which resynchronises after damage, is EventDecoder.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from epochal.events.crc32c import masked_crc32c
from epochal.events.wire import Buffer

HEADER_BYTES = 12
FOOTER_BYTES = 4
FRAME_BYTES = HEADER_BYTES + FOOTER_BYTES

MAX_RECORD_BYTES = 1 << 31
"""Lengths from here on are damage: no protobuf message reaches 2 GiB."""

_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")
_HEADER = struct.Struct("<QI")


class RecordError(ValueError):
    """A frame is damaged or cut short; `offset` is where it starts."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(f"{message} at offset {offset}")
        self.offset = offset


def frame_record(data: Buffer) -> bytes:
    """Frame `data` as one record: 12-byte header, data, 4-byte footer."""
    length = _LENGTH.pack(len(data))
    return b"".join((length, _CRC.pack(masked_crc32c(length)), data, _CRC.pack(masked_crc32c(data))))


def read_header(header: Buffer, position: int = 0) -> int | None:
    """The length in the 12 header bytes at `position`, or None if its CRC does not match."""
    length, crc = _HEADER.unpack_from(header, position)
    return int(length) if crc == masked_crc32c(header[position : position + 8]) else None


def read_records(data: Buffer) -> Iterator[bytes]:
    """Yield the data of each record, checking both CRCs; RecordError at the first damage or torn tail."""
    position, end = 0, len(data)
    while position < end:
        if end - position < HEADER_BYTES:
            raise RecordError("torn header", position)
        length = read_header(data, position)
        if length is None:
            raise RecordError("damaged header", position)
        if length > end - position - FRAME_BYTES:
            raise RecordError("torn record", position)
        start = position + HEADER_BYTES
        payload = bytes(data[start : start + length])
        if _CRC.unpack_from(data, start + length)[0] != masked_crc32c(payload):
            raise RecordError("damaged data", position)
        yield payload
        position = start + length + FOOTER_BYTES
