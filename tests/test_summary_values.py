"""epochal.summary stores the tensors that tf.summary stores: compared with TensorBoard's own V2 summaries."""

from __future__ import annotations

import io
import warnings
import wave

import numpy as np
import pytest
import torch
from PIL import Image

from epochal import summary
from epochal.writer.warnings import WriterWarning

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.plugins.audio import metadata as audio_metadata
    from tensorboard.plugins.histogram.summary_v2 import histogram_pb
    from tensorboard.plugins.image import metadata as image_metadata
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb
    from tensorboard.plugins.text.summary_v2 import text_pb
    from tensorboard.util.tensor_util import make_ndarray

random = np.random.default_rng(5)


def read(directory):
    """All events but the header of a run's only file, as they stand there (no migration)."""
    (path,) = directory.iterdir()
    return [Event.FromString(raw) for raw in RawEventFileLoader(str(path)).Load()][1:]


@pytest.fixture
def record(tmp_path):
    """Run a function with a strict default writer and return its events."""

    def run(function):
        writer = summary.create_file_writer(tmp_path / "run", strict=True)
        with writer.as_default():
            assert function() is True
        writer.close()
        return read(tmp_path / "run")

    return run


@pytest.mark.parametrize(
    "value", [0.345, 7, True, np.float64(1e-3), np.int64(-4), torch.tensor(2.5), float("nan"), 1e300, np.ones(())]
)
def test_a_scalar_is_a_float32_of_rank_0(record, value):
    (event,) = record(lambda: summary.scalar("loss", value, step=3, description="*how*"))
    assert event.step == 3
    (stored,) = event.summary.value
    with np.errstate(over="ignore"):
        (expected,) = scalar_pb("loss", np.asarray(value), description="*how*").value
    assert stored.tag == "loss"
    assert stored.metadata == expected.metadata
    assert stored.tensor.dtype == expected.tensor.dtype
    assert stored.tensor.HasField("tensor_shape")
    assert not stored.tensor.tensor_shape.dim
    np.testing.assert_array_equal(make_ndarray(stored.tensor), make_ndarray(expected.tensor))


def test_every_event_carries_its_metadata_as_tensorflow_writes_it(tmp_path):
    writer = summary.create_file_writer(tmp_path)
    with writer.as_default():
        for step in range(3):
            summary.scalar("loss", step, step=step)
    writer.close()
    assert [e.summary.value[0].metadata.plugin_data.plugin_name for e in read(tmp_path)] == ["scalars"] * 3


@pytest.mark.parametrize(
    ("values", "buckets"),
    [
        (random.normal(size=(30, 40)), None),
        (random.normal(size=1000).astype(np.float32), 7),
        (np.array([1, 2, 2, 900]), 4),
        (np.full(5, 2.5), 3),
        (np.zeros(0), 5),
        (np.arange(10), 0),
        (np.arange(10), 1),
        (np.array([-1e300, 0.0, 1e300]), 10),
    ],
)
def test_a_histogram_has_tensorboards_buckets(record, values, buckets):
    (event,) = record(lambda: summary.histogram("h", values, step=1, buckets=buckets, description="d"))
    (stored,) = event.summary.value
    (expected,) = histogram_pb("h", values, buckets=buckets, description="d").value
    assert stored.metadata == expected.metadata
    found, wanted = make_ndarray(stored.tensor), make_ndarray(expected.tensor)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found[:, 2], wanted[:, 2])
    np.testing.assert_allclose(found[:, :2], wanted[:, :2], rtol=1e-15)


def test_a_histogram_says_what_it_leaves_out(record):
    values = [0.0, 1.0, 2.0, 3.0, np.nan, np.inf, -np.inf]
    with pytest.warns(WriterWarning, match="3 of 7 values are NaN or infinite"):
        (event,) = record(lambda: summary.histogram("h", values, step=0))
    buckets = make_ndarray(event.summary.value[0].tensor)
    assert buckets[:, 2].sum() == 4
    assert (buckets[0, 0], buckets[-1, 1]) == (0.0, 3.0)


@pytest.mark.parametrize("values", [[-1.7e308, 0.0, 1.7e308], [0.0, 5e-324], np.array([0, 2**63 - 1])])
def test_a_histogram_of_extreme_ranges_loses_no_value(record, values):
    (event,) = record(lambda: summary.histogram("h", np.asarray(values), step=0))
    buckets = make_ndarray(event.summary.value[0].tensor)
    assert np.isfinite(buckets).all()
    assert buckets[:, 2].sum() == len(values)


def decode_images(event):
    width, height, *files = make_ndarray(event.summary.value[0].tensor).tolist()
    return int(width), int(height), [Image.open(io.BytesIO(file)) for file in files]


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")])
def test_images_are_one_tensor_of_png_files(record, channels, mode):
    batch = random.integers(0, 256, (5, 6, 8, channels), dtype=np.uint8)
    (event,) = record(lambda: summary.image("i", batch, step=2, description="d"))
    assert event.summary.value[0].metadata == image_metadata.create_summary_metadata(None, "d")
    width, height, pictures = decode_images(event)
    assert (width, height, len(pictures)) == (8, 6, 3)
    for picture, pixels in zip(pictures, batch, strict=False):
        assert picture.mode == mode
        np.testing.assert_array_equal(np.asarray(picture).reshape(pixels.shape), pixels)


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        # tf.image.convert_image_dtype(values, tf.uint8, saturate=True)
        (np.float32, [-1, 0, 0.5, 1, 2, np.nan, np.inf], [0, 0, 127, 255, 255, 0, 255]),
        (np.float64, [0.25, 0.997, 0.999, 1], [63, 254, 255, 255]),
        (np.float16, [0, 0.5, 1], [0, 127, 255]),
        (np.uint16, [0, 255, 256, 65535], [0, 0, 1, 255]),
        (np.int16, [-5, 127, 128, 32767], [0, 0, 1, 255]),
        (np.int32, [-1, (1 << 23) - 1, 1 << 23, (1 << 31) - 1], [0, 0, 1, 255]),
        (np.int64, [1 << 55, (1 << 63) - 1], [1, 255]),
        (np.int8, [-1, 0, 1, 127], [0, 0, 2, 254]),
        (bool, [False, True], [0, 255]),
    ],
)
def test_pixels_of_other_types_are_converted_as_tensorflow_does(record, dtype, values, expected):
    batch = np.array(values, dtype=dtype).reshape(1, 1, -1, 1)
    (event,) = record(lambda: summary.image("i", batch, step=0))
    (picture,) = decode_images(event)[2]
    assert np.asarray(picture)[0].tolist() == [int(value) for value in expected]


