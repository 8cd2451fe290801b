"""Forms that no everyday writer shows: tensors instead of legacy messages, odd files, damage, attacks."""

from __future__ import annotations

import math
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from store_logs import LogWriter, histogram_record, image_record, start_record, text_record, value_record

import epochal
from epochal.errors import DamagedRecordError, NotFoundError, TagNotFoundError
from epochal.events.messages import (
    encode_audio,
    encode_event,
    encode_metadata,
    encode_string_tensor,
    encode_tagged_run_metadata,
    encode_tensor,
    encode_value,
)
from epochal.events.records import frame_record
from epochal.query.audio import read_wav_header
from epochal.query.custom_scalars import decode_layout
from epochal.query.mesh import decode_mesh_part
from epochal.query.projector import parse_projector_config, parse_text_message
from epochal.reading.run import Run


def open_run(folder: Path, *records: bytes) -> Run:
    """A run that holds these records."""
    LogWriter(folder / "run").write(b"".join(records))
    return epochal.open(folder).runs["run"]


def tensor_record(tag: str, plugin: str, strings: list[bytes], step: int = 0, content: bytes = b"") -> bytes:
    tensor = encode_string_tensor(strings, (len(strings),))
    return value_record(
        encode_value(tag, tensor=tensor, metadata=encode_metadata(plugin, content)), step, 1001.0 + step
    )


def array_record(tag: str, plugin: str, array: np.ndarray, step: int = 0, content: bytes = b"") -> bytes:
    metadata = encode_metadata(plugin, content)
    return value_record(encode_value(tag, tensor=encode_tensor(array), metadata=metadata), step, 1001.0 + step)


def wav(rate: int = 8000, channels: int = 2, frames: int = 5, junk: bytes = b"") -> bytes:
    data = bytes(frames * channels * 2)
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    extra = b"LIST" + struct.pack("<I", len(junk)) + junk + b"\0" * (len(junk) % 2) if junk else b""
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + extra + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_images_and_sounds_in_tensors(tmp_path: Path):
    sound = encode_metadata("audio")
    labelled = encode_string_tensor([wav(), b"a label", wav(44100), b"another"], (2, 2))
    run = open_run(
        tmp_path,
        tensor_record("i", "images", [b"640", b"480", b"\xff\xd8\xff1", b"two"]),
        value_record(encode_value("a", tensor=labelled, metadata=sound), 0, 1001.0),
        value_record(
            encode_value("s", tensor=encode_string_tensor([wav()], ()), metadata=encode_metadata("audio")),
            0,
            1001.0,
        ),
        value_record(encode_value("l", audio=encode_audio(22050, 1, 7, b"ID3", "audio/mpeg")), 0, 1001.0),
    )
    (image,) = run.images("i")
    assert (image.width, image.height, image.data, image.samples[1]) == (640, 480, b"\xff\xd8\xff1", b"two")
    assert image._repr_jpeg_() == image.data
    assert image._repr_png_() is None
    (stereo,) = run.audio("a")
    assert stereo.samples == (wav(), wav(44100))
    assert (stereo.sample_rate, stereo.num_channels, stereo.length_frames) == (8000.0, 2, 5)
    assert stereo.content_type == "audio/wav"
    (single,) = run.audio("s")
    assert single.samples == (wav(),)
    (legacy,) = run.audio("l")
    assert (legacy.sample_rate, legacy.length_frames, legacy.content_type) == (22050.0, 7, "audio/mpeg")


def test_wav_headers():
    assert read_wav_header(wav(48000, 1, 9, junk=b"odd")) == (48000, 1, 9)
    assert read_wav_header(wav(8000, 2, 100)[:60]) == (8000, 2, 4)  # cut within the samples
    assert read_wav_header(wav()[:20]) is None
    assert read_wav_header(b"ID3") is None


def test_videos_as_files_and_as_gifs(tmp_path: Path):
    run = open_run(
        tmp_path, tensor_record("v", "video", [b"....ftyp", b"two"]), image_record("g", b"GIF89a", 0, 1001.0)
    )
    assert run.videos("v")[0].samples == (b"....ftyp", b"two")
    assert run.videos("g")[0].data == b"GIF89a"


