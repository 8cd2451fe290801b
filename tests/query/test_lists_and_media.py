from __future__ import annotations

import itertools
from pathlib import Path

import msgspec
import numpy as np
import pytest
from store_logs import LogWriter, histogram_record, image_record, text_record, value_record

from epochal.errors import BlobNotFoundError, RunNotFoundError, TagNotFoundError
from epochal.events.messages import encode_metadata, encode_string_tensor, encode_value
from epochal.events.tensors import encode_array
from epochal.events.wire import encode_bytes_field
from epochal.query import run_colors
from epochal.query.blobs import read_blob
from epochal.query.changes import list_changes
from epochal.query.compat_scalars import read_scalar_points, sample_indices
from epochal.query.compat_tags import list_tags
from epochal.query.histograms import read_histograms
from epochal.query.images import list_images
from epochal.query.problems import list_problems
from epochal.query.run_colors import RunColors
from epochal.query.runs import list_runs, order_by_start
from epochal.query.text import read_text
from epochal.store.reloader import Reloader
from epochal.store.snapshot import Snapshot

GOLDEN = Path(__file__).parent.parent / "data"


def load(folder: Path) -> Snapshot:
    return Reloader(folder).load()


# -- runs ------------------------------------------------------------------------------------------------------


def test_runs_and_tags(tmp_path: Path):
    root = tmp_path / "My logs"
    LogWriter(root, begun=3000.0).scalars("loss/b", [0], start=3001.0)
    log = LogWriter(root / "run10", begun=2000.0)
    log.scalars("loss/b", [0, 1], start=2001.0)
    log.scalars("loss/a10", [0], start=2001.0)
    log.scalars("loss/a9", [0], start=2001.0)
    log.write(text_record("note/text_summary", [b"x"], 0, 2002.0))
    LogWriter(root / "run2", begun=2000.0)
    LogWriter(root / "run2" / "loss_x", begun=2500.0).scalars("loss", [0], start=2501.0)
    result = list_runs(load(root), window_title="T")
    assert (result.name, result.logdir, result.window_title, result.exists) == ("My logs", str(root), "T", True)
    assert [(r.name, r.label, r.color_index, r.parent, r.points) for r in result.runs] == [
        (".", "My logs", 2, None, 1),
        ("run2", "run2", 1, None, 0),
        ("run2/loss_x", "run2/loss_x", 1, "run2", 1),
        ("run10", "run10", 0, None, 5),
    ]
    scalars = {t.tag: t.runs for t in result.tags["scalars"]}
    assert scalars == {"loss": [2], "loss/a9": [3], "loss/a10": [3], "loss/b": [0, 3]}
    assert list(scalars) == ["loss", "loss/a9", "loss/a10", "loss/b"]
    assert [(t.tag, t.display_name) for t in result.tags["text"]] == [("note/text_summary", "note")]
    assert result.points == 7
    assert result.loading.done
    assert result.nearby == []
    assert msgspec.json.decode(msgspec.json.encode(result), type=type(result)) == result


def test_sub_runs_of_add_scalars_are_lines_in_their_parents_color():
    runs = {run.name: run for run in list_runs(load(GOLDEN / "torch")).runs}
    line = runs["nested/job/group_sub_tag_key with_äöü %"]
    parent = runs["nested/job"]
    assert (line.parent, line.main_tag, line.key) == ("nested/job", "group/sub_tag", "key with_äöü %")
    assert line.color_index == parent.color_index
    assert (parent.parent, parent.main_tag, parent.key) == (None, "", None)
    assert (runs["second"].parent, runs["second"].key) == (".", None)
    others = [run.color_index for run in runs.values() if run.key is None]
    assert sorted(others) == list(range(len(others))), "lines take no color of their own"


def test_descriptions_and_groups_come_from_the_first_that_has_one(tmp_path: Path):
    content = encode_bytes_field(15, b"losses")
    for run, metadata in (
        ("a", encode_metadata("scalars")),
        ("b", encode_metadata("scalars", content, "Loss", "**what** it is")),
    ):
        value = encode_value("losses/train", simple_value=1.0, metadata=metadata)
        LogWriter(tmp_path / run).write(value_record(value, 0, 1001.0))
    (tag,) = list_runs(load(tmp_path)).tags["scalars"]
    assert (tag.description, tag.group, tag.runs) == ("**what** it is", "losses", [0, 1])


