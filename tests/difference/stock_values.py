"""All that TensorBoard's own Python reader finds in a logdir, with every sample kept and nothing purged, as JSON.

{run: {tag: {"plugin", "display_name", "description", "content", "points": [[step, wall_time, value], …]}}},
points sorted; `plain.py` says what stands for a value. Also used by scripts/golden/make.py.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import plain
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.util import tensor_util

EVERYTHING = {event_accumulator.TENSORS: 0}


def read_stock(logdir: Path) -> dict[str, Any]:
    """Runs, tags, metadata and values of a logdir as TensorBoard's reader has them."""
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    multiplexer = EventMultiplexer(size_guidance=EVERYTHING, purge_orphaned_data=False)
    multiplexer.AddRunsFromDirectory(str(logdir)).Reload()
    return {run: _read_run(multiplexer.GetAccumulator(run)) for run in sorted(multiplexer.Runs())}


def _read_run(accumulator: Any) -> dict[str, Any]:
    tags = {}
    for tag in accumulator.Tags()[event_accumulator.TENSORS]:
        metadata = accumulator.summary_metadata.get(tag)
        plugin = metadata.plugin_data.plugin_name if metadata is not None else ""
        points = [
            [event.step, plain.number(event.wall_time), _value(plugin, event.tensor_proto)]
            for event in accumulator.Tensors(tag)
        ]
        tags[tag] = {
            "plugin": plugin,
            "display_name": (metadata.display_name if metadata is not None else "") or tag,
            "description": metadata.summary_description if metadata is not None else "",
            # The loader writes its own content into what it migrates; only these have data there.
            "content": plain.digest(metadata.plugin_data.content) if plugin in plain.CONTENT_PLUGINS else "",
            "points": sorted(points, key=plain.order),
        }
    return tags


def _value(plugin: str, proto: Any) -> Any:
    try:
        array = tensor_util.make_ndarray(proto)
    except (TypeError, ValueError, OverflowError):
        return plain.UNREAD  # bfloat16, and what torch writes for half and uint8
    if plugin == "scalars":
        return plain.number(float(array.item()))
    if plugin == "images":
        width, height, *samples = array.tolist()
        return plain.image(int(width), int(height), samples)
    if plugin == "audio":
        return plain.audio(array.tolist())
    if plugin == "histograms":
        return plain.tensor(array.astype(np.float32))
    if plugin == "hparams":
        return None  # all in the metadata
    return plain.tensor(array)
