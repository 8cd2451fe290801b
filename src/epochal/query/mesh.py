"""Meshes and point clouds: what a component's metadata say, and its array.

A mesh is up to three tags, `<name>_VERTEX`, `<name>_FACE` and `<name>_COLOR`. Source:
tensorboard/plugins/mesh/plugin_data.proto and metadata.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from epochal.events.messages import Tensor
from epochal.events.wire import BYTES, VARINT, WireError, decode_text, decode_varint, iter_spans, to_int32

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from epochal.events.messages import DecodedValue

Component = Literal["vertices", "faces", "colors"]

_COMPONENTS: dict[int, Component] = {1: "vertices", 2: "faces", 3: "colors"}
_SUFFIXES: dict[str, Component] = {"_VERTEX": "vertices", "_FACE": "faces", "_COLOR": "colors"}


class MeshPart(NamedTuple):
    """Which part of which mesh a tag holds; `config` is three.js configuration as JSON text, perhaps empty."""

    name: str
    component: Component
    config: str


class MeshPluginData(NamedTuple):
    """What a tag's metadata say. `shape` is the first tensor's; `components` has bit n set for content type n."""

    name: str = ""
    content_type: int = 0
    config: str = ""
    shape: tuple[int, ...] = ()
    components: int = 0


def decode_mesh_plugin_data(content: bytes) -> MeshPluginData:
    """Decode a MeshPluginData message; of a malformed one, what comes before the damage."""
    name, content_type, config, components = "", 0, "", 0
    shape: list[int] = []
    try:
        for field, wire_type, start, end in iter_spans(content, 0, len(content)):
            if wire_type == VARINT:
                number = decode_varint(content, start, end)[0]
                if field == 3:
                    content_type = number
                elif field == 6:
                    shape.append(to_int32(number))
                elif field == 7:
                    components = number
            elif wire_type == BYTES and field in (2, 5):
                text = decode_text(content[start:end])
                name, config = (text, config) if field == 2 else (name, text)
            elif wire_type == BYTES and field == 6:
                while start < end:
                    number, start = decode_varint(content, start, end)
                    shape.append(to_int32(number))
    except WireError:
        pass
    return MeshPluginData(name, content_type, config, tuple(shape), components)


def decode_mesh_part(content: bytes, tag: str) -> MeshPart | None:
    """What MeshPluginData say; where they do not, the tag's suffix. None if neither tells the component."""
    data = decode_mesh_plugin_data(content)
    name, component = data.name, _COMPONENTS.get(data.content_type)
    for suffix, meant in _SUFFIXES.items():
        if tag.endswith(suffix) and component in (None, meant):
            return MeshPart(name or tag.removesuffix(suffix), meant, data.config)
    return MeshPart(name or tag, component, data.config) if component is not None else None


def decode_mesh_array(value: DecodedValue) -> NDArray[Any]:
    """One component at one step, [batch, n, 3], in the dtype in which it is stored. WireError if it is none."""
    from epochal.events.tensors import decode_tensor

    if not isinstance(value, Tensor):
        raise WireError("it holds no tensor")
    array = decode_tensor(value.data)
    if array.ndim != 3 or array.dtype.kind not in "fiu":
        raise WireError(f"a tensor of shape {list(array.shape)} instead of [batch, n, 3]")
    return array
