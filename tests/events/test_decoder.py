"""EventDecoder on undamaged files: columns, kinds, metadata."""

from __future__ import annotations

import math
import os
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2

from epochal import _core
from epochal.events import messages
from epochal.events.records import HEADER_BYTES, frame_record


def test_columns(core: ModuleType, logs: Any) -> None:
    decoder = logs.decode(core, b"".join(logs.scalars(6)))
    assert (decoder.records, decoder.file_version) == (7, "brain.Event:2")
    assert (decoder.first_wall_time, decoder.last_wall_time) == (1.0, 105.0)
    assert decoder.point_counts() == [3, 3]
    step, wall_time, value = decoder.scalars(1)
    assert (step.dtype, wall_time.dtype, value.dtype) == (np.int64, np.float64, np.float64)
    assert (step.tolist(), wall_time.tolist(), value.tolist()) == (
        [1, 3, 5],
        [101.0, 103.0, 105.0],
        [0.25, 0.75, 1.25],
    )
    assert decoder.problems() == []
    assert decoder.tail_problem is None


def test_an_empty_file_and_a_new_decoder(core: ModuleType) -> None:
    decoder = core.EventDecoder()
    assert decoder.decode_bytes(b"", 0) == 0
    assert (decoder.offset, decoder.records, decoder.first_wall_time, decoder.file_version) == (0, 0, None, "")
    assert decoder.tags() == []
    assert [len(column) for column in decoder.session_starts()] == [0, 0, 0]


def test_reads_a_growing_file(core: ModuleType, logs: Any, tmp_path: Path) -> None:
    records = logs.scalars(9)
    path = tmp_path / "events"
    decoder = core.EventDecoder()
    with path.open("wb") as file:
        fd = os.open(path, os.O_RDONLY)
        try:
            for i, record in enumerate(records):
                file.write(record[:-3])
                file.flush()
                assert decoder.decode(fd) == 0
                file.write(record[-3:])
                file.flush()
                assert decoder.decode(fd) == 1
                assert decoder.offset == sum(map(len, records[: i + 1])) == decoder.last_record_end
                assert decoder.last_record_crc == int.from_bytes(record[-4:], "little")
        finally:
            os.close(fd)
    assert logs.state(decoder) == logs.state(logs.decode(core, b"".join(records)))


def test_max_bytes_stops_after_a_record(core: ModuleType, logs: Any, tmp_path: Path) -> None:
    records = logs.scalars(20)
    path = tmp_path / "events"
    path.write_bytes(b"".join(records))
    fd = os.open(path, os.O_RDONLY)
    decoder = core.EventDecoder()
    try:
        assert decoder.decode(fd, 0) == 0
        assert decoder.decode(fd, 1) == 1
        assert decoder.decode(fd, len(records[1]) + 1) == 2
        assert decoder.offset == sum(map(len, records[:3]))
        assert decoder.decode(fd) == 18
    finally:
        os.close(fd)


def test_starts_at_an_offset(core: ModuleType, logs: Any) -> None:
    records = logs.scalars(5)
    data = b"".join(records)
    start = len(records[0]) + len(records[1])
    decoder = core.EventDecoder(start=start)
    assert decoder.decode_bytes(data[start:], start) == 4
    assert decoder.decode_bytes(data, 0) == 0
    with pytest.raises(ValueError, match="base_offset"):
        decoder.decode_bytes(b"", len(data) + 1)


def test_views_never_change(core: ModuleType, logs: Any) -> None:
    decoder = core.EventDecoder()
    data = b""
    views = []
    for count in range(1, 3000, 97):
        data = b"".join([logs.version(), *(logs.scalar("t", i, i / 2) for i in range(count))])
        decoder.decode_bytes(data, 0)
        views.append((count, decoder.scalars(0)))
        if count % 2:
            decoder.trim()
    for count, (step, _, value) in views:
        assert not step.flags.writeable
        assert step.tolist() == list(range(count))
        assert value.tolist() == [i / 2 for i in range(count)]


def scalar_file(core: ModuleType, count: int, tag_of: Any) -> bytes:
    buffer = core.RecordBuffer(1 << 30)
    for i in range(count):
        buffer.append_scalar(tag_of(i), i % 7, i, float(i))
    return bytes(buffer.take(1 << 30))


def test_large_columns_grow_in_place_and_by_copy() -> None:
    data = scalar_file(_core, 60_000, lambda _: "t")
    decoder = _core.EventDecoder()
    early = None
    for end in range(10_000, len(data) + 10_000, 10_000):
        decoder.decode_bytes(data[:end], 0)
        if early is None and decoder.point_counts() > [40_000]:
            early = decoder.scalars(0)
    assert early is not None
    late = decoder.scalars(0)
    assert len(late[0]) == 60_000
    for before, after in zip(early, late, strict=True):
        np.testing.assert_array_equal(before, after[: len(before)])
    np.testing.assert_array_equal(late[2], np.arange(60_000) % 7)


