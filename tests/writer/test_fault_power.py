"""The power fails: what the disk holds is what was synced, and perhaps some of what was not."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest
from fault_shims import start_with_shim
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboard.compat.tensorflow_stub.errors import DataLossError

import epochal
from epochal import SummaryWriter

FLUSH_SECS = 0.3
PROMISED_SECS = FLUSH_SECS + 1.0

LOG_FOR_EVER = """
import os, sys, time
from epochal import SummaryWriter
writer = SummaryWriter(sys.argv[1], max_queue=10**9, flush_secs=float(sys.argv[2]))
asks = sys.argv[3] == "asks"
step, safe = 0, -1
while True:
    writer.add_scalar("loss", float(step), step)
    if asks and step % 40 == 39:
        writer.close() if step % 80 == 79 else writer.flush(sync=True)
        safe = step
    os.write(1, b"%d %d %.6f\\n" % (step, safe, time.monotonic()))
    step += 1
    time.sleep(0.001)
"""


def run_until_power_fails(tree: Path, disk: Path, asks: bool, secs: float) -> tuple[int, int]:
    """Log into tree/made/run; return the last step that must be on disk, and the last one logged."""
    process = start_with_shim(
        "power_loss",
        LOG_FOR_EVER,
        [tree / "made" / "run", FLUSH_SECS, "asks" if asks else "waits"],
        EPOCHAL_SHIM_ROOT=tree,
        EPOCHAL_SHIM_DISK=disk,
    )
    try:
        process.stdout.readline()
        time.sleep(secs)
    finally:
        process.send_signal(signal.SIGKILL)
    failed = time.monotonic()
    lines = [line.split() for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    process.stdout.close()
    process.wait()
    due = max((int(step) for step, _, logged in lines if float(logged) < failed - PROMISED_SECS), default=-1)
    return max(due, max(int(safe) for _, safe, _ in lines)), int(lines[-1][0])


def is_entered(disk: Path, path: Path) -> bool:
    """Whether a path and all that leads to it survive, by the directories that were synced."""
    return all((disk / "entries" / part / "entry").exists() for part in (path, *path.parents) if part.name)


def restore(tree: Path, disk: Path, after: Path, tail: str, chance: random.Random) -> None:
    """Make `after` what the disk may hold; tail: what became of the bytes that nobody synced."""
    for real in sorted(path for path in tree.rglob("*tfevents*") if path.is_file()):
        path = real.relative_to(tree)
        copy = disk / "data" / path
        synced = copy.read_bytes() if copy.exists() else b""
        written = real.read_bytes()
        assert written.startswith(synced)
        unsynced = written[len(synced) :]
        some = chance.randrange(len(unsynced) + 1)
        if tail == "lost":
            if not is_entered(disk, path):
                continue
            rest = b""
        elif tail == "torn":
            rest = unsynced[:some]
        elif tail == "zeros":
            rest = unsynced[: some // 2] + bytes(some - some // 2)
        else:
            rest = chance.randbytes(some)
        target = after / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(synced + rest)


def read_stock(file: Path) -> list[int]:
    """The steps of "loss" as TensorBoard's own Python loader reads them, up to the first damage."""
    steps = []
    try:
        for event in LegacyEventFileLoader(str(file)).Load():
            steps += [event.step for value in event.summary.value if value.tag == "loss"]
    except DataLossError:
        pass
    return steps


TAILS = ("lost", "torn", "zeros", "garbage")


@pytest.mark.parametrize("count", [4, pytest.param(300, marks=pytest.mark.soak)])
def test_what_was_synced_survives_a_power_loss(tmp_path, count):
    chance = random.Random(count)
    judged = 0
    for number in range(count):
        asks = number % 2 == 0
        tree, disk = tmp_path / f"tree{number}", tmp_path / f"disk{number}"
        tree.mkdir()
        secs = chance.uniform(0.05, 0.8) if asks else PROMISED_SECS + chance.uniform(0.1, 0.8)
        due, last = run_until_power_fails(tree, disk, asks, secs)
        judged += due + 1
        for tail in TAILS:
            after = tmp_path / f"after{number}" / tail
            restore(tree, disk, after, tail, chance)
            run = after / "made" / "run"
            stock = [step for file in sorted(run.glob("*tfevents*")) for step in read_stock(file)]
            assert stock == list(range(len(stock)))
            assert due < len(stock) <= last + 2
            with SummaryWriter(run) as writer:  # the next session is not harmed by what is left
                writer.add_scalar("loss", -1.0, 1_000_000)
            points = epochal.open(str(after)).runs["made/run"].scalars("loss")
            assert points.step[-1] == 1_000_000
            assert points.value[-1] == -1.0
            steps = points.step[:-1].tolist()
            assert steps == list(range(len(steps)))
            assert points.value[:-1].tolist() == [float(step) for step in steps]
            assert len(steps) >= len(stock)
    assert judged > 20 * count


def test_close_leaves_nothing_to_lose(tmp_path, reader):
    tree, disk, after = tmp_path / "tree", tmp_path / "disk", tmp_path / "after"
    tree.mkdir()
    code = """
        import os, sys
        from epochal import SummaryWriter
        for name in ("made/a", "made/b"):
            writer = SummaryWriter(f"{sys.argv[1]}/{name}")
            for step in range(1000):
                writer.add_scalar("loss", float(step), step)
            writer.add_histogram("weights", [1.0, 2.0], 1)
            writer.close()
        os._exit(0)
        """
    process = start_with_shim("power_loss", code, [tree], EPOCHAL_SHIM_ROOT=tree, EPOCHAL_SHIM_DISK=disk)
    process.communicate()
    restore(tree, disk, after, "lost", random.Random(0))
    for name in ("a", "b"):
        assert reader.scalars(after / "made" / name)["loss"] == [(step, float(step)) for step in range(1000)]
        assert len(reader.read_run(after / "made" / name)) == 1001
