"""torch.utils.tensorboard: every method, sub-runs of add_scalars and add_hparams, restarts.

The logdir itself is a run, so that some sub-runs are those of the run ".".
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
import tensorboard
import torch
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

OUT = Path(sys.argv[1])
RNG = np.random.default_rng(7)
TENSOR_DTYPES = (torch.float32, torch.float64, torch.int64, torch.bool, torch.complex64, torch.half, torch.uint8)
NAN, INF = float("nan"), float("inf")


def write_every_method(folder: Path) -> None:
    with SummaryWriter(str(folder)) as writer:
        for step in range(6):
            writer.add_scalar("train/loss", 1 / (step + 1), step)
            writer.add_scalar("odd", [NAN, INF, -INF, 1e-45, -0.0, 3.4e38][step], step)
            writer.add_scalar("new/float", step / 3, step, new_style=True)
            writer.add_scalar("new/double", step / 3, step, new_style=True, double_precision=True)
            writer.add_text("note", f"**step** {step}\n\n<think>a | b</think>", step)
        writer.add_scalar("no step", 1.0)
        writer.add_scalar("no step", 2.0)
        writer.add_scalar("äöü 漢字 %2f (x)", 1.0, 2**40)
        writer.add_scalar("wall", 1.0, 1, walltime=12.5)
        for step in (0, 10):
            writer.add_histogram("weights/tensorflow", RNG.normal(size=40), step)
            writer.add_histogram("weights/auto", RNG.normal(size=40), step, bins="auto")
            image = (RNG.random((3, 6, 5)) * 255).astype(np.uint8)
            writer.add_image("image", image, step)
        writer.add_histogram_raw("weights/raw", 0, 3, 6, 9.0, 15.0, [1.0, 2.0, 3.0], [3, 0, 3], 1)
        writer.add_histogram_raw("weights/open", -5, 7, 4, 9.0, 15.0, [-1.0, 0.0, 1.8e308], [1, 0, 3], 1)
        writer.add_image("grey", RNG.random((1, 4, 4)), 1)
        writer.add_image("hwc", RNG.random((4, 4, 3)), 1, dataformats="HWC")
        writer.add_image("rgba", RNG.random((4, 4, 4)), 1)
        writer.add_images("grid", RNG.random((3, 3, 4, 4)), 1)
        boxes = torch.tensor([[1, 1, 4, 3]])
        writer.add_image_with_boxes("boxes", RNG.random((3, 6, 6)), boxes, 1)
        writer.add_audio("beep", torch.sin(torch.arange(64) / 3)[None], 1, sample_rate=8000)
        writer.add_pr_curve("pr", np.array([0, 1, 1, 0]), np.array([0.1, 0.8, 0.4, 0.6]), 1, num_thresholds=9)
        writer.add_pr_curve_raw("pr/raw", *np.arange(24, dtype=np.float32).reshape(6, 4), 2, num_thresholds=4)
        vertices = torch.tensor([[[0, 0, 0], [1, 0, 0], [0, 1, 0.0]]])
        colors = torch.tensor([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]])
        writer.add_mesh("mesh", vertices, colors, torch.tensor([[[0, 1, 2]]]), {"camera": {"fov": 75}}, 1)
        writer.add_custom_scalars({"loss": {"both": ["Multiline", ["train/loss", "odd"]]}})
        for dtype in TENSOR_DTYPES:
            writer.add_tensor(f"tensor/{str(dtype)[6:]}", torch.arange(4).to(dtype).reshape(2, 2), 3)
        model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
        writer.add_graph(model, torch.zeros(1, 2))
        pictures = torch.rand(4, 3, 2, 2)
        writer.add_embedding(torch.arange(8.0).reshape(4, 2), ["a", "b", "c", "d"], pictures, 3, "words")
        writer.add_embedding(
            torch.arange(6.0).reshape(2, 3), [["x", 1], ["y", 2]], tag="two/columns", metadata_header=["name", "n"]
        )


def write_sub_runs(root: Path) -> None:
    """add_scalars and add_hparams, below the logdir itself and below a nested run."""
    for folder, main_tag in ((root, "sides"), (root / "nested" / "job", "group/sub_tag")):
        with SummaryWriter(str(folder)) as writer:
            for step in range(3):
                writer.add_scalar("loss", 3 - step, step)
                writer.add_scalars(main_tag, {"sine": step * 0.5, "key with_äöü %": -step, "a": 1.0}, step)
                writer.add_scalars(f"{main_tag}_2", {"sine": step}, step)
            values = {"lr": 0.1, "layers": 3, "bias": True, "dropout": False, "optimizer": "adam"}
            writer.add_hparams(values, {"accuracy": 0.5, "loss": NAN}, {"lr": [0.1, 0.01], "optimizer": ["adam"]})
            writer.add_hparams({"lr": 0.01, "note": "x"}, {"accuracy": 0.75}, run_name="second", global_step=4)


def write_restarts(root: Path) -> None:
    """One run, three sessions: a step later, then one that purges, then one that goes back without saying so."""
    for session, (first, purge) in enumerate(((0, None), (4, 4), (6, None))):
        with SummaryWriter(str(root), purge_step=purge, filename_suffix=f".{session}") as writer:
            for step in range(first, first + 6):
                writer.add_scalar("loss", session + step / 100, step)
                writer.add_text("log", f"session {session}, step {step}", step)
            writer.add_histogram("h", np.arange(5) + session, first + 2)


def write_sessions_without_experiment(root: Path) -> None:
    """What Lightning's logger does: session records in the run itself, without metrics."""
    with SummaryWriter(str(root)) as writer:
        _, start, end = hparams({"lr": 0.5, "name": "solo", "clip": INF}, {"score": 0})
        writer._get_file_writer().add_summary(start)
        writer.add_scalar("score", 0.25, 7)
        writer._get_file_writer().add_summary(end)


def main() -> None:
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    write_every_method(OUT / "everything")
    write_sub_runs(OUT)
    write_restarts(OUT / "restarts")
    write_sessions_without_experiment(OUT / "session")
    print(f"torch {torch.__version__}, tensorboard {tensorboard.__version__}, NumPy {np.__version__}")


main()