def test_text_tables_and_bytes_that_are_no_text(tmp_path: Path):
    run = open_run(
        tmp_path,
        text_record("t", [b"a", b"b", b"c", b"\xff"], 0, 1001.0, shape=(2, 2)),
        text_record("t", [b"one"], 1, 1002.0, shape=()),
        text_record("t", [b"x", b"y"], 2, 1003.0),
        text_record("t", [], 3, 1004.0),
    )
    table, one, column, empty = run.texts("t")
    assert (table.text, table.shape, table.samples) == ("a\tb\nc\t\ufffd", (2, 2), (b"a", b"b", b"c", b"\xff"))
    assert (one.text, one.shape, one.data) == ("one", (), b"one")
    assert column.text == "x\ny"
    assert (empty.text, empty.data) == ("", b"")


def test_histograms_in_tensors(tmp_path: Path):
    buckets = np.array([[0.0, 1.0, 0.0], [1.0, 2.0, 3.0], [2.0, 4.0, 1.0], [4.0, 5.0, 0.0]])
    run = open_run(
        tmp_path,
        array_record("h", "histograms", buckets),
        array_record("h", "histograms", np.zeros((3, 3)), step=1),
        array_record("h", "histograms", np.zeros((3, 2)), step=2),
    )
    first, empty, wrong = run.histograms("h")
    assert np.array_equal(first.buckets, buckets)
    assert (first.num, first.min, first.max) == (4.0, 1.0, 4.0)
    assert math.isnan(first.sum)
    assert math.isnan(first.sum_squares)
    assert (first.nan, first.pos_inf, first.neg_inf) == (0, 0, 0)
    assert empty.num == 0.0
    assert math.isnan(empty.min)
    with pytest.raises(DamagedRecordError, match="is not histograms: it holds no buckets"):
        _ = wrong.buckets


def test_values_that_are_not_what_their_plugin_says(tmp_path: Path):
    number = np.array([1.0])
    run = open_run(
        tmp_path,
        array_record("i", "images", number),
        array_record("t", "text", number),
        array_record("p", "pr_curves", np.zeros((5, 3))),
        array_record("m_VERTEX", "mesh", number),
        array_record("custom_scalars__config__", "custom_scalars", number),
    )
    for item in (run.images("i")[0], run.texts("t")[0], run.pr_curves("p")[0], run.meshes("m")[0]):
        with pytest.raises(DamagedRecordError, match=r"run/events.*: the record at byte \d+ is not"):
            item._load()
    assert run.custom_scalars is None


def test_tensors_are_no_legacy_values(tmp_path: Path):
    run = open_run(
        tmp_path,
        image_record("i", b"x", 0, 1001.0),
        array_record("t", "a_plugin", np.arange(6, dtype=np.int16).reshape(2, 3)),
    )
    (item,) = run.tensors("t")
    assert (item.value.tolist(), item.value.dtype) == ([[0, 1, 2], [3, 4, 5]], np.int16)
    with pytest.raises(TagNotFoundError, match=r"images\('i'\) gives them"):
        run.tensors("i")
    with pytest.raises(TagNotFoundError, match=r"tensors\('t'\) gives them"):
        run.scalars("t")


def test_graphs_of_all_kinds(tmp_path: Path):
    def graph_record(wall_time: float, **event: bytes) -> bytes:
        return frame_record(encode_event(wall_time, 0, **event))  # type: ignore[arg-type]

    run = open_run(
        tmp_path,
        graph_record(1001.0, graph_def=b"first"),
        graph_record(1001.5, graph_def=b"second"),
        start_record(0, 1002.0),
        graph_record(1003.0, tagged_run_metadata=encode_tagged_run_metadata("step1", b"statistics")),
        tensor_record("keras", "graph_keras_model", [b'{"model": 1}']),
        tensor_record("traced", "graph_run_metadata_graph", [b"traced"]),
        graph_record(1004.0, tagged_run_metadata=encode_tagged_run_metadata("traced", b"again, as an event")),
    )
    assert [graph.data for graph in run.graphs("traced")] == [b"traced", b"again, as an event"]
    assert [(graph.data, graph.format) for graph in run.graphs()] == [
        (b"first", "graph_def"),
        (b"second", "graph_def"),
    ]
    found = {tag: (run.graphs(tag)[0].data, run.graphs(tag)[0].format) for tag in ("step1", "keras", "traced")}
    assert found == {
        "step1": (b"statistics", "run_metadata"),
        "keras": (b'{"model": 1}', "keras_json"),
        "traced": (b"traced", "run_metadata"),
    }
    copy = pickle.loads(pickle.dumps(run.graphs("keras")[0]))
    assert (copy.data, copy.format) == found["keras"]


