"""The logdir, the loader and the app that the tests of the server share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from epochal.server.app import make_app
from epochal.server.config import ServerConfig
from epochal.server.security import SecurityLayer
from epochal.store.reloader import Reloader

sys.path.insert(0, str(Path(__file__).parent))  # for server_harness, which test files import by name

from compat_harness import ALL_SAMPLES, Ours, Peers, write_compat_logs
from server_harness import TOKEN, Running, write_logs


@pytest.fixture(scope="package")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    write_logs(folder)
    return folder


@pytest.fixture(scope="package")
def reloader(logdir: Path) -> Iterator[Reloader]:
    made = Reloader(logdir, reload_interval_secs=0)
    made.start()
    assert made.wait_until_loaded(20).progress.done
    yield made
    made.stop()


@pytest.fixture
def app(reloader: Reloader, logdir: Path) -> SecurityLayer:
    return make_app(reloader, ServerConfig(str(logdir), token=TOKEN))


@pytest.fixture
def running(reloader: Reloader, logdir: Path) -> Iterator[Running]:
    made = Running(reloader, ServerConfig(str(logdir), token=TOKEN))
    yield made
    made.stop()


@pytest.fixture(scope="package")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Ours:
    """Us, over the logs that TensorBoard serves, too."""
    folder = tmp_path_factory.mktemp("compat")
    write_compat_logs(folder)
    return Ours(folder)


@pytest.fixture(scope="package", params=["python", "rust"])
def peers(request: pytest.FixtureRequest, ours: Ours, stock_tensorboard: Any) -> Iterator[Peers]:
    """A real TensorBoard with each of its loaders, and us, over the same logs."""
    load_fast = "true" if request.param == "rust" else "false"
    server = stock_tensorboard(ours.logdir, load_fast, "--samples_per_plugin", ALL_SAMPLES)
    made = Peers(server.base, ours, request.param)
    try:
        server.wait_until(lambda _: made.has_loaded())
        yield made
    finally:
        server.stop()
