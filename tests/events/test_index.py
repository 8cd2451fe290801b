"""Index files: both cores write the same bytes, read what either wrote, and go on from it."""

from __future__ import annotations

import gc
import os
import random
import struct
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from epochal import _core
from epochal.events import messages, reference
from epochal.events.records import frame_record

CORES: tuple[Any, ...] = (_core, reference)


def every_kind(logs: Any) -> bytes:
    """A file with tags of every kind, metadata, restarts, NaN, damage and a record that is no Event."""
    meta = messages.encode_metadata("images", b"\x01", "Name", "Words", 2)
    tensor = messages.encode_tensor_content(1, (), b"\0\0\x80\x3f")
    loose = messages.encode_metadata("scalars")
    run_metadata = messages.encode_tagged_run_metadata("step 1", b"rm")
    parts = [
        logs.version(),
        *logs.scalars(40)[1:],
        logs.scalar("nan", 3, float("nan"), float("nan")),
        logs.values(1, messages.encode_value("i", image=b"\x08\x01", metadata=meta), wall_time=3.0),
        logs.values(2, messages.encode_value("i", tensor=tensor), messages.encode_value("h", histo=b"")),
        logs.values(2, messages.encode_value("no number", tensor=b"\x08\x07", metadata=loose)),
        frame_record(messages.encode_event(7.0, 5, session_log=b"\x08\x01")),
        frame_record(messages.encode_event(8.0, 6, graph_def=b"graph")),
        frame_record(messages.encode_event(9.0, 6, tagged_run_metadata=run_metadata)),
        b"damage between two records",
        frame_record(b"\x0f"),
        logs.scalar("loss", 99, 1.5, 200.0),
    ]
    return b"".join(parts)


