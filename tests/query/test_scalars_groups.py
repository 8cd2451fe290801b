"""Groups of runs as one line: POST /api/scalars with `aggregate`, against plain definitions."""

from __future__ import annotations

import bisect
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scalars_fakes import FakeSnapshot
from store_logs import LogWriter

from epochal.query.columns import Columns
from epochal.query.scalars import ScalarsRequest, ScalarsResult, SeriesGroup, read_scalars
from epochal.query.scalars_aggregates import Aggregate, count_values, find_band, find_center
from epochal.query.scalars_series import SeriesKey
from epochal.query.smoothing import Smoothing
from epochal.store.reloader import Reloader

NAN, INF = float("nan"), float("inf")
MEAN_OF_ALL = Aggregate("mean", "minmax")

Members = dict[str, tuple[list[int], list[float]]]


def make_snapshot(members: Members, tag: str = "loss") -> Any:
    return FakeSnapshot(
        {
            (run, tag): (steps, [1000.0 + step for step in steps], values)
            for run, (steps, values) in members.items()
        }
    )


def ask(members: Members | Any, aggregate: Aggregate = MEAN_OF_ALL, **more: Any) -> Columns[ScalarsResult]:
    """The loss of all members as one line."""
    snapshot = make_snapshot(members) if isinstance(members, dict) else members
    runs = list(members) if isinstance(members, dict) else sorted(run for run, _ in snapshot.runs)
    group = SeriesGroup("seeds", [SeriesKey(run, "loss") for run in runs])
    answer = read_scalars(snapshot, ScalarsRequest([], groups=[group], aggregate=aggregate, **more))
    msgspec.json.encode(answer.result)
    return answer


def interpolate(x: list[float], y: list[float], at: float) -> float:
    """The straight line through the points beside `at`; NaN outside all points, or if one is not finite."""
    last = bisect.bisect_right(x, at) - 1
    if last < 0 or (last == len(x) - 1 and x[last] != at):
        return NAN
    if x[last] == at:
        return y[last] if math.isfinite(y[last]) else NAN
    if not (math.isfinite(y[last]) and math.isfinite(y[last + 1])):
        return NAN
    return y[last] + (y[last + 1] - y[last]) * ((at - x[last]) / (x[last + 1] - x[last]))


def plain_values(members: Members, at: list[float]) -> np.ndarray:
    """float64[members, positions]."""
    lines = [([float(step) for step in steps], values) for steps, values in members.values()]
    return np.array([[interpolate(x, y, position) for position in at] for x, y in lines])


def test_two_seeds_by_hand():
    answer = ask({"a": ([0, 10, 20], [1.0, 2.0, 3.0]), "b": ([0, 20], [3.0, 7.0])})
    columns = {name: column.tolist() for name, column in answer.columns.items()}
    assert columns["x"] == columns["step"] == [0.0, 10.0, 20.0]
    assert columns["value"] == [2.0, 3.5, 5.0]
    assert columns["low"] == [1.0, 2.0, 3.0]
    assert columns["high"] == [3.0, 5.0, 7.0]
    assert columns["n"] == [2, 2, 2]
    assert answer.columns["n"].dtype == answer.columns["step"].dtype == np.uint32
    assert np.isnan(columns["wall_time"]).all()
    assert "smoothed" not in columns
    (series,) = answer.result.series
    assert (series.run, series.tag, series.group, series.lane, series.members) == ("", "loss", "seeds", 0, 2)
    assert (series.start, series.count, series.points, series.points_in_range, series.reduced) == (
        0,
        3,
        5,
        5,
        False,
    )
    assert (series.n_min, series.n_max, series.y_min, series.y_max) == (2, 2, 1.0, 7.0)
    assert (series.last_step, series.last_value, series.last_wall_time) == (20, 5.0, 1020.0)


def test_nothing_is_made_up_before_the_first_and_after_the_last_point():
    answer = ask({"short": ([5, 10], [1.0, 1.0]), "long": ([0, 5, 20], [3.0, 3.0, 3.0])})
    assert answer.columns["x"].tolist() == [0.0, 5.0, 10.0, 20.0]
    assert answer.columns["n"].tolist() == [1, 2, 2, 1]
    assert answer.columns["value"].tolist() == [3.0, 2.0, 2.0, 3.0]
    (series,) = answer.result.series
    assert (series.n_min, series.n_max, series.last_value) == (1, 2, 3.0)


