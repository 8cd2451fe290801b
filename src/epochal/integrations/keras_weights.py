"""Weights of a layer → the pictures that Keras' callback shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_CHANNELS = (1, 3, 4)


def to_pictures(weight: np.ndarray[Any, Any], channels_last: bool) -> np.ndarray[Any, Any] | None:
    """Return [k, height, width, channels], or None for a shape that makes no picture.

    Axes of length 1 are dropped first. A vector becomes a column, a matrix lies on its longer side, of three
    axes the last (the first with channels_last=False) counts pictures, four are taken as they are.
    """
    squeezed = weight.squeeze()
    if squeezed.ndim == 1:
        return squeezed.reshape(1, -1, 1, 1)
    if squeezed.ndim == 2:
        height, width = squeezed.shape
        flat = squeezed.T if height > width else squeezed
        return flat[None, :, :, None]
    if squeezed.ndim == 3:
        stacked = squeezed.transpose(2, 0, 1) if channels_last else squeezed
        return stacked[..., None]
    return squeezed if squeezed.ndim == 4 and squeezed.shape[3] in _CHANNELS else None
