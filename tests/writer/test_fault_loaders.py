"""Workers of torch's DataLoader, started in every way there is, log with the training process's writer."""

from __future__ import annotations

import multiprocessing
import os
import warnings

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what a peer's import says is not ours to fail on
    import torch
    from torch.utils.data import DataLoader, Dataset

from epochal import SummaryWriter

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning"),
]

RECORDS_PER_WORKER = 1_000
ITEMS_PER_WORKER = 4
STEPS = RECORDS_PER_WORKER // ITEMS_PER_WORKER - 1


class LoggingDataset(Dataset):
    """Each item logs a histogram and then scalars under its own tag, from whichever worker makes it."""

    def __init__(self, writer: SummaryWriter, items: int) -> None:
        self.writer = writer
        self.items = items

    def __len__(self) -> int:
        return self.items

    def __getitem__(self, index: int) -> torch.Tensor:
        self.writer.add_histogram(f"histogram {index}", torch.arange(10.0), index)
        for step in range(STEPS):
            self.writer.add_scalar(f"item {index}", float(step), step)
        return torch.tensor([os.getpid()])


def load(writer: SummaryWriter, method: str, workers: int) -> set[int]:
    """One epoch with new workers, the parent logging all the while; returns the workers' process numbers."""
    loader = DataLoader(
        LoggingDataset(writer, workers * ITEMS_PER_WORKER),
        num_workers=workers,
        multiprocessing_context=method,
        timeout=60,  # a deadlock is an error
    )
    pids = set()
    for step, batch in enumerate(loader):
        writer.add_scalar("parent", float(step), step)
        pids.add(int(batch))
    return pids


@pytest.mark.parametrize(
    ("method", "workers", "rounds"),
    [
        ("fork", 4, 4),
        ("forkserver", 2, 2),
        ("spawn", 2, 1),
        *(pytest.param(method, 8, 500, marks=pytest.mark.soak) for method in ("fork", "forkserver", "spawn")),
    ],
)
def test_workers_of_a_data_loader(tmp_path, reader, method, workers, rounds):
    if method == "forkserver":
        multiprocessing.set_forkserver_preload(["torch", "epochal.writer.summary_writer"])
    items = workers * ITEMS_PER_WORKER
    expected = {f"item {index}": [(step, float(step)) for step in range(STEPS)] for index in range(items)}
    expected["parent"] = [(step, float(step)) for step in range(items)]
    for number in range(rounds):
        run = tmp_path / f"round{number}"
        with SummaryWriter(run) as writer:
            pids = load(writer, method, workers)
            assert len(pids) == workers
            assert os.getpid() not in pids
        assert reader.scalars(run) == expected
        histograms = [event.step for event in reader.read_run(run) if event.summary.value[0].HasField("histo")]
        assert sorted(histograms) == list(range(items))
        assert len(reader.event_files(run)) == workers + 1
