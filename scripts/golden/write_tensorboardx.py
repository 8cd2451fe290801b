"""tensorboardX: its methods, sub-runs of add_scalars and add_hparams, its own extras."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import tensorboardX

OUT = Path(sys.argv[1])
RNG = np.random.default_rng(8)


def main() -> None:
    with tensorboardX.SummaryWriter(str(OUT / "everything")) as writer:
        for step in range(4):
            writer.add_scalar(
                "train/loss", 1 / (step + 1), step, display_name="Loss", summary_description="*falls*"
            )
            writer.add_scalar("odd", [float("nan"), float("inf"), -1.0, 0.0][step], step)
            writer.add_histogram("weights", RNG.normal(size=30), step)
            writer.add_text("note", f"step {step} | **bold**", step)
            writer.add_image("image", (RNG.random((3, 5, 4)) * 255).astype(np.uint8), step)
        writer.add_histogram_raw("raw", 0, 3, 6, 9.0, 15.0, [1.0, 2.0, 3.0], [3, 0, 3], 1)
        writer.add_images("grid", RNG.random((2, 3, 4, 4)), 1)
        writer.add_image_with_boxes("boxes", RNG.random((3, 6, 6)), np.array([[1, 1, 4, 3]]), 1)
        writer.add_audio("stereo", RNG.random((32, 2)) - 0.5, 1, sample_rate=8000)
        writer.add_pr_curve("pr", np.array([0, 1, 1, 0]), np.array([0.1, 0.8, 0.4, 0.6]), 1, num_thresholds=9)
        writer.add_mesh(
            "mesh", RNG.random((1, 3, 3)), (RNG.random((1, 3, 3)) * 255).astype(np.uint8), global_step=1
        )
        writer.add_custom_scalars({"loss": {"both": ["Multiline", ["train/loss", "odd"]]}})
        writer.add_embedding(RNG.random((3, 2)), ["a", "b", "c"], global_step=2, tag="words")
        with writer.use_metadata(global_step=9, walltime=77.0):
            writer.add_scalar("given", 1.0)
    with tensorboardX.SummaryWriter(str(OUT / "subs")) as writer:
        for step in range(3):
            writer.add_scalars("sides", {"sine": step * 0.5, "two words": -step}, step)
            writer.add_scalars("group/deep", {"x": step}, step)
        writer.add_hparams({"lr": 0.1, "bias": True, "opt": "adam", "n": 3}, {"accuracy": 0.5})
        writer.add_hparams({"lr": 0.2, "extra": False}, {"accuracy": 0.6}, name="named", global_step=2)
    print(f"tensorboardX {tensorboardX.__version__}, NumPy {np.__version__}")


main()