@pytest.mark.parametrize("chunk", [1 << 18, 1 << 21, 1 << 40])
def test_columns_of_a_file_whose_tags_change(tmp_path: Path, chunk: int) -> None:
    """Room is planned from the beginning of a large file; the rest of this one is not like it."""
    count = 200_000
    path = tmp_path / "events"
    path.write_bytes(
        scalar_file(_core, count, lambda i: f"tag{i % 3}" if i < 20_000 else f"tag{i % 2 * 2}" if i % 5 else "new")
    )
    expected: dict[bytes, list[int]] = {}
    for i in range(count):
        tag = f"tag{i % 3}" if i < 20_000 else f"tag{i % 2 * 2}" if i % 5 else "new"
        expected.setdefault(tag.encode(), []).append(i)
    decoder = _core.EventDecoder()
    views = []
    fd = os.open(path, os.O_RDONLY)
    try:
        while decoder.decode(fd, chunk):
            views.append((decoder.point_counts()[0], decoder.scalars(0)[0]))
    finally:
        os.close(fd)
    for info in decoder.tags():
        step, wall_time, value = decoder.scalars(info.index)
        assert step.tolist() == expected[info.tag]
        assert wall_time.tolist() == expected[info.tag]
        np.testing.assert_array_equal(value, step % 7)
    del decoder
    for points, view in views:
        assert view.tolist() == expected[b"tag0"][:points]


