"""add_embedding: files beside the event file, and a config that forgets nothing."""

from __future__ import annotations

import io
import multiprocessing
import os
import re
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from epochal import SummaryWriter
from epochal.summaries import projector
from epochal.writer import projector_config
from epochal.writer.warnings import WriterWarning

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import torch
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

MATRIX = np.arange(12, dtype=np.float32).reshape(4, 3)


def config(directory):
    return text_format.Parse((directory / "projector_config.pbtxt").read_text("utf-8"), ProjectorConfig())


def test_earlier_writers_embeddings_stay_in_the_config(tmp_path):
    for step in range(3):
        with SummaryWriter(tmp_path, strict=True) as writer:
            writer.add_embedding(MATRIX, ["a", "b", "c", "d"], global_step=step)
    assert [entry.tensor_name for entry in config(tmp_path).embeddings] == [f"default:0000{n}" for n in range(3)]


def test_a_users_own_config_stays_too(tmp_path):
    own = (
        'model_checkpoint_path: "a } b"\nembeddings {\n  tensor_name: "mine" # {\n  sprite { image_path: "x" }\n}'
    )
    (tmp_path / "projector_config.pbtxt").write_text(own)
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_embedding(MATRIX, tag='q"u\\o\tte')
    merged = config(tmp_path)
    assert merged.model_checkpoint_path == "a } b"
    assert [entry.tensor_name for entry in merged.embeddings] == ["mine", 'q"u\\o\tte:00000']
    assert merged.embeddings[0].sprite.image_path == "x"


def test_the_same_embedding_again_replaces_the_first(tmp_path):
    with SummaryWriter(tmp_path, strict=True) as writer:
        for factor in (1, 2):
            writer.add_embedding(MATRIX * factor, global_step=5)
    assert len(config(tmp_path).embeddings) == 1
    assert np.loadtxt(tmp_path / "00005/default/tensors.tsv").tolist() == (MATRIX * 2).tolist()


def test_many_at_once_are_all_listed(tmp_path, monkeypatch):
    real = projector.add_to_config

    def slowly(*arguments):
        time.sleep(0.02)  # time for another worker to read what this one is about to replace
        return real(*arguments)

    monkeypatch.setattr(projector, "add_to_config", slowly)
    entries = [projector.Embedding(f"tag {number}", "t.tsv", None, None, (0, 0)) for number in range(20)]
    with ThreadPoolExecutor(8) as workers:  # as many as a large machine has
        list(workers.map(lambda entry: projector_config.add_embedding(str(tmp_path), entry), entries))
    assert len(config(tmp_path).embeddings) == 20
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize("tag", ["..", ".", "../../up", "a/b", "a\\b", "%2e"])
def test_no_tag_leaves_the_run(tmp_path, tag):
    run = tmp_path / "run"
    with SummaryWriter(run, strict=True) as writer:
        writer.add_embedding(MATRIX, tag=tag)
    (file,) = tmp_path.rglob("tensors.tsv")
    assert file.parent.parent == run / "00000"
    assert run / config(run).embeddings[0].tensor_path == file


def test_a_closed_writer_goes_on(tmp_path):
    writer = SummaryWriter(tmp_path, strict=True)
    for step in range(3):
        writer.add_embedding(MATRIX, global_step=step)
        writer.close()
        assert len(config(tmp_path).embeddings) == step + 1


def test_labels_with_breaks_stay_in_their_line(tmp_path):
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_embedding(MATRIX, ["a\tb", "c\nd", torch.tensor(3), np.float64(0.5)])
    assert (tmp_path / "00000/default/metadata.tsv").read_text() == "a b\nc d\n3\n0.5\n"


def test_uint8_pictures_are_not_rescaled(tmp_path):
    pictures = np.arange(4 * 2 * 3, dtype=np.uint8).reshape(4, 1, 2, 3)
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_embedding(MATRIX, label_img=pictures)
    sprite = np.asarray(Image.open(io.BytesIO((tmp_path / "00000/default/sprite.png").read_bytes())))
    assert sprite.shape == (6, 6, 3)
    np.testing.assert_array_equal(sprite[2:4, 3:6, 0], pictures[3, 0])


@pytest.mark.parametrize(
    "arguments",
    [
        (None,),
        (np.zeros(3),),
        (np.zeros((0, 3)),),
        (MATRIX, ["a"]),
        (MATRIX, 5),
        (MATRIX, None, np.zeros((2, 3, 4, 4))),
        (MATRIX, None, np.zeros((4, 2, 4, 4))),
        (MATRIX, None, None, "step"),
        (MATRIX, None, None, 0, 5),
        (MATRIX, [["a", "b"]] * 4, None, 0, "tag", ["one"]),
    ],
)
def test_bad_arguments(tmp_path, arguments):
    with SummaryWriter(tmp_path) as writer:
        with pytest.warns(WriterWarning, match="add_embedding"):
            writer.add_embedding(*arguments)
        assert writer.status().rejected == 1
    with SummaryWriter(tmp_path, strict=True) as writer, pytest.raises((TypeError, ValueError)):
        writer.add_embedding(*arguments)
    assert not (tmp_path / "projector_config.pbtxt").exists()


def test_a_file_in_the_way_is_a_warning(tmp_path):
    (tmp_path / "00000").write_text("in the way")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with SummaryWriter(tmp_path) as writer:
            writer.add_embedding(MATRIX)
    assert "00000" in (writer.status().last_error or "")
    assert ["default" in str(warning.message) for warning in caught] == [True]


def _log_embeddings(directory, name, has_locks, barrier):
    from epochal.writer import projector_config

    projector_config._has_locks = has_locks
    barrier.wait(60)
    with SummaryWriter(directory, strict=True) as writer:
        for step in range(5):
            writer.add_embedding(np.eye(3), global_step=step, tag=name)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("has_locks", [True, False])
def test_processes_at_once_lose_no_entry(tmp_path, has_locks):
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(6)
    processes = [
        context.Process(target=_log_embeddings, args=(tmp_path, f"rank{rank}", has_locks, barrier))
        for rank in range(6)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    config = (tmp_path / "projector_config.pbtxt").read_text()
    names = [f"rank{rank}:{step:05d}" for rank in range(6) for step in range(5)]
    assert sorted(re.findall('tensor_name: "(.*)"', config)) == names
    left = {path.name for path in tmp_path.iterdir() if "tfevents" not in path.name}
    assert left == {"projector_config.pbtxt", *(f"{step:05d}" for step in range(5))}


def test_a_lock_that_is_never_given_back_holds_nobody_up(tmp_path, monkeypatch):
    import fcntl

    from epochal.writer import projector_config

    monkeypatch.setattr(projector_config, "LOCK_SECS", 0.1)
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with SummaryWriter(tmp_path, strict=True) as writer:
            writer.add_embedding(np.eye(3), tag="a")
    finally:
        os.close(descriptor)
    assert '"a:00000"' in (tmp_path / "projector_config.pbtxt").read_text()