class Index:
    """Writes decoders' indexes to files and opens them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "index"

    def write(self, decoder: Any, *arguments: Any) -> bytes:
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        try:
            assert decoder.write_index(fd, *arguments) == os.fstat(fd).st_size
        finally:
            os.close(fd)
        return self.path.read_bytes()

    def open(self, core: Any, data: bytes | None = None) -> Any:
        if data is not None:
            self.path.unlink(missing_ok=True)  # mappings of the old one go on as they are
            self.path.write_bytes(data)
        fd = os.open(self.path, os.O_RDONLY)
        try:
            return core.IndexFile(fd)
        finally:
            os.close(fd)


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(tmp_path)


@pytest.mark.parametrize("reader", CORES, ids=lambda core: core.__name__)
@pytest.mark.parametrize("writer", CORES, ids=lambda core: core.__name__)
def test_an_index_says_what_its_decoder_said(logs: Any, index: Index, writer: Any, reader: Any) -> None:
    decoder = logs.decode(writer, every_kind(logs))
    index.write(decoder, b"meta \0")
    opened = index.open(reader)
    assert logs.state(opened) == logs.state(decoder)
    assert opened.meta == b"meta \0"
    assert all(opened.check(i) for i in range(len(opened.point_counts())))
    assert opened.summary(0) is None
    resumed = reader.EventDecoder.resume(opened)
    assert logs.state(resumed) == logs.state(decoder)


def test_both_write_the_same_bytes(logs: Any, index: Index) -> None:
    data = every_kind(logs) + b"a torn end that is damage"
    native, twin = (index.write(logs.decode(core, data), b"m") for core in CORES)
    assert native == twin


def test_a_new_decoder(core: ModuleType, logs: Any, index: Index) -> None:
    index.write(core.EventDecoder())
    opened = index.open(core)
    assert logs.state(opened) == logs.state(core.EventDecoder())
    assert opened.meta == b""
    data = b"".join(logs.scalars(3))
    resumed = core.EventDecoder.resume(opened)
    resumed.decode_bytes(data)
    assert logs.state(resumed) == logs.state(logs.decode(core, data))


def test_arrays_keep_the_mapping(core: ModuleType, logs: Any, index: Index) -> None:
    decoder = logs.decode(core, b"".join(logs.scalars(300)))
    index.write(decoder)
    opened = index.open(core)
    step, _, value = opened.scalars(1)
    (summary,) = [opened.summary(0)]
    del opened
    index.path.unlink()
    assert step.tolist() == list(range(1, 300, 2))
    assert value[-1] == 299 / 4
    assert summary is None
    assert not step.flags.writeable


def test_wrong_questions(core: ModuleType, logs: Any, index: Index) -> None:
    index.write(logs.decode(core, every_kind(logs)))
    opened = index.open(core)
    image = next(info.index for info in opened.tags() if info.kind == "image")
    with pytest.raises(ValueError, match="for scalar tags"):
        opened.scalars(image)
    with pytest.raises(ValueError, match="for scalar tags"):
        opened.blobs(0)
    for ask in (opened.scalars, opened.blobs, opened.check, opened.summary):
        for wrong in (-1, 100):
            with pytest.raises(IndexError, match="no such tag"):
                ask(wrong)


def test_summaries(core: ModuleType, logs: Any, index: Index) -> None:
    decoder = logs.decode(core, b"".join(logs.scalars(100, ("a", "b", "c"))))
    kept = [b"x", None, np.arange(50_000, dtype=np.float64).tobytes()]
    index.write(decoder, b"", kept)
    opened = index.open(core)
    assert [None if (s := opened.summary(i)) is None else s.tobytes() for i in range(3)] == kept
    assert opened.summary(2).ctypes.data % 64 == 0
    assert all(opened.check(i) for i in range(3))
    assert logs.state(opened) == logs.state(decoder)
    with pytest.raises(ValueError, match="not one item for each tag"):
        index.write(decoder, b"", kept[:2])


def test_tags_digest(core: ModuleType, logs: Any, index: Index) -> None:
    def digest(*records: bytes) -> bytes:
        index.write(logs.decode(core, b"".join(records)), b"whatever")
        return bytes(index.open(core).tags_digest)

    def image(tag: str, *metadata: Any) -> bytes:
        meta = messages.encode_metadata(*metadata)
        return bytes(logs.values(1, messages.encode_value(tag, image=b"", metadata=meta)))

    short, long = digest(*logs.scalars(4)), digest(logs.version(7.0), *logs.scalars(9)[1:], b"end")
    assert short == long
    assert len(short) == 16
    texts: list[tuple[Any, ...]] = [
        ("i", "images"),
        ("j", "images"),
        ("i", "image"),
        ("i", "images", b"x"),
        ("i", "images", b"", "x"),
    ]
    others = [digest(image(*text)) for text in texts]
    assert len({short, digest(logs.scalar("i", 1, 1.0)), *others}) == len(texts) + 2


def test_an_index_is_a_moment(core: ModuleType, logs: Any, index: Index) -> None:
    """Decoding on changes neither what was written nor what is mapped."""
    records = logs.scalars(100)
    decoder = logs.decode(core, b"".join(records[:50]))
    then = logs.state(decoder)
    index.write(decoder)
    opened = index.open(core)
    resumed = core.EventDecoder.resume(opened)
    for each in (decoder, resumed):
        each.decode_bytes(b"".join(records))
    assert logs.state(resumed) == logs.state(decoder) == logs.state(logs.decode(core, b"".join(records)))
    assert logs.state(opened) == then
    assert all(opened.check(i) for i in range(2))


def test_no_room(core: ModuleType, logs: Any) -> None:
    decoder = logs.decode(core, b"".join(logs.scalars(10)))
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    fd = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(OSError, match="No space left"):
            decoder.write_index(fd)
    finally:
        os.close(fd)
    assert decoder.point_counts() == [5, 5]


def many(tags: int, steps: range) -> bytes:
    buffer = _core.RecordBuffer(1 << 30)
    for step in steps:
        for tag in range(tags):
            buffer.append_scalar(f"tag{tag}", step * tags + tag, step, 1e9 + step)
    return buffer.take(1 << 30)


@pytest.mark.parametrize("spill", [False, True])
def test_large_columns_go_on_without_a_copy(logs: Any, index: Index, tmp_path: Path, spill: bool) -> None:
    """Their pages stay the file's, behind which new memory grows; views and indexes of every moment stay true."""
    try:
        if spill:
            _core.set_column_memory(0, tmp_path)
        rng = random.Random(spill)
        data = many(2, range(40_000))
        decoder = logs.decode(_core, data)
        index.write(decoder)
        resumed = _core.EventDecoder.resume(index.open(_core))
        index.path.unlink()
        start, moments = 40_000, []
        memory = sum(_core.column_memory())
        for _ in range(40):
            end = start + rng.choice([1, 3, 500, 3000])
            more = many(2, range(start, end))
            start = end
            assert resumed.decode_bytes(more, resumed.offset) == decoder.decode_bytes(more, decoder.offset)
            if rng.randrange(3) == 0:
                moments.append((end, resumed.scalars(1)))
            if rng.randrange(6) == 0:
                index.write(resumed)
                resumed = _core.EventDecoder.resume(index.open(_core))
                index.path.unlink()
        assert logs.state(resumed) == logs.state(decoder)
        for end, (step, wall_time, value) in moments:
            assert len(step) == end
            assert np.array_equal(step, np.arange(end))
            assert np.array_equal(wall_time, 1e9 + np.arange(end))
            assert np.array_equal(value, 2 * np.arange(end) + 1)
        del decoder, moments, step, wall_time, value
        gc.collect()
        if sys.platform == "linux":  # new points only, with room to grow, and no copy of the 40,000 before
            assert sum(_core.column_memory()) < memory
    finally:
        _core.set_column_memory()


