"""Logs by real writers, kept in tests/data: every item of every tag can be read in Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import epochal
from epochal.reading.run import Run

DATA = Path(__file__).parent.parent / "data"
WRITERS = sorted(path.stem for path in DATA.glob("*.json"))
METHODS = {
    "images": "images",
    "audio": "audio",
    "histograms": "histograms",
    "text": "texts",
    "pr_curves": "pr_curves",
}


def count_items(run: Run, name: str, plugin: str) -> int:
    """How many points of a tag there are, after reading each of them."""
    if plugin == "scalars":
        return len(run.scalars(name, superseded=True))
    if plugin.startswith("graph"):
        return sum(bool(graph.data) for graph in run.graphs(name))
    if plugin in METHODS:
        items = getattr(run, METHODS[plugin])(name, superseded=True)
        return sum(item._load() is not None for item in items)
    return sum(isinstance(item.value, np.ndarray) for item in run.tensors(name, superseded=True))


@pytest.mark.parametrize("writer", WRITERS)
def test_everything_can_be_read(writer: str):
    logdir = epochal.open(DATA / writer, cache=False)
    points = 0
    for run in logdir.runs.values():
        for name, tag in run.tags.items():
            if tag.plugin_name == "projector":
                assert run.projector(name).tensor.ndim == 2
            elif tag.plugin_name != "hparams":
                assert count_items(run, name, tag.plugin_name) == tag.points > 0, (run, name)
                points += tag.points
    assert logdir.problems == ()
    assert points > 0
    assert len(logdir.to_pandas(superseded=True)) == sum(
        tag.points for run in logdir.runs.values() for tag in run.tags.values() if tag.plugin_name == "scalars"
    )


def test_what_some_of_them_hold():
    tf2 = epochal.open(DATA / "tf2", cache=False)
    assert tf2.runs["hparams/session1"].hparams["units"] == 8.0
    assert [text.text for text in tf2.runs["everything"].texts("rank 0")] == ["step *0*", "step *1*", "step *2*"]
    assert tf2.runs["everything"].meshes("shape")[0].vertices.shape == (1, 4, 3)
    torch = epochal.open(DATA / "torch", cache=False)
    assert torch.runs["nested/job/second"].parent == "nested/job"
    assert torch.runs["everything"].tensors("tensor/complex64")[0].value.dtype == np.complex64
    assert epochal.open(DATA / "keras", cache=False).runs["fit/train"].graphs("keras")[0].format == "keras_json"
    assert len(epochal.open(DATA / "tf1", cache=False).runs["graph_mode"].graphs()) > 0
