"""Scalars: one number → a Python float, and its `Summary.Value` in the forms that a file can hold.

Most scalars never come here: the writer hands (tag, value, step, wall_time) to the core, which encodes the
legacy `simple_value` form.
"""

from __future__ import annotations

import struct
from typing import Any

from epochal.events.message_encoders import encode_metadata, encode_value
from epochal.events.wire import (
    encode_bytes_field,
    encode_float,
    encode_text,
    encode_varint_field,
)

PLUGIN_NAME = "scalars"

GROUP_FIELD = 15
"""Field of the plugin content that holds `main_tag`. It is unknown to TensorBoard, whose loaders skip it."""

_DT_FLOAT = 1
_DT_DOUBLE = 2
_TENSOR_DTYPE = 1
_TENSOR_FLOAT_VAL = 5
_TENSOR_DOUBLE_VAL = 6


def as_float(value: Any) -> float:
    """The one real number in `value`: a Python or NumPy number, or an array-like of one element.

    TypeError for what is no number (a string, None, complex), ValueError for an array of another size,
    OverflowError for an int beyond float64. Loads NumPy only for objects that need it.
    """
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, (str, bytes, complex)) or value is None:
        raise TypeError(f"{type(value).__name__} is not a number")
    if hasattr(value, "item"):
        return _from_array_like(value)
    if hasattr(value, "__float__") or hasattr(value, "__index__"):
        try:
            return float(value)
        except TypeError:
            # TensorFlow's tensors take float() only of a shape without axes.
            if not hasattr(value, "__array__"):
                raise
    from epochal.summaries.arrays import to_numpy

    return _from_array_like(to_numpy(value)[0])


def _from_array_like(value: Any) -> float:
    size = value.numel() if hasattr(value, "numel") else getattr(value, "size", 1)
    if callable(size):
        size = size()
    if size != 1:
        raise ValueError(f"a scalar needs exactly one element, got shape {tuple(value.shape)}")
    item = value.item()
    if isinstance(item, (int, float)):
        return float(item)
    if isinstance(item, (str, bytes, complex)) or item is None or item is value:
        raise TypeError(f"{type(item).__name__} is not a number")
    return float(item)  # longdouble and extension types, whose item() is themselves' scalar


def encode_scalar_tensor(tag: str, value: float, double_precision: bool = False) -> bytes:
    """Encode `tag` as a rank-0 tensor with scalars metadata: float32, or float64 on request."""
    if double_precision:
        tensor = encode_varint_field(_TENSOR_DTYPE, _DT_DOUBLE) + encode_bytes_field(
            _TENSOR_DOUBLE_VAL, struct.pack("<d", value)
        )
    else:
        tensor = encode_varint_field(_TENSOR_DTYPE, _DT_FLOAT) + encode_bytes_field(
            _TENSOR_FLOAT_VAL, encode_float(value)
        )
    return encode_value(tag, tensor=tensor, metadata=encode_metadata(PLUGIN_NAME))


def encode_grouped_scalar(tag: str, value: float, main_tag: str) -> bytes:
    """Encode the first record of a tag of `add_scalars`: a simple_value whose metadata names its group."""
    content = encode_bytes_field(GROUP_FIELD, encode_text(main_tag))
    return encode_value(tag, simple_value=value, metadata=encode_metadata(PLUGIN_NAME, content))
