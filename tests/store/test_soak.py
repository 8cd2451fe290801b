"""Writers come and go while a server follows: neither memory nor descriptors nor mappings grow with time."""

from __future__ import annotations

import gc
import os
import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from make_runs import make_runs
from store_follow import until
from store_logs import LogWriter

from epochal.events.core import implementation
from epochal.store import index_writer, log_file
from epochal.store.memory import tune_allocator
from epochal.store.reloader import Reloader
from epochal.store.series_cache import cache as series_cache

RUNS = 12

#: A long soak is looked at so many times: what it notes has its place from the beginning and does not grow.
MAX_SAMPLES = 1000


def anonymous_bytes() -> int:
    return int(re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())[1]) << 10  # type: ignore[index]


class Training:
    """Writers that begin, write, pause, restart, are replaced, cut short and deleted."""

    def __init__(self, logdir: Path, seed: int) -> None:
        self.logdir = logdir
        self.random = random.Random(seed)
        self.writers: dict[str, tuple[LogWriter, int]] = {}
        self.begun = 0
        self.expected = 0

    def step(self) -> None:
        choice = self.random.random()
        if len(self.writers) < RUNS:
            self.begun += 1
            name = f"run{self.begun}"
            self.writers[name] = LogWriter(self.logdir / name), 0
        name = self.random.choice(list(self.writers))
        log, step = self.writers[name]
        if choice < 0.08:
            shutil.rmtree(self.logdir / name)
            del self.writers[name]
        elif choice < 0.12:  # replaced, under the same name
            self.writers[name] = LogWriter(self.logdir / name), 0
        elif choice < 0.16:
            log.settle()
        else:
            count = self.random.randrange(1, 400)
            log.scalars("loss", list(range(step, step + count)))
            log.scalars("accuracy", list(range(step, step + count)))
            self.writers[name] = log, step + count

    def points(self) -> dict[str, int]:
        return {name: 2 * step for name, (_, step) in self.writers.items()}


@pytest.fixture
def rounds() -> Iterator[None]:
    series_cache.clear()
    yield
    series_cache.clear()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="counts in /proc")
@pytest.mark.parametrize("secs", [6.0, pytest.param(3600.0, marks=pytest.mark.soak)], ids=["twin", "hour"])
def test_no_slope(
    tmp_path: Path,
    follow: Callable[..., Reloader],
    monkeypatch: pytest.MonkeyPatch,
    secs: float,
    rounds: None,
):
    monkeypatch.setenv("EPOCHAL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(log_file, "MIN_INDEXED_BYTES", 0)
    monkeypatch.setattr(index_writer, "LOOK_SECS", 0.2)
    tune_allocator()  # as a server does before it follows anything
    training = Training(tmp_path / "logs", 1)
    for _ in range(50):
        training.step()
    reloader = follow(tmp_path / "logs")
    samples = np.full((MAX_SAMPLES, 4), np.nan)
    count = 0
    start = time.monotonic()
    while time.monotonic() - start < secs:
        for _ in range(20):
            training.step()
        expected = training.points()
        snapshot = until(reloader, lambda s: {n: r.points for n, r in s.runs.items()} == expected)  # noqa: B023
        for run in snapshot.runs.values():
            for tag in run.iter_tags():
                series = tag.scalars()
                assert series.step[-1] == tag.points - 1
                assert not series.superseded.any()
        gc.collect()
        elapsed = time.monotonic() - start
        if count < min(MAX_SAMPLES, 1 + elapsed / secs * MAX_SAMPLES):
            maps = Path("/proc/self/maps").read_text().count(str(tmp_path))
            samples[count] = elapsed, anonymous_bytes(), len(os.listdir("/proc/self/fd")), maps
            count += 1
    assert count >= 5
    assert training.begun > RUNS
    when, memory, descriptors, mappings = samples[:count].T
    later = when > secs / 2  # the first half fills caches
    assert memory[later].max() - np.median(memory[~later]) < 24 << 20
    if implementation == "native":  # Python's mmap keeps a descriptor for each mapping
        assert descriptors.max() <= descriptors[0] + 16
    assert mappings.max() < 400
    if secs > 600:
        slope = np.polyfit(when[later], memory[later], 1)[0] * 3600
        assert slope < 2 << 20, f"{slope / 2**20:.1f} MiB in an hour"


@pytest.mark.soak
def test_the_budget_for_memory(tmp_path: Path) -> None:
    """DESIGN.md section 5, at full size: 10,000 runs × 10 tags × 100 points, and 100 M points in 1,000 series."""
    import subprocess
    import sys
    import textwrap

    from test_memory import SERVE

    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "EPOCHAL_CACHE_DIR": str(tmp_path / "cache"),
    }
    for runs, tags, steps in ((10_000, 10, 100), (20, 50, 100_000)):
        make_runs(tmp_path / "logs", runs, tags, steps)
        source = "import epochal.cli.serve, epochal.server.app\n" + textwrap.dedent(SERVE)
        for _ in range(2):
            run = subprocess.run(
                [sys.executable, "-c", source.replace("- before", ""), str(tmp_path / "logs")],
                env=environment,
                capture_output=True,
                text=True,
                timeout=600,
                check=True,
            )
            found, points, loaded, asked, descriptors = map(int, run.stdout.split())
            assert (found, points) == (runs, runs * tags * steps)
            assert max(loaded, asked) <= 120e6
            assert descriptors <= 256
        shutil.rmtree(tmp_path / "logs")
        shutil.rmtree(tmp_path / "cache")
