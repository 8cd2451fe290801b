"""Values as they were logged, before TensorBoard's loader makes tensors of them: by its legacy reader and by ours.

The legacy reader keeps what the other one drops: sample rates, content types, a histogram's sums and limits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
from tensorboard.util import tensor_util

import epochal
from epochal.events.messages import Histogram, decode_value
from epochal.store.tags import RUN_GRAPH

DATA = Path(__file__).parent.parent / "data"
WRITERS = sorted(path.stem for path in DATA.glob("*.json"))
STATISTICS = ("min", "max", "num", "sum", "sum_squares")
EVERYTHING = dict.fromkeys(event_accumulator.DEFAULT_SIZE_GUIDANCE, 0)


def same(points: Any, stock: Any, *fields: Any) -> None:
    """Both have the same points, by step and time; `fields` are pairs of functions of ours and of theirs."""
    ours = sorted((p.step, p.wall_time, *(str(our(p)) for our, _ in fields)) for p in points)
    theirs = sorted((p.step, p.wall_time, *(str(their(p)) for _, their in fields)) for p in stock)
    assert ours == theirs


@pytest.mark.parametrize("writer", WRITERS)
def test_everything_that_the_legacy_reader_has(writer: str) -> None:
    stock = EventMultiplexer(size_guidance=EVERYTHING, purge_orphaned_data=False)
    stock.AddRunsFromDirectory(str(DATA / writer)).Reload()
    logdir = epochal.open(DATA / writer, cache=False)
    assert sorted(stock.Runs()) == sorted(logdir.runs)
    compared = 0
    for name in stock.Runs():
        theirs, run = stock.GetAccumulator(name), logdir.runs[name]
        tags = theirs.Tags()
        for tag in tags["scalars"]:
            points = run.scalars(tag, superseded=True)
            values = map(repr, points.value.tolist())
            found = sorted(zip(points.step.tolist(), points.wall_time.tolist(), values, strict=True))
            assert found == sorted((p.step, p.wall_time, repr(p.value)) for p in theirs.Scalars(tag))
        for tag in tags["images"]:
            same(
                run.images(tag, superseded=True),
                theirs.Images(tag),
                (lambda p: p.data, lambda p: p.encoded_image_string),
                (lambda p: (p.width, p.height), lambda p: (p.width, p.height)),
            )
        for tag in tags["audio"]:
            same(
                run.audio(tag, superseded=True),
                theirs.Audio(tag),
                (lambda p: p.data, lambda p: p.encoded_audio_string),
                (lambda p: p.content_type, lambda p: p.content_type),
                (lambda p: p.sample_rate, lambda p: p.sample_rate),
                (lambda p: p.length_frames, lambda p: p.length_frames),
            )
        for tag in tags["histograms"]:
            same(
                run.histograms(tag, superseded=True),
                theirs.Histograms(tag),
                (
                    lambda p: (p.min, p.max, p.num, p.sum, p.sum_squares),
                    lambda p: tuple(getattr(p.histogram_value, key) for key in STATISTICS),
                ),
                (_limits_and_counts, lambda p: (p.histogram_value.bucket_limit, p.histogram_value.bucket)),
            )
        for tag in tags["tensors"]:
            compare_tensors(run, tag, theirs.Tensors(tag))
        if tags["graph"] and RUN_GRAPH in run.tags:
            graph = theirs.Graph()
            assert type(graph).FromString(run.graphs()[-1].data) == graph
        for tag in tags["run_metadata"]:
            metadata = theirs.RunMetadata(tag)
            assert type(metadata).FromString(run.graphs(tag)[-1].data) == metadata
        compared += sum(len(of_kind) for of_kind in tags.values() if isinstance(of_kind, list))
    assert compared


def compare_tensors(run: Any, tag: str, stock: Any) -> None:
    """Arrays; numbers where the tag is a scalar. What TensorBoard's reader cannot decode is left out."""
    try:
        theirs = {(one.step, one.wall_time): tensor_util.make_ndarray(one.tensor_proto) for one in stock}
    except (TypeError, ValueError, OverflowError):
        return
    if run.tags[tag].plugin_name == "scalars":
        points = run.scalars(tag, superseded=True)
        ours: dict[Any, Any] = dict(
            zip(
                zip(points.step.tolist(), points.wall_time.tolist(), strict=True),
                points.value.tolist(),
                strict=True,
            )
        )
    else:
        ours = {(item.step, item.wall_time): item.value for item in run.tensors(tag, superseded=True)}
    assert sorted(ours) == sorted(theirs)
    for key, array in theirs.items():
        np.testing.assert_array_equal(ours[key], array)


def _limits_and_counts(item: Any) -> tuple[list[float], list[float]]:
    value = decode_value(item._blob.read()).value
    assert isinstance(value, Histogram)
    return list(value.limits), list(value.counts)
