"""Records above 64 KiB: counted as unverified, checked while nothing else is to do, removed if damaged."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from store_follow import PATIENCE_SECS, load, until
from store_logs import LogWriter, image_record

from epochal.events.core import crc32c
from epochal.query.problems import list_problems
from epochal.store import verified, verifier
from epochal.store.reloader import Reloader
from epochal.store.verifier import Verifier, list_large_records

BIG = 200_000


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither patience with files that are being written nor a limit of speed; a cache of its own."""
    monkeypatch.setenv("EPOCHAL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(verifier, "AGAIN_SECS", (0.05,))
    monkeypatch.setattr(verifier, "AGAIN_SECS_LIVE", (0.05,))
    monkeypatch.setattr(verifier, "MAX_SHARE", 1.0)
    monkeypatch.setattr(verifier, "MAX_BYTES_PER_SEC", 1 << 40)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The offsets of the records that were checked, in order."""
    offsets: list[int] = []
    real = Verifier._check_record

    def check(self: Verifier, fd: int, record: verifier.Record) -> bool | None:
        offsets.append(record.offset)
        return real(self, fd, record)

    monkeypatch.setattr(Verifier, "_check_record", check)
    return offsets


def write_images(log: LogWriter, count: int, first: int = 0, size: int = BIG) -> list[int]:
    """Images of random bytes; the offsets of their records."""
    offsets = []
    for step in range(first, first + count):
        offsets.append(log.path.stat().st_size)
        log.write(image_record("img", random.Random(step).randbytes(size), step, 1001.0 + step))
    return offsets


def flip(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


def images(reloader: Reloader) -> list[int]:
    return reloader.snapshot.find_tag("run", "img", "images").blobs().step.tolist()


@pytest.mark.parametrize("slice_bytes", [1 << 20, 65_536, 1000, 199_999])
def test_damage_that_nobody_has_looked_at_is_found(
    tmp_path: Path, follow: Callable[..., Reloader], monkeypatch: pytest.MonkeyPatch, slice_bytes: int
):
    monkeypatch.setattr(verifier, "SLICE_BYTES", slice_bytes)
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", list(range(10)))
    offsets = write_images(log, 5)
    log.scalars("loss", list(range(10, 20)))
    size = offsets[2] - offsets[1]
    flip(log.path, offsets[1] + size // 2)
    flip(log.path, offsets[3] + 150)  # in the head, where only the data's checksum tells
    reloader = follow(tmp_path)
    snapshot = until(reloader, lambda s: len(s.problems) == 2 and s.unverified == 0)
    assert [(p.file, p.offset, p.bytes_lost) for p in snapshot.problems] == [
        ("run/events.out.tfevents.1000.host.1.0", offsets[1], size - 16),
        ("run/events.out.tfevents.1000.host.1.0", offsets[3], size - 16),
    ]
    assert images(reloader) == [0, 2, 4]
    assert snapshot.find_tag("run", "loss", "scalars").points == 20


def test_whole_records_are_counted_down_and_stay(
    tmp_path: Path, follow: Callable[..., Reloader], monkeypatch: pytest.MonkeyPatch, checked: list[int]
):
    """Until all are counted the count is unknown, and small records are not among them."""
    idle = False
    monkeypatch.setattr(Reloader, "_is_idle", lambda self: idle)
    log = LogWriter(tmp_path / "run")
    log.write(image_record("img", b"small", 0, 1001.0))
    offsets = write_images(log, 4, first=1)
    reloader = follow(tmp_path)
    assert load(tmp_path).unverified is None
    assert reloader.snapshot.unverified is None
    assert list_problems(reloader.snapshot).unverified is None
    assert checked == []
    idle = True
    snapshot = until(reloader, lambda s: s.unverified == 0)
    assert list_problems(snapshot).unverified == 0
    assert checked == offsets
    assert snapshot.problems == ()
    assert images(reloader) == [0, 1, 2, 3, 4]
    more = write_images(log, 2, first=5)
    until(reloader, lambda s: s.runs["run"].points == 7 and s.unverified == 0)
    assert checked == offsets + more  # nothing twice


def test_it_waits_for_the_loader_and_goes_on_where_it_was(tmp_path: Path, checked: list[int]):
    log = LogWriter(tmp_path / "run")
    offsets = write_images(log, 6)
    reloader = Reloader(tmp_path)
    reloader.load()
    (file,) = reloader._by_path.values()
    counts: list[int | None] = []
    busy_after = 2

    def is_idle() -> bool:
        return len(checked) < busy_after

    background = Verifier(is_idle, lambda *damage: None, lambda: counts.append(background.unverified))
    background.offer([file])
    deadline = time.monotonic() + PATIENCE_SECS
    while len(checked) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.3)
    assert checked == offsets[:2]
    assert background.unverified == 5  # the second one was begun
    busy_after = 99
    while background.unverified:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert sorted(set(checked)) == offsets
    assert counts[0] == 6
    background.stop()


@pytest.mark.parametrize("live", [True, False])
def test_what_fails_is_read_again_before_it_is_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checked: list[int], live: bool
):
    """A network file system shows zeros for a while where another machine's data will be; that is no damage."""
    monkeypatch.setattr(verifier, "AGAIN_SECS_LIVE", (0.2, 0.2, 0.2))
    monkeypatch.setattr(verifier, "AGAIN_SECS", (0.2,))
    log = LogWriter(tmp_path / "run")
    first, second = write_images(log, 2)
    log.scalars("loss", [0])
    whole = log.path.read_bytes()
    damaged = whole[: first + 100_000] + bytes(4096) + whole[first + 104_096 :]
    log.path.write_bytes(damaged)
    if not live:
        log.settle()
    reloader = Reloader(tmp_path)
    reloader.load()
    (file,) = reloader._by_path.values()
    damage: list[int] = []
    check = Verifier._check_record

    def check_and_heal(self: Verifier, fd: int, record: verifier.Record) -> bool | None:
        is_good = check(self, fd, record)
        if heals and len(checked) == 1:
            log.path.write_bytes(whole)
        return is_good

    monkeypatch.setattr(Verifier, "_check_record", check_and_heal)
    for heals in (True, False):
        checked.clear()
        log.path.write_bytes(damaged)
        background = Verifier(lambda: True, lambda _, offset, *rest: damage.append(offset), lambda: None)
        background.offer([file])
        while background._thread is not None:
            time.sleep(0.01)
        if heals:
            assert (damage, checked) == ([], [first, first, second])
    assert damage == [first]
    assert checked == [first] * (4 if live else 2) + [second]


def test_a_file_that_is_replaced_or_gone_meanwhile_is_no_damage(tmp_path: Path, checked: list[int]):
    log = LogWriter(tmp_path / "run")
    write_images(log, 3)
    reloader = Reloader(tmp_path)
    reloader.load()
    (file,) = reloader._by_path.values()
    damage: list[object] = []

    def check() -> int | None:
        background = Verifier(lambda: True, lambda *found: damage.append(found), lambda: None)
        background.offer([file])
        while background._thread is not None:
            time.sleep(0.01)
        return background.unverified

    other = log.path.read_bytes()
    log.path.write_bytes(other[:50] + bytes(100) + other[150:])
    assert check() == 0
    log.path.write_bytes(other[:BIG])
    assert check() == 0
    log.path.unlink()
    assert check() == 0
    assert checked
    assert damage == []


def test_a_restart_does_not_begin_again(
    tmp_path: Path, follow: Callable[..., Reloader], monkeypatch: pytest.MonkeyPatch, checked: list[int]
):
    monkeypatch.setattr(verifier, "MIN_REMEMBERED_BYTES", 0)
    log = LogWriter(tmp_path / "logs" / "run")
    offsets = write_images(log, 3)
    log.settle()

    def start() -> list[int]:
        checked.clear()
        reloader = follow(tmp_path / "logs")
        until(reloader, lambda s: s.unverified == 0)
        reloader.stop()
        return list(checked)

    monkeypatch.setattr(verified, "RACY_SECS", -10.0)  # what was changed just now counts as changed long ago
    assert start() == offsets
    assert start() == []
    more = write_images(log, 1, first=3)
    assert start() == more
    flip(log.path, offsets[1] + 1000)  # touched, but not longer
    assert start()[:3] == [offsets[0], offsets[1], offsets[1]]
    assert start()[0] == offsets[1]  # what is damaged is never remembered as good


def test_what_is_remembered_of_another_file_is_not_believed(
    tmp_path: Path, follow: Callable[..., Reloader], monkeypatch: pytest.MonkeyPatch, checked: list[int]
):
    monkeypatch.setattr(verifier, "MIN_REMEMBERED_BYTES", 0)
    log = LogWriter(tmp_path / "logs" / "run")
    write_images(log, 2)
    reloader = follow(tmp_path / "logs")
    until(reloader, lambda s: s.unverified == 0)
    reloader.stop()
    (note,) = [name for name in os.listdir(tmp_path / "cache" / "index") if name.endswith(".checked")]
    for data in (b"", b"\xff" * 40, b"\x96\x01"):
        (tmp_path / "cache" / "index" / note).write_bytes(data)
        checked.clear()
        reloader = follow(tmp_path / "logs")
        until(reloader, lambda s: s.unverified == 0)
        reloader.stop()
        assert len(checked) == 2
    log.path.write_bytes(log.path.read_bytes()[:40])  # the same inode and path, and longer than it was
    write_images(log, 3, first=7)
    checked.clear()
    until(follow(tmp_path / "logs"), lambda s: s.unverified == 0)
    assert len(checked) == 3


def test_it_keeps_to_its_share_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """2 MB at 4 MB a second take half a second at least; a tenfold margin is not needed downwards."""
    monkeypatch.setattr(verifier, "MAX_BYTES_PER_SEC", 4_000_000)
    log = LogWriter(tmp_path / "run")
    write_images(log, 10)
    reloader = Reloader(tmp_path)
    reloader.load()
    background = Verifier(lambda: True, lambda *damage: None, lambda: None)
    began = time.monotonic()
    background.offer(reloader._by_path.values())
    while background._thread is not None:
        time.sleep(0.01)
    assert time.monotonic() - began > 0.45
    assert background.unverified == 0


def test_stopping_does_not_wait_for_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(verifier, "MAX_BYTES_PER_SEC", 1000)
    log = LogWriter(tmp_path / "run")
    write_images(log, 3)
    reloader = Reloader(tmp_path)
    reloader.load()
    background = Verifier(lambda: True, lambda *damage: None, lambda: None)
    background.offer(reloader._by_path.values())
    time.sleep(0.1)
    began = time.monotonic()
    background.stop()
    assert time.monotonic() - began < 1.5
    assert background._thread is None


def test_scalars_alone_cost_nothing(tmp_path: Path, follow: Callable[..., Reloader]):
    LogWriter(tmp_path / "run").scalars("loss", [0, 1])
    reloader = follow(tmp_path)
    assert reloader.snapshot.unverified == 0
    assert reloader._verifier._thread is None


def test_records_with_several_values_are_checked_once(tmp_path: Path):
    from epochal.events.messages import encode_event, encode_image, encode_summary, encode_value
    from epochal.events.records import frame_record

    log = LogWriter(tmp_path / "run")
    at = log.path.stat().st_size
    values = [encode_value(tag, image=encode_image(2, 3, 3, bytes(50_000))) for tag in ("a", "b")]
    event = encode_event(1001.0, 1, summary=encode_summary(values))
    log.write(frame_record(event))
    log.scalars("loss", [0])
    (state,) = load(tmp_path).runs["run"].files
    assert list_large_records(state) == [(at, len(event), int.from_bytes(frame_record(event)[-4:], "little"))]
    assert list_large_records(state, at + 1) == []


def test_a_checksum_is_made_in_pieces():
    data = random.Random(1).randbytes(1000)
    for cut in (4, 5, 500, 996):
        assert verifier._go_on(crc32c(data[:cut]), data[cut:]) == crc32c(data)
