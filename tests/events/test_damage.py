"""A damaged byte costs one record: truncation, bit flips, forged lengths, zeros, torn records."""

from __future__ import annotations

import os
import random
import struct
import sys
import tempfile
import time
from itertools import accumulate
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from epochal.events.crc32c import masked_crc32c
from epochal.events.messages import encode_event, encode_image, encode_metadata, encode_summary, encode_value
from epochal.events.records import FRAME_BYTES, frame_record

MIB = 1 << 20


def forge_header(length: int) -> bytes:
    """A header whose CRC matches."""
    raw = struct.pack("<Q", length)
    return raw + struct.pack("<I", masked_crc32c(raw))


def big_image(logs: Any, step: int, size: int = 200_000, seed: int = 0) -> bytes:
    data = random.Random(seed).randbytes(size)
    metadata = encode_metadata("images")
    return bytes(logs.values(step, encode_value("image", image=encode_image(1, 2, 3, data), metadata=metadata)))


def test_truncated_at_every_byte(core: ModuleType, logs: Any) -> None:
    records = logs.scalars(200 if core.__name__ == "epochal._core" else 20)
    data = b"".join(records)
    ends = list(accumulate(len(record) for record in records))
    whole = 0
    for size in range(len(data) + 1):
        whole += size in ends
        decoder = logs.decode(core, data[:size])
        assert decoder.records == whole
        assert decoder.offset == (ends[whole - 1] if whole else 0)
        assert decoder.problems() == []
        assert decoder.tail_problem is None


def columns(decoder: Any) -> list[tuple[bytes, bytes]]:
    """Each scalar tag and all its columns."""
    return [
        (info.tag, b"".join(column.tobytes() for column in decoder.scalars(info.index))) for info in decoder.tags()
    ]


def test_any_flipped_bit_costs_one_record(core: ModuleType, logs: Any) -> None:
    """And nothing else: what is read is what the file without that record holds, whichever bit it is."""
    is_native = core.__name__ == "epochal._core"
    records = logs.scalars(200 if is_native else 30)
    data = bytearray(b"".join(records))
    starts = list(accumulate(map(len, records), initial=0))
    for hit, record in enumerate(records):
        expected = columns(logs.decode(core, b"".join(records[:hit] + records[hit + 1 :])))
        for bit in range(0, 8 * len(record), 1 if is_native else 61):
            at, flipped = starts[hit] + bit // 8, 1 << bit % 8
            data[at] ^= flipped
            decoder = logs.decode(core, data)
            data[at] ^= flipped
            assert decoder.records == len(records) - 1
            assert columns(decoder) == expected
            found = decoder.problems() or [decoder.tail_problem]
            assert [(offset, size) for offset, size, _ in found] == [(starts[hit], len(record))]


LENGTHS = [
    *(1 << bits for bits in range(31, 64)),
    (1 << 31) - 1,
    (1 << 31) - 17,
    (1 << 32) - 1,
    (1 << 63) + 5,
    (1 << 64) - 1,
]


@pytest.mark.parametrize("length", LENGTHS)
def test_forged_lengths(core: ModuleType, logs: Any, length: int) -> None:
    records = logs.scalars(4)
    header = forge_header(length)
    decoder = logs.decode(core, records[0] + records[1] + header + records[2] + records[3])
    assert decoder.records == 4
    start = len(records[0]) + len(records[1])
    message = "record is cut short" if length < 1 << 31 else f"record claims {length} bytes"
    assert decoder.problems() == [(start, 12, message)]
    # Without anything behind it, a length that fits a record may be one that is still being written.
    decoder = logs.decode(core, records[0] + header)
    assert decoder.problems() == []
    assert (decoder.tail_problem is None) == (length < 1 << 31)


