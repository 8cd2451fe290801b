"""The binary frame, byte by byte and round trip."""

from __future__ import annotations

import struct

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from epochal.server.columns import decode_frame, encode_frame


def test_the_layout_is_what_the_format_says() -> None:
    frame = encode_frame({"revision": 7}, {"step": np.array([1.0, 2.0]), "flag": np.array([1, 2, 3], np.uint8)})
    assert frame[:4] == b"EPX1"
    (header_bytes,) = struct.unpack_from("<I", frame, 4)
    header = msgspec.json.decode(frame[8 : 8 + header_bytes])
    assert header == {
        "result": {"revision": 7},
        "columns": [
            {"name": "step", "dtype": "f8", "offset": 0, "length": 2},
            {"name": "flag", "dtype": "u1", "offset": 16, "length": 3},
        ],
    }
    start = -(-(8 + header_bytes) // 8) * 8
    assert frame[8 + header_bytes : start] == bytes(start - 8 - header_bytes)
    assert frame[start:] == struct.pack("<dd", 1.0, 2.0) + bytes([1, 2, 3, 0, 0, 0, 0, 0])


def test_big_endian_columns_are_turned() -> None:
    _, columns = decode_frame(encode_frame({}, {"x": np.array([1.5, -2.0], ">f8")[::-1]}))
    assert columns["x"].tolist() == [-2.0, 1.5]


@pytest.mark.parametrize("bad", [np.array([1], np.int16), np.array([True]), np.zeros((2, 2)), np.array(["x"])])
def test_other_columns_are_a_programmers_error(bad: np.ndarray) -> None:
    with pytest.raises(TypeError, match="column 'x'"):
        encode_frame({}, {"x": bad})


DTYPES = st.sampled_from([np.dtype(name) for name in ("<f8", "<f4", "<i8", "<u4", "u1")])


@given(
    st.dictionaries(
        st.text(max_size=5), DTYPES.flatmap(lambda d: arrays.arrays(d, st.integers(0, 20))), max_size=4
    ),
    st.text(max_size=20),
)
def test_round_trip(columns: dict[str, np.ndarray], name: str) -> None:
    result, decoded = decode_frame(encode_frame({"name": name}, columns))
    assert result == {"name": name}
    assert list(decoded) == list(columns)
    for key, column in columns.items():
        assert decoded[key].tobytes() == column.tobytes()
        assert decoded[key].dtype == column.dtype


def test_something_else_is_no_frame() -> None:
    for data in (b"", b"EPX1", b"EPX2" + bytes(20)):
        with pytest.raises(ValueError, match="not an EPX1 frame"):
            decode_frame(data)