@pytest.mark.parametrize("count", [1, 4, 100, 5000])
def test_small_columns_are_copied_when_they_grow(logs: Any, index: Index, count: int) -> None:
    data = many(3, range(count))
    index.write(logs.decode(_core, data))
    resumed = _core.EventDecoder.resume(index.open(_core))
    views = resumed.scalars(2)
    resumed.decode_bytes(many(3, range(count, 2 * count)), resumed.offset)
    resumed.trim()
    assert resumed.scalars(2)[0].tolist() == list(range(2 * count))
    assert views[0].tolist() == list(range(count))


def rewrite(data: bytes, at: int, raw: bytes) -> bytes:
    """The index with other bytes in its table and a checksum that matches."""
    changed = bytearray(data)
    changed[at : at + len(raw)] = raw
    table_bytes = int.from_bytes(changed[24:32], "little")
    changed[12:16] = struct.pack("<I", _core.crc32c(changed[16:table_bytes]))
    return bytes(changed)


def table_size(data: bytes) -> int:
    return int.from_bytes(data[24:32], "little")


def test_every_bit_of_the_table_counts(logs: Any, index: Index) -> None:
    data = index.write(logs.decode(_core, every_kind(logs)), b"meta")
    for bit in range(8 * table_size(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        for core in CORES if bit % 97 == 0 else (_core,):
            with pytest.raises(ValueError, match="not an index that can be used"):
                index.open(core, bytes(damaged))


def test_every_byte_of_the_columns_is_checked(logs: Any, index: Index) -> None:
    decoder = logs.decode(_core, every_kind(logs))
    data = index.write(decoder, b"", [b"kept"] * len(decoder.tags()))
    changed = []
    for byte in range(table_size(data), len(data)):
        damaged = bytearray(data)
        damaged[byte] ^= 0x10
        opened = index.open(_core, bytes(damaged))
        bad = [i for i in range(len(opened.point_counts())) if not opened.check(i)]
        assert len(bad) <= 1
        if byte % 97 == 0:
            twin = index.open(reference, bytes(damaged))
            assert bad == [i for i in range(len(twin.point_counts())) if not twin.check(i)]
        changed += bad
    widths = {True: 24, False: 52}
    for info in decoder.tags():
        assert changed.count(info.index) == info.points * widths[info.is_scalar] + len(b"kept")


def test_a_file_cut_anywhere_is_no_index(core: ModuleType, logs: Any, index: Index) -> None:
    data = index.write(logs.decode(core, every_kind(logs)), b"meta")
    step = 1 if core is _core else 37
    for other in [data[:size] for size in range(0, len(data), step)] + [data + b"x", data + data]:
        with pytest.raises(ValueError, match="not an index that can be used"):
            index.open(core, other)


def test_garbage_is_no_index(core: ModuleType, index: Index) -> None:
    rng = random.Random(5)
    for size in (0, 1, 135, 136, 137, 4096, 100_000):
        for garbage in (rng.randbytes(size), bytes(size), b"EPOCHALX" + rng.randbytes(size)):
            with pytest.raises(ValueError, match="not an index that can be used"):
                index.open(core, garbage)


def test_other_files_are_no_index(core: ModuleType, tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises((OSError, ValueError)):
            core.IndexFile(fd)
    finally:
        os.close(fd)
    with pytest.raises(OSError, match="descriptor"):
        core.IndexFile(fd)


@pytest.mark.parametrize("number", [1, 2, 1 << 20, (1 << 31) - 1, (1 << 32) - 1])
def test_forged_headers_break_nothing(logs: Any, index: Index, number: int) -> None:
    """With a checksum that matches, whatever the header says: refused, or read without a fault, by both alike."""
    data = index.write(logs.decode(_core, every_kind(logs)), b"meta")
    for at in (*range(24, 136, 4), *range(136 + 4, table_size(data), 7)):
        forged = rewrite(data, at, struct.pack("<I", number))
        states: list[Any] = []
        for core in CORES:
            try:
                opened = index.open(core, forged)
                states.append((logs.state(opened), logs.state(core.EventDecoder.resume(opened))))
            except ValueError:
                states.append(None)
        assert states[0] == states[1], at


def test_opening_does_not_read_the_points(logs: Any, index: Index) -> None:
    """A thousand times the points, the same table: within ten times the time."""
    times = []
    for count in (40, 40_000):
        index.write(logs.decode(_core, many(5, range(count))))
        fd = os.open(index.path, os.O_RDONLY)
        try:
            laps = []
            for _ in range(50):
                start = time.perf_counter()
                _core.IndexFile(fd).point_counts()
                laps.append(time.perf_counter() - start)
            times.append(min(laps))
        finally:
            os.close(fd)
    assert times[1] < 10 * times[0]
