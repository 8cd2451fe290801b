"""Runs that are read when they are asked for."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from store_follow import PATIENCE_SECS
from store_logs import LogWriter, image_record

from epochal.errors import DamagedRecordError, LogdirError, RunNotFoundError
from epochal.store import on_demand
from epochal.store.log_file import LogFile
from epochal.store.on_demand import LogdirReader


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """(run, thread) of each file that is read."""
    seen: list[tuple[str, str]] = []
    real = LogFile.load

    def load(self: LogFile, *args: object) -> None:
        real(self, *args)  # type: ignore[arg-type]
        seen.append((self.run, threading.current_thread().name))

    monkeypatch.setattr(LogFile, "load", load)
    return seen


def make_runs(logdir: Path, count: int) -> None:
    for number in range(count):
        LogWriter(logdir / f"run{number}").scalars("loss", list(range(number + 1)))


def wait_for(what: list[tuple[str, str]], count: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECS
    while len(what) < count:
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


def test_opening_reads_no_file(tmp_path: Path, reads: list[tuple[str, str]]):
    make_runs(tmp_path, 12)
    reader = LogdirReader(tmp_path)
    assert reader.list_runs() == tuple(f"run{number}" for number in range(12))
    assert reader.exists
    time.sleep(0.05)
    assert reads == []


def test_a_run_is_read_when_asked_for_and_the_following_ones_behind_it(
    tmp_path: Path, reads: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
):
    make_runs(tmp_path, 12)
    monkeypatch.setattr(on_demand, "READ_AHEAD_RUNS", 4)
    reader = LogdirReader(tmp_path)
    run = reader.load_run("run5")
    assert run.tags["loss"].scalars().step.tolist() == list(range(6))
    wait_for(reads, 4)
    time.sleep(0.05)
    assert sorted(run for run, _ in reads) == ["run5", "run6", "run7", "run8"]
    assert reader.load_run("run5") is run
    assert reader.load_run("run6").points == 7
    assert [run for run, _ in reads].count("run6") == 1


def test_reading_ahead_stops_at_its_bytes(
    tmp_path: Path, reads: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
):
    make_runs(tmp_path, 5)
    monkeypatch.setattr(on_demand, "READ_AHEAD_BYTES", 300)
    LogdirReader(tmp_path).load_run("run0")
    time.sleep(0.05)
    assert "run0" in [run for run, _ in reads]
    assert "run4" not in [run for run, _ in reads]


def test_a_run_waits_for_its_own_files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    make_runs(tmp_path, 6)
    LogWriter(tmp_path / "run0", "events.out.tfevents.2000.host.1.1", begun=2000.0).scalars("more", [0, 1])
    held = threading.Event()
    real = LogFile.load

    def load(self: LogFile, *args: object) -> None:
        if self.run != "run0":
            held.wait(PATIENCE_SECS)
        real(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(LogFile, "load", load)
    reader = LogdirReader(tmp_path)
    run = reader.load_run("run0")
    assert not held.is_set()
    assert {name: tag.points for name, tag in run.tags.items()} == {"loss": 1, "more": 2}
    held.set()
    assert reader.load_run("run5").points == 6


def test_many_threads_may_ask_at_once(tmp_path: Path, reads: list[tuple[str, str]]):
    make_runs(tmp_path, 40)
    reader = LogdirReader(tmp_path)
    points: dict[str, int] = {}

    def ask(number: int) -> None:
        for turn in range(40):
            name = f"run{(number * 11 + turn) % 40}"
            points[name] = reader.load_run(name).points

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECS)
        assert not thread.is_alive()
    assert points == {f"run{number}": number + 1 for number in range(40)}
    assert len(reads) == 40


def test_what_was_read_stays_until_refresh(tmp_path: Path, reads: list[tuple[str, str]]):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0, 1])
    LogWriter(tmp_path / "same").scalars("loss", [0])
    reader = LogdirReader(tmp_path)
    before, same = reader.load_run("run"), reader.load_run("same")
    log.scalars("loss", [2])
    LogWriter(tmp_path / "new").scalars("loss", [0])
    assert reader.load_run("run") is before
    assert reader.list_runs() == ("run", "same")
    reads.clear()
    reader.refresh()
    assert reader.list_runs() == ("new", "run", "same")
    assert reader.load_run("run").tags["loss"].scalars().step.tolist() == [0, 1, 2]
    assert before.tags["loss"].scalars().step.tolist() == [0, 1]
    assert reader.load_run("same").tags["loss"].scalars() is same.tags["loss"].scalars()
    assert "same" not in [run for run, _ in reads]  # it did not change
    with pytest.raises(RunNotFoundError):
        reader.load_run("old")


def test_refreshing_while_others_ask(tmp_path: Path):
    make_runs(tmp_path, 20)
    reader = LogdirReader(tmp_path)
    wrong: list[object] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            for name in reader.list_runs():
                run = reader.load_run(name)
                if run.points < int(name.removeprefix("run")) + 1:
                    wrong.append(run)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(30):
        LogWriter(tmp_path / "run3", f"events.out.tfevents.2000.host.1.{number}").scalars("more", [number])
        reader.refresh()
    done.set()
    for thread in threads:
        thread.join(PATIENCE_SECS)
        assert not thread.is_alive()
    assert wrong == []
    assert reader.load_run("run3").points == 34


def test_a_sub_run_names_its_parent_and_problems_are_listed(tmp_path: Path):
    LogWriter(tmp_path / "run").scalars("other", [0])
    LogWriter(tmp_path / "run" / "loss_train").scalars("loss", [0])
    (tmp_path / "run" / "events.out.tfevents.9.bad").write_bytes(b"no event file at all")
    snapshot = LogdirReader(tmp_path).load_all()
    assert snapshot.runs["run/loss_train"].parent == "run"
    assert [(p.run, p.offset) for p in snapshot.problems] == [("run", 0)]
    assert snapshot.points == 2


def test_a_damaged_blob_is_gone_after_refresh(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    log.write(image_record("image", bytes(100_000), 0, 1001.0))
    log.write(image_record("image", bytes(10), 1, 1002.0))
    with log.path.open("r+b") as file:
        file.seek(50_000)
        file.write(b"\1")
    reader = LogdirReader(tmp_path)
    series = reader.load_run("run").tags["image"].blobs()
    with pytest.raises(DamagedRecordError):
        reader.read_blob(series.ref(0))
    assert reader.load_run("run").points == 2
    reader.refresh()
    assert reader.load_run("run").points == 1
    assert len(reader.load_run("run").problems) == 1


def test_a_folder_that_is_not_there_and_an_address_that_cannot_be(tmp_path: Path):
    reader = LogdirReader(tmp_path / "later")
    assert not reader.exists
    assert reader.list_runs() == ()
    make_runs(tmp_path / "later", 1)
    reader.refresh()
    assert reader.list_runs() == ("run0",)
    with pytest.raises(LogdirError):
        LogdirReader("gopher://host/runs")


def test_after_stop_runs_are_still_read_whole(tmp_path: Path):
    make_runs(tmp_path, 3)
    reader = LogdirReader(tmp_path)
    reader.stop()
    assert reader.load_run("run2").points == 3
