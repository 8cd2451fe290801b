"""SIGTERM: no handler unless asked for; with `handle_sigterm` nothing is lost and the old handler still called."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
import weakref

import pytest

from epochal import SummaryWriter
from epochal.writer import lifecycle
from epochal.writer.warnings import WriterWarning

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX signals")

PROMISED_SECS = 1.0

# Every record is acknowledged to the oracle after the call that logged it has returned.
LOG_FOR_EVER = """
import os, signal, sys, time
from epochal import SummaryWriter
def handler(number, frame):
    os.write(1, b"handled\\n")
    os._exit(7)
{setup}
writer = SummaryWriter(sys.argv[1], max_queue=10**9, handle_sigterm={handled})
step = 0
while True:
    writer.add_scalar("loss", float(step), step)
    if step % 50 == 0:
        writer.add_histogram("weights", [float(step), 2.0], step)
    os.write(1, b"%d %.6f\\n" % (step, time.monotonic()))
    step += 1
    if step % 5 == 0:
        time.sleep(0.0005)
"""
USERS_HANDLER = "signal.signal(signal.SIGTERM, handler)"


def counts(twin: int, soak: int):
    return pytest.mark.parametrize("count", [twin, pytest.param(soak, marks=pytest.mark.soak)])


@counts(2, 200)
@pytest.mark.parametrize("handled", [True, False], ids=["asked for", "default"])
def test_sigterm_again_and_again(tmp_path, reader, run_script, handled, count):
    chance = random.Random(count)
    for number in range(count):
        run = tmp_path / f"run{number}"
        has_handler = number % 2 == 0
        script = LOG_FOR_EVER.format(setup=USERS_HANDLER if has_handler else "", handled=handled)
        process = run_script(script, run, wait=False)
        process.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.3) + (0.0 if handled else PROMISED_SECS + 0.2))
        process.send_signal(signal.SIGTERM)
        terminated = time.monotonic()
        *lines, last = process.stdout.read().splitlines() or [""]
        process.wait(30)
        process.stdout.close()
        process.stderr.close()
        assert process.returncode == (7 if has_handler else -signal.SIGTERM)
        assert (last == "handled") == has_handler
        acknowledged = [line.split() for line in lines] + ([] if has_handler else [last.split()])
        due = [int(step) for step, logged in acknowledged if handled or float(logged) < terminated - PROMISED_SECS]
        points = reader.scalars(run).get("loss", [])
        assert points == [(step, float(step)) for step in range(len(points))]
        assert len(points) > max(due, default=-1)
        if handled:
            histograms = [event.step for event in reader.read_run(run) if event.summary.value[0].tag == "weights"]
            assert histograms == list(range(0, len(points), 50))[: len(histograms)]
            assert len(histograms) >= max(due) // 50
        assert due or handled


@pytest.fixture
def old_handler():
    """Put the process's own handler back, whatever a test leaves."""
    before = signal.getsignal(signal.SIGTERM)
    yield before
    signal.signal(signal.SIGTERM, before)


def test_by_default_no_handler_is_taken(tmp_path, old_handler):
    with SummaryWriter(tmp_path):
        assert signal.getsignal(signal.SIGTERM) is old_handler


def test_the_old_handler_comes_back_with_the_last_close(tmp_path, old_handler):
    first = SummaryWriter(tmp_path / "1", handle_sigterm=True)
    ours = signal.getsignal(signal.SIGTERM)
    assert ours is not old_handler
    second = SummaryWriter(tmp_path / "2", handle_sigterm=True)
    assert signal.getsignal(signal.SIGTERM) is ours
    first.close()
    first.close()
    assert signal.getsignal(signal.SIGTERM) is ours
    del second  # dropped without close
    assert signal.getsignal(signal.SIGTERM) is old_handler


def test_each_signal_reaches_a_handler_once_and_training_goes_on(tmp_path, reader, old_handler):
    heard = []
    signal.signal(signal.SIGTERM, lambda number, frame: heard.append((number, writer.status().waiting_records)))
    writer = SummaryWriter(tmp_path, max_queue=10**9, handle_sigterm=True)
    other = SummaryWriter(tmp_path / "other", max_queue=10**9)  # all of the process are written out
    for step in range(5):
        writer.add_scalar("loss", 1.0, step)
        other.add_scalar("loss", 1.0, step)
        os.kill(os.getpid(), signal.SIGTERM)
        assert heard == [(signal.SIGTERM, 0)] * (step + 1)
        assert len(reader.scalars(tmp_path)["loss"]) == len(reader.scalars(tmp_path / "other")["loss"]) == step + 1
    writer.close()
    os.kill(os.getpid(), signal.SIGTERM)
    assert len(heard) == 6
    other.close()


