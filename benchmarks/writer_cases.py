"""What the writer's benchmarks log: a case for each method of SummaryWriter, the same values for each library."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

IMPORTS = {
    "ours": "from epochal import SummaryWriter",
    "torch": "from torch.utils.tensorboard import SummaryWriter",
    "tensorboardX": "from tensorboardX import SummaryWriter",
}
PEERS = ("torch", "tensorboardX")

Writer = Any
Call = Callable[[Writer, int], object]


@dataclass(frozen=True)
class Case:
    """One method with its values: `call(writer, step)` logs them once."""

    what: str
    call: Call
    limit_us: float | None = None
    """The most that a call may take of its caller's thread, where the design says so."""
    repeats: int = 100
    peers: tuple[str, ...] = PEERS
    """The libraries that can do the same with what is installed here."""


def make_writer(name: str, folder: str) -> Writer:
    """A writer of the library `name` (a key of IMPORTS) into its own directory."""
    namespace: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(IMPORTS[name], namespace)
    return namespace["SummaryWriter"](tempfile.mkdtemp(dir=folder))


def list_files(writer: Writer) -> Iterable[Path]:
    """Every file of the writer's run and its sub-runs."""
    directory = writer.logdir if hasattr(writer, "logdir") else writer.log_dir
    return (path for path in Path(directory).rglob("*") if path.is_file())


def sync_files(writer: Writer) -> int:
    """Have the files of a closed writer on disk, and return their size in bytes."""
    nbytes = 0
    for path in list_files(writer):
        fd = os.open(path, os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)
        nbytes += path.stat().st_size
    return nbytes


def make_cases(shrink: int = 1) -> list[Case]:
    """The cases. Sizes and repeats are divided by `shrink`, for a quick look whether everything runs."""
    cases = [*_number_cases(shrink), *_picture_cases(shrink), *_array_cases(shrink), *_experiment_cases(shrink)]
    if shrink > 1:
        cases = [Case(case.what, case.call, case.limit_us, 1, case.peers) for case in cases]
    return cases


def _number_cases(shrink: int) -> list[Case]:
    import torch

    text = "A **step** of training, as people log it: `lr=0.1`, batch 128.\n" * 4
    losses = {"train": 0.5, "validation": 0.625, "test": 0.75}
    tensor = torch.tensor(0.5)
    return [
        Case("add_scalar of a float", lambda w, s: w.add_scalar("loss", 0.5, s), 2.0, 300),
        Case("add_scalar of a torch tensor", lambda w, s: w.add_scalar("tensor loss", tensor, s), None, 300),
        Case("add_scalars of 3 floats", lambda w, s: w.add_scalars("losses", losses, s), None, 300),
        Case("add_text of 250 bytes", lambda w, s: w.add_text("note", text, s), 15.0, 300),
    ]