def test_kinds_of_data_have_their_stems(tmp_path: Path):
    log = LogWriter(tmp_path)
    log.write(image_record("i", b"png", 0, 1001.0))
    log.write(histogram_record("h", [1.0], [1.0], 0, 1001.0, 0.0, 1.0))
    for plugin in ("pr_curves", "my_plugin", "graph_keras_model"):
        tensor = encode_array(np.zeros((2, 2)))
        log.write(value_record(encode_value(plugin, tensor=tensor, metadata=encode_metadata(plugin)), 0, 1001.0))
    log.write(value_record(encode_value("plain", tensor=encode_array(np.zeros(3))), 0, 1001.0))
    tags = list_runs(load(tmp_path)).tags
    assert {stem: [t.tag for t in of_stem] for stem, of_stem in tags.items()} == {
        "images": ["i"],
        "histograms": ["h"],
        "pr_curves": ["pr_curves"],
        "my_plugin": ["my_plugin"],
        "graphs": ["graph_keras_model"],
        "tensor": ["plain"],
    }


def test_runs_that_say_no_time_come_last(tmp_path: Path):
    LogWriter(tmp_path / "b", begun=2000.0)
    LogWriter(tmp_path / "c", begun=1000.0)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.tfevents").write_bytes(b"")
    snapshot = load(tmp_path)
    assert order_by_start(snapshot) == ["c", "b", "a"]
    assert list_runs(snapshot).runs[0].start_time is None


def test_problems_and_changes(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "x.tfevents").write_bytes(b"no records here " * 10)
    reloader = Reloader(tmp_path)
    first = reloader.load()
    problems = list_problems(first)
    assert [(p.run, p.file, p.offset) for p in problems.problems] == [("bad", "bad/x.tfevents", 0)]
    assert list_runs(first).problems == 1
    assert [r.problems for r in list_runs(first).runs] == [1, 0]
    log.scalars("b", [0])
    log.scalars("a", [0])
    second = reloader.load()
    changes = list_changes(second, first.revision)
    assert (changes.changed, changes.structure, changes.points, changes.problems) == (
        {"run": ["a", "b"]},
        True,
        2,
        1,
    )
    assert list_changes(second, second.revision).changed == {}
    assert not list_changes(second, second.revision).structure
    assert list_changes(second, 99).changed is None
    assert list_changes(second, 99).structure


# -- media -----------------------------------------------------------------------------------------------------


