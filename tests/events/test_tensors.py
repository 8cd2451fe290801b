"""TensorProto against TensorBoard's own conversion, for every dtype."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from tensorboard.compat.proto import tensor_pb2
from tensorboard.util import tensor_util

from epochal.events.tensors import MAX_REPEATED, decode_tensor, encode_array
from epochal.events.wire import WireError, encode_bytes_field, encode_varint_field

DTYPES = ["f4", "f8", "f2", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "c8", "c16", "?"]
SHAPES = [(), (1,), (3,), (2, 3), (0,), (2, 0)]


def make_array(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    numbers = np.arange(int(np.prod(shape))).reshape(shape)
    return (numbers - 1 if dtype[0] in "fic" else numbers).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_numeric(dtype: str, shape: tuple[int, ...]) -> None:
    array = make_array(dtype, shape)
    theirs = tensor_util.make_tensor_proto(array)
    for data in (theirs.SerializeToString(), encode_array(array)):
        decoded = decode_tensor(data)
        assert decoded.dtype == array.dtype
        assert decoded.shape == array.shape
        np.testing.assert_array_equal(decoded, array)
    if dtype not in {"u4", "u8"}:  # TensorBoard cannot read these back
        back = tensor_util.make_ndarray(tensor_pb2.TensorProto.FromString(encode_array(array)))
        np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", "i2", "i4", "i8", "u1", "c8", "?"])
def test_typed_values(dtype: str) -> None:
    array = make_array(dtype, (5,))
    proto = tensor_util.make_tensor_proto(array)
    content, proto.tensor_content = proto.tensor_content, b""
    values = np.frombuffer(content, array.dtype) if content else array
    for value in () if not content else values.tolist():
        if dtype == "f2":
            proto.half_val.append(int(np.float16(value).view(np.uint16)))
        elif dtype == "c8":
            proto.scomplex_val.extend((value.real, value.imag))
        else:
            field = {"f4": "float_val", "f8": "double_val", "i8": "int64_val", "?": "bool_val"}.get(
                dtype, "int_val"
            )
            getattr(proto, field).append(value)
    np.testing.assert_array_equal(decode_tensor(proto.SerializeToString()), array)


def test_strings() -> None:
    for array in (np.array("été"), np.array([[b"a", b"b\xff"]]), np.array(["x", "yy"], dtype=object)):
        decoded = decode_tensor(encode_array(array))
        assert decoded.shape == array.shape
        expected = [item.encode() if isinstance(item, str) else item for item in array.ravel().tolist()]
        assert decoded.ravel().tolist() == expected
        theirs = tensor_util.make_ndarray(tensor_pb2.TensorProto.FromString(encode_array(array)))
        assert theirs.ravel().tolist() == expected


def test_bfloat16_and_float8_decode_to_float32() -> None:
    def make(code: int, content: bytes) -> bytes:
        proto = tensor_pb2.TensorProto(dtype=code, tensor_content=content)
        proto.tensor_shape.dim.add(size=len(content) // (2 if code == 14 else 1))
        return proto.SerializeToString()

    bits = np.array([1.5, -2.0, np.inf, np.nan], np.float32).view(np.uint32) >> 16
    np.testing.assert_array_equal(
        decode_tensor(make(14, bits.astype("<u2").tobytes())), [1.5, -2.0, np.inf, np.nan]
    )
    np.testing.assert_array_equal(decode_tensor(make(24, b"\x3c\xc0\x7c")), [1.0, -2.0, np.inf])
    np.testing.assert_array_equal(decode_tensor(make(25, b"\x38\xc0\x01\x7f")), [1.0, -2.0, 2.0**-9, np.nan])
    half = tensor_pb2.TensorProto(dtype=14, half_val=[0x3FC0])
    assert decode_tensor(half.SerializeToString()) == 1.5


def test_one_value_repeats_over_the_shape_without_memory() -> None:
    proto = tensor_pb2.TensorProto(dtype=1, float_val=[2.5])
    proto.tensor_shape.dim.add(size=1000)
    decoded = decode_tensor(proto.SerializeToString())
    assert decoded.shape == (1000,)
    assert decoded.strides == (0,)
    assert set(decoded.tolist()) == {2.5}
    proto = tensor_pb2.TensorProto(dtype=3)
    proto.tensor_shape.dim.add(size=2)
    assert decode_tensor(proto.SerializeToString()).tolist() == [0, 0]


def test_forged_tensors() -> None:
    def forged(*dims: int, code: int = 1, **fields: object) -> bytes:
        proto = tensor_pb2.TensorProto(dtype=code, **fields)
        for dim in dims:
            proto.tensor_shape.dim.add(size=dim)
        return proto.SerializeToString()

    for data in (
        forged(MAX_REPEATED + 1, float_val=[1.0]),
        forged(1 << 40, 1 << 40),
        forged(-1, tensor_content=bytes(4)),
        forged(3, float_val=[1.0, 2.0]),
        forged(2, tensor_content=bytes(7)),
        forged(0, float_val=[1.0]),
        forged(*[1] * 40, float_val=[1.0]),
        forged(1, code=21),
        forged(1, code=99),
        forged(2, code=8, scomplex_val=[1.0, 2.0, 3.0]),
        forged(3, code=7, string_val=[b"a", b"b"]),
        b"\x08\x01\x2a\x03abc",
    ):
        with pytest.raises(WireError):
            decode_tensor(data)


def test_varints_of_every_length_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [sign * (1 << bits) + more for bits in range(63) for sign in (1, -1) for more in (-1, 0, 1)]
    proto = tensor_pb2.TensorProto(dtype=9, int64_val=numbers)
    proto.tensor_shape.dim.add(size=len(numbers))
    for piece in (10, 11, 100, 1 << 20):
        monkeypatch.setattr("epochal.events.tensors._VARINT_PIECE_BYTES", piece)
        assert decode_tensor(proto.SerializeToString()).tolist() == numbers
    one_by_one = b"\x08\x03\x12\x04\x12\x02\x08\x03" + b"\x38\x05" + b"\x3a\x02\x81\x01" + b"\x38\x07"
    assert decode_tensor(one_by_one).tolist() == [5, 129, 7]
    for bad in (b"\x08\x09\x52\x01\x80", b"\x08\x09\x52\x0b" + b"\x80" * 10 + b"\x00"):
        with pytest.raises(WireError):
            decode_tensor(bad)


def test_many_repeated_values_take_memory_in_proportion() -> None:
    """Four million numbers of a byte each, packed or one by one: eight bytes each, not an object each."""

    def head(size: int) -> bytes:
        dim = encode_bytes_field(2, encode_varint_field(1, size))
        return encode_varint_field(1, 3) + encode_bytes_field(2, dim)

    count, small = 4 << 20, 1 << 16
    packed = head(count) + encode_bytes_field(7, b"\x07" * count)
    single = head(small) + b"\x38\x07" * small
    tracemalloc.start()
    try:
        for data, size in ((packed, count), (single, small)):
            tracemalloc.reset_peak()
            assert decode_tensor(data).tobytes() == np.full(size, 7, np.int32).tobytes()
            assert tracemalloc.get_traced_memory()[1] < 32 * size + (64 << 20)
    finally:
        tracemalloc.stop()


def test_unstorable_dtypes() -> None:
    with pytest.raises(TypeError):
        encode_array(np.array(["2020-01-01"], dtype="datetime64[s]"))
    with pytest.raises(TypeError):
        encode_array(np.array([None], dtype=object))


def test_byte_order_layout_and_extended_floats() -> None:
    big = np.arange(4, dtype=">i4").reshape(2, 2).T
    np.testing.assert_array_equal(decode_tensor(encode_array(big)), big)
    assert decode_tensor(encode_array(np.array([1.5], np.longdouble))).dtype == np.float64


def test_torchs_own_ways_with_uint8_half_and_bfloat16():
    """torch 2.13's add_tensor: uint8 in uint32_val, half and bfloat16 as the bits of float32 in half_val."""
    small = tensor_pb2.TensorProto(dtype=4, uint32_val=[0, 200])
    small.tensor_shape.dim.add(size=2)
    assert decode_tensor(small.SerializeToString()).tolist() == [0, 200]
    bits = np.array([0, 1.5, -2], np.float32).view(np.int32).tolist()
    for code, dtype in ((19, np.float16), (14, np.float32)):
        half = tensor_pb2.TensorProto(dtype=code)
        half.tensor_shape.dim.add(size=3)
        half.half_val.extend(bits)
        array = decode_tensor(half.SerializeToString())
        assert array.dtype == dtype
        assert array.tolist() == [0, 1.5, -2]
