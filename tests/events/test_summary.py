"""Extremes and summaries of series: native against the readable twin, and both against NumPy."""

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


def make_columns(seed: int, count: int, odd: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    step = np.sort(rng.integers(-1000, 1000, count))
    wall_time = 1.7e9 + np.cumsum(rng.choice([0.0, 0.25], count))
    value = rng.normal(size=count).round(2)
    if rng.random() < 0.5:
        value = value.astype(np.float32).astype(np.float64)
    for special in (NAN, INF, -INF):
        value[rng.random(count) < odd] = special
        wall_time[rng.random(count) < odd / 10] = special
    return step, wall_time, value


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from([0, 1, 255, 256, 257, 600, 16_384, 16_385, 20_000]),
    st.sampled_from([0.0, 0.001, 1.0]),
)
def test_a_summary_is_its_definition_in_both_cores(seed: int, count: int, odd: float) -> None:
    step, wall_time, value = make_columns(seed, count, odd)
    native, twin = (core.make_summary(step, wall_time, value) for core in (_core, reference))
    assert native.to_bytes() == twin.to_bytes()
    assert len(native.to_bytes()) == native.nbytes == twin.nbytes
    bad = np.flatnonzero(~np.isfinite(value))
    times = wall_time[np.isfinite(wall_time)]
    with np.errstate(over="ignore", invalid="ignore"):
        is_float32 = np.array_equal(value.astype(np.float32), value, equal_nan=True)
    ascends = bool((wall_time[1:] >= wall_time[:-1]).all()) and not np.isnan(wall_time[:1]).any()
    for summary in (native, twin):
        assert len(summary) == len(summary.extremes) == count
        assert summary.nan == np.isnan(value).sum()
        assert (summary.pos_inf, summary.neg_inf) == ((value == INF).sum(), (value == -INF).sum())
        assert summary.first_nonfinite_step == (step[bad[0]] if len(bad) else None)
        np.testing.assert_equal(summary.first_wall_time, times[0] if len(times) else NAN)
        assert summary.wall_time_ascends == ascends
        assert summary.is_float32 == is_float32
        first, last = sorted(np.random.default_rng(seed).integers(0, count + 1, 2).tolist())
        finite = value[first:last][np.isfinite(value[first:last])]
        expected = (finite.min(), finite.max()) if len(finite) else None
        assert summary.extremes.bounds(value, first, last) == expected


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 3_000), min_size=1, max_size=8), st.sampled_from([0, 0.01]))
def test_a_summary_grows_by_what_is_appended(seed: int, lengths: list[int], odd: float) -> None:
    step, wall_time, value = make_columns(seed, sum(lengths) * 7, odd)
    whole = _core.make_summary(step, wall_time, value)
    grown = None
    for end in np.cumsum(lengths).tolist():
        for part in (end, end * 7):  # the last one is the whole
            if grown is None or part > len(grown):
                grown = _core.make_summary(step[:part], wall_time[:part], value[:part], grown)
    assert grown is not None
    assert len(grown) == len(whole)
    assert grown.to_bytes() == whole.to_bytes()


def test_bounds_are_those_of_the_range_and_no_point_more(core: ModuleType) -> None:
    """Ranges that begin and end beside the edges of the blocks of every level, in a column whose extremes are its
    ends."""
    count = 64 * 256 * 3 + 100
    edges = (0, 256, 512, 16_384, 2 * 16_384, 3 * 16_384, count)
    near = sorted({edge + by for edge in edges for by in (-1, 0, 1) if 0 <= edge + by <= count})
    rising = np.arange(count, dtype=np.float64)
    extremes = core.make_extremes(rising)
    for first in near:
        for last in near:
            if first < last:
                assert extremes.bounds(rising, first, last) == (first, last - 1)


def test_what_is_known_is_not_read_again() -> None:
    value = np.arange(1_000, dtype=np.float64)
    known = _core.make_summary(np.arange(500), value[:500], value[:500])
    changed = value.copy()
    changed[:256] = -7.0  # not what the summary was made of
    grown = _core.make_summary(np.arange(1_000), value, changed, known)
    assert grown.extremes.bounds(changed, 0, 1_000) == (0.0, 999.0)


def test_a_summary_survives_its_bytes(core: ModuleType) -> None:
    step, wall_time, value = make_columns(3, 20_000, 0.001)
    summary = core.make_summary(step, wall_time, value)
    for data in (summary.to_bytes(), bytearray(summary.to_bytes()), memoryview(summary.to_bytes())):
        back = core.SeriesSummary.from_buffer(data)
        assert back.to_bytes() == summary.to_bytes()
        assert back.first_nonfinite_step == summary.first_nonfinite_step
        assert back.extremes.bounds(value, 10, 15_000) == summary.extremes.bounds(value, 10, 15_000)


def test_the_layout(core: ModuleType) -> None:
    """A header of 64 bytes, then nodes of 32: for each block its extremes, their offsets, the kinds of values."""
    data = core.make_summary(np.array([4, 5, 6]), np.array([9.0, 8.0, 7.0]), np.array([0.1, NAN, -2.0])).to_bytes()
    assert data[:4] == b"EPS1"
    assert np.frombuffer(data, "<u4", 1, 4)[0] == 2  # has something not finite; wall_time falls
    assert np.frombuffer(data, "<i8", 5, 8).tolist() == [3, 1, 0, 0, 5]
    assert np.frombuffer(data, "<f8", 2, 48).tolist() == [9.0, 0.0]
    assert np.frombuffer(data, "<f8", 2, 64).tolist() == [-2.0, 0.1]
    assert np.frombuffer(data, "<u4", 4, 80).tolist() == [2, 0, 1 | 2 | 16, 0]
    assert len(data) == 96


def test_wrong_arguments(core: ModuleType) -> None:
    three = np.zeros(3)
    good = core.make_summary(np.arange(3), three, three)
    with pytest.raises(ValueError, match="differ in length"):
        core.make_summary(np.arange(2), three, three)
    with pytest.raises(ValueError, match="longer column"):
        core.make_summary(np.arange(2), three[:2], three[:2], good)
    with pytest.raises(ValueError, match="another column"):
        good.extremes.bounds(np.zeros(4), 0, 3)
    for first, last in ((-1, 2), (2, 1), (0, 4)):
        with pytest.raises(IndexError):
            good.extremes.bounds(three, first, last)
    data = good.to_bytes()
    outside = bytearray(data)
    outside[80] = 3  # where the lowest is
    too_many = data[:8] + b"\xff" * 8 + data[16:]
    for bad in (b"", data[:-1], data + b"\0", b"EPS2" + data[4:], too_many, bytes(outside)):
        with pytest.raises(ValueError, match=r"not|outside"):
            core.SeriesSummary.from_buffer(bad)
