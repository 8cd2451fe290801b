"""TensorBoard's precision-recall curves (tensorboard/plugins/pr_curve/pr_curves_plugin.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from epochal.errors import DamagedRecordError
from epochal.events.messages import decode_value
from epochal.events.wire import WireError
from epochal.query.pr_curves import ROWS, decode_curve, make_thresholds
from epochal.query.selection import select_positions, spread_positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from epochal.store.snapshot import Snapshot


class PrCurvePoint(NamedTuple):
    """`rows` float64[6, n] as in ROWS, `thresholds` float64[n]."""

    wall_time: float
    step: int
    rows: NDArray[np.float64]
    thresholds: NDArray[np.float64]


def list_pr_curves(
    snapshot: Snapshot, run: str, tag: str, *, sample: int | None = None, superseded: bool = False
) -> list[PrCurvePoint]:
    """A tag's curves by step, without the thresholds at the end at which nothing was predicted any more.

    There precision has no meaning. RunNotFoundError, TagNotFoundError; what cannot be decoded is left out.
    """
    series = snapshot.find_tag(run, tag, "pr_curves").blobs()
    points = []
    for position in spread_positions(select_positions(series, superseded=superseded), sample).tolist():
        try:
            curve = decode_curve(decode_value(snapshot.read_blob(series.ref(position))).value)
        except (DamagedRecordError, WireError):
            continue
        end = _find_end(curve)
        wall_time, step = float(series.wall_time[position]), int(series.step[position])
        points.append(PrCurvePoint(wall_time, step, curve[:, :end], make_thresholds(curve.shape[1])[:end]))
    return points


def _find_end(curve: NDArray[np.float64]) -> int:
    """One past the last threshold with a whole positive prediction; at least one."""
    counts = [np.trunc(np.nan_to_num(curve[ROWS.index(row)])) for row in ("true_positives", "false_positives")]
    predicted = np.flatnonzero(counts[0] + counts[1])
    return int(predicted[-1]) + 1 if len(predicted) else min(1, curve.shape[1])
