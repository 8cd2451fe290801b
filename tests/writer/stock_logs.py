"""A logdir with the output of every method, and a real TensorBoard that serves it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import every_method as given
import numpy as np

from epochal import SummaryWriter

random = np.random.default_rng(3)
VALUES = random.normal(size=1000)
PICTURE = random.integers(0, 256, (3, 6, 8), dtype=np.uint8)
BATCH = random.integers(0, 256, (3, 3, 6, 8), dtype=np.uint8)
DEPTH = random.integers(0, 65536, (6, 8), dtype=np.uint16)
FRAMES = np.repeat(random.integers(0, 256, (1, 4, 3, 2, 4), dtype=np.uint8), 3, axis=4)
STEREO = np.stack([np.linspace(-1, 1, 50), np.linspace(1, -1, 50)], axis=1)
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(100)


def write_logs(root: Path) -> None:
    """Log to `run` what test_stock_tensorboard asks for, and to `every` the methods of test_stock_methods."""
    with SummaryWriter(root / "run", strict=True) as writer:
        for step in range(100):
            writer.add_scalar("loss", 1 / (step + 1), step, walltime=1000.0 + step)
            writer.add_scalars("group", {"a": step, "b ": -step}, step)
        writer.add_scalar("new_style", 0.25, 7, new_style=True)
        writer.add_text("note", "**bold**", 1)
        writer.add_text("table", [["a", "b"], ["c", "d"]], 1)
        writer.add_image("picture", PICTURE, 2)
        writer.add_images("batch", BATCH, 3)
        writer.add_image("depth", DEPTH, 3, dataformats="HW")
        writer.add_histogram("weights", VALUES, 4)
        writer.add_histogram("empty", np.zeros(0), 4)
        writer.add_histogram("only nan", np.full(3, np.nan), 4)
        writer.add_histogram("some nan", np.append(VALUES, [np.nan, np.inf, -np.inf]), 4)
    with SummaryWriter(root / "every", strict=True) as writer:
        writer.add_histogram_raw("raw", -1, 2, 6, 3.5, 9, [0.0, 1.0, 2.0], [1, 2, 3], 4)
        writer.add_image_with_boxes("boxes", given.PICTURE, given.BOXES, 3, labels=["cat", "dog"], rescale=2)
        writer.add_video("video", FRAMES, 3, fps=5)
        writer.add_video("clip", MP4, 3)
        writer.add_audio("mono", given.SOUND, 3, 8000)
        writer.add_audio("stereo", STEREO, 3, 8000)
        writer.add_tensor("tensor", given.TENSOR, 3)
        writer.add_pr_curve("curve", given.LABELS, given.PREDICTIONS, 3)
        writer.add_pr_curve_raw("raw curve", *given.CURVE, 3, 20)
        writer.add_mesh("mesh", given.VERTICES, given.FLOAT_COLORS, given.FACES, given.CONFIG, 3)
        writer.add_mesh("bytes", given.VERTICES, given.COLORS.numpy().astype(np.uint8), global_step=3)
        for tag in ("v", "lo", "hi"):
            writer.add_scalar(tag, 1.0, 5)
        writer.add_custom_scalars(given.LAYOUT)
        writer.add_graph(given.NET, given.INPUT)
        writer.add_embedding(given.EMBEDDING, given.NAMES, given.THUMBNAILS, 3, "a/b")
        writer.add_hparams(given.HPARAMS, given.METRICS)
        writer.add_hparams(
            {"lr": 0.5, "bias": False, "none": "a"}, {"accuracy": 0.5}, run_name="second", global_step=9
        )
        from matplotlib.figure import Figure

        figure = Figure(figsize=(1, 1), facecolor="red")
        writer.add_figure("figure", figure, 3)
    assert writer.status().rejected == writer.status().dropped_media == 0


@contextmanager
def serve(logdir: Path, load_fast: str) -> Iterator[Callable[..., bytes]]:
    """Run TensorBoard on `logdir`; yields GET of a route below /data/plugin/, once everything is loaded."""
    options = ["--port", "0", "--host", "127.0.0.1", "--load_fast", load_fast, "--reload_interval", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        base = next((line.split(" at ")[1].split()[0] for line in process.stderr if " at http://" in line), None)
        assert base, "TensorBoard did not start"

        def get(path: str, **parameters: object) -> bytes:
            query = urllib.parse.urlencode(parameters)
            with urllib.request.urlopen(f"{base.rstrip('/')}/data/plugin/{path}?{query}", timeout=30) as response:
                data: bytes = response.read()
                return data

        end = time.monotonic() + 60
        while "weights" not in list_tags(get, "histograms") or "figure" not in list_tags(get, "images", "every"):
            assert time.monotonic() < end, "TensorBoard did not load the runs"
            time.sleep(0.1)
        yield get
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stderr.close()


def list_tags(get: Callable[..., bytes], plugin: str, run: str = "run") -> dict[str, object]:
    """The tags of a run; none while the server does not answer yet."""
    try:
        tags: dict[str, object] = json.loads(get(f"{plugin}/tags")).get(run, {})
        return tags
    except (urllib.error.URLError, ConnectionError):
        return {}
