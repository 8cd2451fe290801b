"""What a writer had to drop is said in its file, shown by Epochal, and ignored by TensorBoard."""

from __future__ import annotations

import errno
import json
import os
import time
import urllib.request
import warnings

import numpy as np
import pytest

import epochal
from epochal import SummaryWriter
from epochal.events.gaps import Gap, decode_gap
from epochal.events.message_encoders import encode_event
from epochal.writer import drops, file_writer
from epochal.writer.drops import DropLog
from epochal.writer.warnings import WriterWarning

ROOM_BYTES = 100_000


@pytest.fixture
def full_disk(monkeypatch):
    """A disk that refuses event files while `full_disk.is_full`."""
    monkeypatch.setattr(file_writer, "RETRY_SECS", 0.05)
    monkeypatch.setattr(file_writer, "STALL_SECS", 0.5)
    monkeypatch.setattr(file_writer, "MAX_WAITING_BYTES", ROOM_BYTES)
    monkeypatch.delenv("EPOCHAL_PUBLISH_ON_CLOSE", raising=False)
    real = os.write

    class Disk:
        is_full = False

    def write(fd, data):
        if Disk.is_full and "tfevents" in os.readlink(f"/proc/self/fd/{fd}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(fd, data)

    monkeypatch.setattr(os, "write", write)
    return Disk


def log(writer, steps) -> None:
    for step in steps:
        writer.add_scalar("loss", float(step), step)


def lose_some(writer, disk, steps) -> int:
    """Log while the disk is full; return how many scalars and media have been lost by now."""
    disk.is_full = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WriterWarning)
        log(writer, steps)
        writer.flush()
    disk.is_full = False
    return writer.status().dropped_scalars


def gaps_in(reader, directory) -> list[Gap]:
    values = [value for event in reader.read_run(directory) for value in event.summary.value]
    return [decode_gap(value.metadata.plugin_data.content) for value in values if "gap" in value.tag]


def write_run_with_gap(directory, disk) -> tuple[int, float, float]:
    """Lose scalars of a run; return how many, and the wall times around the loss."""
    writer = SummaryWriter(directory)
    log(writer, range(100))
    writer.flush()
    before = time.time()
    lost = lose_some(writer, disk, range(100, 10_000))
    after = time.time()
    writer.flush()
    log(writer, range(10_000, 10_010))
    writer.close()
    assert writer.status().dropped_scalars == lost > 1000
    return lost, before, after


def test_lost_scalars_are_listed_as_a_problem_of_the_run(tmp_path, reader, full_disk):
    lost, before, after = write_run_with_gap(tmp_path / "run", full_disk)
    (gap,) = gaps_in(reader, tmp_path / "run")
    assert gap.scalars == lost
    assert gap.media == 0
    assert before <= gap.first_wall_time < gap.last_wall_time <= after
    assert gap.reason == "No space left on device"
    run = epochal.open(str(tmp_path)).runs["run"]
    (problem,) = run.problems
    assert problem.records_lost == lost
    assert problem.file.startswith("run/events.out.tfevents.")
    assert problem.message.startswith(f"The writer lost {lost} scalars or texts between ")
    assert problem.message.endswith("UTC: No space left on device.")
    assert list(run.tags) == ["loss"]  # a mark is no tag
    assert len(run.scalars("loss").step) == 10_010 - lost


def test_media_count_too_and_tell_when_they_were_logged(tmp_path, reader, full_disk):
    writer = SummaryWriter(tmp_path)
    full_disk.is_full = True
    noise = np.random.default_rng(0).integers(0, 256, (3, 100, 100), dtype=np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WriterWarning)
        for step in range(20):
            writer.add_image("image", noise, step, walltime=1000.0 + step)
        writer.flush()
        log(writer, range(1_000))  # scalars push waiting media out
        writer.flush()
        full_disk.is_full = False
        writer.close()
    lost = writer.status().dropped_media
    assert lost > 10
    (gap,) = gaps_in(reader, tmp_path)
    assert (gap.scalars, gap.media) == (0, lost)
    assert 1000.0 <= gap.first_wall_time < 1020.0


def test_one_mark_a_minute_and_the_rest_at_the_end(tmp_path, reader, full_disk):
    writer = SummaryWriter(tmp_path)
    lost = [lose_some(writer, full_disk, range(5_000))]
    writer.flush()
    assert [gap.scalars for gap in gaps_in(reader, tmp_path)] == lost
    for _ in range(2):
        lost.append(lose_some(writer, full_disk, range(5_000)))
        writer.flush()
    assert len(gaps_in(reader, tmp_path)) == 1
    writer.close()
    assert [gap.scalars for gap in gaps_in(reader, tmp_path)] == [lost[0], lost[2] - lost[0]]
    writer.close()
    assert len(gaps_in(reader, tmp_path)) == 2


def test_a_mark_that_is_due_wakes_the_writer(tmp_path, reader, full_disk, monkeypatch, wait_until):
    monkeypatch.setattr(drops, "MARK_INTERVAL_SECS", 0.3)
    writer = SummaryWriter(tmp_path)
    for number in (1, 2):
        lose_some(writer, full_disk, range(5_000))
        wait_until(lambda number=number: len(gaps_in(reader, tmp_path)) == number, 10)
    writer.close()


def test_trouble_that_cost_nothing_leaves_no_mark(tmp_path, reader, full_disk):
    writer = SummaryWriter(tmp_path)
    assert lose_some(writer, full_disk, range(100)) == 0
    writer.close()
    assert len(reader.scalars(tmp_path)["loss"]) == 100
    assert gaps_in(reader, tmp_path) == []


def test_the_reason_is_the_present_one(monkeypatch):
    log = DropLog()
    assert log.secs_until_mark(0, 0) is None
    log.note(5.0)
    log.note(3.0)
    assert log.secs_until_mark(2, 0) == 0.0
    assert log.take(2, 0) == Gap(3.0, 5.0, 2, 0, "the disk did not keep up")
    assert log.take(2, 0) is None
    log.reason = "Input/output error"
    log.note(9.0)
    assert 0 < log.secs_until_mark(3, 4) <= drops.MARK_INTERVAL_SECS
    assert log.take(3, 4) == Gap(9.0, 9.0, 1, 4, "Input/output error")
    log.note_event(encode_event(7.0, 1))  # logged long before it was dropped
    assert log.take(3, 5) == Gap(7.0, 7.0, 0, 1, "the disk did not keep up")


def test_stock_tensorboard_shows_the_run_and_no_mark(tmp_path, full_disk, serve_stock):
    write_run_with_gap(tmp_path / "run", full_disk)
    tensorboard = serve_stock(tmp_path)
    tensorboard.wait_until(lambda stock: stock.get_json("scalars/tags").get("run"))
    assert list(tensorboard.get_json("scalars/tags")["run"]) == ["loss"]
    tensorboard.wait_until(lambda stock: stock.get_json("scalars/scalars", run="run", tag="loss")[-1][1] == 10_009)
    with urllib.request.urlopen(f"{tensorboard.base}/data/plugins_listing", timeout=30) as response:
        listing = json.loads(response.read())
    shown = {name for name, plugin in listing.items() if plugin["enabled"]}
    assert shown <= {"scalars", "custom_scalars", "timeseries", "hparams"}, shown
    assert "scalars" in shown


pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
