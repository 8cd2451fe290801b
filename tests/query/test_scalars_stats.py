"""POST /api/scalars/stats against plain NumPy."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scalars_fakes import FakeSnapshot, fake

from epochal.query.scalars_series import SeriesKey
from epochal.query.scalars_stats import ScalarStats, ScalarStatsRequest, read_scalars_stats

NAN, INF = float("nan"), float("inf")


def ask(snapshot: Any, **more: Any) -> ScalarStats:
    (entry,) = read_scalars_stats(snapshot, ScalarStatsRequest([SeriesKey("run", "loss")], **more)).series
    msgspec.json.encode(entry)
    return entry


def test_a_range_by_hand():
    stats = ask(fake([9.0, 4.0, 1.0, 3.0, 7.0], [0, 10, 20, 30, 40]), x_range=(30.0, 10.0))
    assert (stats.count, stats.first_step, stats.last_step) == (3, 10, 30)
    assert (stats.first, stats.last, stats.delta, stats.percent) == (4.0, 3.0, -1.0, -25.0)
    assert (stats.min, stats.argmin, stats.max, stats.argmax) == (1.0, 20.0, 4.0, 10.0)
    assert stats.slope == pytest.approx(-0.05)
    assert stats.mean == pytest.approx(8 / 3)
    assert stats.std == pytest.approx(float(np.std([4.0, 1.0, 3.0])))


def test_percent_of_a_negative_first_value_says_which_way_it_went():
    assert ask(fake([-4.0, -2.0])).percent == 50.0
    assert ask(fake([0.0, 2.0])).percent is None


def test_what_is_not_finite_is_counted_and_left_out():
    stats = ask(fake([NAN, 1.0, INF, 3.0, -INF, NAN]))
    assert (stats.count, stats.nan, stats.pos_inf, stats.neg_inf) == (6, 2, 1, 1)
    assert (stats.first, stats.last, stats.mean, stats.slope) == (1.0, 3.0, 2.0, 1.0)
    assert (stats.first_step, stats.last_step) == (0, 5)


@pytest.mark.parametrize(("x_range", "count"), [(None, 2), ((5.0, 7.0), 0)])
def test_nothing_finite(x_range: Any, count: int):
    stats = ask(fake([NAN, INF]), x_range=x_range)
    assert stats.count == count
    assert [stats.first, stats.mean, stats.slope, stats.argmin, stats.std] == [None] * 5


def test_one_point_and_points_at_one_x_have_no_slope():
    assert ask(fake([2.0])).slope is None
    assert ask(fake([1.0, 2.0, 3.0], [5, 5, 5])).slope is None
    assert ask(fake([2.0])).std == 0.0


def test_numbers_too_large_to_say_are_null():
    stats = ask(fake([-1e308, 1e308]))
    assert (stats.delta, stats.std) == (None, None)
    assert (stats.min, stats.max) == (-1e308, 1e308)


def test_lanes_and_missing_series():
    snapshot: Any = FakeSnapshot(loss=([0, 1, 2, 0, 1, 2], [1.0] * 6, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    keys = [SeriesKey("run", "none"), SeriesKey("run", "loss")]
    result = read_scalars_stats(snapshot, ScalarStatsRequest(keys))
    assert result.missing == keys[:1]
    assert [(each.lane, each.mean) for each in result.series] == [(0, 2.0), (1, 5.0)]


def test_units_follow_the_axis():
    steps, times = [0, 100, 200], [1000.0, 1010.0, 1020.0]
    snapshot = FakeSnapshot(loss=(steps, times, [3.0, 2.0, 1.0]), epoch=(steps, times, [0.0, 1.0, 2.0]))
    assert ask(snapshot).slope == pytest.approx(-0.01)
    for axis in ("relative", "wall_time", "active"):
        assert ask(snapshot, x_axis=axis).slope == pytest.approx(-0.1)
    stats = ask(snapshot, x_axis="tag", x_tag="epoch", x_range=(0.5, 2.0))
    assert (stats.count, stats.slope, stats.argmin, stats.first_step) == (2, pytest.approx(-1.0), 2.0, 100)
    assert ask(snapshot, x_axis="relative", x_range=(5.0, 20.0)).count == 2


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_the_numbers_are_numpys(data: st.DataObject):
    count = data.draw(st.integers(2, 300))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    step = np.sort(rng.integers(0, 10_000, count)) + data.draw(st.sampled_from([0, 2**40]))
    value = rng.normal(size=count) * 10.0 ** data.draw(st.integers(-8, 8))
    value[rng.random(count) < data.draw(st.sampled_from([0.0, 0.2]))] = NAN
    lo, hi = sorted((float(rng.choice(step)), float(rng.choice(step))))
    stats = ask(fake(value.tolist(), step.tolist()), x_range=(lo, hi))
    near = (step >= lo) & (step <= hi)
    x, y = step[near & ~np.isnan(value)].astype(float), value[near & ~np.isnan(value)]
    assert (stats.count, stats.nan) == (near.sum(), np.isnan(value[near]).sum())
    if not len(y):
        assert stats.mean is None
        return
    assert (stats.first, stats.last, stats.min, stats.max) == (y[0], y[-1], y.min(), y.max())
    assert (stats.argmin, stats.argmax) == (x[y.argmin()], x[y.argmax()])
    assert stats.mean == pytest.approx(np.mean(y), rel=1e-9, abs=1e-300)
    assert stats.std == pytest.approx(np.std(y), rel=1e-9, abs=1e-300)
    if len(np.unique(x)) > 1:
        design = np.stack([x - x[0], np.ones(len(x))], axis=1)
        slope = np.linalg.lstsq(design, y, rcond=None)[0][0]
        assert stats.slope == pytest.approx(slope, rel=1e-6, abs=1e-9 * float(np.abs(y).max()))
    else:
        assert stats.slope is None
