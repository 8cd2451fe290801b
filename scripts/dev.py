"""`make dev`: the API with reload, Vite with hot modules, and a run that keeps writing. Prints one URL.

Vite serves the page and forwards /api and /data to the API (web/vite.config.ts). Ctrl+C ends all three.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from watchfiles import PythonFilter, watch

ROOT = Path(__file__).resolve().parent.parent
API_PORT = 6016


def start_api(logdir: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "epochal", "serve", logdir, "--port", str(API_PORT), "--no-open"]
    return subprocess.Popen(command, cwd=ROOT)


def keep_api_fresh(logdir: str, stop: threading.Event) -> None:
    """Run the API, and run it anew whenever a Python file of the package changes."""
    process = start_api(logdir)
    for _ in watch(ROOT / "src" / "epochal", watch_filter=PythonFilter(), stop_event=stop):
        process.terminate()
        process.wait()
        process = start_api(logdir)
    process.terminate()
    process.wait()


def keep_writing(logdir: str, stop: threading.Event) -> None:
    """Train the demo's models, then keep one of them training."""
    from epochal.cli.demo_models import train_demo, train_live

    train_demo(logdir, print)
    while not stop.is_set():
        train_live(logdir, stop)


def main() -> int:
    stop = threading.Event()
    with tempfile.TemporaryDirectory(prefix="epochal-dev-") as logdir:
        threads = [
            threading.Thread(target=keep_api_fresh, args=(logdir, stop)),
            threading.Thread(target=keep_writing, args=(logdir, stop)),
        ]
        for thread in threads:
            thread.start()
        environment = {**os.environ, "EPOCHAL_API": f"http://127.0.0.1:{API_PORT}"}
        vite = subprocess.Popen(["npm", "run", "dev"], cwd=ROOT / "web", env=environment)
        signal.signal(signal.SIGTERM, lambda *_: vite.terminate())
        try:
            vite.wait()
        except KeyboardInterrupt:
            vite.terminate()
            vite.wait()
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
