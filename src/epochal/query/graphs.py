"""Graphs as they are stored: serialised messages, or the JSON of a Keras model.

Sources: tensorboard/plugins/graph/metadata.py, tensorflow/core/framework/graph.proto, core/protobuf/config.proto.
"""

from __future__ import annotations

from typing import Literal

from epochal.events.messages import decode_value
from epochal.query.blobs import decode_strings

GraphFormat = Literal["graph_def", "run_metadata", "meta_graph_def", "keras_json"]

#: Kinds of events that hold a message itself, without a tensor around it.
EVENT_FORMATS: dict[str, GraphFormat] = {
    "graph_def": "graph_def",
    "run_metadata": "run_metadata",
    "meta_graph": "meta_graph_def",
}


def find_graph_format(kind: str, plugin_name: str) -> GraphFormat:
    """What the bytes of a graph are, by the kind of its points and its plugin (`TagMeta`)."""
    if plugin_name == "graph_keras_model":
        return "keras_json"
    return EVENT_FORMATS.get(kind, "run_metadata")


def decode_graph(data: bytes, kind: str) -> bytes:
    """The message in a stored value: the value itself, or the first string of its tensor. WireError."""
    if kind in EVENT_FORMATS:
        return data
    strings: list[bytes] = decode_strings(decode_value(data).value).ravel().tolist()
    return strings[0] if strings else b""