def test_an_ignored_signal_stays_ignored(tmp_path, reader, old_handler):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with SummaryWriter(tmp_path, max_queue=10**9, handle_sigterm=True) as writer:
        writer.add_scalar("loss", 1.0, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        assert reader.scalars(tmp_path)["loss"] == [(1, 1.0)]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN


def test_handlers_on_top_and_below(tmp_path, old_handler):
    """A user's handler over ours that calls ours; then another writer of ours over that."""
    heard = []
    signal.signal(signal.SIGTERM, lambda *_: heard.append("below"))
    first = SummaryWriter(tmp_path / "1", handle_sigterm=True)
    ours = signal.getsignal(signal.SIGTERM)

    def on_top(number, frame):
        heard.append("top")
        ours(number, frame)

    signal.signal(signal.SIGTERM, on_top)
    second = SummaryWriter(tmp_path / "2", handle_sigterm=True)
    os.kill(os.getpid(), signal.SIGTERM)
    assert heard == ["top", "below"]
    first.close()
    os.kill(os.getpid(), signal.SIGTERM)
    assert heard == ["top", "below"] * 2
    second.close()
    assert signal.getsignal(signal.SIGTERM) is on_top
    os.kill(os.getpid(), signal.SIGTERM)
    assert heard == ["top", "below"] * 3


def test_a_signal_within_a_call_waits_for_its_end(tmp_path, reader, old_handler, wait_until, monkeypatch):
    """A value half handed over, with the lock of the encoders held: a flush right then could never end."""
    from epochal.writer.media_workers import media_workers

    # The handler flushes every writer of the process; those that other tests left on dead disks would stall it.
    monkeypatch.setattr(lifecycle, "_writers", weakref.WeakSet())
    heard = []
    signal.signal(signal.SIGTERM, lambda *_: heard.append(writer.status().waiting_records))
    workers = media_workers()
    with SummaryWriter(tmp_path, handle_sigterm=True) as writer:
        real = workers.run

        def interrupted(task, nbytes):
            with workers._lock:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(0.001)
                assert not heard
            real(task, nbytes)

        workers.run = interrupted
        try:
            started = time.monotonic()
            writer.add_histogram("weights", [1.0, 2.0], 1)
        finally:
            del workers.run
        wait_until(lambda: heard == [0])
        assert time.monotonic() - started < 9
        assert len(reader.read_run(tmp_path)) == 1


def test_away_from_the_main_thread_there_is_a_warning(tmp_path, old_handler):
    caught = []

    def make():
        with pytest.warns(WriterWarning, match="only the main thread"):
            SummaryWriter(tmp_path / "1", handle_sigterm=True).close()
        try:
            SummaryWriter(tmp_path / "2", handle_sigterm=True, strict=True)
        except ValueError as error:
            caught.append(str(error))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    assert caught == ["only the main thread can handle SIGTERM"]
    assert signal.getsignal(signal.SIGTERM) is old_handler


def test_a_writer_closed_by_another_thread_leaves_a_handler_that_only_passes_on(tmp_path, old_handler):
    heard = []
    signal.signal(signal.SIGTERM, lambda *_: heard.append(1))
    writer = SummaryWriter(tmp_path, handle_sigterm=True)
    thread = threading.Thread(target=writer.close)
    thread.start()
    thread.join()
    os.kill(os.getpid(), signal.SIGTERM)
    assert heard == [1]
    with SummaryWriter(tmp_path, handle_sigterm=True):
        os.kill(os.getpid(), signal.SIGTERM)
    assert heard == [1, 1]


def test_in_a_forked_child(tmp_path, reader, run_script):
    process = run_script(
        """
        import os, signal, sys
        from epochal import SummaryWriter
        writer = SummaryWriter(sys.argv[1], max_queue=10**9, handle_sigterm=True)
        writer.add_scalar("parent", 1.0, 1)
        child = os.fork()
        if child == 0:
            for step in range(1_000):
                writer.add_scalar("child", 1.0, step)
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGTERM, status
        writer.add_scalar("parent", 2.0, 2)
        os.kill(os.getpid(), signal.SIGTERM)
        """,
        tmp_path,
    )
    assert process.returncode == -signal.SIGTERM, process.errors
    points = reader.scalars(tmp_path)
    assert len(points["child"]) == 1_000
    assert points["parent"] == [(1, 1.0), (2, 2.0)]