def _picture_cases(shrink: int) -> list[Case]:
    from matplotlib.figure import Figure

    random = np.random.default_rng(0)
    size = max(8, 224 // shrink)
    image = random.random((3, size, size), dtype=np.float32)
    pixels = (image * 255).astype(np.uint8)
    batch = random.random((16, 3, size // 4, size // 4), dtype=np.float32)
    boxes = np.array([[0.1, 0.1, 0.5, 0.6], [0.3, 0.4, 0.9, 0.8]]) * size
    video = random.integers(0, 256, (1, 16, 3, size // 4, size // 4), dtype=np.uint8)
    sound = np.sin(np.arange(44_100 // shrink, dtype=np.float32) / 20)[None] * 0.7
    figure = Figure(figsize=(6.4 / shrink + 1, 4.8 / shrink + 1))
    figure.gca().plot(np.arange(50), random.random(50))
    shape = f"3 × {size} × {size}"
    return [
        Case(f"add_image of {shape} float32", lambda w, s: w.add_image("image", image, s), 500.0),
        Case(f"add_image of {shape} uint8", lambda w, s: w.add_image("pixels", pixels, s)),
        Case(f"add_images of 16 × 3 × {size // 4} × {size // 4}", lambda w, s: w.add_images("batch", batch, s)),
        Case(
            "add_image_with_boxes of 2 boxes",
            lambda w, s: w.add_image_with_boxes("boxes", image, boxes, s, labels=["cat", "dog"]),
        ),
        Case(
            "add_figure of one curve, drawing included",
            lambda w, s: w.add_figure("figure", figure, s, close=False),
            repeats=30,
        ),
        # The peers need moviepy for it, and without it log nothing.
        Case("add_video of 16 frames", lambda w, s: w.add_video("video", video, s), repeats=20, peers=()),
        # tensorboardX needs soundfile for it.
        Case("add_audio of 1 s", lambda w, s: w.add_audio("sound", sound, s), peers=("torch",)),
    ]


def _array_cases(shrink: int) -> list[Case]:
    random = np.random.default_rng(1)
    count = 1_000_000 // shrink**2
    values = random.normal(size=count).astype(np.float32)
    limits, counts = np.linspace(-3, 3, 31)[1:].tolist(), random.integers(1, 100, 30).tolist()
    labels, guesses = random.integers(0, 2, 10_000 // shrink), random.random(10_000 // shrink).astype(np.float32)
    curve = random.random((6, 127)).astype(np.float32)
    vertices = random.random((1, 5_000 // shrink, 3)).astype(np.float32)
    return [
        Case(f"add_histogram of {count:,} float32", lambda w, s: w.add_histogram("h", values, s), 2000.0),
        Case(
            "add_histogram_raw of 30 buckets",
            lambda w, s: w.add_histogram_raw("raw", -3.0, 3.0, 1500, 12.5, 900.0, limits, counts, s),
        ),
        Case(
            f"add_tensor of {len(guesses):,} float32",
            lambda w, s: w.add_tensor("t", _torch(guesses), s),
            peers=("torch",),
        ),
        Case(f"add_pr_curve of {len(labels):,}", lambda w, s: w.add_pr_curve("pr", labels, guesses, s)),
        Case("add_pr_curve_raw of 127 thresholds", lambda w, s: w.add_pr_curve_raw("pr raw", *curve, s, 127)),
        Case(
            f"add_mesh of {vertices.shape[1]:,} points",
            lambda w, s: w.add_mesh("mesh", _torch(vertices), global_step=s),
        ),
    ]


def _experiment_cases(shrink: int) -> list[Case]:
    import torch

    points, dimensions = 1_000 // shrink, 32
    random = np.random.default_rng(2)
    matrix = random.random((points, dimensions)).astype(np.float32)
    names = [f"point {number}" for number in range(points)]
    layers = [torch.nn.Linear(32, 32), torch.nn.ReLU()] * 4
    model, batch = torch.nn.Sequential(*layers), torch.zeros(4, 32)
    layout = {"losses": {"both": ["Multiline", ["loss/train", "loss/validation"]]}}
    hparams, metrics = {"lr": 0.1, "layers": 3, "name": "adam", "bias": True}, {"accuracy": 0.75}
    tags = ["loss", "low", "high"]
    return [
        Case("add_hparams of 4 values", lambda w, s: w.add_hparams(hparams, metrics, global_step=s), repeats=30),
        Case("add_custom_scalars", lambda w, s: w.add_custom_scalars(layout)),
        Case("add_custom_scalars_multilinechart", lambda w, s: w.add_custom_scalars_multilinechart(tags)),
        Case("add_custom_scalars_marginchart", lambda w, s: w.add_custom_scalars_marginchart(tags)),
        Case(
            f"add_embedding of {points:,} × {dimensions}",
            lambda w, s: w.add_embedding(matrix, names, global_step=s),
            repeats=20,
        ),
        Case("add_graph of 8 layers, tracing included", lambda w, s: w.add_graph(model, batch), repeats=20),
    ]


def _torch(array: np.ndarray[Any, Any]) -> Any:
    """The array as a torch tensor on the same memory: some methods of the peers take nothing else."""
    import torch

    return torch.from_numpy(array)
