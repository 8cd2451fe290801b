"""A server under test: a real `epochal` process."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# Promised times are tested with a tenfold margin (record written → pixels: 1 s).
LIVE_TIMEOUT_MS = 10_000


@dataclass
class Server:
    """A running `epochal`: its address with a trailing slash, its process, its first lines of output."""

    url: str
    process: subprocess.Popen[str]
    lines: list[str]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


def start_server(logdir: Path, *flags: str) -> Server:
    """Start `epochal LOGDIR …` and wait for its address."""
    port = () if "--port" in flags else ("--port", "0")
    process = subprocess.Popen(
        [sys.executable, "-m", "epochal", "serve", str(logdir), *port, "--no-open", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    match = re.search(r" at (http://\S+)", first)
    assert match, f"no address in {first!r} {process.stdout.read() if process.poll() is not None else ''}"
    return Server(match[1].rstrip("/") + "/", process, [first, process.stdout.readline()])