def test_a_value_that_is_not_finite_counts_nowhere_and_is_counted():
    answer = ask({"a": ([0, 1, 2, 3], [1.0, NAN, INF, 4.0]), "b": ([0, 1, 2, 3], [3.0, 3.0, 3.0, 2.0])})
    assert answer.columns["n"].tolist() == [2, 1, 1, 2]
    assert answer.columns["value"].tolist() == [2.0, 3.0, 3.0, 3.0]
    (series,) = answer.result.series
    assert (series.nan, series.pos_inf, series.neg_inf, series.first_nonfinite_step) == (1, 1, 0, 1)


def test_where_every_member_is_nan_so_is_the_line():
    answer = ask({"a": ([0, 1, 2], [1.0, NAN, 2.0]), "b": ([0, 1, 2], [1.0, NAN, 2.0])})
    np.testing.assert_array_equal(answer.columns["value"], [1.0, NAN, 2.0])
    assert answer.columns["n"].tolist() == [2, 0, 2]
    (series,) = answer.result.series
    assert (series.y_min, series.y_max, series.n_min) == (1.0, 2.0, 0)


def test_one_point_runs_and_points_at_one_x():
    answer = ask({"a": ([7], [1.0]), "b": ([7, 7, 7], [2.0, 4.0, 9.0]), "c": ([7], [2.0])})
    assert answer.columns["x"].tolist() == [7.0]
    assert answer.columns["value"].tolist() == [4.0]  # of several points at one x the last counts
    assert answer.columns["high"].tolist() == [9.0]


def test_groups_without_points_and_runs_that_do_not_exist():
    snapshot = make_snapshot({"a": ([0, 1], [1.0, 2.0])})
    gone = SeriesKey("gone", "loss")
    groups = [
        SeriesGroup("empty", []),
        SeriesGroup("gone", [gone]),
        SeriesGroup("a", [gone, SeriesKey("a", "loss")]),
    ]
    answer = read_scalars(snapshot, ScalarsRequest([], groups=groups, aggregate=MEAN_OF_ALL))
    assert [(each.group, each.members, each.count) for each in answer.result.series] == [("a", 1, 2)]
    assert answer.result.missing == [gone, gone]
    none = read_scalars(snapshot, ScalarsRequest([], groups=groups[:2], aggregate=MEAN_OF_ALL))
    assert (none.result.series, [len(column) for column in none.columns.values()]) == ([], [0] * 7)


def test_members_none_of_which_has_a_place_on_the_axis():
    answer = ask({"a": ([0, 1], [1.0, 2.0])}, x_axis="tag", x_tag="none", smoothing=Smoothing("mean", 3))
    (series,) = answer.result.series
    assert (series.members, series.count, series.unjoined, series.points) == (0, 0, 2, 2)
    assert (series.y_min, series.last_value, series.n_max) == (None, None, 0)


def test_tags_of_a_group_are_lines_of_their_own_beside_single_series():
    steps, times = [0, 1], [1.0, 2.0]
    snapshot: Any = FakeSnapshot(
        {
            (run, tag): (steps, times, [start, start + 1])
            for run, tag, start in (("a", "x", 0.0), ("b", "x", 2.0), ("a", "y", 10.0), ("b", "y", 30.0))
        }
    )
    keys = [SeriesKey(run, tag) for run in "ab" for tag in "xy"]
    request = ScalarsRequest(
        keys[:1], groups=[SeriesGroup("g", keys)], aggregate=Aggregate("median", "std"), x_axis="relative"
    )
    answer = read_scalars(snapshot, request)
    assert [(s.run, s.group, s.tag, s.members, s.start) for s in answer.result.series] == [
        ("a", "", "x", 0, 0),
        ("", "g", "x", 2, 2),
        ("", "g", "y", 2, 4),
    ]
    assert answer.columns["x"].tolist() == [0.0, 1.0] * 3
    assert answer.columns["value"].tolist() == [0.0, 1.0, 1.0, 2.0, 20.0, 21.0]
    np.testing.assert_array_equal(answer.columns["low"], [NAN, NAN, 0.0, 1.0, 10.0, 11.0])
    assert answer.columns["n"].tolist() == [0, 0, 2, 2, 2, 2]
    np.testing.assert_array_equal(answer.columns["step"], [0.0, 1.0, NAN, NAN, NAN, NAN])


def test_without_aggregate_the_series_of_groups_are_lines_that_know_their_group():
    snapshot = make_snapshot({"a": ([0, 1], [1.0, 2.0]), "b": ([0], [3.0])})
    groups = [SeriesGroup("g", [SeriesKey("a", "loss"), SeriesKey("b", "loss")])]
    answer = read_scalars(snapshot, ScalarsRequest([], groups=groups))
    assert [(s.run, s.group, s.members) for s in answer.result.series] == [("a", "g", 0), ("b", "g", 0)]
    assert list(answer.columns) == ["step", "wall_time", "value"]


