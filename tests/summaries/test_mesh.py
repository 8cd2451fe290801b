"""Mesh colours of every kind become what the server reads: uint8."""

from __future__ import annotations

import numpy as np
import pytest

from epochal.events.message_decoders import decode_value
from epochal.events.tensors import decode_tensor
from epochal.summaries import mesh

COLORS = {
    "uint8": (np.array([0, 1, 255], np.uint8), [0, 1, 255]),
    "dark uint8": (np.array([0, 1, 1], np.uint8), [0, 1, 1]),
    "floats in 0…1": (np.array([0.0, 0.5, 1.0], np.float32), [0, 128, 255]),
    "floats in 0…255": (np.array([0.0, 128.0, 255.0]), [0, 128, 255]),
    "ints": (np.array([0, 1, 1]), [0, 1, 1]),
    "ints beyond": (np.array([-5, 300, 7]), [0, 255, 7]),
    "not finite": (np.array([np.nan, 0.25, -1.0]), [0, 64, 0]),
}


@pytest.mark.parametrize(("colors", "expected"), COLORS.values(), ids=COLORS)
def test_colors(colors, expected):
    vertices = np.zeros((1, 1, 3))
    _, encoded = mesh.encode_mesh_values("m", (mesh.VERTEX, mesh.COLOR), (vertices, colors.reshape(1, 1, 3)), "{}")
    stored = decode_tensor(decode_value(encoded).value.data)
    assert stored.dtype == np.uint8
    assert stored.ravel().tolist() == expected
