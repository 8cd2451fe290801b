"""What TensorBoard takes an audio tag's clips to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from epochal.events.wire import VARINT, WireError, decode_varint, iter_spans

if TYPE_CHECKING:
    from epochal.store.snapshot import Snapshot

WAV = "audio/wav"
UNKNOWN = "application/octet-stream"

_WAV_ENCODING = 11


def find_content_type(snapshot: Snapshot, run: str, tag: str) -> str:
    """What the tag's AudioPluginData say; legacy clips pass for WAV. RunNotFoundError, TagNotFoundError.

    Source: tensorboard/plugins/audio/plugin_data.proto and tensorboard/data_compat.py. What a clip really is,
    its own bytes say when it is served.
    """
    meta = snapshot.find_tag(run, tag, "audio").meta
    if meta.kind == "audio":
        return WAV
    encoding = 0
    try:
        for field, wire_type, start, end in iter_spans(meta.content, 0, len(meta.content)):
            if field == 2 and wire_type == VARINT:
                encoding = decode_varint(meta.content, start, end)[0]
    except WireError:
        return UNKNOWN
    return WAV if encoding == _WAV_ENCODING else UNKNOWN
