"""Smoothed values of a line: computed on all its points, once, and kept while there is room.

Zooming and panning ask for the same smoothing again and again; what it gives depends on neither.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING, Annotated

import msgspec

from epochal.events.core import smooth_exponential, smooth_mean, smooth_median, smooth_time_weighted
from epochal.store.memory import get_limits
from epochal.types import SmoothingKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from epochal.store.points import Line


class Smoothing(msgspec.Struct, frozen=True):
    """`weight` is 0 … 0.999 for the exponential kinds, the window's size in points for mean and median."""

    kind: SmoothingKind = "none"
    weight: Annotated[float, msgspec.Meta(ge=0)] = 0.0


def smooth_line(line: Line, smoothing: Smoothing, *, by_step: bool) -> NDArray[np.float64] | None:
    """The line's smoothed values, parallel to its points; None for no smoothing.

    Neighbours are neighbours by step. Time-weighted smoothing fades with the step if `by_step`, else with
    wall_time.
    """
    if smoothing.kind == "none":
        return None
    key = (id(line), smoothing.kind, smoothing.weight, by_step or smoothing.kind != "time_weighted")
    smoothed = _cache.get(key, line)
    if smoothed is None:
        smoothed = _compute(line, smoothing, by_step)
        _cache.put(key, line, smoothed)
    return smoothed


def _compute(line: Line, smoothing: Smoothing, by_step: bool) -> NDArray[np.float64]:
    kind, weight = smoothing.kind, smoothing.weight
    if kind == "exponential":
        return smooth_exponential(line.value, min(weight, 1.0))
    if kind == "time_weighted":
        x = line.step.astype("float64") if by_step else line.wall_time
        return smooth_time_weighted(x, line.value, min(weight, 1.0))
    window = max(1, min(int(weight), 1_000_000_000))
    return smooth_mean(line.value, window) if kind == "mean" else smooth_median(line.value, window)


_Key = tuple[int, str, float, bool]


class _Cache:
    """The latest results, as many as memory's limits allow. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[_Key, tuple[weakref.ref[Line], NDArray[np.float64]]] = OrderedDict()
        self._bytes = 0

    def get(self, key: _Key, line: Line) -> NDArray[np.float64] | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry[0]() is not line:  # an id may be used again
                return None
            self._entries.move_to_end(key)
            return entry[1]

    def put(self, key: _Key, line: Line, smoothed: NDArray[np.float64]) -> None:
        max_bytes = get_limits().computed
        if smoothed.nbytes > max_bytes:
            return
        with self._lock:
            old = self._entries.pop(key, None)
            if old is not None:
                self._bytes -= old[1].nbytes
            self._entries[key] = (weakref.ref(line), smoothed)
            self._bytes += smoothed.nbytes
            while self._bytes > max_bytes:
                _, (_, evicted) = self._entries.popitem(last=False)
                self._bytes -= evicted.nbytes


_cache = _Cache()
