"""What tests of several packages share: logs without provenance, and a stock TensorBoard to look at logs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True, scope="session")
def _without_provenance() -> Iterator[None]:
    """Tests that count records mean the ones that they logged themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EPOCHAL_PROVENANCE", "0")
        yield


@pytest.fixture(autouse=True, scope="session")
def _with_a_cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the index of whoever runs it, nor what they say of runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EPOCHAL_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("EPOCHAL_STATE_DIR", str(tmp_path_factory.mktemp("state")))
        yield


class StockTensorBoard:
    """A real TensorBoard that serves a logdir."""

    def __init__(self, logdir: Path, load_fast: str, *more: str) -> None:
        options = ["--port", "0", "--host", "127.0.0.1", "--load_fast", load_fast, "--reload_interval", "1", *more]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if " at http://" in line:
                self.base = line.split(" at ")[1].split()[0].rstrip("/")
                # It writes a traceback for each question that it fails at, and stops when the pipe is full.
                self._drain = threading.Thread(target=self.process.stderr.read)
                self._drain.start()
                return
        raise AssertionError("TensorBoard did not start")

    def get(self, route: str, **parameters: object) -> bytes:
        """GET a route below /data/plugin."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.base}/data/plugin/{route}?{query}", timeout=30) as response:
            body: bytes = response.read()
            return body

    def get_json(self, route: str, **parameters: object) -> object:
        """GET a JSON route below /data/plugin."""
        return json.loads(self.get(route, **parameters))

    def wait_until(self, condition: Callable[[StockTensorBoard], bool]) -> None:
        """Wait until it has loaded what the condition asks for."""
        end = time.monotonic() + 60
        while True:
            try:
                if condition(self):
                    return
            except OSError:
                pass
            assert time.monotonic() < end, "TensorBoard did not load the run"
            time.sleep(0.1)

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait(timeout=20)
        self._drain.join(timeout=20)
        assert self.process.stderr is not None
        self.process.stderr.close()


@pytest.fixture(scope="session")
def stock_tensorboard() -> type[StockTensorBoard]:
    """For tests that share a server among files; whoever starts one stops it."""
    return StockTensorBoard


@pytest.fixture(scope="module", params=["true", "false"], ids=["rust loader", "python loader"])
def serve_stock(request: pytest.FixtureRequest) -> Iterator[Callable[[Path], StockTensorBoard]]:
    """Start stock TensorBoard on a logdir; each test runs with both of its loaders."""
    started: list[StockTensorBoard] = []

    def serve(logdir: Path) -> StockTensorBoard:
        started.append(StockTensorBoard(logdir, request.param))
        return started[-1]

    yield serve
    for server in started:
        server.stop()
