"""Centre and band of values, position by position, against NumPy on the values that are there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epochal.query.scalars_aggregates import DRAWS, SEED, Aggregate, count_values, find_band, find_center

NAN = float("nan")
CENTERS = ("mean", "median", "iqm")
BANDS = ("minmax", "std", "sem", "ci95", "percentile")


def plain_center(values: np.ndarray, center: str) -> float:
    """Of float64[n], n > 0, without NaN."""
    if center == "iqm":
        cut = int(0.25 * len(values))
        return float(np.mean(np.sort(values)[cut : len(values) - cut]))
    return float(np.mean(values) if center == "mean" else np.median(values))


def plain_band(values: np.ndarray, aggregate: Aggregate) -> tuple[float, float]:
    center, n = plain_center(values, aggregate.center), len(values)
    if aggregate.band == "minmax":
        return float(values.min()), float(values.max())
    if aggregate.band == "percentile":
        low, high = sorted((aggregate.low, aggregate.high))
        return float(np.percentile(values, low)), float(np.percentile(values, high))
    if aggregate.band == "ci95":
        draws = np.random.default_rng(SEED).integers(n, size=(DRAWS, n))
        centers = [plain_center(sample, aggregate.center) for sample in np.sort(values)[draws]]
        low, high = np.percentile(centers, [2.5, 97.5])
        return float(low), float(high)
    around = np.std(values) if aggregate.band == "std" else np.std(values, ddof=1) / math.sqrt(n) if n > 1 else 0.0
    return center - float(around), center + float(around)


@settings(deadline=None, max_examples=120)
@given(st.data())
def test_every_center_and_band_is_numpys(data: st.DataObject):
    members, positions = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 6))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    scale = 10.0 ** data.draw(st.integers(-6, 6))
    values = (rng.normal(size=(members, positions)) * scale).round(data.draw(st.integers(0, 8)))
    values[rng.random(values.shape) < data.draw(st.sampled_from([0.0, 0.4, 1.0]))] = NAN
    untouched = values.copy()
    percents = data.draw(st.tuples(st.floats(0, 100), st.floats(0, 100)))
    aggregate = Aggregate(data.draw(st.sampled_from(CENTERS)), data.draw(st.sampled_from(BANDS)), *percents)  # type: ignore[arg-type]
    center = find_center(values, aggregate.center)
    low, high = find_band(values, aggregate)
    np.testing.assert_array_equal(values, untouched)
    for at, n in enumerate(count_values(values).tolist()):
        here = values[:, at][~np.isnan(values[:, at])]
        assert n == len(here)
        got = [center[at], low[at], high[at]]
        if not n:
            assert np.isnan(got).all()
            continue
        expected = [plain_center(here, aggregate.center), *plain_band(here, aggregate)]
        assert got == pytest.approx(expected, rel=1e-9, abs=1e-9 * float(np.abs(here).max()))


@pytest.mark.parametrize("center", CENTERS)
@pytest.mark.parametrize("band", BANDS)
def test_a_constant_is_its_own_center_and_band(center: Any, band: Any):
    values = np.full((7, 3), 0.1)
    assert find_center(values, center).tolist() == pytest.approx([0.1] * 3, rel=1e-15)
    low, high = find_band(values, Aggregate(center, band))
    assert [*low.tolist(), *high.tolist()] == pytest.approx([0.1] * 6, rel=1e-12)


@pytest.mark.parametrize("band", BANDS)
def test_one_value_is_its_own_band(band: Any):
    values = np.array([[2.5, NAN], [NAN, NAN]])
    low, high = find_band(values, Aggregate("mean", band))
    np.testing.assert_array_equal([low, high], [[2.5, NAN]] * 2)


def test_the_interquartile_mean_by_hand():
    values = np.array([[100.0], [1.0], [2.0], [3.0], [-50.0], [4.0], [5.0], [6.0]])
    assert find_center(values, "iqm").tolist() == [3.5]


def test_the_bootstrap_is_the_same_every_time_and_whichever_member_has_which_value():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(9, 2_000))
    wanted = Aggregate("median", "ci95")
    low, high = find_band(values, wanted)
    again_low, again_high = find_band(rng.permuted(values, axis=0), wanted)
    np.testing.assert_array_equal([low, high], [again_low, again_high])


def test_the_bootstrap_covers_what_it_promises():
    rng = np.random.default_rng(0)
    low, high = find_band(rng.normal(size=(40, 4_000)), Aggregate("mean", "ci95"))
    share = ((low <= 0) & (high >= 0)).mean()
    assert 0.91 < share < 0.96


def test_values_at_the_ends_of_floating_point_do_no_harm():
    values = np.array([[1e308, 5e-324], [1e308, -5e-324], [-1e308, 0.0]])
    for center in CENTERS:
        for band in BANDS:
            low, high = find_band(values, Aggregate(center, band))  # type: ignore[arg-type]
            assert len(low) == len(high) == len(find_center(values, center)) == 2  # type: ignore[arg-type]
