"""Loading itself: in parallel, in slices, interrupted, and when our own code fails."""

from __future__ import annotations

import itertools
import logging
import os
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from store_logs import LogWriter

from epochal.store import load_pool, log_file, reloader, watcher
from epochal.store.log_file import LogFile
from epochal.store.logdir import FoundFile, scan_logdir
from epochal.store.reloader import Reloader
from epochal.store.snapshot import Snapshot


@pytest.fixture
def slow_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file takes a while, so that several publications happen while loading."""
    real = LogFile.load

    def load(self: LogFile, *args: object) -> None:
        time.sleep(0.05)
        real(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(LogFile, "load", load)
    monkeypatch.setattr(reloader, "FIRST_PUBLISH_SECS", 0.02)
    monkeypatch.setattr(reloader, "PUBLISH_EVERY_SECS", 0.02)


@pytest.fixture
def every_slice_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in small slices, with a look after each."""
    monkeypatch.setattr(log_file, "SLICE_BYTES", 4096)
    ticks = itertools.count()
    monkeypatch.setattr(log_file, "time", SimpleNamespace(monotonic=lambda: float(next(ticks)), time=time.time))


def find_file(folder: Path) -> FoundFile:
    (run,) = scan_logdir(str(folder)).runs.values()
    return run.files[0]


@pytest.mark.usefixtures("slow_files")
def test_what_is_loaded_is_published_while_the_rest_loads_newest_runs_first(tmp_path: Path):
    for number in range(12):
        log = LogWriter(tmp_path / f"run{number}")
        log.scalars("loss", [0, 1])
        log.settle(3600.0 * (12 - number))  # run11 is the newest
    seen: list[Snapshot] = []
    following = Reloader(tmp_path)
    following.subscribe(seen.append)
    final = following.load()
    assert len(seen) >= 3
    partial = [snapshot for snapshot in seen if 0 < len(snapshot.runs) < 12]
    assert partial
    for snapshot in partial:
        oldest = min(int(name.removeprefix("run")) for name in snapshot.runs)
        assert oldest >= 12 - len(snapshot.runs) - (os.cpu_count() or 1)  # others may be under way
        assert not snapshot.progress.done
        assert snapshot.progress.files_total == 12
        assert 0 < snapshot.progress.files_done < 12
        assert 0 < snapshot.progress.bytes_done < snapshot.progress.bytes_total
    assert [snapshot.progress.files_done for snapshot in seen] == sorted(s.progress.files_done for s in seen)
    assert final.progress.done
    assert list(final.runs) == [f"run{number}" for number in range(12)]
    assert final.changed_since(seen[0].revision - 1) == {f"run{number}": {"loss"} for number in range(12)}


def test_a_big_file_is_shown_in_part_and_parts_add_up(tmp_path: Path, every_slice_counts: None):
    LogWriter(tmp_path / "run").scalars("loss", list(range(5000)))
    file = LogFile("run", find_file(tmp_path))
    parts = []

    def on_slice() -> bool:
        assert file.state is not None
        parts.append(file.state.parts[0])
        return True

    file.load(on_slice)
    counts = [part.points for part in parts]
    assert len(counts) > 10
    assert counts == sorted(set(counts))
    for part in parts:  # earlier states still show what they showed
        assert part.scalars()[0].tolist() == list(range(part.points))
    assert file.state is not None
    assert file.state.parts[0].points == 5000


def log_file_of(folder: Path):
    from epochal.store.logdir import scan_logdir

    (run,) = scan_logdir(str(folder)).runs.values()
    return run.files[0]


def test_stopping_ends_a_load_between_slices(tmp_path: Path, every_slice_counts: None):
    LogWriter(tmp_path / "run").scalars("loss", list(range(5000)))
    file = LogFile("run", find_file(tmp_path))
    file.load(lambda: False)
    assert file.loaded is None
    assert file.state is not None
    assert 0 < file.state.parts[0].points < 5000
    file.load()
    assert file.state.parts[0].points == 5000


@pytest.mark.usefixtures("slow_files")
def test_stop_does_not_wait_for_the_rest(tmp_path: Path):
    for number in range(400):
        LogWriter(tmp_path / f"run{number}")
    following = Reloader(tmp_path)
    following.start()
    following.wait(0, 10.0)
    start = time.monotonic()
    following.stop()
    assert time.monotonic() - start < 5.0  # all of them would take 10 s on two threads
    assert len(following.snapshot.runs) < 400


