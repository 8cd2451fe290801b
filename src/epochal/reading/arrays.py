"""Items whose content is numbers: histograms, PR curves, tensors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from epochal.events.messages import Histogram as StoredHistogram
from epochal.events.messages import Tensor as StoredTensor
from epochal.events.messages import decode_value
from epochal.events.tensors import decode_tensor
from epochal.events.wire import WireError
from epochal.query.histograms import make_buckets
from epochal.query.pr_curves import decode_curve, make_thresholds
from epochal.reading.items import Item

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Histogram(Item["tuple[Floats, StoredHistogram | None]"]):
    """The histogram of one step.

    buckets: float64[k, 3]: left edge, right edge, count, from low to high. Buckets of legacy histograms begin at
        the data's minimum and end at its maximum; empty ones outside are left out.
    left, right, count: its columns, float64[k].
    num: how many values. min, max, sum, sum_squares: of the values, NaN where the stored form does not say (a
        tensor of buckets says min and max by its edges only).
    nan, pos_inf, neg_inf: how many such values there were beside, where the logger counted them.
    """

    __slots__ = ()
    _stem = "histograms"

    def _decode(self, data: bytes) -> tuple[Floats, StoredHistogram | None]:
        value = decode_value(data).value
        buckets = make_buckets(value)
        if buckets is None:
            raise WireError("it holds no buckets")
        return buckets, value if isinstance(value, StoredHistogram) else None

    @property
    def buckets(self) -> Floats:
        return self._load()[0]

    @property
    def left(self) -> Floats:
        return self.buckets[:, 0]

    @property
    def right(self) -> Floats:
        return self.buckets[:, 1]

    @property
    def count(self) -> Floats:
        return self.buckets[:, 2]

    @property
    def num(self) -> float:
        stored = self._load()[1]
        return stored.num if stored is not None else float(self.count.sum())

    @property
    def min(self) -> float:
        stored = self._load()[1]
        return stored.minimum if stored is not None else self._edge(0, 0)

    @property
    def max(self) -> float:
        stored = self._load()[1]
        return stored.maximum if stored is not None else self._edge(-1, 1)

    @property
    def sum(self) -> float:
        stored = self._load()[1]
        return stored.total if stored is not None else math.nan

    @property
    def sum_squares(self) -> float:
        stored = self._load()[1]
        return stored.sum_squares if stored is not None else math.nan

    @property
    def nan(self) -> int:
        stored = self._load()[1]
        return stored.nan if stored is not None else 0

    @property
    def pos_inf(self) -> int:
        stored = self._load()[1]
        return stored.pos_inf if stored is not None else 0

    @property
    def neg_inf(self) -> int:
        stored = self._load()[1]
        return stored.neg_inf if stored is not None else 0

    def _edge(self, which: int, column: int) -> float:
        filled = self.buckets[self.count > 0]
        return float(filled[which, column]) if len(filled) else math.nan


class PrCurve(Item["Floats"]):
    """The precision-recall curve of one step; every array float64[t], one value per threshold.

    thresholds rise from 0 to 1. true_positives, false_positives, true_negatives, false_negatives: (weighted)
    counts. precision, recall: as stored.
    """

    __slots__ = ()
    _stem = "pr_curves"

    def _decode(self, data: bytes) -> Floats:
        return decode_curve(decode_value(data).value)

    @property
    def thresholds(self) -> Floats:
        return make_thresholds(self._load().shape[1])

    def _row(self, number: int) -> Floats:
        row: Floats = self._load()[number]
        return row

    @property
    def true_positives(self) -> Floats:
        return self._row(0)

    @property
    def false_positives(self) -> Floats:
        return self._row(1)

    @property
    def true_negatives(self) -> Floats:
        return self._row(2)

    @property
    def false_negatives(self) -> Floats:
        return self._row(3)

    @property
    def precision(self) -> Floats:
        return self._row(4)

    @property
    def recall(self) -> Floats:
        return self._row(5)


class Tensor(Item["NDArray[Any]"]):
    """The tensor of one step.

    value: an array of the stored shape and dtype (bfloat16 and float8 as float32; strings as bytes objects).
    """

    __slots__ = ()
    _stem = "a tensor"

    def _decode(self, data: bytes) -> NDArray[Any]:
        value = decode_value(data).value
        if not isinstance(value, StoredTensor):
            raise WireError("it holds no tensor")
        return decode_tensor(value.data)

    @property
    def value(self) -> NDArray[Any]:
        return self._load()
