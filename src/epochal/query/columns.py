"""What a query returns when its answer is mostly numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import msgspec
    from numpy.typing import NDArray

Result = TypeVar("Result", bound="msgspec.Struct")

#: JSON has no numbers that are not finite; TensorBoard sends these words in their place.
JsonNumber = float | Literal["NaN", "Infinity", "-Infinity"]


class Columns(Generic[Result]):
    """A result Struct and the columns that it describes.

    `columns` maps a name to a contiguous one-dimensional array of float64, float32, int64, uint32 or uint8,
    in the order in which they are sent. How they travel is the server's business.
    """

    __slots__ = ("columns", "result")

    def __init__(self, result: Result, columns: Mapping[str, NDArray[Any]]) -> None:
        self.result = result
        self.columns = columns


def finite_or_none(number: float) -> float | None:
    """The number as JSON can carry it: JSON has no NaN and no infinity."""
    number = float(number)
    return number if math.isfinite(number) else None


def json_number(number: float) -> JsonNumber:
    """The number, or the word that stands for it in JSON: "NaN", "Infinity" or "-Infinity"."""
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def json_column(column: NDArray[Any]) -> list[Any]:
    """The numbers of an array of one dimension, as a list."""
    values: list[Any] = column.tolist()
    for index in np.flatnonzero(~np.isfinite(column)).tolist():
        values[index] = json_number(values[index])
    return values
