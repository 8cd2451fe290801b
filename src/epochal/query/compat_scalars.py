"""TensorBoard's /data/plugin/scalars routes: tags, and all points of one series."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from epochal.query.columns import JsonNumber, json_column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from epochal.store.snapshot import Snapshot

MIN_SAMPLE = 4
CSV_NAMES = ("Wall time", "Step", "Value")

ScalarRows = list[tuple[JsonNumber, int, JsonNumber]]


class ScalarPoints(NamedTuple):
    """Points by step, lanes merged; parallel columns."""

    wall_time: NDArray[np.float64]
    step: NDArray[np.int64]
    value: NDArray[np.float64]


def read_scalar_points(
    snapshot: Snapshot, run: str, tag: str, *, sample: int | None = None, superseded: bool = False
) -> ScalarPoints:
    """All points of a series, superseded ones only if asked for.

    `sample` (at least 4): at most so many, among them the first, the last, and the lowest and highest of equal
    index buckets; the same every time. RunNotFoundError, TagNotFoundError; ValueError for a smaller sample.
    """
    if sample is not None and sample < MIN_SAMPLE:
        raise ValueError(f"sample must be at least {MIN_SAMPLE}")
    series = snapshot.find_tag(run, tag, "scalars").scalars()
    columns = (series.wall_time, series.step, series.value)
    if not superseded and series.superseded.any():
        active = ~series.superseded
        columns = (columns[0][active], columns[1][active], columns[2][active])
    if series.lanes > 1:
        order = np.argsort(columns[1], kind="stable")
        columns = (columns[0][order], columns[1][order], columns[2][order])
    if sample is not None and len(columns[1]) > sample:
        kept = sample_indices(columns[2], sample)
        columns = (columns[0][kept], columns[1][kept], columns[2][kept])
    return ScalarPoints(*columns)


def sample_indices(value: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Sorted positions of at most `most` (≥ 4) points: first, last, and each bucket's extremes.

    Buckets have equal numbers of points, give or take one. Of a bucket without a finite value, the first point.
    """
    count = len(value)
    buckets = (most - 2) // 2
    edges = [number * count // buckets for number in range(buckets + 1)]
    finite = np.isfinite(value)
    low, high = np.where(finite, value, np.inf), np.where(finite, value, -np.inf)
    kept = {0, count - 1}
    for start, end in pairwise(edges):
        if start < end:
            kept.add(start + int(low[start:end].argmin()))
            kept.add(start + int(high[start:end].argmax()))
    return np.array(sorted(kept), dtype=np.int64)


def make_rows(points: ScalarPoints) -> ScalarRows:
    """[wall_time, step, value] of each point."""
    columns = (json_column(points.wall_time), points.step.tolist(), json_column(points.value))
    return list(zip(*columns, strict=True))


def make_csv(rows: Iterable[Iterable[Any]]) -> bytes:
    """Rows as Python's csv writes them, and so TensorBoard: CR LF, numbers as their repr (nan and inf too)."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
