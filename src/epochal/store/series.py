"""A tag's points, gathered from a run's files: order, lanes, and what a restart superseded.

The rules are DESIGN.md section 4's. A run's files come in order (first event, pid, counter); `Timeline` says
which of them ran in parallel and which purge markers they hold. `arrange` turns the files' write-ordered
columns of one tag into the order in which everything else sees them: by lane, then by step, stable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from epochal.types import IndexColumn, LaneColumn, MaskColumn, StepColumn, WallTimeColumn

#: Lanes are uint16; a file that goes back more often keeps its further points in the last lane.
MAX_LANES = 65_536


class FileSpan(NamedTuple):
    """When a file's points were logged: first and last finite wall_time, NaN if there is none."""

    first: float
    last: float


class PurgeMarker(NamedTuple):
    """SessionLog START in the run's file number `file`: replaces earlier points from `step` on."""

    file: int
    step: int
    wall_time: float


class Timeline(NamedTuple):
    """How a run's files relate in time, by their numbers in the run's order, and all purge markers.

    `parallel` holds pairs (lower number first) of files that were written side by side, `unknown` the files of
    which nobody knows when; they count as parallel to every other, because that hides nothing.
    """

    parallel: frozenset[tuple[int, int]] = frozenset()
    unknown: frozenset[int] = frozenset()
    markers: tuple[PurgeMarker, ...] = ()

    def is_parallel(self, a: int, b: int) -> bool:
        """Whether two files were written by processes side by side, not one after another."""
        if a in self.unknown or b in self.unknown:
            return True
        return ((a, b) if a < b else (b, a)) in self.parallel


def make_timeline(spans: Sequence[FileSpan], markers: Sequence[PurgeMarker] = ()) -> Timeline:
    """Relate files by their spans: parallel are those that share at least half of the shorter one.

    A span of one instant is shared if it lies within the other.
    """
    known = [(span.first, span.last, number) for number, span in enumerate(spans) if span.first <= span.last]
    unknown = frozenset(range(len(spans))) - {number for _, _, number in known}
    parallel = set()
    open_spans: list[tuple[float, float, int]] = []
    for first, last, number in sorted(known):
        open_spans = [span for span in open_spans if span[1] >= first]  # the others ended before
        for other_first, other_last, other in open_spans:
            overlap = min(last, other_last) - first
            if overlap * 2 >= min(last - first, other_last - other_first):
                parallel.add((min(number, other), max(number, other)))
        open_spans.append((first, last, number))
    return Timeline(frozenset(parallel), unknown, tuple(markers))


class Part(NamedTuple):
    """One file's points of a tag, in write order; at least one. `file` counts in the run's timeline."""

    file: int
    step: StepColumn
    wall_time: WallTimeColumn


class Arrangement(NamedTuple):
    """How the parts' concatenated columns are shown.

    Sorted position p holds concatenated position order[p] (`order` None: as it is). Lane k is
    [lane_starts[k], lane_starts[k + 1]). `superseded` (None: no point is) and `strand`, which numbers the
    stretches of one lane of one file, are in sorted order; `strand` is None unless something is superseded.
    """

    order: IndexColumn | None
    lane_starts: IndexColumn
    superseded: MaskColumn | None
    strand: IndexColumn | None
    one_step: bool

    @property
    def lanes(self) -> int:
        return len(self.lane_starts) - 1

    def lane_column(self) -> LaneColumn:
        """uint16 lane of every point, in sorted order."""
        counts = np.diff(self.lane_starts)
        return np.repeat(np.arange(len(counts), dtype=np.uint16), counts)

    def superseded_column(self) -> MaskColumn:
        """Whether each point is superseded, in sorted order."""
        if self.superseded is not None:
            return self.superseded
        return np.zeros(int(self.lane_starts[-1]), dtype=np.bool_)


def find_lane_starts(step: StepColumn) -> IndexColumn:
    """Where new lanes begin within one file's points in write order (the first lane, at 0, not included).

    A lane begins where two or more successive points lie below the highest step so far. That is the case
    exactly where a point and the one after it both lie below the point before: the point before such a pair
    is always the highest of its lane, else the pair would have begun one earlier.
    """
    if len(step) < 3:
        return np.empty(0, dtype=np.int64)
    before = step[:-2]
    falls = step[1:-1] < before
    if not falls.any():
        return np.empty(0, dtype=np.int64)
    falls &= step[2:] < before
    return np.flatnonzero(falls) + 1


def arrange(parts: Sequence[Part], timeline: Timeline) -> Arrangement:
    """Arrange one tag's points. `parts` are in the order of the run's files, none empty."""
    if len(parts) == 1 and not timeline.markers:
        step = parts[0].step
        if not (step[1:] < step[:-1]).any():
            bounds = np.array([0, len(step)], dtype=np.int64)
            return Arrangement(None, bounds, None, None, _is_one_step(parts))
    one_step = _is_one_step(parts)
    lane_runs = _assign_lanes(parts, timeline)
    superseded = None if one_step else _find_superseded(parts, timeline)
    return _sort(parts, lane_runs, superseded, one_step)


