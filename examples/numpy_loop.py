"""A plain NumPy loop: fit a line, log numbers, a histogram, a picture and a text.

Run `python examples/numpy_loop.py`, then `epochal runs`.
"""

from __future__ import annotations

import numpy as np

from epochal import SummaryWriter

STEPS = 500


def main() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(1000, 8))
    truth = rng.normal(size=8)
    targets = inputs @ truth + 0.1 * rng.normal(size=1000)
    weights = np.zeros(8)

    with SummaryWriter("runs/numpy") as writer:
        writer.add_text("about", "Least squares by **stochastic gradient descent**, batches of 32.")
        for step in range(STEPS):
            batch = rng.integers(0, len(inputs), 32)
            errors = inputs[batch] @ weights - targets[batch]
            weights -= 0.02 * inputs[batch].T @ errors / len(batch)
            writer.add_scalar("loss", np.mean(errors**2), step)
            if step % 25 == 0:
                norms = {"weights": np.linalg.norm(weights), "truth": np.linalg.norm(truth)}
                writer.add_scalars("norm", norms, step)
                writer.add_histogram("errors", errors, step)
                product = np.outer(weights, truth)
                product /= np.abs(product).max() + 1e-12
                writer.add_image("weights times truth", product, step, dataformats="HW")


if __name__ == "__main__":
    main()
