"""Images: arrays → PNG in the legacy Image message, with the pixels of torch's writer.

uint8 is taken as it is. Every other dtype is multiplied by 255, in float32, and clipped.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import encode_image, encode_metadata, encode_value
from epochal.events.wire import encode_bytes_field, encode_varint_field

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image as PngImage

    Pixels = npt.NDArray[np.uint8]

PLUGIN_NAME = "images"

GRID_FIELD = 15
"""Field of the plugin content that says how a batch was tiled: {1: cell width, 2: cell height, 3: count}.

It is unknown to TensorBoard, whose loaders skip it and show the grid as one picture.
"""

GRID_COLUMNS = 8

_PNG_COMPRESS_LEVEL = 4
"""Within 4 % of the size that zlib's default 6 gives for plots and photographs, in three quarters of the time."""


def check_image(shape: tuple[int, ...], dataformats: str) -> None:
    """Raise ValueError unless an array of `shape` is an image, or a batch of them, in `dataformats`."""
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
        raise ValueError(f"{channels} channels (shape {shape}, dataformats={dataformats!r}); allowed: {allowed}")


def load_encoder() -> None:
    """Import what `encode_png` needs, on the calling thread.

    A process that forks while another of its threads is importing a module leaves that module locked for ever
    in the child; a training loop forks workers at any time, so no background thread may import.
    """
    from PIL import Image

    Image.preinit()


def encode_image_value(tag: str, array: np.ndarray[Any, Any], dataformats: str, name_grid: bool = True) -> bytes:
    """Encode an image, or a batch as one grid of 8 columns, that `check_image` accepts.

    name_grid: say in the metadata how the batch was tiled.
    """
    axes = dataformats.upper()
    if "N" not in axes:
        return encode_value(tag, image=encode_png(to_pixels(array, axes)))
    batch = array.transpose([axes.index(axis) for axis in "NHWC"])
    picture = encode_png(to_pixels(make_grid(batch), "HWC"))
    if not name_grid:
        return encode_value(tag, image=picture)
    count, height, width = batch.shape[:3]
    grid = b"".join((encode_varint_field(1, width), encode_varint_field(2, height), encode_varint_field(3, count)))
    metadata = encode_metadata(PLUGIN_NAME, encode_bytes_field(GRID_FIELD, grid))
    return encode_value(tag, image=picture, metadata=metadata)


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
