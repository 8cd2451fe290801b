"""Decoders of Event and Summary messages into frozen dataclasses. WireError on malformed input.

For blobs on demand and for tools; the columns of a whole file come from EventDecoder. A field that is
present twice: the last one wins, except that summaries, being repeated values, add up.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TypeAlias

from epochal.events.wire import (
    BYTES,
    FIXED32,
    FIXED64,
    VARINT,
    Buffer,
    WireError,
    decode_double,
    decode_float,
    decode_text,
    decode_varint,
    iter_spans,
    to_int32,
    to_int64,
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """SummaryMetadata. `content` is the plugin's own message; `description` Markdown."""

    plugin_name: str = ""
    content: bytes = b""
    display_name: str = ""
    description: str = ""
    data_class: int = 0


@dataclass(frozen=True, slots=True)
class Image:
    """Summary.Image; `data` an encoded image file."""

    height: int = 0
    width: int = 0
    colorspace: int = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Audio:
    """Summary.Audio; `data` an encoded audio file, sample_rate in Hz."""

    sample_rate: float = 0.0
    num_channels: int = 0
    length_frames: int = 0
    data: bytes = b""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Histogram:
    """HistogramProto: counts[i] values in (limits[i-1], limits[i]]; nan, pos_inf, neg_inf in no bucket."""

    minimum: float = 0.0
    maximum: float = 0.0
    num: float = 0.0
    total: float = 0.0
    sum_squares: float = 0.0
    limits: tuple[float, ...] = ()
    counts: tuple[float, ...] = ()
    nan: int = 0
    pos_inf: int = 0
    neg_inf: int = 0


@dataclass(frozen=True, slots=True)
class Tensor:
    """TensorProto by its head; `data` is the whole message, for `tensors.decode_tensor`.

    dtype is a DataType code. shape is None if the rank is unknown; dims are as stored, unchecked.
    """

    dtype: int = 0
    shape: tuple[int, ...] | None = ()
    data: bytes = b""


DecodedValue: TypeAlias = float | Image | Audio | Histogram | Tensor | None


@dataclass(frozen=True, slots=True)
class Value:
    """Summary.Value. `tag` raw; kind "simple_value", "image", "histo", "audio", "tensor" or "metadata" (none)."""

    tag: bytes = b""
    kind: str = "metadata"
    value: DecodedValue = None
    metadata: Metadata | None = None


@dataclass(frozen=True, slots=True)
class SessionLog:
    """SessionLog: status 1 START, 2 STOP, 3 CHECKPOINT."""

    status: int = 0
    checkpoint_path: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class TaggedRunMetadata:
    """TaggedRunMetadata: serialised RunMetadata of one tag."""

    tag: bytes = b""
    run_metadata: bytes = b""


@dataclass(frozen=True, slots=True)
class Event:
    """An Event; wall_time in seconds since the epoch. Payloads are None (values: empty) where absent."""

    wall_time: float = 0.0
    step: int = 0
    file_version: str | None = None
    graph_def: bytes | None = None
    values: tuple[Value, ...] = field(default=())
    session_log: SessionLog | None = None
    tagged_run_metadata: TaggedRunMetadata | None = None
    meta_graph_def: bytes | None = None
    source_writer: str = ""


def decode_event(data: Buffer) -> Event:
    """Decode a whole Event."""
    wall_time, step, source_writer = 0.0, 0, ""
    file_version: str | None = None
    graph_def: bytes | None = None
    meta_graph_def: bytes | None = None
    session_log: SessionLog | None = None
    run_metadata: TaggedRunMetadata | None = None
    values: list[Value] = []
    for number, wire_type, start, end in iter_spans(data, 0, len(data)):
        if number == 1 and wire_type == FIXED64:
            wall_time = decode_double(data, start)
        elif number == 2 and wire_type == VARINT:
            step = to_int64(decode_varint(data, start, end)[0])
        elif wire_type != BYTES:
            continue
        elif number == 3:
            file_version = decode_text(data[start:end])
        elif number == 4:
            graph_def = bytes(data[start:end])
        elif number == 5:
            values.extend(decode_summary(data[start:end]))
        elif number == 7:
            session_log = _decode_session_log(data[start:end])
        elif number == 8:
            run_metadata = _decode_tagged_run_metadata(data[start:end])
        elif number == 9:
            meta_graph_def = bytes(data[start:end])
        elif number == 10:
            source_writer = _decode_only_text(data[start:end])
    return Event(
        wall_time,
        step,
        file_version,
        graph_def,
        tuple(values),
        session_log,
        run_metadata,
        meta_graph_def,
        source_writer,
    )


