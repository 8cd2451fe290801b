"""A sync ends and says how, whatever fails on the way."""

from __future__ import annotations

import errno
import os
import threading
import time

import pytest

from epochal import SummaryWriter
from epochal.writer import disk_sync
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


def test_who_asks_while_a_sync_runs_is_answered_by_its_end(tmp_path, monkeypatch):
    """It may leave nothing to sync; a request that then waited for a sync of its own would wait in vain."""
    begun, may_end = threading.Event(), threading.Event()
    real = disk_sync.sync_descriptor

    def sync(fd: int) -> None:
        begun.set()
        assert may_end.wait(10)
        real(fd)

    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_scalar("loss", 1.0, 1)
        writer.flush(sync=True)
        writer.add_scalar("loss", 2.0, 2)
        monkeypatch.setattr(disk_sync, "sync_descriptor", sync)
        threads = [threading.Thread(target=writer.flush, kwargs={"sync": True}) for _ in range(2)]
        started = time.monotonic()
        threads[0].start()
        assert begun.wait(10)
        threads[1].start()
        time.sleep(0.1)
        may_end.set()
        for thread in threads:
            thread.join(20)
        assert time.monotonic() - started < 8
