"""Precision-recall curves as they are stored: counts and rates at equally spaced thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from epochal.events.messages import Tensor
from epochal.events.wire import WireError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from epochal.events.messages import DecodedValue

#: The rows of a stored curve (tensorboard/plugins/pr_curve/summary.py).
ROWS = ("true_positives", "false_positives", "true_negatives", "false_negatives", "precision", "recall")


def decode_curve(value: DecodedValue) -> NDArray[np.float64]:
    """A curve as stored, float64[6, thresholds], its rows as in ROWS. WireError if the value is none."""
    from epochal.events.tensors import decode_tensor

    if not isinstance(value, Tensor):
        raise WireError("it holds no tensor")
    curve = decode_tensor(value.data)
    if curve.ndim != 2 or curve.shape[0] != len(ROWS) or curve.dtype.kind not in "fiu":
        raise WireError(f"a tensor of shape {list(curve.shape)} instead of six rows")
    return curve.astype(np.float64)


def make_thresholds(count: int) -> NDArray[np.float64]:
    """The thresholds of a curve's columns, float64[count], as all its writers take them: equally spaced."""
    return np.linspace(0.0, 1.0, count)
