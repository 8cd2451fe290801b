"""A sweep: one run per setting, several processes at once. Folders become groups in the list of runs.

Run `python examples/many_runs.py`, then `epochal runs`.
"""

from __future__ import annotations

import itertools
from multiprocessing import Pool

import numpy as np

from epochal import SummaryWriter

STEPS = 300


def train(setting: tuple[float, float, int]) -> float:
    """Minimise a bumpy valley; return the last loss."""
    learning_rate, momentum, seed = setting
    rng = np.random.default_rng(seed)
    position, velocity, loss = rng.normal(size=2) * 3, np.zeros(2), 0.0
    with SummaryWriter(f"runs/sweep/lr={learning_rate:g} m={momentum:g}/seed {seed}") as writer:
        for step in range(STEPS):
            x, y = position
            loss = float(x**2 + 10 * y**2 + 1 - np.cos(3 * x))
            gradient = np.array([2 * x + 3 * np.sin(3 * x), 20 * y]) + rng.normal(size=2) * 0.3
            velocity = momentum * velocity - learning_rate * gradient
            position = position + velocity
            writer.add_scalar("loss", loss, step)
            writer.add_scalar("gradient norm", np.linalg.norm(gradient), step)
    return loss


def main() -> None:
    settings = list(itertools.product((0.003, 0.01, 0.03), (0.0, 0.9), range(3)))
    with Pool() as pool:
        losses = pool.map(train, settings)
    best = min(zip(losses, settings, strict=True))
    print(f"{len(settings)} runs; the lowest loss, {best[0]:.4f}, has lr={best[1][0]:g}, momentum={best[1][1]:g}")


if __name__ == "__main__":
    main()
