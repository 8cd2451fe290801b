"""The columns of one event file, wherever they are now."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from epochal.events.core import EventDecoder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class FileColumns:
    """What was decoded of an event file. When another file takes its place, that gets columns of its own.

    Columns only grow, so that a number of points says which of them a state means. Any thread may read; one at a
    time decodes, and readers wait for `lock` meanwhile.
    """

    __slots__ = ("__weakref__", "decoder", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.decoder = EventDecoder()

    def scalars(self, index: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """step, wall_time, value of a scalar tag in write order; read-only views."""
        with self.lock:
            return self.decoder.scalars(index)

    def blobs(self, index: int) -> tuple[NDArray[Any], ...]:
        """The columns of `EventDecoder.blobs`; read-only views."""
        with self.lock:
            return self.decoder.blobs(index)
