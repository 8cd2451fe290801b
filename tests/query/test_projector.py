"""Embeddings: of the golden logs, and of configurations that lie or lead elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from store_logs import LogWriter
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from epochal.query.projector import EmbeddingEntry, list_embeddings, parse_projector_config
from epochal.store.projector_files import find_asset, read_tensor_shape
from epochal.store.reloader import Reloader

DATA = Path(__file__).parent.parent / "data"


def entries_of(logdir: Path) -> list[EmbeddingEntry]:
    return list_embeddings(Reloader(logdir, cache=False).load()).embeddings


def test_golden_logs() -> None:
    assert entries_of(DATA / "torch") == [
        EmbeddingEntry("everything", "words:00003", (4, 2), True, True, [2, 2]),
        EmbeddingEntry("everything", "two/columns:00000", (2, 3), True, False, []),
    ]
    assert [(e.run, e.name, e.shape) for e in entries_of(DATA / "tensorboardx")] == [
        ("everything", "words:00002", (3, 2))
    ]


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.pbtxt")), ids=str)
def test_configurations_are_read_as_protobuf_reads_them(path: Path) -> None:
    from google.protobuf import text_format

    expected = text_format.Parse(path.read_text(), ProjectorConfig())
    found = parse_projector_config(path.read_text())
    assert [(e.tensor_name, e.tensor_path, e.metadata_path, e.sprite_path, e.sprite_size) for e in found] == [
        (e.tensor_name, e.tensor_path, e.metadata_path, e.sprite.image_path, tuple(e.sprite.single_image_dim))
        for e in expected.embeddings
    ]


def test_a_configuration_that_is_none_has_no_embeddings(tmp_path: Path) -> None:
    LogWriter(tmp_path / "run").scalars("loss", [1])
    config = tmp_path / "run" / "projector_config.pbtxt"
    for text in (b"embeddings {", b"\xff\x00", b"embeddings { tensor_name: }", b"{" * 10_000):
        config.write_bytes(text)
        assert entries_of(tmp_path) == []


def test_a_checkpoints_variable_has_no_file(tmp_path: Path) -> None:
    LogWriter(tmp_path).scalars("loss", [1])
    (tmp_path / "projector_config.pbtxt").write_text(
        'embeddings { tensor_name: "w" } embeddings { tensor_name: "w" }'
    )
    assert entries_of(tmp_path) == [EmbeddingEntry(".", "w", None, False, False, [])]


@pytest.mark.parametrize("text", [b"1\t2\n3\t4\n", b"1\t2\n3\t4", b"1\t2\r\n3\t4\r\n"])
def test_shape_of_text(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes(text)
    assert read_tensor_shape(str(path)) == (2, 2)


def test_shape_of_raw_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.bytes"
    np.zeros((3, 4), "<f4").tofile(path)
    assert read_tensor_shape(str(path), (3, 4)) == (3, 4)
    assert read_tensor_shape(str(path), (4, 4)) is None, "a forged shape"
    assert read_tensor_shape(str(path)) is None
    assert read_tensor_shape(str(tmp_path / "gone.tsv")) is None


def test_no_path_leads_out_of_the_configurations_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "in.tsv").write_text("1")
    (tmp_path / "out.tsv").write_text("1")
    (tmp_path / "run2").mkdir()
    (tmp_path / "run2" / "x.tsv").write_text("1")
    (folder / "link").symlink_to(tmp_path / "out.tsv")
    (folder / "folder link").symlink_to(tmp_path)
    (folder / "inner link").symlink_to(folder / "sub" / "in.tsv")
    os.mkfifo(folder / "pipe")
    inside = str(folder / "sub" / "in.tsv")
    assert find_asset(str(folder), "sub/in.tsv") == inside
    assert find_asset(str(folder), "sub/../sub/in.tsv") == inside
    assert find_asset(str(folder), "inner link") == inside
    for path in (
        "../out.tsv",
        "link",
        "folder link/out.tsv",
        "../run2/x.tsv",
        "../run/../out.tsv",
        inside,  # absolute
        "/etc/passwd",
        "sub",
        "pipe",
        ".",
        "",
        "a\0b",
        "gone",
    ):
        assert find_asset(str(folder), path) is None, path
