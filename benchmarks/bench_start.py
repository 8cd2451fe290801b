"""Time from typing the command to runs served over HTTP, against stock TensorBoard.

`small` is 6 runs × 10 tags × 200 steps, `wide` is 100 runs × 50 tags × 200 steps. Each start is a fresh process;
the clock stops when /data/runs names every run.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from harness import Row, print_row

REPEATS = 5
TIMEOUT_SECS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def secs_until_served(command: list[str], runs: int) -> float:
    """Start a server, without an index, and poll /data/runs until it lists `runs` runs; return the seconds."""
    with tempfile.TemporaryDirectory() as cache:
        return _secs_until_served(command, runs, {**os.environ, "EPOCHAL_CACHE_DIR": cache})


def _secs_until_served(command: list[str], runs: int, environment: dict[str, str]) -> float:
    port = free_port()
    start = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    try:
        while time.perf_counter() - start < TIMEOUT_SECS:
            try:
                with urllib.request.urlopen(f"http://localhost:{port}/data/runs", timeout=5) as answer:
                    if len(json.load(answer)) >= runs:
                        return time.perf_counter() - start
            except OSError:
                pass
            time.sleep(0.005)
    finally:
        process.terminate()
        process.wait()
    raise TimeoutError(f"{command[0]} did not serve {runs} runs within {TIMEOUT_SECS} s")


def main() -> None:
    bin_folder = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder:
        for preset, runs, limit_secs, peer_share in (("small", 6, 0.4, 0.4 / 0.55), ("wide", 100, 0.7, 0.7 / 1.6)):
            logdir = str(Path(folder) / preset)
            made = subprocess.run(
                [sys.executable, "make_logs.py", "--preset", preset, logdir],
                capture_output=True,
                text=True,
                check=False,
            )
            if made.returncode:
                sys.exit(made.stderr)
            ours = [bin_folder / "epochal", logdir, "--no-open"]
            peer = [bin_folder / "tensorboard", "--logdir", logdir]
            ours_secs = statistics.median(secs_until_served([str(w) for w in ours], runs) for _ in range(REPEATS))
            peer_secs = statistics.median(secs_until_served([str(w) for w in peer], runs) for _ in range(2))
            # The bar's seconds are those of a machine on which TensorBoard takes 0.55 and 1.6 s.
            passed = ours_secs <= max(limit_secs, peer_share * peer_secs)
            bar = f"≤ {limit_secs:g} s, or {peer_share:.2f} of the peer on a slower machine"
            what = f"{runs} runs served after the command is typed ({preset})"
            print_row(Row(what, ours_secs, "s", bar, passed, peer_secs, "TensorBoard"))


if __name__ == "__main__":
    main()
