"""A closed writer is not a dead one, and a dropped one leaves nothing behind."""

from __future__ import annotations

import gc
import os
import threading
import warnings

import pytest

from epochal import SummaryWriter


@pytest.mark.parametrize("count", [200, pytest.param(1_000, marks=pytest.mark.soak)])
def test_log_and_close_again_and_again(tmp_path, reader, count):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    stock = EventAccumulator(str(tmp_path), size_guidance={"scalars": 0})
    writer = SummaryWriter(tmp_path, purge_step=0)
    for step in range(count):
        writer.add_scalar("loss", float(step), step)
        writer.close()
        if step % 20 == 19:  # also while it runs
            stock.Reload()
            assert [event.step for event in stock.Scalars("loss")] == list(range(step + 1))
    assert len(reader.event_files(tmp_path)) == 1
    assert reader.scalars(tmp_path)["loss"] == [(step, float(step)) for step in range(count)]
    assert sum(event.HasField("session_log") for event in reader.read_run(tmp_path)) == 1


def own_threads() -> int:
    return sum(thread.name.startswith("epochal-") for thread in threading.enumerate())


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
@pytest.mark.parametrize("count", [200, pytest.param(1_000, marks=pytest.mark.soak)])
def test_dropped_writers_leave_nothing(tmp_path, reader, wait_until, count):
    before = len(os.listdir("/proc/self/fd"))
    threads = own_threads()
    for number in range(count):
        SummaryWriter(tmp_path / str(number), max_queue=10**9).add_scalar("loss", float(number), number)
    gc.collect()
    wait_until(lambda: own_threads() <= threads + 1)
    wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before)
    for number in range(count):
        assert reader.scalars(tmp_path / str(number))["loss"] == [(number, float(number))]
