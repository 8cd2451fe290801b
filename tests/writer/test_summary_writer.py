"""The API as scripts use it: directories, files, closing and going on, groups, pickles."""

from __future__ import annotations

import copy
import gc
import inspect
import os
import pickle
import re
import threading
import time

import pytest

from epochal import SummaryWriter
from epochal.writer import event_file_output
from epochal.writer.warnings import WriterWarning

FILE_NAME = re.compile(r"events\.out\.tfevents\.\d{10}\.[\w.-]+\.\d+\.\d{6}\.[0-9a-f]{16}(\.suffix)?\Z")


def test_every_parameter_of_torch_is_there():
    torch_writer = pytest.importorskip("torch.utils.tensorboard").SummaryWriter
    for name in ["__init__", "_get_file_writer", *(name for name in vars(torch_writer) if name[0] != "_")]:
        theirs = inspect.signature(getattr(torch_writer, name)).parameters
        ours = inspect.signature(getattr(SummaryWriter, name)).parameters
        assert list(ours)[: len(theirs)] == list(theirs), name
        for parameter in theirs.values():
            assert ours[parameter.name].default == parameter.default, (name, parameter)
        for extra in list(ours)[len(theirs) :]:
            assert ours[extra].kind is inspect.Parameter.KEYWORD_ONLY, (name, extra)


def test_default_directory_is_torchs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="LR_0.1") as writer:
        pass
    assert re.fullmatch(r"runs/[A-Z][a-z]{2}\d\d_\d\d-\d\d-\d\d_.+LR_0\.1", str(writer.log_dir))
    assert os.path.isdir(writer.log_dir)


def test_directory_is_kept_as_given_and_made_at_once(tmp_path, reader):
    directory = tmp_path / "a" / "b"
    writer = SummaryWriter(directory, filename_suffix=".suffix")
    assert writer.get_logdir() is directory
    assert writer.log_dir is directory
    (file,) = reader.event_files(directory)
    assert FILE_NAME.match(file.name)
    assert file.name.endswith(".suffix")
    writer.close()


def test_relative_directory_survives_chdir(tmp_path, monkeypatch, reader):
    monkeypatch.chdir(tmp_path)
    writer = SummaryWriter("run")
    writer.add_scalar("loss", 1.0, 0)
    writer.close()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    writer.add_scalar("loss", 2.0, 1)
    writer.close()
    assert reader.scalars(tmp_path / "run") == {"loss": [(0, 1.0), (1, 2.0)]}


def test_scalars_arrive_in_order_with_their_times(tmp_path, reader):
    before = time.time()
    with SummaryWriter(tmp_path) as writer:
        for step in range(2_000):
            writer.add_scalar("loss", step * 0.5, step)
        writer.add_scalar("late", 1, None, walltime=12.5)
    events = reader.read_run(tmp_path)
    assert [event.step for event in events[:-1]] == list(range(2_000))
    assert all(before <= event.wall_time <= time.time() for event in events[:-1])
    assert [a.wall_time for a in events[:-2]] == sorted(a.wall_time for a in events[:-2])
    assert (events[-1].step, events[-1].wall_time) == (0, 12.5)


def test_new_style_is_a_tensor(tmp_path, reader):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("f", 0.1, 1, new_style=True)
        writer.add_scalar("d", 0.1, 2, new_style=True, double_precision=True)
    single, double = (event.summary.value[0] for event in reader.read_run(tmp_path))
    assert list(single.tensor.float_val) == [pytest.approx(0.1)]
    assert list(double.tensor.double_val) == [0.1]
    assert single.metadata.plugin_data.plugin_name == double.metadata.plugin_data.plugin_name == "scalars"


def test_waiting_records_reach_the_kernel_unasked(tmp_path, reader, wait_until):
    writer = SummaryWriter(tmp_path)
    started = time.monotonic()
    writer.add_scalar("loss", 1.0, 1)
    wait_until(lambda: reader.scalars(tmp_path) == {"loss": [(1, 1.0)]})
    assert time.monotonic() - started < 2.5  # promised 0.25 s
    writer.close()


def test_flush_means_in_the_kernel_and_sync_on_disk(tmp_path, reader, monkeypatch):
    synced = []
    real = event_file_output.sync_descriptor
    monkeypatch.setattr("epochal.writer.disk_sync.sync_descriptor", lambda fd: (synced.append(fd), real(fd)))
    writer = SummaryWriter(tmp_path)
    for step in range(50):
        writer.add_scalar("loss", 1.0, step)
        writer.flush()
        assert len(reader.scalars(tmp_path)["loss"]) == step + 1
    assert not synced
    writer.flush(sync=True)
    assert len(synced) == 1
    assert writer.status().synced_bytes == reader.event_files(tmp_path)[0].stat().st_size
    writer.add_scalar("loss", 1.0, 50)
    writer.close()
    assert len(synced) == 2


