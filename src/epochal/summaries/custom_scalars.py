"""Custom scalars: a layout of charts over scalar tags → the layout message of TensorBoard's plugin.

Fields: tensorboard/plugins/custom_scalar/layout.proto.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from epochal.events.message_encoders import encode_metadata, encode_string_tensor, encode_value
from epochal.events.wire import encode_bytes_field, encode_text

PLUGIN_NAME = "custom_scalars"

TAG = "custom_scalars__config__"

MARGIN_TAGS = 3
"""A margin chart draws a value, its lower and its upper bound."""

_METADATA = encode_metadata(PLUGIN_NAME)


def encode_layout_value(layout: Mapping[str, Mapping[str, Sequence[Any]]]) -> bytes:
    """Encode {category: {chart: ["Multiline" or "Margin", [tag, …]]}}; tags are regular expressions.

    TypeError for another structure, ValueError for a margin chart of other than three tags.
    """
    if not isinstance(layout, Mapping):
        raise TypeError(f"a layout must be a dict of categories, got {type(layout).__name__}")
    categories = []
    for title, charts in layout.items():
        if not isinstance(charts, Mapping):
            raise TypeError(f"category {title!r} must be a dict of charts, got {type(charts).__name__}")
        encoded = [_encode_chart(name, chart) for name, chart in charts.items()]
        category = _encode_title(title) + b"".join(encode_bytes_field(2, chart) for chart in encoded)
        categories.append(encode_bytes_field(2, category))
    return encode_value(TAG, tensor=encode_string_tensor([b"".join(categories)], ()), metadata=_METADATA)


def _encode_chart(title: Any, chart: Sequence[Any]) -> bytes:
    kind, tags = chart[0], chart[1]
    if isinstance(tags, str) or not all(isinstance(tag, str) for tag in tags):
        raise TypeError(f"the tags of chart {title!r} must be a list of strings")
    if kind != "Margin":
        lines = b"".join(encode_bytes_field(1, encode_text(tag)) for tag in tags)
        return _encode_title(title) + encode_bytes_field(2, lines)
    if len(tags) != MARGIN_TAGS:
        raise ValueError(f"a margin chart needs 3 tags (value, lower, upper), got {len(tags)}")
    series = b"".join(encode_bytes_field(field, encode_text(tag)) for field, tag in enumerate(tags, 1) if tag)
    return _encode_title(title) + encode_bytes_field(3, encode_bytes_field(1, series))


def _encode_title(title: Any) -> bytes:
    if not isinstance(title, str):
        raise TypeError(f"a title must be a string, got {type(title).__name__}")
    return encode_bytes_field(1, encode_text(title)) if title else b""
