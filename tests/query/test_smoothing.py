from __future__ import annotations

import gc

import numpy as np
import pytest

from epochal.query import smoothing
from epochal.query.smoothing import Smoothing, smooth_line
from epochal.store import memory
from epochal.store.points import Line


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> smoothing._Cache:
    fresh = smoothing._Cache()
    monkeypatch.setattr(smoothing, "_cache", fresh)
    return fresh


def make_line(count: int = 100, seed: int = 0) -> Line:
    value = np.random.default_rng(seed).normal(size=count)
    return Line(0, np.arange(count), np.arange(count) * 0.5, value)


def test_the_same_smoothing_is_computed_once(cache: smoothing._Cache):
    line = make_line()
    first = smooth_line(line, Smoothing("mean", 5), by_step=True)
    assert smooth_line(line, Smoothing("mean", 5), by_step=False) is first
    assert smooth_line(line, Smoothing("mean", 6), by_step=True) is not first
    assert smooth_line(make_line(), Smoothing("mean", 5), by_step=True) is not first
    assert smooth_line(line, Smoothing(), by_step=True) is None


def test_time_weights_follow_the_axis(cache: smoothing._Cache):
    line = Line(0, np.array([0, 1, 2]), np.array([0.0, 100.0, 101.0]), np.array([1.0, 2.0, 3.0]))
    by_step = smooth_line(line, Smoothing("time_weighted", 0.5), by_step=True)
    by_time = smooth_line(line, Smoothing("time_weighted", 0.5), by_step=False)
    assert by_step is not None
    assert by_time is not None
    assert by_step.tolist() != by_time.tolist()


def test_the_mean_is_that_of_the_window(cache: smoothing._Cache):
    line = make_line()
    smoothed = smooth_line(line, Smoothing("mean", 5), by_step=True)
    assert smoothed is not None
    expected = [line.value[max(0, i - 2) : i + 3].mean() for i in range(100)]
    np.testing.assert_allclose(smoothed, expected)


def test_memory_is_bounded_and_lines_are_not_kept_alive(cache: smoothing._Cache, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory, "_limits", memory.Limits(0, 0, 10_000))
    lines = [make_line(200, seed) for seed in range(20)]  # 1,600 bytes each
    for line in lines:
        smooth_line(line, Smoothing("exponential", 0.5), by_step=True)
    assert cache._bytes == sum(array.nbytes for _, array in cache._entries.values()) <= 10_000
    smooth_line(make_line(2000), Smoothing("exponential", 0.5), by_step=True)  # too long to keep
    assert cache._bytes <= 10_000
    reference = cache._entries[next(reversed(cache._entries))][0]
    assert reference() is lines[-1]
    del line
    lines.clear()
    gc.collect()
    assert reference() is None
