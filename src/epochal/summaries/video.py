"""Video: frames → an animated GIF in the legacy Image message, as torch has it; a video file → a blob.

Stock TensorBoard plays the GIF among the images and has no dashboard for the plugin name `video`.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import (
    DATA_CLASS_BLOB_SEQUENCE,
    encode_image,
    encode_metadata,
    encode_string_tensor,
    encode_value,
)
from epochal.summaries.images import find_clipping, is_uint16

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from epochal.summaries.images import WarnOfClipping

    Pixels = npt.NDArray[np.uint8]

PLUGIN_NAME = "video"

_METADATA = encode_metadata(PLUGIN_NAME, data_class=DATA_CLASS_BLOB_SEQUENCE)
_WEBM_SIGNATURE = b"\x1a\x45\xdf\xa3"
_GIF_TICK_MS = 10
"""GIF counts time in hundredths of a second."""


def encode_video_file_value(tag: str, data: bytes) -> bytes:
    """Encode the bytes of an MP4 or WebM file as a string tensor of shape [1]. ValueError for other files."""
    if data[4:8] != b"ftyp" and data[:4] != _WEBM_SIGNATURE:
        raise ValueError("the bytes are neither an MP4 nor a WebM file")
    return encode_value(tag, tensor=encode_string_tensor([data], (1,)), metadata=_METADATA)


def check_frames(shape: tuple[int, ...], fps: Any) -> None:
    """Raise ValueError unless an array of `shape` is [N, T, C, H, W] with 1 or 3 channels."""
    if len(shape) != 5 or shape[2] not in (1, 3) or 0 in shape:
        raise ValueError(f"an array of shape {shape} is not video; expected [N, T, C, H, W] with 1 or 3 channels")
    if not 0 < float(fps) < 1e6:
        raise ValueError(f"fps={fps!r} is not a frame rate")


def order_axes(videos: np.ndarray[Any, Any], dataformats: str) -> np.ndarray[Any, Any]:
    """A view with the axes in the order NTCHW. ValueError unless dataformats is an order of them that fits."""
    if not isinstance(dataformats, str):
        raise TypeError(f"dataformats must be a string such as 'NTCHW', got {type(dataformats).__name__}")
    axes = dataformats.upper()
    if sorted(axes) != sorted("NTCHW"):
        raise ValueError(f"dataformats={dataformats!r} is not an order of NTCHW")
    if videos.ndim != len(axes):
        raise ValueError(
            f"an array of shape {videos.shape} does not fit dataformats={dataformats!r}: 5 axes needed"
        )
    ordered: np.ndarray[Any, Any] = videos.transpose([axes.index(axis) for axis in "NTCHW"])
    return ordered


def load_encoder() -> None:
    """Import what the GIF encoder needs, on the calling thread; see `images.load_encoder`."""
    from PIL import GifImagePlugin, Image  # noqa: F401

    Image.preinit()


def encode_frames_value(
    tag: str,
    videos: np.ndarray[Any, Any],
    fps: float,
    torch_layout: bool = False,
    warn_of_clipping: WarnOfClipping | None = None,
) -> bytes:
    """Encode a batch of videos that `check_frames` accepts, tiled, as one animated GIF that repeats.

    uint16 is shown by its upper byte, since a GIF has 8 bits; with torch_layout it is taken as 0…1, as torch
    does. warn_of_clipping: see `images.encode_image_value`.
    """
    from PIL import Image

    if not torch_layout and is_uint16(videos):
        videos = (videos >> 8).astype("u1")
    clipped = find_clipping(videos, torch_layout) if warn_of_clipping is not None else None
    if clipped is not None and warn_of_clipping is not None:
        warn_of_clipping(tag, *clipped)
    frames = tile_videos(videos)
    pictures = [Image.fromarray(frame).convert("P", palette=Image.Palette.ADAPTIVE) for frame in frames]
    duration_ms = max(round(1000 / fps / _GIF_TICK_MS), 1) * _GIF_TICK_MS
    output = io.BytesIO()
    pictures[0].save(output, format="GIF", save_all=True, append_images=pictures[1:], duration=duration_ms, loop=0)
    _, height, width, channels = frames.shape
    return encode_value(tag, image=encode_image(height, width, channels, output.getbuffer()))


def tile_videos(videos: np.ndarray[Any, Any]) -> Pixels:
    """Tile [N, T, C, H, W] into frames [T, rows * H, columns * W, 3] of uint8, arranged as torch does.

    N is filled up to a power of two with black, with at most twice as many columns as rows.
    """
    import numpy as np

    count, length, channels, height, width = videos.shape
    cells = count if count & (count - 1) == 0 else 1 << count.bit_length()
    rows = 1 << (count.bit_length() - 1) // 2
    canvas = np.zeros((cells, length, channels, height, width), np.uint8)
    canvas[:count] = _to_uint8(videos)
    tiled = canvas.reshape(rows, cells // rows, length, channels, height, width).transpose(2, 0, 4, 1, 5, 3)
    frames = tiled.reshape(length, rows * height, cells // rows * width, channels)
    return np.repeat(frames, 3, axis=3) if channels == 1 else np.ascontiguousarray(frames)


def _to_uint8(array: np.ndarray[Any, Any]) -> Pixels:
    import numpy as np

    if array.dtype == np.uint8:
        return array
    with np.errstate(all="ignore"):
        scaled = (array.astype(np.float32) * np.float32(255)).clip(0, 255)
        pixels: Pixels = np.nan_to_num(scaled, nan=0.0).astype(np.uint8)
    return pixels
