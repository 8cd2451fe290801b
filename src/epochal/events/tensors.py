"""TensorProto to NumPy and back, for every numeric dtype and for strings.

Sources: tensorflow/core/framework/types.proto (codes) and tensor.proto (fields). Values stand in
`tensor_content` (raw, little endian) or in a typed *_val field; no value at all means zeros, a single one
is repeated over the shape. bfloat16 and the float8 kinds, which NumPy lacks, decode to float32.

torch's add_tensor (2.13) puts uint8 into uint32_val, and the float32 bits of half and bfloat16 into half_val; both
are read as meant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from epochal.events.message_decoders import decode_tensor_head
from epochal.events.message_encoders import encode_string_tensor, encode_tensor_content
from epochal.events.wire import BYTES, FIXED32, FIXED64, VARINT, Buffer, WireError, iter_spans

_DT_UINT8 = 4
_UINT32_FIELD = 16
DT_STRING = 7
DT_BFLOAT16 = 14
DT_FLOAT8_E5M2 = 24
DT_FLOAT8_E4M3FN = 25

MAX_REPEATED = 1 << 24
"""A forged shape must not make one stored value into more elements than this."""

_VARINT_PIECE_BYTES = 1 << 20

# DataType code → (dtype as stored in tensor_content, field of its typed values)
_STORED: dict[int, tuple[str, int]] = {
    1: ("<f4", 5),
    2: ("<f8", 6),
    3: ("<i4", 7),
    4: ("u1", 7),
    5: ("<i2", 7),
    6: ("i1", 7),
    8: ("<c8", 9),
    9: ("<i8", 10),
    10: ("?", 11),
    11: ("i1", 7),  # QINT8, QUINT8, QINT32: quantised integers
    12: ("u1", 7),
    13: ("<i4", 7),
    DT_BFLOAT16: ("<u2", 13),
    15: ("<i2", 7),  # QINT16, QUINT16
    16: ("<u2", 7),
    17: ("<u2", 7),
    18: ("<c16", 12),
    19: ("<f2", 13),
    22: ("<u4", 16),
    23: ("<u8", 17),
    DT_FLOAT8_E5M2: ("u1", 18),
    DT_FLOAT8_E4M3FN: ("u1", 18),
    29: ("i1", 7),  # INT4 and UINT4, one byte per element
    30: ("u1", 7),
}

_CODES: dict[str, int] = {
    "float32": 1,
    "float64": 2,
    "int32": 3,
    "uint8": 4,
    "int16": 5,
    "int8": 6,
    "complex64": 8,
    "int64": 9,
    "bool": 10,
    "bfloat16": DT_BFLOAT16,
    "uint16": 17,
    "complex128": 18,
    "float16": 19,
    "uint32": 22,
    "uint64": 23,
    "float8_e5m2": DT_FLOAT8_E5M2,
    "float8_e4m3fn": DT_FLOAT8_E4M3FN,
}


def encode_array(array: np.ndarray) -> bytes:
    """A TensorProto of an array; str, bytes and object arrays of them become DT_STRING.

    TypeError for dtypes without a DataType (datetime64, structured, …). Extended floats become float64.
    """
    if array.dtype.kind in "SUO":
        flat = [_string_bytes(item) for item in array.ravel().tolist()]
        return encode_string_tensor(flat, array.shape)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    elif array.dtype.kind == "c" and array.dtype.itemsize > 16:
        array = array.astype(np.complex128)
    code = _CODES.get(array.dtype.name)
    if code is None:
        raise TypeError(f"cannot store an array of dtype {array.dtype}")
    if array.dtype.byteorder == ">" or (array.dtype.byteorder == "=" and not np.little_endian):
        array = array.astype(array.dtype.newbyteorder("<"))
    return encode_tensor_content(code, array.shape, array.tobytes())


def decode_tensor(data: Buffer) -> np.ndarray:
    """Decode a TensorProto; DT_STRING gives an object array of bytes.

    An unknown rank is read as one dimension. The result may be a read-only view. WireError if dtype,
    shape and values do not fit each other; nothing is allocated that the bytes present do not pay for.
    """
    tensor = decode_tensor_head(data)
    if tensor.dtype == DT_STRING:
        strings = _read_strings(data)
        out = np.empty(len(strings), dtype=object)
        out[:] = strings
        return _reshape(out, tensor.shape, b"")
    if tensor.dtype not in _STORED:
        raise WireError(f"DataType {tensor.dtype} has no numeric values")
    stored, field = _STORED[tensor.dtype]
    dtype = np.dtype(stored)
    content, values = b"", bytearray()
    for number, wire_type, start, end in iter_spans(data, 0, len(data)):
        if number == 4 and wire_type == BYTES:
            content = bytes(data[start:end])
        elif wire_type in _wire_types(number) and (
            number == field or (number == _UINT32_FIELD and tensor.dtype == _DT_UINT8)
        ):
            values += data[start:end]
    if content:
        if len(content) % dtype.itemsize:
            raise WireError("tensor_content is not a whole number of elements")
        flat = np.frombuffer(content, dtype)
    elif values:
        flat = _to_stored(_read_values(field, values), tensor.dtype, field, dtype)
    else:
        flat = np.zeros(0, dtype)
    return _reshape(_widen(flat, tensor.dtype), tensor.shape, 0)


def _reshape(flat: np.ndarray, shape: Sequence[int] | None, zero: object) -> np.ndarray:
    if shape is None:
        return flat
    if any(size < 0 for size in shape) or len(shape) > 32:
        raise WireError("tensor shape is out of range")
    count = math.prod(shape)
    if flat.size == count:
        return flat.reshape(shape)
    if flat.size > 1 or count == 0 or count > MAX_REPEATED:
        raise WireError(f"{flat.size} values do not fill shape {list(shape)}")
    if flat.size == 0:
        flat = np.array([zero], dtype=flat.dtype)
    return np.broadcast_to(flat.reshape(()), shape)


def _read_values(field: int, raw: bytearray) -> np.ndarray:
    """A *_val field, its occurrences one after the other, as float32, float64, uint8 or uint64."""
    if field == 18:
        return np.frombuffer(raw, "u1")
    if field in (5, 9, 6, 12):
        dtype = np.dtype("<f4") if field in (5, 9) else np.dtype("<f8")
        if len(raw) % dtype.itemsize:
            raise WireError("packed numbers of odd size")
        return np.frombuffer(raw, dtype)
    return _decode_varints(np.frombuffer(raw, "u1"))


def _wire_types(field: int) -> tuple[int, ...]:
    """How a *_val field may stand in the message: packed, or one by one."""
    if field == 18:
        return (BYTES,)
    if field in (5, 9):
        return BYTES, FIXED32
    return (BYTES, FIXED64) if field in (6, 12) else (BYTES, VARINT)


def _decode_varints(raw: np.ndarray) -> np.ndarray:
    """uint64[n] of varints one after the other; piece by piece, for they may be a million of one byte each."""
    pieces = []
    while raw.size:
        ends = np.flatnonzero(raw[:_VARINT_PIECE_BYTES] < 0x80)
        if not ends.size:
            raise WireError("varint runs past the end of the message")
        starts = np.concatenate(([0], ends[:-1] + 1))
        lengths = ends - starts + 1
        longest = int(lengths.max())
        if longest > 10:
            raise WireError("varint longer than 10 bytes")
        numbers = np.zeros(ends.size, np.uint64)
        for byte in range(longest):
            has_byte = lengths > byte
            septets = (raw[starts[has_byte] + byte] & 0x7F).astype(np.uint64)
            numbers[has_byte] |= septets << np.uint64(7 * byte)
        pieces.append(numbers)
        raw = raw[int(ends[-1]) + 1 :]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.uint64)


def _to_stored(values: np.ndarray, code: int, field: int, dtype: np.dtype) -> np.ndarray:
    if field in (9, 12):
        if values.size % 2:
            raise WireError("complex values come in pairs")
        return np.ascontiguousarray(values).view(dtype)
    if field == 13:  # the 16 bits of each half or bfloat16
        if values.max() > 0xFFFF:  # torch: of the float32 that it equals
            bits = values.astype(np.uint32)
            return (bits >> 16).astype(dtype) if code == DT_BFLOAT16 else bits.view(np.float32).astype(dtype)
        values = values.astype(np.uint16)
        return values.view(dtype)
    return values.astype(dtype)


def _widen(values: np.ndarray, code: int) -> np.ndarray:
    if code == DT_BFLOAT16:
        return (values.astype(np.uint32) << 16).view(np.float32)
    if code == DT_FLOAT8_E5M2:  # a half's upper byte
        return (values.astype(np.uint16) << 8).view(np.float16).astype(np.float32)
    if code == DT_FLOAT8_E4M3FN:
        decoded: np.ndarray = _FLOAT8_E4M3FN[values]
        return decoded
    return values


def _make_float8_e4m3fn() -> np.ndarray:
    table = np.empty(256, np.float32)
    for bits in range(256):
        sign = -1.0 if bits & 0x80 else 1.0
        exponent, fraction = bits >> 3 & 15, bits & 7
        if exponent == 15 and fraction == 7:
            table[bits] = np.nan
        elif exponent == 0:
            table[bits] = sign * fraction * 2.0**-9
        else:
            table[bits] = sign * (1 + fraction / 8) * 2.0 ** (exponent - 7)
    return table


_FLOAT8_E4M3FN = _make_float8_e4m3fn()


def _read_strings(data: Buffer) -> list[bytes]:
    return [
        bytes(data[start:end])
        for number, wire_type, start, end in iter_spans(data, 0, len(data))
        if number == 8 and wire_type == BYTES
    ]


def _string_bytes(item: object) -> bytes:
    if isinstance(item, bytes):
        return item
    if isinstance(item, str):
        return item.encode("utf-8", "replace")
    raise TypeError(f"cannot store a {type(item).__name__} in a tensor")
