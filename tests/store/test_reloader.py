"""What a reloader publishes: runs, series, growth and replacement."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from store_follow import has_steps, load, steps, until
from store_logs import LogWriter, rewrite, scalar_record, start_record, text_record

from epochal.store.reloader import Reloader


def test_loading_once(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0, 1, 2], [0.5, float("nan"), float("-inf")])
    log.write(text_record("note", [b"hello"], 1, 1004.0))
    snapshot = load(tmp_path)
    assert snapshot.exists
    assert snapshot.points == 4
    assert snapshot.progress.done
    assert snapshot.progress.files_done == snapshot.progress.files_total == 1
    run = snapshot.runs["run"]
    assert (run.start_time, run.last_time) == (1000.0, 1004.0)
    assert run.bytes == log.path.stat().st_size
    assert run.modified == pytest.approx(log.path.stat().st_mtime, abs=1e-3)
    series = run.tags["loss"].scalars()
    np.testing.assert_array_equal(series.step, [0, 1, 2])
    np.testing.assert_array_equal(series.value, [0.5, np.nan, -np.inf])
    np.testing.assert_array_equal(series.wall_time, [1001.0, 1002.0, 1003.0])
    assert (series.step.dtype, series.wall_time.dtype, series.value.dtype) == (np.int64, np.float64, np.float64)
    assert series.lane.dtype == np.uint16
    assert run.tags["note"].plugin_name == "text"


def test_one_file_is_not_copied(tmp_path: Path):
    LogWriter(tmp_path / "run").scalars("loss", [0, 1, 2])
    part = load(tmp_path).runs["run"].tags["loss"].source.parts[0]
    series = load(tmp_path).runs["run"].tags["loss"].scalars()
    assert series.value.base is not None  # a view
    assert not part.scalars()[2].flags.writeable
    assert not series.value.flags.writeable


def test_runs_are_in_natural_order_and_the_root_is_one(tmp_path: Path):
    for name in ("run10", "run2", "."):
        LogWriter(tmp_path / name).scalars("loss", [0])
    assert list(load(tmp_path).runs) == [".", "run2", "run10"]


def test_files_of_a_run_follow_their_first_event_then_pid_and_counter_as_numbers(tmp_path: Path):
    for name, begun, step in (
        ("events.out.tfevents.1.host.9.10", 2000.0, 4),
        ("events.out.tfevents.1.host.10.1", 2000.0, 5),
        ("events.out.tfevents.1.host.9.9", 2000.0, 3),
        ("events.out.tfevents.9.host.1.0", 1000.0, 1),
    ):
        LogWriter(tmp_path, name, begun=begun).scalars("loss", [step], start=3000.0 + step)
    run = load(tmp_path).runs["."]
    assert [state.parts[0].scalars()[0][0] for state in run.files] == [1, 3, 4, 5]
    assert steps(load(tmp_path), ".") == [1, 3, 4, 5]


def test_a_restart_in_a_second_file_supersedes(tmp_path: Path):
    LogWriter(tmp_path, "a.tfevents.1", begun=1000.0).scalars("loss", [0, 1, 2, 3], [1, 1, 1, 1])
    LogWriter(tmp_path, "a.tfevents.2", begun=2000.0).scalars("loss", [2, 3, 4], [2, 2, 2], start=2001.0)
    series = load(tmp_path).find_tag(".", "loss", "scalars").scalars()
    (line,) = series.lines
    assert line.step.tolist() == [0, 1, 2, 3, 4]
    assert line.value.tolist() == [1, 1, 2, 2, 2]
    assert line.hidden == 2
    (ghost,) = series.superseded_lines
    assert (ghost.step.tolist(), ghost.value.tolist(), ghost.is_superseded) == ([2, 3], [1, 1], True)


def test_a_purge_marker_alone_supersedes_and_nothing_is_uncounted(tmp_path: Path):
    LogWriter(tmp_path, "a.tfevents.1", begun=1000.0).scalars("loss", [0, 1, 2, 3])
    LogWriter(tmp_path, "a.tfevents.2", begun=2000.0).write(start_record(0, 2000.0))
    series = load(tmp_path).find_tag(".", "loss", "scalars").scalars()
    (line,) = series.lines
    assert (len(line), line.hidden) == (0, 4)
    assert len(series.superseded_lines[0]) == 4


def test_parallel_processes_in_one_folder_are_lanes(tmp_path: Path):
    for rank in (0, 1):
        LogWriter(tmp_path, f"a.tfevents.1.host.{rank}.0", begun=1000.0 + rank).scalars("loss", list(range(100)))
    series = load(tmp_path).find_tag(".", "loss", "scalars").scalars()
    assert [len(line) for line in series.lines] == [100, 100]
    assert not series.superseded.any()


def test_a_tag_with_scalars_and_a_histogram_keeps_both(tmp_path: Path):
    from store_logs import histogram_record

    log = LogWriter(tmp_path)
    log.scalars("w", [0, 1])
    log.write(histogram_record("w", [1.0, 2.0], [3.0, 4.0], 1, 1003.0, 0.0, 2.0))
    run = load(tmp_path).runs["."]
    assert run.find_tag("scalars", "w").points == 2
    assert run.find_tag("histograms", "w").points == 1


def test_tags_that_are_not_utf8_stay_apart(tmp_path: Path):
    log = LogWriter(tmp_path)
    for i, tag in enumerate((b"l\xff", b"l\xfe", rb"l\xff")):
        log.scalars(tag, [i])
    scalars = load(tmp_path).runs["."].by_stem["scalars"]
    assert {name: tag.scalars().step.tolist() for name, tag in scalars.items()} == {
        r"l\xff": [0],
        r"l\xfe": [1],
        r"l\\xff": [2],
    }


# -- growth ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("watch", [True, False])
def test_growth_is_noticed_and_old_snapshots_stay(tmp_path: Path, follow: Callable[..., Reloader], watch: bool):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0, 1])
    log.scalars("acc", [0])
    reloader = follow(tmp_path, watch=watch)
    before = until(reloader, has_steps(2))
    old = before.find_tag("run", "loss", "scalars").scalars()
    copy = old.value.copy()
    log.scalars("loss", list(range(2, 5000)))
    after = until(reloader, has_steps(5000))
    assert old.value.tolist() == copy.tolist()
    assert steps(before) == [0, 1]
    assert steps(after) == list(range(5000))
    assert after.find_tag("run", "acc", "scalars").scalars() is before.find_tag("run", "acc", "scalars").scalars()
    assert after.changed_since(before.revision) == {"run": {"loss"}}
    assert not after.structure_since(before.revision)
    assert after.changed_since(after.revision) == {}


def test_a_series_first_asked_for_after_growth_is_as_it_was(tmp_path: Path, follow: Callable[..., Reloader]):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0, 1])
    reloader = follow(tmp_path)
    before = until(reloader, has_steps(2))
    log.scalars("loss", [2, 3])
    until(reloader, has_steps(4))
    assert steps(before) == [0, 1]


def test_a_torn_record_is_no_problem_and_is_read_when_it_is_whole(tmp_path: Path, follow: Callable[..., Reloader]):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0])
    record = scalar_record("loss", 1.0, 1, 1002.0)
    log.write(record[:17])
    reloader = follow(tmp_path)
    assert reloader.snapshot.problems == ()
    log.write(record[17:])
    assert steps(until(reloader, has_steps(2))) == [0, 1]


def test_new_files_runs_and_folders_appear(tmp_path: Path, follow: Callable[..., Reloader]):
    LogWriter(tmp_path / "a").scalars("loss", [0])
    reloader = follow(tmp_path)
    first = reloader.snapshot
    LogWriter(tmp_path / "deep" / "er" / "b").scalars("loss", [0, 1])
    LogWriter(tmp_path / "a", "events.out.tfevents.2000.host.1.1", begun=2000.0).scalars(
        "loss", [1, 2], start=2001.0
    )
    snapshot = until(reloader, lambda s: has_steps(2, "deep/er/b")(s) and has_steps(3, "a")(s))
    assert snapshot.structure_since(first.revision)
    assert snapshot.changed_since(first.revision) == {"a": {"loss"}, "deep/er/b": {"loss"}}


def test_a_deleted_run_disappears_and_says_so(tmp_path: Path, follow: Callable[..., Reloader]):
    for run in "ab":
        LogWriter(tmp_path / run).scalars("loss", [0])
    reloader = follow(tmp_path)
    before = reloader.snapshot
    shutil.rmtree(tmp_path / "b")
    after = until(reloader, lambda s: list(s.runs) == ["a"])
    assert after.changed_since(before.revision) == {"b": {"loss"}}
    assert after.structure_since(before.revision)
    assert steps(before, "b") == [0]


def replace_by_rename(log: LogWriter, data: bytes) -> None:
    other = log.path.with_name("copy")
    other.write_bytes(data)
    other.rename(log.path)


def replace_in_place(log: LogWriter, data: bytes) -> None:
    log.path.write_bytes(data)


def replace_in_place_with_the_old_times(log: LogWriter, data: bytes) -> None:
    info = log.path.stat()
    log.path.write_bytes(data)
    os.utime(log.path, ns=(info.st_atime_ns, info.st_mtime_ns))


def replace_by_delete_and_create(log: LogWriter, data: bytes) -> None:
    log.path.unlink()
    log.path.write_bytes(data)


@pytest.mark.parametrize(
    "replace",
    [replace_by_rename, replace_in_place, replace_in_place_with_the_old_times, replace_by_delete_and_create],
)
@pytest.mark.parametrize("values", [[7.0, 8.0, 9.0], [7.0], [7.0] * 9])
def test_a_replaced_file_is_read_again(
    tmp_path: Path,
    follow: Callable[..., Reloader],
    replace: Callable[[LogWriter, bytes], None],
    values: list[float],
):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0, 1, 2], [1.0, 2.0, 3.0])
    reloader = follow(tmp_path)
    old = reloader.snapshot.find_tag("run", "loss", "scalars").scalars()
    replace(log, rewrite(log, values))
    until(
        reloader,
        lambda s: (
            "run" in s.runs
            and s.runs["run"].points == len(values)
            and s.find_tag("run", "loss", "scalars").scalars().value.tolist() == values
        ),
    )
    assert old.value.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("longer", [False, True])
def test_a_file_that_differs_in_its_last_record_only_is_read_again(tmp_path: Path, longer: bool):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0, 1, 2], [1.0, 2.0, 3.0])
    reloader = Reloader(tmp_path)
    reloader.load()
    with log.path.open("r+b") as file:
        size = len(scalar_record("loss", 0.0, 2, 1003.0))
        file.seek(-size, os.SEEK_END)
        file.write(scalar_record("loss", 9.0, 2, 1003.0))
        if longer:
            file.write(scalar_record("loss", 10.0, 3, 1004.0))
    values = reloader.load().find_tag("run", "loss", "scalars").scalars().value
    assert values.tolist() == [1.0, 2.0, 9.0, *([10.0] if longer else [])]


def test_tags_that_vanish_with_a_replaced_file_are_named(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    log.scalars("before", [0])
    log.scalars("loss", [0])
    reloader = Reloader(tmp_path)
    before = reloader.load()
    log.path.write_bytes(rewrite(log, [1.0]))
    after = reloader.load()
    assert after.changed_since(before.revision) == {"run": {"before", "loss"}}
    assert after.structure_since(before.revision)
    assert list(after.runs["run"].tags) == ["loss"]


def test_a_purge_marker_in_a_later_file_changes_earlier_tags(tmp_path: Path):
    LogWriter(tmp_path, "a.tfevents.1", begun=1000.0).scalars("loss", [0, 1, 2])
    reloader = Reloader(tmp_path)
    before = reloader.load()
    old = before.find_tag(".", "loss", "scalars").scalars()
    assert old.lines[0].hidden == 0
    LogWriter(tmp_path, "a.tfevents.2", begun=2000.0).write(start_record(1, 2000.0))
    after = reloader.load()
    assert after.find_tag(".", "loss", "scalars").scalars().lines[0].hidden == 2
    assert after.changed_since(before.revision) == {".": {"loss"}}
    assert old.lines[0].hidden == 0


def test_a_truncated_file_is_read_again(tmp_path: Path, follow: Callable[..., Reloader]):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", list(range(10)))
    reloader = follow(tmp_path)
    os.truncate(log.path, log.path.stat().st_size - 10)
    assert steps(until(reloader, has_steps(9))) == list(range(9))
