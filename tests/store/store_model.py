"""DESIGN.md section 4, point by point, in plain Python: what `epochal.store.series` is compared with."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class File:
    """One tag's points of one file in write order, and the file's purge markers."""

    points: list[tuple[int, float]]  # step, wall_time
    markers: list[tuple[int, float]] = field(default_factory=list)


def is_parallel(a: File, b: File) -> bool:
    times_a = [t for _, t in a.points if math.isfinite(t)]
    times_b = [t for _, t in b.points if math.isfinite(t)]
    if not times_a or not times_b:
        return True
    # The first and last point logged, whichever clock jumps there were between.
    first_a, last_a = sorted((times_a[0], times_a[-1]))
    first_b, last_b = sorted((times_b[0], times_b[-1]))
    overlap = min(last_a, last_b) - max(first_a, first_b)
    shorter = min(last_a - first_a, last_b - first_b)
    return overlap >= 0 and overlap >= shorter / 2


def split_lanes(steps: list[int]) -> list[int]:
    """Each point's lane within its file, by walking the points and looking one ahead."""
    lane, highest, lanes = 0, steps[0], []
    for i, step in enumerate(steps):
        if step < highest and i + 1 < len(steps) and steps[i + 1] < highest:
            lane, highest = lane + 1, step
        lanes.append(lane)
        highest = max(highest, step)
    return lanes


def arrange(
    files: list[File], are_parallel: Callable[[int, int], bool] | None = None
) -> list[tuple[int, int, bool, int]]:
    """(lane, step, superseded, position in all files' points put together), in the order of showing.

    `are_parallel` says of two files by number what is otherwise judged by the tag's own points.
    """
    parallel = are_parallel or (lambda i, j: is_parallel(files[i], files[j]))
    all_steps = [step for file in files for step, _ in file.points]
    one_step = len(all_steps) > 1 and len(set(all_steps)) == 1
    rows = []
    chains: list[list] = []  # [files that follow each other, the lane in which they ended]
    lanes = position = 0
    for j, file in enumerate(files):
        steps = [step for step, _ in file.points]
        seen = [step for earlier in files[:j] for step, _ in earlier.points]
        goes_on = bool(seen) and steps[0] > max(seen)
        beside_none = [c for c in chains if not any(parallel(i, j) for i in c[0])]
        if beside_none:
            chain = beside_none[0]
        elif goes_on:
            chain = chains[-1]
        else:
            chain = [[], lanes]
            chains.append(chain)
            lanes += 1
        local_lanes = split_lanes(steps)
        lane_of = {0: chain[1]}
        for local in range(1, max(local_lanes) + 1):
            lane_of[local] = lanes
            lanes += 1
        chain[0].append(j)
        chain[1] = lane_of[max(local_lanes)]
        for step, local in zip(steps, local_lanes, strict=True):
            rows.append([lane_of[local], step, False, position, j])
            position += 1
    if not one_step:
        wall_times = [t for file in files for _, t in file.points]
        for row in rows:
            _, step, _, where, i = row
            wall_time = wall_times[where]
            for j in range(i + 1, len(files)):
                first = files[j].points[0][0]
                if step >= first and not parallel(i, j):
                    row[2] = True
            for j, file in enumerate(files):
                if j == i or not parallel(i, j):
                    row[2] = row[2] or any(step >= s and wall_time < w for s, w in file.markers)
    rows.sort(key=lambda row: (row[0], row[1]))
    return [(lane, step, superseded, where) for lane, step, superseded, where, _ in rows]
