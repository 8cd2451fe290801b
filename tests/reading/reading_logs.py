"""Logs by three writers, with every kind of data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

STEPS = range(3)
NOTE = "step {}: **bold** <think> & naïve\n\ttabs"


def _epochal(folder: str) -> Any:
    import epochal

    return epochal.SummaryWriter(folder)


def _torch(folder: str) -> Any:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(folder)


def _tensorboardx(folder: str) -> Any:
    from tensorboardX import SummaryWriter

    return SummaryWriter(folder)


WRITERS: dict[str, Callable[[str], Any]] = {"epochal": _epochal, "torch": _torch, "tensorboardX": _tensorboardx}


def write_everything(folder: Path, writer_name: str) -> None:
    """One run with every kind of data that the writer has, at steps 0 to 2."""
    import torch

    random = np.random.default_rng(7)
    with WRITERS[writer_name](str(folder)) as writer:
        for step in STEPS:
            writer.add_scalar("loss", 1 / (step + 1), step)
            writer.add_image("image", random.random((3, 8, 6)), step)
            writer.add_text("note", NOTE.format(step), step)
            writer.add_histogram("weights", random.standard_normal(100), step)
            if writer_name != "tensorboardX":  # it would need another package for sound
                samples = random.random((1, 800)).astype(np.float32) - 0.5
                writer.add_audio("sound", samples, step, sample_rate=8000)
            labels, predictions = random.integers(2, size=50), random.random(50)
            writer.add_pr_curve("pr", labels, predictions, step, num_thresholds=11)
            writer.add_mesh(
                "mesh",
                torch.full((1, 5, 3), float(step)),
                colors=torch.full((1, 5, 3), 10 * step),
                faces=torch.zeros((1, 2, 3), dtype=torch.int32) if step else None,
                global_step=step,
                config_dict={"camera": step},
            )
            if writer_name != "tensorboardX":
                writer.add_tensor("tensor", torch.arange(6).reshape(2, 3) + step, step)
        writer.add_embedding(
            torch.arange(12.0).reshape(4, 3),
            metadata=["a", "b", "ü", "d e"],
            label_img=torch.rand(4, 3, 5, 5),
            global_step=2,
            tag="words",
        )
        writer.add_custom_scalars(
            {"c": {"x": ["Multiline", ["loss", "acc.*"]], "y": ["Margin", ["l", "lo", "hi"]]}}
        )
        writer.add_hparams({"lr": 0.5, "optimizer": "adam", "nesterov": True}, {"acc": 1.0})
