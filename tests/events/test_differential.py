"""Hypothesis compares the native core with its twin, on sound and on damaged bytes."""

from __future__ import annotations

import random
import struct
import tempfile
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from epochal import _core
from epochal.events import messages, reference
from epochal.events.crc32c import masked_crc32c
from epochal.events.records import frame_record
from epochal.events.wire import encode_bytes_field, encode_varint_field

CORES: tuple[Any, ...] = (_core, reference)

quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

tags = st.sampled_from(["a", "loss", "train/accuracy", "é", "", "x" * 130])
steps = st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(0, 300)
metadata = st.none() | st.builds(
    messages.encode_metadata,
    st.sampled_from(["scalars", "images", "text", ""]),
    st.binary(max_size=5),
    st.just(""),
    st.just("d"),
    st.integers(0, 3),
)
tensors = st.builds(
    lambda dtype, shape, field, payload: (
        encode_varint_field(1, dtype)
        + (encode_bytes_field(2, b"".join(encode_bytes_field(2, encode_varint_field(1, n)) for n in shape)))
        + encode_bytes_field(field, payload)
    ),
    st.integers(0, 25),
    st.lists(st.integers(0, 2), max_size=2),
    st.integers(4, 18),
    st.binary(max_size=9),
)
values = st.one_of(
    st.builds(lambda tag, x: messages.encode_value(tag, simple_value=x), tags, st.floats(width=32)),
    st.builds(lambda tag, t, m: messages.encode_value(tag, tensor=t, metadata=m), tags, tensors, metadata),
    st.builds(
        lambda tag, i, m: messages.encode_value(tag, image=i, metadata=m), tags, st.binary(max_size=9), metadata
    ),
    st.builds(lambda tag, m: messages.encode_value(tag, metadata=m), tags, metadata),
    st.binary(max_size=12),
)
summaries = st.lists(values, max_size=3).map(messages.encode_summary)
events = st.one_of(
    st.builds(lambda t, s, v: messages.encode_event(t, s, summary=v), st.floats(), steps, summaries),
    st.builds(lambda t, s, g: messages.encode_event(t, s, graph_def=g), st.floats(), steps, st.binary(max_size=9)),
    st.builds(
        lambda t, s, tag, g: messages.encode_event(
            t, s, tagged_run_metadata=messages.encode_tagged_run_metadata(tag, g)
        ),
        *(st.floats(), steps, tags, st.binary(max_size=9)),
    ),
    st.builds(
        lambda t, s, x: messages.encode_event(t, s, session_log=x), st.floats(), steps, st.binary(max_size=4)
    ),
    st.builds(lambda t, v: messages.encode_event(t, file_version=v), st.floats(), st.text(max_size=5)),
    st.binary(max_size=40),
)
files = st.lists(events, max_size=8).map(lambda payloads: [frame_record(payload) for payload in payloads])


def assert_same(logs: Any, data: bytes, **options: Any) -> None:
    native, twin = (logs.state(logs.decode(core, data, **options)) for core in (_core, reference))
    assert native == twin


@quick
@given(files)
def test_sound_files(logs: Any, records: list[bytes]) -> None:
    assert_same(logs, b"".join(records))


@quick
@given(st.binary(max_size=300))
def test_random_bytes(logs: Any, data: bytes) -> None:
    assert_same(logs, data)


def damage(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.randrange(1, 4)):
        if not data:
            break
        at = rng.randrange(len(data))
        action = rng.randrange(5)
        if action == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif action == 1:
            del data[at : at + rng.randrange(1, 30)]
        elif action == 2:
            data[at:at] = bytes(rng.randrange(40))
        elif action == 3:
            data[at:at] = data[: rng.randrange(len(data))]
        else:
            length = struct.pack("<Q", rng.choice([0, 5, 40, 1 << 16, 1 << 31, 1 << 40, (1 << 64) - 1]))
            data[at:at] = length + struct.pack("<I", masked_crc32c(length))


@quick
@given(files, st.randoms(use_true_random=False))
def test_damaged_files(logs: Any, records: list[bytes], rng: random.Random) -> None:
    data = bytearray(b"".join(records))
    damage(data, rng)
    assert_same(logs, bytes(data))
    assert_same(logs, bytes(data), verify_payloads=True)


