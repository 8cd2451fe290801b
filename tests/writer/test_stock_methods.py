"""Every other method as a real TensorBoard serves it, with both of its loaders, against what was logged."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.parse
import warnings
import wave

import every_method as given
import numpy as np
import pytest
from PIL import Image
from stock_logs import FRAMES, STEREO, list_tags

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from google.protobuf import text_format
    from tensorboard.compat.proto.graph_pb2 import GraphDef
    from torch.utils.tensorboard._pytorch_graph import graph as torch_graph


def get_json(get, path, tag, **more):
    return json.loads(get(path, run="every", tag=tag, **more))


def get_blob(get, plugin, tag):
    """The first sample of a media tag, through the query that the listing names."""
    routes = {
        "images": ("images/images", "images/individualImage"),
        "audio": ("audio/audio", "audio/individualAudio"),
    }
    listing, single = routes[plugin]
    items = get_json(get, listing, tag, sample=0)
    assert [item["step"] for item in items] == [3]
    return get(single, **dict(urllib.parse.parse_qsl(items[0]["query"])))


def test_tags(get):
    assert set(list_tags(get, "images", "every")) == {"boxes", "video", "figure"}
    assert set(list_tags(get, "audio", "every")) == {"mono", "stereo"}
    assert set(list_tags(get, "pr_curves", "every")) == {"curve", "raw curve"}
    assert set(list_tags(get, "mesh", "every")) == {"mesh", "bytes"}
    assert set(list_tags(get, "histograms", "every")) == {"raw"}
    assert set(list_tags(get, "scalars", "every")) == {"v", "lo", "hi", "accuracy", "loss"}
    # No dashboard shows whole tensors and video files; nothing may choke on them.
    assert not list_tags(get, "text", "every")


def test_histogram_raw(get):
    ((_, step, buckets),) = get_json(get, "histograms/histograms", "raw")
    assert (step, np.array(buckets)[:, 1:].tolist()) == (4, [[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]])


def test_boxes(get):
    picture = get_blob(get, "images", "boxes")
    shown = Image.open(io.BytesIO(picture))
    assert shown.size == (64, 48)
    red = np.asarray(shown).astype(int)[2 * 8, 2 * 2]  # on the left edge of the first box
    assert red[0] > 200
    assert red[1:].max() < 60


def test_video_is_an_animated_gif(get):
    data = get_blob(get, "images", "video")
    movie = Image.open(io.BytesIO(data))
    assert (movie.size, movie.format, movie.n_frames) == ((12, 2), "GIF", 4)
    assert movie.info["duration"] == 200
    for number, frame in enumerate(FRAMES[0]):
        movie.seek(number)
        np.testing.assert_array_equal(np.asarray(movie.convert("RGB")), frame.transpose(1, 2, 0))


def test_figure(get):
    data = get_blob(get, "images", "figure")
    assert np.asarray(Image.open(io.BytesIO(data)))[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize(("tag", "samples"), [("mono", given.SOUND.numpy().T), ("stereo", STEREO)])
def test_audio(get, tag, samples):
    data = get_blob(get, "audio", tag)
    with wave.open(io.BytesIO(data)) as sound:
        assert (sound.getframerate(), sound.getsampwidth()) == (8000, 2)
        stored = np.frombuffer(sound.readframes(-1), "<i2").reshape(-1, sound.getnchannels())
    np.testing.assert_allclose(stored / 32767, samples, atol=1 / 32767)


def test_pr_curve(get):
    (item,) = get_json(get, "pr_curves/pr_curves", "curve")["every"]
    assert (item["step"], len(item["thresholds"])) == (3, len(item["precision"]))
    thresholds = np.array(item["thresholds"])
    positive = given.PREDICTIONS[None] >= thresholds[:, None] - 1e-6
    true = (positive & (given.LABELS == 1)).sum(axis=1)
    np.testing.assert_array_equal(item["true_positives"], true)
    np.testing.assert_allclose(item["recall"], true / given.LABELS.sum(), rtol=1e-6)


def test_pr_curve_raw(get):
    (item,) = get_json(get, "pr_curves/pr_curves", "raw curve")["every"]
    names = ("true_positives", "false_positives", "true_negatives", "false_negatives", "precision", "recall")
    for name, row in zip(names, given.CURVE, strict=True):
        expected = np.array(row)
        shown = np.array(item[name])
        if name.startswith(("true", "false")):
            expected = expected.astype(int)
        np.testing.assert_allclose(shown, expected[: len(shown)], rtol=1e-6, err_msg=name)
        assert shown.size


@pytest.mark.parametrize(
    ("tag", "kind", "dtype", "expected"),
    [
        ("mesh", "VERTEX", np.float32, given.VERTICES.numpy()),
        ("mesh", "FACE", np.int32, given.FACES.numpy()),
        ("mesh", "COLOR", np.uint8, np.rint(given.FLOAT_COLORS.numpy().astype(float) * 255)),
        ("bytes", "COLOR", np.uint8, given.COLORS.numpy()),
    ],
)
def test_mesh(get, tag, kind, dtype, expected):
    for sample in range(2):
        data = get("mesh/data", run="every", tag=tag, content_type=kind, sample=sample, step=3)
        np.testing.assert_array_equal(np.frombuffer(data, dtype).reshape(-1, 3), expected[sample].astype(dtype))


def test_mesh_configuration(get):
    metadata = get_json(get, "mesh/meshes", "mesh")
    assert len(metadata) == 3
    assert all(json.loads(part["config"]) == given.CONFIG for part in metadata)


def test_custom_scalars(get):
    layout = json.loads(get("custom_scalars/layout"))
    by_title = {category["title"]: category for category in layout["category"]}
    assert set(by_title) == {"cat", "empty"}
    lines, band = by_title["cat"]["chart"]
    assert (lines["title"], lines["multiline"]["tag"]) == ("lines", ["loss/.*", "acc"])
    assert band["margin"]["series"] == [{"value": "v", "lower": "lo", "upper": "hi"}]


def test_graph(get):
    assert "every" in json.loads(get("graphs/info"))
    shown = text_format.Parse(get("graphs/graph", run="every"), GraphDef())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = torch_graph(given.NET, given.INPUT)[0]
    assert [(n.name, n.op, list(n.input)) for n in shown.node] == [
        (n.name, n.op, list(n.input)) for n in expected.node
    ]
    assert json.loads(get("graphs/info"))["every"]["tags"]["step1"]["profile"]


def test_embedding(get):
    assert json.loads(get("projector/runs")) == ["every"]
    (entry,) = json.loads(get("projector/info", run="every"))["embeddings"]
    assert entry["tensorName"] == "a/b:00003"
    tensor = np.frombuffer(get("projector/tensor", run="every", name=entry["tensorName"]), np.float32)
    np.testing.assert_array_equal(tensor.reshape(10, 4), given.EMBEDDING)
    labels = get("projector/metadata", run="every", name=entry["tensorName"]).decode()
    assert labels.split("\n")[:-1] == given.NAMES
    sprite = Image.open(io.BytesIO(get("projector/sprite_image", run="every", name=entry["tensorName"])))
    assert sprite.size == (28, 28)
    assert entry["sprite"]["singleImageDim"] == [7, 5]
    cell = (given.THUMBNAILS[5].numpy().astype(float) * 255).astype(np.uint8).transpose(1, 2, 0)
    np.testing.assert_array_equal(np.asarray(sprite)[5:10, 7:14], cell)


def test_hparams(get):
    experiment = json.loads(get("hparams/experiment", request="{}"))
    kinds = {info["name"]: info["type"] for info in experiment["hparamInfos"]}
    assert kinds == {
        "lr": "DATA_TYPE_FLOAT64",
        "layers": "DATA_TYPE_FLOAT64",
        "name": "DATA_TYPE_STRING",
        "bias": "DATA_TYPE_BOOL",
        "none": "DATA_TYPE_STRING",
        "tensor": "DATA_TYPE_FLOAT64",
    }
    request = {
        "startIndex": 0,
        "sliceSize": 10,
        "allowedStatuses": ["STATUS_SUCCESS"],
        "colParams": [{"metric": {"tag": "accuracy", "group": ""}, "order": "ORDER_ASC"}],
    }
    groups = json.loads(get("hparams/session_groups", request=json.dumps(request)))["sessionGroups"]
    by_name = {group["sessions"][0]["name"]: group for group in groups}
    assert set(by_name) == {"every", "every/second"}
    assert by_name["every"]["hparams"] == {
        "lr": 0.1,
        "layers": 3.0,
        "name": "adam",
        "bias": True,
        "none": "None",
        "tensor": 0.5,
    }
    assert by_name["every/second"]["hparams"] == {"lr": 0.5, "bias": False, "none": "a"}
    (metric,) = [
        value for value in by_name["every"]["sessions"][0]["metricValues"] if value["name"]["tag"] == "accuracy"
    ]
    assert metric["value"] == 0.75
    assert metric["trainingStep"] == 5  # the highest step logged before
    (metric,) = by_name["every/second"]["sessions"][0]["metricValues"]
    assert (metric["value"], metric["trainingStep"]) == (0.5, 9)


def test_a_video_file_is_no_image(get):
    with pytest.raises(urllib.error.HTTPError):
        get_json(get, "images/images", "clip", sample=0)
