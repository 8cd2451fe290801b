"""The x axes of POST /api/scalars against plain definitions."""

from __future__ import annotations

import gc
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scalars_fakes import FakeSnapshot, fake
from store_logs import LogWriter

from epochal.query.columns import Columns
from epochal.query.scalars import ScalarsRequest, ScalarsResult, read_scalars
from epochal.query.scalars_axes import measure_active_time
from epochal.query.scalars_series import SeriesKey
from epochal.query.smoothing import Smoothing
from epochal.store.reloader import Reloader

NAN, INF = float("nan"), float("inf")


def ask(snapshot: Any, axis: Any, tag: str = "loss", **more: Any) -> Columns[ScalarsResult]:
    return read_scalars(snapshot, ScalarsRequest([SeriesKey("run", tag)], x_axis=axis, **more))


# -- relative without idle gaps --------------------------------------------------------------------------------


def plain_active(times: list[float]) -> dict[int, float]:
    """Index of a point to its active time."""
    finite = sorted((time, index) for index, time in enumerate(times) if math.isfinite(time))
    gaps = [finite[k + 1][0] - finite[k][0] for k in range(len(finite) - 1)]
    usual = float(np.median(gaps)) if gaps else 0.0
    active, result = 0.0, {}
    for k, (_, index) in enumerate(finite):
        if k:
            active += usual if gaps[k - 1] > max(10 * usual, 60.0) else gaps[k - 1]
        result[index] = active
    return result


def test_a_night_between_two_sessions_takes_one_interval():
    times = [1000.0, 1002.0, 1004.0, 1006.0, 50_000.0, 50_002.0, 50_004.0]
    answer = ask(fake([float(i) for i in range(7)], times=times), "active")
    assert answer.columns["x"].tolist() == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]
    assert answer.columns["wall_time"].tolist() == times
    assert answer.result.series[0].unjoined == 0
    assert "x" not in ask(fake([1.0]), "relative").columns


@pytest.mark.parametrize(("gap", "counts"), [(60.0, 60.0), (60.5, 2.0)])
def test_a_pause_up_to_a_minute_is_no_idle_gap(gap: float, counts: float):
    times = [0.0, 2.0, 4.0, 6.0, 6.0 + gap]
    assert measure_active_time(np.array(times)).tolist() == [0.0, 2.0, 4.0, 6.0, 6.0 + counts]


def test_usual_intervals_of_minutes_are_no_idle_gaps():
    times = np.cumsum([0.0, 600, 600, 600, 5_000, 600, 7_000])
    assert measure_active_time(times).tolist() == [0.0, 600, 1200, 1800, 6800, 7400, 8000]


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.one_of(
            st.integers(0, 100_000).map(float),
            st.floats(0, 200, allow_nan=False),
            st.sampled_from([NAN, INF, -INF]),
        ),
        max_size=25,
    )
)
def test_active_time_is_what_it_says(times: list[float]):
    expected = plain_active(times)
    measured = measure_active_time(np.array(times, dtype=np.float64))
    assert [index for index in range(len(times)) if not math.isnan(measured[index])] == sorted(expected)
    for index, active in expected.items():
        assert measured[index] == pytest.approx(active, abs=1e-6)


def test_clocks_that_went_back_and_points_without_a_time():
    snapshot = fake([0.0, 1.0, 2.0, 3.0, 4.0], times=[10.0, 30.0, 20.0, NAN, 5000.0])
    answer = ask(snapshot, "active", smoothing=Smoothing("mean", 3))
    assert answer.columns["value"].tolist() == [0.0, 2.0, 1.0, 4.0]
    assert answer.columns["x"].tolist() == [0.0, 10.0, 20.0, 30.0]
    by_step = ask(snapshot, "step", smoothing=Smoothing("mean", 3)).columns["smoothed"]
    assert answer.columns["smoothed"].tolist() == by_step[[0, 2, 1, 4]].tolist()
    assert answer.result.series[0].points == 5


# -- relative step ---------------------------------------------------------------------------------------------


def test_relative_steps_begin_at_the_series_first():
    answer = ask(fake([1.0, 2.0, 3.0], [500, 510, 530]), "relative_step", x_range=(5.0, 12.0))
    assert answer.columns["x"].tolist() == [0.0, 10.0, 30.0]
    assert answer.columns["step"].tolist() == [500, 510, 530]
    assert answer.result.series[0].points_in_range == 1


