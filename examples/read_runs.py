"""Numbers out of logs: the mean and spread of each setting over its seeds, with NumPy alone.

Run `python examples/many_runs.py` first, which writes the runs, then `python examples/read_runs.py`.
"""

from __future__ import annotations

import numpy as np

import epochal


def main() -> None:
    logdir = epochal.open("runs/sweep")
    seeds: dict[str, list[np.ndarray]] = {}
    for run, _, points in logdir.iter_scalars(tags="^loss$"):
        setting = run.rpartition("/")[0]
        seeds.setdefault(setting, []).append(points.value)
    print(f"{'setting':<16} {'runs':>4} {'final loss':>12} {'spread':>9}  lowest at step")
    for setting, losses in seeds.items():
        finals = np.array([values[-10:].mean() for values in losses])
        mean = np.mean(losses, axis=0)  # all seeds logged the same steps
        print(
            f"{setting:<16} {len(losses):>4} {finals.mean():>12.4f} {finals.std():>9.4f}  {int(mean.argmin()):>14}"
        )


if __name__ == "__main__":
    main()
