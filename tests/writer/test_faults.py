"""Disks that are full, hung, lying or gone. No call may raise or wait; what can be written is."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import threading
import time
import warnings

import numpy as np
import pytest

from epochal import SummaryWriter
from epochal.summaries.images import load_encoder
from epochal.writer import file_writer, media_workers
from epochal.writer.warnings import WriterWarning

LONGEST_CALL_SECS = 0.1  # ten times the promise
LONGEST_STALL_SECS = 2.0  # of a busy machine, which may take the processor away from any call


def assert_nobody_waited(times) -> None:
    times = sorted(times)
    assert times[-1] < LONGEST_STALL_SECS
    assert times[-5] < LONGEST_CALL_SECS


def timed(call, *arguments) -> float:
    started = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - started


def log_and_flush(writer, steps) -> list[float]:
    """The time of each call of add_scalar, in seconds."""
    times = [timed(writer.add_scalar, "loss", float(step), step) for step in steps]
    writer.flush()
    return times


def refuse(code):
    def act(real, fd, data):
        raise OSError(code, os.strerror(code))

    return act


def test_a_full_disk_costs_nothing_but_time(tmp_path, reader, fault, quick):
    writer = SummaryWriter(tmp_path)
    fault.act = refuse(errno.ENOSPC)
    started = time.monotonic()
    with pytest.warns(WriterWarning, match="No space left"):
        times = log_and_flush(writer, range(20_000))
    assert time.monotonic() - started < 10
    assert_nobody_waited(times)
    status = writer.status()
    assert status.waiting_records == 20_000
    assert "No space left" in status.last_error
    fault.act = None
    writer.close()
    assert reader.scalars(tmp_path)["loss"] == [(step, float(step)) for step in range(20_000)]
    assert len(reader.event_files(tmp_path)) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to mount")
def test_a_tiny_file_system(tmp_path, reader, wait_until, quick):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("cannot mount a tmpfs here")
    try:
        (disk / "ballast").write_bytes(bytes(32 << 10))
        writer = SummaryWriter(disk / "run")
        with pytest.warns(WriterWarning, match="No space left"):
            log_and_flush(writer, range(5_000))
        (file,) = reader.event_files(disk / "run")
        whole = len(reader.read_file(file))  # no torn tail
        assert 0 < whole < 5_000
        size = file.stat().st_size
        (disk / "ballast").unlink()
        wait_until(lambda: file.stat().st_size > size)  # read only later: it may be full again, within a write
        subprocess.run(["mount", "-o", "remount,size=1m", str(disk)], check=True)
        writer.close()
        assert reader.scalars(disk / "run")["loss"] == [(step, float(step)) for step in range(5_000)]
    finally:
        # Lazily: after a failure the writer may still hold its file open.
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_hung_disk_makes_nobody_wait(tmp_path, reader, fault, monkeypatch, quick):
    monkeypatch.setattr(file_writer, "MAX_WAITING_BYTES", 4 << 20)
    release = threading.Event()
    hung = threading.Event()

    def hang(real, fd, data):
        hung.set()
        release.wait(60)
        return real(fd, data)

    writer = SummaryWriter(tmp_path)
    writer.file_writer.scalars = type(writer.file_writer.scalars)(1 << 20)
    fault.act = hang
    writer.add_scalar("first", 1.0, 1)
    assert hung.wait(10)
    picture = np.zeros((3, 64, 64), np.uint8)
    load_encoder()  # the first image of a process imports Pillow
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        times = []
        for step in range(40_000):
            times.append(timed(writer.add_scalar, "loss", float(step), step))
            if step % 400 == 0:
                times.append(timed(writer.add_image, "image", picture, step))
                times.append(timed(writer.add_text, "text", "words", step))
        assert_nobody_waited(times)
        assert writer.status().dropped_scalars > 1000
        started = time.monotonic()
        writer.close()
        assert 0.4 < time.monotonic() - started < 5  # gives up after STALL_SECS
    release.set()
    fault.act = None
    writer.close()
    status = writer.status()
    assert status.waiting_records == 0
    gap_marks = [value.tag for event in reader.read_run(tmp_path) for value in event.summary.value]
    logged = 40_000 + 1 + 200 + sum(tag.startswith("epochal/gap/") for tag in gap_marks)
    assert status.written_records + status.dropped_scalars + status.dropped_media == logged
    assert len(reader.read_run(tmp_path)) == status.written_records


def test_media_are_dropped_before_scalars(tmp_path, reader, fault, monkeypatch, quick):
    monkeypatch.setattr(file_writer, "MAX_WAITING_BYTES", 1 << 20)
    release, hung = threading.Event(), threading.Event()

    def hang(real, fd, data):
        hung.set()
        release.wait(60)
        return real(fd, data)

    writer = SummaryWriter(tmp_path)
    fault.act = hang
    writer.add_scalar("first", 1.0, 1)
    assert hung.wait(10)
    noise = np.random.default_rng(0).integers(0, 256, (3, 100, 100), dtype=np.uint8)

    def log_images():
        for step in range(60):
            writer.add_image("image", noise, step)
        writer.file_writer._wait(lambda: not writer.status().encoding, 30)

    with pytest.warns(WriterWarning, match="images and the like"):
        log_images()
    dropped = writer.status().dropped_media
    assert 0 < dropped < 60
    assert writer.status().waiting_bytes <= 1 << 20
    for step in range(5_000):
        writer.add_scalar("loss", float(step), step)
    assert writer.status().dropped_media > dropped
    assert writer.status().dropped_scalars == 0
    assert writer.status().waiting_bytes <= (1 << 20) + 1000
    release.set()
    fault.act = None
    writer.close()
    assert len(reader.scalars(tmp_path)["loss"]) == 5_000


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.ESTALE])
@pytest.mark.parametrize("partial", [0, 1, 30, 700])
def test_a_write_that_dies_midway_tears_nothing(tmp_path, reader, fault, quick, code, partial):
    writer = SummaryWriter(tmp_path, max_queue=10**9)
    failures = iter([True, True])

    def die_midway(real, fd, data):
        if next(failures, False):
            if partial:
                real(fd, bytes(data)[:partial])
                failures_after = OSError(code, os.strerror(code))
                fault.act = lambda *_: (_ for _ in ()).throw(failures_after)
                threading.Timer(0.05, lambda: setattr(fault, "act", None)).start()
                return partial
            raise OSError(code, os.strerror(code))
        return real(fd, data)

    for step in range(200):
        writer.add_scalar("loss", float(step), step)
    fault.act = die_midway
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WriterWarning)
        writer.flush()
        writer.close()
    assert reader.scalars(tmp_path)["loss"] == [(step, float(step)) for step in range(200)]
    assert len(reader.event_files(tmp_path)) == (1 if code == errno.ENOSPC else 2)


def test_short_writes_are_continued(tmp_path, reader, fault):
    fault.act = lambda real, fd, data: real(fd, bytes(data)[:7])
    with SummaryWriter(tmp_path) as writer:
        for step in range(100):
            writer.add_scalar("loss", float(step), step)
    assert len(reader.scalars(tmp_path)["loss"]) == 100


def test_a_failed_sync_is_never_asked_again(tmp_path, reader, monkeypatch, quick):
    asked = []

    def fail_once(fd):
        path = os.readlink(f"/proc/self/fd/{fd}")
        asked.append(path)
        if len(asked) == 1:
            raise OSError(errno.EIO, "the disk lies")

    monkeypatch.setattr("epochal.writer.disk_sync.sync_descriptor", fail_once)
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("loss", 1.0, 1)
    with pytest.warns(WriterWarning, match="may have lost data"):
        writer.flush(sync=True)
    writer.add_scalar("loss", 2.0, 2)
    writer.flush(sync=True)
    writer.close()
    assert len(asked) == len(set(asked)) == 2
    assert reader.scalars(tmp_path)["loss"] == [(1, 1.0), (2, 2.0)]
    assert writer.status().last_error is not None


def test_a_slow_sync_holds_up_no_scalar(tmp_path, reader, monkeypatch, wait_until):
    release = threading.Event()
    monkeypatch.setattr("epochal.writer.disk_sync.sync_descriptor", lambda fd: release.wait(30))
    writer = SummaryWriter(tmp_path, flush_secs=0)
    writer.add_scalar("loss", 1.0, 1)
    wait_until(lambda: writer.file_writer._file._sync is not None)
    writer.add_scalar("loss", 2.0, 2)
    wait_until(lambda: len(reader.scalars(tmp_path)["loss"]) == 2, 5)
    release.set()
    writer.close()


def test_a_sync_that_hangs_keeps_no_processor_busy(tmp_path, monkeypatch, wait_until):
    release = threading.Event()
    monkeypatch.setattr("epochal.writer.disk_sync.sync_descriptor", lambda fd: release.wait(30))
    writer = SummaryWriter(tmp_path, flush_secs=0)
    writer.add_scalar("loss", 1.0, 1)
    wait_until(lambda: writer.file_writer._file._sync is not None)
    turns = []
    real = writer.file_writer._turn
    monkeypatch.setattr(writer.file_writer, "_turn", lambda: (turns.append(1), real())[1])
    time.sleep(1.0)  # the next sync is due five times meanwhile
    release.set()
    writer.close()
    assert len(turns) < 30


def test_deleted_while_closed(tmp_path, reader):
    writer = SummaryWriter(tmp_path / "run")
    writer.add_scalar("loss", 1.0, 1)
    writer.close()
    shutil.rmtree(tmp_path / "run")
    writer.add_scalar("loss", 2.0, 2)
    writer.close()
    assert reader.scalars(tmp_path / "run")["loss"] == [(2, 2.0)]


def test_no_place_to_write_warns_once_and_recovers(tmp_path, reader, quick):
    blocked = tmp_path / "run"
    blocked.write_text("a file where the directory should be")
    with pytest.warns(WriterWarning, match="it is a file, not a directory") as warned:
        writer = SummaryWriter(blocked)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        log_and_flush(writer, range(100))
    assert len(warned) == 1
    blocked.unlink()
    writer.close()
    assert len(reader.scalars(blocked)["loss"]) == 100


def test_no_place_to_write_raises_when_strict(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(OSError, match="run"):
        SummaryWriter(tmp_path / "run", strict=True)


def test_a_later_failure_raises_once_when_strict(tmp_path, reader, fault, quick):
    writer = SummaryWriter(tmp_path, strict=True)
    fault.act = refuse(errno.ENOSPC)
    writer.add_scalar("loss", 1.0, 1)
    with pytest.raises(OSError, match="No space"):
        writer.flush()
    fault.act = None
    with contextlib.suppress(OSError):  # a retry may have failed in between
        writer.add_scalar("loss", 2.0, 2)
    with contextlib.suppress(OSError):
        writer.flush()
    writer.close()
    assert reader.scalars(tmp_path)["loss"] == [(1, 1.0), (2, 2.0)]


def test_a_crash_of_the_thread_is_survived(tmp_path, reader, monkeypatch):
    writer = SummaryWriter(tmp_path)
    real = writer.file_writer._file.write_waiting
    crashes = iter(range(2))

    def crash(*arguments):
        if next(crashes, None) is not None:
            raise RuntimeError("a bug")
        return real(*arguments)

    monkeypatch.setattr(writer.file_writer._file, "write_waiting", crash)
    with pytest.warns(WriterWarning, match="a bug"):
        log_and_flush(writer, [1])
    writer.close()
    assert reader.scalars(tmp_path)["loss"] == [(1, 1.0)]


def test_a_thread_that_crashes_for_good_stops_logging_not_training(tmp_path, monkeypatch):
    writer = SummaryWriter(tmp_path)

    def crash(*arguments):
        raise RuntimeError("a bug")

    monkeypatch.setattr(writer.file_writer._file, "write_waiting", crash)
    with pytest.warns(WriterWarning, match="a bug"):
        log_and_flush(writer, range(1_000))
    log_and_flush(writer, range(1_000))
    writer.close()
    assert writer.status().dropped_scalars == 2_000


def test_no_thread_to_be_had(tmp_path, reader, monkeypatch):
    def refuse_to_start(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse_to_start)
    writer = SummaryWriter(tmp_path)
    monkeypatch.setattr(media_workers, "_workers", None)
    for step in range(20):
        writer.add_scalar("loss", float(step), step)
        writer.add_histogram("weights", [1.0], step)
    writer.close()
    assert len(reader.scalars(tmp_path)["loss"]) == 20
    assert len(reader.read_run(tmp_path)) == 40
    assert len(reader.event_files(tmp_path)) == 1