def test_a_bug_in_one_file_leaves_the_others_and_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    for run in ("good", "poison"):
        LogWriter(tmp_path / run).scalars("loss", [0])
    real = LogFile._read

    def read(self: LogFile, *args: object) -> None:
        if self.run == "poison":
            raise ZeroDivisionError("a bug")
        real(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(LogFile, "_read", read)
    with caplog.at_level(logging.CRITICAL):
        snapshot = Reloader(tmp_path).load()
    assert snapshot.runs["good"].points == 1
    assert [(p.run, p.message) for p in snapshot.problems] == [
        ("poison", "Epochal failed to read this file (ZeroDivisionError: a bug).")
    ]


def test_a_failing_pass_does_not_end_the_loader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    LogWriter(tmp_path / "run").scalars("loss", [0])
    real = reloader.scan_logdir
    calls = []

    def scan(root: str):
        calls.append(root)
        if len(calls) == 1:
            raise ZeroDivisionError("a bug")
        return real(root)

    monkeypatch.setattr(reloader, "scan_logdir", scan)
    following = Reloader(tmp_path, reload_interval_secs=0.05, watch=False)
    with caplog.at_level(logging.CRITICAL):
        following.start()
        assert following.wait(0, 10.0).points == 1
    assert following.alive
    following.stop()


def test_without_notification_it_polls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "watchfiles._rust_notify", None)  # importing it raises
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0])
    following = Reloader(tmp_path, reload_interval_secs=0.05)
    following.start()
    snapshot = following.wait(0, 10.0)
    log.scalars("loss", [1])
    deadline = time.monotonic() + 10
    while snapshot.points < 2 and time.monotonic() < deadline:
        snapshot = following.wait(snapshot.revision, 0.1)
    following.stop()
    assert snapshot.points == 2
    assert snapshot.live == "polling"


def test_checkpoints_beside_the_logs_cause_no_look_around(tmp_path: Path):
    told: list[tuple[set[str], bool]] = []
    ready, failed = threading.Event(), threading.Event()
    watching = watcher.Watcher(str(tmp_path), ready.set, lambda *what: told.append(what), lambda _: failed.set())
    watching.start()
    assert ready.wait(10.0)
    (tmp_path / "model.ckpt").write_bytes(bytes(1000))
    log = LogWriter(tmp_path)
    log.scalars("loss", [0])
    deadline = time.monotonic() + 10
    while not told and time.monotonic() < deadline:
        time.sleep(0.01)
    told.clear()
    for _ in range(3):
        (tmp_path / "model.ckpt").write_bytes(bytes(2000))
    log.scalars("loss", [1])
    while not told and time.monotonic() < deadline:
        time.sleep(0.01)
    watching.stop()
    watching.join(5.0)
    assert told
    assert all(what == ({str(log.path)}, False) for what in told)
    assert not failed.is_set()


def test_readers_never_see_half_of_an_update(tmp_path: Path):
    """Many threads ask while a file grows: every answer is a prefix of what was written."""
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0])
    following = Reloader(tmp_path, reload_interval_secs=0.02)
    following.start()
    following.wait(0, 10.0)
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            tag = following.snapshot.find_tag("run", "loss", "scalars")
            series = tag.scalars()
            if len(series) != tag.points or not np.array_equal(series.step, np.arange(tag.points)):
                wrong.append((tag.points, series.step))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for start in range(1, 4000, 100):
        log.scalars("loss", list(range(start, start + 100)))
        time.sleep(0.005)
    deadline = time.monotonic() + 10
    while following.snapshot.points < 4001 and time.monotonic() < deadline:
        time.sleep(0.01)
    done.set()
    for reader in readers:
        reader.join()
    following.stop()
    assert wrong == []
    assert following.snapshot.points == 4001


def test_what_is_logged_between_two_looks_starts_no_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    logs = [LogWriter(tmp_path / f"run{number}") for number in range(6)]
    for log in logs:
        log.scalars("loss", [0, 1])
    following = Reloader(tmp_path)
    following.load()

    def start(*_: object, **__: object) -> None:
        raise AssertionError("a thread for a few records")

    monkeypatch.setattr(load_pool.threading, "Thread", start)
    for log in logs:
        log.scalars("loss", [2])
    snapshot = following.load()
    assert [run.points for run in snapshot.runs.values()] == [3] * 6
