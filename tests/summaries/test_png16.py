from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from epochal.events.messages import decode_value
from epochal.summaries.image_boxes import encode_boxes_value
from epochal.summaries.images import encode_image_value
from epochal.summaries.png16 import encode_png16_file

CHANNELS = {0: 1, 4: 2, 2: 3, 6: 4}


def decode_png16(data: bytes) -> np.ndarray:
    """An independent decoder of 16-bit, not interlaced PNG files with filters None, Sub and Up."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    position, chunks = 8, []
    while position < len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        body = data[position + 8 : position + 8 + size]
        assert zlib.crc32(kind + body) == struct.unpack_from(">I", data, position + 8 + size)[0]
        chunks.append((kind, body))
        position += 12 + size
    assert [chunks[0][0], chunks[-1]] == [b"IHDR", (b"IEND", b"")]
    width, height, depth, color, *methods = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, methods) == (16, [0, 0, 0])
    channels = CHANNELS[color]
    raw = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    stride, unit = width * channels * 2, channels * 2
    assert len(raw) == height * (stride + 1)
    above, lines = bytearray(stride), []
    for start in range(0, len(raw), stride + 1):
        line = bytearray(raw[start + 1 : start + 1 + stride])
        for i in range(stride):
            left = line[i - unit] if i >= unit else 0
            line[i] = (line[i] + {0: 0, 1: left, 2: above[i]}[raw[start]]) % 256
        lines.append(bytes(line))
        above = line
    return np.frombuffer(b"".join(lines), ">u2").reshape(height, width, channels)


def random_image(channels: int, height: int = 5, width: int = 7) -> np.ndarray:
    return np.random.default_rng(channels).integers(0, 65536, (height, width, channels), dtype=np.uint16)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(5, 7), (1, 1), (1, 9), (9, 1)])
def test_every_level_survives(channels, size):
    pixels = random_image(channels, *size)
    np.testing.assert_array_equal(decode_png16(encode_png16_file(pixels)), pixels)


def test_any_byte_order_and_strides():
    pixels = random_image(3)
    expected = encode_png16_file(pixels)
    assert encode_png16_file(pixels.astype(">u2")) == expected
    assert encode_png16_file(np.ascontiguousarray(pixels.transpose(2, 1, 0)).transpose(2, 1, 0)) == expected


def test_pillow_reads_grey():
    pixels = random_image(1)
    picture = Image.open(io.BytesIO(encode_png16_file(pixels)))
    assert picture.mode.startswith("I")
    np.testing.assert_array_equal(np.asarray(picture), pixels[..., 0])


@pytest.mark.parametrize(("channels", "mode"), [(2, "LA"), (3, "RGB"), (4, "RGBA")])
def test_pillow_shows_the_upper_byte_of_colours(channels, mode):
    picture = Image.open(io.BytesIO(encode_png16_file(random_image(channels)))).convert(mode)
    np.testing.assert_array_equal(np.asarray(picture), random_image(channels) >> 8)


@pytest.mark.parametrize(("axes", "channels"), [("HW", 1), ("HWC", 2), ("CHW", 3), ("HWC", 4)])
def test_images_of_uint16(axes, channels):
    pixels = random_image(channels)
    order = ["HWC".index(axis) for axis in axes]
    array = pixels[..., 0] if axes == "HW" else pixels.transpose(order)
    value = decode_value(encode_image_value("tag", array, axes)).value
    assert (value.height, value.width, value.colorspace) == (5, 7, channels)
    np.testing.assert_array_equal(decode_png16(value.data), pixels)


def test_batches_of_uint16():
    batch = np.stack([random_image(3), random_image(3) // 2])
    value = decode_value(encode_image_value("tag", batch, "NHWC")).value
    np.testing.assert_array_equal(decode_png16(value.data), np.concatenate(list(batch), axis=1))


def test_torchs_layout_has_torchs_pixels():
    value = decode_value(
        encode_image_value("tag", np.array([[0, 1, 40000]], np.uint16), "HW", torch_layout=True)
    ).value
    pixels = np.asarray(Image.open(io.BytesIO(value.data)))
    assert pixels.tolist() == [[[0] * 3, [255] * 3, [255] * 3]]


@pytest.mark.parametrize(("torch_layout", "expected"), [(False, 40000 >> 8), (True, 255)])
def test_boxes_are_drawn_on_the_upper_byte(torch_layout, expected):
    image = np.full((20, 20), 40000, np.uint16)
    data = encode_boxes_value("tag", image, np.array([[2, 2, 8, 8]]), [], "HW", 1.0, torch_layout)
    pixels = np.asarray(Image.open(io.BytesIO(decode_value(data).value.data)))
    assert pixels[15, 15].tolist() == [expected] * 3
    assert pixels[2, 5].tolist() != [expected] * 3
