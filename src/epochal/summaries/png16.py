"""16-bit PNG files: depth maps, microscopy and medical images keep every level.

Pillow writes 16 bits for grey only, so this encodes them itself: https://www.w3.org/TR/png-3/, sections 5
(chunks), 9 (filters) and 11.2 (IHDR, IDAT, IEND).
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_BIT_DEPTH = 16

_COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""By number of channels: grey, grey + alpha, RGB, RGBA."""

_FILTER_UP = 2

_COMPRESS_LEVEL = 4

_MAX_CHUNK_BYTES = (1 << 31) - 1


def encode_png16_file(pixels: npt.NDArray[np.uint16]) -> bytes:
    """The bytes of a PNG file of uint16 [height, width, channels], of any byte order and strides.

    Channels: 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA. Every line is stored as its difference from the one above.
    """
    import numpy as np

    height, width, channels = pixels.shape
    line_bytes = width * channels * 2
    samples = np.ascontiguousarray(pixels, dtype=">u2").view(np.uint8).reshape(height, line_bytes)
    lines = np.empty((height, 1 + line_bytes), np.uint8)
    lines[:, 0] = _FILTER_UP
    lines[0, 1:] = samples[0]
    # Modulo 256, as the format has it and uint8 does it.
    np.subtract(samples[1:], samples[:-1], out=lines[1:, 1:])
    data = memoryview(zlib.compress(lines.data, _COMPRESS_LEVEL))
    header = struct.pack(">IIBBBBB", width, height, _BIT_DEPTH, _COLOR_TYPES[channels], 0, 0, 0)
    parts = [_SIGNATURE, *_chunk(b"IHDR", header)]
    for start in range(0, len(data), _MAX_CHUNK_BYTES):
        parts += _chunk(b"IDAT", data[start : start + _MAX_CHUNK_BYTES])
    return b"".join((*parts, *_chunk(b"IEND", b"")))


def _chunk(kind: bytes, data: bytes | memoryview) -> tuple[bytes | memoryview, ...]:
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)), kind, data, struct.pack(">I", checksum)
