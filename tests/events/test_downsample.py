"""m4_indices and find_range against plain definitions with NumPy."""

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


def plain_m4(x: np.ndarray, columns: list[np.ndarray], lo: float, width: float, buckets: int) -> list[int]:
    """The definition, bucket by bucket."""
    bucket = np.floor((x - lo) / width)
    kept: set[int] = set()
    left, right = np.flatnonzero(bucket < 0), np.flatnonzero(bucket >= buckets)
    kept.update(left[-1:].tolist(), right[:1].tolist())
    for number in np.unique(bucket[(bucket >= 0) & (bucket < buckets)]):
        inside = np.flatnonzero(bucket == number)
        kept.update((int(inside[0]), int(inside[-1])))
        for y in columns:
            finite = inside[np.isfinite(y[inside])]
            if len(finite):
                kept.update((int(finite[np.argmin(y[finite])]), int(finite[np.argmax(y[finite])])))
            for special in (np.isnan(y[inside]), y[inside] == INF, y[inside] == -INF):
                kept.update(inside[special][:1].tolist())
    return sorted(kept)


series = st.lists(
    st.tuples(st.integers(-50, 50), st.sampled_from([0.0, 1.0, -1.0, 2.5, -0.0, NAN, INF, -INF])), max_size=60
)


@settings(max_examples=300, deadline=None)
@given(series, st.integers(-60, 60), st.sampled_from([0.5, 1.0, 3.0, 1000.0]), st.integers(1, 40))
def test_m4_is_its_definition(points: list[tuple[int, float]], lo: int, width: float, buckets: int) -> None:
    points.sort(key=lambda point: point[0])
    x = np.array([point[0] for point in points], dtype=np.float64)
    y = np.array([point[1] for point in points], dtype=np.float64)
    smoothed = np.roll(y, 3).astype(np.float32)
    expected, both = (plain_m4(x, columns, lo, width, buckets) for columns in ([y], [y, smoothed]))
    for core in (_core, reference):
        found = core.m4_indices(x, y, float(lo), width, buckets)
        assert found.dtype == np.int64
        assert found.tolist() == expected
        steps = x.astype(np.int64)
        assert core.m4_indices(steps, y, float(lo), width, buckets).tolist() == expected
        assert core.m4_indices(x + 1000, y, float(lo), width, buckets, origin=1000.0).tolist() == expected
        assert core.m4_indices(steps, y, float(lo), width, buckets, smoothed=smoothed).tolist() == both


