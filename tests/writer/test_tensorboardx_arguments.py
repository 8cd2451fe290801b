"""Arguments that tensorboardX's writer has and torch's has not."""

from __future__ import annotations

import numpy as np
import pytest

from epochal import SummaryWriter
from epochal.writer.warnings import WriterWarning


def test_a_scalar_with_a_name_and_a_description(tmp_path, reader):
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_scalar("loss", 0.5, 1, display_name="Loss", summary_description="*lower* is better")
        writer.add_scalar("loss", np.float32(0.25), 2, 7.5, summary_description="")
        with pytest.raises(TypeError):
            writer.add_scalar("loss", 0.5, 1, display_name=5)
    first, second = reader.read_run(tmp_path)
    (value,) = first.summary.value
    assert (value.tag, value.simple_value, first.step) == ("loss", 0.5, 1)
    assert (value.metadata.display_name, value.metadata.summary_description) == ("Loss", "*lower* is better")
    assert value.metadata.plugin_data.plugin_name == "scalars"
    assert (second.summary.value[0].simple_value, second.wall_time) == (0.25, 7.5)


def test_the_name_of_a_session(tmp_path, reader):
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_hparams({"lr": 0.1}, {"accuracy": 1}, name="trial", global_step=3)
    assert reader.scalars(tmp_path / "trial") == {"accuracy": [(3, 1.0)]}


def test_the_axes_of_a_video(tmp_path, reader):
    frames = np.random.default_rng(1).integers(0, 256, (2, 3, 3, 6, 8), dtype=np.uint8)
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_video("video", frames, 1)
        writer.add_video("other", frames.transpose(0, 1, 3, 4, 2), 1, dataformats="NTHWC")
    first, second = (event.summary.value[0].image for event in reader.read_run(tmp_path))
    assert first == second
    with SummaryWriter(tmp_path) as writer:
        for dataformats in ("NTHW", "NTXYZ", 5):
            with pytest.warns(WriterWarning):
                writer.add_video(f"bad {dataformats}", frames, 1, dataformats=dataformats)
        assert writer.status().rejected == 3
