"""What a training loop pays for logging, on its own thread: ours against torch's and tensorboardX's SummaryWriter.

Every method is called in two ways. In a row: the mean of ten calls one after another; code and data are in the
processor's caches, and the writer's threads are at work meanwhile. Cold: one call with the queue empty, after
other Python code has had the caches for a moment, as in a training loop that logs now and then. The libraries take
turns, so that a noisy moment meets all of them. Scalars are also logged 200,000 in a row. Start-up is timed in
fresh processes.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from typing import Any

import numpy as np
from harness import Row, print_row
from writer_cases import IMPORTS, PEERS, Case, make_cases, make_writer

Times = dict[str, "np.ndarray[Any, Any]"]

SCALARS = 200_000
PEER_SCALARS = 20_000
BLOCK = 10
CASE_SECS = 3.0
"""After so long a case has been called often enough, if it is slow."""
MIN_BLOCKS = 3

_OTHER_MEMORY = np.zeros(1 << 20)


def scalar_us(writer: Any, count: int) -> float:
    """The mean of `count` calls of add_scalar in a row, in µs; the best of three rounds."""
    rounds = []
    for _ in range(3):
        start = time.perf_counter()
        for step in range(count):
            writer.add_scalar("train/loss", 0.5, step)
        rounds.append((time.perf_counter() - start) / count * 1e6)
        writer.flush()
    return min(rounds)


def work_elsewhere() -> None:
    """Half a millisecond of somebody else's Python and 8 MB of somebody else's data."""
    _OTHER_MEMORY.__iadd__(1.0)
    json.loads(json.dumps({str(number): [number, number * 0.5] for number in range(200)}))


def call_us(case: Case, writers: dict[str, Any]) -> tuple[Times, Times]:
    """The times of calls in µs, by library: (means of calls in a row, single cold calls)."""
    rows: dict[str, list[float]] = {name: [] for name in ("ours", *case.peers)}
    colds: dict[str, list[float]] = {name: [] for name in rows}
    block, end = min(BLOCK, case.repeats), time.monotonic() + CASE_SECS
    for number in range(max(1, case.repeats // BLOCK)):
        if number >= MIN_BLOCKS and time.monotonic() > end:
            break
        for name, writer in writers.items():
            if name not in rows:
                continue
            first = number * (2 * block + 1)
            case.call(writer, first)  # not measured: it imports, and allocates
            writer.flush()
            for step in range(first + 1, first + 1 + block):
                work_elsewhere()
                start = time.perf_counter()
                case.call(writer, step)
                colds[name].append((time.perf_counter() - start) * 1e6)
                writer.flush()
            start = time.perf_counter()
            for step in range(first + 1 + block, first + 1 + 2 * block):
                case.call(writer, step)
            rows[name].append((time.perf_counter() - start) / block * 1e6)
            writer.flush()
    return _arrays(rows), _arrays(colds)


def _arrays(times: dict[str, list[float]]) -> Times:
    return {name: np.array(taken) for name, taken in times.items()}


def call_row(case: Case, times: Times, suffix: str = "", limit_us: float | None = None) -> Row:
    """The median against the faster peer's; means and 99th percentiles of all in the note."""
    medians = {name: float(np.median(taken)) for name, taken in times.items()}
    unit, scale = ("ms", 1e-3) if max(medians.values()) >= 1000 else ("µs", 1.0)
    note = "; ".join(
        f"{name}: mean {taken.mean() * scale:.3g}, p99 {np.quantile(taken, 0.99) * scale:.3g}"
        for name, taken in times.items()
    )
    ours = medians.pop("ours")
    passed, bars = True, []
    if limit_us is not None:
        passed = ours <= limit_us
        bars.append(f"≤ {limit_us * scale:g} {unit}")
    peer_name = min(medians, key=lambda name: medians[name], default="")
    if peer_name:
        passed = passed and ours <= medians[peer_name]
        bars.append("≤ the faster peer")
        note = f"{medians[peer_name] / ours:.3g} × faster; {note}"
    peer = medians[peer_name] * scale if peer_name else None
    return Row(case.what + suffix, ours * scale, unit, " and ".join(bars) or "–", passed, peer, peer_name, note)


def start_secs(name: str, folder: str, repeats: int = 5) -> float:
    """Import and a first writer in a fresh process, Python's own start left out; the median.

    Everybody's modules are compiled, as pip leaves them: into `folder`, by a run before the measured ones.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": os.path.join(folder, "compiled")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    code = (
        "import sys, time, warnings; warnings.simplefilter('ignore'); start = time.perf_counter()\n"
        f"{IMPORTS[name]}\nSummaryWriter(sys.argv[1])\nprint(time.perf_counter() - start)"
    )
    times = []
    for _ in range(repeats + 1):
        target = tempfile.mkdtemp(dir=folder)
        command = [sys.executable, "-c", code, target]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        times.append(float(done.stdout.split()[-1]))
    return statistics.median(times[1:])  # the first one compiles, and warms the page cache


def compare(what: str, figures: dict[str, float], unit: str, limit: float, times: float) -> None:
    """Print a row against each peer: ours is at most `limit`, and at least `times` faster."""
    ours = figures["ours"]
    bar = f"≤ {limit:g} {unit}" + (f" and ≥ {times:g} × faster" if times > 1 else "")
    for name in PEERS:
        passed = ours <= limit and figures[name] >= times * ours
        print_row(Row(what, ours, unit, bar, passed, figures[name], name, f"{figures[name] / ours:.3g} × faster"))


def main(shrink: int = 1) -> None:
    warnings.simplefilter("ignore")  # what the peers say of NumPy and of traces is not measured here
    with tempfile.TemporaryDirectory() as folder:
        writers = {name: make_writer(name, folder) for name in IMPORTS}
        scalars = {
            name: scalar_us(writers[name], (SCALARS if name == "ours" else PEER_SCALARS) // shrink**2)
            for name in IMPORTS
        }
        compare(f"add_scalar, mean of {SCALARS // shrink**2:,} in a row", scalars, "µs", 2.0, 25)
        starts = {name: start_secs(name, folder, max(1, 5 // shrink)) for name in IMPORTS if shrink == 1}
        if starts:
            compare("import and first SummaryWriter", starts, "s", 0.1, 1)
        for case in make_cases(shrink):
            in_a_row, cold = call_us(case, writers)
            print_row(call_row(case, in_a_row, ", in a row", case.limit_us))
            print_row(call_row(case, cold, ", cold"))
        for writer in writers.values():
            writer.close()


if __name__ == "__main__":
    main()
