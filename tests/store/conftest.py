"""Makes the helpers beside the tests importable; starts reloaders that end with their test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from store_follow import PATIENCE_SECS

from epochal.store.reloader import Reloader


@pytest.fixture
def follow() -> Iterator[Callable[..., Reloader]]:
    """Start a reloader; it ends with the test."""
    started = []

    def start(logdir: Path, **options: object) -> Reloader:
        reloader = Reloader(logdir, **({"reload_interval_secs": 0.1} | options))  # type: ignore[arg-type]
        started.append(reloader)
        reloader.start()
        reloader.wait(0, PATIENCE_SECS)
        reloader.wait_until_loaded(PATIENCE_SECS)
        return reloader

    yield start
    for reloader in started:
        reloader.stop()
        assert not reloader.alive
