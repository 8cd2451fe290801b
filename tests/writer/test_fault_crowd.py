"""Many at once: processes that look alike, data loaders' workers, threads; and clocks that jump."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import socket
import threading
import time
import warnings

import pytest

from epochal import SummaryWriter

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")


def counts(twin: int, soak: int):
    return pytest.mark.parametrize("count", [twin, pytest.param(soak, marks=pytest.mark.soak)])


def _log_as_twin(directory, number, barrier):
    """In a child: the same second, host and process number as all the others."""
    now = time.time
    time.time = lambda: 1_800_000_000.0
    socket.gethostname = lambda: "container"
    os.getpid = lambda: 1
    try:
        barrier.wait(60)
        writer = SummaryWriter(directory)
        for step in range(100):
            writer.add_scalar(f"rank {number}", float(step), step)
        writer.close()
    finally:
        time.time = now


def _join(processes):
    try:
        for process in processes:
            process.join(60)
            assert process.exitcode == 0
    finally:
        for process in processes:
            if process.is_alive():
                process.kill()
                process.join(10)


@needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@counts(8, 64)
def test_processes_that_look_alike_never_share_a_file(tmp_path, reader, count):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(count)
    processes = [context.Process(target=_log_as_twin, args=(tmp_path, n, barrier)) for n in range(count)]
    for process in processes:
        process.start()
    _join(processes)
    files = reader.event_files(tmp_path)
    assert len(files) == count
    assert reader.scalars(tmp_path) == {f"rank {n}": [(s, float(s)) for s in range(100)] for n in range(count)}
    for file in files:
        assert sum(1 for _ in EventFileLoader(str(file)).Load()) == 101


def _log_as_worker(writer, name):
    for step in range(1_000):
        writer.add_scalar(name, float(step), step)


@needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("workers", [4, pytest.param(8, marks=pytest.mark.soak)])
def test_workers_by_fork_and_by_spawn_together(tmp_path, reader, workers):
    """As a DataLoader's: the parent logs all the while, and the workers end without closing."""
    writer = SummaryWriter(tmp_path)
    processes = [
        multiprocessing.get_context(method).Process(target=_log_as_worker, args=(writer, f"{method} {n}"))
        for method in ("fork", "spawn")
        for n in range(workers)
    ]
    for process in processes:
        writer.add_scalar("parent", 1.0, 1)
        process.start()
    _join(processes)
    writer.close()
    points = reader.scalars(tmp_path)
    assert len(points.pop("parent")) == 2 * workers
    expected = [(step, float(step)) for step in range(1_000)]
    assert points == {f"{method} {n}": expected for method in ("fork", "spawn") for n in range(workers)}


@counts(1_000, 10_000)
def test_sixteen_threads(tmp_path, reader, count):
    writer = SummaryWriter(tmp_path)
    start = threading.Barrier(16)

    def log(name):
        start.wait(30)
        for step in range(count):
            writer.add_scalar(name, float(step), step)
            if step % 500 == 0:
                writer.add_text(f"{name} text", "words", step)

    threads = [threading.Thread(target=log, args=(f"thread {n}",)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    expected = [(step, float(step)) for step in range(count)]
    assert reader.scalars(tmp_path) == {f"thread {n}": expected for n in range(16)}
    assert len(reader.read_run(tmp_path)) == 16 * (count + -(-count // 500))


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_clock_steps_delay_no_write_and_no_sync(tmp_path, reader, wait_until, monkeypatch, jump):
    synced = []
    monkeypatch.setattr("epochal.writer.disk_sync.sync_descriptor", synced.append)
    real, offset = time.time, 0.0
    monkeypatch.setattr(time, "time", lambda: real() + offset)
    monkeypatch.setattr("epochal.writer.summary_writer._now", time.time)
    writer = SummaryWriter(tmp_path, max_queue=10**9, flush_secs=0.5)
    for step in range(5):
        offset = jump * (step % 2)
        writer.add_scalar("loss", float(step), step)
        done = len(synced)
        wait_until(lambda step=step: len(reader.scalars(tmp_path).get("loss", [])) == step + 1, 5)
        wait_until(lambda done=done: len(synced) > done, 5)
    writer.close()
    times = [event.wall_time for event in reader.read_run(tmp_path)]
    assert all(abs(after - before) > 3000 for before, after in itertools.pairwise(times))
