"""Gap marks: TensorBoard's own classes read them, and nothing that a file holds breaks their reader."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto.event_pb2 import Event

from epochal.events.gaps import GAP_PLUGIN, Gap, decode_gap, encode_gap_event
from epochal.events.wire import WireError

COUNT = st.integers(0, 2**64 - 1)
MOMENT = st.floats(allow_nan=False)


@given(MOMENT, MOMENT, COUNT, COUNT, st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 10**6))
def test_round_trip(first: float, last: float, scalars: int, media: int, reason: str, number: int) -> None:
    gap = Gap(first, last, scalars, media, reason)
    event = Event.FromString(encode_gap_event(gap, number, 5.0))
    (value,) = event.summary.value
    assert event.wall_time == 5.0
    assert value.tag == f"epochal/gap/{number}"
    assert value.WhichOneof("value") is None
    assert value.metadata.plugin_data.plugin_name == GAP_PLUGIN
    assert value.metadata.data_class == 0
    assert decode_gap(value.metadata.plugin_data.content) == gap


def test_what_is_missing_is_nothing() -> None:
    assert decode_gap(b"") == Gap(0.0, 0.0, 0, 0, "")


def test_a_wall_time_may_be_anything() -> None:
    (value,) = Event.FromString(encode_gap_event(Gap(math.nan, math.inf, 1, 0, ""), 1, 0.0)).summary.value
    gap = decode_gap(value.metadata.plugin_data.content)
    assert math.isnan(gap.first_wall_time)
    assert gap.last_wall_time == math.inf


@given(st.binary(max_size=64))
def test_junk_is_read_or_refused(content: bytes) -> None:
    try:
        assert isinstance(decode_gap(content), Gap)
    except WireError:
        pass


@pytest.mark.parametrize("content", [b"\x08\x01", b"\x1d\0\0\0\0", b"\x2d\0\0\0\0", b"\x0a\x01x", b"\x20"])
def test_fields_of_the_wrong_type(content: bytes) -> None:
    try:
        assert decode_gap(content) == Gap(0.0, 0.0, 0, 0, "")
    except WireError:
        assert content == b"\x20"
