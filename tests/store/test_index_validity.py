"""When an index does not hold: the file was replaced, truncated, or only looks like the one that was indexed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from index_lives import make_run, start
from store_follow import steps
from store_logs import LogWriter, rewrite, scalar_record

from epochal.store import index

pytestmark = pytest.mark.usefixtures("cache")


def replace_by_rename(log: LogWriter, data: bytes) -> None:
    other = log.path.with_name("copy")
    other.write_bytes(data)
    other.rename(log.path)


def replace_in_place(log: LogWriter, data: bytes) -> None:
    info = log.path.stat()
    log.path.write_bytes(data)
    os.utime(log.path, ns=(info.st_atime_ns, info.st_mtime_ns))


def replace_and_reuse_the_inode(log: LogWriter, data: bytes) -> None:
    inode = log.path.stat().st_ino
    for _ in range(50):
        log.path.unlink()
        log.path.write_bytes(data)
        if log.path.stat().st_ino == inode:
            return


@pytest.mark.parametrize("replace", [replace_by_rename, replace_in_place, replace_and_reuse_the_inode])
@pytest.mark.parametrize("count", [1000, 999, 1001, 1])
@pytest.mark.parametrize("vouching", [False, True])
def test_a_replaced_file_is_decoded_again(
    logs: Path,
    replace: Callable[[LogWriter, bytes], None],
    count: int,
    vouching: bool,
    monkeypatch: pytest.MonkeyPatch,
):
    if vouching:
        monkeypatch.setattr(index, "RACY_SECS", -1e9)
    log = LogWriter(logs / "run")
    log.path.write_bytes(rewrite(log, [1.0] * 1000))
    log.settle()
    start(logs)
    time.sleep(0.02)  # the kernel's clock for files ticks every few milliseconds
    replace(log, rewrite(log, [2.0] * count))
    assert start(logs).find_tag("run", "loss", "scalars").scalars().value.tolist() == [2.0] * count
    assert start(logs).find_tag("run", "loss", "scalars").scalars().value.tolist() == [2.0] * count


def test_a_truncated_file_is_decoded_again(logs: Path):
    log = make_run(logs)
    start(logs)
    os.truncate(log.path, log.path.stat().st_size - 500)
    assert start(logs).points < 1001


def test_a_last_record_that_differs_is_noticed(logs: Path):
    log = LogWriter(logs / "run")
    log.scalars("loss", [0, 1, 2])
    log.settle()
    start(logs)
    with log.path.open("r+b") as file:
        file.seek(-len(scalar_record("loss", 0.0, 2, 1003.0)), os.SEEK_END)
        file.write(scalar_record("loss", 9.0, 2, 1003.0))
    assert start(logs).find_tag("run", "loss", "scalars").scalars().value.tolist() == [0.0, 1.0, 9.0]


def test_a_file_that_only_begins_differently_is_noticed(logs: Path):
    log = LogWriter(logs / "run", begun=1000.0)
    log.scalars("loss", [0, 1, 2])
    old = log.path.read_bytes()
    start(logs)
    other = LogWriter(logs / "run", begun=1500.0)
    other.write(old[len(other.path.read_bytes()) :])
    other.scalars("loss", [3])
    assert start(logs).runs["run"].start_time == 1500.0


def test_a_file_that_differs_in_the_middle_only_is_noticed(logs: Path):
    log = make_run(logs, 100)
    start(logs)
    with log.path.open("r+b") as file:
        file.seek(len(log.path.read_bytes()) // 2)
        file.write(bytes(100))
    assert len(start(logs).problems) == 1


def test_an_index_of_a_file_that_took_the_place_is_not_taken_for_the_old_one(logs: Path):
    """A parked snapshot, and another server that has already indexed the file that replaced it."""
    log = make_run(logs)
    start(logs)
    parked = start(logs)
    replace_in_place(log, rewrite(log, [7.0] * 2000))
    start(logs)
    from epochal.errors import NotFoundError

    with pytest.raises(NotFoundError):
        steps(parked)
