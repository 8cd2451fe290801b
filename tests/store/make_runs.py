"""Logdirs of many points, made quickly by the core's own encoder."""

from __future__ import annotations

from pathlib import Path

from epochal.events.core import RecordBuffer
from epochal.events.messages import FILE_VERSION, encode_event


def make_runs(logdir: Path, runs: int, tags: int, steps: int) -> None:
    """Each run is one file; tag7 of run 3 has at step s the value s + 7 + 3/1000."""
    for run in range(runs):
        folder = logdir / f"run{run:05d}"
        folder.mkdir(parents=True)
        buffer = RecordBuffer(1 << 40)
        buffer.append_record(encode_event(1000.0, file_version=FILE_VERSION))
        for step in range(steps):
            for tag in range(tags):
                buffer.append_scalar(f"tag{tag}", step + tag + run / 1000, step, 1001.0 + step)
        (folder / "events.out.tfevents.1000.host.1.0").write_bytes(buffer.take(1 << 40))
