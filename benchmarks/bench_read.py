"""Reading scalars in Python: epochal.open against TensorBoard's EventAccumulator and tbparse, in the same run.

Each measurement is a fresh process, so that no peer pays for another's memory; imports count. The clock stops when
the steps, times and values of every tag of every run are at hand (EventAccumulator told to keep all of them). The
peers read a small logdir, since their time grows with the number of points; ours is measured on the same one, and
on 100 million points without an index (`cache=False`). Page cache warm.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import Row, at_least, at_most, print_row
from make_logs import make_logdir, make_run

REPEATS = 3
PEER_RUNS, PEER_TAGS, PEER_STEPS = 2, 10, 20_000
LARGE = "100m"


def read_epochal(logdir: str) -> int:
    """Every point of every tag, as arrays."""
    import epochal

    return sum(len(points) for _, _, points in epochal.open(logdir, cache=False).iter_scalars())


def read_indexed(logdir: str) -> int:
    """The same by way of the index; the first time writes it."""
    import epochal

    return sum(len(points) for _, _, points in epochal.open(logdir).iter_scalars())


def read_to_pandas(logdir: str) -> int:
    import epochal

    return len(epochal.open(logdir, cache=False).to_pandas())


def read_event_accumulator(logdir: str) -> int:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    count = 0
    for run in sorted(path for path in Path(logdir).iterdir() if path.is_dir()):
        accumulator = EventAccumulator(str(run), size_guidance={"scalars": 0, "tensors": 0})
        accumulator.Reload()
        count += sum(len(accumulator.Scalars(tag)) for tag in accumulator.Tags()["scalars"])
    return count


def read_tbparse(logdir: str) -> int:
    from tbparse import SummaryReader

    return len(SummaryReader(logdir, extra_columns={"dir_name", "wall_time"}).scalars)


READERS = {
    "epochal": read_epochal,
    "indexed": read_indexed,
    "to_pandas": read_to_pandas,
    "EventAccumulator": read_event_accumulator,
    "tbparse": read_tbparse,
}


def measure(reader: str, logdir: Path, points: int) -> dict[str, float]:
    """Seconds from before the import until all points are at hand, and peak resident megabytes, of a process."""
    command = [sys.executable, __file__, "--reader", reader, str(logdir)]
    environment = {**os.environ, "EPOCHAL_CACHE_DIR": str(logdir.parent / "index")}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    assert result["points"] == points, f"{reader} gave {result['points']} of {points} points"
    return result


def best(reader: str, logdir: Path, points: int, repeats: int = REPEATS) -> dict[str, float]:
    return min((measure(reader, logdir, points) for _ in range(repeats)), key=lambda result: result["secs"])


def measure_peers(folder: Path) -> list[Row]:
    logdir = folder / "small"
    for run in range(PEER_RUNS):
        make_run(logdir / f"run{run}", run, PEER_TAGS, PEER_STEPS)
    points = PEER_RUNS * PEER_TAGS * PEER_STEPS
    arrays, table = best("epochal", logdir, points), best("to_pandas", logdir, points)
    accumulator = best("EventAccumulator", logdir, points, 1)
    tbparse = best("tbparse", logdir, points, 1)
    size = f"{points:,} scalars, from import to arrays"
    note = f"peak {arrays['peak_mb']:.0f} MB, theirs {accumulator['peak_mb']:.0f} MB"
    table_note = f"peak {table['peak_mb']:.0f} MB, theirs {tbparse['peak_mb']:.0f} MB"
    return [
        at_least(30, size, arrays["secs"], accumulator["secs"], "s", "EventAccumulator", note),
        at_least(10, f"{points:,} scalars to pandas", table["secs"], tbparse["secs"], "s", "tbparse", table_note),
    ]


def measure_ours(folder: Path, logs: Path | None) -> list[Row]:
    rows = []
    logdir = (logs or folder) / LARGE
    points = make_logdir(logdir, LARGE)
    large = best("epochal", logdir, points)
    note = f"{points / large['secs'] / 1e6:.0f} M points/s; peak {large['peak_mb']:,.0f} MB"
    rows.append(at_most(10, "100 M scalars, no index, from import to arrays", large["secs"], "s", note))
    ten = folder / "10m"
    for run in range(10):
        make_run(ten / f"run{run}", run, 10, 100_000)
    table = best("to_pandas", ten, 10_000_000)
    rows.append(
        at_most(10, "10 M scalars to pandas, no index", table["secs"], "s", f"peak {table['peak_mb']:,.0f} MB")
    )
    best("indexed", ten, 10_000_000)  # a process that ends writes the index for two seconds at most: three of them
    indexed = best("indexed", ten, 10_000_000)
    rows.append(at_most(0.5, "10 M scalars with an index, from import to arrays", indexed["secs"], "s"))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--logs",
        type=Path,
        default=os.environ.get("EPOCHAL_BENCH_LOGS"),
        help="make the large logdir (5 GB) here, or use the one that is there",
    )
    parser.add_argument("--reader", choices=READERS, help="only this reader, in this process")
    parser.add_argument("logdir", nargs="?")
    options = parser.parse_args()
    if options.reader:
        start = time.perf_counter()
        points = READERS[options.reader](options.logdir)
        secs = time.perf_counter() - start
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"secs": secs, "points": points, "peak_mb": peak_mb}))
        return
    with tempfile.TemporaryDirectory() as folder:
        for row in measure_peers(Path(folder)) + measure_ours(Path(folder), options.logs):
            print_row(row)


if __name__ == "__main__":
    main()
