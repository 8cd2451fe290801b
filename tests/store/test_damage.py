"""Damage through the store: what is lost, what is listed, and that no number is ever wrong."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import pytest
from store_follow import has_steps, steps, until
from store_logs import LogWriter, scalar_record, version_record

from epochal.events.core import implementation
from epochal.store import log_file
from epochal.store.log_file import LogFile
from epochal.store.logdir import FoundFile, make_file_stat
from epochal.store.reloader import Reloader

NAME = "events.out.tfevents.1000.host.1.0"
RECORDS = 200 if implementation == "native" else 12


def make_records() -> list[bytes]:
    """The file's version and scalars of two tags, one file's worth."""
    scalars = [
        scalar_record("loss" if i % 3 else "acc", random.Random(i).uniform(-1, 1), i, 1001.0 + i)
        for i in range(RECORDS - 1)
    ]
    return [version_record(), *scalars]


class Reading(NamedTuple):
    """What the store makes of a file: each tag's columns, and where it sees problems."""

    columns: dict[str, bytes]
    problems: list[tuple[str, int | None]]


def read_file(path: Path) -> Reading:
    """By the file's own part of the store, without the walk of the logdir."""
    file = LogFile("run", FoundFile(str(path), path.name, make_file_stat(path.stat())))
    file.load()
    state = file.state
    assert state is not None
    columns = {part.name: b"".join(column.tobytes() for column in part.scalars()) for part in state.parts}
    return Reading(columns, [(problem.file, problem.offset) for problem in state.problems])


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file counts as one that is being written."""
    monkeypatch.setattr(log_file, "SETTLED_SECS", 0.0)


@pytest.mark.parametrize("every", [8, pytest.param(1, marks=pytest.mark.soak)])
def test_any_flipped_bit_costs_its_record_and_is_listed(tmp_path: Path, settled: None, every: int):
    """Every byte: all else is there, bit for bit, and the one problem names file and offset."""
    records = make_records()
    starts = list(accumulate(map(len, records), initial=0))
    rest, whole = tmp_path / "rest", tmp_path / NAME
    whole.write_bytes(b"".join(records))
    # One bit of each byte; tests/events/test_damage.py flips all eight in the decoder, and `make soak` here.
    with whole.open("r+b", buffering=0) as file:
        for hit, record in enumerate(records):
            rest.write_bytes(b"".join(records[:hit] + records[hit + 1 :]))
            expected = read_file(rest)
            assert expected.problems == []
            for bit in range(hit % every, 8 * len(record), every):
                byte = record[bit // 8]
                os.pwrite(file.fileno(), bytes([byte ^ 1 << (bit + bit // 8) % 8]), starts[hit] + bit // 8)
                found = read_file(whole)
                os.pwrite(file.fileno(), bytes([byte]), starts[hit] + bit // 8)
                assert found.columns == expected.columns
                assert found.problems == [(f"run/{NAME}", starts[hit])]


@pytest.mark.parametrize("settled_secs", [0.0, 1e9], ids=["settled", "live"])
def test_cut_at_every_byte_is_growth_and_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settled_secs: float
):
    """However old the file is: a torn tail is what a killed writer leaves."""
    monkeypatch.setattr(log_file, "SETTLED_SECS", settled_secs)
    records = make_records() if not settled_secs else make_records()[: RECORDS // 4]
    path = tmp_path / NAME
    expected: dict[str, bytes] = {}
    with path.open("wb", buffering=0) as file:
        for record in records:
            for at in range(len(record)):
                found = read_file(path)
                assert found == (expected, [])
                file.write(record[at : at + 1])
            expected = read_file(path).columns
    assert sum(map(len, expected.values())) == 24 * (len(records) - 1)


def test_a_file_that_grows_by_any_pieces_is_never_called_damaged(tmp_path: Path):
    records = make_records()
    data = b"".join(records)
    path = tmp_path / "run" / NAME
    path.parent.mkdir()
    path.write_bytes(data)
    expected = read_file(path).columns
    for seed in range(20):
        chance = random.Random(seed)
        path.write_bytes(b"")
        reloader = Reloader(tmp_path, cache=False)
        at = 0
        while at < len(data):
            size = chance.choice((1, 2, 11, 12, 13, 50, 700))
            with path.open("ab") as file:
                file.write(data[at : at + size])
            at += size
            snapshot = reloader.load()
            assert snapshot.problems == ()
        run = snapshot.runs["run"]
        for tag in run.iter_tags():
            series = tag.scalars()
            columns = b"".join(column.tobytes() for column in (series.step, series.wall_time, series.value))
            assert columns == expected[tag.name]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file counts as no longer written to after a second and a half instead of thirty."""
    monkeypatch.setattr(log_file, "SETTLED_SECS", 1.5)


@pytest.mark.parametrize("watch", [True, False])
@pytest.mark.parametrize("count", [1, 2, 150])
def test_zeros_at_the_end_of_a_live_file_are_read_again(
    tmp_path: Path, follow: Callable[..., Reloader], watch: bool, count: int
):
    """NFS shows them where another machine's data will be, and the data come without a new size."""
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0, 1])
    begin = log.path.stat().st_size
    more = b"".join(scalar_record("loss", float(step), step, 1001.0 + step) for step in range(2, 2 + count))
    log.write(bytes(len(more)))
    reloader = follow(tmp_path, watch=watch)
    assert (steps(reloader.snapshot), reloader.snapshot.problems) == ([0, 1], ())
    with log.path.open("r+b") as file:
        file.seek(begin)
        file.write(more)
    assert until(reloader, has_steps(2 + count)).problems == ()


