"""Snapshots made of columns: series of scalars without files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from epochal.errors import NotFoundError
from epochal.store.points import ScalarSeries
from epochal.store.series import Part, arrange, make_timeline

#: Steps, wall_times and values.
Logged = tuple[Sequence[int], Sequence[float], Sequence[float]]


def make_series(logged: Logged) -> ScalarSeries:
    """The series of one file in which these points were logged in this order."""
    step, wall_time, value = logged
    part = Part(0, np.array(step, dtype=np.int64), np.array(wall_time, dtype=np.float64))
    arrangement = arrange([part], make_timeline([]))
    order = np.arange(len(step)) if arrangement.order is None else arrangement.order
    values = np.array(value, dtype=np.float64)
    return ScalarSeries(part.step[order], part.wall_time[order], values[order], arrangement)


class FakeSnapshot:
    """Serves series made of columns; queries for scalars ask for nothing else.

    A tag given by its name is in every run, one given as (run, tag) only there.
    """

    revision = 7

    def __init__(self, runs: dict[tuple[str, str], Logged] | None = None, **tags: Logged) -> None:
        self.tags = {name: make_series(logged) for name, logged in tags.items()}
        self.runs = {key: make_series(logged) for key, logged in (runs or {}).items()}

    def find_tag(self, run: str, tag: str, stem: str) -> Any:
        assert stem == "scalars"
        series = self.runs.get((run, tag), self.tags.get(tag))
        if series is None:
            raise NotFoundError(tag)

        class Tag:
            def scalars(self) -> ScalarSeries:
                return series

        return Tag()


def fake(values: list[float], steps: list[int] | None = None, times: list[float] | None = None) -> Any:
    """One tag, loss, a second from point to point."""
    steps = list(range(len(values))) if steps is None else steps
    times = [1000.0 + step for step in steps] if times is None else times
    return FakeSnapshot(loss=(steps, times, values))
