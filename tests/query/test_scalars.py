"""POST /api/scalars against plain NumPy definitions."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scalars_fakes import FakeSnapshot, fake
from store_logs import LogWriter, start_record

from epochal.query.columns import Columns
from epochal.query.scalars import ScalarsRequest, ScalarsResult, read_scalars
from epochal.query.scalars_series import SeriesKey
from epochal.query.smoothing import Smoothing
from epochal.store.reloader import Reloader
from epochal.store.snapshot import Snapshot

NAN, INF = float("nan"), float("inf")


def ask(snapshot: Snapshot, tag: str = "loss", run: str = "run", **more: Any) -> Columns[ScalarsResult]:
    return read_scalars(snapshot, ScalarsRequest([SeriesKey(run, tag)], **more))


def load(folder: Path) -> Snapshot:
    return Reloader(folder).load()


def test_a_short_series_is_sent_whole(tmp_path: Path):
    LogWriter(tmp_path / "run").scalars("loss", [0, 1, 2, 5], [0.5, 3.0, -1.0, 2.0])
    answer = ask(load(tmp_path))
    (series,) = answer.result.series
    assert (series.run, series.tag, series.lane, series.start, series.count) == ("run", "loss", 0, 0, 4)
    assert (series.points, series.points_in_range, series.reduced) == (4, 4, False)
    assert (series.y_min, series.y_max) == (-1.0, 3.0)
    assert (series.first_wall_time, series.last_wall_time) == (1001.0, 1004.0)
    assert (series.last_step, series.last_value) == (5, 2.0)
    assert (series.nan, series.pos_inf, series.neg_inf, series.first_nonfinite_step) == (0, 0, 0, None)
    assert not series.one_step
    assert answer.columns["step"].tolist() == [0, 1, 2, 5]
    assert answer.columns["wall_time"].tolist() == [1001.0, 1002.0, 1003.0, 1004.0]
    assert answer.columns["value"].tolist() == [0.5, 3.0, -1.0, 2.0]
    assert list(answer.columns) == ["step", "wall_time", "value"]
    assert (answer.columns["step"].dtype, answer.columns["wall_time"].dtype) == (np.uint32, np.float64)


def test_series_that_do_not_exist_are_named(tmp_path: Path):
    LogWriter(tmp_path / "run").scalars("loss", [0])
    keys = [SeriesKey("run", "none"), SeriesKey("none", "loss"), SeriesKey("run", "loss")]
    answer = read_scalars(load(tmp_path), ScalarsRequest(keys))
    assert answer.result.missing == keys[:2]
    assert len(answer.result.series) == 1
    assert read_scalars(load(tmp_path), ScalarsRequest(keys[:2])).columns["value"].tolist() == []


def test_several_series_lie_one_after_another():
    snapshot: Any = FakeSnapshot(a=([0, 1], [1, 2], [10.0, 11.0]), b=([0, 1, 2], [1, 2, 3], [20.0, 21.0, 22.0]))
    answer = read_scalars(snapshot, ScalarsRequest([SeriesKey("r", "b"), SeriesKey("r", "a")]))
    assert [(s.tag, s.start, s.count) for s in answer.result.series] == [("b", 0, 3), ("a", 3, 2)]
    assert answer.columns["value"].tolist() == [20.0, 21.0, 22.0, 10.0, 11.0]
    assert answer.result.revision == 7


def test_nan_and_infinities_stay_and_are_counted():
    answer = ask(fake([1.0, NAN, INF, -INF, NAN, 2.0]))
    (series,) = answer.result.series
    assert (series.nan, series.pos_inf, series.neg_inf, series.first_nonfinite_step) == (2, 1, 1, 1)
    assert (series.y_min, series.y_max) == (1.0, 2.0)
    np.testing.assert_array_equal(answer.columns["value"], [1.0, NAN, INF, -INF, NAN, 2.0])
    msgspec.json.encode(answer.result)


def test_a_series_of_nothing_finite():
    (series,) = ask(fake([NAN, INF])).result.series
    assert (series.y_min, series.y_max, series.last_value) == (None, None, None)


def test_float32_only_if_nothing_is_lost():
    assert ask(fake([0.5, NAN, INF, 2.0**100])).columns["value"].dtype == np.float32
    for value in (0.1, 1e300, 2.0**24 + 1, 1e-50):
        answer = ask(fake([0.5, value]))
        assert answer.columns["value"].dtype == np.float64
        assert answer.columns["value"][1] == value


def test_a_range_gets_its_points_and_one_more_on_each_side():
    answer = ask(fake([float(i) for i in range(10)]), x_range=(2.5, 5.0))
    (series,) = answer.result.series
    assert answer.columns["step"].tolist() == [2, 3, 4, 5, 6]
    assert (series.points_in_range, series.points, series.y_min, series.y_max) == (3, 10, 3.0, 5.0)


@pytest.mark.parametrize("x_range", [(20.0, 30.0), (-5.0, -1.0), (2.2, 2.8), (5.0, 2.5), (1e308, -1e308)])
def test_any_range_is_answered(x_range: tuple[float, float]):
    answer = ask(fake([float(i) for i in range(10)]), x_range=x_range)
    lo, hi = min(x_range), max(x_range)
    assert answer.result.series[0].points_in_range == sum(lo <= i <= hi for i in range(10))
    assert answer.result.series[0].count >= 1


def test_relative_time_and_wall_time_are_sorted_by_themselves():
    values = [0.0, 1.0, 2.0, 3.0]
    snapshot = fake(values, [0, 1, 2, 3], [1000.0, 1020.0, 1010.0, NAN])
    for axis, x_range in (("wall_time", (1000.0, 1012.0)), ("relative", (0.0, 12.0))):
        answer = ask(snapshot, x_axis=axis, x_range=x_range)
        assert answer.columns["value"].tolist() == [0.0, 2.0, 1.0]
        assert answer.result.series[0].points_in_range == 2
        assert answer.result.series[0].points == 4  # the one without a time is still counted
    assert ask(snapshot).columns["value"].tolist() == values


def test_smoothing_does_not_depend_on_range_or_axis():
    values = np.sin(np.arange(500)).tolist()
    for kind, weight in (("exponential", 0.9), ("mean", 7), ("median", 7)):
        smoothing = Smoothing(kind, weight)  # type: ignore[arg-type]
        whole = ask(fake(values), smoothing=smoothing, width_px=10_000).columns["smoothed"]
        zoomed = ask(fake(values), smoothing=smoothing, x_range=(100, 120), width_px=10_000).columns
        assert zoomed["smoothed"].tolist() == whole[99:122].tolist()
        timed = ask(fake(values), smoothing=smoothing, x_axis="relative", width_px=10_000).columns
        assert timed["smoothed"].tolist() == whole.tolist()


def test_exponential_smoothing_is_tensorboards():
    values = [1.0, 5.0, 2.0, NAN, 8.0]
    last, expected = 0.0, []
    for n, value in enumerate((1.0, 5.0, 2.0, 8.0), 1):
        last = last * 0.6 + 0.4 * value
        expected.append(last / (1 - 0.6**n))
    smoothed = ask(fake(values), smoothing=Smoothing("exponential", 0.6)).columns["smoothed"]
    np.testing.assert_allclose(smoothed, [*expected[:3], NAN, expected[3]], rtol=1e-6)


def test_lanes_and_superseded_points_have_lines_of_their_own(tmp_path: Path):
    first = LogWriter(tmp_path / "run", "a.tfevents.1", begun=1000.0)
    first.scalars("loss", [0, 1, 2, 3, 0, 1, 2, 3])
    LogWriter(tmp_path / "run", "a.tfevents.2", begun=2000.0).scalars("loss", [2, 3, 4], start=2001.0)
    snapshot = load(tmp_path)
    active = ask(snapshot).result.series
    assert [(s.lane, s.points, s.superseded, s.is_superseded) for s in active] == [
        (0, 2, 2, False),
        (1, 5, 2, False),
    ]
    everything = ask(snapshot, superseded=True)
    ghosts = [s for s in everything.result.series if s.is_superseded]
    assert [(s.lane, s.points) for s in ghosts] == [(0, 2), (1, 2)]
    assert len(everything.columns["step"]) == 11


def test_a_tag_that_is_superseded_altogether_still_says_so(tmp_path: Path):
    LogWriter(tmp_path / "run", "a.tfevents.1", begun=1000.0).scalars("loss", [0, 1])
    LogWriter(tmp_path / "run", "a.tfevents.2", begun=2000.0).write(start_record(0, 2000.0))
    answer = ask(load(tmp_path), smoothing=Smoothing("exponential", 0.5))
    (series,) = answer.result.series
    assert (series.count, series.points, series.superseded, series.last_step) == (0, 0, 2, None)
    msgspec.json.encode(answer.result)


def test_one_step(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    log.scalars("unstepped", [0, 0, 0], [1.0, 2.0, 3.0])
    log.scalars("once", [0])
    snapshot = load(tmp_path)
    assert ask(snapshot, "unstepped").result.series[0].one_step
    assert not ask(snapshot, "once").result.series[0].one_step


# -- reduction -------------------------------------------------------------------------------------------------


def plain_m4(x: np.ndarray, y: np.ndarray, lo: float, width: float, buckets: int) -> set[int]:
    """Per bucket: first, last, first lowest and highest finite, first NaN, +Inf, -Inf; a neighbour each side."""
    kept: set[int] = set()
    bucket = np.floor((x - lo) / width)
    inside = (bucket >= 0) & (bucket < buckets)
    for b in np.unique(bucket[inside]):
        at = np.flatnonzero(bucket == b)
        values = y[at]
        kept |= {int(at[0]), int(at[-1])}
        finite = np.isfinite(values)
        if finite.any():
            kept.add(int(at[np.where(finite, values, np.inf).argmin()]))
            kept.add(int(at[np.where(finite, values, -np.inf).argmax()]))
        for odd in (np.isnan(values), values == np.inf, values == -np.inf):
            if odd.any():
                kept.add(int(at[odd.argmax()]))
    before, after = np.flatnonzero(bucket < 0), np.flatnonzero(bucket >= buckets)
    return kept | set(before[-1:].tolist()) | set(after[:1].tolist())


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_reduction_is_m4_on_a_grid_of_powers_of_two(data: st.DataObject):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    count = data.draw(st.integers(20, 400))
    width_px = data.draw(st.integers(1, 12))
    step = np.sort(rng.integers(-1000, 1000, count))
    value = rng.normal(size=count).round(data.draw(st.integers(0, 3)))
    for odd in (NAN, INF, -INF):
        value[rng.random(count) < 0.03] = odd
    lo, hi = sorted(data.draw(st.tuples(st.floats(-1500, 1500), st.floats(-1500, 1500))))
    x_range = None if data.draw(st.booleans()) else (lo, hi)
    smoothing = Smoothing(data.draw(st.sampled_from(["none", "exponential"])), 0.7)
    answer = ask(fake(value.tolist(), step.tolist()), x_range=x_range, width_px=width_px, smoothing=smoothing)
    (series,) = answer.result.series
    lo, hi = x_range or (float(step[0]), float(step[-1]))
    in_range = int(((step >= lo) & (step <= hi)).sum())
    assert series.points_in_range == in_range
    if in_range <= 1.5 * width_px:
        near = np.flatnonzero((step >= lo) & (step <= hi))
        before, after = np.flatnonzero(step < lo)[-1:], np.flatnonzero(step > hi)[:1]
        expected = sorted({*near.tolist(), *before.tolist(), *after.tolist()})
    else:
        px = (hi - lo) / width_px
        width = 2.0 ** math.floor(math.log2(px)) if px > 0 else 1.0
        assert px == 0 or width <= px < 2 * width
        start = math.floor(lo / width) * width
        buckets = int((hi - start) // width) + 1
        expected_set = plain_m4(step.astype(float), value, start, width, buckets)
        if smoothing.kind == "exponential":
            smoothed = ask(fake(value.tolist(), step.tolist()), width_px=10_000, smoothing=smoothing)
            assert len(smoothed.columns["smoothed"]) == count
            expected_set |= plain_m4(step.astype(float), smoothed.columns["smoothed"], start, width, buckets)
        expected = sorted(expected_set)
    assert series.count == len(expected)
    np.testing.assert_array_equal(answer.columns["step"], step[expected])
    np.testing.assert_array_equal(answer.columns["value"], value[expected].astype(answer.columns["value"].dtype))


def test_one_spike_in_a_million_is_sent():
    value = np.zeros(1_000_000)
    value[654_321] = 1.0
    answer = ask(fake(value.tolist()), width_px=800)
    assert answer.columns["value"].max() == 1.0
    assert answer.result.series[0].reduced
    assert answer.result.series[0].count < 8000


def test_panning_keeps_the_buckets():
    snapshot = fake(np.random.default_rng(0).normal(size=10_000).tolist())
    one = ask(snapshot, x_range=(1000.0, 5096.0), width_px=100).columns["step"]
    other = ask(snapshot, x_range=(1040.0, 5136.0), width_px=100).columns["step"]
    shared = (1100, 5000)
    assert [s for s in one if shared[0] < s < shared[1]] == [s for s in other if shared[0] < s < shared[1]]


def test_all_points_at_one_x():
    answer = ask(fake([3.0, 1.0, 2.0, 5.0, 4.0] * 10, [7] * 50), width_px=10)
    (series,) = answer.result.series
    assert series.points_in_range == 50
    assert series.reduced
    assert sorted(answer.columns["value"].tolist())[0] == 1.0
    assert answer.columns["value"].max() == 5.0


def test_the_same_question_has_the_same_answer():
    snapshot = fake(np.random.default_rng(0).normal(size=5000).tolist())
    one, other = (ask(snapshot, width_px=50, smoothing=Smoothing("median", 9)) for _ in range(2))
    assert one.result == other.result
    for name in one.columns:
        np.testing.assert_array_equal(one.columns[name], other.columns[name])


def test_requests_are_validated():
    decode = msgspec.json.Decoder(ScalarsRequest).decode
    assert decode(b'{"series":[{"run":"r","tag":"t"}]}').width_px == 1000
    for body in (
        b'{"series":[],"x_axis":"time"}',
        b'{"series":[],"width_px":0}',
        b'{"series":[],"smoothing":{"kind":"exponential","weight":-1}}',
        b'{"series":[],"smoothing":{"kind":"magic"}}',
        b'{"series":[],"x_range":[1]}',
    ):
        with pytest.raises(msgspec.ValidationError):
            decode(body)


def test_steps_are_sent_as_numbers_that_hold_them():
    for steps, dtype in (
        ([0, 2**32 - 1], np.uint32),
        ([0, 2**32], np.float64),
        ([-1, 5], np.float64),
        ([-(2**63), 2**63 - 1], np.float64),
    ):
        column = ask(fake([1.0, 2.0], steps)).columns["step"]
        assert column.dtype == dtype
        assert column.tolist() == [float(step) for step in steps]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from(["relative", "wall_time"]), st.integers(1, 12), st.booleans())
def test_reduction_by_time_is_m4_too(seed: int, axis: Any, width_px: int, steady: bool):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(50, 400))
    times = 1.7e9 + np.cumsum(rng.exponential(10.0, count) if steady else rng.normal(5.0, 20.0, count))
    if not steady:
        times[rng.random(count) < 0.05] = NAN
    value = rng.normal(size=count)
    smoothing = Smoothing("mean", 7)
    snapshot = fake(value.tolist(), None, times.tolist())
    answer = ask(snapshot, x_axis=axis, width_px=width_px, smoothing=smoothing)
    smoothed = ask(snapshot, width_px=10_000, smoothing=smoothing).columns["smoothed"]
    order = np.argsort(times, kind="stable")[: int(np.isfinite(times).sum())]
    x = times[order] - (times[np.isfinite(times)][0] if axis == "relative" else 0.0)
    lo, hi = x[0], x[-1]
    width = 2.0 ** math.floor(math.log2((hi - lo) / width_px))
    start = math.floor(lo / width) * width
    kept = [plain_m4(x, y[order], start, width, int((hi - start) / width) + 1) for y in (value, smoothed)]
    expected = order[sorted(kept[0] | kept[1])]
    np.testing.assert_array_equal(answer.columns["value"], value[expected])
    np.testing.assert_array_equal(answer.columns["smoothed"], smoothed[expected])
    np.testing.assert_array_equal(answer.columns["wall_time"], times[expected])
    assert answer.result.series[0].points_in_range == len(order)


def test_a_growing_series_is_answered_as_if_it_had_always_been_so_long(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    reloader = Reloader(tmp_path)
    grown = []
    for steps, values in (
        (range(600), [float(step % 7) for step in range(600)]),
        (range(600, 900), [NAN, *[float(step) for step in range(601, 900)]]),
        ([450], [INF]),  # one point in between: nothing known of the positions behind it holds
        ([900, 901], [-INF, 0.5]),
    ):
        log.scalars("loss", list(steps), values)
        snapshot = reloader.load()
        more: dict[str, Any] = {"width_px": 20, "smoothing": Smoothing("median", 9)}
        live, fresh = ask(snapshot, **more), ask(load(tmp_path), **more)
        assert live.result.series == fresh.result.series
        for name, column in fresh.columns.items():
            np.testing.assert_array_equal(live.columns[name], column)
        (line,) = snapshot.find_tag("run", "loss", "scalars").scalars().lines
        grown.append(line.growth)
    assert grown[0] is not None
    assert grown[1] == grown[0]
    assert grown[2:] == [None, None]
    (series,) = live.result.series
    assert (series.points, series.nan, series.pos_inf, series.neg_inf) == (903, 1, 1, 1)
    assert series.first_nonfinite_step == 450


def test_many_points_are_looked_at_on_all_cores_with_the_same_answer(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(0)
    columns = {f"tag{i}": (range(2_000), np.arange(2_000) * 1.0, rng.normal(size=2_000)) for i in range(40)}
    keys = [SeriesKey("run", tag) for tag in columns]
    answers = []
    for threshold in (10**9, 1):
        monkeypatch.setattr("epochal.query.parallel.WORTHWHILE_POINTS", threshold)
        snapshot: Any = FakeSnapshot(**columns)  # type: ignore[arg-type]
        answers.append(
            read_scalars(snapshot, ScalarsRequest(keys, width_px=100, smoothing=Smoothing("median", 9)))
        )
    assert answers[0].result == answers[1].result
    for name, column in answers[0].columns.items():
        np.testing.assert_array_equal(column, answers[1].columns[name])


def test_an_error_in_a_thread_is_raised(monkeypatch: pytest.MonkeyPatch):
    from epochal.query.parallel import map_lines

    def fail(number: int) -> int:
        if number == 30:
            raise RuntimeError("thirty")
        return number

    for points in (0, 10**9):
        with pytest.raises(RuntimeError, match="thirty"):
            map_lines(fail, range(50), points)
        assert map_lines(fail, range(30), points) == list(range(30))
