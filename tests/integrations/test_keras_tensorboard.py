"""A real TensorBoard, once with each of its loaders, serves what the Keras callback wrote."""

from __future__ import annotations

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from epochal.keras import TensorBoard  # noqa: E402

# Keras' own conversions do not know NumPy 2's `copy` yet.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

WORDS = np.arange(40).reshape(10, 4) % 10
Y = np.linspace(0, 1, 10).reshape(10, 1)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """(logdir, model, history) of a small fit with everything on."""
    logdir = tmp_path_factory.mktemp("logs")
    (logdir / "labels.tsv").write_text("".join(f"word {i}\n" for i in range(10)))
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Embedding(10, 3, name="words"),
            keras.layers.Flatten(),
            keras.layers.Dense(1, name="out"),
        ]
    )
    model.compile("sgd", "mse")
    callback = TensorBoard(
        logdir,
        histogram_freq=1,
        write_images=True,
        update_freq="batch",
        write_steps_per_second=True,
        embeddings_freq=1,
        embeddings_metadata="labels.tsv",
    )
    fit = model.fit(WORDS, Y, batch_size=5, epochs=3, verbose=0, validation_data=(WORDS, Y), callbacks=[callback])
    return logdir, model, fit.history


@pytest.fixture(scope="module")
def server(serve_stock, fitted):
    started = serve_stock(fitted[0])
    started.wait_until(
        lambda board: (
            "epoch_steps_per_second" in board.get_json("scalars/tags").get("train", {})
            and len(board.get_json("scalars/scalars", run="validation", tag="epoch_loss")) == 3
        )
    )
    return started


def test_scalars(server, fitted):
    history = fitted[2]
    assert set(server.get_json("scalars/tags")) == {"train", "validation"}
    for run, name in (("train", "loss"), ("validation", "val_loss")):
        points = server.get_json("scalars/scalars", run=run, tag="epoch_loss")
        assert [step for _, step, _ in points] == [0, 1, 2]
        np.testing.assert_allclose([value for _, _, value in points], history[name], rtol=1e-5)
    batches = server.get_json("scalars/scalars", run="train", tag="batch_loss")
    assert [step for _, step, _ in batches] == [1, 2, 3, 4, 5, 6]


def test_histograms_and_images(server):
    tags = [tag for tag in server.get_json("histograms/tags")["train"] if tag.endswith("out/kernel/histogram")]
    points = server.get_json("histograms/histograms", run="train", tag=tags[0])
    assert [step for _, step, _ in points] == [0, 1, 2]
    assert sum(bucket[2] for bucket in points[-1][2]) == 12
    assert any(tag.endswith("words/embeddings/image") for tag in server.get_json("images/tags")["train"])


def test_the_conceptual_graph(server):
    assert server.get_json("graphs/info")["train"]["tags"]["keras"]["conceptual_graph"] is True
    graph = server.get("graphs/graph", run="train", tag="keras", conceptual="true").decode()
    assert '"words"' in graph or "/words" in graph
    assert '"out"' in graph or "/out" in graph


def test_the_projector(server, fitted):
    model = fitted[1]
    assert server.get_json("projector/runs") == ["."]
    info = server.get_json("projector/info", run=".")
    names = [each["tensorName"] for each in info["embeddings"]]
    assert names == ["words:00000", "words:00001", "words:00002"]
    vectors = server.get("projector/tensor", run=".", name="words:00002", num_rows=1000)
    expected = keras.ops.convert_to_numpy(model.layers[0].embeddings)
    np.testing.assert_array_equal(np.frombuffer(vectors, np.float32).reshape(10, 3), expected)
    metadata = server.get("projector/metadata", run=".", name="words:00002", num_rows=1000)
    assert metadata.decode().splitlines() == [f"word {i}" for i in range(10)]
