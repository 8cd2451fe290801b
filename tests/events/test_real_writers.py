"""Files by other writers: what TensorBoard's own loader reads, record for record, is what ours reads."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

from epochal.events.filesystem import pread
from epochal.events.messages import decode_event, decode_value

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import tensorboardX
    from torch.utils.tensorboard import SummaryWriter as TorchWriter


def write_everything(writer: Any) -> None:
    """The part of the API that both writers share."""
    image = np.arange(3 * 8 * 8, dtype=np.uint8).reshape(3, 8, 8)
    large = np.random.default_rng(1).integers(0, 256, (3, 200, 200), dtype=np.uint8)
    for step in range(20):
        writer.add_scalar("train/loss", 1 / (step + 1), step)
        writer.add_scalar("odd", [float("nan"), float("inf"), -1.0][step % 3], step)
        writer.add_histogram("weights", np.arange(50) * step, step)
        if step % 5 == 0:
            writer.add_image("image", image, step)
            writer.add_image("large", large, step)
            writer.add_text("text", f"step **{step}**", step)
    writer.add_pr_curve("pr", np.array([0, 1, 1]), np.array([0.1, 0.8, 0.4]), 1)
    writer.add_hparams({"lr": 0.1}, {"accuracy": 0.5})
    writer.close()


@pytest.fixture(scope="module", params=["torch", "tensorboardX"])
def event_files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp(request.param)
    make = TorchWriter if request.param == "torch" else tensorboardX.SummaryWriter
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_everything(make(str(folder)))
    return sorted(folder.rglob("*tfevents*"))


def test_same_records_and_values(core: ModuleType, event_files: list[Path]) -> None:
    assert len(event_files) == 2  # add_hparams makes a sub-run
    for path in event_files:
        events = list(LegacyEventFileLoader(str(path)).Load())
        fd = os.open(path, os.O_RDONLY)
        try:
            decoder = core.EventDecoder()
            assert decoder.decode(fd) == len(events)
            check_file(decoder, fd, events)
        finally:
            os.close(fd)
        assert (decoder.offset, decoder.problems(), decoder.tail_problem) == (path.stat().st_size, [], None)
        assert decoder.first_wall_time == events[0].wall_time
        assert decoder.last_wall_time == events[-1].wall_time
        assert decoder.file_version == "brain.Event:2"


def check_file(decoder: Any, fd: int, events: list[Any]) -> None:
    expected: dict[tuple[bytes, str], list[Any]] = {}
    for event in events:
        for value in event.summary.value:
            kind = value.WhichOneof("value") or "metadata"
            expected.setdefault((value.tag.encode(), kind), []).append((event, value))
    assert [(info.tag, info.kind) for info in decoder.tags()] == list(expected)
    for info in decoder.tags():
        points = expected[info.tag, info.kind]
        assert info.points == len(points)
        assert info.plugin_name == points[0][1].metadata.plugin_data.plugin_name
        assert info.plugin_content == points[0][1].metadata.plugin_data.content
        columns = decoder.scalars(info.index) if info.is_scalar else decoder.blobs(info.index)
        assert columns[0].tolist() == [event.step for event, _ in points]
        assert columns[1].tolist() == [event.wall_time for event, _ in points]
        if info.is_scalar:
            np.testing.assert_array_equal(columns[2], [value.simple_value for _, value in points])
        else:
            check_blobs(fd, columns, points)


def check_blobs(fd: int, columns: Any, points: list[Any]) -> None:
    for row, (event, value) in enumerate(points):
        record_offset, record_bytes, value_offset, value_bytes = (int(column[row]) for column in columns[2:6])
        raw = pread(fd, value_bytes, value_offset)
        assert raw == value.SerializeToString()
        assert pread(fd, record_bytes, record_offset + 12) == event.SerializeToString()
        decoded = decode_value(raw)
        assert decoded.tag == value.tag.encode()
        assert decode_event(pread(fd, record_bytes, record_offset + 12)).step == event.step
