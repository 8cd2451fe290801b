"""The same as `stock_values`, read by Epochal's store and queries, superseded points included."""

from __future__ import annotations

from typing import Any

import numpy as np
import plain

from epochal.events.messages import Histogram, Tensor, decode_value
from epochal.events.tensors import decode_tensor
from epochal.query.blobs import read_samples
from epochal.query.histograms import decode_buckets, read_histograms
from epochal.query.text import read_text
from epochal.store.snapshot import Snapshot
from epochal.store.tags import Tag

#: What TensorBoard's loader calls the kinds of records that name no plugin.
KIND_PLUGINS = {"run_metadata": "graph_tagged_run_metadata"}


def read_epochal(snapshot: Snapshot) -> dict[str, Any]:
    """Runs, tags, metadata and values of a snapshot."""
    return {name: _read_run(snapshot, name) for name in sorted(snapshot.runs)}


def _read_run(snapshot: Snapshot, run: str) -> dict[str, Any]:
    tags = {}
    for tag in snapshot.find_run(run).iter_tags():
        points = _read_points(snapshot, run, tag)
        assert len(points) == tag.points
        tags[tag.name] = {
            "plugin": KIND_PLUGINS.get(tag.meta.kind) or tag.meta.plugin_name or tag.stem.removesuffix("tensor"),
            "display_name": tag.meta.display_name or tag.name,
            "description": tag.meta.description,
            "content": plain.digest(tag.meta.content) if tag.meta.plugin_name in plain.CONTENT_PLUGINS else "",
            "points": sorted(points, key=plain.order),
        }
    return tags


def _read_points(snapshot: Snapshot, run: str, tag: Tag) -> list[list[Any]]:
    if tag.stem == "scalars":
        scalars = tag.scalars()
        columns = zip(scalars.step.tolist(), scalars.wall_time.tolist(), scalars.value.tolist(), strict=True)
        return [[step, plain.number(wall_time), plain.number(value)] for step, wall_time, value in columns]
    blobs = tag.blobs()
    if tag.stem == "text":
        items = read_text(snapshot, run, tag.name, count=10_000, full=True).items
        values: list[Any] = [
            {"shape": item.shape, "strings": [plain.digest(cell.encode()) for cell in item.cells]}
            for item in items
        ]
    else:
        values = [_read_value(snapshot, tag, position) for position in range(len(blobs))]
    if tag.stem == "histograms":
        shown = read_histograms(snapshot, run, tag.name, max_steps=10_000, superseded=True)
        assert shown.result.shown == len(blobs)
        assert shown.columns["step"].tolist() == sorted(blobs.step.tolist())
    return [
        [step, plain.number(wall_time), value]
        for step, wall_time, value in zip(blobs.step.tolist(), blobs.wall_time.tolist(), values, strict=True)
    ]


def _read_value(snapshot: Snapshot, tag: Tag, position: int) -> Any:
    ref = tag.blobs().ref(position)
    if tag.stem == "images":
        found = read_samples(snapshot, ref, "images")
        return plain.image(found.width, found.height, found.samples)
    if tag.stem == "audio":
        return plain.audio(read_samples(snapshot, ref, "audio").samples)
    data = snapshot.read_blob(ref)
    if tag.meta.kind in ("graph_def", "run_metadata", "meta_graph"):
        return {"shape": [1], "strings": [plain.digest(data)]}
    value = decode_value(data).value
    if isinstance(value, Histogram) or tag.stem == "histograms":
        buckets = decode_buckets(data)
        assert buckets is not None
        return plain.tensor(buckets.astype(np.float32))
    if not isinstance(value, Tensor) or tag.stem == "hparams":
        return None  # all in the metadata
    array = decode_tensor(value.data)
    if tag.stem == "graphs":  # TensorBoard's loader makes a sequence of one of it
        array = array.reshape(-1)
    return plain.tensor(array)
