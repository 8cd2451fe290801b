"""Encoders of Event and Summary messages: plain functions from values to bytes.

Fields in ascending order, proto3 defaults left out, so that the bytes are protobuf's own (golden tests
compare them with TensorBoard's classes). Text with lone surrogates: see `wire.encode_text`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from epochal.events.wire import (
    FIXED32,
    Buffer,
    encode_bytes_field,
    encode_double_field,
    encode_float,
    encode_packed_doubles,
    encode_text,
    encode_varint,
    encode_varint_field,
)

if TYPE_CHECKING:
    import numpy as np

FILE_VERSION = "brain.Event:2"
"""What the first event of every file carries; version 2 gives SessionLog START its purge meaning."""

SESSION_START = 1
SESSION_STOP = 2

DATA_CLASS_UNKNOWN = 0
DATA_CLASS_SCALAR = 1
DATA_CLASS_TENSOR = 2
DATA_CLASS_BLOB_SEQUENCE = 3

_DT_STRING = 7

_KEYED_DOUBLES = struct.Struct("<BdBdBdBdBd")


def encode_event(
    wall_time: float,
    step: int = 0,
    *,
    file_version: str | None = None,
    graph_def: Buffer | None = None,
    summary: Buffer | None = None,
    session_log: Buffer | None = None,
    tagged_run_metadata: Buffer | None = None,
    meta_graph_def: Buffer | None = None,
    source_writer: str | None = None,
) -> bytes:
    """An Event. `wall_time` in seconds since the epoch; at most one of the payloads (a oneof)."""
    parts = [encode_double_field(1, wall_time), encode_varint_field(2, step)]
    if file_version is not None:
        parts.append(encode_bytes_field(3, encode_text(file_version)))
    if graph_def is not None:
        parts.append(encode_bytes_field(4, graph_def))
    if summary is not None:
        parts.append(encode_bytes_field(5, summary))
    if session_log is not None:
        parts.append(encode_bytes_field(7, session_log))
    if tagged_run_metadata is not None:
        parts.append(encode_bytes_field(8, tagged_run_metadata))
    if meta_graph_def is not None:
        parts.append(encode_bytes_field(9, meta_graph_def))
    if source_writer is not None:
        parts.append(encode_bytes_field(10, encode_bytes_field(1, encode_text(source_writer))))
    return b"".join(parts)


def encode_value_event(wall_time: float, step: int, value: Buffer) -> bytes:
    """The Event that holds one encoded value: `encode_event` for what is logged most."""
    summary = encode_bytes_field(5, encode_bytes_field(1, value))
    return encode_double_field(1, wall_time) + encode_varint_field(2, step) + summary


def encode_session_log(status: int, message: str = "") -> bytes:
    """A SessionLog; status SESSION_START in an event of step s marks a restart there (torch's purge_step)."""
    return encode_varint_field(1, status) + (encode_bytes_field(3, encode_text(message)) if message else b"")


def encode_tagged_run_metadata(tag: str, run_metadata: Buffer) -> bytes:
    """A TaggedRunMetadata around serialised RunMetadata."""
    return _encode_text_field(1, tag) + (encode_bytes_field(2, run_metadata) if len(run_metadata) else b"")


def encode_summary(values: Iterable[Buffer]) -> bytes:
    """A Summary of encoded values."""
    return b"".join(encode_bytes_field(1, value) for value in values)


def encode_value(
    tag: str,
    *,
    simple_value: float | None = None,
    image: Buffer | None = None,
    histo: Buffer | None = None,
    audio: Buffer | None = None,
    tensor: Buffer | None = None,
    metadata: Buffer | None = None,
) -> bytes:
    """A Summary.Value. At most one payload (a oneof); none is valid: hparams live in the metadata alone."""
    parts = [_encode_text_field(1, tag)]
    if simple_value is not None:
        parts.append(encode_varint(2 << 3 | FIXED32) + encode_float(simple_value))
    if image is not None:
        parts.append(encode_bytes_field(4, image))
    if histo is not None:
        parts.append(encode_bytes_field(5, histo))
    if audio is not None:
        parts.append(encode_bytes_field(6, audio))
    if tensor is not None:
        parts.append(encode_bytes_field(8, tensor))
    if metadata is not None:
        parts.append(encode_bytes_field(9, metadata))
    return b"".join(parts)


def encode_metadata(
    plugin_name: str,
    content: Buffer = b"",
    display_name: str = "",
    description: str = "",
    data_class: int = DATA_CLASS_UNKNOWN,
) -> bytes:
    """A SummaryMetadata. `description` is Markdown."""
    plugin_data = _encode_text_field(1, plugin_name)
    if len(content):
        plugin_data += encode_bytes_field(2, content)
    return b"".join(
        (
            encode_bytes_field(1, plugin_data) if plugin_data else b"",
            _encode_text_field(2, display_name),
            _encode_text_field(3, description),
            encode_varint_field(4, data_class),
        )
    )


def encode_image(height: int, width: int, colorspace: int, data: Buffer) -> bytes:
    """A Summary.Image. colorspace: 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA; `data` an encoded image file."""
    return b"".join(
        (
            encode_varint_field(1, height),
            encode_varint_field(2, width),
            encode_varint_field(3, colorspace),
            encode_bytes_field(4, data) if len(data) else b"",
        )
    )


def encode_audio(
    sample_rate: float, num_channels: int, length_frames: int, data: Buffer, content_type: str = "audio/wav"
) -> bytes:
    """A Summary.Audio; `data` an encoded audio file."""
    rate = encode_float(sample_rate)
    return b"".join(
        (
            encode_varint(1 << 3 | FIXED32) + rate if rate != bytes(4) else b"",
            encode_varint_field(2, num_channels),
            encode_varint_field(3, length_frames),
            encode_bytes_field(4, data) if len(data) else b"",
            _encode_text_field(5, content_type),
        )
    )


def encode_histogram(
    minimum: float,
    maximum: float,
    num: float,
    total: float,
    sum_squares: float,
    limits: Sequence[float],
    counts: Sequence[float],
    *,
    nan: int = 0,
    pos_inf: int = 0,
    neg_inf: int = 0,
) -> bytes:
    """A HistogramProto: counts[i] values lie in (limits[i-1], limits[i]].

    nan, pos_inf, neg_inf count the values that no bucket can hold, in fields 100-102, which other readers
    skip as unknown.
    """
    if minimum and maximum and num and total and sum_squares:  # as nearly always; keys are field << 3 | FIXED64
        head = _KEYED_DOUBLES.pack(0x09, minimum, 0x11, maximum, 0x19, num, 0x21, total, 0x29, sum_squares)
    else:
        statistics = enumerate((minimum, maximum, num, total, sum_squares), 1)
        head = b"".join(encode_double_field(field, value) for field, value in statistics)
    buckets = encode_packed_doubles(6, limits) + encode_packed_doubles(7, counts)
    if not (nan or pos_inf or neg_inf):
        return head + buckets
    odd = (encode_varint_field(100, nan), encode_varint_field(101, pos_inf), encode_varint_field(102, neg_inf))
    return head + buckets + b"".join(odd)


def encode_shape(shape: Sequence[int]) -> bytes:
    """A TensorShapeProto; () is rank 0."""
    return b"".join(encode_bytes_field(2, encode_varint_field(1, size)) for size in shape)


def encode_string_tensor(values: Sequence[Buffer], shape: Sequence[int]) -> bytes:
    """A TensorProto of DT_STRING; `shape` () for rank 0, values row-major."""
    strings = b"".join(encode_bytes_field(8, value) for value in values)
    return encode_varint_field(1, _DT_STRING) + encode_bytes_field(2, encode_shape(shape)) + strings


def encode_tensor_content(dtype: int, shape: Sequence[int], content: Buffer) -> bytes:
    """A numeric TensorProto from its DataType code and its raw little-endian, row-major bytes."""
    data = encode_bytes_field(4, content) if len(content) else b""
    return encode_varint_field(1, dtype) + encode_bytes_field(2, encode_shape(shape)) + data


def encode_tensor(array: np.ndarray) -> bytes:
    """A TensorProto of a NumPy array (any numeric dtype, bool, bfloat16; str and bytes as DT_STRING)."""
    from epochal.events.tensors import encode_array

    return encode_array(array)


def _encode_text_field(field: int, text: str) -> bytes:
    return encode_bytes_field(field, encode_text(text)) if text else b""