def test_meshes_without_metadata_and_at_the_same_step(tmp_path: Path):
    def part(name: str, value: float, step: int) -> bytes:
        return array_record(name, "mesh", np.full((1, 2, 3), value, np.float32), step)

    run = open_run(
        tmp_path,
        part("m_VERTEX", 1, 5),
        part("m_FACE", 2, 5),
        part("m_VERTEX", 3, 5),
        part("m_FACE", 4, 5),
        part("m_COLOR", 5, 6),
        part("m_VERTEX", 6, 6),
        part("alone_FACE", 7, 6),
    )
    parts = [
        [None if array is None else float(array[0, 0, 0]) for array in (mesh.vertices, mesh.faces, mesh.colors)]
        for mesh in run.meshes("m")
    ]
    assert parts == [[1.0, 2.0, None], [3.0, 4.0, None], [6.0, None, 5.0]]
    assert run.meshes("m")[0].config == {}
    assert run.meshes("m")[0] != run.meshes("m")[1]
    with pytest.raises(TagNotFoundError):
        run.meshes("alone")
    assert decode_mesh_part(b"\xff", "x") is None
    assert decode_mesh_part(b"\x18\x02", "x") == ("x", "faces", "")


def test_equal_items_agree_in_everything(tmp_path: Path):
    other = image_record("i", b"y", 0, 1001.0)
    for folder, records in {
        "a": [image_record("i", b"x", 0, 1001.0), image_record("i", b"x", 1, 1001.0)],
        "b": [image_record("i", b"x", 0, 1001.0), other],
        "nan": [image_record("i", b"x", 0, float("nan"))],
    }.items():
        LogWriter(tmp_path / folder).write(b"".join(records))
    logdir = epochal.open(tmp_path)
    a, b, nan = (logdir.runs[name].images("i") for name in ("a", "b", "nan"))
    assert a[0] == b[0]
    assert hash(a[0]) == hash(b[0])
    assert a[0] != a[1]
    assert b[0] != b[1]
    assert nan[0] == logdir.runs["nan"].images("i")[0] != a[0]
    assert a[0] != logdir.runs["a"].videos("i")[0]
    assert a[:1] == b[:1]
    assert a != b
    assert a != [a[0], a[1]]


def test_superseded_items(tmp_path: Path):
    records = [histogram_record("h", [1.0, 2.0], [0, 1], step, 1001.0 + step, 1.0, 2.0) for step in range(4)]
    LogWriter(tmp_path / "run").write(b"".join(records))
    restart = LogWriter(tmp_path / "run", "events.out.tfevents.2000.host.1.0", begun=2000.0)
    restart.write(histogram_record("h", [1.0, 2.0], [0, 9], 2, 2001.0, 1.0, 2.0))
    run = epochal.open(tmp_path).runs["run"]
    assert [(item.step, item.num) for item in run.histograms("h")] == [(0, 1.0), (1, 1.0), (2, 9.0)]
    everything = run.histograms("h", superseded=True)
    assert [(item.step, item.superseded) for item in everything] == [
        (0, False),
        (1, False),
        (2, True),
        (2, False),
        (3, True),
    ]
    assert everything.superseded.tolist() == [False, False, True, False, True]
    assert everything.wall_time.tolist() == [item.wall_time for item in everything]
    assert everything.at_step(2).num == 9.0


def test_lanes_of_items(tmp_path: Path):
    run = open_run(
        tmp_path, *(text_record("t", [b"%d" % n], step, 1001.0 + n) for n, step in enumerate([0, 1, 2, 0, 1, 2]))
    )
    texts = run.texts("t")
    assert [(item.lane, item.step, item.text) for item in texts] == [
        (0, 0, "0"),
        (0, 1, "1"),
        (0, 2, "2"),
        (1, 0, "3"),
        (1, 1, "4"),
        (1, 2, "5"),
    ]
    assert texts.lane.tolist() == [0, 0, 0, 1, 1, 1]
    assert texts.at_step(1).text == "4"  # the latest