def peak_memory() -> int:
    """The most memory that this process ever held, in bytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.skipif(sys.platform not in ("linux", "darwin"), reason="files are not sparse")
@pytest.mark.parametrize("size", [1 << 29, 1 << 40])
@pytest.mark.parametrize("length", [1 << 28, (1 << 31) - 1, 1 << 31, (1 << 40) - 1, (1 << 63) + 1, (1 << 64) - 1])
def test_forged_lengths_in_sparse_files_need_neither_memory_nor_time(
    logs: Any, tmp_path: Path, size: int, length: int
) -> None:
    from epochal import _core

    path = tmp_path / "events.out.tfevents.1.sparse"
    head = logs.version() + forge_header(length) + logs.scalar("t", 1, 1.0) + forge_header(length)
    path.write_bytes(head)
    os.truncate(path, size)
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(logs.scalar("t", 2, 2.0))
    fd = os.open(path, os.O_RDONLY)
    before = peak_memory()
    start = time.monotonic()
    decoder = _core.EventDecoder()
    try:
        calls = 0
        while decoder.offset < size - 2 * MIB:
            decoder.decode(fd, 16 * MIB)
            calls += 1
    finally:
        os.close(fd)
    assert time.monotonic() - start < 60  # a search through every byte takes an hour
    assert peak_memory() - before < 20 * MIB
    assert logs.points(decoder) == [(b"t", 1, 1.0), (b"t", 2, 2.0)]
    assert len(decoder.problems()) == 3
    assert decoder.tail_problem is not None


@pytest.mark.skipif(sys.platform != "linux", reason="files are not sparse")
def test_a_hole_is_planned_no_memory_for(logs: Any, tmp_path: Path) -> None:
    """Half a MiB of points, then a TiB of nothing: not a TiB's points."""
    from epochal import _core

    buffer = _core.RecordBuffer()
    for step in range(20_000):
        buffer.append_scalar("t", 1.0, step, 1.0)
    path = tmp_path / "events"
    path.write_bytes(buffer.take(64 * MIB))
    os.truncate(path, 1 << 40)
    fd = os.open(path, os.O_RDONLY)
    before = _core.column_memory()[0]
    decoder = _core.EventDecoder()
    try:
        while decoder.offset < 2 * MIB:
            decoder.decode(fd, MIB)
    finally:
        os.close(fd)
    assert decoder.point_counts() == [20_000]
    assert _core.column_memory()[0] - before < 10 * MIB