def test_syncs_come_by_themselves(tmp_path, wait_until):
    writer = SummaryWriter(tmp_path, flush_secs=0)
    writer.add_scalar("loss", 1.0, 1)
    wait_until(lambda: writer.status().synced_bytes > writer.status().written_bytes > 0)
    writer.close()


# -- closing and going on -----------------------------------------------------------------------------------


def test_a_closed_writer_goes_on_in_its_file(tmp_path, reader):
    writer = SummaryWriter(tmp_path)
    for step in range(200):
        writer.add_scalar("loss", float(step), step)
        writer.close()
        writer.close()
        writer.flush()
    assert len(reader.event_files(tmp_path)) == 1
    assert reader.scalars(tmp_path)["loss"] == [(step, float(step)) for step in range(200)]


def test_closing_frees_thread_and_descriptor(tmp_path):
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    threads, open_files = threading.active_count(), descriptors()
    writer = SummaryWriter(tmp_path)
    assert threading.active_count() > threads
    writer.add_scalar("loss", 1.0, 1)
    writer.close()
    assert (threading.active_count(), descriptors()) == (threads, open_files)


def test_after_another_writer_it_goes_on_in_a_new_file(tmp_path, reader):
    first = SummaryWriter(tmp_path)
    first.add_scalar("loss", 1.0, 1)
    first.close()
    with SummaryWriter(tmp_path) as second:
        second.add_scalar("loss", 2.0, 2)
    first.add_scalar("loss", 3.0, 3)
    first.close()
    files = reader.event_files(tmp_path)
    assert len(files) == 3
    assert reader.scalars(tmp_path)["loss"] == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_a_closed_file_that_somebody_touched_is_left_alone(tmp_path, reader):
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("loss", 1.0, 1)
    writer.close()
    (file,) = reader.event_files(tmp_path)
    with file.open("ab") as stream:
        stream.write(b"not ours")
    writer.add_scalar("loss", 2.0, 2)
    writer.close()
    old, new = reader.event_files(tmp_path)
    assert old == file
    assert old.read_bytes().endswith(b"not ours")
    assert reader.read_file(new)[1].step == 2


def test_context_manager_closes(tmp_path, reader):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, 1)
    assert reader.scalars(tmp_path) == {"loss": [(1, 1.0)]}
    assert writer.status().waiting_records == 0


def test_dropped_writers_are_written_and_freed(tmp_path, reader, wait_until):
    threads = threading.active_count()
    for number in range(50):
        SummaryWriter(tmp_path / str(number)).add_scalar("loss", 1.0, number)
    gc.collect()
    wait_until(lambda: threading.active_count() <= threads)
    for number in range(50):
        assert reader.scalars(tmp_path / str(number)) == {"loss": [(number, 1.0)]}


# -- file names ---------------------------------------------------------------------------------------------


def test_same_second_host_and_pid_never_share_a_file(tmp_path, reader, monkeypatch):
    names = iter(["events.out.tfevents.1.h.1.000000.0", "events.out.tfevents.1.h.1.000000.0", "b.tfevents.2"])
    monkeypatch.setattr(event_file_output, "make_event_file_name", lambda suffix: next(names))
    first, second = SummaryWriter(tmp_path), SummaryWriter(tmp_path)
    first.add_scalar("loss", 1.0, 1)
    second.add_scalar("loss", 2.0, 2)
    first.close()
    second.close()
    assert [len(reader.read_file(file)) for file in reader.event_files(tmp_path)] == [2, 2]


def test_later_files_sort_later_when_the_clock_steps_back(tmp_path, reader, monkeypatch):
    made = []
    for now in (2_000_000_000.0, 1_000_000_000.0, 1_999_999_999.0):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        writer = SummaryWriter(tmp_path)
        made.append(writer.status().path)
        writer.close()
    assert made == sorted(made)


# -- restart markers ----------------------------------------------------------------------------------------


def test_purge_step_is_marked_once(tmp_path, reader):
    writer = SummaryWriter(tmp_path, purge_step=7)
    writer.add_scalar("loss", 1.0, 7)
    writer.close()
    writer.add_scalar("loss", 2.0, 8)
    writer.close()
    events = reader.read_run(tmp_path)
    assert [(event.step, event.session_log.status) for event in events] == [(7, 1), (7, 0), (8, 0)]


def test_purge_step_is_written_without_any_record(tmp_path, reader):
    SummaryWriter(tmp_path, purge_step=0).close()
    (marker,) = reader.read_run(tmp_path)
    assert marker.session_log.status == 1


# -- groups -------------------------------------------------------------------------------------------------


