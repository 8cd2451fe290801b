"""A real TensorBoard, once with each of its loaders, serves what we wrote: compared over its HTTP API."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import warnings

import numpy as np
import pytest
from PIL import Image

from epochal import SummaryWriter

random = np.random.default_rng(3)
VALUES = random.normal(size=1000)
PICTURE = random.integers(0, 256, (3, 6, 8), dtype=np.uint8)
BATCH = random.integers(0, 256, (3, 3, 6, 8), dtype=np.uint8)


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    directory = tmp_path_factory.mktemp("logs")
    writer = SummaryWriter(directory / "run", strict=True)
    for step in range(100):
        writer.add_scalar("loss", 1 / (step + 1), step, walltime=1000.0 + step)
        writer.add_scalars("group", {"a": step, "b ": -step}, step)
    writer.add_scalar("new_style", 0.25, 7, new_style=True)
    writer.add_text("note", "**bold**", 1)
    writer.add_text("table", [["a", "b"], ["c", "d"]], 1)
    writer.add_image("picture", PICTURE, 2)
    writer.add_images("batch", BATCH, 3)
    writer.add_histogram("weights", VALUES, 4)
    writer.add_histogram("empty", np.zeros(0), 4)
    writer.add_histogram("only nan", np.full(3, np.nan), 4)
    writer.add_histogram("some nan", np.append(VALUES, [np.nan, np.inf, -np.inf]), 4)
    writer.close()
    return directory


@pytest.fixture(scope="module", params=["true", "false"], ids=["rust loader", "python loader"])
def get(request, logdir):
    """GET a route of a TensorBoard that serves the logdir."""
    options = ["--port", "0", "--host", "127.0.0.1", "--load_fast", request.param, "--reload_interval", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    base = None
    for line in process.stderr:
        if " at http://" in line:
            base = line.split(" at ")[1].split()[0].rstrip("/")
            break
    assert base, "TensorBoard did not start"

    def get_route(path: str, **parameters: object) -> bytes:
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{base}/data/plugin/{path}?{query}", timeout=30) as response:
            return response.read()

    end = time.monotonic() + 60
    while "weights" not in _tags(get_route, "histograms"):
        assert time.monotonic() < end, "TensorBoard did not load the run"
        time.sleep(0.1)
    yield get_route
    process.terminate()
    process.wait(timeout=20)
    process.stderr.close()


def _tags(get, plugin):
    try:
        return json.loads(get(f"{plugin}/tags")).get("run", {})
    except (urllib.error.URLError, ConnectionError):
        return {}


def get_json(get, path, tag):
    return json.loads(get(path, run="run", tag=tag))


def test_every_tag_is_listed(get):
    assert set(_tags(get, "scalars")) == {"loss", "group/a", "group/b ", "new_style"}
    assert set(_tags(get, "histograms")) == {"weights", "empty", "only nan", "some nan"}
    assert set(_tags(get, "images")) == {"picture", "batch"}
    assert set(_tags(get, "text")) == {"note/text_summary", "table/text_summary"}


def test_scalars(get):
    points = get_json(get, "scalars/scalars", "loss")
    assert points == [
        [1000.0 + step, step, pytest.approx(float(np.float32(1 / (step + 1))))] for step in range(100)
    ]
    assert [point[2] for point in get_json(get, "scalars/scalars", "group/b ")] == [-step for step in range(100)]
    assert [point[1:] for point in get_json(get, "scalars/scalars", "new_style")] == [[7, 0.25]]


def test_text(get):
    assert "<strong>bold</strong>" in get_json(get, "text/text", "note/text_summary")[0]["text"]
    assert get_json(get, "text/text", "table/text_summary")[0]["text"].count("<td>") == 4


@pytest.mark.parametrize(("tag", "expected"), [("picture", PICTURE), ("batch", np.concatenate(list(BATCH), 2))])
def test_images(get, tag, expected):
    (item,) = get_json(get, "images/images", tag)
    picture = get("images/individualImage", **dict(urllib.parse.parse_qsl(item["query"])))
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(picture))), expected.transpose(1, 2, 0))


def test_histograms(get):
    ((_, step, buckets),) = get_json(get, "histograms/histograms", "weights")
    counts = np.array(buckets)[:, 2]
    assert step == 4
    assert counts.sum() == 1000
    for tag, total in (("empty", 0), ("only nan", 0), ("some nan", 1000)):
        ((_, _, buckets),) = get_json(get, "histograms/histograms", tag)
        assert sum(bucket[2] for bucket in buckets) == total, tag


def test_python_event_accumulator(logdir):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    accumulator = EventAccumulator(str(logdir / "run"), size_guidance={"scalars": 0})
    accumulator.Reload()
    assert [(e.step, e.wall_time) for e in accumulator.Scalars("loss")] == [(s, 1000.0 + s) for s in range(100)]
    assert accumulator.Histograms("weights")[0].histogram_value.num == 1000
