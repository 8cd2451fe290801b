"""Audio: samples → a 16-bit WAV file in the legacy Audio message, with the samples of torch's writer."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import encode_audio, encode_value

if TYPE_CHECKING:
    import numpy as np

PLUGIN_NAME = "audio"

_FULL_SCALE = 32767
_MAX_SAMPLE_RATE = (1 << 32) - 1


def check_audio(shape: tuple[int, ...], sample_rate: Any) -> None:
    """Raise ValueError unless an array of `shape` is mono or stereo sound: [L], [1, L] or [L, 2]."""
    if not 1 <= int(sample_rate) <= _MAX_SAMPLE_RATE:
        raise ValueError(f"sample_rate={sample_rate!r} is not a frequency in hertz")
    frames = _shape_of_frames(shape)
    if 0 in shape or len(frames) > 2 or (len(frames) == 2 and frames[1] != 2):
        raise ValueError(f"an array of shape {shape} is not sound; expected [L], [1, L] or [L, 2]")


def encode_audio_value(
    tag: str, samples: np.ndarray[Any, Any], sample_rate: int, on_clip: Callable[[str, float, float], None]
) -> bytes:
    """Encode sound that `check_audio` accepts; on_clip(tag, lowest, highest) hears of samples beyond -1…1."""
    import numpy as np

    frames = samples.reshape(_shape_of_frames(samples.shape))
    if frames.dtype.kind != "f":
        frames = frames.astype(np.float64)
    low, high = float(np.nanmin(frames, initial=0.0)), float(np.nanmax(frames, initial=0.0))
    if low < -1 or high > 1:
        on_clip(tag, low, high)
        frames = frames.clip(-1, 1)
    data = np.nan_to_num(frames * _FULL_SCALE, nan=0.0).astype("<i2")
    channels = data.shape[1] if data.ndim == 2 else 1
    output = io.BytesIO()
    with wave.open(output, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(int(sample_rate))
        file.writeframes(data.tobytes())
    return encode_value(tag, audio=encode_audio(int(sample_rate), channels, data.shape[0], output.getvalue()))


def _shape_of_frames(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape without axes of length 1, as torch has it; a single sample keeps one."""
    return tuple(size for size in shape if size != 1) or (1,)
