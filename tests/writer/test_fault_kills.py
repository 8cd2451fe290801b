"""Processes that are killed: an oracle outside, fed by a pipe, knows what was logged and when."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

PROMISED_SECS = 1.0

LOG_FOR_EVER = """
import os, sys, time
from epochal import SummaryWriter
writer = SummaryWriter(sys.argv[1], max_queue=10**9)
step = 0
while True:
    writer.add_scalar("loss", float(step), step)
    os.write(1, b"%d %.6f\\n" % (step, time.monotonic()))
    step += 1
    time.sleep(0.0005)
"""


def counts(twin: int, soak: int):
    return pytest.mark.parametrize("count", [twin, pytest.param(soak, marks=pytest.mark.soak)])


@counts(5, 1_000)
def test_sigkill_again_and_again(tmp_path, reader, run_script, count):
    chance = random.Random(count)
    judged = 0
    for number in range(count):
        run = tmp_path / f"run{number}"
        process = run_script(LOG_FOR_EVER, run, wait=False)
        process.stdout.readline()
        # Every other process lives long enough that the promise covers some of its records.
        time.sleep(chance.uniform(0.0, 0.3) + (PROMISED_SECS + 0.2) * (number % 2))
        process.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        acknowledged = [
            line.split() for line in process.stdout.read().splitlines(keepends=True) if line[-1] == "\n"
        ]
        process.wait()
        process.stdout.close()
        process.stderr.close()
        due = [int(step) for step, logged in acknowledged if float(logged) < killed - PROMISED_SECS]
        points = reader.scalars(run).get("loss", [])  # asserts whole frames
        assert points == [(step, float(step)) for step in range(len(points))]
        assert len(points) > max(due, default=-1)
        judged += len(due)
    assert judged > count


@counts(5, 200)
def test_flush_then_sigkill_loses_nothing(tmp_path, reader, run_script, count):
    for number in range(count):
        run = tmp_path / f"run{number}"
        process = run_script(
            """
            import os, signal, sys
            from epochal import SummaryWriter
            writer = SummaryWriter(sys.argv[1], max_queue=10**9)
            for step in range(1_000):
                writer.add_scalar("loss", float(step), step)
            writer.add_histogram("weights", [1.0, 2.0], 1)
            writer.flush()
            os.kill(os.getpid(), signal.SIGKILL)
            """,
            run,
        )
        assert process.returncode == -signal.SIGKILL, process.errors
        assert reader.scalars(run)["loss"] == [(step, float(step)) for step in range(1_000)]
        assert len(reader.read_run(run)) == 1_001


def test_sigterm_still_calls_the_users_handler(tmp_path, reader, run_script):
    process = run_script(
        """
        import os, signal, sys
        from epochal import SummaryWriter
        def handler(number, frame):
            writer.add_scalar("last", 1.0, 1)
            print("handled", flush=True)
            sys.exit(7)
        signal.signal(signal.SIGTERM, handler)
        writer = SummaryWriter(sys.argv[1], max_queue=10**9)
        assert signal.getsignal(signal.SIGTERM) is handler
        for step in range(1_000):
            writer.add_scalar("loss", float(step), step)
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
        """,
        tmp_path,
    )
    assert process.returncode == 7, process.errors
    assert process.output == "handled\n"
    assert len(reader.scalars(tmp_path)["loss"]) == 1_000
    assert reader.scalars(tmp_path)["last"] == [(1, 1.0)]


@pytest.mark.parametrize("ending", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGTERM)", "os.abort()"])
def test_ends_that_run_no_hook_lose_at_most_a_second(tmp_path, reader, run_script, ending):
    run_script(
        f"""
        import os, resource, signal, sys, time
        from epochal import SummaryWriter
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        writer = SummaryWriter(sys.argv[1], max_queue=10**9)
        for step in range(1_000):
            writer.add_scalar("loss", float(step), step)
        time.sleep({PROMISED_SECS})
        writer.add_scalar("loss", 1000.0, 1000)
        {ending}
        """,
        tmp_path,
    )
    assert len(reader.scalars(tmp_path)["loss"]) >= 1_000


pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX signals")