def test_lanes_are_members_and_what_was_replaced_is_none(tmp_path: Path):
    LogWriter(tmp_path / "run", "a.tfevents.1", begun=1000.0).scalars("loss", [0, 1, 2, 3, 0, 1, 2, 3])
    LogWriter(tmp_path / "run", "a.tfevents.2", begun=2000.0).scalars("loss", [2, 3], [50.0, 50.0], start=2001.0)
    group = SeriesGroup("g", [SeriesKey("run", "loss")])
    request = ScalarsRequest([], groups=[group], aggregate=MEAN_OF_ALL, superseded=True)
    answer = read_scalars(Reloader(tmp_path).load(), request)
    (series,) = answer.result.series
    assert (series.members, series.superseded, series.points) == (2, 4, 6)
    assert answer.columns["n"].tolist() == [2, 2, 1, 1]


@pytest.mark.parametrize("axis", ["wall_time", "relative", "active", "relative_step", "tag"])
def test_every_axis_aligns(axis: Any):
    steps = [0, 10, 20]
    runs = {"a": 100.0, "b": 5000.0}
    columns: dict[tuple[str, str], Any] = {}
    for number, (run, start) in enumerate(runs.items()):
        times = [start, start + 10, start + 20]
        columns[run, "loss"] = ([step + 100 * number for step in steps], times, [1.0 + number, 2.0, 3.0])
        columns[run, "epoch"] = ([step + 100 * number for step in steps], times, [0.0, 1.0, 2.0])
    snapshot: Any = FakeSnapshot(columns)
    groups = [SeriesGroup("g", [SeriesKey(run, "loss") for run in runs])]
    request = ScalarsRequest([], groups=groups, aggregate=MEAN_OF_ALL, x_axis=axis, x_tag="epoch")
    answer = read_scalars(snapshot, request)
    if axis == "wall_time":
        assert answer.columns["x"].tolist() == [100.0, 110.0, 120.0, 5000.0, 5010.0, 5020.0]
        assert answer.columns["wall_time"].tolist() == answer.columns["x"].tolist()
        assert answer.columns["n"].tolist() == [1] * 6
    else:
        assert answer.columns["x"].tolist() == ([0.0, 1.0, 2.0] if axis == "tag" else [0.0, 10.0, 20.0])
        assert answer.columns["n"].tolist() == [2, 2, 2]
        assert answer.columns["value"].tolist() == [1.5, 2.0, 3.0]


def test_members_are_smoothed_before_they_meet():
    rng = np.random.default_rng(0)
    members: Members = {
        name: (sorted(rng.choice(200, 60, replace=False).tolist()), rng.normal(size=60).tolist()) for name in "abc"
    }
    smoothing = Smoothing("exponential", 0.9)
    answer = ask(members, Aggregate("median", "minmax"), smoothing=smoothing)
    snapshot, at = make_snapshot(members), answer.columns["x"].tolist()
    smooth: Members = {}
    for run, (steps, _) in members.items():
        alone = read_scalars(snapshot, ScalarsRequest([SeriesKey(run, "loss")], smoothing=smoothing))
        smooth[run] = (steps, alone.columns["smoothed"].tolist())
    expected, logged = plain_values(smooth, at), plain_values(members, at)
    np.testing.assert_allclose(answer.columns["smoothed"], np.nanmedian(expected, axis=0), rtol=1e-6)
    np.testing.assert_allclose(answer.columns["low"], np.nanmin(expected, axis=0), rtol=1e-6)
    np.testing.assert_allclose(answer.columns["value"], np.nanmedian(logged, axis=0), rtol=1e-9)


def draw_members(data: st.DataObject, most_points: int) -> Members:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    same_steps = data.draw(st.booleans())
    start = data.draw(st.sampled_from([0, -50, 2**40, 2**53]))
    odd = data.draw(st.sampled_from([0.0, 0.1]))
    shared = rng.integers(0, 4 * most_points, most_points)
    members: Members = {}
    for number in range(data.draw(st.integers(1, 6))):
        count = int(rng.integers(1, most_points + 1))
        steps = shared if same_steps else rng.integers(0, 4 * most_points, count)
        values = rng.normal(size=len(steps))
        for bad in (NAN, INF, -INF):
            values[rng.random(len(steps)) < odd] = bad
        members[f"run{number}"] = ((np.sort(steps) + start).tolist(), values.tolist())
    return members


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_short_group_has_every_position_and_numpys_numbers(data: st.DataObject):
    members = draw_members(data, 20)
    aggregate = Aggregate(
        data.draw(st.sampled_from(["mean", "median", "iqm"])),
        data.draw(st.sampled_from(["none", "minmax", "std", "sem", "percentile"])),
    )
    answer = ask(members, aggregate)
    at = sorted({float(step) for steps, _ in members.values() for step in steps})
    assert answer.columns["x"].tolist() == at
    check_numbers(answer, members, aggregate)


