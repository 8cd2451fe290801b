"""What a training loop pays for logging, on its own thread: ours against torch's and tensorboardX's SummaryWriter.

Scalars are logged back to back, 200,000 of them. Arrays and texts are logged one at a time with the queue empty,
as a training loop does that logs now and then: the time is the call's alone. Start-up is timed in fresh processes.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from harness import Row, print_row

SCALARS = 200_000
PEER_SCALARS = 20_000

IMPORTS = {
    "ours": "from epochal import SummaryWriter",
    "torch": "from torch.utils.tensorboard import SummaryWriter",
    "tensorboardX": "from tensorboardX import SummaryWriter",
}


def make_writer(name: str, folder: str) -> Any:
    """A writer of the library `name` (a key of IMPORTS) into its own directory."""
    namespace: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(IMPORTS[name], namespace)
    return namespace["SummaryWriter"](tempfile.mkdtemp(dir=folder))


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


def call_ms(writer: Any, call: Callable[[int], None], repeats: int) -> float:
    """The median of single calls with an empty queue, in ms."""
    times = []
    for step in range(repeats):
        start = time.perf_counter()
        call(step)
        times.append((time.perf_counter() - start) * 1e3)
        writer.flush()
    return statistics.median(times)


def start_secs(name: str, folder: str) -> float:
    """Import and a first writer in a fresh process, Python's own start left out; the median of five.

    Everybody's modules are compiled, as pip leaves them: into `folder`, by a run before the measured ones.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": os.path.join(folder, "compiled")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    code = (
        "import sys, time, warnings; warnings.simplefilter('ignore'); start = time.perf_counter()\n"
        f"{IMPORTS[name]}\nSummaryWriter(sys.argv[1])\nprint(time.perf_counter() - start)"
    )
    times = []
    for _ in range(6):
        target = tempfile.mkdtemp(dir=folder)
        command = [sys.executable, "-c", code, target]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        times.append(float(done.stdout.split()[-1]))
    return statistics.median(times[1:])  # the first one compiles, and warms the page cache


def measure(name: str, folder: str) -> dict[str, tuple[float, str]]:
    """(figure, unit) by subject for one library."""
    writer = make_writer(name, folder)
    random = np.random.default_rng(0)
    values = random.normal(size=1_000_000).astype(np.float32)
    picture = random.random((3, 224, 224), dtype=np.float32)
    text = "A **step** of training, as people log it: `lr=0.1`, batch 128.\n" * 4
    found = {
        "add_scalar, mean of 200,000 in a row": (
            scalar_us(writer, SCALARS if name == "ours" else PEER_SCALARS),
            "µs",
        ),
        "add_histogram of 1 M float32": (
            call_ms(writer, lambda s: writer.add_histogram("weights", values, s), 12),
            "ms",
        ),
        "add_image of 3 × 224 × 224 float32": (
            call_ms(writer, lambda s: writer.add_image("image", picture, s), 20),
            "ms",
        ),
        "add_text of 250 bytes": (call_ms(writer, lambda s: writer.add_text("note", text, s), 300) * 1e3, "µs"),
        "import and first SummaryWriter": (start_secs(name, folder), "s"),
    }
    writer.close()
    return found


# Subject → (absolute bar, times faster than the peer).
BARS = {
    "add_scalar, mean of 200,000 in a row": (2.0, 25),
    "add_histogram of 1 M float32": (2.0, 1),
    "add_image of 3 × 224 × 224 float32": (0.5, 1),
    "add_text of 250 bytes": (15.0, 1),
    "import and first SummaryWriter": (0.1, 1),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        results = {name: measure(name, folder) for name in IMPORTS}
    for subject, (limit, times) in BARS.items():
        ours, unit = results["ours"][subject]
        for peer_name in ("torch", "tensorboardX"):
            peer = results[peer_name][subject][0]
            bar = f"≤ {limit:g} {unit}" + (f" and ≥ {times} × faster" if times > 1 else "")
            passed = ours <= limit and peer >= times * ours
            print_row(Row(subject, ours, unit, bar, passed, peer, peer_name, f"{peer / ours:.3g} × faster"))


if __name__ == "__main__":
    main()
