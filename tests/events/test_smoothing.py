"""The smoothers against plain definitions."""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epochal import _core
from epochal.events import reference

NAN, INF = math.nan, math.inf


def classic_smoothing(values: list[float], weight: float) -> list[float]:
    """TensorBoard's classicSmoothing (webapp/widgets/line_chart_v2/data_transformer.ts), line by line."""
    last = 0.0 if values else NAN
    accumulated = 0
    constant = all(value == values[0] for value in values)
    out = []
    for value in values:
        if constant or not math.isfinite(value):
            out.append(value)
        else:
            last = last * weight + (1 - weight) * value
            accumulated += 1
            debias = 1.0 if weight == 1.0 else 1.0 - math.pow(weight, accumulated)
            out.append(last / debias)
    return out


values = st.lists(st.floats(-1e6, 1e6) | st.sampled_from([NAN, INF, -INF]), max_size=80)


@settings(deadline=None)
@given(values, st.sampled_from([0.0, 0.3, 0.6, 0.9, 0.999]))
def test_exponential_is_tensorboards(numbers: list[float], weight: float) -> None:
    y = np.array(numbers, dtype=np.float64)
    expected = np.array(classic_smoothing(numbers, weight))
    native, twin = _core.smooth_exponential(y, weight), reference.smooth_exponential(y, weight)
    np.testing.assert_array_equal(native, twin)
    np.testing.assert_allclose(native, expected, rtol=1e-9, atol=1e-9)


def test_constant_series_stay_untouched(core: ModuleType) -> None:
    y = np.full(5, 0.1)
    np.testing.assert_array_equal(core.smooth_exponential(y, 0.9), y)


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=50))
def test_time_weighted_equals_exponential_on_even_spacing(numbers: list[float]) -> None:
    y = np.array(numbers)
    x = np.arange(len(y)) * 10.0
    if np.all(y == y[0]):
        return
    for core in (_core, reference):
        np.testing.assert_allclose(
            core.smooth_time_weighted(x, y, 0.8), core.smooth_exponential(y, 0.8), rtol=1e-9, atol=1e-6
        )


def test_time_weighted_forgets_with_distance(core: ModuleType) -> None:
    y = np.array([0.0, 0.0, 1.0, 1.0])
    near = core.smooth_time_weighted(np.array([0.0, 1.0, 2.0, 3.0]), y, 0.9)[2]
    far = core.smooth_time_weighted(np.array([0.0, 1.0, 100.0, 101.0]), y, 0.9)[2]
    assert near < far < 1.0
    assert core.smooth_time_weighted(np.zeros(3), np.array([1.0, 2.0, 3.0]), 0.5).shape == (3,)


@settings(deadline=None)
@given(values, st.lists(st.floats(0, 1e3), min_size=80, max_size=80), st.sampled_from([0.0, 0.6, 0.99]))
def test_time_weighted_twins_agree(numbers: list[float], gaps: list[float], weight: float) -> None:
    y = np.array(numbers, dtype=np.float64)
    x = np.cumsum(gaps[: len(y)])
    native, twin = (core.smooth_time_weighted(x, y, weight) for core in (_core, reference))
    np.testing.assert_allclose(native, twin, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(np.isfinite(native), np.isfinite(y))


@settings(deadline=None)
@given(values, st.integers(1, 100))
def test_windows_are_their_definition(numbers: list[float], window: int) -> None:
    y = np.array(numbers, dtype=np.float64)
    finite = np.flatnonzero(np.isfinite(y))
    before, after = (window - 1) // 2, window // 2
    mean, median = y.copy(), y.copy()
    for rank, index in enumerate(finite):
        near = y[finite[max(0, rank - before) : rank + after + 1]]
        mean[index], median[index] = np.mean(near), np.median(near)
    for core in (_core, reference):
        np.testing.assert_allclose(core.smooth_mean(y, window), mean, rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(core.smooth_median(y, window), median, rtol=1e-12, atol=1e-12)


def test_mean_of_numbers_near_the_limit(core: ModuleType) -> None:
    y = np.array([1.5e308, 1.5e308, 1.5e308])
    np.testing.assert_allclose(core.smooth_mean(y, 3), y)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([1, 2, 7, 51, 52, 300, 5_000]), st.sampled_from([0, 1, 3]))
def test_long_columns_have_the_medians_of_their_windows(seed: int, window: int, decimals: int) -> None:
    """Longer than the stretches in which the native core takes them, with many equal values."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=int(rng.integers(1, 4_000))).round(decimals)
    y[rng.random(len(y)) < rng.choice([0.0, 0.1])] = NAN
    found = _core.smooth_median(y, window)
    places = np.flatnonzero(np.isfinite(y))
    assert np.isnan(found[~np.isfinite(y)]).all()
    for rank in rng.choice(len(places), min(len(places), 200)) if len(places) else []:
        near = y[places[max(0, rank - (window - 1) // 2) : rank + window // 2 + 1]]
        assert found[places[rank]] == pytest.approx(np.median(near), rel=1e-12, abs=1e-12)


def test_wrong_arguments(core: ModuleType) -> None:
    two, three = np.zeros(2), np.zeros(3)
    with pytest.raises(ValueError, match="length"):
        core.smooth_time_weighted(two, three, 0.5)
    for smooth in (core.smooth_mean, core.smooth_median):
        with pytest.raises(ValueError, match="window"):
            smooth(two, 0)


def test_any_number_type_and_layout_is_taken(core: ModuleType) -> None:
    strided = np.arange(10, dtype=np.float64)[::2]
    strided.flags.writeable = False
    assert core.smooth_mean(strided, 1).tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert core.smooth_mean(np.arange(3), 1).tolist() == [0.0, 1.0, 2.0]
