"""What is found, what changes, what cannot be read: a logdir as it lives."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from store_logs import LogWriter, image_record, scalar_record, start_record, text_record, version_record

from epochal.store.reloader import Reloader
from epochal.store.snapshot import Snapshot

PATIENCE_SECS = 10.0


@pytest.fixture
def follow() -> Iterator[Callable[..., Reloader]]:
    """Start a reloader; it ends with the test."""
    started = []

    def start(logdir: Path, **options: object) -> Reloader:
        reloader = Reloader(logdir, **({"reload_interval_secs": 0.1} | options))  # type: ignore[arg-type]
        started.append(reloader)
        reloader.start()
        reloader.wait(0, PATIENCE_SECS)
        reloader.wait_until_loaded(PATIENCE_SECS)
        return reloader

    yield start
    for reloader in started:
        reloader.stop()
        assert not reloader.alive


def until(reloader: Reloader, is_so: Callable[[Snapshot], bool]) -> Snapshot:
    """Wait for a snapshot of which something is true."""
    deadline = time.monotonic() + PATIENCE_SECS
    snapshot = reloader.snapshot
    while not is_so(snapshot):
        assert time.monotonic() < deadline, (snapshot, snapshot.problems)
        snapshot = reloader.wait(snapshot.revision, 0.2)
    return snapshot


def load(logdir: Path) -> Snapshot:
    return Reloader(logdir).load()


def steps(snapshot: Snapshot, run: str = "run", tag: str = "loss") -> list[int]:
    return snapshot.find_tag(run, tag, "scalars").scalars().step.tolist()


def has_steps(count: int, run: str = "run", tag: str = "loss") -> Callable[[Snapshot], bool]:
    def is_so(snapshot: Snapshot) -> bool:
        found = snapshot.runs.get(run)
        of_stem = found.by_stem.get("scalars", {}) if found else {}
        return tag in of_stem and of_stem[tag].points == count

    return is_so


def test_loading_once(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0, 1, 2], [0.5, float("nan"), float("-inf")])
    log.write(text_record("note", [b"hello"], 1, 1004.0))
    snapshot = load(tmp_path)
    assert snapshot.revision == 1
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
    assert after.find_tag("run", "acc", "scalars") is before.find_tag("run", "acc", "scalars")
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


def rewrite(log: LogWriter, values: list[float]) -> bytes:
    return version_record(1500.0) + b"".join(scalar_record("loss", v, i, 1600.0 + i) for i, v in enumerate(values))


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


# -- what is not there, or cannot be read ----------------------------------------------------------------------


def test_a_missing_logdir_is_waited_for(tmp_path: Path, follow: Callable[..., Reloader]):
    LogWriter(tmp_path / "neighbour" / "run")
    reloader = follow(tmp_path / "logs" / "here")
    assert not reloader.snapshot.exists
    assert reloader.snapshot.runs == {}
    LogWriter(tmp_path / "logs" / "here" / "run").scalars("loss", [0, 1])
    assert until(reloader, has_steps(2)).exists


def test_an_empty_logdir_names_its_neighbours_until_it_has_runs(tmp_path: Path, follow: Callable[..., Reloader]):
    LogWriter(tmp_path / "runs" / "a")
    (tmp_path / "logs").mkdir()
    reloader = follow(tmp_path / "logs")
    assert [(folder.path, folder.event_files) for folder in reloader.snapshot.nearby] == [
        (str(tmp_path / "runs"), 1)
    ]
    LogWriter(tmp_path / "logs" / "run").scalars("loss", [0])
    assert until(reloader, has_steps(1)).nearby == ()


def test_a_logdir_deleted_and_made_again_is_followed(tmp_path: Path, follow: Callable[..., Reloader]):
    LogWriter(tmp_path / "logs" / "run").scalars("loss", [0])
    reloader = follow(tmp_path / "logs")
    until(reloader, lambda s: s.live == "watching")
    shutil.rmtree(tmp_path / "logs")
    until(reloader, lambda s: not s.exists)
    LogWriter(tmp_path / "logs" / "run").scalars("loss", [0, 1])
    until(reloader, has_steps(2))
    until(reloader, lambda s: s.live == "watching")


def test_garbage_is_a_problem_and_a_run(tmp_path: Path):
    LogWriter(tmp_path / "good").scalars("loss", [0])
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "my.tfevents.csv").write_bytes(b"step,loss\n1,2\n" * 100)
    snapshot = load(tmp_path)
    assert steps(snapshot, "good") == [0]
    assert list(snapshot.runs) == ["bad", "good"]
    (problem,) = snapshot.problems
    assert (problem.run, problem.file, problem.offset) == ("bad", "bad/my.tfevents.csv", 0)
    assert problem.message.endswith(".")


def test_a_damaged_record_costs_itself_and_is_listed(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0, 1])
    at = log.path.stat().st_size
    record = bytearray(scalar_record("loss", 2.0, 2, 1003.0))
    record[-6] ^= 1
    log.write(bytes(record))
    log.scalars("loss", [3])
    snapshot = load(tmp_path)
    assert steps(snapshot) == [0, 1, 3]
    (problem,) = snapshot.problems
    assert (problem.run, problem.file, problem.offset) == ("run", "run/events.out.tfevents.1000.host.1.0", at)
    assert problem.bytes_lost == len(record)


def test_damage_at_the_end_is_pending_while_the_file_may_still_be_written(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0])
    log.write(bytes(64))  # NFS shows zeros where data will be
    assert load(tmp_path).problems == ()
    log.settle()
    snapshot = load(tmp_path)
    assert steps(snapshot) == [0]
    assert len(snapshot.problems) == 1


@pytest.mark.skipif(os.name != "posix", reason="needs file modes")
def test_an_unreadable_file_is_a_problem_until_it_is_fixed(
    tmp_path: Path, follow: Callable[..., Reloader], monkeypatch: pytest.MonkeyPatch
):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0])
    if os.geteuid() == 0:  # root may read everything, so the refusal is made
        import epochal.store.log_file as log_file

        real = log_file.open_readonly

        def refuse(path: str) -> int:
            if not os.stat(path).st_mode & 0o400:
                raise PermissionError(13, "Permission denied", path)
            return real(path)

        monkeypatch.setattr(log_file, "open_readonly", refuse)
    log.path.chmod(0)
    reloader = follow(tmp_path)
    assert [p.message for p in reloader.snapshot.problems] == ["Permission denied."]
    assert list(reloader.snapshot.runs) == ["run"]
    log.path.chmod(0o600)
    assert until(reloader, has_steps(1)).problems == ()


def test_an_empty_file_is_a_run_without_tags(tmp_path: Path, follow: Callable[..., Reloader]):
    (tmp_path / "run").mkdir()
    path = tmp_path / "run" / "events.out.tfevents.1"
    path.write_bytes(b"")
    reloader = follow(tmp_path)
    assert reloader.snapshot.runs["run"].tags == {}
    path.write_bytes(version_record() + scalar_record("loss", 1.0, 5, 1001.0))
    assert steps(until(reloader, has_steps(1))) == [5]


# -- sub-runs --------------------------------------------------------------------------------------------------


def test_add_scalars_of_torch_and_tensorboardx_are_folded_under_their_writer(tmp_path: Path):
    LogWriter(tmp_path / "exp").scalars("lr", [0])
    LogWriter(tmp_path / "exp" / "loss_all_train a").scalars("loss/all", [0])
    LogWriter(tmp_path / "exp" / "loss" / "all" / "test").scalars("loss/all", [0])
    LogWriter(tmp_path / "exp" / "loss_all_two").scalars("loss/all", [0])
    LogWriter(tmp_path / "exp" / "loss_all_two", "x.tfevents.2").scalars("more", [0])
    LogWriter(tmp_path / "exp" / "other").scalars("loss/all", [0])
    LogWriter(tmp_path / "lone" / "loss_a").scalars("loss", [0])
    runs = load(tmp_path).runs
    assert {name: run.parent for name, run in runs.items()} == {
        "exp": None,
        "exp/loss_all_train a": "exp",
        "exp/loss/all/test": "exp",
        "exp/loss_all_two": None,
        "exp/other": None,
        "lone/loss_a": None,
    }


def test_sub_runs_of_the_root_are_folded_under_it(tmp_path: Path):
    LogWriter(tmp_path)
    LogWriter(tmp_path / "loss_a").scalars("loss", [0])
    assert load(tmp_path).runs["loss_a"].parent == "."


def test_sub_runs_of_torch_itself(tmp_path: Path):
    torch_tensorboard = pytest.importorskip("torch.utils.tensorboard")
    with torch_tensorboard.SummaryWriter(str(tmp_path / "exp")) as writer:
        writer.add_scalars("group/loss", {"train": 1.0, "test": 2.0}, 1)
        writer.add_hparams({"lr": 0.1}, {"accuracy": 0.5})
        writer.add_hparams({"lr": 0.2}, {"accuracy": 0.5}, run_name="mine")
    runs = load(tmp_path).runs
    session = next(name for name in runs if name[4:5].isdigit())
    assert {name: run.parent for name, run in runs.items()} == {
        "exp": None,
        "exp/group_loss_train": "exp",
        "exp/group_loss_test": "exp",
        session: "exp",
        "exp/mine": None,
    }


def test_a_parent_that_appears_later_takes_its_sub_runs(tmp_path: Path, follow: Callable[..., Reloader]):
    LogWriter(tmp_path / "exp" / "loss_a").scalars("loss", [0])
    reloader = follow(tmp_path)
    assert reloader.snapshot.runs["exp/loss_a"].parent is None
    LogWriter(tmp_path / "exp").scalars("lr", [0])
    until(reloader, lambda s: s.runs["exp/loss_a"].parent == "exp")


# -- the reloader itself ---------------------------------------------------------------------------------------


def test_interval_zero_loads_once_and_again_only_when_told(tmp_path: Path, follow: Callable[..., Reloader]):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0])
    reloader = follow(tmp_path, reload_interval_secs=0)
    assert reloader.snapshot.live == "off"
    log.scalars("loss", [1])
    assert reloader.wait(reloader.snapshot.revision, 0.5).runs["run"].points == 1
    assert steps(reloader.reload_now()) == [0, 1]


def test_notification_is_quicker_than_the_interval(tmp_path: Path, follow: Callable[..., Reloader]):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0])
    (tmp_path / "new").mkdir()
    reloader = follow(tmp_path, reload_interval_secs=1000)
    until(reloader, lambda s: s.live == "watching")
    log.scalars("loss", [1])
    until(reloader, has_steps(2))
    LogWriter(tmp_path / "new" / "er").scalars("loss", [0, 1, 2])
    until(reloader, has_steps(3, "new/er"))
    shutil.rmtree(tmp_path / "new")
    until(reloader, lambda s: list(s.runs) == ["run"])


def test_subscribers_are_told_of_each_publication_until_they_leave(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0])
    reloader = Reloader(tmp_path)
    seen: list[int] = []

    def fail(snapshot: Snapshot) -> None:
        raise ValueError("a subscriber's own trouble")

    reloader.subscribe(fail)
    leave = reloader.subscribe(lambda snapshot: seen.append(snapshot.revision))
    reloader.load()
    reloader.load()  # nothing new: nothing published
    log.scalars("loss", [1])
    reloader.load()
    leave()
    log.scalars("loss", [2])
    reloader.load()
    assert seen == [1, 2]
    assert reloader.snapshot.revision == 3


def test_changes_too_old_to_tell(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    reloader = Reloader(tmp_path)
    for step in range(520):
        log.scalars("loss", [step])
        reloader.load()
    snapshot = reloader.snapshot
    assert snapshot.changed_since(0) is None
    assert snapshot.structure_since(0)
    assert snapshot.changed_since(snapshot.revision - 500) == {"run": {"loss"}}
    assert snapshot.changed_since(snapshot.revision + 1) is None  # a page of another server


def test_many_files_do_not_keep_descriptors(tmp_path: Path):
    for i in range(40):
        LogWriter(tmp_path / f"run{i}").scalars("loss", [0])
    before = len(os.listdir("/proc/self/fd"))
    snapshot = load(tmp_path)
    assert len(snapshot.runs) == 40
    assert len(os.listdir("/proc/self/fd")) == before


def test_blobs_keep_their_keys_across_restarts_and_lose_them_with_their_bytes(tmp_path: Path):
    from epochal.errors import BlobNotFoundError, DamagedRecordError

    log = LogWriter(tmp_path / "run")
    log.write(image_record("img", b"first image", 1, 1001.0))
    log.write(image_record("img", b"second image", 2, 1002.0))
    first = load(tmp_path)
    series = first.find_tag("run", "img", "images").blobs()
    keys = [first.make_blob_key(series.ref(i), "images") for i in range(2)]
    again = load(tmp_path)
    ref, stem = again.find_blob(keys[1])
    assert stem == "images"
    assert b"second image" in again.read_blob(ref)
    for key in ("", "x", keys[0][:-3], keys[0] + "AAAA", "!" * len(keys[0])):
        with pytest.raises(BlobNotFoundError):
            again.find_blob(key)
    log.path.write_bytes(rewrite(log, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    with pytest.raises(DamagedRecordError):
        again.read_blob(ref)
    with pytest.raises(BlobNotFoundError):
        load(tmp_path).find_blob(keys[1])


def test_bytes_of_another_file_are_not_taken_for_damage(tmp_path: Path):
    from epochal.errors import DamagedRecordError

    log = LogWriter(tmp_path / "run")
    log.write(image_record("img", b"first image", 1, 1001.0))
    reloader = Reloader(tmp_path)
    snapshot = reloader.load()
    ref = snapshot.find_tag("run", "img", "images").blobs().ref(0)
    log.path.write_bytes(version_record() + image_record("img", b"other image", 1, 1001.0))
    with pytest.raises(DamagedRecordError, match="replaced"):
        snapshot.read_blob(ref)
    after = reloader.load()
    assert after.problems == ()
    assert b"other image" in after.read_blob(after.find_tag("run", "img", "images").blobs().ref(0))


def test_a_payload_that_proves_damaged_is_removed_and_listed(tmp_path: Path, follow: Callable[..., Reloader]):
    from epochal.errors import DamagedRecordError

    log = LogWriter(tmp_path / "run")
    for step in range(3):
        log.write(image_record("img", bytes([step]) * 100_000, step, 1001.0 + step))
    data = bytearray(log.path.read_bytes())
    data[150_000] ^= 1  # in the second image; of large records only the head is checked at load
    log.path.write_bytes(data)
    reloader = follow(tmp_path)
    snapshot = reloader.snapshot
    series = snapshot.find_tag("run", "img", "images").blobs()
    assert series.step.tolist() == [0, 1, 2]
    with pytest.raises(DamagedRecordError):
        snapshot.read_blob(series.ref(1))
    after = until(reloader, lambda s: len(s.problems) == 1)
    assert after.find_tag("run", "img", "images").blobs().step.tolist() == [0, 2]
    assert after.problems[0].offset == series.ref(1).record_offset
    assert after.changed_since(snapshot.revision) == {"run": {"img"}}
    log.write(image_record("img", b"more", 3, 1004.0))
    after = until(reloader, lambda s: s.runs["run"].points == 3)
    assert after.find_tag("run", "img", "images").blobs().step.tolist() == [0, 2, 3]
