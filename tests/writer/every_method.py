"""One call of every method of SummaryWriter, with arguments that torch's writer takes too."""

from __future__ import annotations

import warnings

import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what a peer's import says is not ours to fail on
    import torch

random = np.random.default_rng(11)

VALUES = random.normal(size=500)
PICTURE = random.integers(0, 256, (3, 24, 32), dtype=np.uint8)
BATCH = random.integers(0, 256, (3, 3, 6, 8), dtype=np.uint8)
FLOAT_PICTURE = random.random((3, 12, 16)).astype(np.float32)
BOXES = np.array([[2, 3, 20, 15], [5.5, 1, 30, 22]])
SOUND = torch.from_numpy(np.sin(np.arange(800) / 20).astype(np.float32) * 0.7)[None]
TENSOR = torch.arange(12, dtype=torch.int64).reshape(3, 4)
COMPLEX = torch.randn(3, dtype=torch.complex64)
LABELS = random.integers(0, 2, 200)
PREDICTIONS = random.random(200).astype(np.float32)
WEIGHTS = random.random(200)
CURVE = [row.tolist() for row in random.random((6, 20)).astype(np.float32)]
VERTICES = torch.randn(2, 5, 3)
COLORS = torch.randint(0, 256, (2, 5, 3))
FLOAT_COLORS = torch.rand(2, 5, 3)
FACES = torch.tensor([[[0, 1, 2], [1, 2, 3]]] * 2)
CONFIG = {"camera": {"cls": "PerspectiveCamera", "fov": 75}}
LAYOUT = {"cat": {"lines": ["Multiline", ["loss/.*", "acc"]], "band": ["Margin", ["v", "lo", "hi"]]}, "empty": {}}
HPARAMS = {"lr": 0.1, "layers": 3, "name": "adam", "bias": True, "none": None, "tensor": torch.tensor([0.5])}
METRICS = {"accuracy": 0.75, "loss": torch.tensor(0.25)}
EMBEDDING = random.random((10, 4)).astype(np.float32)
NAMES = [f"point {number}" for number in range(10)]
ROWS = [[f"point {number}", str(number)] for number in range(10)]
THUMBNAILS = torch.rand(10, 3, 5, 7)


