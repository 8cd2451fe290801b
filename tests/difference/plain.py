"""Values as JSON that can be compared and kept: short ones as they are, long ones by their hash."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np

#: Plugins that keep data in their metadata.
CONTENT_PLUGINS = ("hparams", "mesh", "greeting", "my_plugin")

#: Stands for a value that TensorBoard's reader cannot read itself.
UNREAD = "unread"

MOST_NUMBERS, MOST_BYTES = 16, 64


def number(value: float) -> float | str:
    """A number, those that JSON lacks as text; -0.0 stays apart from 0.0 by its sign."""
    return value if math.isfinite(value) else repr(value)


def digest(data: bytes) -> str:
    """Bytes as text if they are short ASCII, else their length and hash."""
    if len(data) <= MOST_BYTES and data.isascii() and data.decode().isprintable():
        return data.decode()
    return f"{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()[:24]}"


def image(width: int, height: int, samples: list[bytes]) -> dict[str, Any]:
    return {"width": width, "height": height, "samples": [digest(sample) for sample in samples]}


def audio(samples: list[bytes]) -> dict[str, Any]:
    return {"samples": [digest(sample) for sample in samples]}


def tensor(array: np.ndarray) -> dict[str, Any]:
    """dtype, shape and elements; more than a few numbers by the hash of their little-endian bytes."""
    shape = list(array.shape)
    if array.dtype == object:
        return {"shape": shape, "strings": [digest(bytes(cell)) for cell in array.ravel().tolist()]}
    dtype = array.dtype.name
    if dtype in ("float16", "bfloat16", "float32", "float64"):  # Epochal reads bfloat16 as float32
        array = array.astype(np.float64)
        dtype = "float"
    if array.size > MOST_NUMBERS:
        return {"dtype": dtype, "shape": shape, "sha256": hashlib.sha256(array.tobytes()).hexdigest()[:24]}
    return {"dtype": dtype, "shape": shape, "values": [_element(one) for one in array.ravel().tolist()]}


def _element(value: Any) -> Any:
    return number(value) if isinstance(value, float) else str(value) if isinstance(value, complex) else value


def order(point: list[Any]) -> tuple[Any, ...]:
    """By step, then time, then value: writing order is not what is compared."""
    return point[0], str(point[1]), str(point[2])


def assert_same(stock: dict[str, Any], epochal: dict[str, Any]) -> None:
    """Fail unless Epochal has exactly the runs, tags and values that TensorBoard has.

    Only the meta graph is more: TensorBoard's reader gives it no tag.
    """
    assert list(stock) == list(epochal)
    for run, expected in stock.items():
        found = {tag: facts for tag, facts in epochal[run].items() if tag != "__meta_graph__"}
        assert sorted(expected) == sorted(found), run
        for tag, facts in expected.items():
            for stock_point, point in zip(facts["points"], found[tag]["points"], strict=False):
                if stock_point[2] == UNREAD:
                    point[2] = UNREAD
            assert facts == found[tag], f"{run}, {tag}"
