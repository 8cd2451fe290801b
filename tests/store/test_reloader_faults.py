"""What a reloader does where something is missing, damaged, folded or asked for late."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from store_follow import has_steps, load, steps, until
from store_logs import LogWriter, image_record, rewrite, scalar_record, version_record

from epochal.store.reloader import Reloader
from epochal.store.snapshot import Snapshot

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
        "exp/mine": "exp",
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
    assert seen[1] == seen[0] + 1
    assert len(seen) == 2
    assert reloader.snapshot.revision == seen[1] + 1


def test_revisions_of_two_servers_never_meet(tmp_path: Path):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0])
    before = load(tmp_path)
    time.sleep(0.01)
    after = load(tmp_path)
    assert after.revision > before.revision
    assert after.changed_since(before.revision) is None


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
