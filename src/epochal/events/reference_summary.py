"""Summaries of series: the readable twin of native/src/extremes and native/src/series_summary."""

from __future__ import annotations

import math
import struct
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Float64s = NDArray[np.float64]
    Int64s = NDArray[np.int64]
    Values = NDArray[np.float64] | NDArray[np.float32]

BLOCK = 256
FAN_OUT = 64
MOST_LEVELS = 5

FINITE, NAN, POS_INF, NEG_INF, WIDE = 1, 2, 4, 8, 16

_MAGIC = 0x31535045  # "EPS1"
_WALL_TIME_ASCENDS, _HAS_NONFINITE = 1, 2
#: magic, flags, points, nan, pos_inf, neg_inf, first_nonfinite_step, first_wall_time, reserved.
_HEADER = struct.Struct("<IIqqqqqdQ")
_NODE = struct.Struct("<ddIIII")


class Node(NamedTuple):
    """A stretch of a column: its finite extremes (+Inf and -Inf without any), where they first are, counted from
    the stretch's start (0 without any), and what kinds of values it holds (WIDE: float32 cannot hold them all)."""

    low: float = math.inf
    high: float = -math.inf
    low_at: int = 0
    high_at: int = 0
    kinds: int = 0


class Extremes:
    """Lowest and highest value, and which values are not finite, of stretches of a column.

    With them, m4_indices and bounds look at few points of a long column. Immutable; made by
    make_extremes or part of a SeriesSummary, and to be used with that column only.
    """

    def __init__(self, size: int, levels: list[list[Node]]) -> None:
        self._size = size
        self._levels = levels

    def __len__(self) -> int:
        return self._size

    @property
    def nbytes(self) -> int:
        """Bytes that it holds: 1/64 of those of a long float64 column."""
        return _bytes_for(self._size)

    def _is_float32(self) -> bool:
        return not any(node.kinds & WIDE for level in self._levels[-1:] for node in level)

    def bounds(self, values: Values, first: int, last: int) -> tuple[float, float] | None:
        """The smallest and largest finite of values[first:last]; None without any. IndexError if out of range."""
        import numpy as np

        if len(values) != self._size:
            raise ValueError("the extremes are of another column")
        if not 0 <= first <= last <= self._size:
            raise IndexError("no such range")
        finite = values[first:last][np.isfinite(values[first:last])]
        return (float(finite.min()), float(finite.max())) if len(finite) else None

    def _to_bytes(self) -> bytes:
        return b"".join(_NODE.pack(*node, 0) for level in self._levels for node in level)


def make_extremes(values: Values, previous: Extremes | None = None) -> Extremes:
    """The extremes of a column. `previous`, those of its beginning, saves looking at that again.

    ValueError if `previous` is of more values.
    """
    size = len(values)
    if previous is not None and len(previous) > size:
        raise ValueError("the previous extremes are those of a longer column")
    levels: list[list[Node]] = []
    for level in range(_levels_for(size)):
        if level == 0:
            nodes = [_make_node(values[start : start + BLOCK].tolist()) for start in range(0, size, BLOCK)]
        else:
            below = levels[-1]
            span = BLOCK * FAN_OUT ** (level - 1)
            nodes = [_join(below[start : start + FAN_OUT], span) for start in range(0, len(below), FAN_OUT)]
        levels.append(nodes)
    return Extremes(size, levels)


def _make_node(values: list[float]) -> Node:
    low, high, low_at, high_at, kinds = Node()
    for at, value in enumerate(values):
        kind = _kind(value)
        kinds |= kind
        if kind != FINITE:
            continue
        if not _fits_float32(value):
            kinds |= WIDE
        if value < low:
            low, low_at = value, at
        if value > high:
            high, high_at = value, at
    return Node(low, high, low_at, high_at, kinds)


def _join(children: list[Node], span: int) -> Node:
    """The node of successive stretches of `span` values each."""
    low, high, low_at, high_at, kinds = Node()
    for number, child in enumerate(children):
        kinds |= child.kinds
        if child.low < low:
            low, low_at = child.low, number * span + child.low_at
        if child.high > high:
            high, high_at = child.high, number * span + child.high_at
    return Node(low, high, low_at, high_at, kinds)


def _kind(value: float) -> int:
    if math.isfinite(value):
        return FINITE
    return NAN if math.isnan(value) else POS_INF if value > 0 else NEG_INF


