"""The list of a large logdir's files: believed only where the file system says that nothing was touched."""

from __future__ import annotations

import gc
import os
import shutil
import time
from pathlib import Path

import pytest
from store_logs import LogWriter, rewrite, scalar_record, start_record

from epochal.store import catalog, file_columns, index, log_file, memory, reloader
from epochal.store.log_file import LogFile
from epochal.store.reloader import Reloader
from epochal.store.series_cache import cache as series_cache
from epochal.store.snapshot import Snapshot

RUNS = 12


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dozen files are many, all are parked at once, and the clock of files is fine enough."""
    monkeypatch.setenv("EPOCHAL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(reloader, "MANY_FILES", 5)
    monkeypatch.setattr(memory, "MAX_DECODERS", 0)
    monkeypatch.setattr(index, "RACY_SECS", -1e9)
    monkeypatch.setattr(catalog, "RACY_SECS", -1e9)
    monkeypatch.setattr(log_file, "MIN_INDEXED_BYTES", 0)
    return tmp_path / "cache" / "index"


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs whose files were not taken from the list."""
    runs: list[str] = []
    real = LogFile.load_known

    def load_known(self: LogFile) -> bool:
        runs.append(self.run)
        return real(self)

    monkeypatch.setattr(LogFile, "load_known", load_known)
    return runs


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    for number in range(RUNS):
        log = LogWriter(tmp_path / "logs" / f"run{number}", begun=1000.0 + number)
        log.scalars("loss", list(range(number + 1)))
        log.scalars("acc", [number])
        log.settle()
    return tmp_path / "logs"


def start(logs: Path) -> Snapshot:
    following = Reloader(logs)
    snapshot = following.load()
    following.stop()
    series_cache.clear()
    return snapshot


def show(snapshot: Snapshot) -> object:
    return {
        name: (
            run.start_time,
            run.last_time,
            run.bytes,
            run.problems,
            {tag.name: tag.scalars().value.tolist() for tag in run.iter_tags()},
        )
        for name, run in snapshot.runs.items()
    }


def lists(cache: Path) -> list[Path]:
    return list(cache.glob("*.catalog"))


def test_a_start_takes_all_but_the_first_file_of_each_kind_from_the_list(
    logs: Path, cache: Path, looked_up: list[str]
):
    first = show(start(logs))
    assert len(lists(cache)) == 1
    looked_up.clear()
    assert show(start(logs)) == first
    assert len(looked_up) == 1  # one has to say what the tags are


def test_a_file_that_was_touched_is_looked_up(logs: Path, looked_up: list[str]):
    start(logs)
    log = LogWriter(logs / "run3")
    log.path.write_bytes(rewrite(log, [7.0]))
    with (logs / "run5" / log.path.name).open("ab") as file:
        file.write(b"")  # not even its times change
    os.utime(logs / "run6" / log.path.name)
    looked_up.clear()
    snapshot = start(logs)
    assert snapshot.find_tag("run3", "loss", "scalars").scalars().value.tolist() == [7.0]
    assert {"run3", "run6"} <= set(looked_up)
    assert "run5" not in looked_up or len(set(looked_up)) == 3
    assert len(set(looked_up)) <= 3


def test_what_changed_just_before_it_was_read_is_not_believed(
    logs: Path, looked_up: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(catalog, "RACY_SECS", 1e9)
    start(logs)
    looked_up.clear()
    start(logs)
    assert set(looked_up) == {f"run{number}" for number in range(RUNS)}


def test_new_and_deleted_files(logs: Path, cache: Path, looked_up: list[str]):
    start(logs)
    shutil.rmtree(logs / "run2")
    LogWriter(logs / "new").scalars("loss", [5])
    before = lists(cache)[0].read_bytes()
    assert sorted(start(logs).runs) == sorted([*(f"run{n}" for n in range(RUNS) if n != 2), "new"])
    assert lists(cache)[0].read_bytes() != before
    looked_up.clear()
    gc.collect()  # what the start before knew of tags is not known any more
    start(logs)
    # One of each kind has to say what its tags are; the list has the new one, too, if its index was there in time.
    assert set(looked_up) <= {"new", f"run{RUNS - 1}"}


def test_a_damaged_list_is_not_used(logs: Path, cache: Path):
    expected = show(start(logs))
    (path,) = lists(cache)
    sound = path.read_bytes()
    for offset in range(0, len(sound), 41):
        damaged = bytearray(sound)
        damaged[offset] ^= 4
        path.write_bytes(damaged)
        assert show(start(logs)) == expected
    for content in (b"", b"short", sound[:-1]):
        path.write_bytes(content)
        assert show(start(logs)) == expected


def test_an_old_list_is_made_anew(logs: Path, cache: Path, looked_up: list[str]):
    start(logs)
    (path,) = lists(cache)
    os.utime(path, (time.time() - 60 * 24 * 3600,) * 2)
    looked_up.clear()
    start(logs)
    assert len(looked_up) == RUNS
    assert time.time() - path.stat().st_mtime < 3600


def test_a_list_without_its_indexes_means_decoding_again(logs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch):
    expected = show(start(logs))
    for path in cache.iterdir():
        if path not in lists(cache):
            path.unlink()
    monkeypatch.setattr(file_columns, "MAX_RECOVERED", 3)
    following = Reloader(logs)
    for _ in range(2):
        assert show(following.load()) == expected
    columns = [state.columns for run in following.snapshot.runs.values() for state in run.files]
    assert sum(not each.is_parked and not each.is_new for each in columns) <= 4  # one read at load
    (path,) = (logs / "run4").iterdir()
    with path.open("ab") as file:
        file.write(scalar_record("loss", 1.0, 99, 5000.0))
    assert following.load().find_tag("run4", "loss", "scalars").scalars().step.tolist() == [0, 1, 2, 3, 4, 99]


def test_markers_and_problems_are_not_for_the_list(logs: Path, looked_up: list[str]):
    (path,) = (logs / "run1").iterdir()
    with path.open("ab") as file:
        file.write(start_record(0, 2000.0))
    (path,) = (logs / "run2").iterdir()
    with path.open("ab") as file:
        file.write(b"no record at all, whatever comes of it")
    for run in ("run1", "run2"):
        (path,) = (logs / run).iterdir()
        os.utime(path, (time.time() - 3600, time.time() - 3600))
    first = start(logs)
    looked_up.clear()
    second = start(logs)
    assert {"run1", "run2"} <= set(looked_up)
    assert len(set(looked_up)) <= 3
    assert second.problems == first.problems
    assert len(second.problems) == 1
    assert show(second) == show(first)
