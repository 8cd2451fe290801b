"""Waiting for what a reloader publishes; a test that waits in vain fails after PATIENCE_SECS."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from epochal.store.reloader import Reloader
from epochal.store.snapshot import Snapshot

PATIENCE_SECS = 10.0


def until(reloader: Reloader, is_so: Callable[[Snapshot], bool]) -> Snapshot:
    """Wait for a snapshot of which something is true."""
    deadline = time.monotonic() + PATIENCE_SECS
    snapshot = reloader.snapshot
    while not is_so(snapshot):
        assert time.monotonic() < deadline, (snapshot, snapshot.problems)
        snapshot = reloader.wait(snapshot.revision, 0.2)
    return snapshot


def load(logdir: Path) -> Snapshot:
    return Reloader(logdir).load()


def steps(snapshot: Snapshot, run: str = "run", tag: str = "loss") -> list[int]:
    return snapshot.find_tag(run, tag, "scalars").scalars().step.tolist()


def has_steps(count: int, run: str = "run", tag: str = "loss") -> Callable[[Snapshot], bool]:
    def is_so(snapshot: Snapshot) -> bool:
        found = snapshot.runs.get(run)
        of_stem = found.by_stem.get("scalars", {}) if found else {}
        return tag in of_stem and of_stem[tag].points == count

    return is_so
