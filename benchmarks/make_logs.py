"""Makes deterministic logdirs of scalars for the benchmarks: python benchmarks/make_logs.py --preset 5m DIRECTORY.

A preset is runs × tags × steps; each run is one event file in a folder of its own, each event one scalar, tags in
turn, as training loops write them.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path

from epochal.events.core import RecordBuffer
from epochal.events.messages import FILE_VERSION, encode_event

PRESETS = {
    "small": (6, 12, 1_000),
    "1m": (5, 10, 20_000),
    "5m": (5, 10, 100_000),
    "wide": (100, 50, 200),
    "100m": (20, 50, 100_000),
    "many": (10_000, 10, 100),
}
TAGS = ("train/loss", "train/accuracy", "val/loss", "val/accuracy", "lr", "grad_norm/encoder", "grad_norm/decoder")


def tag_name(index: int) -> str:
    """The name of tag number `index`: 2 to 24 characters, slashes as people use them."""
    turn = index // len(TAGS)
    return TAGS[index % len(TAGS)] + (f"/layer{turn}" if turn else "")


def make_run(folder: Path, run: int, tags: int, steps: int, name: Callable[[int], str] = tag_name) -> int:
    """Write one run and return the bytes of its event file; `name` gives the tag of a number."""
    folder.mkdir(parents=True, exist_ok=True)
    start = 1_700_000_000.0 + 1_000 * run
    names = [name(index) for index in range(tags)]
    buffer = RecordBuffer(1 << 40)
    append = buffer.append_scalar
    size = 0
    with (folder / f"events.out.tfevents.{int(start)}.bench.1.{run}").open("wb") as file:
        buffer.append_record(encode_event(start, file_version=FILE_VERSION))
        for step in range(steps):
            wall_time = start + step * 0.05
            base = math.exp(-3 * step / steps)
            for index, tag in enumerate(names):
                # A decaying curve with cheap, repeatable noise.
                append(tag, base + 0.05 * ((step * 7919 + index * 104729 + run) % 1000) / 1000, step, wall_time)
            if buffer.pending_bytes > 1 << 24:
                size += file.write(buffer.take(1 << 40))
        size += file.write(buffer.take(1 << 40))
    return size


def make_logdir(logdir: Path, preset: str) -> int:
    """Write all runs of a preset, unless they are there; return the number of scalars."""
    runs, tags, steps = PRESETS[preset]
    done = logdir / ".complete"
    if not done.exists():
        for run in range(runs):
            make_run(logdir / f"run{run:05d}", run, tags, steps)
        done.touch()
    return runs * tags * steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--preset", choices=PRESETS, default="small")
    options = parser.parse_args()
    print(f"{make_logdir(options.directory, options.preset):,} scalars in {options.directory}")


if __name__ == "__main__":
    main()
