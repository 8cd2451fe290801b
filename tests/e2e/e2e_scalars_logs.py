"""Log directories of scalars that are hard to draw, or that many people have: sweeps, restarts, crowds of runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path

from e2e_logs import START

from epochal import SummaryWriter
from epochal.events.core import RecordBuffer
from epochal.events.messages import FILE_VERSION, encode_event

RATES = (0.001, 0.01)
SEEDS = range(4)

# The exact integers of a JavaScript number end at 2^53.
HUGE_STEP = 2**53 - 50

# What someone types → the tag that must be found. Case differs by language, and letters may be stored in parts.
TYPED_AND_FOUND = {
    "istanbul": "İSTANBUL/kayıp",
    "KAYIP": "İSTANBUL/kayıp",
    "ısparta": "ISPARTA/doğruluk",
    "ПОТЕРИ": "потери/обучение",
    "обучение": "потери/обучение",
    "손실": "손실/훈련",
    "SPACES  AND": "with spaces  and two",
    "<SCRIPT>": "<script>window.attacked = 'name'</script>",
    "%S %20": "100 % of %s %20 %",
    "XXXXXXXXXX": "long/" + "x" * 995,
}


def steps_of(seed: int) -> int:
    """Points of a run of the sweep: no two seeds stopped at the same step."""
    return 100 - 10 * seed


def loss_of(rate: float, seed: int, step: int) -> float:
    """Straight lines, so that every mean and slope is known; seeds lie 1 apart, rates 10."""
    return (10.0 if rate == RATES[0] else 20.0) + seed + step / 10


def run_of(rate: float, seed: int) -> str:
    return f"lr={rate}/seed={seed}"


def write_sweep(logdir: Path) -> None:
    """Two learning rates × four seeds in folders, with hparams; `baseline` beside them."""
    for rate in RATES:
        for seed in SEEDS:
            with SummaryWriter(logdir / run_of(rate, seed)) as writer:
                for step in range(steps_of(seed)):
                    at = START + 10 * seed + step
                    writer.add_scalar("train/loss", loss_of(rate, seed, step), step, at)
                    writer.add_scalar("train/accuracy", 1 - 1 / (step + 2), step, at)
                    writer.add_scalar("examples", 64 * step, step, at)
                writer.add_hparams({"lr": rate, "seed": seed}, {"final": loss_of(rate, seed, steps_of(seed) - 1)})
    with SummaryWriter(logdir / "baseline") as writer:
        for step in range(100):
            writer.add_scalar("train/loss", 8.0, step, START + step)


def write_points(writer: SummaryWriter, tag: str, steps: Iterable[int], value: Callable[[int], float]) -> None:
    """One point a second, whatever its step."""
    for index, step in enumerate(steps):
        writer.add_scalar(tag, value(step), step, START + index)


def write_restart_and_lanes(logdir: Path) -> None:
    """`restarted`: 60 points of 1, then from step 40 on 60 points of 2. `lanes`: a loop of 50 steps run twice."""
    for start, value, first in ((START, 1.0, 0), (START + 1000, 2.0, 40)):
        with SummaryWriter(logdir / "restarted") as writer:
            for step in range(first, first + 60):
                writer.add_scalar("loss", value, step, start + step)
    with SummaryWriter(logdir / "lanes") as writer:
        for turn in range(2):
            for step in range(50):
                writer.add_scalar("loss", 3.0 + turn, step, START + 50 * turn + step)


def write_edges(logdir: Path) -> None:
    """One run whose series are all at an edge of what can be drawn."""
    special = {7: math.nan, 20: math.inf, 33: -math.inf}
    with SummaryWriter(logdir / "edges") as writer:
        write_points(writer, "some not finite", range(50), lambda step: special.get(step, float(step)))
        write_points(writer, "all NaN", range(10), lambda _: math.nan)
        write_points(writer, "one point", [5], lambda _: 0.25)
        write_points(writer, "one NaN", [5], lambda _: math.nan)
        write_points(writer, "constant", range(20), lambda _: 42.0)
        write_points(writer, "huge steps", range(HUGE_STEP, HUGE_STEP + 100), lambda step: step - HUGE_STEP)
        write_points(writer, "negative steps", range(-50, 50), float)
        write_points(writer, "huge values", range(20), lambda step: (-1.0) ** step * 3e38)
        write_points(writer, "tiny values", range(20), lambda step: step * 1e-38)
        write_points(writer, "outlier", range(100), lambda step: 1e6 if step == 50 else math.sin(step / 9))
        for step in range(100):
            idle = 3600 if step >= 50 else 0
            writer.add_scalar("idle gap", step, step, START + step + idle)


def write_odd_tags(logdir: Path) -> None:
    """One run with every tag of TYPED_AND_FOUND, two points each, and tags that only natural order sorts well."""
    with SummaryWriter(logdir / "odd") as writer:
        for index, tag in enumerate(dict.fromkeys(TYPED_AND_FOUND.values())):
            write_points(writer, tag, range(2), lambda step, index=index: float(index + step))
        for number in (10, 9, 1, 2):
            write_points(writer, f"order/layer{number}", range(2), float)
        for name in ("Ömer", "ali", "Zeki", "Işık", "ilker"):
            write_points(writer, f"isimler/{name}", range(2), float)


def write_crowd(logdir: Path, runs: int, tags: int, points: int) -> None:
    """Many short runs at once, `sweep-<n>/run-<m>`: one file each, written without a thread and syncs for each."""
    for run in range(runs):
        folder = logdir / f"sweep-{run % 7}" / f"run-{run:04}"
        folder.mkdir(parents=True)
        buffer = RecordBuffer(1 << 30)
        buffer.append_record(encode_event(START, file_version=FILE_VERSION))
        for step in range(points):
            for tag in range(tags):
                fall = (0.3 + 0.7 * (run * 37 % 101) / 101) * math.exp(-4 * step / points)
                noise = 0.02 * math.sin(step * (3 + run % 5) + tag)
                buffer.append_scalar(f"group{tag % 5}/tag{tag}", fall + noise + run / runs / 5, step, START + step)
        (folder / f"events.out.tfevents.{int(START)}.host.1.{run}").write_bytes(bytes(buffer.take(1 << 30)))
