"""A curve in one line of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from epochal.cli.terminal import can_show

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII_LEVELS = "_.-~=+*#"
MARK, ASCII_MARK = "×", "!"

#: Points looked at in one go, so that a long series takes no memory of its own.
_CHUNK = 1 << 20


def draw_sparkline(step: NDArray[np.int64], value: NDArray[np.float64], cells: int) -> str:
    """The curve in at most `cells` characters, from its lowest to its highest mean.

    Each character is the mean of the finite values of an equal range of steps, or one point where there are no
    more points than characters. A range with NaN or an infinity is marked ×; a range without points is blank.
    """
    if not len(value) or cells < 1:
        return ""
    cells = min(cells, len(value))
    count, marked = np.zeros(cells, np.int64), np.zeros(cells, np.bool_)
    total = np.zeros(cells)
    for start, place in _iter_places(step, cells):
        chunk = value[start : start + len(place)]
        finite = np.isfinite(chunk)
        marked |= np.bincount(place[~finite], minlength=cells) > 0
        count += np.bincount(place[finite], minlength=cells)
        # Scaled, since the sum of two of the largest floats is infinite.
        total += np.bincount(place[finite], chunk[finite] / len(value), minlength=cells)
    known = count > 0
    height = np.zeros(cells)
    if known.any():
        mean = total[known] / count[known]
        low, high = float(mean.min()), float(mean.max())
        if high > low:
            height[known] = (mean / 2 - low / 2) / (high / 2 - low / 2)
    blocks, mark = (BLOCKS, MARK) if can_show(BLOCKS + MARK) else (ASCII_LEVELS, ASCII_MARK)
    level = np.clip(height * len(blocks), 0, len(blocks) - 1).astype(np.int64)
    drawn = [
        mark if is_marked else blocks[tall] if is_known else " "
        for is_marked, is_known, tall in zip(marked.tolist(), known.tolist(), level.tolist(), strict=True)
    ]
    return "".join(drawn)


def _iter_places(step: NDArray[np.int64], cells: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """(first point, cell of each point), some points at a time."""
    first, last = float(step.min()), float(step.max())
    by_index = len(step) == cells or first == last
    for start in range(0, len(step), _CHUNK):
        chunk = step[start : start + _CHUNK]
        index = np.arange(start, start + len(chunk))
        share: NDArray[Any] = index / len(step) if by_index else (chunk - first) / (last - first)
        yield start, np.minimum((share * cells).astype(np.int64), cells - 1)
