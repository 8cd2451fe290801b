"""Whether a run is still being written to, as far as its files tell."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

from epochal.query.hparams import read_hparams

if TYPE_CHECKING:
    from epochal.store.snapshot import Run, Snapshot

RunStateName = Literal["running", "stalled", "finished"]

RUNNING_SECS = 120.0
FINISHED_SECS = 3600.0

#: Files whose events are so much older than they are themselves were copied here.
_COPIED_SECS = 86_400.0

#: A session's end is written with the last points, give or take.
_SLACK_SECS = 60.0

#: Whether a session's end is the last thing that a run says. A run that changes is another one.
_ended: WeakKeyDictionary[Run, bool] = WeakKeyDictionary()


def find_run_state(snapshot: Snapshot, run: Run, now: float | None = None) -> RunStateName:
    """ "running": written to within two minutes of `now` (seconds since the epoch; None: the clock's).

    "finished": not for an hour, or not since its hparams session ended. Else "stalled".
    """
    silent = (time.time() if now is None else now) - _find_last_write(run)
    if abs(silent) <= RUNNING_SECS:  # of two clocks, either may be ahead
        return "running"
    if silent > FINISHED_SECS or _has_ended(snapshot, run):
        return "finished"
    return "stalled"


def _find_last_write(run: Run) -> float:
    modified, last_time = run.modified, run.last_time
    is_copy = last_time is not None and modified - last_time > _COPIED_SECS
    return last_time if is_copy and last_time is not None else modified


def _has_ended(snapshot: Snapshot, run: Run) -> bool:
    if "hparams" not in run.layout.by_stem:
        return False
    known = _ended.get(run)
    if known is None:
        session = read_hparams(run, snapshot.read_blob)
        known = session is not None and session.status in ("success", "failure") and _is_last_word(run)
        _ended[run] = known
    return known


def _is_last_word(run: Run) -> bool:
    """Whether nothing was logged after the session's records: torch writes its end when it begins."""
    times = [float(series.wall_time[-1]) for tag in run.by_stem["hparams"].values() if len(series := tag.blobs())]
    return run.last_time is None or run.last_time - max(times, default=0.0) <= _SLACK_SECS
