"""Fresh logs by torch, tensorboardX and Epochal: every value that TensorBoard's own reader finds, unchanged."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import plain
import pytest
from epochal_values import read_epochal
from stock_values import read_stock

from epochal import SummaryWriter, summary
from epochal.events.messages import Tensor, decode_value
from epochal.events.tensors import decode_tensor
from epochal.store.reloader import Reloader

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import tensorboardX
    import torch
    from torch.utils.tensorboard import SummaryWriter as TorchWriter

NAN, INF = float("nan"), float("inf")
ODD_VALUES = [NAN, INF, -INF, -0.0, 1e-45, 5e-324, 3.4028235e38, 1e308, 2**53 + 1, True]
TENSOR_DTYPES = [torch.float64, torch.float32, torch.int64, torch.int32, torch.int8, torch.bool, torch.complex64]
ODD_TAGS = ["", "/", "a//b", " blank ", "ümlaut/漢字", "%2f", "tab\there", "__run_graph__x", "a" * 300]


def check(logdir: Path) -> dict[str, Any]:
    """Read the logdir with both; they must agree. The answer is TensorBoard's."""
    reloader = Reloader(logdir, reload_interval_secs=0)
    reloader.start()
    reloader.wait_until_loaded(30)
    try:
        assert reloader.snapshot.problems == ()
        stock = read_stock(logdir)
        plain.assert_same(stock, read_epochal(reloader.snapshot))
    finally:
        reloader.stop()
    return stock


def write_all_kinds(writer: Any, seed: int) -> None:
    """What torch's, tensorboardX's and Epochal's writers have in common, with arguments drawn at random."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(-3, 60, 50).tolist()
    for step in steps:
        writer.add_scalar("loss", float(rng.normal()), step)
        writer.add_scalar("odd", ODD_VALUES[step % len(ODD_VALUES)], step, float(rng.normal() * 1e9))
    for number, tag in enumerate(ODD_TAGS[1:]):
        writer.add_scalar(tag, number, number)
    for step in range(4):
        shape = rng.integers(1, 9, 2)
        writer.add_image("image", (rng.random((3, *shape)) * 255).astype(np.uint8), step)
        writer.add_images("images", rng.random((2, 3, *shape)), step)
        writer.add_histogram("weights", rng.normal(size=rng.integers(1, 500)) * 10.0 ** rng.integers(-9, 9), step)
        writer.add_histogram("bins", rng.integers(0, 9, 40), step, bins="auto")
        writer.add_text("text", str(rng.bytes(9)) + "\n| a | b |\n", step)
        writer.add_pr_curve("pr", rng.integers(0, 2, 20), rng.random(20), step, num_thresholds=11)
    writer.add_mesh("mesh", rng.random((2, 5, 3)), (rng.random((2, 5, 3)) * 255).astype(np.uint8), global_step=1)
    writer.add_custom_scalars({"c": {"m": ["Multiline", ["loss"]], "n": ["Margin", ["a", "b", "c"]]}})
    writer.add_scalars("main/tag", {"one": 1, "two ": 2.5, "drei/3": NAN}, 4)
    writer.add_hparams({"lr": 0.1, "bias": False, "opt": "adam"}, {"accuracy": 0.5, "bad": NAN})


def make_torch(folder: Path, **options: Any) -> Any:
    return TorchWriter(str(folder), **options)


def make_tensorboardx(folder: Path, **options: Any) -> Any:
    return tensorboardX.SummaryWriter(str(folder), **options)


def make_epochal(folder: Path, **options: Any) -> Any:
    return SummaryWriter(str(folder), **options)


def make_epochal_torch_layout(folder: Path, **options: Any) -> Any:
    return SummaryWriter(str(folder), torch_layout=True, **options)


MAKERS = [make_torch, make_tensorboardx, make_epochal, make_epochal_torch_layout]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("seed", [1, 2])
def test_all_kinds(make: Callable[..., Any], seed: int, tmp_path: Path) -> None:
    with make(tmp_path / "run") as writer:
        write_all_kinds(writer, seed)
    with make(tmp_path) as writer:  # the logdir itself, too
        write_all_kinds(writer, seed + 100)
    stock = check(tmp_path)
    assert len(stock) >= 2
    assert sum(len(facts["points"]) for tags in stock.values() for facts in tags.values()) > 250


@pytest.mark.filterwarnings("ignore")
def test_what_only_torch_and_epochal_have(tmp_path: Path) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
    for make in (make_torch, make_epochal):
        with make(tmp_path / make.__name__) as writer:
            writer.add_graph(model, torch.zeros(1, 2))
            for value in (0.1, NAN, 1e300):
                writer.add_scalar("new", value, 1, new_style=True)
                writer.add_scalar("double", value, 1, new_style=True, double_precision=True)
            for dtype in TENSOR_DTYPES:
                writer.add_tensor(str(dtype), torch.arange(6).reshape(2, 3).to(dtype), 2)
            writer.add_audio("audio", torch.sin(torch.arange(99) / 5)[None], 3, sample_rate=8000)
            writer.add_embedding(torch.arange(6.0).reshape(3, 2), ["a", "b", "c"])
    stock = check(tmp_path)
    assert "__run_graph__" in stock["make_torch"]


@pytest.mark.parametrize("make", [make_torch, make_epochal])
def test_tensors_that_stock_cannot_read(make: Callable[..., Any], tmp_path: Path) -> None:
    """torch writes uint8, half and bfloat16 in fields of its own."""
    dtypes = (torch.uint8, torch.float16, torch.bfloat16)
    with make(tmp_path) as writer:
        for dtype in dtypes:
            writer.add_tensor(str(dtype), torch.tensor([[0, 1.5], [200, 100]]).to(dtype))
    reloader = Reloader(tmp_path, reload_interval_secs=0)
    reloader.start()
    reloader.wait_until_loaded(30)
    for dtype in dtypes:
        tag = reloader.snapshot.find_tag(".", str(dtype), "tensor")
        value = decode_value(reloader.snapshot.read_blob(tag.blobs().ref(0))).value
        assert isinstance(value, Tensor)
        expected = [[0, 1], [200, 100]] if dtype == torch.uint8 else [[0, 1.5], [200, 100]]
        assert decode_tensor(value.data).tolist() == expected
    reloader.stop()


def test_epochals_tf_summary(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    with summary.create_file_writer(str(tmp_path)).as_default():
        for step in range(3):
            summary.scalar("loss", 1 / (step + 1), step, description="*falls*")
            summary.image("image", rng.random((3, 4, 5, 3)), step, description="pictures")
            summary.audio("audio", rng.random((2, 40, 1)) - 0.5, 8000, step)
            summary.text("text", [["a", "b"], ["c", "d"]], step)
            summary.histogram("weights", rng.normal(size=99), step)
    check(tmp_path)


@pytest.mark.parametrize("make", MAKERS[:3])
def test_restarts_purges_and_writers_side_by_side(make: Callable[..., Any], tmp_path: Path) -> None:
    """Nothing is hidden from whoever asks for everything."""
    for session in range(3):
        options: dict[str, Any] = {} if session == 0 else {"purge_step": 5 * session}
        writer = make(tmp_path / "run", filename_suffix=f".{session}", **options)
        for step in range(5 * session, 5 * session + 12):
            writer.add_scalar("loss", step / 7, step)
            writer.add_text("text", f"{session} {step}", step)
        writer.close()
    stock = check(tmp_path)
    assert len(stock["run"]["loss"]["points"]) == 36
