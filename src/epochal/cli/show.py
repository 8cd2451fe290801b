"""`epochal show`: a run in the terminal, or several in a table."""

from __future__ import annotations

import math
import os
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from epochal.cli.messages import empty_logdir_lines, plural, printable
from epochal.cli.own_records import PROVENANCE, PROVENANCE_TAG, count_logged
from epochal.cli.selection import (
    compile_pattern,
    iter_stored,
    open_logdir,
    plain_value,
    print_json_list,
    select_runs,
    warn_unread,
)
from epochal.cli.show_text import RunTable, print_run
from epochal.errors import DamagedRecordError, RunNotFoundError
from epochal.reading.run import Run
from epochal.reading.scalars import make_scalars
from epochal.store.names import natural_key, text_of_path

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from epochal.reading.logdir import Logdir
    from epochal.reading.scalars import Scalars
    from epochal.store.problems import Problem
    from epochal.store.tags import Tag as StoredTag

#: A number as JSON can carry it: one that is not finite is "NaN", "Infinity" or "-Infinity".
Number = float | str | None

#: Points looked at in one go, so that a long series takes no memory of its own.
_CHUNK = 1 << 20


class ShownTag(msgspec.Struct, frozen=True):
    """A tag. `points` without the `superseded` ones.

    Of scalars: the last value; the lowest and highest finite one, and where it is first; how many are not finite.
    """

    tag: str
    kind: str
    points: int
    superseded: int
    lanes: int
    first_step: int | None
    last_step: int | None
    last: Number = None
    min: float | None = None
    min_step: int | None = None
    max: float | None = None
    max_step: int | None = None
    nonfinite: int | None = None


class ShownRun(msgspec.Struct, frozen=True):
    """A run, as `--json` prints it. Times in seconds since the epoch. `provenance`: Epochal's text, Markdown."""

    run: str
    path: str
    parent: str | None
    start_time: float | None
    last_time: float | None
    modified: float
    bytes: int
    files: int
    points: int
    tags: list[ShownTag]
    hparams: dict[str, bool | float | str | None]
    provenance: str | None
    problems: list[Problem]


def show(typed: str, run: str | None, *, runs: str | None, tags: str | None, as_json: bool) -> int:
    """Print what matches. Returns the exit status: 1 if nothing does."""
    wants_run, wants_tag = compile_pattern("--runs", runs), compile_pattern("--tags", tags)
    with open_logdir(typed) as logdir:
        names = [_find_run(logdir, run)] if run is not None else select_runs(logdir, wants_run)
        warn_unread(logdir.unreadable)
        if as_json:
            head: dict[str, object] = {"logdir": text_of_path(logdir.address)}
            stored = iter_stored(logdir, names)
            print_json_list(head, "runs", (make_shown_run(logdir, one.name, wants_tag) for one in stored))
            return 0 if names else 1
        if not names:
            if len(logdir.runs) or not logdir.unreadable:
                _say_nothing(logdir, runs)
            return 1
        if tags is not None and not any(map(wants_tag.search, _iter_tags(logdir, names))):
            print(f"epochal: no tag matches --tags {tags!r}.", file=sys.stderr)
            return 1
        if len(names) == 1:
            shown, logged = make_shown_run(logdir, names[0], wants_tag), count_logged(logdir.load_run(names[0]))
            print_run(shown, logged, _iter_curves(logdir, names[0], wants_tag))
            return 0
        table = RunTable(logdir.address)
        for one in iter_stored(logdir, names):
            table.add_run(one, [tag for tag in one.by_stem.get("scalars", ()) if wants_tag.search(tag)])
        chosen = set(table.choose_tags())
        for one in iter_stored(logdir, names):
            scalars = one.by_stem.get("scalars", {})
            table.set_last(one.name, {tag: read_last(scalars[tag]) for tag in chosen if tag in scalars})
        table.print(time.time())
    return 0


def _find_run(logdir: Logdir, typed: str) -> str:
    """The name of a run that was typed as such, or as a shell completes it: as a path. RunNotFoundError."""
    name = text_of_path(typed)
    if name in logdir.runs:
        return name
    for folder in (os.path.join(logdir.path, typed), os.path.abspath(typed)):
        path = text_of_path(os.path.relpath(folder, logdir.path).replace(os.sep, "/"))
        if path in logdir.runs:
            return path
    raise RunNotFoundError(name, logdir.runs)


def _iter_tags(logdir: Logdir, names: list[str]) -> Iterator[str]:
    for run in iter_stored(logdir, names):
        for tags in run.by_stem.values():
            yield from tags


