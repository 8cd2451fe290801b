"""Sound: encoded files, and what their messages and headers say about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from epochal.events.messages import Audio
from epochal.query.blobs import decode_samples

if TYPE_CHECKING:
    from epochal.events.messages import DecodedValue


class Sound(NamedTuple):
    """An audio item: its files, as logged. `sample_rate` in Hz, `length_frames` per channel.

    The numbers are those of the first file; 0, and an empty `content_type`, where neither the message nor a WAV
    header says.
    """

    samples: list[bytes]
    sample_rate: float
    num_channels: int
    length_frames: int
    content_type: str


def decode_sound(value: DecodedValue) -> Sound:
    """An item of either form: the legacy Audio message, or a tensor of files. WireError if the value is none."""
    samples = decode_samples(value, "audio").samples
    header = read_wav_header(samples[0]) if samples else None
    rate, channels, frames = header or (0, 0, 0)
    content_type = "audio/wav" if header else ""
    if isinstance(value, Audio):
        return Sound(
            samples,
            value.sample_rate or float(rate),
            value.num_channels or channels,
            value.length_frames or frames,
            value.content_type or content_type,
        )
    return Sound(samples, float(rate), channels, frames, content_type)


def read_wav_header(data: bytes) -> tuple[int, int, int] | None:
    """Sample rate, channels and frames of a WAV file, of a cut one those that are there; None for another."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    position, rate, channels, frame_bytes = 12, 0, 0, 0
    while position + 8 <= len(data):
        name, size = data[position : position + 4], int.from_bytes(data[position + 4 : position + 8], "little")
        start = position + 8
        if name == b"fmt ":
            channels = int.from_bytes(data[start + 2 : start + 4], "little")
            rate = int.from_bytes(data[start + 4 : start + 8], "little")
            frame_bytes = int.from_bytes(data[start + 12 : start + 14], "little")
        elif name == b"data" and frame_bytes:
            return rate, channels, min(size, len(data) - start) // frame_bytes
        position = start + size + size % 2  # chunks begin at even offsets
    return None