def make_steps(rng: np.random.Generator, kind: str, count: int) -> np.ndarray:
    """Steps of many forms: even, with many at one place, with gaps, past 2**53, over the whole of int64."""
    if kind == "even":
        return np.arange(count) * int(rng.integers(1, 1000)) + int(rng.integers(-1000, 1000))
    if kind == "crowded":
        return np.sort(rng.integers(0, max(2, count // 50), count))
    if kind == "gaps":
        return np.cumsum(rng.choice([0, 1, 1, 1, 5_000, 2**40], count))
    if kind == "huge":
        return 2**53 + np.cumsum(rng.integers(0, 3, count))
    return np.sort(rng.integers(-(2**63), 2**63 - 1, count))


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from(["even", "crowded", "gaps", "huge", "all of int64"]),
    st.sampled_from([0, 1, 255, 256, 257, 5_000, 20_000, 40_000]),
    st.sampled_from([0.0, 0.001, 0.5]),
    st.sampled_from([1, 3, 40, 1000]),
)
def test_extremes_change_nothing(seed: int, kind: str, count: int, odd: float, buckets: int) -> None:
    rng = np.random.default_rng(seed)
    steps = make_steps(rng, kind, count)
    value = rng.normal(size=count).round(int(rng.integers(0, 4)))
    for special in (NAN, INF, -INF):
        value[rng.random(count) < odd] = special
    smoothed = _core.smooth_mean(value, 9).astype(np.float32)
    x = steps.astype(np.float64)
    lo, hi = sorted(rng.choice(x, 2)) if count else (0.0, 1.0)
    if rng.random() < 0.3:
        lo, hi = float(x[0]) if count else 0.0, float(x[-1]) if count else 1.0
    width = max((hi - lo) / buckets * float(rng.choice([0.3, 1.0])), 1e-3)
    expected = plain_m4(x, [value, smoothed], lo, width, buckets)
    extremes, others = _core.make_extremes(value), _core.make_extremes(smoothed)
    found = _core.m4_indices(
        steps, value, lo, width, buckets, extremes=extremes, smoothed=smoothed, smoothed_extremes=others
    )
    assert found.tolist() == expected
    raw = _core.m4_indices(steps, value, lo, width, buckets, extremes=extremes)
    assert raw.tolist() == plain_m4(x, [value], lo, width, buckets)
    first, last = _core.find_range(steps, lo, hi)
    assert (first, last) == (np.searchsorted(x, lo, "left"), np.searchsorted(x, hi, "right"))
    finite = value[first:last][np.isfinite(value[first:last])]
    bounds = (finite.min(), finite.max()) if len(finite) else None
    assert extremes.bounds(value, first, last) == bounds


@given(st.lists(st.floats(allow_nan=False), max_size=50), st.floats(), st.floats(), st.sampled_from([0.0, 7.5]))
def test_a_range_is_what_searchsorted_finds(times: list[float], lo: float, hi: float, origin: float) -> None:
    x = np.sort(np.array(times, dtype=np.float64))
    if math.isnan(lo) or math.isnan(hi) or hi < lo:
        return
    moved = x - origin
    expected = (int(np.searchsorted(moved, lo, "left")), int(np.searchsorted(moved, hi, "right")))
    for core in (_core, reference):
        assert core.find_range(x, lo, hi, origin=origin) == expected


def test_m4_keeps_a_single_spike() -> None:
    x = np.arange(1_000_000)
    y = np.zeros(1_000_000)
    y[123_457] = 9.0
    found = _core.m4_indices(x, y, 0.0, 1000.0, 1000, extremes=_core.make_extremes(y))
    assert 123_457 in found.tolist()
    assert len(found) <= 4 * 1000


def test_m4_at_extreme_ranges(core: ModuleType) -> None:
    x = np.array([-1e308, 0.0, 1e308])
    y = np.array([1.0, 2.0, 3.0])
    assert core.m4_indices(x, y, -1e308, 1e-300, 10).tolist() == [0, 1]
    assert core.m4_indices(x, y, 0.0, 1.0, 1).tolist() == [0, 1, 2]
    assert core.m4_indices(x[:0], y[:0], 0.0, 1.0, 1).tolist() == []
    infinite = np.array([-INF, 0.0, INF])
    assert core.m4_indices(infinite, y, 0.0, 1.0, 1).tolist() == [0, 1, 2]
    assert core.find_range(infinite, -5.0, 5.0) == (1, 2)


def test_other_number_types_and_layouts_are_taken(core: ModuleType) -> None:
    half = np.array([0.5, 9.0, 1.5, 9.0, 2.5, 9.0])[::2]
    for x in (half, half.astype(np.float32)):
        assert core.m4_indices(x, half, 1.0, 1.0, 1).tolist() == [0, 1, 2]
        assert core.find_range(x, 0.7, 2.0) == (1, 2)
    assert core.find_range(np.arange(4, dtype=np.int32), 1.0, 2.0) == (1, 3)


def test_wrong_arguments(core: ModuleType) -> None:
    two, three = np.zeros(2), np.zeros(3)
    for arguments, more in (((two, three), {}), ((two, two), {"smoothed": three})):
        with pytest.raises(ValueError, match="length"):
            core.m4_indices(*arguments, 0.0, 1.0, 1, **more)
    for width, buckets in ((0.0, 1), (-1.0, 1), (NAN, 1), (1.0, 0)):
        with pytest.raises(ValueError, match="positive"):
            core.m4_indices(two, two, 0.0, width, buckets)
    with pytest.raises(ValueError, match="another column"):
        core.m4_indices(two, two, 0.0, 1.0, 1, extremes=core.make_extremes(three))
    with pytest.raises(ValueError, match="origin"):
        core.find_range(np.arange(3), 0.0, 1.0, origin=1.0)