def _say_nothing(logdir: Logdir, runs: str | None) -> None:
    if len(logdir.runs):
        count = plural(len(logdir.runs), "run")
        print(f"epochal: none of the {count} matches --runs {runs!r}.", file=sys.stderr)
        return
    from epochal.store.logdir import find_nearby

    print(printable(logdir.address))
    around = find_nearby(logdir.path) if logdir.path == logdir.address else []
    nearby = [(folder.path, folder.event_files) for folder in around]
    for line in empty_logdir_lines(nearby, waits=False):
        print(line)


def _iter_curves(logdir: Logdir, name: str, wants_tag: re.Pattern[str]) -> dict[str, Scalars]:
    scalars = logdir.load_run(name).by_stem.get("scalars", {})
    return {tag: make_scalars(scalars[tag].scalars(), False) for tag in scalars if wants_tag.search(tag)}


def read_last(tag: StoredTag) -> float:
    """The value at the highest step, the latest written of several."""
    points = make_scalars(tag.scalars(), False)
    return float(points.value[_last_index(points)]) if len(points) else math.nan


def _last_index(points: Scalars) -> int:
    if not points.lane.any():
        return len(points) - 1
    return int(np.flatnonzero(points.step == points.step.max())[-1])


def make_shown_run(logdir: Logdir, name: str, wants_tag: re.Pattern[str]) -> ShownRun:
    """All that is shown of a run, read."""
    stored = logdir.load_run(name)
    run = Run(logdir, name)
    tags = [tag for tag in stored.iter_tags() if wants_tag.search(tag.name)]
    return ShownRun(
        run=name,
        path=logdir.path_of(name),
        parent=stored.parent,
        start_time=stored.start_time,
        last_time=stored.last_time,
        modified=stored.modified,
        bytes=stored.bytes,
        files=len(stored.files),
        points=stored.points,
        tags=[_make_shown_tag(tag) for tag in sorted(tags, key=lambda tag: (natural_key(tag.name), tag.stem))],
        hparams={key: plain_value(value) for key, value in run.hparams.items()},
        provenance=_read_provenance(run),
        problems=[*stored.problems, *(one for one in logdir.unreadable if one.run == name)],
    )


def _make_shown_tag(tag: StoredTag) -> ShownTag:
    if tag.stem != "scalars":
        series = tag.blobs()
        replaced = int(series.superseded.sum())
        step = series.step
        return ShownTag(tag.name, tag.stem, len(series) - replaced, replaced, series.lanes, *_ends(step))
    points = make_scalars(tag.scalars(), False)
    replaced = tag.points - len(points)
    lanes = tag.scalars().lanes
    head = (tag.name, tag.stem, len(points), replaced, lanes, *_ends(points.step))
    if not len(points):
        return ShownTag(*head)
    last = plain_value(float(points.value[_last_index(points)]))
    spread = _find_spread(points)
    return ShownTag(
        *head,
        last=last,
        min=_value_at(points, spread.low),
        min_step=None if spread.low is None else int(points.step[spread.low]),
        max=_value_at(points, spread.high),
        max_step=None if spread.high is None else int(points.step[spread.high]),
        nonfinite=spread.nonfinite,
    )


class _Spread(NamedTuple):
    """Where the lowest and the highest finite value first are; None without any."""

    low: int | None
    high: int | None
    nonfinite: int


def _find_spread(points: Scalars) -> _Spread:
    low = high = None
    nonfinite = 0
    for start in range(0, len(points), _CHUNK):
        chunk = points.value[start : start + _CHUNK]
        finite = np.isfinite(chunk)
        bad = len(chunk) - int(np.count_nonzero(finite))
        nonfinite += bad
        if bad == len(chunk):
            continue
        lowest = start + int((np.where(finite, chunk, np.inf) if bad else chunk).argmin())
        highest = start + int((np.where(finite, chunk, -np.inf) if bad else chunk).argmax())
        low = lowest if low is None or points.value[lowest] < points.value[low] else low
        high = highest if high is None or points.value[highest] > points.value[high] else high
    return _Spread(low, high, nonfinite)


def _value_at(points: Scalars, position: int | None) -> float | None:
    return None if position is None else float(points.value[position])


def _ends(step: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[int | None, int | None]:
    return (int(step.min()), int(step.max())) if len(step) else (None, None)


def _read_provenance(run: Run) -> str | None:
    stored = run._logdir.load_run(run.name)
    if PROVENANCE_TAG not in stored.by_stem.get("text", ()):
        return None
    try:
        items = run.texts(PROVENANCE)
        return items[-1].text if len(items) else None
    except DamagedRecordError:
        return None
