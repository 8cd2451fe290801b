"""Loading scalars into memory with two threads, against TensorBoard's Rust data server and Python loader.

One and five million scalar events (`make_logs.py --preset 5m`: 5 runs × 10 tags × 100,000 steps), page cache
warm. Ours checks every CRC and keeps every point; the data server, as `tensorboard` starts it, checks none and
keeps 1,000 points per tag. Its time is what it reports for its load cycle. Runs alternate; the best of each
counts. Peak memory (VmHWM) is that of a fresh process that loads the logdir, page cache not included.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tensorboard_data_server
from harness import at_least, print_row
from make_logs import make_logdir, make_run
from tbparse import SummaryReader
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


LOAD_AND_TELL_PEAK = """
import sys
from epochal.store.reloader import Reloader
reloader = Reloader(sys.argv[1], cache=False)
reloader.load()
print(open("/proc/self/status").read())
"""


def peak_mb(status: str) -> float:
    """The most resident memory that a process ever had, by its status, in megabytes; 0 if it is not there."""
    match = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(match[1]) / 1e3 if match else 0.0


def peak_mb_of_ours(logdir: Path) -> float:
    command = [sys.executable, "-c", LOAD_AND_TELL_PEAK, str(logdir)]
    return peak_mb(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure_data_server(logdir: Path) -> tuple[float, float]:
    """Seconds that the data server says its first load cycle took, and its peak memory in megabytes."""
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
                secs = float(match[1]) * {"s": 1, "ms": 1e-3, "µs": 1e-6}[match[2]]
                return secs, peak_mb(Path(f"/proc/{process.pid}/status").read_text())
    finally:
        process.terminate()
        process.wait()
    raise RuntimeError("the data server never finished loading")


def secs_of_python_loader(path: Path) -> float:
    start = time.perf_counter()
    for _ in EventFileLoader(str(path)).Load():
        pass
    return time.perf_counter() - start


def secs_of_tbparse(path: Path) -> float:
    start = time.perf_counter()
    assert len(SummaryReader(str(path)).scalars) == 10 * PYTHON_LOADER_STEPS
    return time.perf_counter() - start


def bench_against_data_server(folder: Path, preset: str, size: str) -> None:
    logdir = folder / preset
    points = make_logdir(logdir, preset)
    files = sorted(logdir.glob("*/*tfevents*"))
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    single: list[float] = []
    for _ in range(REPEATS):
        ours.append(secs_of_ours(files, points, threads=2))
        single.append(secs_of_ours(files, points, threads=1)[1])
        theirs.append(measure_data_server(logdir))
    secs = min(ours)[0]
    peer_secs, peer_peak_mb = min(theirs)
    note = (
        f"{points / secs / 1e6:.0f} M events/s; {points / min(single) / 1e6:.0f} M per core second; "
        f"peak {peak_mb_of_ours(logdir):.0f} MB with all points, theirs {peer_peak_mb:.0f} MB with 1,000 per tag"
    )
    what = f"load {size} scalar events, 2 threads"
    print_row(at_least(8, what, secs, peer_secs, "s", "Rust data server", note))


def main() -> None:
    assert implementation == "native", "the native core is not built"
    with tempfile.TemporaryDirectory() as folder:
        bench_against_data_server(Path(folder), "1m", "1 M")
        bench_against_data_server(Path(folder), "5m", "5 M")
        run = Path(folder) / "run"
        make_run(run, 0, 10, PYTHON_LOADER_STEPS)
        (file,) = run.glob("*tfevents*")
        count = 10 * PYTHON_LOADER_STEPS
        our_secs = min(secs_of_ours([file], count, threads=1)[0] for _ in range(REPEATS))
        per_million = 1e6 / count
        for peer, secs in (
            ("TensorBoard's Python loader", secs_of_python_loader(file)),
            ("tbparse", secs_of_tbparse(file)),
        ):
            what = "load 1 M scalar events from one file (measured on 100,000)"
            print_row(at_least(300, what, our_secs * per_million, secs * per_million, "s", peer))


if __name__ == "__main__":
    main()
