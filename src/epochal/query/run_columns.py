"""POST /api/runs/columns: a number for each run, such as the lowest value of a tag, to show beside its name."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING, Annotated, Literal
from weakref import WeakKeyDictionary

import msgspec

from epochal.query.columns import finite_or_none, json_number
from epochal.query.parallel import map_lines
from epochal.query.run_column_stats import SeriesStats, measure_series
from epochal.query.run_states import RunStateName, find_run_state

if TYPE_CHECKING:
    from epochal.store.snapshot import Run, Snapshot

Stat = Literal["first", "last", "min", "max", "mean", "argmin", "argmax", "count"]
NotFinite = Literal["NaN", "Infinity", "-Infinity"]


class ColumnKey(msgspec.Struct, frozen=True):
    """What a column shows of a scalar tag."""

    tag: str
    stat: Stat


class RunColumnsRequest(msgspec.Struct, frozen=True):
    """The columns that are wanted; none for the rest of the answer."""

    columns: Annotated[list[ColumnKey], msgspec.Meta(max_length=200)]


class RunColumn(msgspec.Struct, frozen=True):
    """A value for each of `RunColumnsResult.runs`; null if the run has none, or none that is finite.

    All lanes count, superseded points do not. `first` and `last` are by step; `min`, `max`, `mean`, and the steps
    `argmin` and `argmax`, are of finite values only; `count` is of all points. `not_finite` names the runs whose
    `first` or `last` value is NaN or infinite.
    """

    tag: str
    stat: Stat
    values: list[float | None]
    not_finite: dict[str, NotFinite]


class RunColumnsResult(msgspec.Struct, frozen=True):
    """Columns as they were asked for. `runs` is in the order of /api/runs.

    `states`, `modified`, `last_times` and `points` are what /api/runs says of these runs as of now: that list is
    not read again while runs only grow.
    """

    revision: int
    runs: list[str]
    states: list[RunStateName]
    modified: list[float]
    last_times: list[float | None]
    points: list[int]
    columns: list[RunColumn]


_lock = threading.Lock()
#: What is known of the tags that were asked for; None: the run has no such tag. A run that changes is another one.
_known: WeakKeyDictionary[Run, dict[str, SeriesStats | None]] = WeakKeyDictionary()


def read_run_columns(snapshot: Snapshot, request: RunColumnsRequest) -> RunColumnsResult:
    """The columns."""
    runs = list(snapshot.runs.values())
    of_runs = _measure(runs, list(dict.fromkeys(column.tag for column in request.columns)))
    columns = []
    for column in request.columns:
        values: list[float | None] = []
        not_finite: dict[str, NotFinite] = {}
        field = "points" if column.stat == "count" else column.stat
        for run, of_run in zip(runs, of_runs, strict=True):
            stats = of_run[column.tag]
            number: float = math.nan if stats is None else getattr(stats, field)
            values.append(finite_or_none(number))
            if stats is not None and values[-1] is None and column.stat in ("first", "last") and stats.points:
                word = json_number(number)
                assert isinstance(word, str)
                not_finite[run.name] = word
        columns.append(RunColumn(column.tag, column.stat, values, not_finite))
    now = time.time()
    return RunColumnsResult(
        revision=snapshot.revision,
        runs=[run.name for run in runs],
        states=[find_run_state(snapshot, run, now) for run in runs],
        modified=[run.modified for run in runs],
        last_times=[run.last_time for run in runs],
        points=[run.points for run in runs],
        columns=columns,
    )


def _measure(runs: list[Run], tags: list[str]) -> list[dict[str, SeriesStats | None]]:
    """What is to know of the tags of each run."""
    with _lock:
        of_runs = [_known.setdefault(run, {}) for run in runs]
    missing = [
        (run, of_run, wanted)
        for run, of_run in zip(runs, of_runs, strict=True)
        if (wanted := [tag for tag in tags if tag not in of_run])
    ]
    if missing:

        def measure(one: tuple[Run, dict[str, SeriesStats | None], list[str]]) -> None:
            run, of_run, wanted = one
            scalars = run.by_stem.get("scalars", {})
            for tag in wanted:
                of_run[tag] = measure_series(scalars[tag].scalars()) if tag in scalars else None

        map_lines(measure, missing, sum(run.points for run, *_ in missing))
    return of_runs