def decode_summary(data: Buffer) -> list[Value]:
    """Decode a Summary's values."""
    return [
        decode_value(data[start:end])
        for number, wire_type, start, end in iter_spans(data, 0, len(data))
        if number == 1 and wire_type == BYTES
    ]


def decode_value(data: Buffer) -> Value:
    """Decode a Summary.Value; an empty tag falls back to the legacy node_name."""
    tag = node_name = b""
    kind = "metadata"
    value: DecodedValue = None
    metadata: Metadata | None = None
    for number, wire_type, start, end in iter_spans(data, 0, len(data)):
        if number == 2 and wire_type == FIXED32:
            kind, value = "simple_value", decode_float(data, start)
        elif wire_type != BYTES:
            continue
        elif number == 1:
            tag = bytes(data[start:end])
        elif number == 4:
            kind, value = "image", decode_image(data[start:end])
        elif number == 5:
            kind, value = "histo", decode_histogram(data[start:end])
        elif number == 6:
            kind, value = "audio", decode_audio(data[start:end])
        elif number == 7:
            node_name = bytes(data[start:end])
        elif number == 8:
            kind, value = "tensor", decode_tensor_head(data[start:end])
        elif number == 9:
            metadata = decode_metadata(data[start:end])
    return Value(tag or node_name, kind, value, metadata)


def decode_metadata(data: Buffer) -> Metadata:
    """Decode a SummaryMetadata."""
    plugin_name, content, display_name, description, data_class = "", b"", "", "", 0
    for number, wire_type, start, end in iter_spans(data, 0, len(data)):
        if number == 4 and wire_type == VARINT:
            data_class = to_int32(decode_varint(data, start, end)[0])
        elif wire_type != BYTES:
            continue
        elif number == 1:
            for inner, inner_type, inner_start, inner_end in iter_spans(data, start, end):
                if inner == 1 and inner_type == BYTES:
                    plugin_name = decode_text(data[inner_start:inner_end])
                elif inner == 2 and inner_type == BYTES:
                    content = bytes(data[inner_start:inner_end])
        elif number == 2:
            display_name = decode_text(data[start:end])
        elif number == 3:
            description = decode_text(data[start:end])
    return Metadata(plugin_name, content, display_name, description, data_class)


def decode_image(data: Buffer) -> Image:
    """Decode a Summary.Image."""
    numbers = {1: 0, 2: 0, 3: 0}
    encoded = b""
    for number, wire_type, start, end in iter_spans(data, 0, len(data)):
        if number in numbers and wire_type == VARINT:
            numbers[number] = to_int32(decode_varint(data, start, end)[0])
        elif number == 4 and wire_type == BYTES:
            encoded = bytes(data[start:end])
    return Image(numbers[1], numbers[2], numbers[3], encoded)


def decode_audio(data: Buffer) -> Audio:
    """Decode a Summary.Audio."""
    sample_rate, channels, frames, encoded, content_type = 0.0, 0, 0, b"", ""
    for number, wire_type, start, end in iter_spans(data, 0, len(data)):
        if number == 1 and wire_type == FIXED32:
            sample_rate = decode_float(data, start)
        elif number == 2 and wire_type == VARINT:
            channels = to_int64(decode_varint(data, start, end)[0])
        elif number == 3 and wire_type == VARINT:
            frames = to_int64(decode_varint(data, start, end)[0])
        elif number == 4 and wire_type == BYTES:
            encoded = bytes(data[start:end])
        elif number == 5 and wire_type == BYTES:
            content_type = decode_text(data[start:end])
    return Audio(sample_rate, channels, frames, encoded, content_type)


