"""Images: arrays → PNG in the legacy Image message, with the pixels of torch's writer.

uint8 is taken as it is, and so is uint16, unless torch's own layout is asked for. Every other dtype is
multiplied by 255, in float32, and clipped.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import encode_image, encode_metadata, encode_value
from epochal.events.wire import encode_bytes_field, encode_varint_field
from epochal.summaries.png16 import encode_png16_file

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image as PngImage

    Pixels = npt.NDArray[np.uint8]

    WarnOfClipping = Callable[[str, float, float, float], None]

PLUGIN_NAME = "images"

GRID_FIELD = 15
"""Field of the plugin content that says how a batch was tiled: {1: cell width, 2: cell height, 3: count}.

It is unknown to TensorBoard, whose loaders skip it and show the grid as one picture.
"""

GRID_COLUMNS = 8

_PNG_COMPRESS_LEVEL = 4
"""Within 4 % of the size that zlib's default 6 gives for plots and photographs, in three quarters of the time."""


def check_image(shape: tuple[int, ...], dataformats: str, rescale: str | None = None) -> None:
    """Raise ValueError unless an array of `shape` is an image, or a batch of them, in `dataformats`."""
    if rescale is not None and rescale != "minmax":
        raise ValueError(f'rescale={rescale!r} is neither "minmax" nor None')
    if not isinstance(dataformats, str):
        raise TypeError(f"dataformats must be a string such as 'CHW', got {type(dataformats).__name__}")
    axes = dataformats.upper()
    if sorted(axes) not in (["H", "W"], ["C", "H", "W"], ["C", "H", "N", "W"]):
        raise ValueError(f"dataformats={dataformats!r} is not an order of HW, CHW or NCHW")
    if len(shape) != len(axes):
        raise ValueError(f"an array of shape {shape} does not fit dataformats={dataformats!r}")
    sizes = dict(zip(axes, shape, strict=True))
    if 0 in shape:
        raise ValueError(f"an image of shape {shape} has no pixels")
    channels, allowed = sizes.get("C", 1), (1, 3) if "N" in sizes else (1, 2, 3, 4)
    if channels not in allowed:
        message = f"{channels} channels (shape {shape}, dataformats={dataformats!r}); allowed: {allowed}"
        last = axes.replace("C", "") + "C"
        raise ValueError(f"{message}; dataformats={last!r} would fit" if shape[-1] in allowed else message)


def load_encoder() -> None:
    """Import what `encode_png` needs, on the calling thread.

    A process that forks while another of its threads is importing a module leaves that module locked for ever
    in the child; a training loop forks workers at any time, so no background thread may import.
    """
    from PIL import Image

    Image.preinit()


def encode_image_value(
    tag: str,
    array: np.ndarray[Any, Any],
    dataformats: str,
    torch_layout: bool = False,
    rescale: str | None = None,
    warn_of_clipping: WarnOfClipping | None = None,
) -> bytes:
    """Encode an image, or a batch as one grid of 8 columns, that `check_image` accepts.

    torch_layout: 8 bits for uint16 too, and nothing in the metadata of how a batch was tiled. rescale:
    "minmax" maps the range of the values, over a whole batch, to that of the pixels. warn_of_clipping(tag,
    minimum, maximum, share of the values clipped) is called for values outside of 0…1.
    """
    axes = dataformats.upper()
    if rescale is not None:
        array = rescale_range(array, axes)
    elif warn_of_clipping is not None:
        clipped = find_clipping(array, torch_layout)
        if clipped is not None:
            warn_of_clipping(tag, *clipped)
    if "N" not in axes:
        return encode_value(tag, image=_encode_pixels(array, axes, torch_layout))
    batch = array.transpose([axes.index(axis) for axis in "NHWC"])
    picture = _encode_pixels(make_grid(batch), "HWC", torch_layout)
    if torch_layout:
        return encode_value(tag, image=picture)
    count, height, width = batch.shape[:3]
    grid = b"".join((encode_varint_field(1, width), encode_varint_field(2, height), encode_varint_field(3, count)))
    metadata = encode_metadata(PLUGIN_NAME, encode_bytes_field(GRID_FIELD, grid))
    return encode_value(tag, image=picture, metadata=metadata)


