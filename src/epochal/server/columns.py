"""The binary frame: a small JSON header and raw little-endian columns, which a browser maps without a copy.

    b"EPX1" | u32 LE header_bytes | header, JSON UTF-8 | zeros to a multiple of 8 | columns, each padded to 8

The header is {"result": …, "columns": [{"name", "dtype", "offset", "length"}]}; offsets count from the first byte
after the padding, lengths are elements. docs/formats/columns.md has an example byte by byte.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

MAGIC = b"EPX1"
MEDIA_TYPE = "application/vnd.epochal.columns"
DTYPES = {"f8": "<f8", "f4": "<f4", "i8": "<i8", "u4": "<u4", "u1": "|u1"}
_NAMES = {np.dtype(code): name for name, code in DTYPES.items()}


class Column(msgspec.Struct, frozen=True):
    """Where one column lies in the frame. dtype: f8 f4 i8 u4 u1; offset in bytes; length in elements."""

    name: str
    dtype: str
    offset: int
    length: int


def encode_frame(result: Any, columns: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """One frame. `result` is anything msgspec encodes; columns are one-dimensional. TypeError for other dtypes."""
    described: list[Column] = []
    parts: list[bytes | memoryview] = []
    offset = 0
    for name, array in columns.items():
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        dtype = _NAMES.get(little.dtype)
        if dtype is None or little.ndim != 1:
            raise TypeError(f"column {name!r} is {array.dtype} with {array.ndim} dimensions; use one of {DTYPES}")
        described.append(Column(name, dtype, offset, len(little)))
        padding = -little.nbytes % 8
        parts.append(little.view(np.uint8).data)  # joining copies it, once
        parts.append(bytes(padding))
        offset += little.nbytes + padding
    header = msgspec.json.encode({"result": result, "columns": described})
    # The padding belongs to neither: parsers read exactly header_bytes of JSON.
    head = MAGIC + struct.pack("<I", len(header)) + header
    return b"".join([head, bytes(-len(head) % 8), *parts])


def decode_frame(frame: bytes) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """The result and the columns of a frame, without copying them. ValueError if it is no frame."""
    if frame[:4] != MAGIC or len(frame) < 8:
        raise ValueError("not an EPX1 frame")
    (header_bytes,) = struct.unpack_from("<I", frame, 4)
    header = msgspec.json.decode(frame[8 : 8 + header_bytes])
    start = 8 + header_bytes + (-(8 + header_bytes) % 8)
    columns = {
        column["name"]: np.frombuffer(
            frame, dtype=DTYPES[column["dtype"]], count=column["length"], offset=start + column["offset"]
        )
        for column in header["columns"]
    }
    return header["result"], columns
