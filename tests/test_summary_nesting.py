"""Default writers, steps, conditions and scopes nest as with tf.summary, and nothing stops training."""

from __future__ import annotations

import gc
import pickle
import subprocess
import sys
import threading
import time
import warnings
import weakref

import numpy as np
import pytest

from epochal import summary
from epochal.summary.state import state
from epochal.summary.tracing import _warn_once as trace_warnings
from epochal.writer.warnings import WriterWarning

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.util.tensor_util import make_ndarray


def points(directory):
    """(tag, step, value) of every scalar of a run, in order."""
    found = []
    for path in sorted(directory.iterdir()):
        for raw in RawEventFileLoader(str(path)).Load():
            event = Event.FromString(raw)
            found += [(v.tag, event.step, float(make_ndarray(v.tensor))) for v in event.summary.value]
    return found


@pytest.fixture(autouse=True)
def _without_defaults():
    """Each test begins and ends as a fresh thread does."""
    yield
    state.__init__()


@pytest.fixture
def make_writer(tmp_path):
    return lambda run, **options: summary.create_file_writer(tmp_path / run, **options)


def test_without_a_default_writer_nothing_is_recorded_and_no_step_is_needed():
    assert summary.scalar("a", 1.0) is False
    assert summary.write("a", 1.0) is False
    assert summary.experimental.write_raw_pb(b"") is False
    assert summary.graph("no graph") is False
    assert summary.should_record_summaries() is False
    summary.flush()


def test_the_file_is_made_by_the_first_summary_or_by_init(tmp_path, make_writer):
    writer = make_writer("a")
    with writer.as_default():
        assert not (tmp_path / "a").exists()
        summary.scalar("x", 1.0, step=0)
    (path,) = (tmp_path / "a").iterdir()
    assert path.name.endswith(".v2")
    make_writer("b", filename_suffix=".mine", max_queue=1, flush_millis=1000, name="n").init()
    assert [path.name.endswith(".mine") for path in (tmp_path / "b").iterdir()] == [True]
    writer.close()


def test_as_default_nests_restores_and_flushes(tmp_path, make_writer):
    outer, inner = make_writer("outer"), make_writer("inner")
    with outer.as_default() as entered:
        assert entered is outer
        summary.scalar("x", 1, step=1)
        with inner.as_default():
            summary.scalar("x", 2, step=2)
        assert points(tmp_path / "inner") == [("x", 2, 2.0)]
        summary.scalar("x", 3, step=3)
    assert summary.scalar("x", 4, step=4) is False
    assert points(tmp_path / "outer") == [("x", 1, 1.0), ("x", 3, 3.0)]


def test_as_default_restores_after_an_exception(make_writer):
    with pytest.raises(KeyError), make_writer("a").as_default(step=3):
        raise KeyError
    assert summary.experimental.get_step() is None
    assert not summary.should_record_summaries()


def test_one_context_may_be_entered_while_another_of_the_same_writer_is(make_writer):
    writer = make_writer("a")
    with writer.as_default(step=1), writer.as_default(step=2):
        assert summary.experimental.get_step() == 2
    assert summary.experimental.get_step() is None


def test_set_as_default_stays(tmp_path, make_writer):
    make_writer("a").set_as_default(step=7)
    gc.collect()
    assert summary.scalar("x", 1)
    summary.flush()
    assert points(tmp_path / "a") == [("x", 7, 1.0)]


def test_steps(tmp_path, make_writer):
    class Variable:
        value = 10

        def __int__(self):
            return self.value

    with make_writer("a").as_default(step=1):
        summary.scalar("x", 1)
        summary.scalar("x", 2, step=5)
        summary.scalar("x", 3, step=np.array(6))
        variable = Variable()
        summary.experimental.set_step(variable)
        summary.scalar("x", 4)
        variable.value = 11
        summary.scalar("x", 5)
        assert summary.experimental.get_step() is variable
    assert summary.experimental.get_step() is None
    assert [step for _, step, _ in points(tmp_path / "a")] == [1, 5, 6, 10, 11]


def test_a_writer_without_a_step_is_an_error(make_writer):
    with make_writer("a").as_default():
        for function in (summary.scalar, summary.histogram, summary.image, summary.text, summary.write):
            with pytest.raises(ValueError, match="No step set"):
                function("x", 1.0)
        with pytest.raises(ValueError, match="No step set"):
            summary.audio("x", [0.0], 8000)


def test_a_thread_has_its_own_defaults(tmp_path, make_writer):
    seen = []

    def work():
        seen.append(summary.should_record_summaries())
        seen.append(summary.experimental.get_step())
        with make_writer("thread").as_default(step=2):
            summary.scalar("x", 2)

    with make_writer("main").as_default(step=1), summary.record_if(True):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        summary.scalar("x", 1)
    assert seen == [False, None]
    assert points(tmp_path / "thread") == [("x", 2, 2.0)]
    assert points(tmp_path / "main") == [("x", 1, 1.0)]


def test_record_if(tmp_path, make_writer):
    asked = []

    def condition():
        asked.append(True)
        return np.bool_(len(asked) != 2)

    with make_writer("a").as_default():
        with summary.record_if(False):
            assert summary.scalar("off", 1, step=0) is False
            assert summary.write("off", lambda: pytest.fail("called"), step=0) is False
            with summary.record_if(True):
                assert summary.scalar("on", 1, step=0)
            assert not summary.should_record_summaries()
        with summary.record_if(condition):
            assert [summary.scalar("some", step, step=step) for step in range(3)] == [True, False, True]
        assert summary.should_record_summaries()
    assert points(tmp_path / "a") == [("on", 0, 1.0), ("some", 0, 0.0), ("some", 2, 2.0)]