def decode_histogram(data: Buffer) -> Histogram:
    """Decode a HistogramProto; bucket lists packed or not. Lists of different length are returned as stored."""
    stats = {1: 0.0, 2: 0.0, 3: 0.0, 4: 0.0, 5: 0.0}
    buckets: dict[int, list[float]] = {6: [], 7: []}
    extra = {100: 0, 101: 0, 102: 0}
    for number, wire_type, start, end in iter_spans(data, 0, len(data)):
        if number in stats and wire_type == FIXED64:
            stats[number] = decode_double(data, start)
        elif number in buckets and wire_type == FIXED64:
            buckets[number].append(decode_double(data, start))
        elif number in buckets and wire_type == BYTES:
            if (end - start) % 8:
                raise WireError("packed doubles of odd size")
            buckets[number].extend(struct.unpack(f"<{(end - start) // 8}d", data[start:end]))
        elif number in extra and wire_type == VARINT:
            extra[number] = decode_varint(data, start, end)[0]
    return Histogram(
        stats[1],
        stats[2],
        stats[3],
        stats[4],
        stats[5],
        tuple(buckets[6]),
        tuple(buckets[7]),
        extra[100],
        extra[101],
        extra[102],
    )


def decode_tensor_head(data: Buffer) -> Tensor:
    """Decode a TensorProto's dtype and shape, its values left in `data`."""
    dtype = 0
    shape: tuple[int, ...] | None = ()
    for number, wire_type, start, end in iter_spans(data, 0, len(data)):
        if number == 1 and wire_type == VARINT:
            dtype = to_int32(decode_varint(data, start, end)[0])
        elif number == 2 and wire_type == BYTES:
            shape = decode_shape(data, start, end)
    return Tensor(dtype, shape, bytes(data))


def decode_shape(data: Buffer, start: int, end: int) -> tuple[int, ...] | None:
    """Decode the TensorShapeProto data[start:end]; None if it says that the rank is unknown."""
    dims = []
    unknown_rank = False
    for number, wire_type, dim_start, dim_end in iter_spans(data, start, end):
        if number == 3 and wire_type == VARINT:
            unknown_rank = decode_varint(data, dim_start, dim_end)[0] != 0
        elif number == 2 and wire_type == BYTES:
            size = 0
            for inner, inner_type, inner_start, inner_end in iter_spans(data, dim_start, dim_end):
                if inner == 1 and inner_type == VARINT:
                    size = to_int64(decode_varint(data, inner_start, inner_end)[0])
            dims.append(size)
    return None if unknown_rank else tuple(dims)


def _decode_session_log(data: Buffer) -> SessionLog:
    status, path, message = 0, "", ""
    for number, wire_type, start, end in iter_spans(data, 0, len(data)):
        if number == 1 and wire_type == VARINT:
            status = to_int32(decode_varint(data, start, end)[0])
        elif number == 2 and wire_type == BYTES:
            path = decode_text(data[start:end])
        elif number == 3 and wire_type == BYTES:
            message = decode_text(data[start:end])
    return SessionLog(status, path, message)


def _decode_tagged_run_metadata(data: Buffer) -> TaggedRunMetadata:
    tag = run_metadata = b""
    for number, wire_type, start, end in iter_spans(data, 0, len(data)):
        if number == 1 and wire_type == BYTES:
            tag = bytes(data[start:end])
        elif number == 2 and wire_type == BYTES:
            run_metadata = bytes(data[start:end])
    return TaggedRunMetadata(tag, run_metadata)


def _decode_only_text(data: Buffer) -> str:
    text = ""
    for number, wire_type, start, end in iter_spans(data, 0, len(data)):
        if number == 1 and wire_type == BYTES:
            text = decode_text(data[start:end])
    return text