def _is_one_step(parts: Sequence[Part]) -> bool:
    """Whether two or more points all carry one step, as they do if no global_step was given."""
    first = parts[0].step[0]
    if parts[-1].step[-1] != first or sum(len(part.step) for part in parts) < 2:
        return False
    return all(bool((part.step == first).all()) for part in parts)


class _Chain:
    """Files that continue each other, and the lane in which the latest of them ended."""

    __slots__ = ("files", "lane")

    def __init__(self, lane: int) -> None:
        self.files: list[int] = []
        self.lane = lane


def _assign_lanes(parts: Sequence[Part], timeline: Timeline) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Per part the lengths of its stretches, and the lane of each."""
    chains: list[_Chain] = []
    lanes = 0
    highest = 0
    assigned = []
    for number, part in enumerate(parts):
        goes_back = number > 0 and int(part.step[0]) <= highest
        chain = _find_chain(chains, part.file, timeline, goes_back)
        if chain is None:
            chain = _Chain(min(lanes, MAX_LANES - 1))
            chains.append(chain)
            lanes += 1
        starts = find_lane_starts(part.step)
        edges = np.concatenate(([0], starts, [len(part.step)]))
        stretch_lanes = np.minimum(np.arange(lanes - 1, lanes + len(starts)), MAX_LANES - 1)
        stretch_lanes[0] = chain.lane
        lanes += len(starts)
        chain.lane = int(stretch_lanes[-1])
        chain.files.append(part.file)
        assigned.append((np.diff(edges), stretch_lanes))
        top = int(part.step.max())
        highest = top if number == 0 else max(highest, top)
    return assigned


def _find_chain(chains: list[_Chain], file: int, timeline: Timeline, goes_back: bool) -> _Chain | None:
    """The chain that a file continues or restarts; None if it runs beside all of them."""
    for chain in chains:
        if not any(timeline.is_parallel(other, file) for other in chain.files):
            return chain
    # Going on past the last step is a continuation, whatever the clocks say.
    return chains[-1] if chains and not goes_back else None


def _find_superseded(parts: Sequence[Part], timeline: Timeline) -> list[MaskColumn | None]:
    """Per part which points a restart or a purge marker replaced; None for none."""
    cutoffs: list[int | None] = [None] * len(parts)
    tops = [int(part.step.max()) for part in parts] if len(parts) > 1 else []
    for later in range(1, len(parts)):
        first = int(parts[later].step[0])
        for earlier in range(later):
            cutoff = cutoffs[earlier]
            if first > tops[earlier] or (cutoff is not None and cutoff <= first):
                continue
            if not timeline.is_parallel(parts[earlier].file, parts[later].file):
                cutoffs[earlier] = first
    masks: list[MaskColumn | None] = []
    for part, cutoff in zip(parts, cutoffs, strict=True):
        mask = None if cutoff is None else part.step >= cutoff
        for marker in timeline.markers:
            if marker.file == part.file or not timeline.is_parallel(marker.file, part.file):
                purged = (part.step >= marker.step) & (part.wall_time < marker.wall_time)
                mask = purged if mask is None else mask | purged
        masks.append(mask if mask is not None and mask.any() else None)
    return masks


def _sort(
    parts: Sequence[Part],
    lane_runs: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
    superseded: list[MaskColumn | None] | None,
    one_step: bool,
) -> Arrangement:
    step = parts[0].step if len(parts) == 1 else np.concatenate([part.step for part in parts])
    lengths = np.concatenate([lengths for lengths, _ in lane_runs])
    stretch_lanes = np.concatenate([lanes for _, lanes in lane_runs])
    count = int(stretch_lanes.max()) + 1
    lane = np.repeat(stretch_lanes.astype(np.uint16), lengths) if count > 1 else None
    order: IndexColumn | None
    if lane is not None:
        order = np.lexsort((step, lane))
        per_lane = np.bincount(lane, minlength=count)
    else:
        order = np.argsort(step, kind="stable") if (step[1:] < step[:-1]).any() else None
        per_lane = np.array([len(step)])
    lane_starts = np.concatenate(([0], np.cumsum(per_lane))).astype(np.int64)
    if superseded is None or all(mask is None for mask in superseded):
        return Arrangement(order, lane_starts, None, None, one_step)
    mask = np.concatenate(
        [
            np.zeros(len(part.step), dtype=np.bool_) if part_mask is None else part_mask
            for part, part_mask in zip(parts, superseded, strict=True)
        ]
    )
    strand = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    if order is not None:
        mask, strand = mask[order], strand[order]
    return Arrangement(order, lane_starts, mask, strand, one_step)


def find_strands(strand: IndexColumn) -> list[IndexColumn]:
    """Group positions by strand, each group in ascending order, groups by their number."""
    order = np.argsort(strand, kind="stable")
    sorted_strand = strand[order]
    edges = np.flatnonzero(np.diff(sorted_strand)) + 1
    return [group for group in np.split(order, edges) if len(group)]
