"""Makes the helpers beside the tests importable; starts reloaders that end with their test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from store_follow import PATIENCE_SECS

from epochal.store import file_columns, index, log_file
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


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; even the smallest file is indexed."""
    monkeypatch.setenv("EPOCHAL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(log_file, "MIN_INDEXED_BYTES", 0)
    monkeypatch.setattr(index, "_told", False)
    return tmp_path / "cache" / "index"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Where in a file each decoding began."""
    offsets: list[int] = []
    real = file_columns.FileColumns.decode

    def decode(self: file_columns.FileColumns, fd: int, max_bytes: int) -> int:
        offsets.append(self.decoder.offset)
        return real(self, fd, max_bytes)

    monkeypatch.setattr(file_columns.FileColumns, "decode", decode)
    return offsets
