from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from epochal.events.messages import decode_value
from epochal.summaries.images import check_image, encode_image_value, encode_png, make_grid, to_pixels


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((3, 4, 5), "CHW"),
        ((4, 5), "HW"),
        ((4, 5, 4), "hwc"),
        ((2, 5, 4), "CWH"),
        ((9, 3, 4, 5), "NCHW"),
        ((4, 5, 3, 2), "HWCN"),
    ],
)
def test_images(shape, axes):
    check_image(shape, axes)


@pytest.mark.parametrize(
    ("shape", "axes", "complaint"),
    [
        ((3, 4, 5), "HW", "does not fit"),
        ((3, 4), "CHW", "does not fit"),
        ((5, 4, 4), "CHW", "5 channels"),
        ((2, 4, 4, 4), "NCHW", "4 channels"),
        ((3, 0, 4), "CHW", "no pixels"),
        ((3, 4, 4), "CHH", "not an order"),
        ((3, 4, 4), "RGB", "not an order"),
    ],
)
def test_what_is_no_image(shape, axes, complaint):
    with pytest.raises(ValueError, match=complaint):
        check_image(shape, axes)


def test_grid():
    batch = np.arange(10).repeat(2 * 3).reshape(10, 2, 3, 1)
    grid = make_grid(batch)
    assert grid.shape == (4, 24, 1)
    assert grid[::2, ::3, 0].tolist() == [[0, 1, 2, 3, 4, 5, 6, 7], [8, 9, 0, 0, 0, 0, 0, 0]]
    assert make_grid(batch[:3]).shape == (2, 9, 1)


@pytest.mark.parametrize(
    ("value", "pixel"),
    [
        (np.uint8(200), 200),
        (np.float32(0.5), 127),
        (np.float64(1.0), 255),
        (np.float16(-0.1), 0),
        (np.float32(1e30), 255),
        (np.float32("nan"), 0),
        (np.bool_(True), 255),
        (np.int64(1), 255),
    ],
)
def test_scaling(value, pixel):
    assert to_pixels(np.full((1, 1), value), "HW").tolist() == [[[pixel] * 3]]


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_png_holds_the_pixels(channels):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    value = decode_value(encode_image_value("tag", pixels, "HWC")).value
    assert (value.height, value.width, value.colorspace) == (5, 7, channels)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(value.data))), pixels)
    assert len(encode_png(pixels)) > len(value.data)


def test_the_pixels_are_left_as_they_were():
    image = np.random.default_rng(0).random((3, 4, 5))
    before = image.copy()
    encode_image_value("tag", image, "CHW")
    np.testing.assert_array_equal(image, before)
