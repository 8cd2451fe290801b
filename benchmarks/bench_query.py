"""What a chart asks, over real HTTP from a server in a process of its own, to 1,000 px.

One chart of 100 runs × 10,000 points (as lines, and as one line with a band), one series of 10 M points at zooms
that nobody asked for before, and columns of the list of 1,000 runs. A question is timed from the request to the
last byte of the answer, on one connection of this process, which shares the machine's cores with the server. Each
smoothing is asked for with another weight each time, for smoothed lines are kept; only the rows of 10 M points
that say so use kept ones.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from harness import at_most, median_secs, print_row, serving
from make_logs import make_run, tag_name

from epochal.events.core import RecordBuffer, make_summary

RUNS, POINTS, LONG_POINTS, WIDTH_PX = 100, 10_000, 10_000_000, 1_000
SMOOTHINGS = (("exponential", 0.9), ("time_weighted", 0.9), ("mean", 51.0), ("median", 51.0))
NAMES = {"time_weighted": "time-weighted", "mean": "mean of 51", "median": "median of 51"}
AXES = ("step", "relative")


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


class Client:
    """Asks for scalars on one connection."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).hostname or "", urlsplit(url).port)
        self.runs: list[str] = []

    def wait_until_loaded(self) -> None:
        """Until the server has read everything; then `runs` are their names."""
        while True:
            answer = json.loads(self._ask("GET", "/api/runs"))
            if answer["loading"]["done"] and answer["runs"]:
                self.runs = [run["name"] for run in answer["runs"]]
                return
            time.sleep(0.05)

    def ask(
        self,
        axis: str,
        x_range: tuple[float, float] | None,
        kind: str = "none",
        weight: float = 0.0,
        band: str = "",
    ) -> bytes:
        """The answer for the tag of all runs; with `band` for their mean."""
        series = [{"run": run, "tag": "loss"} for run in self.runs]
        question = {
            "series": [] if band else series,
            "groups": [{"name": "all", "series": series}] if band else [],
            "aggregate": {"band": band} if band else None,
            "x_axis": axis,
            "x_tag": "loss",
            "x_range": x_range,
            "width_px": WIDTH_PX,
            "smoothing": {"kind": kind, "weight": weight},
        }
        return self._ask("POST", "/api/scalars", json.dumps(question))

    def ask_columns(self, columns: list[dict[str, str]]) -> bytes:
        """The answer for columns of the list of runs."""
        return self._ask("POST", "/api/runs/columns", json.dumps({"columns": columns}))

    def _ask(self, method: str, path: str, body: str | None = None) -> bytes:
        self._connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = self._connection.getresponse()
        data = answer.read()
        assert answer.status == 200, data
        return data


@contextmanager
def asking(folder: Path) -> Iterator[Client]:
    """A client of a server that has read the folder."""
    with serving(folder, "--no-auth") as url:
        client = Client(url)
        client.wait_until_loaded()
        yield client


def bench_chart(folder: Path) -> None:
    for run in range(RUNS):
        write_run(folder / f"run{run}", run, POINTS)
    with asking(folder) as client:
        for kind, weight in (("none", 0.0), *SMOOTHINGS):
            for axis in AXES:
                # Windows are cut to whole points.
                weights = iter(weight + turn * 1e-6 for turn in range(100))
                size = len(client.ask(axis, None, kind, next(weights)))
                secs = median_secs(lambda: client.ask(axis, None, kind, next(weights)), 15)  # noqa: B023
                name = "raw" if kind == "none" else f"smoothed ({NAMES.get(kind, kind)})"
                limit_ms = 30.0 if kind == "none" else 100.0
                what = f"chart of {RUNS} × {POINTS:,} by {axis}, {name}"
                print_row(at_most(limit_ms, what, secs * 1e3, "ms", f"{size / 1e6:.1f} MB"))
        for axis in ("active", "relative_step", "tag"):
            secs = median_secs(lambda: client.ask(axis, None), 15)  # noqa: B023
            print_row(at_most(60.0, f"chart of {RUNS} × {POINTS:,} by {axis}, raw", secs * 1e3, "ms"))
        for axis in AXES:
            for band in ("minmax", "std", "percentile", "ci95"):
                weights = iter(0.9 + turn * 1e-6 for turn in range(100))
                secs = median_secs(lambda: client.ask(axis, None, "exponential", next(weights), band), 15)  # noqa: B023
                what = f"{RUNS} × {POINTS:,} by {axis} as one smoothed mean, band {band}"
                print_row(at_most(200.0, what, secs * 1e3, "ms"))


