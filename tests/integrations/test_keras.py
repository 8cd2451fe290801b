"""The Keras callback writes the runs and tags that Keras' own does, on the torch backend."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import warnings

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from epochal import summary  # noqa: E402
from epochal.integrations import keras as integration  # noqa: E402
from epochal.keras import TensorBoard  # noqa: E402
from epochal.summary.state import state  # noqa: E402
from epochal.writer.warnings import WriterWarning  # noqa: E402

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.util.tensor_util import make_ndarray

# Keras' own conversions do not know NumPy 2's `copy` yet.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
Y = (X.sum(axis=1, keepdims=True) > 0).astype("float32")


@pytest.fixture(autouse=True)
def _fresh():
    integration._warn_once.__init__()
    yield
    state.__init__()


def make_model(optimizer="sgd"):
    keras.utils.clear_session()
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, name="hidden"), keras.layers.Dense(1, name="out")]
    )
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


def fit(callback, model=None, epochs=2, **options):
    model = model or make_model()
    options.setdefault("validation_data", (X[:10], Y[:10]))
    model.fit(X, Y, batch_size=10, epochs=epochs, verbose=0, callbacks=[callback], **options)
    return model


def read(directory):
    """{tag: [(step, array)]} over all files of a run."""
    found = {}
    for path in sorted(directory.glob("*tfevents*")):
        for raw in RawEventFileLoader(str(path)).Load():
            event = Event.FromString(raw)
            for value in event.summary.value:
                found.setdefault(value.tag, []).append((event.step, make_ndarray(value.tensor)))
    return found


def steps(run, tag):
    return [step for step, _ in run[tag]]


def test_it_takes_every_argument_of_keras_own():
    ours = inspect.signature(TensorBoard.__init__).parameters
    theirs = inspect.signature(keras.callbacks.TensorBoard.__init__).parameters
    assert {name: each.default for name, each in ours.items()} == {
        name: each.default for name, each in theirs.items()
    }
    assert list(ours) == list(theirs)


def test_epoch_metrics(tmp_path):
    history = fit(TensorBoard(tmp_path)).history.history
    train, validation = read(tmp_path / "train"), read(tmp_path / "validation")
    assert set(train) == {"epoch_loss", "epoch_mae", "epoch_learning_rate", "keras"}
    assert set(validation) == {
        "epoch_loss",
        "epoch_mae",
        "evaluation_loss_vs_iterations",
        "evaluation_mae_vs_iterations",
    }
    assert steps(train, "epoch_loss") == steps(validation, "epoch_mae") == [0, 1]
    assert steps(validation, "evaluation_loss_vs_iterations") == [4, 8]
    np.testing.assert_allclose([value for _, value in train["epoch_loss"]], history["loss"], rtol=1e-6)
    np.testing.assert_allclose([value for _, value in validation["epoch_mae"]], history["val_mae"], rtol=1e-6)
    assert float(train["epoch_learning_rate"][0][1]) == pytest.approx(0.01)
    assert [path.name.endswith(".v2") for path in (tmp_path / "train").iterdir()] == [True]


@pytest.mark.parametrize(("update_freq", "expected"), [("batch", range(1, 9)), (1, range(1, 9)), (3, [3, 6])])
def test_batch_metrics(tmp_path, update_freq, expected):
    fit(TensorBoard(tmp_path, update_freq=update_freq, write_steps_per_second=True))
    train = read(tmp_path / "train")
    for tag in ("batch_loss", "batch_mae", "batch_steps_per_second"):
        assert steps(train, tag) == list(expected)
    # Epoch metrics come whether or not their epoch's last batch was recorded.
    assert steps(train, "epoch_loss") == steps(train, "epoch_steps_per_second") == [0, 1]
    assert all(value > 0 for _, value in train["epoch_steps_per_second"])
    assert summary.should_record_summaries() is False


def test_summaries_inside_the_model(tmp_path):
    class Watched(keras.layers.Layer):
        def call(self, x):
            summary.histogram("inside", x)
            return x

    model = keras.Sequential([keras.Input((4,)), Watched(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    before = summary.create_file_writer(tmp_path / "mine")
    before.set_as_default(step=100)
    fit(TensorBoard(tmp_path / "log", update_freq=2), model)
    assert steps(read(tmp_path / "log" / "train"), "inside") == [2, 4, 6, 8]
    assert steps(read(tmp_path / "log" / "validation"), "inside") == [2]
    assert summary.experimental.get_step() == 100
    before.close()


def test_weights_as_histograms_and_images(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            keras.layers.Conv2D(4, 3, name="conv"),
            keras.layers.Flatten(),
            keras.layers.Dense(1, name="out"),
        ]
    )
    model.compile("sgd", "mse")
    pictures = np.random.default_rng(1).normal(size=(20, 6, 6, 3)).astype("float32")
    callback = TensorBoard(tmp_path, histogram_freq=2, write_images=True)
    model.fit(pictures, Y[:20], epochs=3, verbose=0, callbacks=[callback])
    train = read(tmp_path / "train")
    root = model.layers[0].kernel.path.rsplit("/", 2)[0]
    prefix = f"{root}/" if root != "conv" else ""
    for weight in ("conv/kernel", "conv/bias", "out/kernel", "out/bias"):
        assert steps(train, f"{prefix}{weight}/histogram") == [0, 2], sorted(train)
    assert train[f"{prefix}conv/kernel/histogram"][0][1][:, 2].sum() == 3 * 3 * 3 * 4
    assert train[f"{prefix}conv/bias/image"][0][1].tolist()[:2] == [b"1", b"4"]
    assert train[f"{prefix}conv/kernel/image"][0][1].tolist()[:2] == [b"3", b"3"]
    assert train[f"{prefix}out/kernel/image"][0][1].tolist()[:2] == [b"1", b"64"]


def test_pictures_of_every_shape():
    from epochal.integrations.keras_weights import to_pictures

    shapes = {
        (5,): (1, 5, 1, 1),
        (5, 2): (1, 2, 5, 1),
        (2, 5): (1, 2, 5, 1),
        (3, 4, 5): (5, 3, 4, 1),
        (1, 4, 5): (1, 4, 5, 1),
        (2, 3, 4, 3): (2, 3, 4, 3),
    }
    for shape, expected in shapes.items():
        assert to_pictures(np.zeros(shape), channels_last=True).shape == expected, shape
    assert to_pictures(np.zeros((3, 4, 5)), channels_last=False).shape == (3, 4, 5, 1)
    assert to_pictures(np.zeros((3, 3, 4, 8)), channels_last=True) is None
    assert to_pictures(np.zeros((1, 1)), channels_last=True) is None


def test_the_graph(tmp_path):
    model = fit(TensorBoard(tmp_path))
    ((step, config),) = read(tmp_path / "train")["keras"]
    assert step == 0
    assert json.loads(config.tolist()) == json.loads(model.to_json())
    fit(TensorBoard(tmp_path / "off", write_graph=False))
    assert "keras" not in read(tmp_path / "off" / "train")


def test_a_model_that_has_no_json_trains_all_the_same(tmp_path, monkeypatch):
    model = make_model()
    monkeypatch.setattr(model, "to_json", lambda: 1 / 0)
    with pytest.warns(WriterWarning, match="graph is not logged"):
        fit(TensorBoard(tmp_path), model)
    assert "epoch_loss" in read(tmp_path / "train")


def make_embedding_model():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Embedding(10, 3, name="words"),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    return model


def fit_words(callback, model, epochs=3):
    model.fit(np.arange(40).reshape(10, 4) % 10, Y[:10], epochs=epochs, verbose=0, callbacks=[callback])


def test_embeddings_can_be_read_by_the_projector(tmp_path):
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    model = make_embedding_model()
    (tmp_path / "labels.tsv").write_text("".join(f"word {i}\n" for i in range(10)))
    fit_words(TensorBoard(tmp_path, embeddings_freq=2, embeddings_metadata={"words": "labels.tsv"}), model)
    config = text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), ProjectorConfig())
    assert [each.tensor_name for each in config.embeddings] == ["words:00000", "words:00002"]
    assert {each.metadata_path for each in config.embeddings} == {"labels.tsv"}
    vectors = np.loadtxt(tmp_path / config.embeddings[1].tensor_path, delimiter="\t", dtype=np.float32)
    np.testing.assert_array_equal(vectors, keras.ops.convert_to_numpy(model.layers[0].embeddings))
    # A second fit names no embedding twice, and adds to what others have listed.
    fit_words(TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata="labels.tsv"), model)
    config = text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), ProjectorConfig())
    assert [each.tensor_name for each in config.embeddings] == ["words:00000", "words:00001", "words:00002"]
    assert not list(tmp_path.rglob("*.tmp"))


def test_metadata_of_an_unknown_layer_is_an_error(tmp_path):
    metadata = {"words": "a.tsv", "nothing": "b.tsv"}
    with pytest.raises(ValueError, match="nothing"):
        fit_words(TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata=metadata), make_embedding_model())
    assert set(metadata) == {"words", "nothing"}


@pytest.mark.parametrize("profile_batch", [5, (2, 4), "3,5", "7"])
def test_profile_batch_warns_once(tmp_path, profile_batch):
    with pytest.warns(WriterWarning, match="not profiled"):
        TensorBoard(tmp_path, profile_batch=profile_batch)
    TensorBoard(tmp_path, profile_batch=profile_batch)


@pytest.mark.parametrize("profile_batch", [-1, (4, 2), (1, 2, 3), None, 1.5])
def test_profile_batch_is_checked(profile_batch):
    with pytest.raises(ValueError, match="profile_batch must be"):
        TensorBoard("logs", profile_batch=profile_batch)


def test_fit_again_and_evaluate_alone(tmp_path):
    callback = TensorBoard(tmp_path)
    model = fit(callback, epochs=1)
    fit(callback, model, epochs=1)
    assert steps(read(tmp_path / "train"), "epoch_loss") == [0, 0]
    model.evaluate(X, Y, verbose=0, callbacks=[callback])
    summary.flush(callback._writer("validation"))
    assert steps(read(tmp_path / "validation"), "evaluation_loss_vs_iterations") == [4, 8, 8]


def test_a_bad_metric_does_not_stop_training(tmp_path):
    class Bad(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["bad"] = "no number"

    model = make_model()
    with pytest.warns(WriterWarning, match="epoch_bad"):
        model.fit(X, Y, epochs=2, verbose=0, callbacks=[Bad(), TensorBoard(tmp_path)])
    assert steps(read(tmp_path / "train"), "epoch_loss") == [0, 1]


def test_importing_epochal_keras_loads_no_keras():
    code = "import sys, epochal.keras, epochal; epochal.keras; assert 'keras' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = __import__("epochal.keras").keras.no_such_name
