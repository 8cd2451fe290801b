"""Precision-recall curves: labels and predictions → counts at equally spaced thresholds, as torch has them.

A curve is a float32 tensor [6, thresholds]: true positives, false positives, true negatives, false
negatives, precision, recall (tensorboard/plugins/pr_curve/summary.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import encode_metadata, encode_tensor, encode_value
from epochal.events.wire import encode_varint_field

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Curve = npt.NDArray[np.float64]

PLUGIN_NAME = "pr_curves"

MAX_THRESHOLDS = 127
"""Torch's limit, kept so that the same call gives the same curve."""

_MINIMUM_COUNT = 1e-7
_NUM_THRESHOLDS_FIELD = 2


def check_curve(labels: np.ndarray[Any, Any], predictions: np.ndarray[Any, Any], num_thresholds: Any) -> None:
    """Raise ValueError unless there is one prediction per label and at least two thresholds."""
    if labels.shape != predictions.shape:
        raise ValueError(f"labels of shape {labels.shape} do not fit predictions of shape {predictions.shape}")
    if not labels.size:
        raise ValueError("no predictions")
    check_thresholds(num_thresholds)


def check_weights(weights: np.ndarray[Any, Any], predictions: np.ndarray[Any, Any]) -> None:
    """Raise ValueError unless there is one weight for all, or one per prediction."""
    if weights.size != 1 and weights.shape != predictions.shape:
        raise ValueError(f"weights of shape {weights.shape} do not fit predictions of shape {predictions.shape}")


def check_thresholds(num_thresholds: Any) -> None:
    """Raise ValueError for fewer than two thresholds."""
    if int(num_thresholds) < 2:
        raise ValueError(f"num_thresholds={num_thresholds!r}; a curve needs at least 2")


def check_rows(*rows: np.ndarray[Any, Any]) -> None:
    """Raise ValueError unless the six rows of a curve are equally long and one-dimensional."""
    shapes = {row.shape for row in rows}
    if len(shapes) != 1 or rows[0].ndim != 1 or not rows[0].size:
        raise ValueError(f"a curve needs six equally long rows, got {[row.shape for row in rows]}")


def find_outside(predictions: np.ndarray[Any, Any]) -> tuple[float, float, float] | None:
    """Return (minimum, maximum, share) of the predictions outside of 0…1; None if none is.

    NaN is outside, and is neither minimum nor maximum.
    """
    import numpy as np

    with np.errstate(all="ignore"):
        outside = int(np.count_nonzero(~((predictions >= 0) & (predictions <= 1))))
        if not outside:
            return None
        low, high = np.fmin.reduce(predictions, axis=None), np.fmax.reduce(predictions, axis=None)
    return float(low), float(high), outside / predictions.size


def compute_curve(
    labels: np.ndarray[Any, Any], predictions: np.ndarray[Any, Any], weights: Any, num_thresholds: int
) -> Curve:
    """Return float64 [6, num_thresholds]. Predictions outside 0…1, and NaN, count at no threshold."""
    import numpy as np

    with np.errstate(all="ignore"):
        scaled = np.floor(predictions * (num_thresholds - 1)).reshape(-1)
        usable = np.isfinite(scaled) & (np.abs(scaled) < 1 << 31)
        buckets = np.where(usable, scaled, -1).astype(np.int32)
    positives = labels.astype(np.float64).reshape(-1)
    if isinstance(weights, np.ndarray) and weights.size != 1:
        weights = weights.reshape(-1)
    edges = (0, num_thresholds - 1)
    hits = np.histogram(buckets, bins=num_thresholds, range=edges, weights=positives * weights)[0]
    misses = np.histogram(buckets, bins=num_thresholds, range=edges, weights=(1.0 - positives) * weights)[0]
    tp = np.cumsum(hits[::-1])[::-1]
    fp = np.cumsum(misses[::-1])[::-1]
    tn, fn = fp[0] - fp, tp[0] - tp
    precision = tp / np.maximum(_MINIMUM_COUNT, tp + fp)
    recall = tp / np.maximum(_MINIMUM_COUNT, tp + fn)
    return np.stack((tp, fp, tn, fn, precision, recall))


def encode_curve_value(tag: str, curve: np.ndarray[Any, Any], num_thresholds: int) -> bytes:
    """Encode a curve [6, thresholds]."""
    content = encode_varint_field(_NUM_THRESHOLDS_FIELD, num_thresholds)
    return encode_value(
        tag, tensor=encode_tensor(curve.astype("float32")), metadata=encode_metadata(PLUGIN_NAME, content)
    )
