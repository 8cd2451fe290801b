"""Whether a run is running, stalled or finished, from its files' times and its hparams session."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from store_logs import LogWriter, value_record

from epochal import SummaryWriter
from epochal.query import run_states
from epochal.query.run_states import RunStateName, find_run_state
from epochal.query.runs import list_runs
from epochal.store.reloader import Reloader
from epochal.store.snapshot import Run, Snapshot
from epochal.summaries.hparams import encode_session_end_value, encode_session_start_value

DAY = 86_400.0


def load(folder: Path) -> tuple[Snapshot, Run]:
    snapshot = Reloader(folder, cache=False).load()
    (run,) = snapshot.runs.values()
    return snapshot, run


@pytest.mark.parametrize(
    ("silent", "state"),
    [
        (0.0, "running"),
        (119.0, "running"),
        (-119.0, "running"),
        (130.0, "stalled"),
        (-130.0, "stalled"),
        (3590.0, "stalled"),
        (3610.0, "finished"),
    ],
)
def test_by_the_time_of_the_last_write(silent: float, state: RunStateName, tmp_path: Path) -> None:
    LogWriter(tmp_path).scalars("loss", [0, 1], start=time.time())
    snapshot, run = load(tmp_path)
    assert find_run_state(snapshot, run, run.modified + silent) == state


def test_the_newest_file_counts(tmp_path: Path) -> None:
    now = time.time()
    LogWriter(tmp_path, "events.out.tfevents.1000.h.1.0").settle(2 * 3600)
    LogWriter(tmp_path, "events.out.tfevents.2000.h.1.0").scalars("loss", [1], start=now)
    assert find_run_state(*load(tmp_path), now) == "running"


def test_a_copy_of_old_logs_is_not_running(tmp_path: Path) -> None:
    now = time.time()
    LogWriter(tmp_path).scalars("loss", [0, 1], start=now - 2 * DAY)
    assert find_run_state(*load(tmp_path), now) == "finished"


def test_a_run_without_events_has_the_time_of_its_file(tmp_path: Path) -> None:
    log = LogWriter(tmp_path)
    log.path.write_bytes(b"")
    assert find_run_state(*load(tmp_path)) == "running"


def test_a_session_that_ended_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_scalar("loss", 1.0, 0)
        writer.add_hparams({"lr": 0.1}, {"loss": 1.0})
    snapshot, run = load(tmp_path)
    assert find_run_state(snapshot, run, run.modified) == "running"
    assert find_run_state(snapshot, run, run.modified + 600) == "finished"

    def read_again(*_: object) -> None:
        raise AssertionError("once is enough")

    monkeypatch.setattr(run_states, "read_hparams", read_again)
    assert find_run_state(snapshot, run, run.modified + 600) == "finished"


@pytest.mark.parametrize(("later", "state"), [(30.0, "finished"), (300.0, "stalled")])
def test_a_session_that_went_on_after_its_end_is_not(later: float, state: RunStateName, tmp_path: Path) -> None:
    """Many call add_hparams before they train, and the call writes the session's end, too."""
    log, now = LogWriter(tmp_path), time.time()
    log.write(value_record(encode_session_start_value({"lr": 0.1}), 0, now))
    log.write(value_record(encode_session_end_value(), 0, now))
    log.scalars("loss", [1], start=now + later)
    assert find_run_state(*load(tmp_path), now + 900) == state


def test_a_session_without_an_end_goes_on(tmp_path: Path) -> None:
    log, now = LogWriter(tmp_path), time.time()
    log.write(value_record(encode_session_start_value({"lr": 0.1}), 0, now))
    assert find_run_state(*load(tmp_path), now + 900) == "stalled"


def test_runs_are_listed_with_their_state(tmp_path: Path) -> None:
    now = time.time()
    LogWriter(tmp_path / "a").scalars("loss", [0], start=now)
    LogWriter(tmp_path / "b").scalars("loss", [0], start=now - 7200)
    for path in (tmp_path / "b").iterdir():
        os.utime(path, (now - 1800, now - 1800))
    assert [run.state for run in list_runs(Reloader(tmp_path, cache=False).load()).runs] == ["running", "stalled"]
