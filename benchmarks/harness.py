"""What every benchmark shares: a row of the result, its table, its JSON line.

A benchmark is a script `bench_<subject>.py` that measures peer and ours in the same run on the same machine, and
prints one JSON line for each row (`print_row`). `run_all.py` runs them and writes docs/performance.md.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

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