def make_zooms(axis: str) -> Iterator[tuple[float, float]]:
    """Windows from the whole series to 100 points, of all sizes, each only once."""
    rng = np.random.default_rng(0)
    end = LONG_POINTS if axis == "step" else LONG_POINTS / 10
    while True:
        for share in (1.0, 0.3, 0.1, 0.01, 1e-3, 1e-5):
            width = share * end * rng.uniform(0.7, 1.0)
            start = rng.uniform(0, end - width)
            yield start, start + width


def bench_long_series(folder: Path) -> None:
    write_run(folder / "run", 0, LONG_POINTS)
    with asking(folder) as client:
        start = time.perf_counter()
        client.ask("step", None)
        first = time.perf_counter() - start
        note = "gathers, checks and summarises the series, while its index is being written"
        print_row(at_most(1.0, "10 M points, the first question after loading", first, "s", note))
        for kind, weight in (("none", 0.0), *SMOOTHINGS):
            for axis in AXES:
                name = "raw" if kind == "none" else NAMES.get(kind, kind)
                start = time.perf_counter()
                client.ask(axis, None, kind, weight)
                first = time.perf_counter() - start
                zooms = make_zooms(axis)
                times = []
                for _ in range(60):
                    zoom = next(zooms)
                    start = time.perf_counter()
                    client.ask(axis, zoom, kind, weight)
                    times.append(time.perf_counter() - start)
                note = f"slowest of 60 {max(times) * 1e3:.1f} ms; median {np.median(times) * 1e3:.1f} ms"
                if kind != "none":
                    note += f"; smoothing all points, once, {first * 1e3:.0f} ms"
                limit_ms = 10.0 if kind == "none" else 100.0
                what = f"10 M points by {axis}, {name}, any zoom (95 of 100)"
                print_row(at_most(limit_ms, what, float(np.percentile(times, 95)) * 1e3, "ms", note))


def bench_run_columns(folder: Path) -> None:
    """Five columns in the list of 1,000 runs, when they are asked for the first time and from then on."""
    for run in range(1_000):
        make_run(folder / f"run{run:04}", run, 10, 200)
    stats = ("last", "min", "mean", "argmax", "count")
    with asking(folder) as client:
        columns = [{"tag": tag_name(index), "stat": stat} for index, stat in enumerate(stats)]
        start = time.perf_counter()
        size = len(client.ask_columns(columns))
        first = time.perf_counter() - start
        secs = median_secs(lambda: client.ask_columns(columns), 15)
        note = f"{size / 1e3:.0f} kB; {first * 1e3:.0f} ms the first time"
        print_row(at_most(50.0, "5 columns of 1,000 runs", secs * 1e3, "ms", note))


def bench_growth() -> None:
    """A summary of 10 M points, and the same for 1,000 more."""
    step = np.arange(LONG_POINTS)
    wall_time = 1.7e9 + step * 0.1
    value = np.random.default_rng(0).normal(size=LONG_POINTS).cumsum()
    known = make_summary(step[:-1000], wall_time[:-1000], value[:-1000])
    whole = median_secs(lambda: make_summary(step, wall_time, value))
    grown = median_secs(lambda: make_summary(step, wall_time, value, known))
    print_row(at_most(100.0, "summarise 10 M points", whole * 1e3, "ms"))
    print_row(at_most(1.0, "summarise 1,000 more", grown * 1e3, "ms", f"{known.nbytes / 1e6:.2f} MB"))


def main() -> None:
    for bench in (bench_chart, bench_long_series, bench_run_columns):
        with tempfile.TemporaryDirectory() as folder:
            bench(Path(folder))
    bench_growth()


if __name__ == "__main__":
    main()
