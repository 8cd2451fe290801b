"""The index: what the second start takes from it, when it may not, and what happens to a damaged one."""

from __future__ import annotations

import os
import shutil
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from index_lives import make_run, show, start
from store_follow import PATIENCE_SECS, has_steps, steps, until
from store_logs import LogWriter, rewrite, start_record

from epochal.events.core import EventDecoder, implementation
from epochal.store import file_columns, index, index_bounds, index_writer, log_file
from epochal.store.on_demand import LogdirReader
from epochal.store.reloader import Reloader
from epochal.store.series_cache import cache as series_cache

pytestmark = pytest.mark.usefixtures("cache")


def read_bytes() -> int:
    """What this process has read by system calls so far."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["rchar"])


def test_the_second_start_decodes_nothing_and_says_the_same(logs: Path, cache: Path, decoded: list[int]):
    make_run(logs)
    LogWriter(logs / "empty")
    first = start(logs)
    assert decoded == [0, 0]
    decoded.clear()
    second = start(logs)
    assert decoded == []
    assert show(second) == show(first)
    assert second.runs["run"].points == 1001
    assert len(os.listdir(cache)) == 2


def test_the_second_start_reads_no_bytes_of_points(logs: Path):
    make_run(logs, 20_000)
    start(logs)
    start(logs)
    before = read_bytes()
    snapshot = start(logs)
    assert snapshot.points == 20_001
    assert read_bytes() - before < 50_000  # the file has a megabyte


def test_what_the_file_system_vouches_for_is_not_even_opened(logs: Path, monkeypatch: pytest.MonkeyPatch):
    log = make_run(logs)
    monkeypatch.setattr(index, "RACY_SECS", -1e9)
    start(logs)
    opened: list[str] = []
    real = log_file.open_readonly
    monkeypatch.setattr(log_file, "open_readonly", lambda path: opened.append(path) or real(path))
    assert start(logs).points == 1001
    assert opened == []
    os.utime(log.path)
    assert start(logs).points == 1001
    assert opened == [str(log.path)]
    monkeypatch.setattr(index, "RACY_SECS", 1e9)  # written to just before it was read, however long ago
    start(logs)
    assert len(opened) == 2


def test_only_what_was_appended_is_decoded(logs: Path, decoded: list[int]):
    log = make_run(logs)
    start(logs)
    size = log.path.stat().st_size
    log.scalars("loss", [1000, 1001])
    log.scalars("acc", [5])
    decoded.clear()
    after = start(logs)
    assert decoded == [size]
    assert steps(after) == list(range(1002))
    assert steps(after, tag="acc") == [5]
    assert after.find_tag("run", "image", "images").points == 1


def test_appending_to_a_large_file_costs_only_the_new_bytes(logs: Path):
    log = make_run(logs, 50_000)
    start(logs)
    start(logs)
    log.scalars("loss", [50_000])
    before = read_bytes()
    assert start(logs).points == 50_002
    assert read_bytes() - before < 200_000  # of 2.5 MB


def flip(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def test_a_damaged_index_changes_nothing(logs: Path, cache: Path):
    """Flip a bit in every part of it: wherever the core notices, the file is decoded again."""
    make_run(logs, 40)
    expected = show(start(logs))
    (path,) = cache.iterdir()
    sound = path.read_bytes()
    for offset in range(0, len(sound), 29):
        path.write_bytes(sound)
        flip(path, offset)
        snapshot = Reloader(logs).load()
        series_cache.clear()
        assert show(snapshot) == expected, offset
    for size in (0, 1, 63, 64, 100, len(sound) // 2, len(sound) - 1):
        path.write_bytes(sound[:size])
        assert show(start(logs)) == expected, size


def test_a_damaged_index_is_not_copied_into_a_new_one(logs: Path, cache: Path):
    log = make_run(logs, 1000)
    start(logs)
    (path,) = cache.iterdir()
    last = path.stat().st_size // 64 * 64
    for offset in range(last - 5 * 64, last, 64):  # columns of the image: one value each, 64-byte aligned
        flip(path, offset)
    log.scalars("loss", [1000])
    log.settle()
    expected = show(Reloader(logs, cache=False).load())
    start(logs)
    assert show(start(logs)) == expected


def test_an_index_of_another_version_is_written_anew(logs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch):
    make_run(logs)
    with monkeypatch.context() as patch:
        patch.setattr(index, "VERSION", 999)
        start(logs)
    (path,) = cache.iterdir()
    before = path.read_bytes()
    assert start(logs).points == 1001
    assert path.read_bytes() != before


def test_what_is_parked_is_read_again_when_its_index_is_gone(logs: Path, cache: Path):
    make_run(logs)
    start(logs)
    snapshot = start(logs)
    shutil.rmtree(cache)
    assert steps(snapshot) == list(range(1000))


def test_an_old_snapshot_outlives_its_file_and_its_index(logs: Path, follow: Callable[..., Reloader], cache: Path):
    log = make_run(logs)
    start(logs)
    reloader = follow(logs)
    before = reloader.snapshot
    assert before.runs["run"].files[0].columns.is_parked
    log.path.write_bytes(rewrite(log, [7.0]))
    until(reloader, has_steps(1))
    reloader.stop()
    shutil.rmtree(cache)
    assert steps(before) == list(range(1000))


def test_points_that_are_nowhere_any_more_are_missing_not_wrong(logs: Path, cache: Path):
    from epochal.errors import NotFoundError

    log = make_run(logs)
    start(logs)
    snapshot = start(logs)
    shutil.rmtree(cache)
    log.path.write_bytes(rewrite(log, [7.0] * 1000))
    with pytest.raises(NotFoundError, match="gone"):
        steps(snapshot)


def test_two_servers_share_a_cache(logs: Path, cache: Path, follow: Callable[..., Reloader]):
    """One is behind the other; both write the same index again and again."""
    logs.mkdir()
    writers = [LogWriter(logs / f"run{number}") for number in range(8)]
    both = [follow(logs), follow(logs)]
    for turn in range(20):
        for number, log in enumerate(writers):
            log.scalars("loss", list(range(turn * 50, turn * 50 + 50)))
            log.settle(3600 if number % 2 else 0)
        for reloader in both:
            snapshot = until(reloader, has_steps(turn * 50 + 50, f"run{turn % 8}"))
            assert steps(snapshot, f"run{turn % 8}") == list(range(turn * 50 + 50))
            if turn % 5 == 4:
                series_cache.clear()
    for reloader in both:
        snapshot = until(reloader, lambda s: s.points == 8 * 1000)
        for number in range(8):
            assert steps(snapshot, f"run{number}") == list(range(1000))
        reloader.stop()
    assert not [name for name in os.listdir(cache) if name.endswith(".tmp")]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_without_a_place_for_it_one_line_is_said_and_everything_works(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    make_run(logs)
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("EPOCHAL_CACHE_DIR", str(blocked / "below"))
    for _ in range(2):
        assert start(logs).points == 1001
    error = capfd.readouterr().err
    assert error.count("\n") == 1
    assert "keeps no index" in error
    assert str(blocked) in error


def test_no_home(monkeypatch: pytest.MonkeyPatch, logs: Path, capfd: pytest.CaptureFixture[str]):
    make_run(logs)
    for name in ("EPOCHAL_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert start(logs).points == 1001
    assert "no home directory" in capfd.readouterr().err
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert index.find_cache_dir() is None


def test_cache_off_neither_uses_nor_writes(logs: Path, cache: Path, decoded: list[int]):
    make_run(logs)
    for _ in range(2):
        reloader = Reloader(logs, cache=False)
        assert reloader.load().points == 1001
        reloader.stop()
    assert LogdirReader(logs, cache=False).load_all().points == 1001
    assert not cache.exists()
    assert decoded == [0, 0, 0]


def test_runs_on_demand_use_and_write_the_same_index(logs: Path, cache: Path, decoded: list[int]):
    make_run(logs)
    reader = LogdirReader(logs)
    assert reader.load_run("run").points == 1001
    wait_until(lambda: cache.exists() and any(not name.endswith(".tmp") for name in os.listdir(cache)))
    decoded.clear()
    assert steps(start(logs)) == list(range(1000))
    assert LogdirReader(logs).load_run("run").points == 1001
    assert decoded == []


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_disk_that_is_full_leaves_no_trace(logs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch):
    make_run(logs)

    class Full:
        def __init__(self) -> None:
            self._real = EventDecoder()

        def __getattr__(self, name: str) -> object:
            return getattr(self._real, name)

        def write_index(self, fd: int, meta: bytes) -> int:
            os.write(fd, b"half")
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(file_columns, "EventDecoder", Full)
    assert start(logs).points == 1001
    assert os.listdir(cache) == []


def test_a_live_file_is_indexed_while_it_grows_and_parked_when_it_rests(
    logs: Path, cache: Path, follow: Callable[..., Reloader], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(index_writer, "LOOK_SECS", 0.05)
    log = LogWriter(logs / "run")
    log.scalars("loss", list(range(100)))
    reloader = follow(logs)

    def columns() -> file_columns.FileColumns:
        return reloader.snapshot.runs["run"].files[0].columns  # others, when the file's times change

    wait_until(lambda: columns().indexed_bytes == log.path.stat().st_size)
    assert not columns().is_parked  # it may go on at any time
    indexed = columns().indexed_bytes
    log.scalars("loss", [100])
    until(reloader, has_steps(101))
    time.sleep(0.2)
    assert columns().indexed_bytes == indexed  # not for every point
    log.scalars("loss", list(range(101, 200)))
    until(reloader, has_steps(200))
    wait_until(lambda: columns().indexed_bytes == log.path.stat().st_size)
    log.settle()
    wait_until(lambda: columns().is_parked)
    assert steps(reloader.snapshot) == list(range(200))
    log.scalars("loss", [200])
    assert steps(until(reloader, has_steps(201))) == list(range(201))


def test_purges_and_restarts_are_found_in_the_index(logs: Path, decoded: list[int]):
    for number, begun in enumerate((1000.0, 2000.0, 3000.0)):
        log = LogWriter(logs, f"a.tfevents.{number}", begun=begun)
        if number == 2:
            log.write(start_record(9, 3000.0))
        log.scalars("loss", list(range(5 * number, 5 * number + 10)), start=begun + 1)
        log.settle()
    first = start(logs).find_tag(".", "loss", "scalars").scalars()
    decoded.clear()
    second = start(logs).find_tag(".", "loss", "scalars").scalars()
    assert decoded == []
    assert second.superseded.sum() > 5
    for column in ("step", "wall_time", "value", "superseded", "lane"):
        np.testing.assert_array_equal(getattr(second, column), getattr(first, column))


def test_a_damaged_tail_is_listed_from_the_index_too(logs: Path, decoded: list[int]):
    log = make_run(logs)
    log.write(b"no record at all, whatever comes of it")
    log.settle()
    first = start(logs)
    assert len(first.problems) == 1
    assert start(logs).problems == first.problems


def test_the_cache_keeps_its_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "index"
    folder.mkdir()
    now = time.time()
    for number in range(10):
        path = folder / f"{number:032x}"
        path.write_bytes(bytes(100_000))
        os.utime(path, (now - number, now - number))
    (folder / "killed.tmp").write_bytes(b"")
    os.utime(folder / "killed.tmp", (now - 7200, now - 7200))
    (folder / "being written.tmp").write_bytes(b"")
    (folder / "old").write_bytes(b"")
    os.utime(folder / "old", (now - 1e8, now - 1e8))
    monkeypatch.setattr(index_bounds, "MAX_BYTES", 450_000)
    index_bounds.prune(str(folder))
    assert sorted(os.listdir(folder)) == [*(f"{number:032x}" for number in range(4)), "being written.tmp"]
    monkeypatch.setattr(index_bounds, "NOTED_FILES", 3)  # one more than that is left
    monkeypatch.setattr(index_bounds, "MAX_SHARE_OF_FREE", 0.0)
    index_bounds.prune(str(folder))
    assert os.listdir(folder) == ["being written.tmp"]


def test_looking_through_a_large_cache_takes_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for number in range(2000):
        (tmp_path / f"{number:032x}").touch()
    monkeypatch.setattr(index_bounds, "NOTED_FILES", 100)
    peaks = []
    for limit in (1 << 40, -1):
        monkeypatch.setattr(index_bounds, "find_limit", lambda folder, used, limit=limit: limit)
        tracemalloc.start()
        index_bounds.prune(str(tmp_path))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert max(peaks) < 200_000  # a list of all takes half a megabyte


def test_a_process_that_ends_waits_two_seconds_at_most(logs: Path, monkeypatch: pytest.MonkeyPatch):
    make_run(logs)
    held = threading.Event()
    monkeypatch.setattr(file_columns.FileColumns, "save", lambda *_: held.wait(60.0))
    reloader = Reloader(logs)
    reloader.load()
    began = time.monotonic()
    reloader.stop()
    assert 1.5 < time.monotonic() - began < 20.0
    held.set()


@pytest.mark.skipif(implementation == "reference", reason="Python's mmap keeps a descriptor for each mapping")
def test_many_files_open_few_descriptors_and_mappings(logs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch):
    for number in range(300):
        LogWriter(logs / f"run{number}").scalars("loss", [number])
    start(logs)
    monkeypatch.setattr(index, "MAX_OPEN", 16)
    reloader = Reloader(logs)
    before = len(os.listdir("/proc/self/fd"))
    snapshot = reloader.load()
    assert {run: steps(snapshot, run) for run in snapshot.runs} == {
        f"run{number}": [number] for number in range(300)
    }
    assert len(os.listdir("/proc/self/fd")) <= before + 4
    series_cache.clear()
    assert Path("/proc/self/maps").read_text().count(str(cache)) <= 16 + 2