def test_images_may_be_a_list_and_fewer_than_asked_for(record):
    pictures = [torch.zeros(4, 4, 3, requires_grad=True), torch.ones(4, 4, 3)]
    (event,) = record(lambda: summary.image("i", pictures, step=0, max_outputs=10))
    assert [np.asarray(picture).max() for picture in decode_images(event)[2]] == [0, 255]


def test_no_image_leaves_width_and_height(record):
    (event,) = record(lambda: summary.image("i", np.zeros((0, 4, 6, 3)), step=0))
    assert make_ndarray(event.summary.value[0].tensor).tolist() == [b"6", b"4"]


def test_audio_is_a_tensor_of_wav_files_and_labels(record):
    clips = np.stack([np.linspace(-1.5, 1.5, 40)] * 4).astype(np.float32).reshape(4, 20, 2)
    (event,) = record(lambda: summary.audio("a", clips, 8000, step=1, encoding="wav", description="d"))
    (stored,) = event.summary.value
    encoding = audio_metadata.Encoding.Value("WAV")
    assert stored.metadata == audio_metadata.create_summary_metadata(None, "d", encoding)
    cells = make_ndarray(stored.tensor)
    assert cells.shape == (3, 2)
    assert cells[:, 1].tolist() == [b""] * 3
    with wave.open(io.BytesIO(cells[0, 0])) as sound:
        assert sound.getparams()[:4] == (2, 2, 8000, 20)
        samples = np.frombuffer(sound.readframes(20), "<i2")
    exact = np.clip(clips[0].ravel().astype(np.float64) * 32768, -32768, 32767)
    np.testing.assert_allclose(samples, exact, atol=0.51)
    assert (samples.min(), samples.max()) == (-32768, 32767)


def test_audio_of_another_encoding_is_refused():
    with pytest.raises(ValueError, match="Unknown encoding"):
        summary.audio("a", np.zeros((1, 2, 1)), 8000, step=0, encoding="mp3")


@pytest.mark.parametrize(
    "text", ["**bold**", b"bytes", ["a", "b"], [["a", "b"], ["c", "ü"]], np.array([["x"]], dtype=object), ""]
)
def test_text_keeps_its_shape(record, text):
    (event,) = record(lambda: summary.text("t", text, step=1, description="d"))
    (stored,) = event.summary.value
    (expected,) = text_pb("t", text, description="d").value
    assert stored.tag == "t"
    assert stored.metadata == expected.metadata
    assert stored.tensor == expected.tensor


@pytest.mark.parametrize(
    ("tensor", "dtype", "shape"),
    [
        (1.5, np.float32, ()),
        (3, np.int32, ()),
        (True, np.bool_, ()),
        ([1.5, 2.0], np.float32, (2,)),
        ([[1, 2]], np.int32, (1, 2)),
        (np.float64(2), np.float64, ()),
        (np.arange(3), np.int64, (3,)),
        (torch.ones(2, 2, dtype=torch.float16), np.float16, (2, 2)),
        (torch.tensor(3), np.int64, ()),
        (lambda: np.ones((1, 2), np.uint8), np.uint8, (1, 2)),
    ],
)
def test_write_keeps_dtype_and_shape(record, tensor, dtype, shape):
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="mine", content=b"x"))
    (event,) = record(lambda: summary.write("w", tensor, step=1, metadata=metadata))
    (stored,) = event.summary.value
    found = make_ndarray(stored.tensor)
    assert (found.dtype, found.shape) == (dtype, shape)
    np.testing.assert_array_equal(found, tensor() if callable(tensor) else np.asarray(tensor))
    assert stored.metadata == metadata


def test_write_takes_strings_and_metadata_bytes(record):
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="mine"))
    (event,) = record(lambda: summary.write("w", "{}", step=1, metadata=metadata.SerializeToString()))
    assert make_ndarray(event.summary.value[0].tensor).tolist() == b"{}"
    assert event.summary.value[0].metadata == metadata


def test_write_raw_pb_records_a_message_as_it_is(record):
    message = Summary(value=[Summary.Value(tag="raw", simple_value=2.0)])
    (event,) = record(lambda: summary.experimental.write_raw_pb(message.SerializeToString(), step=9))
    assert (event.step, event.summary) == (9, message)


@pytest.mark.parametrize("as_message", [True, False])
def test_graph(record, as_message):
    from tensorboard.compat.proto.graph_pb2 import GraphDef
    from tensorboard.compat.proto.node_def_pb2 import NodeDef

    graph = GraphDef(node=[NodeDef(name="x", op="Placeholder")])
    (event,) = record(lambda: summary.graph(graph if as_message else graph.SerializeToString()))
    assert event.step == 0
    assert GraphDef.FromString(event.graph_def) == graph
