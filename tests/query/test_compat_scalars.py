"""`?sample=N` against its definition, with NumPy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from epochal.query.compat_scalars import MIN_SAMPLE, sample_indices


@settings(deadline=None, max_examples=300)
@given(
    st.integers(0, 2**32),
    st.integers(1, 300) | st.sampled_from([1_000, 4_999]),
    st.integers(MIN_SAMPLE, 40) | st.sampled_from([299, 1_000]),
    st.sampled_from([0.0, 0.05, 0.9, 1.0]),
)
def test_a_sample_is_both_ends_and_each_buckets_extremes(seed: int, count: int, most: int, odd: float) -> None:
    rng = np.random.default_rng(seed)
    value = rng.normal(size=count).round(int(rng.integers(0, 3)))
    for special in (np.nan, np.inf, -np.inf):
        value[rng.random(count) < odd] = special
    kept = sample_indices(value, most)
    assert len(kept) <= most
    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, count - 1)
    # Buckets: as many as leave room for both ends, of equal numbers of points, give or take one.
    buckets = (most - 2) // 2
    edges = [number * count // buckets for number in range(buckets + 1)]
    expected = {0, count - 1}
    for start, end in pairwise(edges):
        inside = np.arange(start, end)
        finite = inside[np.isfinite(value[start:end])]
        if len(finite):
            expected |= {int(finite[value[finite].argmin()]), int(finite[value[finite].argmax()])}
        else:
            expected |= set(inside[:1].tolist())
    assert kept.tolist() == sorted(expected)
