"""A curve in one line of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from epochal.cli.terminal import can_show

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII_LEVELS = "_.-~=+*#"
MARK, ASCII_MARK = "×", "!"


def draw_sparkline(step: NDArray[np.int64], value: NDArray[np.float64], cells: int) -> str:
    """The curve in at most `cells` characters, from its lowest to its highest mean.

    Each character is the mean of the finite values of an equal range of steps, or one point where there are no
    more points than characters. A range with NaN or an infinity is marked ×; a range without points is blank.
    """
    if not len(value) or cells < 1:
        return ""
    if len(value) <= cells:
        place = np.arange(len(value))
        cells = len(value)
    else:
        offset = step.astype(np.float64) - float(step[0])
        first, span = float(offset.min()), float(offset.max() - offset.min())
        at = np.arange(len(step)) / len(step) if span == 0 else (offset - first) / span
        place = np.minimum((at * cells).astype(np.int64), cells - 1)
    finite = np.isfinite(value)
    marked = np.bincount(place[~finite], minlength=cells) > 0
    # Halves, since the sum of two of the largest floats is infinite.
    count = np.bincount(place[finite], minlength=cells)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        weight = 1 / np.maximum(count, 1)
        mean = np.bincount(place[finite], value[finite] * weight[place[finite]], minlength=cells)
        known = count > 0
        low, high = (float(mean[known].min()), float(mean[known].max())) if known.any() else (0.0, 0.0)
        height = (mean / 2 - low / 2) / (high / 2 - low / 2) if high > low else np.full(cells, 0.0)
    blocks, mark = (BLOCKS, MARK) if can_show(BLOCKS + MARK) else (ASCII_LEVELS, ASCII_MARK)
    level = np.clip(np.nan_to_num(height) * len(blocks), 0, len(blocks) - 1).astype(np.int64)
    drawn = [
        mark if is_marked else blocks[tall] if is_known else " "
        for is_marked, is_known, tall in zip(marked.tolist(), known.tolist(), level.tolist(), strict=True)
    ]
    return "".join(drawn)