def test_add_scalars_is_one_run_with_its_group_in_the_first_record(tmp_path, reader):
    from epochal.events.messages import decode_metadata

    writer = SummaryWriter(tmp_path)
    for step in range(3):
        writer.add_scalars("loss/all", {"train": step, "val ": step + 0.5}, step)
    writer.close()
    assert reader.scalars(tmp_path) == {
        "loss/all/train": [(0, 0.0), (1, 1.0), (2, 2.0)],
        "loss/all/val ": [(0, 0.5), (1, 1.5), (2, 2.5)],
    }
    values = [event.summary.value[0] for event in reader.read_run(tmp_path)]
    assert [value.HasField("metadata") for value in values] == [True, True, False, False, False, False]
    metadata = decode_metadata(values[0].metadata.SerializeToString())
    assert metadata.plugin_name == "scalars"
    assert metadata.content == b"\x7a\x08loss/all"
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


def test_group_metadata_opens_every_file(tmp_path, reader):
    writer = SummaryWriter(tmp_path)
    writer.add_scalars("g", {"a": 1}, 1)
    writer.close()
    SummaryWriter(tmp_path).close()
    writer.add_scalars("g", {"a": 2}, 2)
    writer.add_scalars("g", {"a": 3}, 3)
    writer.close()
    first, _, last = reader.event_files(tmp_path)
    for file, flags in ((first, [True]), (last, [True, False])):
        values = [event.summary.value[0] for event in reader.read_file(file)[1:]]
        assert [value.HasField("metadata") for value in values] == flags


def test_a_key_that_add_scalar_uses_goes_to_torchs_sub_run(tmp_path, reader):
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("loss/val", 1.0, 1)
    with pytest.warns(WriterWarning, match="loss/val") as warned:
        writer.add_scalars("loss", {"val": 2.0, "train": 3.0}, 1)
    assert len(warned) == 1
    writer.add_scalars("loss", {"val": 2.0, "train": 3.0}, 2)
    writer.close()
    assert reader.scalars(tmp_path) == {"loss/val": [(1, 1.0)], "loss/train": [(1, 3.0), (2, 3.0)]}
    assert reader.scalars(tmp_path / "loss_val") == {"loss": [(1, 2.0), (2, 2.0)]}
    assert writer.status().written_records == 5


# -- copies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "duplicate", [lambda w: pickle.loads(pickle.dumps(w)), copy.deepcopy], ids=["pickle", "copy"]
)
def test_copies_log_into_the_same_run_by_files_of_their_own(tmp_path, reader, duplicate):
    writer = SummaryWriter(tmp_path, purge_step=0)
    writer.add_scalar("loss", 1.0, 1)
    other = duplicate(writer)
    assert len(reader.event_files(tmp_path)) == 1
    other.add_scalar("loss", 2.0, 2)
    other.close()
    writer.close()
    assert reader.scalars(tmp_path)["loss"] == [(1, 1.0), (2, 2.0)]
    assert sum(event.HasField("session_log") for event in reader.read_run(tmp_path)) == 1


def test_it_works_where_the_system_has_less(tmp_path, reader, run_script):
    """As on macOS and Windows: no fork hooks, no fdatasync, no O_CLOEXEC, no quota error."""
    done = run_script(
        """
        import errno, os, sys
        for module, name in ((os, "register_at_fork"), (os, "fdatasync"), (os, "O_CLOEXEC"), (errno, "EDQUOT")):
            delattr(module, name)
        sys.modules["fcntl"] = None
        from epochal import SummaryWriter
        writer = SummaryWriter(sys.argv[1])
        writer.add_scalar("loss", 1.0, 1)
        writer.add_histogram("weights", [1.0], 1)
        writer.close()
        """,
        tmp_path / "run",
    )
    assert done.returncode == 0, done.errors
    assert len(reader.read_run(tmp_path / "run")) == 2


def test_import_and_first_writer_load_no_heavy_module(tmp_path, run_script):
    done = run_script(
        """
        import sys
        import epochal
        writer = epochal.SummaryWriter(sys.argv[1])
        writer.add_scalar("loss", 1.0, 1)
        writer.add_scalar("loss", 1, None)
        writer.add_text("note", "hello", 1)
        writer.close()
        heavy = {"numpy", "PIL", "starlette", "torch", "multiprocessing", "concurrent.futures"}
        print(sorted(heavy & set(sys.modules)))
        """,
        tmp_path / "run",
    )
    if "reference" in os.environ.get("EPOCHAL_CORE", "") or not _is_native():
        assert "PIL" not in done.output
    else:
        assert done.output.strip() == "[]", done.errors


def _is_native() -> bool:
    from epochal.events import core

    return core.implementation == "native"