def test_the_newest_layout_counts(tmp_path: Path):
    def layout(title: bytes, closed: bytes = b"") -> bytes:
        category = b"\x0a" + bytes([len(title)]) + title + closed
        return b"\x12" + bytes([len(category)]) + category

    tag = "custom_scalars__config__"
    run = open_run(
        tmp_path,
        tensor_record(tag, "custom_scalars", [layout(b"old")], 0),
        tensor_record(tag, "custom_scalars", [layout(b"new", b"\x18\x01")], 1),
    )
    assert run.custom_scalars is not None
    assert [(one.title, one.closed) for one in run.custom_scalars.categories] == [("new", True)]
    assert decode_layout(b"").categories == []


def write_projector(folder: Path, config: str) -> Run:
    LogWriter(folder / "run").scalars("x", [0])
    (folder / "run" / "projector_config.pbtxt").write_text(config, encoding="utf-8")
    return epochal.open(folder).runs["run"]


def test_embeddings_in_all_forms(tmp_path: Path):
    run = write_projector(
        tmp_path,
        """# written by hand
        model_checkpoint_path: "x"
        embeddings { tensor_name: "raw" tensor_path: 'raw.bytes' tensor_shape: [2, 3] }
        embeddings: < tensor_name: "t\\303\\274" "sv"; tensor_path: "a b.tsv", metadata_path: "labels.tsv"
          sprite { image_path: "s.png" single_image_dim: 28 single_image_dim: 29 } >
        embeddings { tensor_name: "no shape" tensor_path: "raw.bytes" }
        embeddings { tensor_name: "gone" tensor_path: "gone.tsv" }
        """,
    )
    folder = tmp_path / "run"
    np.arange(6, dtype="<f4").tofile(folder / "raw.bytes")
    (folder / "a b.tsv").write_text("1.5\t2\n3\t4e-3\n")
    (folder / "labels.tsv").write_text("name\tcount\na\t1\n\t2\n")
    (folder / "s.png").write_bytes(b"picture")
    assert run.projector("raw").tensor.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    tsv = run.projector("tüsv")
    assert tsv.tensor.tolist() == [[1.5, 2.0], [3.0, np.float32(4e-3)]]
    assert (tsv.columns, tsv.metadata) == (["name", "count"], [["a", "1"], ["", "2"]])
    assert (tsv.sprite, tsv.config.sprite_size) == (b"picture", (28, 29))
    assert run.projector("raw").metadata is None
    assert run.projector("raw").sprite is None
    assert list(run.tags) == ["gone", "no shape", "raw", "tüsv", "x"]
    with pytest.raises(ValueError, match="'no shape' cannot be read: its configuration gives no shape"):
        _ = run.projector("no shape").tensor
    with pytest.raises(NotFoundError, match="'gone' has no tensor file"):
        _ = run.projector("gone").tensor


@pytest.mark.parametrize("path", ["../secret.tsv", "/etc/passwd", "link.tsv", "", ".", "sub/../../secret.tsv"])
def test_no_embedding_leads_out_of_its_folder(tmp_path: Path, path: str):
    (tmp_path / "secret.tsv").write_text("1\t2\n")
    run = write_projector(
        tmp_path,
        f'embeddings {{ tensor_name: "e" tensor_path: "{path}" metadata_path: "{path or "../secret.tsv"}" }}',
    )
    (tmp_path / "run" / "link.tsv").symlink_to(tmp_path / "secret.tsv")
    with pytest.raises(NotFoundError, match="no tensor file inside its run's folder"):
        _ = run.projector("e").tensor
    with pytest.raises(NotFoundError, match="no metadata file inside"):
        _ = run.projector("e").metadata


@pytest.mark.parametrize(
    "text", ["embeddings {", "}", "a:", "a: ]", "@", "a { b: 1 >", "a: [1", "{" * 100, "a{" * 99]
)
def test_what_is_no_configuration(tmp_path: Path, text: str):
    with pytest.raises(ValueError):
        parse_text_message(text)
    assert list(write_projector(tmp_path, text).tags) == ["x"]


def test_text_format():
    assert parse_text_message("a: 1 a: 'x\\n\\x41\\\"' b { c: -2.5e3 } b <d: TRUE>") == {
        "a": ["1", 'x\nA"'],
        "b": [{"c": ["-2.5e3"]}, {"d": ["TRUE"]}],
    }
    assert parse_projector_config("") == []


def test_a_hostile_configuration_takes_no_time():
    count = 200_000
    text = "a: " + '"b"' * count + " c: " + "'d' " * count
    assert parse_text_message(text) == {"a": ["b" * count], "c": ["d" * count]}
