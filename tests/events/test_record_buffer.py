"""RecordBuffer: what the writer appends to."""

from __future__ import annotations

import threading
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto import event_pb2

from epochal import _core
from epochal.events import reference
from epochal.events.records import FRAME_BYTES, read_records

scalars = st.tuples(st.text(max_size=200), st.floats(), st.integers(-(1 << 63), (1 << 63) - 1), st.floats())


def test_scalar_is_what_protobuf_writes(core: ModuleType) -> None:
    for tag, value, step, wall_time in (("loss", 0.5, 7, 1.5), ("é/ü" * 60, -1.0, -1, 0.0), ("", 0.0, 0, -0.0)):
        buffer = core.RecordBuffer()
        assert buffer.append_scalar(tag, value, step, wall_time) == 1
        theirs = event_pb2.Event(wall_time=wall_time, step=step)
        theirs.summary.value.add(tag=tag, simple_value=value)
        assert list(read_records(buffer.take(1 << 20))) == [theirs.SerializeToString()]


@given(st.lists(scalars, max_size=8))
def test_both_cores_write_the_same(points: list[tuple[str, float, int, float]]) -> None:
    native, twin = _core.RecordBuffer(), reference.RecordBuffer()
    for point in points:
        assert native.append_scalar(*point) == twin.append_scalar(*point)
    assert native.pending_bytes == twin.pending_bytes
    assert native.take(1 << 30) == twin.take(1 << 30)


def test_lone_surrogates_become_question_marks(core: ModuleType) -> None:
    buffer = core.RecordBuffer()
    buffer.append_scalar("a\ud800b", 1.0, 1, 1.0)
    event = event_pb2.Event.FromString(next(read_records(buffer.take(1 << 20))))
    assert event.summary.value[0].tag == "a?b"


def test_takes_numbers_and_refuses_the_rest(core: ModuleType) -> None:
    buffer = core.RecordBuffer()
    assert buffer.append_scalar("t", np.float32(1), np.int64(2), np.float64(3))
    assert buffer.append_scalar("t", 1, True, 3)
    for wrong in (
        ("t", "1", 1, 1.0),
        ("t", 1.0, 1.5, 1.0),
        ("t", 1.0, 1 << 63, 1.0),
        (b"t", 1.0, 1, 1.0),
        ("t", None, 1, 1),
    ):
        with pytest.raises(TypeError):
            buffer.append_scalar(*wrong)
    assert buffer.pending_records == 2


def test_take_keeps_frames_whole_and_in_order(core: ModuleType) -> None:
    records = [bytes([i]) * (i * 37 % 1000) for i in range(256)]
    for most in (0, 1, 100, 1016, 20_000, 1 << 40):
        buffer = core.RecordBuffer()
        for record in records:
            assert buffer.append_record(record)
        taken = b""
        while buffer.pending_records:
            before = buffer.pending_bytes
            part = buffer.take(most)
            whole = list(read_records(part))
            assert whole
            assert len(part) <= most or len(whole) == 1
            assert buffer.pending_bytes == before - len(part)
            taken += part
        assert list(read_records(taken)) == records
        assert buffer.take(most) == b""
        assert buffer.pending_bytes == 0


def test_appending_between_partial_takes(core: ModuleType) -> None:
    buffer = core.RecordBuffer()
    taken = b""
    for i in range(500):
        buffer.append_record(b"%d" % i * 3)
        if i % 3 == 0:
            taken += buffer.take(40)
    taken += buffer.take(1 << 30)
    assert list(read_records(taken)) == [b"%d" % i * 3 for i in range(500)]


def test_bounded(core: ModuleType) -> None:
    frame = FRAME_BYTES + 100
    buffer = core.RecordBuffer(max_bytes=10 * frame)
    assert [buffer.append_record(bytes(100)) for _ in range(12)] == [*range(1, 11), 0, 0]
    assert (buffer.pending_records, buffer.pending_bytes, buffer.dropped_records) == (10, 10 * frame, 2)
    assert buffer.append_scalar("t", 1.0, 1, 1.0) == 0
    buffer.take(frame)
    assert buffer.append_record(bytes(100))
    assert not buffer.append_record(bytes(11 * frame))
    assert buffer.clear() == (10, 10 * frame)
    assert (buffer.pending_records, buffer.pending_bytes, buffer.dropped_records) == (0, 0, 4)


def test_threads_lose_and_mix_nothing(core: ModuleType) -> None:
    buffer = core.RecordBuffer()
    count = 2000
    done = threading.Event()
    taken = []

    def append(name: int) -> None:
        for i in range(count):
            assert buffer.append_scalar(f"tag{name}", float(i), i, 1.0)

    def drain() -> None:
        while not done.is_set():
            taken.append(buffer.take(10_000))

    drainer = threading.Thread(target=drain)
    writers = [threading.Thread(target=append, args=(name,)) for name in range(4)]
    for thread in (drainer, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    drainer.join()
    taken.append(buffer.take(1 << 30))
    steps: dict[str, list[int]] = {}
    for record in read_records(b"".join(taken)):
        event = event_pb2.Event.FromString(record)
        steps.setdefault(event.summary.value[0].tag, []).append(event.step)
    assert steps == {f"tag{name}": list(range(count)) for name in range(4)}
