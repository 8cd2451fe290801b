"""A real TensorBoard, once with each of its loaders, serves what we wrote: compared over its HTTP API."""

from __future__ import annotations

import io
import json
import urllib.parse
import warnings

import numpy as np
import pytest
from PIL import Image
from stock_logs import BATCH, DEPTH, PICTURE, list_tags


def get_json(get, path, tag):
    return json.loads(get(path, run="run", tag=tag))


def test_every_tag_is_listed(get):
    assert set(list_tags(get, "scalars")) == {"loss", "group/a", "group/b ", "new_style"}
    assert set(list_tags(get, "histograms")) == {"weights", "empty", "only nan", "some nan"}
    assert set(list_tags(get, "images")) == {"picture", "batch", "depth"}
    assert set(list_tags(get, "text")) == {"note/text_summary", "table/text_summary"}


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


def test_16_bits(get):
    (item,) = get_json(get, "images/images", "depth")
    picture = get("images/individualImage", **dict(urllib.parse.parse_qsl(item["query"])))
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(picture))), DEPTH)


def test_histograms(get):
    ((_, step, buckets),) = get_json(get, "histograms/histograms", "weights")
    counts = np.array(buckets)[:, 2]
    assert step == 4
    assert counts.sum() == 1000
    for tag, total in (("empty", 0), ("only nan", 0), ("some nan", 1000)):
        ((_, _, buckets),) = get_json(get, "histograms/histograms", tag)
        assert sum(bucket[2] for bucket in buckets) == total, tag


def test_python_event_accumulator(stock_logdir):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    accumulator = EventAccumulator(str(stock_logdir / "run"), size_guidance={"scalars": 0})
    accumulator.Reload()
    assert [(e.step, e.wall_time) for e in accumulator.Scalars("loss")] == [(s, 1000.0 + s) for s in range(100)]
    assert accumulator.Histograms("weights")[0].histogram_value.num == 1000