def test_images_of_both_forms(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    log.write(image_record("legacy", b"\x89PNG one", 1, 1001.0, 30, 20))
    log.write(image_record("legacy", b"\x89PNG two", 2, 1002.0, 31, 21))
    tensor = encode_string_tensor([b"40", b"50", b"first", b"second"], (4,))
    log.write(value_record(encode_value("new", tensor=tensor, metadata=encode_metadata("images")), 7, 1003.0))
    snapshot = load(tmp_path)
    legacy = list_images(snapshot, "run", "legacy")
    assert (legacy.samples, legacy.width, legacy.height) == (1, 31, 21)
    assert [(i.step, i.wall_time, i.lane, i.superseded) for i in legacy.items] == [
        (1, 1001.0, 0, False),
        (2, 1002.0, 0, False),
    ]
    assert read_blob(snapshot, legacy.items[0].key, 0) == b"\x89PNG one"
    new = list_images(snapshot, "run", "new")
    assert (new.samples, new.width, new.height) == (2, 40, 50)
    assert [read_blob(snapshot, new.items[0].key, i) for i in (0, 1)] == [b"first", b"second"]
    for sample in (2, -1):
        with pytest.raises(BlobNotFoundError):
            read_blob(snapshot, new.items[0].key, sample)


def test_the_first_image_step_is_reachable(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    for step in range(500):
        log.write(image_record("i", b"%d" % step, step, 1001.0 + step))
    snapshot = load(tmp_path)
    items = list_images(snapshot, "run", "i").items
    assert len(items) == 500
    assert read_blob(snapshot, items[0].key, 0) == b"0"


def test_what_is_not_there(tmp_path: Path):
    LogWriter(tmp_path / "run").scalars("loss", [0])
    snapshot = load(tmp_path)
    with pytest.raises(RunNotFoundError, match="none"):
        list_images(snapshot, "none", "x")
    with pytest.raises(TagNotFoundError, match="loss"):
        list_images(snapshot, "run", "loss")
    with pytest.raises(TagNotFoundError):
        read_text(snapshot, "run", "x")


def test_texts_as_written(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    log.write(text_record("note/text_summary", [b"# hi \xff\r\n"], 0, 1001.0))
    log.write(text_record("note/text_summary", [b"alone"], 1, 1002.0, shape=()))
    log.write(text_record("note/text_summary", [b"a", b"b", b"c", b"d"], 2, 1003.0, shape=(2, 2)))
    snapshot = load(tmp_path)
    for tag in ("note", "note/text_summary"):
        result = read_text(snapshot, "run", tag)
        assert [(i.step, i.shape, i.cells, i.truncated) for i in result.items] == [
            (0, [1], ["# hi �\r\n"], False),
            (1, [], ["alone"], False),
            (2, [2, 2], ["a", "b", "c", "d"], False),
        ]
    page = read_text(snapshot, "run", "note", start=1, count=1)
    assert (page.total, page.start, [i.step for i in page.items]) == (3, 1, [1])
    assert read_text(snapshot, "run", "note", start=9).items == []
    assert [i.step for i in read_text(snapshot, "run", "note", start=-5, count=1).items] == [0]


def test_long_texts_are_cut_unless_asked_for_in_full(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    log.write(text_record("t", ["é".encode() * 40_000, b"more"], 0, 1001.0))
    snapshot = load(tmp_path)
    (item,) = read_text(snapshot, "run", "t").items
    assert item.truncated
    assert item.cells == ["é" * 32_768, ""]
    (item,) = read_text(snapshot, "run", "t", full=True).items
    assert (item.truncated, item.cells) == (False, ["é" * 40_000, "more"])


def test_a_cut_does_not_split_a_character(tmp_path: Path):
    LogWriter(tmp_path / "run").write(text_record("t", [b"x" + "é".encode() * 40_000], 0, 1001.0))
    (item,) = read_text(load(tmp_path), "run", "t").items
    assert item.cells == ["x" + "é" * 32_767]


def test_a_text_that_holds_none_is_empty(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    value = encode_value("t", tensor=encode_array(np.zeros(3)), metadata=encode_metadata("text"))
    log.write(value_record(value, 0, 1001.0))
    (item,) = read_text(load(tmp_path), "run", "t").items
    assert (item.shape, item.cells) == ([0], [])


# -- histograms ------------------------------------------------------------------------------------------------


def test_legacy_histograms_as_tensorboard_reads_them(tmp_path: Path):
    big = 1.7976931348623157e308
    log = LogWriter(tmp_path / "run")
    log.write(histogram_record("h", [-1.0, 0.0, 1.0, big], [0.0, 2.0, 3.0, 0.0], 1, 1001.0, -0.5, 0.75))
    log.write(histogram_record("h", [0.0, big], [0.0, 0.0], 2, 1002.0, 0.0, 0.0))
    log.write(histogram_record("h", [-1.0, big], [1.0, 4.0], 3, 1003.0, -9.0, 9.0))
    answer = read_histograms(load(tmp_path), "run", "h")
    assert (answer.result.total, answer.result.shown) == (3, 3)
    columns = {name: column.tolist() for name, column in answer.columns.items()}
    assert columns == {
        "step": [1, 2, 3],
        "wall_time": [1001.0, 1002.0, 1003.0],
        "bucket_start": [0, 2, 2, 4],
        "left": [-0.5, 0.0, -9.0, -1.0],
        "right": [0.0, 0.75, -1.0, 9.0],
        "bucket_count": [2.0, 3.0, 1.0, 4.0],
    }
    assert answer.columns["bucket_start"].dtype == np.uint32


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_histogram_tensors(tmp_path: Path, dtype: type):
    buckets = np.array([[0, 1, 5], [1, 2, 7]], dtype=dtype)
    value = encode_value("h", tensor=encode_array(buckets), metadata=encode_metadata("histograms"))
    log = LogWriter(tmp_path / "run")
    log.write(value_record(value, 4, 1001.0))
    odd = encode_value("h", tensor=encode_array(np.zeros((2, 2))), metadata=encode_metadata("histograms"))
    log.write(value_record(odd, 5, 1002.0))
    answer = read_histograms(load(tmp_path), "run", "h")
    assert (answer.result.total, answer.result.shown) == (2, 1)
    assert answer.columns["left"].tolist() == [0, 1]
    assert answer.columns["right"].tolist() == [1, 2]
    assert answer.columns["bucket_count"].tolist() == [5, 7]


def test_many_histograms_are_spread_evenly_with_both_ends(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    for step in range(100):
        log.write(histogram_record("h", [1.0], [1.0], step, 1001.0 + step, 0.0, 1.0))
    answer = read_histograms(load(tmp_path), "run", "h", max_steps=10)
    assert answer.columns["step"].tolist() == [0, 11, 22, 33, 44, 55, 66, 77, 88, 99]
    assert (answer.result.total, answer.result.shown) == (100, 10)


def test_torchs_histograms_match_tensorboards_own_reader(tmp_path: Path):
    torch_tensorboard = pytest.importorskip("torch.utils.tensorboard")
    with torch_tensorboard.SummaryWriter(str(tmp_path)) as writer:
        for step in range(3):
            writer.add_histogram("w", np.random.default_rng(step).normal(size=1000), step)
    from tensorboard import data_compat
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
    from tensorboard.util import tensor_util

    (path,) = tmp_path.iterdir()
    expected = []
    for event in LegacyEventFileLoader(str(path)).Load():
        for value in event.summary.value:
            expected.append(tensor_util.make_ndarray(data_compat.migrate_value(value).tensor))
    columns = read_histograms(load(tmp_path), ".", "w").columns
    ours = np.stack([columns["left"], columns["right"], columns["bucket_count"]], axis=1)
    np.testing.assert_array_equal(ours.astype(np.float32), np.concatenate(expected))
    assert np.diff(columns["bucket_start"]).tolist() == [len(one) for one in expected]


# -- TensorBoard's routes --------------------------------------------------------------------------------------


def test_scalar_tags_by_run(tmp_path: Path):
    LogWriter(tmp_path / "a").scalars("loss", [0])
    LogWriter(tmp_path / "b")
    assert list_tags(load(tmp_path), "scalars") == {"a": {"loss": ("loss", "")}}


def test_all_points_lanes_merged_by_step_and_superseded_only_if_asked(tmp_path: Path):
    first = LogWriter(tmp_path / "run", "a.tfevents.1", begun=1000.0)
    first.scalars("loss", [0, 1, 2, 3, 0, 1, 2, 3], [0, 1, 2, 3, 10, 11, 12, 13])
    LogWriter(tmp_path / "run", "a.tfevents.2", begun=2000.0).scalars("loss", [2, 3], [22, 23], start=2001.0)
    snapshot = load(tmp_path)
    points = read_scalar_points(snapshot, "run", "loss")
    assert points.step.tolist() == [0, 0, 1, 1, 2, 3]
    assert points.value.tolist() == [0, 10, 1, 11, 22, 23]
    assert len(points.wall_time) == 6
    assert read_scalar_points(snapshot, "run", "loss", superseded=True).step.tolist() == [
        0,
        0,
        1,
        1,
        *[2] * 3,
        *[3] * 3,
    ]


@pytest.mark.parametrize("most", [4, 5, 10, 99, 100, 5000])
def test_a_sample_keeps_both_ends_and_every_buckets_extremes(tmp_path: Path, most: int):
    values = np.random.default_rng(1).normal(size=1000).astype(np.float32).astype(float)
    values[[3, 500]] = [np.nan, np.inf]
    LogWriter(tmp_path / "run").scalars("loss", list(range(1000)), values.tolist())
    points = read_scalar_points(load(tmp_path), "run", "loss", sample=most)
    kept = points.step
    assert len(kept) <= most
    assert (kept[0], kept[-1]) == (0, 999)
    edges = np.linspace(0, 1000, (most - 2) // 2 + 1).astype(int)
    for start, end in itertools.pairwise(edges):
        if end > start:
            finite = values[start:end][np.isfinite(values[start:end])]
            inside = points.value[(kept >= start) & (kept < end)]
            assert not len(finite) or {finite.min(), finite.max()} <= set(inside.tolist())
    with pytest.raises(ValueError, match="at least 4"):
        read_scalar_points(load(tmp_path), "run", "loss", sample=3)


def test_a_sample_of_nothing_finite():
    assert len(sample_indices(np.full(100, np.nan), 10)) <= 10


def test_runs_keep_their_colors_when_others_come_and_go() -> None:
    colors = RunColors()
    assert colors.assign(["b", "a"], is_settled=False) == {"b": 0, "a": 1}
    assert colors.assign(["c", "b", "a"], is_settled=False) == {"c": 0, "b": 1, "a": 2}  # still loading
    assert colors.assign(["c", "b", "a"], is_settled=True) == {"c": 0, "b": 1, "a": 2}
    assert colors.assign(["c", "a"], is_settled=True) == {"c": 0, "a": 2}
    assert colors.assign(["earlier", "c", "a"], is_settled=False) == {"earlier": 3, "c": 0, "a": 2}
    assert colors.assign(["earlier", "c", "b", "a"], is_settled=True)["b"] == 1


def test_colors_of_runs_that_vanished_are_forgotten_some_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_colors, "MAX_VANISHED", 10)
    colors = RunColors()
    for number in range(100):
        assert colors.assign(["stays", f"run{number}"], is_settled=True) == {
            "stays": 0,
            f"run{number}": number + 1,
        }
        assert len(colors._numbers) <= 13
    assert colors.assign(["run99", "run98"], is_settled=True) == {"run99": 100, "run98": 99}
