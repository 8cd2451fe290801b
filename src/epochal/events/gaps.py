"""Gap marks: how a writer tells its readers of records that it had to drop.

A mark is a summary value without data, in the plugin `epochal_gap` and under a tag of its own, because a tag's
metadata is read only once in each file. Both of TensorBoard's loaders skip a value without data whose plugin
they do not know. The plugin content is a protobuf message:

    Gap { double first_wall_time=1; double last_wall_time=2; uint64 scalars=3; uint64 media=4; string reason=5; }
"""

from __future__ import annotations

from typing import NamedTuple

from epochal.events.message_encoders import encode_event, encode_metadata, encode_summary, encode_value
from epochal.events.wire import (
    FIXED64,
    VARINT,
    Buffer,
    decode_double,
    decode_text,
    encode_bytes_field,
    encode_double_field,
    encode_text,
    encode_varint_field,
    iter_fields,
)

GAP_PLUGIN = "epochal_gap"


class Gap(NamedTuple):
    """Records that were logged but never written.

    `scalars` counts small records (texts too), `media` images, histograms and the like, logged between the two
    wall times (seconds since the epoch). `reason` is what the operating system said, or a few words.
    """

    first_wall_time: float
    last_wall_time: float
    scalars: int
    media: int
    reason: str


def encode_gap_event(gap: Gap, number: int, wall_time: float) -> bytes:
    """An Event that marks `gap`; `number` must be another one for each mark of a file."""
    content = b"".join(
        (
            encode_double_field(1, gap.first_wall_time),
            encode_double_field(2, gap.last_wall_time),
            encode_varint_field(3, gap.scalars),
            encode_varint_field(4, gap.media),
            encode_bytes_field(5, encode_text(gap.reason)),
        )
    )
    value = encode_value(f"epochal/gap/{number}", metadata=encode_metadata(GAP_PLUGIN, content))
    return encode_event(wall_time, summary=encode_summary((value,)))


def decode_gap(content: Buffer) -> Gap:
    """The gap in a mark's plugin content; what is missing is 0 or empty. WireError if it is none."""
    numbers = {1: 0.0, 2: 0.0}
    counts = {3: 0, 4: 0}
    reason = ""
    for field, wire_type, value in iter_fields(content):
        if field in numbers and wire_type == FIXED64 and isinstance(value, int):
            numbers[field] = decode_double(value.to_bytes(8, "little"), 0)
        elif field in counts and wire_type == VARINT and isinstance(value, int):
            counts[field] = value
        elif field == 5 and not isinstance(value, int):
            reason = decode_text(value)
    return Gap(numbers[1], numbers[2], counts[3], counts[4], reason)
