"""Images and histograms on their way through the workers: order, bounds, and who waits for whom."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from epochal import SummaryWriter
from epochal.writer import media_workers
from epochal.writer.media_workers import CopyBuffers, MediaWorkers
from epochal.writer.warnings import WriterWarning


@pytest.fixture
def workers(monkeypatch):
    """Several workers of our own, whatever the machine has."""
    pool = MediaWorkers(max_threads=4)
    monkeypatch.setattr(media_workers, "_workers", pool)
    return pool


def tags_and_steps(events):
    return [(event.summary.value[0].tag, event.step) for event in events]


def test_each_tag_keeps_its_order(tmp_path, reader, workers, monkeypatch):
    from epochal.summaries import histograms

    real = histograms.encode_histogram_value

    def encode_early_ones_slowly(tag, array, **options):
        time.sleep(0.02 if array[0] % 4 == 0 else 0)
        return real(tag, array, **options)

    monkeypatch.setattr(histograms, "encode_histogram_value", encode_early_ones_slowly)
    writer = SummaryWriter(tmp_path)
    for step in range(24):
        writer.add_histogram(f"tag {step % 2}", np.array([step]), step)
    writer.close()
    logged = tags_and_steps(reader.read_run(tmp_path))
    for tag in ("tag 0", "tag 1"):
        steps = [step for logged_tag, step in logged if logged_tag == tag]
        assert steps == sorted(steps)
        assert len(steps) == 12
    assert [step for _, step in logged] != list(range(24)), "nothing was encoded out of order"


def test_what_needs_no_worker_waits_for_what_does(tmp_path, reader, workers, monkeypatch):
    from epochal.summaries import histograms

    release = threading.Event()
    real = histograms.encode_histogram_value
    monkeypatch.setattr(histograms, "encode_histogram_value", lambda *a, **k: (release.wait(30), real(*a, **k))[1])
    writer = SummaryWriter(tmp_path)
    writer.add_histogram("weights", [1.0], 1)
    for tag, step in (("weights", 2), ("other", 3)):
        writer.add_histogram_raw(tag, 0.0, 1.0, 2.0, 1.0, 1.0, [0.5, 1], [1, 1.0], step)
    end = time.monotonic() + 5
    while not writer.status().written_records and time.monotonic() < end:
        time.sleep(0.01)
    assert tags_and_steps(reader.read_run(tmp_path)) == [("other", 3)]
    release.set()
    writer.close()
    assert tags_and_steps(reader.read_run(tmp_path)) == [("other", 3), ("weights", 1), ("weights", 2)]


def test_scalars_pass_media(tmp_path, reader, workers, monkeypatch):
    from epochal.summaries import histograms

    release = threading.Event()
    real = histograms.encode_histogram_value
    monkeypatch.setattr(histograms, "encode_histogram_value", lambda *a, **k: (release.wait(30), real(*a, **k))[1])
    writer = SummaryWriter(tmp_path)
    writer.add_histogram("weights", [1.0], 1)
    writer.add_scalar("loss", 1.0, 2)
    end = time.monotonic() + 5
    while not reader.scalars(tmp_path):
        assert time.monotonic() < end
        time.sleep(0.01)
    release.set()
    writer.close()
    assert tags_and_steps(reader.read_run(tmp_path)) == [("loss", 2), ("weights", 1)]


def test_flush_waits_for_what_is_being_encoded(tmp_path, reader, workers):
    with SummaryWriter(tmp_path) as writer:
        for step in range(20):
            writer.add_image("image", np.random.default_rng(0).random((3, 100, 100)), step)
        writer.flush()
        assert [event.step for event in reader.read_run(tmp_path)] == list(range(20))
        assert writer.status().encoding == 0


def test_a_value_is_copied_at_the_call(tmp_path, reader, workers):
    with SummaryWriter(tmp_path) as writer:
        array = np.zeros(100_000)
        for step in range(30):
            array[:] = step + 1
            writer.add_histogram("weights", array, step)
        array[:] = -1
    values = [event.summary.value[0].histo for event in reader.read_run(tmp_path)]
    assert [(value.min, value.max) for value in values] == [(step + 1, step + 1) for step in range(30)]


def test_beyond_the_bound_the_caller_encodes_and_nothing_is_lost(tmp_path, reader, workers, monkeypatch):
    from epochal.summaries import histograms

    monkeypatch.setattr(media_workers, "MAX_WAITING_BYTES", 5 * 8_000)
    real = histograms.encode_histogram_value
    encoders = []

    def encode(*arguments, **options):
        encoders.append(threading.current_thread())
        if threading.current_thread() is not threading.main_thread():
            time.sleep(0.02)
        assert workers.waiting_bytes <= 5 * 8_000
        return real(*arguments, **options)

    monkeypatch.setattr(histograms, "encode_histogram_value", encode)
    with SummaryWriter(tmp_path) as writer:
        for step in range(60):
            writer.add_histogram("weights", np.full(1_000, float(step)), step)
    assert [event.step for event in reader.read_run(tmp_path)] == list(range(60))
    assert threading.main_thread() in encoders
    assert len(set(encoders)) > 1
    assert workers.waiting_bytes == 0


def test_a_failing_encoder_warns_once_with_the_tag(tmp_path, reader, workers, monkeypatch):
    from epochal.summaries import images

    def fail(*arguments):
        raise RuntimeError("no such pixel")

    monkeypatch.setattr(images, "encode_png", fail)
    writer = SummaryWriter(tmp_path)
    with pytest.warns(WriterWarning, match=r"'my image'.*no such pixel") as warned:
        log_images(writer)
    assert len(warned) == 1
    writer.add_scalar("loss", 1.0, 1)
    writer.close()
    assert reader.scalars(tmp_path) == {"loss": [(1, 1.0)]}


def test_a_failing_encoder_raises_later_when_strict(tmp_path, workers, monkeypatch):
    from epochal.summaries import images

    def fail(*arguments):
        raise RuntimeError("no such pixel")

    monkeypatch.setattr(images, "encode_png", fail)
    writer = SummaryWriter(tmp_path, strict=True)
    writer.add_image("my image", np.zeros((3, 4, 4)), 1)
    with pytest.raises(RuntimeError, match="no such pixel"):
        writer.flush()
    writer.close()


def log_images(writer):
    for step in range(3):
        writer.add_image("my image", np.zeros((3, 4, 4)), step)
    writer.flush()


def test_threads_end_when_idle(workers, monkeypatch, wait_until):
    monkeypatch.setattr(media_workers, "_IDLE_SECS", 0.05)
    done = threading.Event()
    assert workers.reserve(10)
    workers.run(done.set, 10)
    assert done.wait(5)
    wait_until(lambda: workers._threads == 0)
    done.clear()
    assert workers.reserve(10)
    workers.run(done.set, 10)
    assert done.wait(5)


def test_buffers_are_reused_and_bounded(monkeypatch):
    monkeypatch.setattr(media_workers, "MAX_IDLE_BUFFER_BYTES", 3 << 20)
    buffers = CopyBuffers()
    array = np.arange(200_000, dtype=np.float32).reshape(400, 500).T
    copied, buffer = buffers.copy(array)
    np.testing.assert_array_equal(copied, array)
    assert not np.shares_memory(copied, array)
    buffers.give_back(buffer)
    _, again = buffers.copy(array[:, ::2].astype(np.float64))
    assert again is buffer
    others = [buffers.copy(array)[1] for _ in range(10)]
    for other in others:
        buffers.give_back(other)
    assert sum(idle.nbytes for kept in buffers._idle.values() for idle in kept) <= 3 << 20
