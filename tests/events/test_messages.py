"""Encoders and decoders against TensorBoard's protobuf classes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2

from epochal.events import messages
from epochal.events.wire import WireError

floats = st.floats(width=32)
doubles = st.floats()
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
int32s = st.integers(-(1 << 31), (1 << 31) - 1)
int64s = st.integers(-(1 << 63), (1 << 63) - 1)


def same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


@given(doubles, int64s, texts, floats)
def test_scalar_event(wall_time: float, step: int, tag: str, value: float) -> None:
    theirs = event_pb2.Event(wall_time=wall_time, step=step)
    theirs.summary.value.add(tag=tag, simple_value=value)
    ours = messages.encode_event(
        wall_time, step, summary=messages.encode_summary([messages.encode_value(tag, simple_value=value)])
    )
    assert ours == theirs.SerializeToString(deterministic=True)
    event = messages.decode_event(ours)
    assert same(event.wall_time, wall_time)
    assert (event.step, event.values[0].tag, event.values[0].kind) == (step, tag.encode(), "simple_value")
    assert isinstance(event.values[0].value, float)
    assert same(event.values[0].value, value)


@given(texts, st.binary(max_size=20), texts, texts, st.integers(0, 3))
def test_metadata(name: str, content: bytes, display: str, description: str, data_class: int) -> None:
    theirs = summary_pb2.SummaryMetadata(
        display_name=display, summary_description=description, data_class=data_class
    )
    if name or content:
        theirs.plugin_data.plugin_name = name
        theirs.plugin_data.content = content
    ours = messages.encode_metadata(name, content, display, description, data_class)
    assert ours == theirs.SerializeToString()
    assert messages.decode_metadata(ours) == messages.Metadata(name, content, display, description, data_class)


@given(int32s, int32s, int32s, st.binary(max_size=20))
def test_image(height: int, width: int, colorspace: int, data: bytes) -> None:
    theirs = summary_pb2.Summary.Image(
        height=height, width=width, colorspace=colorspace, encoded_image_string=data
    )
    ours = messages.encode_image(height, width, colorspace, data)
    assert ours == theirs.SerializeToString()
    assert messages.decode_image(ours) == messages.Image(height, width, colorspace, data)


@given(floats.filter(lambda x: x == x), int64s, int64s, st.binary(max_size=20), texts)
def test_audio(rate: float, channels: int, frames: int, data: bytes, content_type: str) -> None:
    theirs = summary_pb2.Summary.Audio(
        sample_rate=rate,
        num_channels=channels,
        length_frames=frames,
        encoded_audio_string=data,
        content_type=content_type,
    )
    ours = messages.encode_audio(rate, channels, frames, data, content_type)
    assert ours == theirs.SerializeToString()
    assert messages.decode_audio(ours) == messages.Audio(rate, channels, frames, data, content_type)


finite = st.floats(allow_nan=False)


@given(st.tuples(finite, finite, finite, finite, finite), st.lists(finite), st.lists(finite))
def test_histogram(stats: tuple[float, ...], limits: list[float], counts: list[float]) -> None:
    theirs = summary_pb2.HistogramProto(
        min=stats[0],
        max=stats[1],
        num=stats[2],
        sum=stats[3],
        sum_squares=stats[4],
        bucket_limit=limits,
        bucket=counts,
    )
    ours = messages.encode_histogram(*stats, limits, counts)
    assert ours == theirs.SerializeToString()
    assert messages.decode_histogram(ours) == messages.Histogram(*stats, tuple(limits), tuple(counts))


def test_histogram_extra_counts_are_invisible_to_others() -> None:
    data = messages.encode_histogram(0, 1, 5, 1, 1, [1.0], [2.0], nan=1, pos_inf=2, neg_inf=300)
    theirs = summary_pb2.HistogramProto.FromString(data)
    assert (theirs.num, list(theirs.bucket)) == (5, [2.0])
    ours = messages.decode_histogram(data)
    assert (ours.nan, ours.pos_inf, ours.neg_inf) == (1, 2, 300)


def test_histogram_with_unpacked_buckets() -> None:
    data = b"\x31" + bytes(8) + b"\x39" + bytes(8)  # fields 6 and 7 as single fixed64 values
    assert messages.decode_histogram(data) == messages.Histogram(limits=(0.0,), counts=(0.0,))
    with pytest.raises(WireError):
        messages.decode_histogram(b"\x32\x04abcd")


def test_every_value_kind_reaches_protobuf() -> None:
    metadata = messages.encode_metadata("p", b"c")
    values = [
        messages.encode_value("i", image=messages.encode_image(1, 2, 3, b"png"), metadata=metadata),
        messages.encode_value("h", histo=messages.encode_histogram(0, 1, 1, 1, 1, [1.0], [1.0])),
        messages.encode_value("a", audio=messages.encode_audio(44100, 1, 2, b"wav")),
        messages.encode_value("t", tensor=messages.encode_string_tensor([b"x", b"y"], [2]), metadata=metadata),
        messages.encode_value("m", metadata=metadata),
    ]
    summary = summary_pb2.Summary.FromString(messages.encode_summary(values))
    kinds = [value.WhichOneof("value") for value in summary.value]
    assert kinds == ["image", "histo", "audio", "tensor", None]
    assert [value.metadata.plugin_data.plugin_name for value in summary.value] == ["p", "", "", "p", "p"]
    assert summary.SerializeToString() == messages.encode_summary(values)
    decoded = messages.decode_summary(messages.encode_summary(values))
    assert [value.kind for value in decoded] == ["image", "histo", "audio", "tensor", "metadata"]
    assert isinstance(decoded[3].value, messages.Tensor)
    assert decoded[3].value.shape == (2,)


@pytest.mark.parametrize(("wall_time", "step"), [(0.0, 0), (1.5e9, 7), (-1.0, -1), (2.5, 1 << 62)])
def test_event_of_one_value_is_the_general_one(wall_time: float, step: int) -> None:
    for value in (b"", b"x" * 127, b"x" * 128, messages.encode_value("tag", simple_value=1.0)):
        summary = messages.encode_summary((value,))
        assert messages.encode_value_event(wall_time, step, value) == messages.encode_event(
            wall_time, step, summary=summary
        )


def test_event_payloads() -> None:
    theirs = event_pb2.Event(wall_time=3.0, file_version="brain.Event:2")
    theirs.source_metadata.writer = "someone"
    ours = messages.encode_event(3.0, file_version="brain.Event:2", source_writer="someone")
    assert ours == theirs.SerializeToString()
    event = messages.decode_event(ours)
    assert (event.file_version, event.source_writer) == ("brain.Event:2", "someone")

    theirs = event_pb2.Event(step=7)
    theirs.session_log.status = event_pb2.SessionLog.START
    theirs.session_log.msg = "again"
    ours = messages.encode_event(0, 7, session_log=messages.encode_session_log(messages.SESSION_START, "again"))
    assert ours == theirs.SerializeToString()
    assert messages.decode_event(ours).session_log == messages.SessionLog(1, "", "again")

    theirs = event_pb2.Event(step=7)
    theirs.tagged_run_metadata.tag = "step1"
    theirs.tagged_run_metadata.run_metadata = b"meta"
    ours = messages.encode_event(0, 7, tagged_run_metadata=messages.encode_tagged_run_metadata("step1", b"meta"))
    assert ours == theirs.SerializeToString()
    assert messages.decode_event(ours).tagged_run_metadata == messages.TaggedRunMetadata(b"step1", b"meta")

    assert messages.decode_event(messages.encode_event(0, graph_def=b"g")).graph_def == b"g"
    assert messages.decode_event(messages.encode_event(0, meta_graph_def=b"m")).meta_graph_def == b"m"


def test_legacy_node_name_stands_in_for_an_empty_tag() -> None:
    theirs = summary_pb2.Summary.Value(node_name="old", simple_value=1.0)
    assert messages.decode_value(theirs.SerializeToString()).tag == b"old"


def test_string_tensor_shapes() -> None:
    for values, shape in (([b"one"], ()), ([b"a", b"b"], (2,)), ([b"a", b"", b"c", b"d"], (2, 2)), ([], (0,))):
        tensor = tensor_pb2.TensorProto.FromString(messages.encode_string_tensor(values, shape))
        assert list(tensor.string_val) == values
        assert tuple(dim.size for dim in tensor.tensor_shape.dim) == shape


@settings(max_examples=300)
@given(st.binary(max_size=60))
def test_decoders_raise_nothing_but_wire_error(data: bytes) -> None:
    for decode in (
        messages.decode_event,
        messages.decode_value,
        messages.decode_metadata,
        messages.decode_histogram,
    ):
        try:
            decode(data)
        except WireError:
            pass