def test_lanes_and_what_was_replaced_count_from_the_same_step(tmp_path: Path):
    LogWriter(tmp_path / "run", "a.tfevents.1", begun=1000.0).scalars("loss", [10, 11, 12, 13, 11, 12, 13, 14])
    LogWriter(tmp_path / "run", "a.tfevents.2", begun=2000.0).scalars("loss", [13, 14], start=2001.0)
    answer = ask(Reloader(tmp_path).load(), "relative_step", superseded=True)
    assert {(s.lane, s.is_superseded) for s in answer.result.series} == {
        (0, False), (1, False), (0, True), (1, True),
    }  # fmt: skip
    np.testing.assert_array_equal(answer.columns["x"], answer.columns["step"] - 10.0)


@pytest.mark.parametrize(
    "steps", [[2**53, 2**53 + 1, 2**53 + 3], [-(2**63), 0, 2**63 - 1], [-5, -1, 7], [7], [2**62, 2**62]]
)
def test_steps_of_any_size(steps: list[int]):
    answer = ask(fake([float(i) for i in range(len(steps))], steps), "relative_step")
    assert answer.columns["x"].tolist() == [float(step - steps[0]) for step in steps]


# -- another tag as x ------------------------------------------------------------------------------------------


def plain_join(steps: list[int], other: list[tuple[int, float]]) -> list[float]:
    """The k-th point at a step meets the other tag's k-th there, or its last; NaN without."""
    seen: dict[int, int] = {}
    joined = []
    for step in steps:
        partners = [value for at, value in other if at == step]
        turn = seen.get(step, 0)
        seen[step] = turn + 1
        joined.append(partners[min(turn, len(partners) - 1)] if partners else NAN)
    return joined


def test_points_stand_where_the_other_tag_says():
    snapshot = FakeSnapshot(
        loss=([0, 10, 20, 30], [1.0, 2, 3, 4], [4.0, 3.0, 2.0, 1.0]),
        epoch=([0, 10, 15, 30], [1.0, 2, 3, 4], [0.0, 0.5, 0.7, 1.5]),
    )
    answer = ask(snapshot, "tag", x_tag="epoch")
    assert answer.columns["x"].tolist() == [0.0, 0.5, 1.5]
    assert answer.columns["value"].tolist() == [4.0, 3.0, 1.0]
    (series,) = answer.result.series
    assert (series.unjoined, series.points, series.points_in_range, series.count) == (1, 4, 3, 3)


def test_a_tag_as_its_own_x():
    answer = ask(fake([3.0, 1.0, 2.0]), "tag", x_tag="loss")
    assert answer.columns["x"].tolist() == answer.columns["value"].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("x_tag", ["none", ""])
def test_without_the_other_tag_no_point_has_a_place(x_tag: str):
    answer = ask(fake([1.0, 2.0]), "tag", x_tag=x_tag, smoothing=Smoothing("mean", 3))
    (series,) = answer.result.series
    assert (series.unjoined, series.count, series.points) == (2, 0, 2)
    assert [len(column) for column in answer.columns.values()] == [0, 0, 0, 0, 0]


def test_the_tag_of_the_same_run_is_asked():
    steps, times = [0, 1], [1.0, 2.0]
    snapshot: Any = FakeSnapshot(
        {
            ("a", "loss"): (steps, times, [1.0, 2.0]),
            ("b", "loss"): (steps, times, [3.0, 4.0]),
            ("a", "epoch"): (steps, times, [0.0, 1.0]),
            ("b", "epoch"): (steps, times, [10.0, 11.0]),
        }
    )
    keys = [SeriesKey("a", "loss"), SeriesKey("b", "loss")]
    answer = read_scalars(snapshot, ScalarsRequest(keys, x_axis="tag", x_tag="epoch"))
    assert answer.columns["x"].tolist() == [0.0, 1.0, 10.0, 11.0]


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=12),
    st.lists(
        st.tuples(st.integers(0, 6), st.sampled_from([NAN, INF, -INF, 2.0, 1.0, 0.0, -1.0, 3.5])),
        min_size=1,
        max_size=12,
    ),
)
def test_any_two_tags_are_joined_by_step(steps: list[int], other: list[tuple[int, float]]):
    steps, other = sorted(steps), sorted(other, key=lambda point: point[0])
    values = [float(index) for index in range(len(steps))]
    snapshot = FakeSnapshot(
        loss=(steps, values, values), epoch=([at for at, _ in other], [0.0] * len(other), [x for _, x in other])
    )
    answer = ask(snapshot, "tag", x_tag="epoch", smoothing=Smoothing("mean", 3))
    joined = plain_join(steps, other)
    expected = sorted((x, index) for index, x in enumerate(joined) if math.isfinite(x))
    assert answer.columns["x"].tolist() == [x for x, _ in expected]
    assert answer.columns["value"].tolist() == [float(index) for _, index in expected]
    whole = ask(snapshot, "step", smoothing=Smoothing("mean", 3)).columns["smoothed"]
    assert answer.columns["smoothed"].tolist() == [whole[index] for _, index in expected]
    assert answer.result.series[0].unjoined == len(steps) - len(expected)


