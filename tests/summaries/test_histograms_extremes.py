"""Values that histograms were not made for: none raises, and none goes uncounted."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from epochal import SummaryWriter
from epochal.events.messages import Histogram, decode_value
from epochal.events.wire import iter_fields
from epochal.summaries.histograms import encode_histogram_value

INT64 = np.iinfo(np.int64)

NEXT = np.nextafter

VALUES = {
    "empty": np.zeros((0, 3)),
    "nan only": np.full(3, np.nan),
    "infinite only": np.array([np.inf, -np.inf, np.inf]),
    "nan and infinite": np.array([1.0, np.nan, np.inf, -np.inf, np.nan, 2.0, np.nan]),
    "constant": np.full(5, 2.0),
    "constant and huge": np.full(5, 1e300),
    "huge": np.array([1e300, -1e300, 0.0]),
    "range beyond float64": np.array([1.7e308, -1.7e308]),
    "outlier": np.array([*range(100), 1e300]),
    "narrow": np.array([1.0, NEXT(1.0, 2.0)]),
    "huge and narrow": np.array([1e300, NEXT(1e300, np.inf)]),
    "denormal": np.array([5e-324, 0.0, -5e-324]),
    "float16": np.array([65504, -65504, np.inf, np.nan], np.float16),
    "float32": np.array([3e38, -3e38, np.nan], np.float32),
    "longdouble": np.array([1, 2, np.inf, np.nan], np.longdouble),
    "longdouble beyond float64": np.array([1, 2], np.longdouble) * np.longdouble(1e300) * np.longdouble(1e300),
    "int64 limits": np.array([INT64.min, INT64.max, 0]),
    "uint64 limit": np.array([2**64 - 1, 0], np.uint64),
    "int8": np.array([-128, 127], np.int8),
    "bool": np.array([True, False, True]),
}

RULES = ["tensorflow", "auto", "fd", "doane", "scott", "stone", "rice", "sturges", "sqrt"]


def histogram_of(values: np.ndarray, **options) -> tuple[Histogram, list[int]]:
    """The histogram, and its fields 100-102: numbers of NaN, +Inf and -Inf."""
    data = encode_histogram_value("tag", values, **options)
    histo = next(bytes(value) for field, _, value in iter_fields(data) if field == 5)
    fields = {field: value for field, _, value in iter_fields(histo)}
    decoded = decode_value(data).value
    assert isinstance(decoded, Histogram)
    return decoded, [int(fields.get(field, 0)) for field in (100, 101, 102)]


@pytest.mark.parametrize("bins", [*RULES, 1, 30, [0.0, 1.0]], ids=str)
@pytest.mark.parametrize("max_bins", [None, 5])
@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_nothing_raises_and_nothing_is_lost(values, max_bins, bins):
    with warnings.catch_warnings():
        # A range that overflows is NumPy's to worry about.
        warnings.simplefilter("ignore", RuntimeWarning)
        found, non_finite = histogram_of(values, bins=bins, max_bins=max_bins)
        exact = values.astype(np.float64)
    finite = exact[np.isfinite(exact)]
    assert non_finite == [np.isnan(exact).sum(), (exact == np.inf).sum(), (exact == -np.inf).sum()]
    assert found.num == finite.size
    assert (found.minimum, found.maximum) == ((finite.min(), finite.max()) if finite.size else (0, 0))
    assert len(found.limits) == len(found.counts)
    assert list(found.limits) == sorted(found.limits)
    if bins == [0.0, 1.0]:
        assert sum(found.counts) == np.count_nonzero((finite >= 0) & (finite <= 1))
    elif bins == "tensorflow":
        assert sum(found.counts) == np.count_nonzero(np.abs(finite) < 9e19)
    else:
        assert sum(found.counts) == finite.size


def test_an_outlier_does_not_fill_the_memory():
    values = np.append(np.random.default_rng(0).normal(size=1000), 3e7)
    found, _ = histogram_of(values, bins="fd")
    assert len(found.counts) <= 1001
    assert sum(found.counts) == 1001


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_the_writer_takes_them_without_a_word(tmp_path, values):
    with warnings.catch_warnings(), SummaryWriter(tmp_path, strict=True) as writer:
        warnings.simplefilter("error")
        writer.add_histogram("tag", values, 0)
        writer.flush()
        status = writer.status()
        assert (status.dropped_media, status.rejected, status.last_error) == (0, 0, None)
