"""Every kind of data of every writer, against TensorBoard's own reader."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage
from reading_logs import NOTE, STEPS, WRITERS
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

import epochal
from epochal.reading.run import Run

pytestmark = pytest.mark.parametrize("writer", WRITERS)

EVERYTHING = {"scalars": 0, "images": 0, "audio": 0, "histograms": 0, "tensors": 0, "compressedHistograms": 0}


@pytest.fixture
def run(every_kind: Path, writer: str) -> Run:
    return epochal.open(every_kind).runs[writer]


@pytest.fixture
def stock(every_kind: Path, writer: str) -> EventAccumulator:
    accumulator = EventAccumulator(str(every_kind / writer), size_guidance=EVERYTHING)
    accumulator.Reload()
    return accumulator


def test_scalars(run: Run, stock: EventAccumulator):
    ours = run.scalars("loss")
    theirs = stock.Scalars("loss")
    assert ours.step.tolist() == [event.step for event in theirs]
    assert ours.wall_time.tolist() == [event.wall_time for event in theirs]
    assert ours.value.tolist() == [event.value for event in theirs]
    assert [column.dtype for column in (ours.step, ours.wall_time, ours.value, ours.lane, ours.superseded)] == [
        np.int64,
        np.float64,
        np.float64,
        np.uint16,
        np.bool_,
    ]


def test_images(run: Run, stock: EventAccumulator):
    ours = run.images("image")
    assert [image.data for image in ours] == [event.encoded_image_string for event in stock.Images("image")]
    assert [image.step for image in ours] == list(STEPS)
    assert (ours[0].width, ours[0].height) == (6, 8)
    assert ours[0].samples == (ours[0].data,)
    assert PilImage.open(io.BytesIO(ours[-1].data)).size == (6, 8)
    assert ours[0]._repr_png_() == ours[0].data
    assert ours[0]._repr_jpeg_() is None


def test_texts(run: Run):
    texts = run.texts("note")
    assert [text.text for text in texts] == [NOTE.format(step) for step in STEPS]
    assert texts[1].data == NOTE.format(1).encode()
    assert run.texts("note/text_summary")[0].text == texts[0].text


def test_audio(run: Run, writer: str, stock: EventAccumulator):
    if writer == "tensorboardX":
        pytest.skip("tensorboardX needs another package for sound")
    ours = run.audio("sound")
    theirs = stock.Audio("sound")
    assert [sound.data for sound in ours] == [event.encoded_audio_string for event in theirs]
    assert (ours[0].sample_rate, ours[0].num_channels, ours[0].length_frames) == (8000.0, 1, 800)
    assert ours[0].content_type == "audio/wav"


def test_histograms(run: Run, stock: EventAccumulator):
    for ours, theirs in zip(run.histograms("weights"), stock.Histograms("weights"), strict=True):
        value = theirs.histogram_value
        assert (ours.min, ours.max, ours.num, ours.sum, ours.sum_squares) == (
            value.min,
            value.max,
            value.num,
            value.sum,
            value.sum_squares,
        )
        assert ours.count.sum() == 100
        assert (ours.left[0], ours.right[-1]) == (value.min, value.max)
        assert (ours.left[1:] == ours.right[:-1]).all()


def test_pr_curves(run: Run, stock: EventAccumulator):
    for ours, theirs in zip(run.pr_curves("pr"), stock.Tensors("pr"), strict=True):
        rows = tensor_util.make_ndarray(theirs.tensor_proto)
        assert ours.thresholds.tolist() == pytest.approx([i / 10 for i in range(11)])
        ours_rows = (
            ours.true_positives,
            ours.false_positives,
            ours.true_negatives,
            ours.false_negatives,
            ours.precision,
            ours.recall,
        )
        assert np.array_equal(np.stack(ours_rows), rows.astype(np.float64))


def test_meshes(run: Run):
    meshes = run.meshes("mesh")
    assert [mesh.vertices.shape for mesh in meshes] == [(1, 5, 3)] * 3
    assert [float(mesh.vertices.max()) for mesh in meshes] == [0.0, 1.0, 2.0]
    assert [float(mesh.colors.max()) for mesh in meshes if mesh.colors is not None] == [0.0, 10.0, 20.0]
    assert [mesh.faces is None for mesh in meshes] == [True, False, False]
    assert [mesh.config for mesh in meshes] == [{"camera": step} for step in STEPS]


def test_tensors(run: Run, writer: str, stock: EventAccumulator):
    if writer != "tensorboardX":
        assert [one.value.tolist() for one in run.tensors("tensor")] == [
            [[step, step + 1, step + 2], [step + 3, step + 4, step + 5]] for step in STEPS
        ]
    theirs = [tensor_util.make_ndarray(event.tensor_proto) for event in stock.Tensors("pr")]
    assert all(np.array_equal(a.value, b) for a, b in zip(run.tensors("pr"), theirs, strict=True))


def test_embeddings(run: Run):
    embedding = run.projector("words:00002")
    assert embedding.tensor.dtype == np.float32
    assert embedding.tensor.tolist() == np.arange(12.0).reshape(4, 3).tolist()
    assert embedding.metadata == [["a"], ["b"], ["ü"], ["d e"]]
    assert embedding.columns is None
    assert embedding.sprite is not None
    assert PilImage.open(io.BytesIO(embedding.sprite)).size == (10, 10)


def test_custom_scalars(run: Run):
    layout = run.custom_scalars
    assert layout is not None
    (category,) = layout.categories
    assert [(chart.title, chart.tags) for chart in category.charts] == [("x", ["loss", "acc.*"]), ("y", [])]
    assert [(m.value, m.lower, m.upper) for m in category.charts[1].margins] == [("l", "lo", "hi")]


def test_hparams(every_kind: Path, writer: str):
    logdir = epochal.open(every_kind)
    (run,) = (one for one in logdir.runs.values() if one.hparams and writer in one.name)
    is_torch = writer == "torch"  # which stores booleans as numbers
    assert run.hparams == {"lr": 0.5, "optimizer": "adam", "nesterov": 1.0 if is_torch else True}
    assert type(run.hparams["nesterov"]) is (float if is_torch else bool)
    assert run.session is not None
    assert run.session.status == "success"
    assert (run.name if writer == "epochal" else run.parent) == writer


def test_tags(run: Run, writer: str):
    plugins = {name: tag.plugin_name for name, tag in run.tags.items()}
    more = {} if writer == "tensorboardX" else {"sound": "audio", "tensor": "tensor"}
    own = ("_hparams_/session_start_info", "_hparams_/session_end_info", "acc") if writer == "epochal" else ()
    parts = (1, 2, 3) if writer == "tensorboardX" else ("VERTEX", "FACE", "COLOR")
    assert plugins == {
        "custom_scalars__config__": "custom_scalars",
        "image": "images",
        **{name: "scalars" if name == "acc" else "hparams" for name in own},
        "loss": "scalars",
        **dict.fromkeys([f"mesh_{part}" for part in parts], "mesh"),
        "note/text_summary": "text",
        "pr": "pr_curves",
        "weights": "histograms",
        "words:00002": "projector",
        **more,
    }
    assert run.tags["loss"].points == 3
    assert run.tags["note/text_summary"].display_name == "note"


def test_everything_pickles(run: Run):
    for data in (
        run,
        run.scalars("loss"),
        run.images("image"),
        run.texts("note")[1],
        run.histograms("weights"),
        run.meshes("mesh"),
        run.projector("words:00002"),
        run.tags,
    ):
        copy = pickle.loads(pickle.dumps(data))
        assert copy == data
        assert type(copy) is type(data)
    moved = pickle.loads(pickle.dumps(run.images("image")[2]))
    assert (moved.step, moved.data) == (2, run.images("image")[2].data)
    assert moved != run.images("image")[1]
