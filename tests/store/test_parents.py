"""Which runs are sub-runs, and of which run: real ones by torch and tensorboardX, and look-alikes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from store_logs import LogWriter

from epochal import SummaryWriter
from epochal.store.parents import KeyLine, find_key_line
from epochal.store.reloader import Reloader
from epochal.store.snapshot import Snapshot

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import tensorboardX
    from torch.utils.tensorboard import SummaryWriter as TorchWriter

DATA = Path(__file__).parent.parent / "data"


def parents_of(snapshot: Snapshot) -> dict[str, str | None]:
    return {name: run.parent for name, run in snapshot.runs.items()}


def lines_of(snapshot: Snapshot) -> dict[str, tuple[str, str]]:
    found = {name: find_key_line(run) for name, run in snapshot.runs.items()}
    return {name: tuple(line) for name, line in found.items() if line is not None}


def is_time(name: str) -> bool:
    return name.rpartition("/")[2].replace(".", "").isdigit()


def test_torchs_golden_sub_runs(follow: Callable[..., Reloader]) -> None:
    snapshot = follow(DATA / "torch").snapshot
    parents = parents_of(snapshot)
    sides = {"sides_sine", "sides_a", "sides_key with_äöü %", "sides_2_sine"}
    nested = {"group_sub_tag_sine", "group_sub_tag_a", "group_sub_tag_key with_äöü %", "group_sub_tag_2_sine"}
    sessions = {name for name in parents if is_time(name)}
    assert len(sessions) == 2
    expected: dict[str, str | None] = dict.fromkeys(sides | {"second"}, ".")
    expected |= dict.fromkeys((f"nested/job/{name}" for name in nested | {"second"}), "nested/job")
    expected |= {name: name.rpartition("/")[0] or "." for name in sessions}
    expected |= dict.fromkeys((".", "everything", "nested/job", "restarts", "session"))
    assert parents == expected
    assert lines_of(snapshot) == {
        "sides_sine": ("sides", "sine"),
        "sides_a": ("sides", "a"),
        "sides_key with_äöü %": ("sides", "key with_äöü %"),
        "sides_2_sine": ("sides_2", "sine"),
        "nested/job/group_sub_tag_sine": ("group/sub_tag", "sine"),
        "nested/job/group_sub_tag_a": ("group/sub_tag", "a"),
        "nested/job/group_sub_tag_key with_äöü %": ("group/sub_tag", "key with_äöü %"),
        "nested/job/group_sub_tag_2_sine": ("group/sub_tag_2", "sine"),
    }


def test_tensorboardxs_golden_sub_runs(follow: Callable[..., Reloader]) -> None:
    snapshot = follow(DATA / "tensorboardx").snapshot
    assert lines_of(snapshot) == {
        "subs/sides/sine": ("sides", "sine"),
        "subs/sides/two words": ("sides", "two words"),
        "subs/group/deep/x": ("group/deep", "x"),
    }
    below = {name: parent for name, parent in parents_of(snapshot).items() if name.startswith("subs/")}
    assert set(below.values()) == {"subs"}
    assert len(below) == 5


@pytest.mark.parametrize("make", [TorchWriter, tensorboardX.SummaryWriter, "torch_layout"])
@pytest.mark.parametrize("folder", [".", "exp", "a/b c/run_1"])
@pytest.mark.filterwarnings("ignore")
def test_odd_tags_and_keys(make: Any, folder: str, tmp_path: Path, follow: Callable[..., Reloader]) -> None:
    if make == "torch_layout":
        writer: Any = SummaryWriter(str(tmp_path / folder), torch_layout=True)
    else:
        writer = make(str(tmp_path / folder))
    writer.add_scalar("own", 1, 1)
    keys = ["plain", "two words", "x_y", "ü%(1)", "deep/key", "-1", "1.5"]
    tags = ["loss", "a/b", "two words", "m_n", "ü", "x.y/z-1"]
    for tag in tags:
        writer.add_scalars(tag, dict.fromkeys(keys, 1.0), 1)
    writer.close()
    snapshot = follow(tmp_path).snapshot
    others = {name: parent for name, parent in parents_of(snapshot).items() if name != folder}
    assert set(others.values()) == {folder}
    assert len(others) == len(tags) * len(keys)
    cleaned = make is tensorboardX.SummaryWriter
    expected = {(tag.replace(" ", "_") if cleaned else tag, key) for tag in tags for key in keys}
    assert set(lines_of(snapshot).values()) == expected


def test_a_key_that_is_the_beginning_of_another_is_no_parent(
    tmp_path: Path, follow: Callable[..., Reloader]
) -> None:
    for name in ("loss_a", "loss_a/b", "loss_a/loss_b", "loss_"):
        LogWriter(tmp_path / name).scalars("loss", [1])
    LogWriter(tmp_path).scalars("own", [1])
    snapshot = follow(tmp_path).snapshot
    # `loss_a/loss_b` may as well be a run below `loss_a`; nearest first.
    expected = {".": None, "loss_": ".", "loss_a": ".", "loss_a/b": ".", "loss_a/loss_b": "loss_a"}
    assert parents_of(snapshot) == expected
    assert find_key_line(snapshot.runs["loss_"]) == KeyLine("loss", "")


def test_what_only_looks_alike_is_no_sub_run(tmp_path: Path, follow: Callable[..., Reloader]) -> None:
    LogWriter(tmp_path / "exp").scalars("own", [1])
    two = LogWriter(tmp_path / "exp" / "loss_two")
    two.scalars("loss", [1])
    two.scalars("lr", [1])
    LogWriter(tmp_path / "exp" / "loss").scalars("loss", [1])
    LogWriter(tmp_path / "exp" / "train").scalars("loss", [1])
    LogWriter(tmp_path / "exp" / "1700000000.5").scalars("loss", [1])  # no session in it
    LogWriter(tmp_path / "lone" / "loss_a").scalars("loss", [1])  # no run above
    snapshot = follow(tmp_path).snapshot
    assert set(parents_of(snapshot).values()) == {None}
    assert lines_of(snapshot) == {}


def test_sessions_of_other_writers_stay_runs(follow: Callable[..., Reloader]) -> None:
    """hp.hparams and KerasCallback: the runs of a search, below the run with the experiment."""
    for writer in ("tf2", "keras", "clu"):
        assert set(parents_of(follow(DATA / writer).snapshot).values()) == {None}


def test_lightnings_groups_of_metrics_are_sub_runs(follow: Callable[..., Reloader]) -> None:
    """Its logger gives dicts of dicts to add_scalars."""
    assert lines_of(follow(DATA / "lightning").snapshot) == {
        f"model/version_{version}/group_{key}": ("group", key) for version in range(2) for key in "ab"
    }


def test_a_run_that_trains_and_logs_its_hparams_is_no_sub_run(
    tmp_path: Path, follow: Callable[..., Reloader]
) -> None:
    LogWriter(tmp_path).scalars("own", [1])
    with TorchWriter(str(tmp_path)) as writer:
        writer.add_hparams({"lr": 1.0}, {"accuracy": 1.0}, run_name="trial")
    with TorchWriter(str(tmp_path / "trial")) as writer:
        for step in range(5):
            writer.add_scalar("loss", 1.0, step)
    assert parents_of(follow(tmp_path).snapshot) == {".": None, "trial": None}


def test_a_run_is_judged_again_as_it_grows_and_as_others_appear(
    tmp_path: Path, follow: Callable[..., Reloader]
) -> None:
    log = LogWriter(tmp_path / "exp" / "loss_x")
    log.scalars("loss", [1])
    reloader = follow(tmp_path)
    assert parents_of(reloader.snapshot) == {"exp/loss_x": None}
    LogWriter(tmp_path / "exp").scalars("own", [1])
    before = reloader.snapshot.revision
    snapshot = reloader.reload_now()
    assert parents_of(snapshot) == {"exp": None, "exp/loss_x": "exp"}
    assert snapshot.structure_since(before)
    log.scalars("lr", [1])
    snapshot = reloader.reload_now()
    assert parents_of(snapshot) == {"exp": None, "exp/loss_x": None}
    assert find_key_line(snapshot.runs["exp/loss_x"]) is None
