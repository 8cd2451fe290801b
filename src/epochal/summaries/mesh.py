"""Meshes and point clouds: up to three tensors per mesh, as TensorBoard's mesh plugin reads them.

Tags and metadata: tensorboard/plugins/mesh/metadata.py. The plugin's server casts vertices to float32, faces
to int32 and colours to uint8, so that is how they are stored; torch's writer stores all as float32.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import encode_metadata, encode_tensor, encode_value
from epochal.events.wire import encode_bytes_field, encode_text, encode_varint, encode_varint_field

if TYPE_CHECKING:
    import numpy as np

PLUGIN_NAME = "mesh"

VERTEX, FACE, COLOR = 1, 2, 3
_NAMES = {VERTEX: "VERTEX", FACE: "FACE", COLOR: "COLOR"}
_DTYPES = {VERTEX: "float32", FACE: "int32", COLOR: "uint8"}

_NAME_FIELD, _CONTENT_TYPE_FIELD, _CONFIG_FIELD, _SHAPE_FIELD, _COMPONENTS_FIELD = 2, 3, 5, 6, 7


def check_mesh(content_types: tuple[int, ...], *arrays: np.ndarray[Any, Any]) -> None:
    """Raise ValueError unless every array is [batch, n, 3], with one colour per vertex."""
    for content_type, array in zip(content_types, arrays, strict=True):
        if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
            raise ValueError(f"{_NAMES[content_type].lower()} data of shape {array.shape}; expected [batch, n, 3]")
    shapes = dict(zip(content_types, (array.shape for array in arrays), strict=True))
    if shapes.get(COLOR, shapes[VERTEX]) != shapes[VERTEX]:
        raise ValueError(f"colors of shape {shapes[COLOR]} do not fit vertices of shape {shapes[VERTEX]}")


def encode_config(config: Any) -> str:
    """The three.js configuration as JSON text. TypeError for what JSON cannot hold."""
    return "{}" if config is None else json.dumps(config, sort_keys=True)


def encode_mesh_values(
    tag: str,
    content_types: tuple[int, ...],
    arrays: tuple[np.ndarray[Any, Any], ...],
    json_config: str,
    torch_layout: bool = False,
) -> list[bytes]:
    """Encode arrays [batch, n, 3], vertices first, each under a tag of its own.

    Float colours in 0…1 are scaled to 0…255, other colours clipped to it; with torch_layout nothing is
    converted and all tensors are float32.
    """
    components = sum(1 << content_type for content_type in content_types)
    return [
        encode_value(
            f"{tag}_{_NAMES[content_type]}",
            tensor=encode_tensor(array.astype("float32") if torch_layout else _convert(array, content_type)),
            metadata=_encode_mesh_metadata(tag, content_type, array.shape, components, json_config),
        )
        for content_type, array in zip(content_types, arrays, strict=True)
    ]


def _convert(array: np.ndarray[Any, Any], content_type: int) -> np.ndarray[Any, Any]:
    import numpy as np

    if content_type == COLOR and array.dtype != np.uint8:
        with np.errstate(all="ignore"):
            array = np.nan_to_num(array.astype(np.float64), nan=0.0) if array.dtype.kind == "f" else array
            if array.dtype.kind == "f" and array.max() <= 1:
                array = np.rint(array * 255)
            array = array.clip(0, 255)
    return array.astype(_DTYPES[content_type])


def _encode_mesh_metadata(
    tag: str, content_type: int, shape: tuple[int, ...], components: int, json_config: str
) -> bytes:
    content = b"".join(
        (
            encode_bytes_field(_NAME_FIELD, encode_text(tag)) if tag else b"",
            encode_varint_field(_CONTENT_TYPE_FIELD, content_type),
            encode_bytes_field(_CONFIG_FIELD, encode_text(json_config)),
            encode_bytes_field(_SHAPE_FIELD, b"".join(map(encode_varint, shape))),
            encode_varint_field(_COMPONENTS_FIELD, components),
        )
    )
    return encode_metadata(PLUGIN_NAME, content)