def test_scopes(tmp_path, make_writer):
    scope = summary.experimental.summary_scope
    with make_writer("a").as_default(step=0):
        with scope("out er", values=[1]) as (tag, name):
            assert (tag, name) == ("out er", "outer/")
            with scope("in", "default") as (tag, name):
                assert (tag, name) == ("outer/in", "outer/in/")
                summary.scalar("x y", 1)
                summary.write("as it is", 2.0)
            with scope("", "default") as (tag, name):
                assert (tag, name) == ("outer/default", "outer/default/")
        with scope("öä", "fallback") as (tag, name):
            assert (tag, name) == ("öä", "fallback/")
        summary.scalar("", 3)
    assert [tag for tag, _, _ in points(tmp_path / "a")] == ["outer/in/x y", "as it is", "scalar_summary"]


def test_a_noop_writer_changes_nothing(make_writer):
    noop = summary.create_noop_writer()
    assert isinstance(noop, summary.SummaryWriter)
    with make_writer("a").as_default(step=1):
        noop.set_as_default(step=5)
        with noop.as_default(step=5) as entered:
            assert entered is None
            assert summary.scalar("x", 1)
            assert summary.experimental.get_step() == 1
    noop.init()
    noop.flush()
    noop.close()


def test_a_closed_writer_is_not_a_dead_one(tmp_path, make_writer):
    writer = make_writer("a")
    for step in range(3):
        with writer.as_default():
            assert summary.scalar("x", step, step=step)
        writer.close()
        writer.close()
    writer.flush()
    assert [step for _, step, _ in points(tmp_path / "a")] == [0, 1, 2]
    assert len(list((tmp_path / "a").iterdir())) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda: summary.scalar("x", [1, 2], step=0),
        lambda: summary.scalar("x", "text", step=0),
        lambda: summary.scalar(3, 1.0, step=0),
        lambda: summary.scalar("x", 1.0, step="one"),
        lambda: summary.scalar("x", 1.0, step=1 << 70),
        lambda: summary.scalar("x", 1.0, step=0, description=5),
        lambda: summary.image("x", np.zeros((4, 4, 3)), step=0),
        lambda: summary.image("x", np.zeros((1, 4, 4, 5)), step=0),
        lambda: summary.image("x", np.zeros((1, 4, 4, 3)), step=0, max_outputs=-1),
        lambda: summary.audio("x", np.zeros((2, 2)), 8000, step=0),
        lambda: summary.audio("x", np.zeros((1, 2, 2)), 0, step=0),
        lambda: summary.audio("x", np.zeros((1, 2, 2), complex), 8000, step=0),
        lambda: summary.histogram("x", ["a"], step=0),
        lambda: summary.text("x", 5, step=0),
        lambda: summary.text("x", [["a"], ["b", "c"]], step=0),
        lambda: summary.write("x", object(), step=0),
        lambda: summary.write("x", 1 << 40, step=0),
        lambda: summary.write("x", 1.0, step=0, metadata=3),
        lambda: summary.experimental.write_raw_pb(b"\xff\xff", step=0),
        lambda: summary.experimental.write_raw_pb(None, step=0),
    ],
)
def test_bad_values_warn_once_and_raise_only_if_strict(call, tmp_path, make_writer):
    with make_writer("a").as_default() as writer:
        with pytest.warns(WriterWarning, match="is not recorded"):
            assert call() is False
        assert call() is False  # warns no second time: warnings are errors here
        assert writer.status().rejected == 2
        assert writer.status().written_records + writer.status().waiting_records == 0
    with (
        make_writer("b", strict=True).as_default(),
        pytest.raises((TypeError, ValueError, OverflowError)),
    ):
        call()


def test_a_graph_must_be_one(make_writer):
    with make_writer("a").as_default(), pytest.raises(ValueError, match="no graph"):
        summary.graph({"not": "a graph"})


def test_no_directory_is_an_error():
    with pytest.raises(ValueError, match="logdir cannot be None"):
        summary.create_file_writer(None)


def test_tracing_warns_once():
    trace_warnings.__init__()
    with pytest.warns(WriterWarning, match="TensorFlow"):
        summary.trace_on(graph=True, profiler=True, profiler_outdir="x")
    summary.trace_on()
    summary.trace_export("trace", step=0, profiler_outdir="x")
    summary.trace_off()


def test_writers_can_be_pickled(tmp_path, make_writer):
    writer = make_writer("a", filename_suffix=".copy")
    copy = pickle.loads(pickle.dumps(writer))
    for step, each in enumerate((writer, copy)):
        with each.as_default():
            summary.scalar("x", step, step=step)
    assert sorted(step for _, step, _ in points(tmp_path / "a")) == [0, 1]
    assert len(list((tmp_path / "a").iterdir())) == 2


def test_a_dropped_writer_is_written_out_and_freed(tmp_path, make_writer):
    make_writer("a").set_as_default()
    summary.scalar("x", 1, step=0)
    event_writer = weakref.ref(state.writer.event_writer)
    state.writer = None
    end = time.monotonic() + 20
    while event_writer() is not None:  # its thread holds it until it has closed the file
        assert time.monotonic() < end
        gc.collect()
        time.sleep(0.01)
    assert points(tmp_path / "a") == [("x", 0, 1.0)]


def test_nothing_heavy_is_loaded_and_an_exit_loses_nothing(tmp_path):
    code = (
        "import sys, epochal\n"
        f"epochal.summary.create_file_writer({str(tmp_path / 'a')!r}).set_as_default()\n"
        "for step in range(100): epochal.summary.scalar('x', 0.5, step=step)\n"
        "assert not {'numpy', 'PIL', 'tensorflow', 'keras', 'starlette'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert [step for _, step, _ in points(tmp_path / "a")] == list(range(100))
