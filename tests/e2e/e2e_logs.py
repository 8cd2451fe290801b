"""Log directories that the browser tests look at, written with Epochal's own writer; every value is known."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np

from epochal import SummaryWriter

# 2023-11-14 22:13:20 UTC. Point `step` of the gallery was logged `step` seconds later.
START = 1_700_000_000.0
SPIKE_STEP, SPIKE_VALUE = 12_345, 1000.0

RED, GREEN, BLUE = (220, 40, 40), (40, 200, 80), (40, 80, 220)

MARKDOWN = """# Notes on *ramp*

A **bold** word, `code`, and a list:

- one
- two

| layer | units |
| --- | --- |
| hidden | 64 |
"""

# Each line tries to run code or to reach another machine; none may.
ATTACK = """harmless words

<script>window.attacked = "script"</script>
<img src="http://203.0.113.7/pixel.png" onerror="window.attacked = 'onerror'">
<iframe srcdoc="<script>parent.attacked = 'frame'</script>"></iframe>
<svg onload="window.attacked = 'svg'"></svg>
![remote](http://203.0.113.7/remote.png)
[link](javascript:window.attacked='link')
"""

# Names that break software which takes names for paths, HTML, URLs or printf formats.
HARD_NAMES = (
    "with spaces  and two",
    "100 % of %s %20 %",
    "<script>window.attacked = 'name'</script>",
    "손실/훈련",
    "потери/обучение",
    "quotes \" and ' and & and ;",
    "question?mark=1&hash#tag",
    "long/" + "x" * 495,
    "emoji 🎲/loss",
    "lr+decay, 3/a~b",
)
# The same for run names, which are directories: no slash inside, at most 255 bytes.
HARD_RUNS = (
    "with spaces  and two",
    "100 % of %s %20",
    "<b>bold</b>",
    "훈련",
    "обучение",
    "a&b=c#d;e",
    "adam+decay, 3",
    "y" * 250,
)


def plain_image(colour: tuple[int, int, int]) -> np.ndarray:
    """8 × 8 pixels of one colour, height × width × channel."""
    return np.full((8, 8, 3), colour, dtype=np.uint8)


def write_gallery(logdir: Path) -> None:
    """Two runs, `flat` and `ramp`, with every kind of data; the file times are START too."""
    for run in ("flat", "ramp"):
        with SummaryWriter(logdir / run) as writer:
            write_gallery_run(writer, run)
    for path in logdir.rglob("*"):
        os.utime(path, (START, START))


def write_gallery_run(writer: SummaryWriter, run: str) -> None:
    is_ramp = run == "ramp"
    for step in range(101):
        at = START + step
        writer.add_scalar("shape/line", step if is_ramp else 25.0, step, at)
        writer.add_scalar("shape/zigzag", (-1.0) ** step if is_ramp else 0.0, step, at)
        writer.add_scalar("shape/decay", 10.0 ** (-step / 25) if is_ramp else 0.5, step, at)
        turn = step / (9 if is_ramp else 14)
        waves = {"sine": math.sin(turn), "cosine": math.cos(turn)}
        writer.add_scalars("group", waves, step, at)
        if is_ramp:
            writer.add_scalar("shape/broken", math.nan if step == 7 else float(step), step, at)
    for index, colour in enumerate((RED, GREEN, BLUE)):
        step = 10 * index
        writer.add_image("colours", plain_image(colour), step, START + step, dataformats="HWC")
        writer.add_histogram(
            "bins", np.repeat([0.5, 1.5, 3.0], [10, 20 + index, 5]), step, [0, 1, 2, 4], START + step
        )
        writer.add_text("notes/readme", MARKDOWN if is_ramp else f"step {step} of flat", step, START + step)
    if is_ramp:
        writer.add_text("notes/attack", ATTACK, 0, START)
        rng = np.random.default_rng(0)
        for step in range(0, 100, 5):
            writer.add_histogram("weights/normal", rng.normal(step / 50, 1, 2000), step, walltime=START + step)
        for step in range(20_000):
            value = SPIKE_VALUE if step == SPIKE_STEP else math.sin(step / 500)
            writer.add_scalar("many/spike", value, step, START + step / 100)


def write_hard_names(logdir: Path) -> None:
    """One run with every hard tag in each kind, and a run for each hard run name."""
    with SummaryWriter(logdir / "tags") as writer:
        for index, name in enumerate(HARD_NAMES):
            for step in range(3):
                writer.add_scalar(name, index + step, step)
            writer.add_image(name, plain_image(GREEN), 0, dataformats="HWC")
            writer.add_text(name, f"text {index}", 0)
            writer.add_histogram(name, np.arange(10.0), 0)
    for index, name in enumerate(HARD_RUNS):
        with SummaryWriter(logdir / name) as writer:
            writer.add_scalar("plain", index, 0)
            writer.add_scalar("plain", index, 1)


def damage(path: Path, offset: int) -> None:
    """Change one byte."""
    data = bytearray(path.read_bytes())
    data[offset] ^= 0xFF
    path.write_bytes(bytes(data))
