"""DESIGN.md section 4 for whole runs, in plain Python: histories at random, and how each of their points is shown.

A history is what the training processes of one run left behind: event files with all kinds of data, restarts,
purge markers, processes side by side, loops run twice, tags without steps. The lanes of one tag are
`store_model`'s; what is parallel, replaced or purged is said here again, from the files' events alone.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import store_model

NAN = float("nan")
KINDS = ("scalars", "text", "images", "histograms")


@dataclass
class Logged:
    """A point, or a purge marker (tag empty); `mark` is its value, unique in the run."""

    tag: str
    step: int
    wall_time: float
    mark: int = 0


@dataclass
class EventFile:
    """A file by its name's parts, and its events as written; `begun` is its first event's wall_time."""

    begun: float
    pid: int
    counter: int
    events: list[Logged] = field(default_factory=list)


@dataclass
class Shown:
    """How a tag's point is to be shown."""

    lane: int
    step: int
    superseded: bool
    mark: int


def kind_of(tag: str) -> str:
    return tag.split("/")[0]


def make_history(rng: random.Random) -> list[EventFile]:
    """Files in no order. Within a tag and a file, time never goes back (but may be unknown)."""
    tags = [
        f"{kind}/{number}" for kind in rng.sample(KINDS, rng.randint(1, 3)) for number in range(rng.randint(1, 2))
    ]
    stepless = {tag for tag in tags if rng.random() < 0.1}
    files = []
    time, step, mark = 1000.0, 0, 0
    for number in range(rng.randint(1, 5)):
        how = rng.choice(["continue", "restart", "restart", "beside", "elsewhere", "same second"])
        if how == "restart":
            step = max(0, step - rng.randint(0, 8))
        elif how == "elsewhere":
            step = rng.randint(-3, 12)
        start = time if how != "beside" else max(1000.0, time - rng.randint(1, 12))
        begun = start if how != "same second" or not files else files[-1].begun
        if rng.random() < 0.03:
            begun = NAN
        file = EventFile(begun, rng.choice([9, 10]), rng.choice([number, 9 + number]))
        at = start
        if rng.random() < 0.25:
            file.events.append(Logged("", step, rng.choice([at, at, at - 20, NAN])))
        first = step if how != "beside" else max(0, step - rng.randint(0, 9))
        of_file = rng.sample(tags, rng.randint(0 if files else 1, len(tags)))
        steps = list(range(first, first + rng.randint(1, 10)))
        if rng.random() < 0.2:
            steps += range(first, first + rng.randint(1, 4))  # the loop runs again
        if rng.random() < 0.2:
            rng.shuffle(steps)
        for one in steps:
            at += rng.choice([0.0, 0.5, 1.0])
            for tag in of_file:
                if rng.random() < 0.9:
                    mark += 1
                    logged_at = at if rng.random() < 0.98 else rng.choice([NAN, math.inf])
                    file.events.append(Logged(tag, 0 if tag in stepless else one, logged_at, mark))
        if rng.random() < 0.1:
            file.events.append(Logged("", max(steps) - 2, at))
        step, time = max(steps) + 1, max(time, at) + rng.choice([0.0, 1.0, 30.0])
        files.append(file)
    rng.shuffle(files)
    return files


def times_of(file: EventFile) -> tuple[float, float] | None:
    """From the first to the last point of a file; where no point says, from its first to its last event."""
    points = [event.wall_time for event in file.events if event.tag and math.isfinite(event.wall_time)]
    if points:
        return min(points), max(points)
    events = [time for time in (file.begun, *(event.wall_time for event in file.events)) if math.isfinite(time)]
    return (events[0], max(events[0], events[-1])) if events else None


def are_parallel(a: EventFile, b: EventFile) -> bool:
    """Whether two ranges of time overlap by at least half of the shorter one. Unknown times hide nothing."""
    of_a, of_b = times_of(a), times_of(b)
    if of_a is None or of_b is None:
        return True
    overlap = min(of_a[1], of_b[1]) - max(of_a[0], of_b[0])
    return overlap >= 0 and overlap >= min(of_a[1] - of_a[0], of_b[1] - of_b[0]) / 2


def expect(history: list[EventFile]) -> dict[str, list[Shown]]:
    """Every point of every tag, in the order of showing."""
    files = sorted(history, key=lambda file: (_first_time(file), file.pid, file.counter))
    tags = sorted({event.tag for file in files for event in file.events if event.tag})
    return {tag: _expect_tag(tag, files) for tag in tags}


def _first_time(file: EventFile) -> float:
    """When the first event that says so was logged; a file that never says stands last."""
    times = (file.begun, *(event.wall_time for event in file.events))
    return next((time for time in times if math.isfinite(time)), math.inf)


def _expect_tag(tag: str, files: list[EventFile]) -> list[Shown]:
    holding = [
        (file, points) for file in files if (points := [event for event in file.events if event.tag == tag])
    ]
    flat = [(file, point) for file, points in holding for point in points]
    one_step = len(flat) > 1 and len({point.step for _, point in flat}) == 1
    lanes = store_model.arrange(
        [store_model.File([(point.step, point.wall_time) for point in points]) for _, points in holding],
        lambda i, j: are_parallel(holding[i][0], holding[j][0]),
    )
    shown = []
    for lane, step, _, position in lanes:
        file, point = flat[position]
        replaced = any(
            point.step >= points[0].step and not are_parallel(file, later)
            for later, points in holding[[one is file for one, _ in holding].index(True) + 1 :]
        )
        purged = any(
            point.step >= marker.step and point.wall_time < marker.wall_time
            for other in files
            if other is file or not are_parallel(file, other)
            for marker in other.events
            if not marker.tag
        )
        shown.append(Shown(lane, step, not one_step and (replaced or purged), point.mark))
    return shown
