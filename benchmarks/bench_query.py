"""One chart of 100 runs × 10,000 points reduced to 1,000 pixels: the query and its binary frame, without HTTP.

The budget is for the whole request; what is left of it is the server's. Also one series of 10 M points, and
what a live update of one run among 10,000 costs the loader.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from harness import at_most, median_secs, print_row

from epochal.events.core import RecordBuffer
from epochal.query.scalars import ScalarsRequest, SeriesKey, Smoothing, read_scalars
from epochal.server.columns import encode_frame
from epochal.store.reloader import Reloader
from epochal.store.snapshot import Snapshot

RUNS, POINTS, WIDTH_PX = 100, 10_000, 1_000


def write_run(folder: Path, seed: int, points: int) -> None:
    """A noisy descent that no codec can shorten."""
    folder.mkdir(parents=True)
    value = np.random.default_rng(seed).normal(size=points).cumsum().tolist()
    buffer = RecordBuffer(1 << 40)
    with (folder / f"events.out.tfevents.{1_700_000_000 + seed}.host.1.0").open("wb") as file:
        for step in range(points):
            buffer.append_scalar("loss", value[step], step, 1.7e9 + seed + step * 0.1)
        while buffer.pending_bytes:
            file.write(buffer.take(1 << 30))


def answer(snapshot: Snapshot, request: ScalarsRequest) -> bytes:
    columns = read_scalars(snapshot, request)
    return encode_frame(columns.result, columns.columns)


def bench_chart(folder: Path) -> None:
    for run in range(RUNS):
        write_run(folder / f"run{run}", run, POINTS)
    snapshot = Reloader(folder).load()
    series = [SeriesKey(name, "loss") for name in snapshot.runs]
    for name, limit_ms, kind, weight in (
        ("raw", 30.0, "none", 0.0),
        ("smoothed (exponential)", 100.0, "exponential", 0.9),
        ("smoothed (time-weighted)", 100.0, "time_weighted", 0.9),
        ("smoothed (mean of 51)", 100.0, "mean", 51.0),
        ("smoothed (median of 51)", 100.0, "median", 51.0),
    ):
        for axis in ("step", "relative"):
            turn = itertools.count()

            def ask() -> bytes:
                # Another weight each time (windows are cut to whole points): smoothed lines are kept.
                smoothing = Smoothing(kind, weight + next(turn) * 1e-6)  # type: ignore[arg-type]  # noqa: B023
                return answer(snapshot, ScalarsRequest(series, axis, None, WIDTH_PX, smoothing))  # type: ignore[arg-type]  # noqa: B023

            note = f"{len(ask()) / 1e6:.1f} MB"
            secs = median_secs(ask, 9)
            print_row(at_most(limit_ms, f"chart of {RUNS} × {POINTS:,} by {axis}, {name}", secs * 1e3, "ms", note))


def bench_long_series(folder: Path) -> None:
    write_run(folder / "run", 0, 10_000_000)
    snapshot = Reloader(folder).load()
    for what, x_range in (("all", None), ("a tenth", (4e6, 5e6)), ("1,000 points", (4e6, 4.001e6))):
        request = ScalarsRequest([SeriesKey("run", "loss")], x_range=x_range, width_px=WIDTH_PX)
        secs = median_secs(lambda: answer(snapshot, request), 9)  # noqa: B023
        print_row(at_most(100.0, f"10 M points, {what}", secs * 1e3, "ms"))


def bench_live_update(folder: Path) -> None:
    subprocess.run([sys.executable, "make_logs.py", "--preset", "many", str(folder)], check=True)
    reloader = Reloader(folder, watch=False)
    start = time.perf_counter()
    reloader.load()
    print_row(at_most(10.0, "load 10,000 runs × 10 tags × 100 points", time.perf_counter() - start, "s"))
    start = time.perf_counter()
    reloader.load()
    print_row(at_most(1.0, "look through 10,000 unchanged runs", time.perf_counter() - start, "s"))
    reloader.start()
    path = (
        next(iter(reloader.snapshot.runs["run00042"].files)).file.path
        if "run00042" in reloader.snapshot.runs
        else None
    )
    if path is None:
        path = next(iter(reloader.snapshot.runs.values())).files[0].file.path
    reloader.reload_now()
    cpu = time.process_time()
    for step in range(20):
        buffer = RecordBuffer()
        buffer.append_scalar("loss", 1.0, 1000 + step, 1.8e9 + step)
        with open(path, "ab") as file:
            file.write(buffer.take(1 << 20))
        reloader._report_change({path}, False)  # what notification does
        reloader.wait(reloader.snapshot.revision, 5.0)
    spent = (time.process_time() - cpu) / 20
    reloader.stop()
    print_row(at_most(30.0, "CPU of one live update among 10,000 runs", spent * 1e3, "ms"))


def main() -> None:
    for bench in (bench_chart, bench_long_series, bench_live_update):
        with tempfile.TemporaryDirectory() as folder:
            bench(Path(folder))


if __name__ == "__main__":
    main()
