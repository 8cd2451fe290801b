"""A real TensorBoard, once with each of its loaders, serves what epochal.summary wrote."""

from __future__ import annotations

import io
import urllib.parse
import wave

import numpy as np
import pytest
from PIL import Image

from epochal import summary

random = np.random.default_rng(3)
PICTURES = random.integers(0, 256, (2, 6, 8, 3), dtype=np.uint8)
VALUES = random.normal(size=500)
CLIPS = random.uniform(-1, 1, (2, 50, 1))


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    directory = tmp_path_factory.mktemp("logs")
    writer = summary.create_file_writer(directory / "run", strict=True)
    with writer.as_default():
        for step in range(50):
            summary.scalar("loss", 1 / (step + 1), step=step, description="how **far**")
        summary.image("pictures", PICTURES, step=2)
        summary.audio("sounds", CLIPS, 8000, step=3)
        summary.histogram("weights", VALUES, step=4)
        summary.histogram("empty", [], step=4)
        summary.text("note", "**bold**", step=5)
        summary.text("table", [["a", "b"], ["c", "d"]], step=5)
    writer.close()
    return directory


@pytest.fixture(scope="module")
def server(serve_stock, logdir):
    started = serve_stock(logdir)
    started.wait_until(lambda board: "table" in board.get_json("text/tags").get("run", {}))
    return started


def test_scalars(server):
    assert (
        server.get_json("scalars/tags")["run"]["loss"]["description"].strip() == "<p>how <strong>far</strong></p>"
    )
    points = server.get_json("scalars/scalars", run="run", tag="loss")
    assert [point[1:] for point in points] == [[s, pytest.approx(1 / (s + 1))] for s in range(50)]


def test_images(server):
    items = server.get_json("images/images", run="run", tag="pictures", sample=0)
    assert [item["step"] for item in items] == [2]
    for sample, pixels in enumerate(PICTURES):
        (item,) = server.get_json("images/images", run="run", tag="pictures", sample=sample)
        picture = server.get("images/individualImage", **dict(urllib.parse.parse_qsl(item["query"])))
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(picture))), pixels)


def test_audio(server):
    for sample, clip in enumerate(CLIPS):
        (item,) = server.get_json("audio/audio", run="run", tag="sounds", sample=sample)
        assert (item["step"], item["contentType"]) == (3, "audio/wav")
        sound = server.get("audio/individualAudio", **dict(urllib.parse.parse_qsl(item["query"])))
        with wave.open(io.BytesIO(sound)) as opened:
            samples = np.frombuffer(opened.readframes(50), "<i2")
        np.testing.assert_allclose(samples, clip.ravel() * 32768, atol=1)


def test_histograms(server):
    ((_, step, buckets),) = server.get_json("histograms/histograms", run="run", tag="weights")
    assert step == 4
    np.testing.assert_allclose(np.array(buckets)[:, 2], np.histogram(VALUES, 30)[0])
    ((_, _, empty),) = server.get_json("histograms/histograms", run="run", tag="empty")
    assert np.array(empty).shape == (30, 3)


def test_text(server):
    (note,) = server.get_json("text/text", run="run", tag="note")
    (table,) = server.get_json("text/text", run="run", tag="table")
    assert note["text"].strip() == "<p><strong>bold</strong></p>"
    assert table["text"].count("<td>") == 4


def test_epochal_reads_it_too(logdir):
    from epochal.events.core import EventDecoder

    (path,) = (logdir / "run").iterdir()
    decoder = EventDecoder()
    assert decoder.decode_bytes(path.read_bytes(), 0) == 57
    assert decoder.problems() == []
    found = {tag.tag.decode(): (tag.plugin_name, tag.points) for tag in decoder.tags()}
    assert found["loss"] == ("scalars", 50)
    assert {plugin for plugin, _ in found.values()} == {"scalars", "images", "audio", "histograms", "text"}
    np.testing.assert_allclose(decoder.scalars(0)[2], 1 / np.arange(1, 51), rtol=1e-6)