def _fits_float32(value: float) -> bool:
    try:
        return bool(struct.unpack("<f", struct.pack("<f", value))[0] == value)
    except OverflowError:
        return False


def _nodes_at(level: int, size: int) -> int:
    span: int = BLOCK * FAN_OUT**level
    return -(-size // span)


def _levels_for(size: int) -> int:
    """Levels are added until the topmost has FAN_OUT nodes or less; offsets in nodes have 32 bits."""
    if size == 0:
        return 0
    levels = 1
    while levels < MOST_LEVELS and _nodes_at(levels - 1, size) > FAN_OUT:
        levels += 1
    return levels


def _bytes_for(size: int) -> int:
    return _NODE.size * sum(_nodes_at(level, size) for level in range(_levels_for(size)))


class SeriesSummary:
    """What charts ask of all of a series' points. Immutable; made by make_summary."""

    def __init__(
        self,
        nan: int,
        pos_inf: int,
        neg_inf: int,
        first_nonfinite_step: int | None,
        first_wall_time: float,
        wall_time_ascends: bool,
        extremes: Extremes,
    ) -> None:
        self.nan = nan
        self.pos_inf = pos_inf
        self.neg_inf = neg_inf
        self.first_nonfinite_step = first_nonfinite_step
        self.first_wall_time = first_wall_time
        self.wall_time_ascends = wall_time_ascends
        self.extremes = extremes

    def __len__(self) -> int:
        return len(self.extremes)

    @property
    def is_float32(self) -> bool:
        """No value loses anything as float32."""
        return self.extremes._is_float32()

    @property
    def nbytes(self) -> int:
        """The length of to_bytes()."""
        return _HEADER.size + self.extremes.nbytes

    def to_bytes(self) -> bytes:
        """All of it, for from_buffer. The layout is in native/src/series_summary.cpp."""
        step = self.first_nonfinite_step
        flags = self.wall_time_ascends * _WALL_TIME_ASCENDS | (step is not None) * _HAS_NONFINITE
        counts = (self.nan, self.pos_inf, self.neg_inf)
        header = _HEADER.pack(_MAGIC, flags, len(self), *counts, step or 0, self.first_wall_time, 0)
        return header + self.extremes._to_bytes()

    @staticmethod
    def from_buffer(data: bytes | bytearray | memoryview) -> SeriesSummary:
        """The summary of which `data` are the bytes; they are copied. ValueError for anything else."""
        if len(data) < _HEADER.size:
            raise ValueError("not a series summary")
        magic, flags, points, nan, pos_inf, neg_inf, step, first_wall_time, _ = _HEADER.unpack_from(data)
        if magic != _MAGIC:
            raise ValueError("not a series summary")
        if points < 0 or len(data) != _HEADER.size + _bytes_for(points):
            raise ValueError("not the extremes of that many values")
        levels: list[list[Node]] = []
        at = _HEADER.size
        for level in range(_levels_for(points)):
            nodes = []
            span = BLOCK * FAN_OUT**level
            for number in range(_nodes_at(level, points)):
                node = Node(*_NODE.unpack_from(data, at)[:5])
                if max(node.low_at, node.high_at) >= min(span, points - number * span):
                    raise ValueError("extremes outside of their stretch")
                nodes.append(node)
                at += _NODE.size
            levels.append(nodes)
        return SeriesSummary(
            nan,
            pos_inf,
            neg_inf,
            step if flags & _HAS_NONFINITE else None,
            first_wall_time,
            bool(flags & _WALL_TIME_ASCENDS),
            Extremes(points, levels),
        )


def make_summary(
    step: Int64s, wall_time: Float64s, value: Float64s, previous: SeriesSummary | None = None
) -> SeriesSummary:
    """The summary of a series' columns. `previous`, that of their beginning, saves looking at that again.

    ValueError if the columns differ in length, or `previous` is of more points.
    """
    if len(step) != len(value) or len(wall_time) != len(value):
        raise ValueError("the columns differ in length")
    extremes = make_extremes(value, previous.extremes if previous is not None else None)
    times = wall_time.tolist()
    kinds = [_kind(each) for each in value.tolist()]
    return SeriesSummary(
        kinds.count(NAN),
        kinds.count(POS_INF),
        kinds.count(NEG_INF),
        next((int(step[i]) for i, kind in enumerate(kinds) if kind != FINITE), None),
        next((time for time in times if math.isfinite(time)), math.nan),
        all(later >= earlier for earlier, later in pairwise(times)) and not any(map(math.isnan, times[:1])),
        extremes,
    )