def test_a_long_search_can_be_stopped(logs: Any) -> None:
    """Each call goes on through at most 16 MiB more, so that a loader may look at the clock."""
    from epochal import _core

    head = logs.version()
    data = head + bytes(range(1, 256)) * (MIB // 4) + logs.scalar("t", 1, 1.0)
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        decoder, offsets = _core.EventDecoder(), [0]
        while offsets[-1] < len(data):
            decoder.decode(file.fileno(), MIB)
            assert offsets[-1] < decoder.offset <= offsets[-1] + 17 * MIB
            offsets.append(decoder.offset)
            assert len(decoder.problems()) == 1
    assert len(offsets) > 4
    assert logs.state(decoder) == logs.state(logs.decode(_core, data))
    assert decoder.problems()[0][:2] == (len(head), len(data) - len(head) - len(logs.scalar("t", 1, 1.0)))


def test_a_search_is_stopped_in_both_cores_alike(logs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin in small: interrupted or not, a search finds the same."""
    from epochal.events import reference, reference_frames

    garbage = random.Random(3).randbytes(20_000)
    data = logs.version() + garbage + logs.scalar("t", 1, 1.0) + garbage + forge_header(1 << 20) + garbage
    monkeypatch.setattr(reference_frames, "PENDING_BYTES", 5000)
    whole = logs.state(logs.decode(reference, data))
    monkeypatch.setattr(reference_frames, "SEARCH_BYTES", 1000)
    assert logs.state(logs.decode(reference, data)) == whole
    assert len(whole["problems"]) == 2


@pytest.mark.parametrize("size", [1, 11, 12, 16, 17, 1000])
def test_zero_filled_tail_is_pending_and_read_again(core: ModuleType, logs: Any, size: int) -> None:
    records = logs.scalars(3)
    whole = b"".join(records)
    decoder = logs.decode(core, whole + bytes(size))
    assert (decoder.records, decoder.offset, decoder.problems()) == (4, len(whole), [])
    assert (decoder.tail_problem is None) == (size < 12)
    if size >= 12:
        assert decoder.tail_problem == (len(whole), size, "length checksum does not match")
    more = logs.scalar("loss", 9, 9.0)
    assert decoder.decode_bytes(whole + more, 0) == 1
    assert decoder.tail_problem is None
    assert decoder.problems() == []


def test_zeros_inside_cost_what_they_cover(core: ModuleType, logs: Any) -> None:
    records = logs.scalars(6)
    data = bytearray(b"".join(records))
    starts = list(accumulate(map(len, records), initial=0))
    data[starts[2] + 5 : starts[4] + 5] = bytes(starts[4] - starts[2])
    decoder = logs.decode(core, data)
    assert decoder.records == 4
    assert [(offset, size) for offset, size, _ in decoder.problems()] == [(starts[2], starts[5] - starts[2])]


def test_torn_record_with_others_appended(core: ModuleType, logs: Any) -> None:
    image = big_image(logs, 5)
    records = logs.scalars(10)
    for torn in (1, 11, 12, 13, 40, 150_000):
        data = records[0] + image[:torn] + b"".join(records[1:])
        decoder = logs.decode(core, data)
        assert decoder.records == 11
        assert [(offset, size) for offset, size, _ in decoder.problems()] == [(len(records[0]), torn)]


def test_large_records_are_read_by_their_head(core: ModuleType, logs: Any, tmp_path: Path) -> None:
    images = [big_image(logs, step, 300_000, step) for step in range(3)]
    data = logs.version() + b"".join(images) + logs.scalar("t", 1, 1.0)
    decoder = logs.decode(core, data)
    (image, scalar) = decoder.tags()
    assert (image.kind, image.plugin_name, image.points, scalar.points) == ("image", "images", 3, 1)
    value_offset, value_bytes = decoder.blobs(0)[4:6]
    for start, size in zip(value_offset.tolist(), value_bytes.tolist(), strict=True):
        assert data[start : start + size].endswith(encode_metadata("images"))
    path = tmp_path / "events"
    path.write_bytes(data)
    fd = os.open(path, os.O_RDONLY)
    try:
        from_file = core.EventDecoder()
        from_file.decode(fd)
    finally:
        os.close(fd)
    assert logs.state(from_file) == logs.state(decoder)


def test_damage_in_a_large_payload(core: ModuleType, logs: Any) -> None:
    image = bytearray(big_image(logs, 1, 300_000))
    image[150_000] ^= 1
    whole = logs.version()
    # Trusted by the next frame's header: its data CRC is for whoever uses the payload.
    decoder = logs.decode(core, whole + image + logs.scalar("t", 1, 1.0))
    assert (decoder.records, decoder.problems()) == (3, [])
    # Without a next frame its own CRC counts.
    decoder = logs.decode(core, whole + image)
    assert decoder.records == 1
    assert decoder.tail_problem == (len(whole), len(image), "data checksum does not match")
    # And always when asked for.
    decoder = logs.decode(core, whole + image + logs.scalar("t", 1, 1.0), verify_payloads=True)
    assert decoder.records == 2
    assert decoder.problems() == [(len(whole), len(image), "data checksum does not match")]


@pytest.mark.parametrize("with_image", [False, True])
def test_numbers_in_a_large_record_are_checked_before_they_are_shown(
    core: ModuleType, logs: Any, with_image: bool
) -> None:
    """TensorFlow 1 writes all of a step's merged summaries as one event, images and scalars together."""
    values = [encode_value(f"loss/{i}", simple_value=float(i)) for i in range(5_000)]
    if with_image:
        image = encode_image(1, 2, 3, random.Random(0).randbytes(70_000))
        values = [encode_value("image", image=image), values[7]]
    record = bytearray(logs.values(7, *values))
    before, after = logs.scalars(3), logs.scalars(3)
    sound = logs.decode(core, b"".join([*before, bytes(record), *after]))
    assert sound.problems() == []
    assert sum(sound.point_counts()) == 6 + len(values)
    record[-60] ^= 64
    damaged = logs.decode(core, b"".join([*before, bytes(record), *after]))
    assert sum(damaged.point_counts()) == 6
    offset = sum(map(len, before))
    assert damaged.problems() == [(offset, len(record), "data checksum does not match")]


def test_next_header_damaged_after_a_large_record(core: ModuleType, logs: Any) -> None:
    image = big_image(logs, 1, 100_000)
    scalar = bytearray(logs.scalar("t", 1, 1.0))
    scalar[0] ^= 1
    decoder = logs.decode(core, logs.version() + image + scalar + logs.scalar("t", 2, 2.0))
    assert decoder.records == 3
    assert [problem[0] for problem in decoder.problems()] == [len(logs.version()) + len(image)]


def test_framed_garbage_is_a_problem_and_costs_itself(core: ModuleType, logs: Any) -> None:
    garbage = frame_record(b"\x0a\xff\xff\xff\xff")
    large = frame_record(b"\x0a\xff\xff\xff\x7f" + bytes(70_000))
    data = garbage + logs.scalar("t", 1, 1.0) + large + logs.scalar("t", 2, 2.0)
    decoder = logs.decode(core, data)
    assert logs.points(decoder) == [(b"t", 1, 1.0), (b"t", 2, 2.0)]
    assert decoder.problems() == [
        (0, len(garbage), "record is not a valid Event"),
        (len(garbage) + len(logs.scalar("t", 1, 1.0)), len(large), "record is not a valid Event"),
    ]


def test_all_or_nothing_of_an_event(core: ModuleType, logs: Any) -> None:
    good = encode_value("good", simple_value=1.0)
    bad = b"\x0a\x03bad\x15\x00"
    decoder = logs.decode(core, logs.values(1, good, bad) + logs.scalar("t", 2, 2.0))
    assert logs.points(decoder) == [(b"t", 2, 2.0)]
    assert len(decoder.problems()) == 1


def test_long_damage_is_given_up_in_time(logs: Any) -> None:
    from epochal import _core

    head = logs.version()
    garbage = random.Random(1).randbytes(5 * MIB)
    decoder = _core.EventDecoder()
    for size in (MIB // 2, 2 * MIB, 3 * MIB, 5 * MIB):
        decoder.decode_bytes(head + garbage[:size], 0)
        assert decoder.offset == max(len(head), len(head) + size - MIB)
        assert len(decoder.problems()) == (size > MIB)
        assert decoder.tail_problem is not None
    data = head + garbage + logs.scalar("t", 1, 1.0)
    assert decoder.decode_bytes(data, 0) == 1
    assert [(offset, size) for offset, size, _ in decoder.problems()] == [(len(head), len(garbage))]
    assert logs.state(decoder) == logs.state(logs.decode(_core, data))


def test_a_growing_record_behind_long_damage_is_not_given_up(logs: Any) -> None:
    from epochal import _core

    head = logs.version() + random.Random(2).randbytes(2 * MIB)
    image = big_image(logs, 1, 3 * MIB)
    data = head + image
    decoder = _core.EventDecoder()
    for size in (len(head) + 100, len(head) + 2 * MIB, len(data)):
        decoder.decode_bytes(data[:size], 0)
    assert decoder.records == 2
    assert decoder.offset == len(data)


def test_problems_are_bounded(core: ModuleType, logs: Any) -> None:
    garbage = frame_record(b"\x0f")
    decoder = logs.decode(core, garbage * 1100)
    problems = decoder.problems()
    assert len(problems) == 1001
    assert problems[-1] == (1000 * len(garbage), 0, "100 more problems from here on")


def test_forged_headers_cannot_burn_time(logs: Any) -> None:
    """Each of 20,000 headers asks for the CRC of a megabyte: without a budget, 20 GB of it."""
    from epochal import _core

    header = forge_header(MIB)
    data = logs.version() + header * 20_000 + bytes(MIB) + logs.scalar("t", 1, 1.0)
    decoder = logs.decode(_core, data)
    assert logs.points(decoder) == [(b"t", 1, 1.0)]


@pytest.mark.parametrize(
    "payload",
    [
        b"\x0b" * 50_000,  # groups in groups
        b"\x2a\x04\x0a\x02\x0b\x0b",
        b"\x12" * 3 + b"\x00" * 60_000,
        b"\x2a\xff\xff\xff\xff\x07",
        b"\x2a\x05\x0a\xff\xff\xff\x7f",
        b"\x10" + b"\x80" * 50_000,
        b"\x09",
    ],
)
def test_bombs_are_problems(core: ModuleType, logs: Any, payload: bytes) -> None:
    decoder = logs.decode(core, frame_record(payload) + logs.scalar("t", 1, 1.0))
    assert logs.points(decoder) == [(b"t", 1, 1.0)]
    assert [message for _, _, message in decoder.problems()] == ["record is not a valid Event"]


def test_more_values_than_an_event_has_are_damage(
    core: ModuleType, logs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them two bytes, and in memory a hundred."""
    limit = 1 << 16
    if core.__name__ != "epochal._core":
        limit = 1000
        monkeypatch.setattr("epochal.events.reference_parse.MAX_VALUES", limit)
    value = encode_value("", metadata=b"")
    for values, problems in ((limit, 0), (limit + 1, 1)):
        record = core.frame_record(encode_event(1.0, summary=encode_summary([value]) * values))
        decoder = logs.decode(core, record + logs.scalar("t", 1, 1.0))
        assert [message for _, _, message in decoder.problems()] == ["record is not a valid Event"] * problems
        assert decoder.point_counts() == ([1] if problems else [limit, 1])


@pytest.mark.skipif(sys.platform not in ("linux", "darwin"), reason="no rusage")
def test_a_bomb_of_values_takes_no_memory(logs: Any, tmp_path: Path) -> None:
    """32 million empty values in 64 MiB would be gigabytes of points."""
    from epochal import _core

    bomb = b"\x2a" + bytes([0x80, 0x80, 0x80, 0x20]) + b"\x0a\x00" * (32 * MIB)
    path = tmp_path / "events"
    path.write_bytes(_core.frame_record(bomb) + logs.scalar("t", 1, 1.0))
    del bomb
    before = peak_memory()
    decoder = _core.EventDecoder()
    fd = os.open(path, os.O_RDONLY)
    try:
        decoder.decode(fd)
    finally:
        os.close(fd)
    assert logs.points(decoder) == [(b"t", 1, 1.0)]
    assert peak_memory() - before < 64 * MIB


def test_empty_records_are_empty_events(core: ModuleType, logs: Any) -> None:
    decoder = logs.decode(core, frame_record(b"") * 3)
    assert (decoder.records, decoder.offset, decoder.first_wall_time) == (3, 3 * FRAME_BYTES, 0.0)


def test_text_beyond_its_limit_is_damage(core: ModuleType, logs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = 16 * MIB
    if core.__name__ != "epochal._core":  # 16 MiB take the twin long
        limit = 100_000
        monkeypatch.setattr("epochal.events.reference_parse.MAX_TEXT_BYTES", limit)
    values = [encode_value("x" * size, simple_value=1.0) for size in (limit + 1, limit)]
    long, fitting = (core.frame_record(encode_event(1.0, summary=encode_summary([value]))) for value in values)
    decoder = logs.decode(core, long + fitting)
    assert decoder.problems() == [(0, len(long), "record is not a valid Event")]
    assert decoder.point_counts() == [1]


def test_event_without_payload(core: ModuleType, logs: Any) -> None:
    decoder = logs.decode(core, frame_record(encode_event(5.0, 3)))
    assert (decoder.records, decoder.tags(), decoder.last_wall_time) == (1, [], 5.0)
