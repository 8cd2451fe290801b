"""When a logdir is looked at again, and on which file systems nobody tells of changes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from store_follow import PATIENCE_SECS, has_steps, until
from store_logs import LogWriter

from epochal.store import pace, reloader
from epochal.store.mounts import Mount, is_remote, read_mounts
from epochal.store.pace import Pace, list_active
from epochal.store.reloader import Reloader


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock to be set."""
    now = [1000.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    return now


def scan(pace: Pace, clock: list[float], secs: float) -> None:
    began = clock[0]
    clock[0] += secs
    pace.note_scan(began)


def test_a_small_tree_is_looked_through_each_interval(clock: list[float]):
    pace = Pace(5.0)
    scan(pace, clock, 0.002)
    assert pace.scan_due("watching", True) == pace.scan_due("polling", True) == clock[0] + 5.0
    assert pace.look_due("polling", True) == float("inf")  # scans are as frequent


@pytest.mark.parametrize("live", ["watching", "polling"])
def test_a_large_tree_takes_less_than_a_hundredth_of_a_core(clock: list[float], live: str):
    """Scans and looks for an hour, each as long as for 10,000 files on a slow disk."""
    pace = Pace(5.0)
    busy = 0.0
    scan(pace, clock, 0.5)
    start = clock[0]
    while clock[0] < start + 3600:
        scan_at, look_at = pace.scan_due(live, True), pace.look_due(live, True)  # type: ignore[arg-type]
        clock[0] = min(scan_at, look_at)
        if scan_at <= look_at:
            scan(pace, clock, 0.5)
            busy += 0.5
        else:
            began = clock[0]
            clock[0] += 0.01
            pace.note_look(began)
            busy += 0.01
        pace.note_result(True)
    assert 0.001 < busy / 3600 < 0.01


def test_between_scans_of_a_large_tree_active_files_are_looked_at(clock: list[float]):
    pace = Pace(5.0)
    scan(pace, clock, 0.5)
    assert pace.scan_due("polling", True) > clock[0] + 60
    assert pace.look_due("polling", True) == clock[0] + 5.0
    assert pace.look_due("watching", True) == float("inf")
    assert pace.look_due("polling", False) == float("inf")


def test_polling_becomes_slower_while_nothing_happens(clock: list[float]):
    pace = Pace(5.0)
    pauses = []
    for _ in range(40):
        scan(pace, clock, 0.001)
        pauses.append(pace.scan_due("polling", True) - clock[0])
        pace.note_result(False)
    assert pauses[0] == pauses[10] == 5.0
    assert pauses == sorted(pauses)
    assert pauses[-1] == 20.0
    assert pace.scan_due("watching", True) - clock[0] == 5.0
    pace.note_result(True)
    assert pace.scan_due("polling", True) - clock[0] == 5.0


def test_a_missing_directory_is_looked_for_each_second_and_no_interval_means_once(clock: list[float]):
    pace = Pace(5.0)
    scan(pace, clock, 0.001)
    assert pace.scan_due("polling", False) == clock[0] + 1.0
    assert Pace(0.0).scan_due("off", True) == float("inf")


def test_active_files_are_those_written_to_lately_and_not_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for number in range(6):
        log = LogWriter(tmp_path / f"run{number}")
        log.settle(10.0 * number if number < 5 else 3600.0)
    following = Reloader(tmp_path)
    following.load()
    names = [f"run{number}" for number in range(5)]
    assert sorted(os.path.basename(os.path.dirname(p)) for p in list_active(following._by_path.values())) == names
    monkeypatch.setattr(pace, "MAX_ACTIVE", 2)
    assert sorted(os.path.basename(os.path.dirname(p)) for p in list_active(following._by_path.values())) == [
        "run0",
        "run1",
    ]


MOUNTS = r"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
30 22 0:40 / /data rw - nfs4 server:/export rw
31 22 0:41 / /home/a\040b/bucket rw,nosuid shared:3 master:4 - fuse.gcsfuse bucket rw
32 30 8:1 / /data/local rw - xfs /dev/sda1 rw
33 22 8:2 / /ntfs rw - fuseblk /dev/sda2 rw
34 22 0:42 / /over rw - nfs old:/x rw
35 34 0:43 / /over rw - tmpfs tmpfs rw
broken line
"""


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/logs", False),
        ("/data", True),
        ("/data/runs", True),
        ("/database", False),
        ("/data/local/runs", False),
        ("/home/a b/bucket/runs", True),
        ("/home/a b", True),  # a bucket is mounted below
        ("/home/other", False),
        ("/ntfs/logs", False),
        ("/over/logs", False),
    ],
)
def test_where_others_write_unseen(tmp_path: Path, folder: str, expected: bool):
    path = tmp_path / "mountinfo"
    path.write_text(MOUNTS)
    mounts = read_mounts(str(path))
    assert len(mounts) == 7
    assert is_remote(folder, mounts) is expected


def test_a_link_to_a_remote_folder_is_remote(tmp_path: Path):
    (tmp_path / "share").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "share")
    assert is_remote(str(tmp_path / "link"), [Mount("/", "ext4"), Mount(str(tmp_path / "share"), "cifs")])
    assert read_mounts(str(tmp_path / "missing")) == []
    assert not is_remote(str(tmp_path), [])


# -- live ------------------------------------------------------------------------------------------------------


def test_what_is_written_is_served_at_once(tmp_path: Path, follow: Callable[..., Reloader]):
    """DESIGN.md: within a second on a local disk; with tenfold margin. No poll can do it in this time."""
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0])
    following = follow(tmp_path, reload_interval_secs=3600.0)
    until(following, lambda s: s.live == "watching")
    for step in range(1, 6):
        time.sleep(0.05)
        log.scalars("loss", [step])
        began = time.monotonic()
        until(following, has_steps(step + 1))
        assert time.monotonic() - began < 10.0
    LogWriter(tmp_path / "new" / "run").scalars("loss", [0])
    until(following, has_steps(1, "new/run"))


def test_a_network_file_system_is_polled(
    tmp_path: Path, follow: Callable[..., Reloader], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reloader, "read_mounts", lambda: [Mount("/", "nfs4")])
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0])
    following = follow(tmp_path)
    assert following.snapshot.live == "polling"
    log.scalars("loss", [1])
    assert until(following, has_steps(2)).live == "polling"


def test_polling_a_large_tree_still_follows_the_files_that_grow(
    tmp_path: Path, follow: Callable[..., Reloader], monkeypatch: pytest.MonkeyPatch
):
    real = reloader.scan_logdir
    scans = []

    def slow_scan(root: str) -> object:
        scans.append(root)
        time.sleep(0.3)  # at 0.6 % of a core it is due again after 50 s
        return real(root)

    monkeypatch.setattr(reloader, "scan_logdir", slow_scan)
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0])
    following = follow(tmp_path, watch=False, reload_interval_secs=0.1)
    log.scalars("loss", [1])
    until(following, has_steps(2))
    log.path.write_bytes(log.path.read_bytes()[:100])
    until(following, has_steps(1))
    assert len(scans) == 1
    log.path.unlink()
    until(following, lambda s: not s.runs)
    assert PATIENCE_SECS < 50
