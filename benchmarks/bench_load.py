"""Loading scalars into memory with two threads, against TensorBoard's Rust data server and Python loader.

Five million scalar events (`make_logs.py --preset 5m`: 5 runs × 10 tags × 100,000 steps), page cache warm. Ours
checks every CRC and keeps every point; the data server, as `tensorboard` starts it, checks none and keeps 1,000
points per tag. Its time is what it reports for its load cycle. Runs alternate; the best of each counts.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tensorboard_data_server
from harness import at_least, print_row
from make_logs import make_logdir, make_run
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from epochal.events.core import EventDecoder, implementation

REPEATS = 5
PYTHON_LOADER_STEPS = 10_000


def decode_file(path: Path) -> EventDecoder:
    fd = os.open(path, os.O_RDONLY)
    try:
        decoder = EventDecoder()
        decoder.decode(fd)
        return decoder
    finally:
        os.close(fd)


def secs_of_ours(files: list[Path], points: int, threads: int) -> tuple[float, float]:
    """Wall-clock and processor seconds until every point is in columns."""
    start, start_cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        decoders = list(pool.map(decode_file, files))
    secs, cpu_secs = time.perf_counter() - start, time.process_time() - start_cpu
    loaded = sum(sum(decoder.point_counts()) for decoder in decoders)
    assert loaded == points, f"{loaded} of {points} points"
    assert not any(decoder.problems() for decoder in decoders)
    return secs, cpu_secs


def secs_of_data_server(logdir: Path) -> float:
    """Seconds that the data server says its first load cycle took."""
    command = [
        tensorboard_data_server.server_binary(),
        "--logdir",
        str(logdir),
        "--port",
        "0",
        "--reload",
        "once",
        "-v",
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if match := re.search(r"Finished load cycle \(([\d.]+)(ms|s|µs)\)", line):
                return float(match[1]) * {"s": 1, "ms": 1e-3, "µs": 1e-6}[match[2]]
    finally:
        process.terminate()
        process.wait()
    raise RuntimeError("the data server never finished loading")


def secs_of_python_loader(path: Path) -> float:
    start = time.perf_counter()
    for _ in EventFileLoader(str(path)).Load():
        pass
    return time.perf_counter() - start


def main() -> None:
    assert implementation == "native", "the native core is not built"
    with tempfile.TemporaryDirectory() as folder:
        logdir = Path(folder) / "5m"
        points = make_logdir(logdir, "5m")
        files = sorted(logdir.glob("*/*tfevents*"))
        ours: list[tuple[float, float]] = []
        theirs: list[float] = []
        single: list[float] = []
        for _ in range(REPEATS):
            ours.append(secs_of_ours(files, points, threads=2))
            single.append(secs_of_ours(files, points, threads=1)[1])
            theirs.append(secs_of_data_server(logdir))
        secs = min(ours)[0]
        note = f"{points / secs / 1e6:.0f} M events/s; {points / min(single) / 1e6:.0f} M per core second"
        print_row(
            at_least(8, "load 5 M scalar events, 2 threads", secs, min(theirs), "s", "Rust data server", note)
        )
        run = Path(folder) / "run"
        make_run(run, 0, 10, PYTHON_LOADER_STEPS)
        (file,) = run.glob("*tfevents*")
        count = 10 * PYTHON_LOADER_STEPS
        our_secs = min(secs_of_ours([file], count, threads=1)[0] for _ in range(REPEATS))
        per_million = 1e6 / count
        row = at_least(
            300,
            "load 1 M scalar events from one file (measured on 100,000)",
            our_secs * per_million,
            secs_of_python_loader(file) * per_million,
            "s",
            "TensorBoard's Python loader",
        )
        print_row(row)


if __name__ == "__main__":
    main()
