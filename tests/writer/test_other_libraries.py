"""The parts that other libraries reach for: torch's FileWriter methods, tensorboardX's extra arguments."""

from __future__ import annotations

import time
import warnings

import numpy as np
import pytest

from epochal import SummaryWriter
from epochal.writer.foreign_events import SMALL_BYTES
from epochal.writer.warnings import WriterWarning

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from torch.utils.tensorboard.summary import hparams


def one_value(tag, value):
    return Summary(value=[Summary.Value(tag=tag, simple_value=value)])


def test_lightning_logs_hparams_so(tmp_path, reader):
    """lightning.pytorch.loggers.TensorBoardLogger.log_hyperparams."""
    with SummaryWriter(tmp_path, strict=True) as writer:
        for summary in hparams({"lr": 0.1}, {"hp_metric": -1}):
            writer._get_file_writer().add_summary(summary)
    tags = [event.summary.value[0].tag for event in reader.read_run(tmp_path)]
    assert tags == ["_hparams_/experiment", "_hparams_/session_start_info", "_hparams_/session_end_info"]


def test_summaries_and_events_keep_what_they_say(tmp_path, reader):
    before = time.time()
    with SummaryWriter(tmp_path, strict=True) as writer:
        file_writer = writer.file_writer
        file_writer.add_summary(one_value("a", 1.0), 5, 2.5)
        file_writer.add_summary(one_value("b", 2.0))
        file_writer.add_event(Event(wall_time=9.0, step=7, summary=one_value("c", 3.0)))
        file_writer.add_event(Event(wall_time=9.0, step=7, summary=one_value("d", 4.0)), np.int64(0), 1.5)
        file_writer.add_event(Event(graph_def=b"graph"), 3)
    events = reader.read_run(tmp_path)
    assert [event.step for event in events] == [5, 0, 7, 0, 3]
    assert [event.summary.value[0].simple_value for event in events[:4]] == [1.0, 2.0, 3.0, 4.0]
    assert (events[0].wall_time, events[3].wall_time, events[4].graph_def) == (2.5, 1.5, b"graph")
    assert all(before <= events[i].wall_time <= time.time() for i in (1, 2, 4))


def test_a_large_event_does_not_hold_up_scalars(tmp_path, reader):
    picture = Summary(value=[Summary.Value(tag="x", image=Summary.Image(encoded_image_string=bytes(SMALL_BYTES)))])
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.file_writer.add_summary(picture, 1)
    (event,) = reader.read_run(tmp_path)
    assert event.summary == picture


class Hostile:
    def SerializeToString(self):  # noqa: N802
        raise RuntimeError("hostile")


class NotAnEvent:
    def SerializeToString(self):  # noqa: N802
        return b"\xff\xff\xff"


@pytest.mark.parametrize("method", ["add_event", "add_summary"])
@pytest.mark.parametrize("thing", [None, object(), Hostile(), "text"])
def test_what_is_no_message_is_refused(tmp_path, method, thing, reader):
    with SummaryWriter(tmp_path) as writer, pytest.warns(WriterWarning, match=method):
        getattr(writer.file_writer, method)(thing)
    assert not reader.read_run(tmp_path)
    with SummaryWriter(tmp_path, strict=True) as writer, pytest.raises((AttributeError, RuntimeError)):
        getattr(writer.file_writer, method)(thing)


def test_bytes_that_are_no_event_are_refused(tmp_path, reader):
    with SummaryWriter(tmp_path) as writer, pytest.warns(WriterWarning, match="add_event"):
        writer.file_writer.add_event(NotAnEvent(), 1)
    assert not reader.read_run(tmp_path)


def test_all_writers_are_named_by_directory(tmp_path):
    with SummaryWriter(tmp_path / "run", torch_layout=True) as writer:
        writer.add_scalars("group", {"a": 1.0}, 0)
        assert writer.file_writer.get_logdir() == str(tmp_path / "run")
        assert list(writer.all_writers) == [str(tmp_path / "run"), str(tmp_path / "run" / "group_a")]
        assert writer.all_writers[str(tmp_path / "run")] is writer.file_writer is writer._get_file_writer()


def test_write_to_disk_false_writes_nothing(tmp_path):
    from every_method import CALLS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch.jit
        with SummaryWriter(tmp_path / "run", write_to_disk=False, strict=True) as writer:
            for call in CALLS.values():
                call(writer)
            writer.file_writer.add_summary(one_value("a", 1.0))
            writer.flush()
            assert writer.status().written_records == writer.status().waiting_records == 0
            assert writer.get_logdir() == tmp_path / "run"
    assert list(tmp_path.iterdir()) == []


def test_logdir_is_an_alias(tmp_path):
    with SummaryWriter(logdir=tmp_path / "run") as writer:
        assert writer.logdir == writer.log_dir == tmp_path / "run"
    assert (tmp_path / "run").is_dir()


def test_default_bins_may_be_set(tmp_path, reader):
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.default_bins = [0.0, 1.0, 2.0]
        writer.add_histogram("h", np.array([0.5, 1.5, 1.7]), 0)
    histogram = reader.read_run(tmp_path)[0].summary.value[0].histo
    assert (list(histogram.bucket_limit), list(histogram.bucket)) == ([0.0, 1.0, 2.0], [0.0, 1.0, 2.0])


def test_graphs_by_torchs_file_writer(tmp_path, reader):
    from tensorboard.compat.proto.config_pb2 import RunMetadata
    from tensorboard.compat.proto.graph_pb2 import GraphDef
    from tensorboard.compat.proto.node_def_pb2 import NodeDef

    graph, profile = GraphDef(node=[NodeDef(name="x")]), RunMetadata(step_stats={})
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.file_writer.reopen()
        writer.file_writer.add_graph((graph, profile), 1.5)
        writer.file_writer.add_onnx_graph(graph, 2.5)
        with pytest.raises(TypeError):
            writer.file_writer.add_graph(graph)
    first, second, third = reader.read_run(tmp_path)
    assert first.graph_def == third.graph_def == graph.SerializeToString()
    assert (first.wall_time, third.wall_time) == (1.5, 2.5)
    assert second.tagged_run_metadata.tag == "step1"
    assert second.tagged_run_metadata.run_metadata == profile.SerializeToString()
