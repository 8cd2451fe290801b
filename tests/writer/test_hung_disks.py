"""Several writers on disks that hang: whoever waits for all of them gives up once, not once for each."""

from __future__ import annotations

import threading
import time
import warnings

import pytest

from epochal import SummaryWriter
from epochal.writer import file_writer, lifecycle

RUNS = 12
STALL_SECS = 0.5
TOGETHER_SECS = 3.0  # one after another would take 6


@pytest.fixture
def hung(fault, quick, monkeypatch):
    """Let every write to an event file hang from now on, until the test ends; returns the event that ends it."""
    monkeypatch.setattr(file_writer, "OPEN_WAIT_SECS", 0.01)
    release = threading.Event()

    def hang(real, fd, data):
        release.wait(60)
        return real(fd, data)

    fault.act = hang
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield release
        release.set()
        fault.act = None


def write_all(writers) -> None:
    for writer in writers:
        writer.close()
        assert writer.status().waiting_bytes == 0


@pytest.mark.parametrize("wait", [lifecycle.close_together, lambda writers: lifecycle.flush_all()])
def test_writers_give_up_together(tmp_path, hung, wait):
    writers = [SummaryWriter(tmp_path / str(number)) for number in range(RUNS)]
    for writer in writers:
        writer.add_scalar("loss", 1.0, 1)
    started = time.monotonic()
    wait([writer.file_writer for writer in writers])
    assert 0.8 * STALL_SECS < time.monotonic() - started < TOGETHER_SECS
    hung.set()
    write_all(writers)


@pytest.mark.parametrize("method", [SummaryWriter.close, SummaryWriter.flush])
def test_sub_runs_give_up_together(tmp_path, hung, method):
    writer = SummaryWriter(tmp_path, torch_layout=True)
    writer.add_scalars("loss", {str(number): 1.0 for number in range(RUNS)}, 1)
    assert len(writer.all_writers) == RUNS + 1
    started = time.monotonic()
    method(writer)
    assert 0.8 * STALL_SECS < time.monotonic() - started < TOGETHER_SECS
    hung.set()
    write_all([writer])


def test_one_that_makes_progress_is_waited_for(tmp_path, hung, fault):
    slow, stuck = SummaryWriter(tmp_path / "slow"), SummaryWriter(tmp_path / "stuck")
    hung.set()
    slow.flush()
    stuck.flush()
    hung.clear()
    slow_fd = slow.file_writer._file._output._fd

    def act(real, fd, data):
        if fd != slow_fd:
            hung.wait(60)
            return real(fd, data)
        time.sleep(0.2)
        return real(fd, bytes(data)[:100])

    fault.act = act
    for step in range(10):  # some 500 bytes: a second
        slow.add_scalar("loss", 1.0, step)
        stuck.add_scalar("loss", 1.0, step)
    started = time.monotonic()
    lifecycle.close_together([stuck.file_writer, slow.file_writer])
    assert slow.status().written_records == 10
    assert stuck.status().written_records == 0
    assert time.monotonic() - started < 2 * TOGETHER_SECS
    hung.set()
    write_all([stuck])


def test_a_process_that_ends_with_a_hung_disk_says_nothing_of_the_core(tmp_path, run_script):
    process = run_script(
        """
        import os, sys, time
        from epochal import SummaryWriter
        from epochal.writer import file_writer

        file_writer.STALL_SECS = 0.3
        writer = SummaryWriter(sys.argv[1], provenance=False)
        write = os.write
        os.write = lambda fd, data: write(fd, data) if fd < 3 else time.sleep(100)
        writer.add_scalar("loss", 1.0, 1)
        """,
        str(tmp_path),
    )
    assert process.returncode == 0
    assert "the disk has not taken" in process.errors
    assert "leaked" not in process.errors
