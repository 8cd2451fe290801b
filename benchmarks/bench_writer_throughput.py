"""How fast logged values come to disk, and how many bytes they take there, against torch's and tensorboardX's.

A writer logs a method's values in a row and is closed; the clock stops when its files are synced (the peers' by
us, since they sync nothing). The libraries take turns, and the median of the rounds counts. The bytes are those of
all files of the run, divided by the calls.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from typing import NamedTuple

from harness import Row, print_row
from writer_cases import Case, make_cases, make_writer, sync_files

ROUNDS = 3
SCALARS = 20_000
LEAST_SECS = 0.1


class Run(NamedTuple):
    """One writer's life, divided by its calls."""

    us: float
    """Wall-clock time from the first call until everything is on disk."""
    cpu_us: float
    """Processor time of all threads meanwhile."""
    nbytes: float


def log_all(case: Case, name: str, calls: int, folder: str) -> Run:
    """Log `calls` values with a new writer of the library `name` and close it."""
    writer = make_writer(name, folder)
    start, start_cpu = time.perf_counter(), time.process_time()
    for step in range(calls):
        case.call(writer, step)
    writer.close()
    nbytes = sync_files(writer)
    secs, cpu_secs = time.perf_counter() - start, time.process_time() - start_cpu
    return Run(secs / calls * 1e6, cpu_secs / calls * 1e6, nbytes / calls)


def medians(case: Case, calls: int, rounds: int) -> dict[str, Run]:
    """The median of each figure, by library."""
    runs: dict[str, list[Run]] = {name: [] for name in ("ours", *case.peers)}
    for _ in range(rounds + 1):
        for name, done in runs.items():
            with tempfile.TemporaryDirectory() as folder:
                done.append(log_all(case, name, calls, folder))
    # The first round imports and fills the buffers.
    return {name: Run(*map(statistics.median, zip(*done[1:], strict=True))) for name, done in runs.items()}


def repeats_for(case: Case, calls: int) -> int:
    """How often to repeat `calls` calls so that they, and not the one sync at the end, are what is measured."""
    with tempfile.TemporaryDirectory() as folder:
        secs = log_all(case, "ours", calls, folder).us * calls * 1e-6
    return min(20, max(1, round(LEAST_SECS / secs)))


def speed_row(case: Case, calls: int, found: dict[str, Run]) -> Row:
    ours = found["ours"]
    unit, scale = ("ms", 1e-3) if max(run.us for run in found.values()) >= 1000 else ("µs", 1.0)
    peer_name = min(case.peers, key=lambda name: found[name].us, default="")
    peer = found[peer_name].us if peer_name else None
    notes = [f"{peer / ours.us:.3g} × faster"] if peer else []
    notes.append(f"{1e6 / ours.us:.3g} calls/s, {ours.nbytes / ours.us:.3g} MB/s")
    notes.append(
        "processor " + ", ".join(f"{name} {run.cpu_us * scale:.3g} {unit}" for name, run in found.items())
    )
    notes.append("bytes " + ", ".join(f"{name} {run.nbytes:,.0f}" for name, run in found.items()))
    return Row(
        f"{case.what}, on disk ({calls:,} in a row)",
        ours.us * scale,
        unit,
        "≤ the faster peer" if peer else "–",
        peer is None or ours.us <= peer,
        None if peer is None else peer * scale,
        peer_name,
        "; ".join(notes),
    )


def main(shrink: int = 1) -> None:
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        make_writer("ours", folder).close()  # the process's first run has its provenance, this benchmark none
    for case in make_cases(shrink):
        scalar = case.what == "add_scalar of a float"
        calls = max(2, (SCALARS if scalar else case.repeats // 4) // shrink**2)
        if shrink == 1:
            calls *= repeats_for(case, calls)
        found = medians(case, calls, max(1, ROUNDS // shrink))
        print_row(speed_row(case, calls, found))
        if scalar:
            for name in case.peers:
                ours, peer = found["ours"].nbytes, found[name].nbytes
                print_row(Row("bytes per scalar", ours, "B", "≤ the peer", ours <= peer * 1.01, peer, name))


if __name__ == "__main__":
    main()
