"""JAX's clu.metric_writers: its TensorFlow writer, as Flax examples use it."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from clu.metric_writers.summary_writer import SummaryWriter

OUT = Path(sys.argv[1])
RNG = np.random.default_rng(11)


def main() -> None:
    writer = SummaryWriter(str(OUT / "train"))
    writer.write_hparams({"learning_rate": 0.1, "layers": 2, "name": "mlp", "bias": True})
    for step in range(3):
        writer.write_scalars(step, {"loss": jnp.float32(1 / (step + 1)), "accuracy": step / 4, "count": step})
        writer.write_images(step, {"image": jnp.asarray(RNG.random((2, 4, 4, 3)), jnp.float32)})
        writer.write_audios(step, {"sound": RNG.random((1, 24, 1)).astype(np.float32) - 0.5}, sample_rate=8000)
        writer.write_texts(step, {"text": f"step {step}"})
        writer.write_histograms(step, {"weights": RNG.normal(size=(4, 5))}, num_buckets={"weights": 4})
    writer.flush()
    writer.close()
    print(", ".join(f"{name} {version(name)}" for name in ("clu", "jax", "tensorflow-cpu")))


main()
