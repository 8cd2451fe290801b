"""Columns of the list of runs against NumPy's numbers."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any, get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_logs import LogWriter

from epochal.query import run_column_stats, run_columns
from epochal.query.run_column_stats import measure_series
from epochal.query.run_columns import ColumnKey, RunColumnsRequest, Stat, read_run_columns
from epochal.query.runs import list_runs
from epochal.store.points import ScalarSeries
from epochal.store.reloader import Reloader
from epochal.store.series import Arrangement
from epochal.store.snapshot import Snapshot

STATS: tuple[Stat, ...] = get_args(Stat)


def load(folder: Path) -> Snapshot:
    return Reloader(folder, cache=False).load()


def read(snapshot: Snapshot, tag: str = "loss") -> dict[str, dict[Stat, float | None]]:
    """Run → statistic → value, after a round trip through JSON."""
    request = RunColumnsRequest([ColumnKey(tag, stat) for stat in STATS])
    result = msgspec.json.decode(
        msgspec.json.encode(read_run_columns(snapshot, request)), type=run_columns.RunColumnsResult
    )
    assert [(column.tag, column.stat) for column in result.columns] == [(tag, stat) for stat in STATS]
    return {
        run: {column.stat: column.values[index] for column in result.columns}
        for index, run in enumerate(result.runs)
    }


def expect(step: Any, value: Any) -> dict[Stat, float | None]:
    """By definition, of points by step."""
    step, value = np.asarray(step), np.asarray(value, dtype=float)
    finite = np.isfinite(value)
    kept = value[finite]
    some = len(kept) > 0
    return {
        "first": float(value[0]) if len(value) and finite[0] else None,
        "last": float(value[-1]) if len(value) and finite[-1] else None,
        "min": float(kept.min()) if some else None,
        "max": float(kept.max()) if some else None,
        "mean": pytest.approx(np.mean(kept), rel=1e-12, abs=1e-12) if some else None,
        "argmin": float(step[finite][kept.argmin()]) if some else None,
        "argmax": float(step[finite][kept.argmax()]) if some else None,
        "count": float(len(value)),
    }


def test_the_columns_of_some_runs(tmp_path: Path) -> None:
    LogWriter(tmp_path / "run2").scalars("loss", [0, 5, 9], [3.0, 1.0, 2.0])
    LogWriter(tmp_path / "run10").scalars("loss", [0, 1, 2, 3], [math.nan, 7.0, -1.0, math.inf])
    LogWriter(tmp_path / "none").scalars("other", [0])
    found = read(load(tmp_path))
    assert list(found) == ["none", "run2", "run10"]
    assert found["run2"] == expect([0, 5, 9], [3, 1, 2])
    assert found["run10"] == expect([0, 1, 2, 3], [math.nan, 7, -1, math.inf])
    assert set(found["none"].values()) == {None}


def test_what_is_not_finite_is_named(tmp_path: Path) -> None:
    LogWriter(tmp_path / "a").scalars("loss", [0, 1], [math.nan, -math.inf])
    LogWriter(tmp_path / "b").scalars("loss", [0, 1], [1.0, math.inf])
    LogWriter(tmp_path / "c").scalars("loss", [0, 1], [1.0, 1.0])
    request = RunColumnsRequest([ColumnKey("loss", stat) for stat in ("first", "last", "mean", "min")])
    columns = read_run_columns(load(tmp_path), request).columns
    assert [column.not_finite for column in columns] == [{"a": "NaN"}, {"a": "-Infinity", "b": "Infinity"}, {}, {}]


def test_superseded_points_do_not_count(tmp_path: Path) -> None:
    LogWriter(tmp_path, "events.out.tfevents.1000.h.1.0").scalars("loss", [0, 1, 2, 3], [9.0, 8.0, -50.0, 99.0])
    LogWriter(tmp_path, "events.out.tfevents.3000.h.1.0", begun=3000.0).scalars(
        "loss", [2, 3], [5.0, 4.0], start=3001.0
    )
    assert read(load(tmp_path))["."] == expect([0, 1, 2, 3], [9, 8, 5, 4])


def test_lanes_count_together(tmp_path: Path) -> None:
    LogWriter(tmp_path, "events.out.tfevents.1000.h.1.0").scalars("loss", [0, 2, 4], [5.0, 1.0, -3.0])
    LogWriter(tmp_path, "events.out.tfevents.1000.h.2.0").scalars("loss", [1, 2, 5], [8.0, -3.0, 2.0])
    LogWriter(tmp_path, "events.out.tfevents.1000.h.3.0").scalars("loss", [0, 3, 5], [6.0, 8.0, 7.0])
    found = read(load(tmp_path))["."]
    # By step, lanes in order: 0 0 1 2 2 3 4 5 5
    assert found == expect([0, 0, 1, 2, 2, 3, 4, 5, 5], [5, 6, 8, 1, -3, 8, -3, 2, 7])


def test_a_run_that_grows_is_looked_at_again(tmp_path: Path) -> None:
    log = LogWriter(tmp_path / "a")
    log.scalars("loss", [0, 1], [1.0, 2.0])
    LogWriter(tmp_path / "b").scalars("loss", [0], [3.0])
    reloader = Reloader(tmp_path, cache=False)
    before = reloader.load()
    assert [run["last"] for run in read(before).values()] == [2.0, 3.0]
    log.scalars("loss", [2], [-4.0], start=2001.0)
    after = reloader.load()
    assert read(after) == {"a": expect([0, 1, 2], [1, 2, -4]), "b": expect([0], [3])}
    assert read(before)["a"] == expect([0, 1], [1, 2])


def test_what_the_list_of_runs_says_of_growing_runs_is_as_of_now(tmp_path: Path) -> None:
    now = time.time()
    logs = [LogWriter(tmp_path / name) for name in "ab"]
    for log in logs:
        log.scalars("loss", [0, 1], start=now - 600)
        log.settle(600)
    reloader = Reloader(tmp_path, cache=False)
    listed = list_runs(reloader.load())
    logs[1].scalars("loss", [2], start=now)
    result = read_run_columns(reloader.load(), RunColumnsRequest([]))
    assert (result.columns, result.runs, result.points) == ([], ["a", "b"], [2, 3])
    assert [run.state for run in listed.runs] == ["stalled", "stalled"]
    assert result.states == ["stalled", "running"]
    assert result.modified[0] == listed.runs[0].modified < now - 500 < result.modified[1]
    assert result.last_times == [listed.runs[0].last_time, now]


def test_what_is_known_is_not_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        LogWriter(tmp_path / f"run{number}").scalars("loss", [0, 1], [1.0, number])
    snapshot = load(tmp_path)
    first = read(snapshot)

    def look_again(_: object) -> None:
        raise AssertionError("once is enough")

    monkeypatch.setattr(run_columns, "measure_series", look_again)
    assert read(snapshot) == first


def series(step: np.ndarray, value: np.ndarray) -> ScalarSeries:
    arrangement = Arrangement(None, np.array([0, len(step)]), None, None, False)
    return ScalarSeries(step, np.zeros(len(step)), value, arrangement)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2**32), st.integers(1, 200), st.sampled_from([0.0, 0.3, 1.0]), st.integers(1, 30))
def test_statistics_are_numpys(seed: int, count: int, odd: float, long: int) -> None:
    rng = np.random.default_rng(seed)
    step = np.sort(rng.integers(0, 50, count))
    value = rng.normal(size=count).round(1) * 10.0 ** rng.integers(-300, 300)
    for special in (np.nan, np.inf, -np.inf):
        value[rng.random(count) < odd / 3] = special
    expected = expect(step, value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_column_stats, "_LONG", long)
        stats = measure_series(series(step, value))
    for stat in STATS:
        number = float(getattr(stats, "points" if stat == "count" else stat))
        assert (number if math.isfinite(number) else None) == expected[stat], stat


def test_the_mean_of_huge_values_is_finite() -> None:
    stats = measure_series(series(np.arange(4), np.array([1e308, 1.5e308, 1e308, 1.5e308])))
    assert stats.mean == pytest.approx(1.25e308)


def test_of_a_long_line_only_new_points_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_column_stats, "_LONG", 2)
    looked: list[int] = []
    whole = run_column_stats._measure_points

    def measure(step: Any, value: Any) -> Any:
        looked.append(len(value))
        return whole(step, value)

    monkeypatch.setattr(run_column_stats, "_measure_points", measure)
    log = LogWriter(tmp_path)
    log.scalars("loss", list(range(10)), [5.0, 1.0, *[2.0] * 8])
    reloader = Reloader(tmp_path, cache=False)
    reloader.load()
    read(reloader.snapshot)
    log.scalars("loss", [10, 11], [-7.0, 1.0], start=2001.0)
    found = read(reloader.load())["."]
    assert found == expect(range(12), [5, 1, *[2] * 8, -7, 1])
    assert looked == [10, 2]