class Net(torch.nn.Module):
    """Layers, a parameter of its own, a list, branches that join, and two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Dropout(0.5))
        self.blocks = torch.nn.ModuleList([torch.nn.Linear(8, 8) for _ in range(2)])
        self.scale = torch.nn.Parameter(torch.ones(8))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.encoder(x)
        for block in self.blocks:
            x = x + block(x) * self.scale
        return x, x.sum()


torch.manual_seed(0)
NET = Net()
INPUT = torch.randn(2, 4)


def _figures(writer):
    from matplotlib.figure import Figure

    for several in (False, True):
        figures = [Figure(figsize=(1, 1)) for _ in range(2)]
        for number, figure in enumerate(figures):
            figure.gca().plot([0, 1], [number, 1])
        writer.add_figure(f"figure {several}", figures if several else figures[0], 3, False, 2.5)


CALLS = {
    "scalar": lambda w: w.add_scalar("loss", 0.1, 3, 1.5),
    "scalar without step": lambda w: w.add_scalar("loss", 1),
    "scalar new_style": lambda w: w.add_scalar("loss", 0.1, 3, 1.5, new_style=True, double_precision=True),
    "scalars": lambda w: [w.add_scalars("a/b", {"x": 1, "y/z ": 2.5}, step, 1.5) for step in range(3)],
    "tensor": lambda w: w.add_tensor("t", TENSOR, 1, 1.5),
    "tensor complex": lambda w: w.add_tensor("t", COMPLEX, 1, 1.5),
    "tensor bool": lambda w: w.add_tensor("t", TENSOR > 5, 1, 1.5),
    "tensor scalar": lambda w: w.add_tensor("t", torch.tensor(2.5, dtype=torch.float64), 1, 1.5),
    "histogram": lambda w: w.add_histogram("h", VALUES, 3, walltime=1.5),
    "histogram with nan": lambda w: w.add_histogram("h", np.append(VALUES, np.nan), 3, walltime=1.5),
    "histogram auto": lambda w: w.add_histogram("h", VALUES, 3, "auto", 1.5, 9),
    "histogram raw": lambda w: w.add_histogram_raw("h", -1, 2, 6, 3.5, 9, [0.0, 1.0, 2], [1, 2, 3], 4, 1.5),
    "image": lambda w: w.add_image("i", PICTURE, 3, 1.5),
    "image float": lambda w: w.add_image("i", FLOAT_PICTURE[0], 3, 1.5, "HW"),
    "images": lambda w: w.add_images("i", BATCH, 3, 1.5),
    "boxes": lambda w: w.add_image_with_boxes("i", PICTURE, BOXES, 3, 1.5, labels=["cat", "a dog"]),
    "boxes float": lambda w: w.add_image_with_boxes("i", FLOAT_PICTURE, torch.tensor(BOXES), 3, 1.5, 2.0),
    "boxes other labels": lambda w: w.add_image_with_boxes("i", PICTURE, BOXES[:1], 3, 1.5, labels=["a", "b"]),
    "boxes one label": lambda w: w.add_image_with_boxes("i", PICTURE, BOXES[:1], 3, 1.5, labels="dog"),
    "figure": _figures,
    "audio": lambda w: w.add_audio("a", SOUND, 3, 8000, 1.5),
    "audio clipped": lambda w: w.add_audio("a", SOUND * 2, 3, walltime=1.5),
    "text": lambda w: w.add_text("t", "# Grüße", 3, 1.5),
    "pr curve": lambda w: w.add_pr_curve("p", LABELS, PREDICTIONS, 3, walltime=1.5),
    "pr curve weighted": lambda w: w.add_pr_curve("p", torch.tensor(LABELS), PREDICTIONS, 3, 300, WEIGHTS, 1.5),
    "pr curve few": lambda w: w.add_pr_curve("p", LABELS > 0, PREDICTIONS, 3, 5, 0.5),
    "pr curve raw": lambda w: w.add_pr_curve_raw("p", *CURVE, 3, 20, walltime=1.5),
    "custom scalars": lambda w: w.add_custom_scalars(LAYOUT),
    "custom multiline": lambda w: w.add_custom_scalars_multilinechart(["a", "b"], "cat", "chart"),
    "custom margin": lambda w: w.add_custom_scalars_marginchart(["v", "lo", "hi"]),
    "mesh": lambda w: w.add_mesh("m", VERTICES, COLORS, FACES, CONFIG, 3, 1.5),
    "mesh points": lambda w: w.add_mesh("m", VERTICES),
    "mesh float colors": lambda w: w.add_mesh("m", VERTICES, FLOAT_COLORS, global_step=1),
    "hparams": lambda w: w.add_hparams(HPARAMS, METRICS, run_name="trial", global_step=4),
    "hparams domain": lambda w: w.add_hparams(
        {"lr": 0.1, "name": "adam"}, METRICS, {"lr": [0.1, 1.0], "name": ["adam", "sgd"]}, "trial"
    ),
    "graph": lambda w: w.add_graph(NET, INPUT),
    "graph not strict": lambda w: w.add_graph(NET.encoder, (INPUT,), use_strict_trace=False),
    "graph function": lambda w: w.add_graph(torch.nn.ReLU(), INPUT),
    "embedding": lambda w: w.add_embedding(EMBEDDING, NAMES, THUMBNAILS, 3, "a/b%"),
    "embedding columns": lambda w: w.add_embedding(torch.tensor(EMBEDDING), ROWS, metadata_header=["name", "id"]),
    "embeddings": lambda w: [w.add_embedding(EMBEDDING + step, global_step=step) for step in range(3)],
}
