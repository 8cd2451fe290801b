"""A sync ends and says how, whatever fails on the way."""

from __future__ import annotations

import errno
import os
import time

import pytest

from epochal.writer.disk_sync import DiskSync


class Output:
    """As much of an event file's output as a sync asks for, over a descriptor whose number is taken."""

    offset = 5
    path = "events"
    unsynced_directories = ()

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def duplicate_descriptor(self) -> int:
        return os.dup(self.fd)


@pytest.mark.parametrize("failing", ["sync", "close", "neither"])
def test_a_sync_ends_and_tells_the_error(tmp_path, monkeypatch, failing):
    opened = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    real_close = os.close

    def close(fd: int) -> None:
        real_close(fd)
        if failing == "close" and fd != opened:
            raise OSError(errno.EIO, "input/output error")

    def sync(fd: int) -> None:
        if failing == "sync":
            raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr("epochal.writer.disk_sync.os.close", close)
    monkeypatch.setattr("epochal.writer.disk_sync.sync_descriptor", sync)
    told = []
    running = DiskSync(Output(opened), 1, lambda: told.append(True))
    deadline = time.monotonic() + 10
    while not told and time.monotonic() < deadline:
        time.sleep(0.01)
    real_close(opened)
    assert told == [True]
    assert running.done
    assert (running.error is not None) == (failing != "neither")
