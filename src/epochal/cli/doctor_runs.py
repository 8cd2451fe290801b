"""What the points of a run say about how it was logged: steps, restarts, clocks, sub-runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from epochal.cli.doctor_report import Check, Finding
from epochal.cli.messages import plural
from epochal.cli.own_records import is_own
from epochal.query.hparams import read_hparams
from epochal.store.parents import find_parent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from epochal.reading.logdir import Logdir
    from epochal.store.file_state import TagPart
    from epochal.store.snapshot import Run
    from epochal.store.tags import Tag

#: Wall times further ahead than that are no mere difference between two machines' clocks.
FUTURE_SECS = 300.0
#: Threads and background encoders may pass each other by less.
BACK_SECS = 1.0

#: Points looked at in one go, so that a series of any length takes no memory of its own.
_CHUNK = 1 << 20


def check_run(logdir: Logdir, run: Run, now: float) -> Iterator[Finding]:
    """All findings in a run that was read, but for damage."""
    replaced = tags_replaced = 0
    for tag in run.iter_tags():
        series = tag.scalars() if tag.stem == "scalars" else tag.blobs()
        count = int(series.superseded.sum())
        replaced += count
        tags_replaced += count > 0
        # Epochal's own text is one a process and always at step 0: nobody forgot a step.
        if tag.stem != "hparams" and not is_own(tag.name, tag.stem):
            yield from _check_steps(run.name, tag)
        for part in tag.source.parts:
            yield from _check_clock(run.name, tag.name, part, now)
    if replaced:
        text = (
            f"{plural(replaced, 'point')} of {plural(tags_replaced, 'tag')} were replaced by a restart or a purge."
        )
        yield _note("restart", run.name, None, replaced, text)
    yield from _check_place(logdir, run)


def _note(check: Check, run: str, tag: str | None, count: int, message: str) -> Finding:
    return Finding("note", check, run, None, tag, None, count, message)


def _check_steps(run: str, tag: Tag) -> Iterator[Finding]:
    series = tag.scalars() if tag.stem == "scalars" else tag.blobs()
    if series.one_step and tag.stem != "graphs":
        text = f"All {plural(len(series), 'point')} carry step {int(series.step[0])}: no step was given."
        yield _note("no_step", run, tag.name, len(series), text)
        return
    lane = series.lane if series.lanes > 1 else None
    duplicates = _count_duplicates(series.step, lane, series.superseded)
    if duplicates:
        text = f"{plural(duplicates, 'point')} more than steps: several points share one."
        yield _note("duplicate_steps", run, tag.name, duplicates, text)
    back = sum(_count_back(_columns(part)[0]) for part in tag.source.parts)
    if back:
        text = f"{plural(back, 'point')} below an earlier step of the same file."
        yield _note("steps_back", run, tag.name, back, text)


def _columns(part: TagPart) -> tuple[NDArray[Any], NDArray[Any]]:
    columns = part.scalars() if part.meta.stem == "scalars" else part.blobs()
    return columns[0], columns[1]


def _count_duplicates(step: NDArray[np.int64], lane: NDArray[Any] | None, superseded: NDArray[np.bool_]) -> int:
    count = 0
    for start in range(0, max(0, len(step) - 1), _CHUNK):
        end = min(len(step) - 1, start + _CHUNK)
        here, following = slice(start, end), slice(start + 1, end + 1)
        same = step[here] == step[following]
        if not same.any():
            continue
        same &= ~(superseded[here] | superseded[following])
        if lane is not None:
            same &= lane[here] == lane[following]
        count += int(same.sum())
    return count


def _count_back(step: NDArray[np.int64]) -> int:
    count = 0
    highest = np.iinfo(np.int64).min
    for start in range(0, len(step), _CHUNK):
        chunk = step[start : start + _CHUNK]
        top = np.maximum(np.maximum.accumulate(chunk), highest)
        count += int((chunk < top).sum())
        highest = top[-1]
    return count


class _Clock(NamedTuple):
    invalid: int
    ahead: int
    latest: float
    back: int
    furthest: float


def _look_at_clock(wall_time: NDArray[np.float64], now: float) -> _Clock:
    invalid = ahead = back = 0
    latest = furthest = 0.0
    highest = -np.inf
    for start in range(0, len(wall_time), _CHUNK):
        chunk = wall_time[start : start + _CHUNK]
        finite = np.isfinite(chunk)
        if not finite.all():
            invalid += int((~finite).sum())
            chunk = chunk[finite]
        if not len(chunk):
            continue
        late = chunk > now + FUTURE_SECS
        if late.any():
            ahead += int(late.sum())
            latest = max(latest, float(chunk.max()) - now)
        top = np.maximum(np.maximum.accumulate(chunk), highest)
        gap = top - chunk
        falls = gap > BACK_SECS
        if falls.any():
            back += int(falls.sum())
            furthest = max(furthest, float(gap.max()))
        highest = float(top[-1])
    return _Clock(invalid, ahead, latest, back, furthest)


def _check_clock(run: str, tag: str, part: TagPart, now: float) -> Iterator[Finding]:
    clock = _look_at_clock(_columns(part)[1], now)
    file = part.file.relative_path

    def problem(check: Check, count: int, message: str) -> Finding:
        return Finding("problem", check, run, file, tag, None, count, message)

    if clock.invalid:
        yield problem(
            "clock_invalid", clock.invalid, f"{plural(clock.invalid, 'point')} without a valid wall time."
        )
    if clock.ahead:
        text = f"{plural(clock.ahead, 'point')} with a wall time in the future, by up to {_span(clock.latest)}."
        yield problem("clock_future", clock.ahead, text)
    if clock.back:
        text = f"{plural(clock.back, 'point')} with a wall time before an earlier point's, by up to"
        yield problem("clock_backwards", clock.back, f"{text} {_span(clock.furthest)}.")


def _span(secs: float) -> str:
    if not secs < 1e11:
        return f"{secs / 86400:.3g} days"
    for unit, size in (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0)):
        if secs >= 2 * size:
            return plural(int(secs / size), unit)
    return f"{secs:.1f} seconds"


class _AnyRun:
    """A logdir in which every run exists."""

    def __contains__(self, name: object) -> bool:
        return True


def _check_place(logdir: Logdir, run: Run) -> Iterator[Finding]:
    if run.parent is None:
        parent = find_parent(run, _AnyRun())
        if parent is not None and parent not in logdir.runs:
            text = f"It looks like a sub-run of {parent!r} (by add_scalars or add_hparams), which is not there."
            yield _note("orphan", run.name, None, 1, text)
    if "hparams" in run.by_stem:
        session = read_hparams(run, logdir.read_blob)
        if session is not None and session.status == "unknown":
            yield _note("session_open", run.name, None, 1, "The session of its hyperparameters has no end.")
