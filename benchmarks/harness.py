"""What every benchmark shares: a row of the result, its table, its JSON line.

A benchmark is a script `bench_<subject>.py` that measures peer and ours in the same run on the same machine, and
prints one JSON line for each row (`print_row`). `run_all.py` runs them and writes docs/performance.md.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

ROW_PREFIX = "BENCH "


@dataclass(frozen=True)
class Row:
    """One measured claim. Times are in `unit`; `peer` is None where there is none to compare with."""

    what: str
    ours: float
    unit: str
    bar: str
    passed: bool
    peer: float | None = None
    peer_name: str = ""
    note: str = ""


def print_row(row: Row) -> None:
    """Print a row for people and, behind a prefix, for run_all.py."""
    against = f", {row.peer_name} {row.peer:.4g} {row.unit}" if row.peer is not None else ""
    verdict = "pass" if row.passed else "FAIL"
    print(f"{verdict}  {row.what}: {row.ours:.4g} {row.unit}{against}  (bar: {row.bar}) {row.note}", flush=True)
    print(ROW_PREFIX + json.dumps(asdict(row)), flush=True)


def at_least(times: float, what: str, ours: float, peer: float, unit: str, peer_name: str, note: str = "") -> Row:
    """A row whose bar is a ratio: the peer's figure must be at least `times` ours."""
    notes = "; ".join(filter(None, (f"{peer / ours:.3g} × faster", note)))
    passed = peer >= times * ours
    return Row(what, ours, unit, f"≥ {times:g} × faster", passed, peer, peer_name, notes)


def at_most(limit: float, what: str, ours: float, unit: str, note: str = "") -> Row:
    """A row whose bar is an amount: ours must be at most `limit`."""
    return Row(what, ours, unit, f"≤ {limit:g} {unit}", ours <= limit, note=note)


def median_secs(run: Callable[[], object], repeats: int = 5) -> float:
    """The median wall-clock time of `repeats` runs, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


@contextmanager
def serving(logdir: Path, *options: str) -> Iterator[str]:
    """A server for `logdir` in a process of its own; yields its address."""
    command = [sys.executable, "-m", "epochal", "serve", str(logdir), "--port", "0", "--no-open", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        match = re.search(r" at (http://\S+)", process.stdout.readline())
        assert match is not None
        yield match[1]
    finally:
        process.terminate()
        process.wait()
