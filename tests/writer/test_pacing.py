"""How often the background thread wakes: each time it does, it takes the GIL from a training loop."""

from __future__ import annotations

import time

import numpy as np
import pytest

from epochal import SummaryWriter
from epochal.writer import file_writer, pacing


@pytest.fixture
def turns(monkeypatch):
    """The times at which any thread began to look at its queue."""
    found = []
    turn = file_writer.FileWriter._turn
    monkeypatch.setattr(
        file_writer.FileWriter, "_turn", lambda self: (found.append(time.monotonic()), turn(self))[1]
    )
    return found


def make_writer(directory, **options) -> SummaryWriter:
    """A writer whose file is there and whose thread sleeps."""
    writer = SummaryWriter(directory, provenance=False, **options)
    writer.add_scalar("first", 1.0, 0)
    writer.flush(sync=True)
    time.sleep(0.3)
    return writer


def log_for(writer, secs: float, hz: float) -> int:
    started, logged = time.monotonic(), 0
    while time.monotonic() - started < secs:
        writer.add_scalar("loss", 1.0, logged)
        logged += 1
        time.sleep(1 / hz)
    return logged


def test_an_idle_writer_never_wakes(tmp_path, turns):
    writer = make_writer(tmp_path)
    turns.clear()
    time.sleep(0.5)
    assert not turns
    writer.close()


def test_a_full_queue_wakes_the_thread_every_50_ms_at_most(tmp_path, turns):
    writer = make_writer(tmp_path, max_queue=1)
    turns.clear()
    logged = log_for(writer, 1.0, 1000)
    assert logged > 100
    assert len(turns) <= 1.0 / pacing.HOLD_SECS + 5
    writer.close()


def test_a_few_records_wake_it_every_200_ms(tmp_path, turns):
    writer = make_writer(tmp_path, max_queue=100)
    turns.clear()
    log_for(writer, 1.0, 100)
    assert len(turns) <= 1.0 / file_writer.WRITE_INTERVAL_SECS + 3
    writer.close()


def test_a_full_queue_is_written_at_once_when_the_last_write_is_long_ago(tmp_path, wait_until, monkeypatch):
    writer = make_writer(tmp_path, max_queue=10)
    monkeypatch.setattr(file_writer, "WRITE_INTERVAL_SECS", 60.0)
    writer.add_scalar("loss", 1.0, 0)  # the thread asks for a ring when it sleeps
    wait_until(lambda: writer.status().written_records == 2)
    time.sleep(0.1)
    writer.add_scalar("loss", 1.0, 1)
    time.sleep(0.1)
    assert writer.status().written_records == 2
    for step in range(2, 11):
        writer.add_scalar("loss", 1.0, step)
    wait_until(lambda: writer.status().written_records == 12, secs=10)
    writer.close()


def test_a_queue_that_fills_soon_is_written_without_another_record(tmp_path, wait_until, monkeypatch):
    writer = make_writer(tmp_path, max_queue=10)
    monkeypatch.setattr(file_writer, "WRITE_INTERVAL_SECS", 60.0)
    writer.add_scalar("loss", 1.0, 0)
    wait_until(lambda: writer.status().written_records == 2)
    for step in range(1, 11):
        writer.add_scalar("loss", 1.0, step)
    wait_until(lambda: writer.status().written_records == 12, secs=10)
    writer.close()


@pytest.mark.parametrize("count", [1, 100])
def test_a_flush_never_waits_for_it(tmp_path, monkeypatch, count):
    writer = make_writer(tmp_path, max_queue=10)
    monkeypatch.setattr(pacing, "HOLD_SECS", 60.0)
    for sync in (False, True):
        for step in range(count):
            writer.add_scalar("loss", 1.0, step)
        writer.flush(sync=sync)
    writer.add_image("image", np.zeros((3, 8, 8), np.uint8))
    started = time.monotonic()
    writer.close()
    assert time.monotonic() - started < 10
    assert writer.status().written_records == 2 * count + 2


@pytest.mark.parametrize("method", ["add_scalar", "add_text"])
def test_bytes_never_wait_for_it(tmp_path, monkeypatch, wait_until, method):
    writer = make_writer(tmp_path, max_queue=10)
    monkeypatch.setattr(pacing, "HOLD_SECS", 60.0)
    writer.add_scalar("loss", 1.0, 0)
    writer.flush()
    for step in range(20):  # the thread holds
        writer.add_scalar("loss", 1.0, step)
    time.sleep(0.1)
    assert writer.status().waiting_records == 20
    if method == "add_text":
        writer.add_text("note", "x" * pacing.BULK_BYTES)
    else:
        for step in range(pacing.BULK_BYTES // 50):
            writer.add_scalar("loss", 1.0, step)
    wait_until(lambda: writer.status().waiting_bytes < pacing.BULK_BYTES // 2, secs=10)
    monkeypatch.undo()
    writer.close()
    assert writer.status().dropped_scalars == 0