def test_zeros_that_stay_become_damage_and_what_follows_is_read(
    tmp_path: Path, follow: Callable[..., Reloader], quick: None
):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0])
    at = log.path.stat().st_size
    log.write(bytes(500))
    reloader = follow(tmp_path)
    assert reloader.snapshot.problems == ()
    snapshot = until(reloader, lambda s: len(s.problems) == 1)  # without any further change of the file
    assert (snapshot.problems[0].file, snapshot.problems[0].offset) == (f"run/{NAME}", at)
    log.scalars("loss", [1, 2])
    snapshot = until(reloader, has_steps(3))
    assert [(p.offset, p.bytes_lost) for p in snapshot.problems] == [(at, 500)]


# -- another file in its place ---------------------------------------------------------------------------------


def middle_changed(data: bytes, value: float) -> bytes:
    """The same log but for one value in its middle: same size, first 64 bytes and last record."""
    old, new = scalar_record("loss", 50.0, 50, 1051.0), scalar_record("loss", value, 50, 1051.0)
    assert data.count(old) == 1
    assert len(old) == len(new)
    return data.replace(old, new)


def write_in_place(path: Path, data: bytes) -> None:
    with path.open("r+b") as file:
        file.write(data)


def write_in_place_with_the_old_times(path: Path, data: bytes) -> None:
    info = path.stat()
    write_in_place(path, data)
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))


def write_and_rename(path: Path, data: bytes) -> None:
    other = path.with_name("copy")
    other.write_bytes(data)
    other.rename(path)


def write_and_rename_with_the_old_times(path: Path, data: bytes) -> None:
    info = path.stat()
    write_and_rename(path, data)
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))


WAYS = [write_in_place, write_in_place_with_the_old_times, write_and_rename, write_and_rename_with_the_old_times]


def value_at_50(reloader: Reloader) -> float:
    series = reloader.snapshot.find_tag("run", "loss", "scalars").scalars()
    return float(series.value[series.step.tolist().index(50)])


@pytest.mark.parametrize("write", WAYS)
@pytest.mark.parametrize("watch", [True, False])
def test_one_other_value_in_the_middle_is_noticed(
    tmp_path: Path, follow: Callable[..., Reloader], write: Callable[[Path, bytes], None], watch: bool
):
    """Nothing that identifies a growing file differs: not name, size, beginning or end."""
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", list(range(100)))
    log.settle()
    reloader = follow(tmp_path, watch=watch)
    assert value_at_50(reloader) == 50.0
    write(log.path, middle_changed(log.path.read_bytes(), 7.0))
    until(reloader, lambda s: value_at_50(reloader) == 7.0)
    assert reloader.snapshot.runs["run"].points == 100


@pytest.mark.parametrize("write", WAYS)
def test_the_index_of_what_was_there_before_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path, bytes], None]
):
    monkeypatch.setenv("EPOCHAL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(log_file, "MIN_INDEXED_BYTES", 0)
    log = LogWriter(tmp_path / "logs" / "run")
    log.scalars("loss", list(range(100)))
    log.settle()
    for value in (50.0, 7.0):
        if value != 50.0:
            write(log.path, middle_changed(log.path.read_bytes(), value))
        reloader = Reloader(tmp_path / "logs")
        reloader.load()
        assert value_at_50(reloader) == value
        reloader.stop()
        assert os.listdir(tmp_path / "cache" / "index")


def test_a_number_of_an_inode_is_no_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """File systems give the number of a deleted file to the next one: here under the same path, too."""
    monkeypatch.setenv("EPOCHAL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(log_file, "MIN_INDEXED_BYTES", 0)
    inodes = set()
    for value in range(5):
        log = LogWriter(tmp_path / "logs" / "run", begun=1000.0 + value)
        log.scalars("loss", list(range(100)), [float(value)] * 100)
        log.settle(3600.0)
        inodes.add(log.path.stat().st_ino)
        reloader = Reloader(tmp_path / "logs")
        reloader.load()
        assert value_at_50(reloader) == value
        reloader.stop()
        log.path.unlink()


def test_touching_a_file_changes_nothing(tmp_path: Path, follow: Callable[..., Reloader]):
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0, 1, 2])
    log.settle()
    reloader = follow(tmp_path)
    before = reloader.snapshot
    os.utime(log.path, (5e8, 5e8))
    log.path.chmod(0o600)
    time.sleep(0.5)
    after = reloader.reload_now()
    assert steps(after) == [0, 1, 2]
    assert after.problems == ()
    assert steps(before) == [0, 1, 2]


@pytest.mark.parametrize("watch", [True, False])
def test_rotated_and_begun_again(tmp_path: Path, follow: Callable[..., Reloader], watch: bool):
    """logrotate's way: the old file gets another name, a new one takes its own."""
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0, 1, 2])
    reloader = follow(tmp_path, watch=watch)
    log.path.rename(log.path.with_name("old.1"))  # no event file's name
    LogWriter(tmp_path / "run", begun=2000.0).scalars("loss", [3, 4], start=2001.0)
    assert steps(until(reloader, has_steps(2))) == [3, 4]
    log.path.with_name("old.1").rename(log.path.with_name("events.out.tfevents.0500.host.1.0"))
    assert steps(until(reloader, has_steps(5))) == [0, 1, 2, 3, 4]
