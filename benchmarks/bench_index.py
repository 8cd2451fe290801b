"""The second start against the first, and the server's memory and descriptors, at the sizes of the budgets.

Loading is `Reloader.load()` in a fresh process with an empty, then with a filled cache directory. Memory is
RssAnon of a real server: the most while it loads, answers /api/runs, and draws four tags of fifty runs, raw and
smoothed.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import Row, at_most, print_row

LOAD = """
import sys, time
from epochal.store.reloader import Reloader
start = time.perf_counter()
reloader = Reloader(sys.argv[1])
points = reloader.load().points
print(points, time.perf_counter() - start)
reloader.stop()
"""


class Server:
    """A server in a process of its own, watched from outside."""

    def __init__(self, logdir: Path, environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "epochal", "serve", str(logdir), "--port", "0", "--no-open"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        match = re.search(r":(\d+)/", self.process.stdout.readline())
        assert match is not None
        self.connection = http.client.HTTPConnection("127.0.0.1", int(match[1]), timeout=120)
        self.anonymous = 0.0
        self.descriptors = 0

    def sample(self) -> None:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        match = re.search(r"RssAnon:\s+(\d+)", status)
        assert match is not None
        self.anonymous = max(self.anonymous, int(match[1]) * 1024 / 1e6)
        self.descriptors = max(self.descriptors, len(os.listdir(f"/proc/{self.process.pid}/fd")))

    def ask(self, path: str, body: object = None) -> bytes:
        method, data = ("GET", None) if body is None else ("POST", json.dumps(body))
        self.connection.request(method, path, data, {"Content-Type": "application/json"} if data else {})
        answer = self.connection.getresponse().read()
        self.sample()
        return answer

    def work(self) -> None:
        """Load, list the runs, draw charts."""
        while not json.loads(self.ask("/api/changes?since=0"))["loading"]["done"]:
            time.sleep(0.02)
        listed = json.loads(self.ask("/api/runs"))
        runs = [run["name"] for run in listed["runs"]][:50]
        for tag in listed["tags"]["scalars"][:4]:
            series = [{"run": run, "tag": tag["tag"]} for run in runs]
            for smoothing in ({"kind": "none"}, {"kind": "exponential", "weight": 0.6}):
                self.ask("/api/scalars", {"series": series, "width_px": 1000, "smoothing": smoothing})

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def bench(preset: str, what: str, folder: Path, *, memory: bool) -> None:
    logdir = folder / preset
    subprocess.run([sys.executable, "make_logs.py", "--preset", preset, str(logdir)], check=True)
    environment = {**os.environ, "EPOCHAL_CACHE_DIR": str(folder / "cache")}
    time.sleep(3)  # files that were just written are not taken on the file system's word
    secs = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", LOAD, str(logdir)], check=True, capture_output=True, text=True, env=environment
        )
        secs.append(float(done.stdout.split()[1]))
    first, second = secs
    note = f"1/{first / second:.0f} of the first, {first:.3g} s"
    passed = second <= max(first / 10, 0.05)
    print_row(Row(f"second start, {what}", second, "s", "≤ 1/10 or ≤ 0.05 s", passed, note=note))
    if memory:
        for start, clean in (("first", True), ("second", False)):
            if clean:
                shutil.rmtree(folder / "cache")
            server = Server(logdir, environment)
            try:
                server.work()
            finally:
                server.stop()
            row = f"RssAnon of the server, {start} start, {what}"
            print_row(at_most(120.0, row, server.anonymous, "MB", f"{server.descriptors} descriptors at most"))
    shutil.rmtree(logdir)
    shutil.rmtree(folder / "cache")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench("5m", "5 M points in 50 series", Path(folder), memory=False)
        bench("many", "10,000 runs × 10 tags × 100 points", Path(folder), memory=True)
        bench("100m", "100 M points in 1,000 series", Path(folder), memory=True)


if __name__ == "__main__":
    main()
