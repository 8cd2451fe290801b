from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from epochal.events.messages import Histogram, decode_value
from epochal.summaries.histograms import check_bins, default_bins, encode_histogram_value


def histogram_of(values, **options) -> Histogram:
    decoded = decode_value(encode_histogram_value("tag", np.asarray(values), **options)).value
    assert isinstance(decoded, Histogram)
    return decoded


@given(
    hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64]),
        st.integers(1, 300),
        elements=st.floats(width=16, allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, 1.0, -1.0]),
    )
)
def test_counts_are_numpys(values):
    edges = np.array(default_bins())
    counts, _ = np.histogram(values.astype(np.float64), bins=edges)
    full = np.flatnonzero(counts)
    found = histogram_of(values)
    np.testing.assert_array_equal(found.counts[1:], counts[full[0] : full[-1] + 1])
    np.testing.assert_array_equal(found.limits, edges[full[0] : full[-1] + 2])
    assert found.counts[0] == 0
    assert (found.minimum, found.maximum, found.num) == (values.min(), values.max(), values.size)


@pytest.mark.parametrize(
    "edge", [1e-12, 1.0, -1e-12, default_bins()[700], default_bins()[-1], default_bins()[0], 0.0]
)
def test_a_value_on_an_edge_goes_where_numpy_puts_it(edge):
    values = np.array([np.nextafter(edge, -np.inf), edge, np.nextafter(edge, np.inf)])
    counts, _ = np.histogram(values, bins=np.array(default_bins()))
    assert sum(histogram_of(values).counts) == counts.sum()
    np.testing.assert_array_equal([c for c in histogram_of(values).counts if c], counts[counts > 0])


def test_sums():
    values = np.array([1.5, -2.0, 4.0], np.float32)
    found = histogram_of(values)
    assert (found.total, found.sum_squares) == (3.5, 22.25)


def test_no_values_at_all():
    found = histogram_of(np.zeros((0, 3)))
    assert (found.num, len(found.limits), len(found.counts)) == (0, 0, 0)


@pytest.mark.parametrize("bins", ["tensorflow", "auto", "fd", "doane", "sqrt", 3, np.int64(3), [0, 1], (1, 1, 2)])
def test_good_bins(bins):
    check_bins(bins, None)
    histogram_of(np.arange(10.0), bins=bins)


@pytest.mark.parametrize("bins", ["rule of thumb", 0, -1, 2.5, [1.0], [2, 1], [[1, 2], [3, 4]], None, object()])
def test_bad_bins(bins):
    with pytest.raises((ValueError, TypeError)):
        check_bins(bins, None)


def test_the_values_are_left_as_they_were():
    values = np.array([3.0, np.nan, 1.0])
    histogram_of(values)
    np.testing.assert_array_equal(values, [3.0, np.nan, 1.0])
