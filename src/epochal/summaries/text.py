"""Text → a string tensor with the text plugin's metadata."""

from __future__ import annotations

from typing import Any

from epochal.events.message_encoders import encode_metadata, encode_string_tensor, encode_value
from epochal.events.wire import encode_bytes_field, encode_text

PLUGIN_NAME = "text"

TAG_SUFFIX = "/text_summary"
"""What torch's writer appends to the tag of every text; part of the tag as stored, never shown."""

_METADATA = encode_metadata(PLUGIN_NAME)

_TENSOR_OF_ONE = encode_string_tensor((), (1,))
"""What comes before the text in the tensor of nearly every call."""


def as_cells(text: Any) -> tuple[list[bytes], list[int]]:
    """Return (UTF-8 cells in row-major order, shape).

    A string is one cell of shape [1], as torch writes it; a list or array of strings keeps its shape, up to
    two dimensions, which is a table; any other object is logged as `str(text)`.
    """
    if isinstance(text, str):
        return [encode_text(text)], [1]
    if isinstance(text, (bytes, bytearray)):
        return [encode_text(bytes(text).decode("utf-8", "replace"))], [1]
    rows = text.tolist() if hasattr(text, "tolist") else text
    if isinstance(rows, (list, tuple)) and rows:
        if all(isinstance(cell, (str, bytes)) for cell in rows):
            return [as_cells(cell)[0][0] for cell in rows], [len(rows)]
        if _is_table(rows):
            return [as_cells(cell)[0][0] for row in rows for cell in row], [len(rows), len(rows[0])]
    return [encode_text(str(text))], [1]


def _is_table(rows: list[Any] | tuple[Any, ...]) -> bool:
    return all(
        isinstance(row, (list, tuple))
        and len(row) == len(rows[0])
        and all(isinstance(cell, (str, bytes)) for cell in row)
        for row in rows
    ) and bool(rows[0])


def encode_text_value(tag: str, text: Any) -> bytes:
    """Encode `text` (see `as_cells`) under `tag` + "/text_summary"."""
    if type(text) is str:
        tensor = _TENSOR_OF_ONE + encode_bytes_field(8, encode_text(text))
    else:
        tensor = encode_string_tensor(*as_cells(text))
    return encode_value(tag + TAG_SUFFIX, tensor=tensor, metadata=_METADATA)
