"""Each system call of a session fails once, in each way: what was acknowledged is readable, nothing is torn."""

from __future__ import annotations

import errno
import os
import warnings

import pytest

from epochal import SummaryWriter
from epochal.writer import file_writer
from epochal.writer.warnings import WriterWarning

RECORDS = 200
FAULTS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EINTR": errno.EINTR, "short": None}
CALLS = (
    "open",
    "write",
    "fstat",
    "stat",
    "fdatasync",
    "fsync",
    "ftruncate",
    "dup",
    "close",
    "makedirs",
    "scandir",
)


class FailNth:
    """Counts what the writer asks of the operating system, and lets one call fail (0: none)."""

    def __init__(self, monkeypatch, nth, code, directory):
        self.nth, self.code, self.directory = nth, code, str(directory)
        self.count = 0
        for name in CALLS:
            monkeypatch.setattr(os, name, self._wrap(name, getattr(os, name)))

    def _concerns(self, target) -> bool:
        if isinstance(target, int):
            try:
                return os.readlink(f"/proc/self/fd/{target}").startswith(self.directory)
            except OSError:
                return False
        return str(target).startswith(self.directory)

    def _wrap(self, name, real):
        def call(target, *arguments, **keywords):
            if not self._concerns(target):
                return real(target, *arguments, **keywords)
            self.count += 1
            if self.count != self.nth:
                return real(target, *arguments, **keywords)
            if self.code is None:
                # Only a write can be short; the others succeed.
                return real(target, bytes(arguments[0])[:5]) if name == "write" else real(target, *arguments)
            if name == "close":
                real(target)  # Linux frees the descriptor even when close fails
            raise OSError(self.code, os.strerror(self.code), None if isinstance(target, int) else target)

        return call


def run_session(directory, nth, code) -> int:
    """Log 200 records with flushes, a sync, a close in the middle; return the number of system calls."""
    with pytest.MonkeyPatch.context() as monkeypatch, warnings.catch_warnings():
        warnings.simplefilter("ignore", WriterWarning)
        monkeypatch.setattr(file_writer, "RETRY_SECS", 0.01)
        monkeypatch.setattr("epochal.writer.run_file.CHECK_PATH_SECS", 0.0)
        shim = FailNth(monkeypatch, nth, code, directory)
        writer = SummaryWriter(directory, max_queue=10**9)
        for step in range(RECORDS):
            writer.add_scalar("loss", float(step), step)
            if step % 4 == 3:
                writer.flush(sync=step % 40 == 39)
            if step == RECORDS // 2:
                writer.close()
        writer.close()
        assert writer.status().dropped_scalars == 0
        return shim.count


@pytest.mark.parametrize("every", [20, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("fault", FAULTS)
def test_fail_every_nth_system_call(tmp_path, reader, fault, every):
    calls = run_session(tmp_path / "calm", 0, None)
    assert calls > RECORDS // 4
    for nth in range(1, calls + 1, every):
        directory = tmp_path / f"{fault} {nth}"
        run_session(directory, nth, FAULTS[fault])
        points = reader.scalars(directory)["loss"]  # asserts headers, whole frames and both CRCs
        assert points == [(step, float(step)) for step in range(RECORDS)], nth


@pytest.mark.parametrize("nth", [1, 2, 9, *(pytest.param(nth, marks=pytest.mark.soak) for nth in range(1, 51))])
def test_a_sync_that_fails_rolls_to_a_new_file(tmp_path, reader, monkeypatch, nth):
    real, synced, failed = os.fdatasync, [], []

    def fail_once(fd):
        path = os.readlink(f"/proc/self/fd/{fd}")
        assert path not in failed, "a file whose sync failed was synced again"
        if "tfevents" in path:
            synced.append(path)
            if len(synced) == nth:
                failed.append(path)
                raise OSError(errno.EIO, "the disk lies")
        return real(fd)

    monkeypatch.setattr(os, "fdatasync", fail_once)
    writer = SummaryWriter(tmp_path, strict=True)
    reported = []
    for step in range(50):
        writer.add_scalar("loss", float(step), step)
        try:
            writer.flush(sync=True)
        except OSError:
            reported.append(step)
    writer.close()
    assert reported == [nth - 1]  # never a success for data that may be lost
    assert writer.status().failed_syncs == 1
    assert len(reader.event_files(tmp_path)) == (2 if nth < 50 else 1)
    assert reader.scalars(tmp_path)["loss"] == [(step, float(step)) for step in range(50)]


pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
