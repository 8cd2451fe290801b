"""GraphDef and its parts: plain values → bytes.

Fields: tensorflow/core/framework/graph.proto, node_def.proto, attr_value.proto, step_stats.proto.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from epochal.events.message_encoders import encode_shape
from epochal.events.wire import encode_bytes_field, encode_text, encode_varint_field

PRODUCER = 22
"""The version that torch's writer names; TensorBoard reads every version alike."""


class GraphNode(NamedTuple):
    """A NodeDef; attrs maps names to encoded AttrValues."""

    name: str
    op: str
    inputs: Sequence[str] = ()
    attrs: Mapping[str, bytes] = {}


def encode_graph_def(nodes: Iterable[GraphNode]) -> bytes:
    """A GraphDef."""
    encoded = b"".join(encode_bytes_field(1, _encode_node(node)) for node in nodes)
    return encoded + encode_bytes_field(4, encode_varint_field(1, PRODUCER))


def encode_text_attr(text: str) -> bytes:
    """An AttrValue of a string."""
    return encode_bytes_field(2, encode_text(text))


def encode_type_attr(dtype: int) -> bytes:
    """An AttrValue of a DataType."""
    return encode_varint_field(6, dtype) or b"\x30\x00"


def encode_shape_attr(shape: Sequence[int]) -> bytes:
    """An AttrValue of a shape."""
    return encode_bytes_field(7, encode_shape(shape))


def encode_shapes_attr(shapes: Sequence[Sequence[int]]) -> bytes:
    """An AttrValue of a list of shapes, as `_output_shapes` has it."""
    return encode_bytes_field(1, b"".join(encode_bytes_field(7, encode_shape(shape)) for shape in shapes))


def encode_run_metadata(device: str) -> bytes:
    """A RunMetadata that names a device and measures nothing."""
    device_stats = encode_bytes_field(1, encode_text(device))
    return encode_bytes_field(1, encode_bytes_field(1, device_stats))


def _encode_node(node: GraphNode) -> bytes:
    parts = [encode_bytes_field(1, encode_text(node.name)), encode_bytes_field(2, encode_text(node.op))]
    parts += [encode_bytes_field(3, encode_text(name)) for name in node.inputs]
    for name, attr in sorted(node.attrs.items()):
        entry = encode_bytes_field(1, encode_text(name)) + encode_bytes_field(2, attr)
        parts.append(encode_bytes_field(5, entry))
    return b"".join(parts)
