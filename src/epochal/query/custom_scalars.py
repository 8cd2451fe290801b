"""Layouts of charts over scalar tags. Source: tensorboard/plugins/custom_scalar/layout.proto."""

from __future__ import annotations

import msgspec

from epochal.events.wire import BYTES, VARINT, Buffer, decode_text, decode_varint, iter_spans


class MarginSeries(msgspec.Struct, frozen=True):
    """A line and the bounds of the band around it, by tag."""

    value: str
    lower: str
    upper: str


class CustomChart(msgspec.Struct, frozen=True):
    """A chart of all tags that one of `tags` matches (regular expressions), or of lines with margins."""

    title: str
    tags: list[str]
    margins: list[MarginSeries]


class CustomCategory(msgspec.Struct, frozen=True):
    """A titled group of charts, shown folded if `closed`."""

    title: str
    closed: bool
    charts: list[CustomChart]


class CustomLayout(msgspec.Struct, frozen=True):
    """Categories in the order in which they were logged."""

    categories: list[CustomCategory]


def decode_layout(data: Buffer) -> CustomLayout:
    """Decode a Layout message. WireError if it is malformed."""
    return CustomLayout([_decode_category(part) for part in _messages(data, 2)])


def _decode_category(data: Buffer) -> CustomCategory:
    closed = False
    for field, wire_type, start, end in iter_spans(data, 0, len(data)):
        if field == 3 and wire_type == VARINT:
            closed = decode_varint(data, start, end)[0] != 0
    return CustomCategory(_text(data, 1), closed, [_decode_chart(part) for part in _messages(data, 2)])


def _decode_chart(data: Buffer) -> CustomChart:
    tags = [decode_text(tag) for content in _messages(data, 2) for tag in _messages(content, 1)]
    margins = [
        MarginSeries(_text(series, 1), _text(series, 2), _text(series, 3))
        for content in _messages(data, 3)
        for series in _messages(content, 1)
    ]
    return CustomChart(_text(data, 1), tags, margins)


def _messages(data: Buffer, number: int) -> list[Buffer]:
    return [
        data[start:end]
        for field, wire_type, start, end in iter_spans(data, 0, len(data))
        if field == number and wire_type == BYTES
    ]


def _text(data: Buffer, number: int) -> str:
    found = _messages(data, number)
    return decode_text(found[-1]) if found else ""
