"""The routes of TensorBoard's time series page against TensorBoard itself, on the same logdir."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
from compat_harness import Ours, Peers, import_stock

from epochal.query.compat_timeseries import list_tag_info
from epochal.store.reloader import Reloader
from epochal.summary import create_file_writer, scalar

ROUTE = "plugin/timeseries/timeSeries"
REQUESTS: list[dict[str, Any]] = [
    {"plugin": "scalars", "tag": "loss", "run": "fresh/a a"},
    {"plugin": "scalars", "tag": "score"},
    {"plugin": "scalars", "tag": "nope"},
    {"plugin": "scalars", "tag": "loss", "run": "nope"},
    {"plugin": "scalars"},
    {"plugin": "x", "tag": "a"},
    {"plugin": ["scalars"], "tag": "a"},
    {"plugin": "histograms", "tag": "weights"},
    {"plugin": "histograms", "tag": "h", "run": "nope"},
    {"plugin": "images", "tag": "digits", "run": "fresh/a a"},
    {"plugin": "images", "tag": "nope", "run": "fresh/a a", "sample": 0},
    {"plugin": "images", "tag": "digits", "run": "fresh/a a", "sample": 7},
    {"plugin": "audio", "tag": "tone", "run": "fresh/a a", "sample": 0},
]


def test_tags(peers: Peers) -> None:
    mine, theirs = peers.both("plugin/timeseries/tags")
    if peers.loader == "rust":  # it has no scalars but float32, and no descriptions of legacy forms
        for answer in (mine, theirs):
            for kind in answer.values():
                kind.pop("tagDescriptions")
        for run, tags in theirs["scalars"]["runTagInfo"].items():
            assert set(tags) <= set(mine["scalars"]["runTagInfo"][run])
        del mine["scalars"], theirs["scalars"]
    else:
        assert mine["scalars"]["tagDescriptions"]
    assert mine == theirs


def test_answers_to_several_requests(peers: Peers) -> None:
    text = json.dumps(REQUESTS)
    mine, theirs = peers.both(ROUTE, requests=text)
    assert mine == theirs
    assert len(mine[1]["runToSeries"]) > 1
    assert [series["value"] for series in mine[0]["runToSeries"]["fresh/a a"]][1:3] == ["NaN", "Infinity"]
    body = urllib.parse.urlencode({"requests": text}).encode()
    reply = peers.ours.post(ROUTE, body, "application/x-www-form-urlencoded")
    assert (reply.status, reply.json) == (200, mine)
    for wrong in ({}, {"requests": ""}, {"requests": "{"}):
        assert peers.statuses(ROUTE, **wrong) == (400, 400)
    for wrong in ({"requests": "[1]"}, {"requests": "1"}):
        assert peers.statuses(ROUTE, **wrong) == (400, 500)


def test_histograms_and_images_of_every_run(peers: Peers) -> None:
    for plugin in ("histograms", "images"):
        for run, tag in peers.series(plugin):
            if run == "torch/restarts":  # TensorBoard shows what a restart replaced
                continue
            request = {"plugin": plugin, "tag": tag, "run": run, "sample": 0}
            [mine], [theirs] = peers.both(ROUTE, requests=json.dumps([request]))
            ours, other = mine.pop("runToSeries"), theirs.pop("runToSeries")
            assert mine == theirs
            assert list(ours) == list(other) == [run]
            steps, peer_steps = ours[run], other[run]
            assert [(one["step"], one["wallTime"]) for one in steps] == [
                (one["step"], one["wallTime"]) for one in peer_steps
            ]
            if plugin == "images":
                assert_same_images(
                    peers, [one["imageId"] for one in steps], [one["imageId"] for one in peer_steps]
                )
            elif peers.loader == "python":
                for one, peer in zip(steps, peer_steps, strict=True):
                    assert [set(bucket) for bucket in one["bins"]] == [set(bucket) for bucket in peer["bins"]]
                    assert np.allclose(
                        [list(bucket.values()) for bucket in one["bins"]],
                        [[bucket[name] for name in ("min", "max", "count")] for bucket in peer["bins"]],
                        rtol=1e-6,
                    )


def assert_same_images(peers: Peers, mine: list[str], theirs: list[str]) -> None:
    """The bytes that either names are the same."""
    for ours, other in zip(mine[:2], theirs[:2], strict=True):
        reply = peers.ours.ask("plugin/timeseries/imageData", imageId=ours)
        query = urllib.parse.urlencode({"imageId": other})
        with urllib.request.urlopen(
            f"{peers.base}/data/plugin/timeseries/imageData?{query}", timeout=60
        ) as response:
            assert reply.body == response.read()
            assert reply.one("content-type") == response.headers["content-type"]


def test_a_sample_thins_out_every_series(peers: Peers) -> None:
    text = json.dumps([REQUESTS[0], {"plugin": "histograms", "tag": "weights", "run": "fresh/a a"}])
    answers = peers.ours.ask(ROUTE, requests=text, sample=4).json
    for answer in answers:
        steps = [one["step"] for one in answer["runToSeries"]["fresh/a a"]]
        assert 2 <= len(steps) <= 4
        assert (steps[0], steps[-1]) == (0, 5)


def test_descriptions_of_several_runs_are_joined(tmp_path: Path) -> None:
    texts = {"a": {"x": "one", "y": "two"}, "b": {"x": "one"}, "c": {"x": "two", "z": "zed"}}
    for run, tags in texts.items():
        with create_file_writer(str(tmp_path / run)).as_default():
            for tag, text in tags.items():
                scalar(tag, 1.0, step=0, description=text)
    reloader = Reloader(tmp_path, reload_interval_secs=0)
    reloader.load()

    class Described:
        def __init__(self, description: str) -> None:
            self.description = description

    mapping = {run: {tag: Described(text) for tag, text in tags.items()} for run, tags in texts.items()}
    theirs = import_stock("plugins.metrics.metrics_plugin")._get_tag_to_description(mapping)
    mine = Ours(tmp_path).ask("plugin/timeseries/tags").json["scalars"]["tagDescriptions"]
    assert mine == theirs
    assert (
        list_tag_info(reloader.snapshot, "scalars")
        .descriptions["x"]
        .startswith("# Multiple descriptions\n## For ")
    )
