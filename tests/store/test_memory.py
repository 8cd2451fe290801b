"""Memory: limits are heeded, the same question is answered from the cache, and nothing grows without end."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_logs import LogWriter

from epochal.events.core import column_memory, implementation
from epochal.store import log_file, memory, watcher
from epochal.store.memory import without_collector
from epochal.store.reloader import Reloader
from epochal.store.series_cache import OVERHEAD_BYTES
from epochal.store.series_cache import cache as series_cache


@pytest.fixture(autouse=True)
def _limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("EPOCHAL_CACHE_DIR", str(tmp_path / "cache"))
    series_cache.clear()
    yield
    memory.limit_memory(None)


def make_restarted(logdir: Path, runs: int, count: int) -> None:
    """Runs of two files each, so that their series have to be gathered."""
    for number in range(runs):
        for half, begun in enumerate((1000.0, 9e8)):
            log = LogWriter(logdir / f"run{number}", f"a.tfevents.{half}", begun=begun)
            log.scalars("loss", list(range(half * count, half * count + count)), start=begun + 1)


def test_a_series_is_gathered_once_and_its_lines_live_with_it(tmp_path: Path):
    make_restarted(tmp_path / "logs", 1, 100)
    snapshot = Reloader(tmp_path / "logs").load()
    first = snapshot.find_tag("run0", "loss", "scalars").scalars()
    line = first.lines[0]
    assert first.own_bytes == 200 * 24
    del first
    gc.collect()
    assert snapshot.find_tag("run0", "loss", "scalars").scalars().lines[0] is line


def test_gathered_series_are_let_go_beyond_the_limit(tmp_path: Path):
    make_restarted(tmp_path / "logs", 12, 500)
    snapshot = Reloader(tmp_path / "logs").load()
    each = 1000 * 24 + OVERHEAD_BYTES
    memory.limit_memory(each * 4 * sum(memory.DEFAULT_LIMITS) // memory.DEFAULT_LIMITS.series)
    for run in snapshot.runs.values():
        assert len(run.find_tag("scalars", "loss").scalars()) == 1000
        assert series_cache._bytes <= memory.get_limits().series
    assert len(series_cache._entries) in (3, 4)
    latest = snapshot.find_tag("run11", "loss", "scalars")
    assert latest.scalars() is latest.scalars()


def test_limits_divide_what_is_given():
    memory.limit_memory(1 << 30)
    limits = memory.get_limits()
    assert (1 << 30) - 3 <= sum(limits) <= 1 << 30
    assert min(limits) >= 1 << 27
    memory.limit_memory(None)
    assert memory.get_limits() == memory.DEFAULT_LIMITS


@pytest.mark.skipif(implementation == "reference" or sys.platform != "linux", reason="only the core counts")
def test_what_is_read_is_parked_while_the_rest_is_read(tmp_path: Path):
    for number in range(8):
        LogWriter(tmp_path / "logs" / f"run{number}").scalars("loss", list(range(30_000)))
    before = sum(column_memory())
    memory.limit_memory(4 << 20)
    reloader = Reloader(tmp_path / "logs")
    snapshot = reloader.load()
    assert sum(state.columns.is_parked for run in snapshot.runs.values() for state in run.files) >= 6
    assert sum(column_memory()) - before < 3 << 20  # of 6 MB
    for run in snapshot.runs.values():
        assert run.find_tag("scalars", "loss").scalars().step[-1] == 29_999
    reloader.stop()


def test_more_files_than_decoders_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory, "MAX_DECODERS", 10)
    monkeypatch.setattr(log_file, "MIN_INDEXED_BYTES", 1 << 30)  # nothing in the background
    for number in range(40):
        LogWriter(tmp_path / "logs" / f"run{number}").scalars("loss", [number])
    snapshot = Reloader(tmp_path / "logs").load()
    states = [state for run in snapshot.runs.values() for state in run.files]
    assert sum(not state.columns.is_parked for state in states) == 10
    assert [int(run.find_tag("scalars", "loss").scalars().step[0]) for run in snapshot.runs.values()] == list(
        range(40)
    )


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the C library is not asked")
def test_the_c_library_is_loaded_once(tmp_path: Path):
    """Each handle is a class, and garbage that only the collector finds."""

    def ask() -> int:
        memory.trim_allocator()
        assert watcher.can_watch_another(str(tmp_path))
        return sum(type(each) is ctypes.CDLL for each in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = ask()
        assert [ask() for _ in range(5)] == [before] * 5
    finally:
        gc.enable()


SERVE = """
    import os, sys, re
    from epochal.store.memory import limit_memory, tune_allocator
    from epochal.store.reloader import Reloader
    from epochal.query.runs import list_runs
    from epochal.query.scalars_series import SeriesKey
    from epochal.query.scalars import ScalarsRequest, read_scalars

    def anonymous():
        return int(re.search(r"RssAnon:\\s+(\\d+)", open("/proc/self/status").read())[1]) << 10

    tune_allocator()
    limit_memory(None)
    reloader = Reloader(sys.argv[1])
    before = anonymous()
    reloader.start()
    snapshot = reloader.wait_until_loaded(60)
    loaded = anonymous() - before
    list_runs(snapshot)
    for tag in ("tag0", "tag1"):
        keys = [SeriesKey(run, tag) for run in list(snapshot.runs)[:20]]
        read_scalars(snapshot, ScalarsRequest(keys))
    print(len(snapshot.runs), snapshot.points, loaded, anonymous() - before, len(os.listdir("/proc/self/fd")))
    reloader.stop()
"""


@pytest.mark.skipif(implementation == "reference" or sys.platform != "linux", reason="only the core spills")
@pytest.mark.parametrize(("runs", "tags", "steps"), [(1000, 5, 20), (4, 10, 100_000)], ids=["many", "long"])
def test_a_server_stays_small(tmp_path: Path, runs: int, tags: int, steps: int):
    """The twin of the budget in DESIGN.md section 5: kilobytes for a run, whatever the number of points."""
    from make_runs import make_runs

    make_runs(tmp_path / "logs", runs, tags, steps)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(SERVE), str(tmp_path / "logs")],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert run.stderr == ""
        found, points, loaded, asked, descriptors = map(int, run.stdout.split())
        assert (found, points) == (runs, runs * tags * steps)
        columns = min(points * 24, 64 << 20)
        assert loaded < columns * 1.1 + runs * 8_000 + (16 << 20)
        assert asked < loaded + (32 << 20)
        assert descriptors < 64


def test_the_collector_comes_back_whatever_happens():
    assert gc.isenabled()
    with without_collector():
        with without_collector():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with contextlib.suppress(KeyError), without_collector():
        raise KeyError
    assert gc.isenabled()