def test_lanes_meet_lanes_and_replaced_stretches_their_own_time(tmp_path: Path):
    first = LogWriter(tmp_path / "run", "a.tfevents.1", begun=1000.0)
    for lane in (0.0, 10.0):  # at the same times, as parallel processes do
        first.scalars("loss", [0, 1, 2, 3], start=1001.0)
        first.scalars("epoch", [0, 1, 2, 3], [lane, lane + 1, lane + 2, lane + 3], start=1001.0)
    again = LogWriter(tmp_path / "run", "a.tfevents.2", begun=2000.0)
    again.scalars("loss", [2, 3], start=2001.0)
    again.scalars("epoch", [2, 3], [102.0, 103.0], start=2001.0)
    answer = ask(Reloader(tmp_path).load(), "tag", x_tag="epoch", superseded=True)
    x = answer.columns["x"].tolist()
    places = {(s.lane, s.is_superseded): x[s.start : s.start + s.count] for s in answer.result.series}
    assert places[0, False] == [0.0, 1.0]
    assert places[1, False] == [10.0, 11.0, 102.0, 103.0]
    assert places[0, True] == [2.0, 3.0]
    assert places[1, True] == [12.0, 13.0]


def test_what_was_joined_is_joined_again_when_either_tag_changes():
    steps, times = [0, 1, 2], [1.0, 2.0, 3.0]
    before: Any = FakeSnapshot(loss=(steps, times, [1.0, 2.0, 3.0]), epoch=(steps, times, [0.0, 1.0, 2.0]))
    after: Any = FakeSnapshot(epoch=(steps, times, [7.0, 8.0, 6.0]))
    after.tags["loss"] = before.tags["loss"]
    for _ in range(2):
        assert ask(before, "tag", x_tag="epoch").columns["x"].tolist() == [0.0, 1.0, 2.0]
        assert ask(after, "tag", x_tag="epoch").columns["x"].tolist() == [6.0, 7.0, 8.0]
    del after.tags["epoch"]
    gc.collect()
    assert ask(after, "tag", x_tag="epoch").result.series[0].unjoined == 3


def test_a_growing_run_is_answered_as_if_it_had_always_been_so_long(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    reloader = Reloader(tmp_path)
    for first in (0, 40, 41):
        steps = list(range(first, first + 40 if first == 0 else first + 1))
        log.scalars("epoch", steps, [(step * 7) % 31 / 10 for step in steps], start=1000.0 + first * 2)
        log.scalars("loss", steps, [float(step % 5) for step in steps], start=1000.0 + first * first)
        snapshot, fresh = reloader.load(), Reloader(tmp_path).load()
        for axis in ("active", "relative_step", "tag"):
            more: dict[str, Any] = {"x_tag": "epoch", "smoothing": Smoothing("median", 5)}
            live, anew = ask(snapshot, axis, **more), ask(fresh, axis, **more)
            assert live.result.series == anew.result.series
            assert live.result.series[0].points == steps[-1] + 1
            for name, column in anew.columns.items():
                np.testing.assert_array_equal(live.columns[name], column)


def test_many_points_along_another_tag_keep_their_extremes():
    count = 50_000
    rng = np.random.default_rng(0)
    value, epoch = rng.normal(size=count), np.arange(count) / 500
    value[31_234] = 99.0
    steps, times = range(count), np.arange(count) * 1.0
    snapshot: Any = FakeSnapshot(loss=(steps, times, value), epoch=(steps, times, epoch))  # type: ignore[arg-type]
    answer = ask(snapshot, "tag", x_tag="epoch", width_px=100)
    assert answer.result.series[0].reduced
    at = answer.columns["value"].tolist().index(99.0)
    assert answer.columns["x"][at] == 31_234 / 500
    zoomed = ask(snapshot, "tag", x_tag="epoch", x_range=(10.0, 10.05))
    assert zoomed.result.series[0].points_in_range == 26