DTYPES = ["f4", "f8", "f2", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_scalar_tensors_of_every_dtype(core: ModuleType, logs: Any, dtype: str, shape: tuple[int, ...]) -> None:
    array = np.full(shape, 1, dtype)
    metadata = messages.encode_metadata("scalars", data_class=messages.DATA_CLASS_SCALAR)
    first = messages.encode_value("t", tensor=messages.encode_tensor(array), metadata=metadata)
    second = messages.encode_value(
        "t", tensor=messages.encode_tensor(array)
    )  # TensorFlow strips repeated metadata
    decoder = logs.decode(core, logs.values(1, first) + logs.values(2, second))
    (info,) = decoder.tags()
    assert (info.kind, info.is_scalar, info.points, info.data_class) == ("tensor", True, 2, 1)
    assert info.dtype == tensor_pb2.TensorProto.FromString(messages.encode_tensor(array)).dtype
    assert decoder.scalars(0)[2].tolist() == [1.0, 1.0]


TYPED: list[tuple[dict[str, Any], float]] = [
    ({"dtype": 1, "float_val": [2.5, 9.0]}, 2.5),
    ({"dtype": 2, "double_val": [1e300]}, 1e300),
    ({"dtype": 3, "int_val": [-7]}, -7),
    ({"dtype": 4, "int_val": [200]}, 200),
    ({"dtype": 6, "int_val": [-128]}, -128),
    ({"dtype": 9, "int64_val": [-(1 << 40)]}, -(1 << 40)),
    ({"dtype": 10, "bool_val": [True]}, 1),
    ({"dtype": 14, "half_val": [0x3FC0]}, 1.5),
    ({"dtype": 19, "half_val": [0xC100]}, -2.5),
    ({"dtype": 19, "half_val": [0x0001]}, 2.0**-24),
    ({"dtype": 19, "half_val": [0x7C00]}, math.inf),
    ({"dtype": 22, "uint32_val": [1 << 31]}, 1 << 31),
    ({"dtype": 23, "uint64_val": [1 << 63]}, float(1 << 63)),
    ({"dtype": 1}, 0.0),
    ({"dtype": 14, "tensor_content": b"\xc0\x3f"}, 1.5),
]


@pytest.mark.parametrize(("fields", "expected"), TYPED)
def test_scalar_tensors_in_typed_fields(
    core: ModuleType, logs: Any, fields: dict[str, Any], expected: float
) -> None:
    tensor = tensor_pb2.TensorProto(**fields).SerializeToString()
    metadata = messages.encode_metadata("scalars")
    decoder = logs.decode(core, logs.values(1, messages.encode_value("t", tensor=tensor, metadata=metadata)))
    assert logs.points(decoder) == [(b"t", 1, expected)]


@pytest.mark.parametrize(
    "fields",
    [
        {"dtype": 7, "string_val": [b"x"]},
        {"dtype": 8, "scomplex_val": [1.0, 2.0]},
        {"dtype": 1, "tensor_content": bytes(8)},
        {"dtype": 1, "float_val": [1.0], "shape": [2]},
        {"dtype": 1, "float_val": [1.0], "shape": [0]},
        {"dtype": 0},
        {"dtype": 1, "tensor_content": bytes(5000), "shape": [1250]},
    ],
)
def test_scalars_that_are_none_are_problems(core: ModuleType, logs: Any, fields: dict[str, Any]) -> None:
    fields = dict(fields)
    shape = fields.pop("shape", [])
    tensor = tensor_pb2.TensorProto(**fields)
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
    metadata = messages.encode_metadata("scalars")
    value = messages.encode_value("é", tensor=tensor.SerializeToString(), metadata=metadata)
    data = logs.values(5, value) + logs.scalar("fine", 1, 1.0)
    decoder = logs.decode(core, data)
    assert logs.points(decoder) == [(b"fine", 1, 1.0)]
    assert decoder.problems() == [(data.index(value), len(value), '"é" at step 5 is not one number')]


def test_kinds_and_spans(core: ModuleType, logs: Any) -> None:
    metadata = messages.encode_metadata("images", b"content", "Name", "*text*", 3)
    values = [
        messages.encode_value("i", image=messages.encode_image(1, 2, 3, b"png"), metadata=metadata),
        messages.encode_value("h", histo=messages.encode_histogram(0, 1, 1, 1, 1, [1.0], [1.0])),
        messages.encode_value("a", audio=messages.encode_audio(1.0, 1, 1, b"wav")),
        messages.encode_value("t", tensor=messages.encode_string_tensor([b"x"], [1])),
        messages.encode_value("p", metadata=messages.encode_metadata("hparams", b"session")),
        messages.encode_value("s", simple_value=1.0),
    ]
    run_metadata = messages.encode_tagged_run_metadata("step1", b"runmeta")
    records = [
        logs.values(3, *values),
        frame_record(messages.encode_event(4.0, 1, graph_def=b"graph")),
        frame_record(messages.encode_event(5.0, 2, meta_graph_def=b"metagraph")),
        frame_record(messages.encode_event(6.0, 9, tagged_run_metadata=run_metadata)),
    ]
    data = b"".join(records)
    decoder = logs.decode(core, data)
    assert [(info.tag, info.kind, info.is_scalar, info.dtype) for info in decoder.tags()] == [
        (b"i", "image", False, 0),
        (b"h", "histo", False, 0),
        (b"a", "audio", False, 0),
        (b"t", "tensor", False, 7),
        (b"p", "metadata", False, 0),
        (b"s", "simple_value", True, 0),
        (b"__run_graph__", "graph_def", False, 0),
        (b"__meta_graph__", "meta_graph", False, 0),
        (b"step1", "run_metadata", False, 0),
    ]
    image = decoder.tags()[0]
    assert (image.plugin_name, image.plugin_content, image.display_name) == ("images", b"content", "Name")
    assert (image.description, image.data_class) == ("*text*", 3)
    payloads = [*values[:5], None, b"graph", b"metagraph", b"runmeta"]
    offsets = [0, 0, 0, 0, 0, 0, *np.cumsum([len(record) for record in records[:3]]).tolist()]
    for index, payload in enumerate(payloads):
        if payload is None:
            continue
        step, wall_time, record_offset, record_bytes, value_offset, value_bytes, crc = decoder.blobs(index)
        assert crc.dtype == np.uint32
        start, size = int(value_offset[0]), int(value_bytes[0])
        assert data[start : start + size] == payload
        assert record_offset.tolist() == [offsets[index]]
        end = offsets[index] + HEADER_BYTES + int(record_bytes[0])
        assert data[end : end + 4] == int(crc[0]).to_bytes(4, "little")
        assert len(step) == len(wall_time) == 1


def test_first_metadata_of_a_tag_wins(core: ModuleType, logs: Any) -> None:
    first = messages.encode_value("t", simple_value=1.0)
    second = messages.encode_value("t", simple_value=2.0, metadata=messages.encode_metadata("scalars", b"1"))
    third = messages.encode_value("t", simple_value=3.0, metadata=messages.encode_metadata("other", b"2"))
    decoder = logs.decode(core, b"".join(logs.values(i, value) for i, value in enumerate((first, second, third))))
    (info,) = decoder.tags()
    assert (info.plugin_name, info.plugin_content, info.points) == ("scalars", b"1", 3)


def test_one_tag_of_two_kinds_is_two_series(core: ModuleType, logs: Any) -> None:
    scalar = messages.encode_value("t", simple_value=1.0)
    text = messages.encode_value("t", tensor=messages.encode_string_tensor([b"x"], []))
    decoder = logs.decode(core, logs.values(1, scalar, text) + logs.values(2, text, scalar))
    assert [(info.tag, info.kind, info.points) for info in decoder.tags()] == [
        (b"t", "simple_value", 2),
        (b"t", "tensor", 2),
    ]
    with pytest.raises(ValueError, match="scalars"):
        decoder.scalars(1)
    with pytest.raises(ValueError, match="blobs"):
        decoder.blobs(0)
    for wrong in (-1, 2):
        with pytest.raises(IndexError):
            decoder.scalars(wrong)


def test_strange_tags_stay_distinct(core: ModuleType, logs: Any) -> None:
    raw_tags = [
        b"\xff\xfe",
        b"\xff",
        b"",
        b"\x00",
        b"a\nb",
        "é".encode(),
        b"x" * 10_000,
        b"../up",
        b"x" * 127,
        b"x" * 128,
    ]
    for repeat in (1, 3):
        values = []
        for raw in raw_tags * repeat:
            tag = b"\x0a" + messages.encode_summary([raw])[1:] if raw else b""
            values.append(logs.values(1, tag + b"\x15" + bytes(4)))
        decoder = logs.decode(core, b"".join(values))
        assert [(info.tag, info.points) for info in decoder.tags()] == [(raw, repeat) for raw in raw_tags]


def test_legacy_node_name(core: ModuleType, logs: Any) -> None:
    value = summary_pb2.Summary.Value(node_name="old", simple_value=1.0).SerializeToString()
    assert logs.points(logs.decode(core, logs.values(1, value))) == [(b"old", 1, 1.0)]


def test_not_a_number_is_data(core: ModuleType, logs: Any) -> None:
    numbers = [math.nan, math.inf, -math.inf, -0.0, 3.4e38]
    data = b"".join(logs.scalar("t", step, number) for step, number in enumerate(numbers))
    value = logs.decode(core, data).scalars(0)[2]
    np.testing.assert_array_equal(value, np.array(numbers, np.float32).astype(np.float64))
    assert math.copysign(1, value[3]) == -1


@pytest.mark.parametrize("wall_time", [math.nan, math.inf, -math.inf, -5.0, 1e300, 0.0])
@pytest.mark.parametrize("step", [0, -1, (1 << 63) - 1, -(1 << 63)])
def test_any_step_and_wall_time_keeps_its_value(core: ModuleType, logs: Any, wall_time: float, step: int) -> None:
    data = logs.scalar("t", step, 1.5, wall_time) * 2 + logs.scalar("t", 1, 2.5, 7.0)
    decoder = logs.decode(core, data)
    steps, wall_times, values = decoder.scalars(0)
    assert steps.tolist() == [step, step, 1]
    np.testing.assert_array_equal(wall_times, [wall_time, wall_time, 7.0])
    assert values.tolist() == [1.5, 1.5, 2.5]
    assert decoder.last_wall_time == 7.0
    assert decoder.first_wall_time == (wall_time if math.isfinite(wall_time) else 7.0)


def test_session_starts(core: ModuleType, logs: Any) -> None:
    start = frame_record(messages.encode_event(9.0, 50, session_log=messages.encode_session_log(1)))
    stop = frame_record(messages.encode_event(9.5, 60, session_log=messages.encode_session_log(2)))
    data = logs.version() + start + stop + start
    step, wall_time, offset = logs.decode(core, data).session_starts()
    assert (step.tolist(), wall_time.tolist()) == ([50, 50], [9.0, 9.0])
    assert offset.tolist() == [len(logs.version()), len(data) - len(start)]


def test_fields_in_any_order_and_unknown_ones(core: ModuleType, logs: Any) -> None:
    value = b"\x15" + bytes(4) + b"\x0a\x01t" + b"\xa2\x06\x03abc"  # simple_value before tag, unknown field 100
    summary = b"\x0a" + bytes([len(value)]) + value
    event = b"\x2a" + bytes([len(summary)]) + summary + b"\xf8\x3f\x01" + b"\x10\x07" + b"\x09" + bytes(8)
    decoder = logs.decode(core, frame_record(event))
    assert logs.points(decoder) == [(b"t", 7, 0.0)]
    theirs = event_pb2.Event.FromString(event)
    assert (theirs.step, theirs.summary.value[0].tag) == (7, "t")


def test_two_threads_at_once_are_refused() -> None:
    data = scalar_file(_core, 1_500_000, lambda _: "t")
    decoder = _core.EventDecoder()
    thread = threading.Thread(target=decoder.decode_bytes, args=(data, 0))
    refused = False
    thread.start()
    while thread.is_alive() and not refused:
        try:
            decoder.tags()
        except RuntimeError:
            refused = True
    thread.join()
    assert refused
    assert decoder.point_counts() == [1_500_000]


def test_closed_descriptor_is_an_oserror(core: ModuleType) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    os.close(write_end)
    with pytest.raises(OSError, match="descriptor"):
        core.EventDecoder().decode(read_end)
