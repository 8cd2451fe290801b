"""Which items of a series to send, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from epochal.store.points import Series


def select_positions(series: Series, *, superseded: bool = False) -> NDArray[np.int64]:
    """int64[n] positions by step (stable), all lanes together; superseded points only if asked for."""
    chosen = np.arange(len(series)) if superseded else np.flatnonzero(~series.superseded)
    return chosen[np.argsort(series.step[chosen], kind="stable")]


def spread_positions(positions: NDArray[np.int64], most: int | None) -> NDArray[np.int64]:
    """At most `most` (at least 1) of them, evenly spread, the first and the last among them; of one, the last."""
    total = len(positions)
    if most is None or total <= most:
        return positions
    spread = np.linspace(0, total - 1, most) if most > 1 else np.array([total - 1])
    return positions[np.unique(np.round(spread).astype(np.int64))]
