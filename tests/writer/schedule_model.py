"""What a schedule of writers must leave to be seen, by DESIGN.md section 4 alone; knows neither writer nor store.

Time passes with each action, so no two things happen at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class File:
    """An event file: when it was made, its purge marker, and (tag, step, wall_time, value) in write order."""

    made: float
    purge_step: int | None = None
    points: list[tuple[str, int, float, float]] = field(default_factory=list)

    def is_parallel(self, other: File) -> bool:
        """Whether the times of the points (without points, of the file) share half of the shorter range."""
        first_a, last_a = self._span()
        first_b, last_b = other._span()
        shared = min(last_a, last_b) - max(first_a, first_b)
        return shared >= 0 and shared >= min(last_a - first_a, last_b - first_b) / 2

    def _span(self) -> tuple[float, float]:
        times = [wall_time for _, _, wall_time, _ in self.points] or [self.made]
        return min(times), max(times)


@dataclass
class RunWriter:
    """The part of a writer that writes one directory, whose files are listed in the order of their making."""

    files: list[File]
    purge_step: int | None
    own: File | None = None
    is_closed: bool = False

    def open(self, now: float) -> None:
        """Go on in the own file; after a close only while it is still the directory's newest."""
        if self.own is None or (self.is_closed and self.own is not self.files[-1]):
            self.own = File(now, self.purge_step)
            self.files.append(self.own)
        self.is_closed, self.purge_step = False, None

    def log(self, tag: str, step: int, value: float, now: float) -> None:
        self.open(now)
        assert self.own is not None
        self.own.points.append((tag, step, now, value))


class Writer:
    """A SummaryWriter: its own run, and sub-runs for keys of add_scalars whose tag add_scalar has taken."""

    def __init__(self, runs: dict[str, list[File]], run: str, purge_step: int | None, now: float) -> None:
        self.runs, self.run, self.purge_step = runs, run, purge_step
        self.parts: dict[str, RunWriter] = {}
        self.scalar_tags: set[str] = set()
        self.grouped_tags: set[str] = set()
        self._part(run).open(now)

    def _part(self, run: str) -> RunWriter:
        if run not in self.parts:
            self.parts[run] = RunWriter(self.runs.setdefault(run, []), self.purge_step)
        return self.parts[run]

    def add_scalar(self, tag: str, step: int, value: float, now: float) -> None:
        self.scalar_tags.add(tag)
        self._part(self.run).log(tag, step, value, now)

    def add_scalars(self, group: str, key: str, step: int, value: float, now: float) -> None:
        tag = f"{group}/{key}"
        if tag in self.scalar_tags and tag not in self.grouped_tags:
            self._part(f"{self.run}/{group}_{key}").log(group, step, value, now)
        else:
            self.grouped_tags.add(tag)
            self._part(self.run).log(tag, step, value, now)

    def close(self) -> None:
        for part in self.parts.values():
            part.is_closed = True


def expect(files: list[File]) -> dict[str, list[tuple[int, float, bool]]]:
    """(step, value, superseded) of all points of a run, sorted, by tag."""
    shown: dict[str, list[tuple[int, float, bool]]] = {}
    for tag in {tag for file in files for tag, *_ in file.points}:
        of_tag = [[point[1:] for point in file.points if point[0] == tag] for file in files]
        steps = [step for points in of_tag for step, _, _ in points]
        shown[tag] = sorted(
            (
                step,
                value,
                not (len(steps) > 1 and len(set(steps)) == 1) and _is_hidden(files, of_tag, at, step, time),
            )
            for at, points in enumerate(of_tag)
            for step, time, value in points
        )
    return shown


def _is_hidden(files: list[File], of_tag: list[list], at: int, step: int, wall_time: float) -> bool:
    for other, file in enumerate(files):
        if other != at and file.is_parallel(files[at]):
            continue
        if other > at and of_tag[other] and step >= of_tag[other][0][0]:
            return True  # a restart
        if file.purge_step is not None and step >= file.purge_step and wall_time < file.made:
            return True
    return False
