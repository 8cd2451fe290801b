from __future__ import annotations

import gc

import numpy as np
import pytest

from epochal.query import line_cache, line_summary, smoothing
from epochal.query.line_cache import LineCache
from epochal.query.line_summary import summarise_line
from epochal.query.smoothing import Smoothing, smooth_line
from epochal.store import memory
from epochal.store.points import Growth, Line


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> LineCache:
    fresh = LineCache()
    monkeypatch.setattr(line_cache, "cache", fresh)
    return fresh


def make_line(count: int = 100, seed: int = 0) -> Line:
    value = np.random.default_rng(seed).normal(size=count)
    return Line(0, np.arange(count), np.arange(count) * 0.5, value)


def smooth(line: Line, kind: str, weight: float, by_step: bool = True) -> smoothing.Smoothed:
    smoothed = smooth_line(line, Smoothing(kind, weight), by_step=by_step)  # type: ignore[arg-type]
    assert smoothed is not None
    return smoothed


def test_the_same_smoothing_is_computed_once(cache: LineCache):
    line = make_line()
    first = smooth(line, "mean", 5)
    assert smooth(line, "mean", 5, by_step=False) is first
    assert smooth(line, "mean", 6) is not first
    assert smooth(make_line(), "mean", 5) is not first
    assert smooth_line(line, Smoothing(), by_step=True) is None


def test_time_weights_follow_the_axis(cache: LineCache):
    line = Line(0, np.array([0, 1, 2]), np.array([0.0, 100.0, 101.0]), np.array([1.0, 2.0, 3.0]))
    by_step, by_time = (smooth(line, "time_weighted", 0.5, by_step) for by_step in (True, False))
    assert by_step.value.tolist() != by_time.value.tolist()


def test_the_mean_is_that_of_the_window(cache: LineCache):
    line = make_line()
    smoothed = smooth(line, "mean", 5)
    expected = [line.value[max(0, i - 2) : i + 3].mean() for i in range(100)]
    np.testing.assert_allclose(smoothed.value, expected)
    assert smoothed.value.dtype == np.float64
    assert smoothed.extremes.bounds(smoothed.value, 0, 100) == (smoothed.value.min(), smoothed.value.max())


def test_what_was_logged_as_float32_is_smoothed_to_float32(cache: LineCache):
    step = np.arange(10)
    assert smooth(Line(0, step, step * 1.0, step / 8), "mean", 3).value.dtype == np.float32
    assert smooth(Line(0, step, step * 1.0, step / 10), "mean", 3).value.dtype == np.float64


def test_memory_is_bounded_and_lines_are_not_kept_alive(cache: LineCache, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory, "_limits", memory.Limits(0, 0, 10_000))
    lines = [make_line(200, seed) for seed in range(20)]  # 1,600 bytes each, and their summaries
    for line in lines:
        smooth(line, "exponential", 0.5)
    kept = sum(entry.nbytes for entry in cache._entries.values())
    assert 5_000 < kept == cache.nbytes <= 10_000
    smooth(make_line(2_000), "exponential", 0.5)  # too long to keep
    assert cache.nbytes <= 10_000
    assert cache.get(lines[-1], ("exponential", 0.5, True)) is not None
    assert cache.get(lines[0], ("exponential", 0.5, True)) is None
    del line
    lines.clear()
    gc.collect()
    assert (len(cache), cache.nbytes) == (0, 0)


class Columns:
    """Stands for the columns of a file, which grow."""

    def __init__(self, count: int) -> None:
        self.whole = make_line(count)

    def line(self, count: int) -> Line:
        whole = self.whole
        columns = (whole.step[:count], whole.wall_time[:count], whole.value[:count])
        return Line(0, *columns, growth=Growth(self, 3))


def test_a_line_that_grew_is_summarised_from_its_new_points(cache: LineCache, monkeypatch: pytest.MonkeyPatch):
    made = []
    make_summary = line_summary.make_summary

    def spy(step: np.ndarray, wall_time: np.ndarray, value: np.ndarray, previous: object = None) -> object:
        made.append((len(value), None if previous is None else len(previous)))  # type: ignore[arg-type]
        return make_summary(step, wall_time, value, previous)

    monkeypatch.setattr(line_summary, "make_summary", spy)
    columns = Columns(1_000)
    for count in (600, 600, 1_000, 600):  # the last one: a reader of an older snapshot
        summary = summarise_line(columns.line(count))
        line = columns.line(count)
        expected = make_summary(line.step, line.wall_time, line.value)
        assert summary.to_bytes() == expected.to_bytes()
    assert made == [(600, None), (1_000, 600), (600, None)]
    assert len(summarise_line(columns.line(1_000))) == 1_000
    assert len(made) == 3
    first, longer = (smooth(columns.line(count), "median", 9) for count in (600, 1_000))
    assert (len(first.value), len(longer.value)) == (600, 1_000)
    assert smooth(columns.line(1_000), "median", 9) is longer
    del columns, line
    gc.collect()
    assert len(cache) == 0
