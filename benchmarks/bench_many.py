"""Ten thousand runs: what loading, looking through them and one live update cost, without HTTP."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import at_most, print_row

from epochal.events.core import RecordBuffer
from epochal.store.reloader import Reloader


def bench_live_update(folder: Path) -> None:
    subprocess.run([sys.executable, "make_logs.py", "--preset", "many", str(folder)], check=True)
    reloader = Reloader(folder, watch=False)
    start = time.perf_counter()
    reloader.load()
    print_row(at_most(10.0, "load 10,000 runs × 10 tags × 100 points", time.perf_counter() - start, "s"))
    start = time.perf_counter()
    reloader.load()
    print_row(at_most(1.0, "look through 10,000 unchanged runs", time.perf_counter() - start, "s"))
    reloader.start()
    path = next(iter(reloader.snapshot.runs.values())).files[0].file.path
    reloader.reload_now()
    cpu = time.process_time()
    for step in range(20):
        buffer = RecordBuffer()
        buffer.append_scalar("loss", 1.0, 1000 + step, 1.8e9 + step)
        with open(path, "ab") as file:
            file.write(buffer.take(1 << 20))
        reloader._report_change({path}, False)  # what notification does
        reloader.wait(reloader.snapshot.revision, 5.0)
    spent = (time.process_time() - cpu) / 20
    reloader.stop()
    print_row(at_most(30.0, "CPU of one live update among 10,000 runs", spent * 1e3, "ms"))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench_live_update(Path(folder))


if __name__ == "__main__":
    main()
