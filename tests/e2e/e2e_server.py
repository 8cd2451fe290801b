"""A server under test, a real `epochal` process, and what no page of it may do."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Request

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


def serve_shared(write: Callable[[Path], None], folder: Path) -> Iterator[str]:
    """Address of a server over what `write` logs into a folder, for as long as a fixture yields it."""
    write(folder)
    server = start_server(folder)
    yield server.url
    server.stop()


@dataclass
class Complaints:
    """What a page did that no page may do."""

    found: list[str] = field(default_factory=list)
    # A test that takes the server away expects requests to fail.
    expect_offline: bool = False
    # A page without a token is refused before it signs in.
    expect_refusal: bool = False

    def on_console(self, message: ConsoleMessage) -> None:
        expected = self.expect_offline and ("ERR_CONNECTION" in message.text or "WebSocket" in message.text)
        expected |= self.expect_refusal and "401 (Unauthorized)" in message.text
        if message.type == "error" and not expected:
            self.found.append(f"console: {message.text}")

    def on_request(self, request: Request) -> None:
        if not re.match(r"(https?|wss?)://(localhost|127\.0\.0\.1|\[::1\])[:/]|data:|blob:", request.url):
            self.found.append(f"asked for {request.url}")

    def on_failure(self, request: Request) -> None:
        # A query that a newer one replaced is aborted on purpose.
        if not self.expect_offline and request.failure != "net::ERR_ABORTED":
            self.found.append(f"failed: {request.url} {request.failure}")
