"""epochal.GlobalSummaryWriter and use_metadata: steps that are not given at the call."""

from __future__ import annotations

import multiprocessing

import numpy as np
import pytest

from epochal import GlobalSummaryWriter, SummaryWriter
from epochal.writer import global_writer


def log_from_worker(writer, count):
    for _ in range(count):
        writer.add_scalar("shared", 1.0)
    writer.close()


def test_steps_are_counted_for_each_kind_and_tag(tmp_path, reader):
    writer = GlobalSummaryWriter(str(tmp_path), strict=True)
    for number in range(3):
        writer.add_scalar("a", float(number))
    writer.add_scalar("b", 5.0, walltime=7.5)
    for _ in range(2):
        writer.add_text("a", "text")
        writer.add_image("a", np.zeros((4, 4, 3), np.uint8), dataformats="HWC")
    writer.close()
    assert writer.file_writer.get_logdir() == str(tmp_path)
    assert reader.scalars(tmp_path) == {"a": [(0, 0.0), (1, 1.0), (2, 2.0)], "b": [(0, 5.0)]}
    others = [(event.summary.value[0].tag, event.step) for event in reader.read_run(tmp_path)]
    assert [step for tag, step in others if tag == "a/text_summary"] == [0, 1]
    assert sorted(step for tag, step in others if tag == "a") == [0, 0, 1, 1, 2]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_share_the_steps(tmp_path, reader, method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("not on this system")
    context = multiprocessing.get_context(method)
    writer = GlobalSummaryWriter(tmp_path)
    workers = [context.Process(target=log_from_worker, args=(writer, 50)) for _ in range(2)]
    for worker in workers:
        worker.start()
    log_from_worker(writer, 50)
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert sorted(step for step, _ in reader.scalars(tmp_path)["shared"]) == list(range(150))


def test_every_module_gets_the_same_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(global_writer, "_writer", None)
    writer = GlobalSummaryWriter.getSummaryWriter()
    assert GlobalSummaryWriter.getSummaryWriter() is writer
    writer.close()


def test_a_full_table_and_a_lost_lock_stop_nobody(monkeypatch):
    monkeypatch.setattr(global_writer, "_SLOTS", 2)
    monkeypatch.setattr(global_writer, "_LOCK_SECS", 0.01)
    steps = global_writer.SharedSteps()
    steps._lock.acquire()  # by a process that has been killed
    for expected in range(3):
        for tag in ("a", "b", "c", "d"):
            assert steps.take(tag) == expected


def test_use_metadata_stands_in_for_what_is_not_given(tmp_path, reader):
    with SummaryWriter(tmp_path, strict=True) as writer:
        with writer.use_metadata(global_step=10, walltime=5.5) as same:
            assert same is writer
            writer.add_scalar("given", 1.0, 3, 4.5)
            writer.add_scalar("half given", 1.0, 3)
            writer.add_scalar("not given", 1.0)
            writer.add_text("text", "words")
            writer.add_scalars("group", {"a": 1.0})
            writer.add_image("image", np.zeros((3, 4, 4), np.uint8))
            writer.add_histogram_raw("raw", 0, 1, 1, 1, 1, [1], [1])
            with writer.use_metadata(global_step=11):
                writer.add_scalar("inner", 1.0, walltime=6.5)
        writer.add_scalar("after", 1.0)
    found = {event.summary.value[0].tag: (event.step, event.wall_time) for event in reader.read_run(tmp_path)}
    assert found.pop("after")[0] == 0
    assert found == {
        "given": (3, 4.5),
        "half given": (3, 5.5),
        "not given": (10, 5.5),
        "text/text_summary": (10, 5.5),
        "group/a": (10, 5.5),
        "image": (10, 5.5),
        "raw": (10, 5.5),
        "inner": (11, 6.5),
    }