def check_numbers(answer: Columns[ScalarsResult], members: Members, aggregate: Aggregate) -> None:
    """What is said of the positions sent is what the plain definition says."""
    values = plain_values(members, answer.columns["x"].tolist())
    np.testing.assert_array_equal(answer.columns["n"], count_values(values))
    # Interpolated NaN or not is all that could differ; the numbers themselves are within rounding.
    np.testing.assert_allclose(
        answer.columns["value"], find_center(values, aggregate.center), rtol=1e-9, atol=1e-9
    )
    if aggregate.band == "none":
        assert "low" not in answer.columns
        return
    for name, expected in zip(("low", "high"), find_band(values, aggregate), strict=True):
        np.testing.assert_allclose(answer.columns[name], expected, rtol=1e-9, atol=1e-9)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_long_group_is_reduced_and_its_numbers_stay(data: st.DataObject):
    members = draw_members(data, 300)
    aggregate = Aggregate("mean", data.draw(st.sampled_from(["none", "minmax", "std"])))
    width_px = data.draw(st.integers(1, 20))
    knots = sorted({float(step) for steps, _ in members.values() for step in steps})
    lo, hi = sorted((data.draw(st.sampled_from(knots)), data.draw(st.sampled_from(knots))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("epochal.query.scalars_groups.MAX_VALUES", data.draw(st.sampled_from([1, 10**6])))
        answer = ask(members, aggregate, width_px=width_px, x_range=(lo, hi))
    (series,) = answer.result.series
    at = answer.columns["x"].tolist()
    assert set(at) <= set(knots)
    assert at == sorted(set(at))
    check_numbers(answer, members, aggregate)
    inside = [x for x in knots if lo <= x <= hi]
    before, after = [x for x in knots if x < lo], [x for x in knots if x > hi]
    whole = [*before[-1:], *inside, *after[:1]]
    if len(whole) <= 4 * width_px:
        assert at == whole
    sent = [x for x in at if lo <= x <= hi]
    assert series.reduced or sent == inside
    assert (sent[0], sent[-1]) == (inside[0], inside[-1])
    assert ([x for x in at if x < lo], [x for x in at if x > hi]) == (before[-1:], after[:1])
    steps_of_all = [float(step) for steps, _ in members.values() for step in steps]
    assert series.points_in_range == sum(lo <= step <= hi for step in steps_of_all)
    if aggregate.band == "minmax":  # the band reaches what any member reached, and no more
        reached = plain_values(members, inside)
        if np.isfinite(reached).any():
            extremes = (np.nanmin(reached), np.nanmax(reached))
            assert (series.y_min, series.y_max) == pytest.approx(extremes, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("same_steps", [True, False])
def test_one_members_spike_is_in_the_band_at_every_zoom(same_steps: bool):
    rng = np.random.default_rng(0)
    members: Members = {}
    for number in range(10):
        steps = np.arange(30_000) * 10 + (0 if same_steps else number)
        members[f"run{number}"] = (steps.tolist(), rng.normal(size=30_000).tolist())
    members["run3"][1][12_345] = 500.0
    at = members["run3"][0][12_345]
    snapshot = make_snapshot(members)
    for width in (300_000, 30_000, 300, 10):
        x_range = (max(0.0, at - width), at + width)
        answer = ask(snapshot, Aggregate("median", "minmax"), width_px=200, x_range=x_range)
        (series,) = answer.result.series
        assert series.y_max == 500.0
        assert answer.columns["high"][answer.columns["x"].tolist().index(at)] == 500.0
        assert series.count < 12 * 200


def test_a_spike_of_the_center_is_kept_though_no_member_stands_out():
    rng = np.random.default_rng(0)
    steps = list(range(10_000))
    members: Members = {f"run{n}": (steps, rng.normal(size=10_000).tolist()) for n in range(20)}
    members["high"] = (steps, [1000.0] * 10_000)
    members["low"] = (steps, [-1000.0] * 10_000)
    for n in range(20):
        members[f"run{n}"][1][7_777] = 40.0
    answer = ask(members, Aggregate("median", "minmax"), width_px=100)
    assert answer.result.series[0].reduced
    assert answer.columns["value"].max() == 40.0


def test_a_lower_point_at_the_same_step_hides_no_other(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("epochal.query.scalars_groups.MAX_VALUES", 1)
    values = [0.0] * 1001
    values[400], values[500] = -3.0, -9.0
    members: Members = {"a": (sorted([*range(1000), 500]), values)}  # the second point at step 500 is 0
    answer = ask(members, width_px=1)
    assert answer.result.series[0].y_min == -3.0


def test_the_same_position_has_the_same_numbers_at_every_zoom():
    rng = np.random.default_rng(1)
    members: Members = {
        f"run{n}": (np.cumsum(rng.integers(1, 9, 8_000)).tolist(), rng.normal(size=8_000).tolist())
        for n in range(8)
    }
    snapshot, seen = make_snapshot(members), {}
    shared = 0
    for x_range in (None, (5_000.0, 20_000.0), (9_000.0, 12_000.0), (10_000.0, 10_300.0)):
        answer = ask(snapshot, Aggregate("iqm", "ci95"), width_px=150, x_range=x_range)
        columns = [answer.columns[name].tolist() for name in ("value", "low", "high", "n")]
        for x, *numbers in zip(answer.columns["x"].tolist(), *columns, strict=True):
            shared += x in seen
            assert seen.setdefault(x, numbers) == pytest.approx(numbers, rel=1e-12)
    assert shared > 100


def test_large_groups_are_measured_piece_by_piece_with_the_same_answer(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(4)
    members: Members = {
        f"run{n}": (np.cumsum(rng.integers(1, 5, 90)).tolist(), rng.normal(size=90).tolist()) for n in range(7)
    }
    answers = []
    for most in (10**6, 100, 1):
        monkeypatch.setattr("epochal.query.scalars_groups.MAX_VALUES", most)
        answers.append(ask(members, Aggregate("median", "ci95"), smoothing=Smoothing("mean", 5)))
    for other in answers[1:]:
        assert other.result == answers[0].result
        for name, column in answers[0].columns.items():
            np.testing.assert_allclose(other.columns[name], column, rtol=1e-12)


@pytest.mark.parametrize(
    ("x_range", "positions"),
    [
        ((20.0, 30.0), [9.0]),
        ((-5.0, -1.0), [0.0]),
        ((2.2, 2.8), [2.0, 3.0]),
        ((6.0, 4.5), [4.0, 5.0, 6.0, 7.0]),
        ((3.0, 3.0), [2.0, 3.0, 4.0]),
        ((1e308, -1e308), [float(step) for step in range(10)]),
    ],
)
@pytest.mark.parametrize("axis", ["step", "relative_step", "active"])
def test_any_range_gets_its_positions_and_one_more_on_each_side(
    axis: Any, x_range: tuple[float, float], positions: list[float]
):
    members: Members = {"a": ([0, 2, 4, 6, 8], [1.0] * 5), "b": ([0, 1, 3, 5, 7, 9], [3.0] * 6)}
    answer = ask(members, x_range=x_range, x_axis=axis, width_px=100_000)
    assert answer.columns["x"].tolist() == positions
    (series,) = answer.result.series
    lo, hi = sorted(x_range)
    assert series.points_in_range == sum(lo <= step <= hi for steps, _ in members.values() for step in steps)
    assert series.last_value == 3.0  # of the whole, whatever is shown


def test_the_same_question_has_the_same_answer():
    rng = np.random.default_rng(2)
    members: Members = {f"run{n}": (list(range(500)), rng.normal(size=500).tolist()) for n in range(5)}
    one, other = (ask(members, Aggregate("mean", "ci95"), width_px=50) for _ in range(2))
    assert one.result == other.result
    for name, column in one.columns.items():
        np.testing.assert_array_equal(column, other.columns[name])


def test_requests_are_validated():
    decode = msgspec.json.Decoder(ScalarsRequest).decode
    assert decode(b'{"series":[],"aggregate":{}}').aggregate == Aggregate("mean", "none", 25.0, 75.0)
    for body in (
        b'{"series":[],"aggregate":{"center":"mode"}}',
        b'{"series":[],"aggregate":{"band":"wide"}}',
        b'{"series":[],"aggregate":{"low":-1}}',
        b'{"series":[],"groups":[{"name":"g"}]}',
        b'{"series":[],"x_axis":"tag","x_tag":null}',
    ):
        with pytest.raises(msgspec.ValidationError):
            decode(body)