def _encode_pixels(array: np.ndarray[Any, Any], axes: str, torch_layout: bool) -> bytes:
    """An Image message of an array that is no batch."""
    if torch_layout or not is_uint16(array):
        return encode_png(to_pixels(array, axes))
    levels = array.transpose([axes.index(axis) for axis in "HWC"]) if "C" in axes else array[..., None]
    height, width, channels = levels.shape
    return encode_image(height, width, channels, encode_png16_file(levels))


def is_uint16(array: np.ndarray[Any, Any]) -> bool:
    """Whether its values are 16-bit pixels, of either byte order."""
    return bool(array.dtype.kind == "u" and array.dtype.itemsize == 2)


def find_clipping(array: np.ndarray[Any, Any], torch_layout: bool = False) -> tuple[float, float, float] | None:
    """Return (minimum, maximum, share outside of 0…1) of what `to_pixels` clips, or None if it clips nothing.

    uint8 is never clipped here, nor is uint16, which never comes to `to_pixels` but with torch_layout. NaN counts
    as no value.
    """
    import numpy as np

    if array.dtype.kind == "b" or array.dtype == np.uint8 or (is_uint16(array) and not torch_layout):
        return None
    # fmin and fmax skip NaN; of nothing but NaN they make NaN, which compares false.
    with np.errstate(all="ignore"):
        low, high = float(np.fmin.reduce(array, axis=None)), float(np.fmax.reduce(array, axis=None))
        if not (low < 0 or high > 1):
            return None
        outside = np.count_nonzero(array < 0) + np.count_nonzero(array > 1)
    return low, high, float(outside) / array.size


def rescale_range(array: np.ndarray[Any, Any], axes: str) -> np.ndarray[Any, Any]:
    """Map the finite range of the colours, over all images of a batch, to float 0…1, in a new array.

    Equal colours become 0. Alpha, the last of 2 or 4 channels, is opacity and keeps its meaning: integers count
    up to the greatest of their type, floats to 1.
    """
    import numpy as np

    with np.errstate(all="ignore"):
        scaled = array.astype(np.float64)
        by_channel = np.moveaxis(scaled, axes.index("C"), 0) if "C" in axes else scaled[None]
        colors, alpha = by_channel, by_channel[:0]
        if len(by_channel) in (2, 4):
            colors, alpha = by_channel[:-1], by_channel[-1:]
        finite = colors[np.isfinite(colors)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        # Halved, no difference of two float64 overflows.
        half_span = high / 2 - low / 2
        colors /= 2
        colors -= low / 2
        colors /= half_span if half_span > 0 else 1.0
        if array.dtype.kind in "iu":
            alpha /= np.iinfo(array.dtype).max
    return scaled


def make_grid(batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Tile [n, height, width, channels] into [rows * height, columns * width, channels]; unused cells are 0."""
    import numpy as np

    count, height, width, channels = batch.shape
    columns = min(count, GRID_COLUMNS)
    rows = -(-count // columns)
    canvas = np.zeros((rows * columns, height, width, channels), dtype=batch.dtype)
    canvas[:count] = batch
    tiled: np.ndarray[Any, Any] = canvas.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return tiled.reshape((rows * height, columns * width, channels))


def to_pixels(array: np.ndarray[Any, Any], axes: str) -> Pixels:
    """Return contiguous uint8 [height, width, channels]; one channel becomes three, as torch has it."""
    import numpy as np

    if "C" not in axes:
        array, axes = array[..., None], axes + "C"
    array = array.transpose([axes.index(axis) for axis in "HWC"])
    if array.dtype != np.uint8:
        with np.errstate(all="ignore"):
            scaled = array.astype(np.float32)
            scaled *= np.float32(255)
            np.clip(scaled, 0, 255, out=scaled)
            # What a cast makes of NaN differs between processors; black everywhere is what x86 shows.
            array = np.nan_to_num(scaled, copy=False, nan=0.0).astype(np.uint8)
    if array.shape[2] == 1:
        array = np.repeat(array, 3, axis=2)
    return np.ascontiguousarray(array)


def encode_png(pixels: Pixels) -> bytes:
    """Encode uint8 [height, width, channels] (2 grey + alpha, 3 RGB, 4 RGBA) as an Image message with PNG data."""
    from PIL import Image

    height, width, channels = pixels.shape
    return encode_image(height, width, channels, encode_png_file(Image.fromarray(pixels)))


def encode_png_file(picture: PngImage) -> memoryview:
    """The bytes of a PNG file."""
    output = io.BytesIO()
    picture.save(output, format="PNG", compress_level=_PNG_COMPRESS_LEVEL)
    return output.getbuffer()