@quick
@given(files, st.lists(st.integers(0, 2000), max_size=6))
def test_growing_files(logs: Any, records: list[bytes], cuts: list[int]) -> None:
    data = b"".join(records)
    native, twin = _core.EventDecoder(), reference.EventDecoder()
    for cut in [*sorted(cuts), len(data)]:
        assert native.decode_bytes(data[:cut], 0) == twin.decode_bytes(data[:cut], 0)
        assert logs.state(native) == logs.state(twin)
    assert native.offset == len(data)


def go_on(decoder: Any, core: Any) -> tuple[Any, bytes]:
    """Another core's decoder that goes on from the index of this one, and the index."""
    with tempfile.TemporaryFile() as file:
        decoder.write_index(file.fileno(), b"meta")
        file.seek(0)
        return core.EventDecoder.resume(core.IndexFile(file.fileno())), file.read()


@quick
@given(files, st.lists(st.integers(0, 2000), max_size=4), st.randoms(use_true_random=False), st.booleans())
def test_resumed_decoders(
    logs: Any, records: list[bytes], cuts: list[int], rng: random.Random, verify_payloads: bool
) -> None:
    """An index at any point, by either core and read by either, changes nothing of what comes."""
    data = bytearray(b"".join(records) + rng.randbytes(rng.choice([0, 5, 300])))
    if rng.randrange(2):
        damage(data, rng)
    straight = _core.EventDecoder(verify_payloads=verify_payloads)
    resumed: Any = rng.choice(CORES).EventDecoder(verify_payloads=verify_payloads)
    for cut in [*sorted(cuts), len(data)]:
        base = rng.randrange(straight.offset + 1)  # of the bytes before, any number need not be there
        for each in (straight, resumed):
            each.decode_bytes(memoryview(data)[base : max(cut, base)], base)
        assert logs.state(resumed) == logs.state(straight)
        before = resumed
        resumed, index = go_on(before, rng.choice(CORES))
        assert logs.state(resumed) == logs.state(before)
        assert go_on(resumed, _core)[1] == index


def numbered_events(kind: int, step: int) -> bytes:
    """Events that differ only in step and number, and some that only look like it."""
    number = struct.pack("<f", step / 2)
    meta = messages.encode_metadata("scalars", b"x", "name")
    if kind == 0:
        summary = messages.encode_summary([messages.encode_value("t", simple_value=step / 2, metadata=meta)])
    elif kind == 1:
        tensor = messages.encode_tensor_content(1, (), number)
        summary = messages.encode_summary([messages.encode_value("t", tensor=tensor, metadata=meta)])
    elif kind == 2:
        tensor = messages.encode_tensor_content(2, (1,), struct.pack("<d", step / 3))
        summary = messages.encode_summary([messages.encode_value("d", tensor=tensor, metadata=meta)])
    elif kind == 3:  # a typed double, then no metadata
        tensor = b"\x08\x02\x32\x08" + struct.pack("<d", step / 7)
        summary = messages.encode_summary([messages.encode_value("d", tensor=tensor)])
    elif kind == 4:  # two numbers, of which the last counts
        summary = messages.encode_summary([messages.encode_value("t", simple_value=1.0) + b"\x15" + number])
    else:
        summary = messages.encode_summary([messages.encode_value("t", simple_value=step / 2)] * (1 + kind % 2))
    event = messages.encode_event(100.0 + step, step, summary=summary)
    if kind == 5:
        event += b"\x10\x05"  # another step, behind the summary: it counts
    if kind == 6:
        event += encode_bytes_field(7, b"\x08\x01")  # a session start in the same event
    return event


@pytest.mark.parametrize("seed", range(30))
def test_events_that_look_alike(logs: Any, seed: int) -> None:
    rng = random.Random(seed)
    kinds = [rng.randrange(9) for _ in range(3)]
    assert_same(logs, b"".join(frame_record(numbered_events(kinds[step * step % 3], step)) for step in range(12)))


@pytest.mark.parametrize("seed", range(12))
def test_large_records(logs: Any, seed: int) -> None:
    rng = random.Random(seed)
    records = []
    for step in range(5):
        image = messages.encode_image(1, 1, 3, rng.randbytes(rng.choice([10, 65_500, 66_000, 140_000])))
        meta = messages.encode_metadata("images", b"x" * rng.randrange(5))
        records.append(logs.values(step, messages.encode_value(f"i{step % 2}", image=image, metadata=meta)))
    data = bytearray(b"".join(records))
    if seed % 3:
        data[rng.randrange(len(data))] ^= 1
    if seed % 4 == 0:
        del data[rng.randrange(len(data)) :]
    assert_same(logs, bytes(data))
