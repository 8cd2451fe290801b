"""Scalars as columns, in batches: long, a row for each point, or wide, a row for each step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from epochal.reading.scalars import make_scalars
from epochal.store.names import natural_key

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from epochal.reading.scalars import Scalars
    from epochal.store.tags import Tag

#: Most rows of a batch, and most cells of a wide one: as text they take some hundred times as many bytes.
BATCH_ROWS = 1 << 16
BATCH_CELLS = 1 << 18


class Cells(NamedTuple):
    """A column with holes: values where `present`."""

    values: NDArray[np.float64]
    present: NDArray[np.bool_]


class Batch(NamedTuple):
    """Some rows. A column is an array of that many values, Cells, or one text that is the same in every row.

    `points`: how many logged points they hold.
    """

    rows: int
    points: int
    columns: list[NDArray[Any] | Cells | str]


class Column(NamedTuple):
    """The name of a column in the table, and what it holds: a NumPy dtype's name, or "text"."""

    name: str
    kind: str
    is_optional: bool = False


def long_columns(superseded: bool) -> list[Column]:
    """As in `Logdir.to_pandas`."""
    columns = [
        Column("run", "text"),
        Column("tag", "text"),
        Column("step", "int64"),
        Column("wall_time", "float64"),
        Column("value", "float64"),
        Column("lane", "uint16"),
    ]
    return [*columns, Column("superseded", "bool")] if superseded else columns


def iter_long(run: str, tags: Mapping[str, Tag], superseded: bool) -> Iterator[Batch]:
    """A run's points by tag, lane and step."""
    for tag in sorted(tags, key=natural_key):
        points = make_scalars(tags[tag].scalars(), superseded)
        for start in range(0, len(points), BATCH_ROWS):
            rows = slice(start, start + BATCH_ROWS)
            columns: list[NDArray[Any] | Cells | str] = [run, tag]
            columns += [points.step[rows], points.wall_time[rows], points.value[rows], points.lane[rows]]
            if superseded:
                columns.append(points.superseded[rows])
            count = len(points.step[rows])
            yield Batch(count, count, columns)


def wide_columns(tags: list[str]) -> list[Column]:
    """run, step, lane, wall_time (the row's earliest) and one for each tag.

    A tag that is called like one of the first four is written `tag:<name>`.
    """
    columns = [Column("run", "text"), Column("step", "int64"), Column("lane", "uint16")]
    columns.append(Column("wall_time", "float64"))
    taken = {column.name for column in columns}
    names = set(tags)
    for tag in tags:
        name = tag
        while name in taken or (name != tag and name in names):
            name = f"tag:{name}"
        taken.add(name)
        columns.append(Column(name, "float64", is_optional=True))
    return columns


def iter_wide(run: str, tags: Mapping[str, Tag], ordered: list[str]) -> Iterator[Batch]:
    """A run's points by lane and step. Points of one tag that share both have rows of their own.

    The columns of a batch are run, step, lane, wall_time and then those of the tags in `ordered`.
    """
    series = {name: make_scalars(tag.scalars(), False) for name, tag in tags.items()}
    series = {tag: points for tag, points in series.items() if len(points)}
    if not series:
        return
    for lane in range(max(int(points.lane[-1]) for points in series.values()) + 1):
        of_lane = {}
        for tag, points in series.items():
            bounds = np.searchsorted(points.lane, [lane, lane + 1])
            if bounds[0] < bounds[1]:
                of_lane[tag] = slice(int(bounds[0]), int(bounds[1]))
        if of_lane:
            yield from _iter_lane(run, lane, ordered, series, of_lane)


def _iter_lane(
    run: str, lane: int, ordered: list[str], series: Mapping[str, Scalars], of_lane: Mapping[str, slice]
) -> Iterator[Batch]:
    steps = _join_steps([series[tag].step[rows] for tag, rows in of_lane.items()])
    first_row = _place_rows(steps, [series[tag].step[rows] for tag, rows in of_lane.items()])
    total = len(steps) if first_row is None else int(first_row[-1])
    step_of_row = steps if first_row is None else np.repeat(steps, np.diff(first_row))
    batch_rows = min(BATCH_ROWS, max(1, BATCH_CELLS // max(1, len(ordered))))
    done = dict.fromkeys(of_lane, 0)
    for start in range(0, total, batch_rows):
        end = min(total, start + batch_rows)
        count = end - start
        wall_time = np.full(count, np.nan)  # fmin takes the other one
        cells: list[Cells] = []
        points = 0
        for tag in ordered:
            values, present = np.zeros(count), np.zeros(count, np.bool_)
            cells.append(Cells(values, present))
            if tag not in of_lane:
                continue
            rows = of_lane[tag]
            begin = rows.start + done[tag]
            # No tag has more points than rows, so those of this batch are among the next `count`.
            step = series[tag].step[begin : min(rows.stop, begin + count)]
            place = _find_rows(series[tag].step[rows], steps, first_row, done[tag], len(step)) - start
            here = place[: int(np.searchsorted(place, count))]
            taken = slice(begin, begin + len(here))
            values[here] = series[tag].value[taken]
            present[here] = True
            wall_time[here] = np.fmin(wall_time[here], series[tag].wall_time[taken])
            done[tag] += len(here)
            points += len(here)
        lanes = np.full(count, lane, np.uint16)
        yield Batch(count, points, [run, step_of_row[start:end], lanes, wall_time, *cells])


def _join_steps(columns: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """All steps of ascending columns, each once; most often the columns are alike, and nothing is copied."""
    steps = columns[0]
    if (steps[1:] == steps[:-1]).any():
        steps = np.unique(steps)
    for column in columns[1:]:
        if not np.array_equal(column, steps):
            steps = np.union1d(steps, column)
    return steps


def _place_rows(steps: NDArray[np.int64], columns: list[NDArray[np.int64]]) -> NDArray[np.int64] | None:
    """The first row of each step, then the number of rows; None if each step takes one.

    A step takes as many rows as the column with most points there has.
    """
    height: NDArray[np.int64] | None = None
    for column in columns:
        if (column[1:] == column[:-1]).any():
            counts = np.bincount(np.searchsorted(steps, column), minlength=len(steps))
            height = np.maximum(counts, 1) if height is None else np.maximum(height, counts)
    return None if height is None else np.concatenate(([0], np.cumsum(height)))


def _find_rows(
    step: NDArray[np.int64], steps: NDArray[np.int64], first_row: NDArray[np.int64] | None, begin: int, count: int
) -> NDArray[np.int64]:
    """The rows of the points [begin, begin + count) of a lane: that of their step, plus their number within it."""
    wanted = step[begin : begin + count]
    row = np.searchsorted(steps, wanted)
    if first_row is None:
        return row
    return first_row[row] + np.arange(begin, begin + count) - np.searchsorted(step, wanted)
