"""Images with boxes drawn on them, with the pixels of torch's writer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import encode_image, encode_value
from epochal.summaries.images import (
    check_image,
    encode_png_file,
    find_clipping,
    is_uint16,
    load_encoder,
    make_grid,
    to_pixels,
)

if TYPE_CHECKING:
    import numpy as np

    from epochal.summaries.images import WarnOfClipping

_COLOR = "Red"
_TEXT_COLOR = "black"
_LINE_PX = 2


def check_boxes(
    image_shape: tuple[int, ...], boxes_shape: tuple[int, ...], dataformats: str, rescale: Any
) -> None:
    """Raise ValueError unless there is an image and [n, 4] boxes, and pixels are left after rescaling."""
    check_image(image_shape, dataformats)
    if len(boxes_shape) != 2 or boxes_shape[1] < 4:
        raise ValueError(f"boxes of shape {boxes_shape}; expected [n, 4]: xmin, ymin, xmax, ymax")
    sizes = dict(zip(dataformats.upper(), image_shape, strict=True))
    if not min(sizes["H"], sizes["W"]) * float(rescale) >= 1:
        raise ValueError(f"rescale={rescale!r} leaves no pixels")


def load_drawing() -> None:
    """Import what drawing needs, on the calling thread; see `images.load_encoder`."""
    from PIL import ImageDraw, ImageFont  # noqa: F401

    load_encoder()
    ImageFont.load_default()


def encode_boxes_value(
    tag: str,
    image: np.ndarray[Any, Any],
    boxes: np.ndarray[Any, Any],
    labels: Sequence[str],
    dataformats: str,
    rescale: float,
    torch_layout: bool = False,
    warn_of_clipping: WarnOfClipping | None = None,
) -> bytes:
    """Encode an image with `boxes` [n, 4] drawn on it; labels are left out unless there are n.

    The message says the size of the stored picture, and uint16 is drawn on as its upper byte. With torch_layout
    it says the size before rescaling, and uint16 is multiplied by 255 and clipped. warn_of_clipping: see
    `images.encode_image_value`.
    """
    from PIL import Image

    axes = dataformats.upper()
    if "N" in axes:
        image, axes = make_grid(image.transpose([axes.index(axis) for axis in "NHWC"])), "HWC"
    if not torch_layout and is_uint16(image):
        image = (image >> 8).astype("u1")
    clipped = find_clipping(image, torch_layout) if warn_of_clipping is not None else None
    if clipped is not None and warn_of_clipping is not None:
        warn_of_clipping(tag, *clipped)
    pixels = to_pixels(image, axes)
    height, width, channels = pixels.shape
    picture = Image.fromarray(pixels)
    names = labels if len(labels) == len(boxes) else [""] * len(boxes)
    for box, name in zip(boxes.tolist(), names, strict=True):
        _draw_box(picture, box[:4], name)
    picture = picture.resize((int(width * rescale), int(height * rescale)), Image.Resampling.LANCZOS)
    if not torch_layout:
        width, height = picture.size
    return encode_value(tag, image=encode_image(height, width, channels, encode_png_file(picture)))


def _draw_box(picture: Any, box: list[float], label: str) -> None:
    from PIL import ImageDraw, ImageFont

    left, top, right, bottom = box
    draw = ImageDraw.Draw(picture)
    corners = [(left, top), (left, bottom), (right, bottom), (right, top), (left, top)]
    draw.line(corners, width=_LINE_PX, fill=_COLOR)
    if label:
        font = ImageFont.load_default()
        text_left, text_top, text_right, text_bottom = font.getbbox(label)
        width, height = text_right - text_left, text_bottom - text_top
        margin = math.ceil(0.05 * height)
        draw.rectangle([(left, bottom - height - 2 * margin), (left + width, bottom)], fill=_COLOR)
        draw.text((left + margin, bottom - height - margin), label, fill=_TEXT_COLOR, font=font)
