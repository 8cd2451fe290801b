"""Images with values outside of 0…1: torch's pixels and one warning, or the range mapped on request."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from epochal import SummaryWriter
from epochal.events.messages import decode_value
from epochal.summaries.images import check_image, encode_image_value, find_clipping, rescale_range
from epochal.writer.warnings import WriterWarning


def pixels_of(value: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(decode_value(value).value.data)))


def warnings_of(log) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        log()
    return [str(warning.message) for warning in caught if issubclass(warning.category, WriterWarning)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], None),
        ([-1.0, 0.0, 0.5, 3.0], (-1.0, 3.0, 0.5)),
        ([np.nan, 0.5], None),
        ([np.nan, np.nan], None),
        ([np.nan, 2.0], (2.0, 2.0, 0.5)),
        ([np.inf, 0.0], (0.0, np.inf, 0.5)),
    ],
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_what_is_clipped(values, expected, dtype):
    assert find_clipping(np.array(values, dtype)) == expected


def test_integers_that_are_clipped():
    assert find_clipping(np.array([0, 1, 255, 7])) == (0.0, 255.0, 0.5)
    for dtype in (np.uint8, np.uint16, np.bool_):
        assert find_clipping(np.array([0, 1, 255, 7]).astype(dtype)) is None


@pytest.mark.parametrize("method", ["add_image", "add_images"])
def test_one_warning_per_tag(tmp_path, method):
    image = np.zeros((3, 2, 4), np.float32)
    image[0, 0, :3] = (-1.5, 2.0, 1.0)
    value = image if method == "add_image" else image[None]

    def log():
        with SummaryWriter(tmp_path) as writer:
            for step in range(3):
                getattr(writer, method)("depth", value, step)
            getattr(writer, method)("other", value * 2, 0)
            getattr(writer, method)("fine", np.clip(value, 0, 1), 0)
            getattr(writer, method)("mapped", value, 0, rescale="minmax")

    first, second = sorted(warnings_of(log))
    assert "'depth'" in first
    assert "-1.5 to 2 " in first
    assert "8.3%" in first
    assert "'other'" in second
    assert "-3 to 4 " in second


def test_clipping_gives_torchs_pixels():
    heard = []
    image = np.array([[-1.0, 0.25, 1.0, 7.0]])
    value = encode_image_value("tag", image, "HW", warn_of_clipping=lambda *what: heard.append(what))
    assert pixels_of(value)[0, :, 0].tolist() == [0, 63, 255, 255]
    assert heard == [("tag", -1.0, 7.0, 0.5)]


@pytest.mark.parametrize(
    ("values", "pixels"),
    [
        ([-2.0, 0.0, 2.0], [0, 127, 255]),
        ([5.0, 5.0, 5.0], [0, 0, 0]),
        ([np.nan, 1.0, 3.0], [0, 0, 255]),
        ([np.inf, 1.0, 3.0], [255, 0, 255]),
        ([np.nan, np.nan, np.nan], [0, 0, 0]),
        ([-1.7e308, 0.0, 1.7e308], [0, 127, 255]),
        ([10, 20, 30], [0, 127, 255]),
    ],
)
def test_minmax(values, pixels):
    array = np.array([values])
    before = array.copy()
    assert pixels_of(encode_image_value("tag", array, "HW", rescale="minmax"))[0, :, 0].tolist() == pixels
    np.testing.assert_array_equal(array, before)


def test_minmax_is_of_the_whole_batch():
    batch = np.stack([np.full((1, 1, 3), 10.0), np.full((1, 1, 3), 20.0), np.full((1, 1, 3), 30.0)])
    assert pixels_of(encode_image_value("tag", batch, "NHWC", rescale="minmax"))[0, :, 0].tolist() == [0, 127, 255]


def test_minmax_leaves_alpha():
    floats = rescale_range(np.array([[[-4.0, 0.25], [4.0, 1.0]]]), "HWC")
    assert floats.tolist() == [[[0.0, 0.25], [1.0, 1.0]]]
    integers = rescale_range(np.array([[[100, 51], [200, 255]]], np.uint8), "HWC")
    assert integers.tolist() == [[[0.0, 0.2], [1.0, 1.0]]]


def test_no_other_rescale(tmp_path):
    with pytest.raises(ValueError, match="rescale='max'"):
        check_image((2, 2), "HW", "max")
    with SummaryWriter(tmp_path, strict=True) as writer, pytest.raises(ValueError, match="rescale"):
        writer.add_image("tag", np.zeros((3, 2, 2)), rescale="max")


BEYOND = np.array([-1.0, 0.0, 0.5, 3.0], np.float32)

CLIPPING = {
    "boxes": lambda w, tag, values: w.add_image_with_boxes(tag, values.reshape(1, 2, 2), np.zeros((0, 4))),
    "batch with boxes": lambda w, tag, values: w.add_image_with_boxes(
        tag, values.reshape(1, 1, 2, 2), np.zeros((0, 4)), dataformats="NCHW"
    ),
    "video": lambda w, tag, values: w.add_video(tag, values.reshape(1, 2, 1, 1, 2)),
    "embedding": lambda w, tag, values: w.add_embedding(np.eye(2), label_img=values.reshape(2, 1, 1, 2), tag=tag),
}


@pytest.mark.parametrize("kind", CLIPPING)
def test_one_warning_from_whatever_clips_pixels(tmp_path, kind):
    def log():
        with SummaryWriter(tmp_path, strict=True) as writer:
            for _ in range(2):
                CLIPPING[kind](writer, "depth", BEYOND)
            CLIPPING[kind](writer, "fine", BEYOND.clip(0, 1))
            CLIPPING[kind](writer, "bytes", BEYOND.astype(np.int8).astype(np.uint8))
            CLIPPING[kind](writer, "words", np.array([0, 256, 65535, 1], np.uint16))

    (message,) = warnings_of(log)
    assert "'depth'" in message
    assert "-1 to 3 " in message
    assert "50.0%" in message


@pytest.mark.parametrize("kind", CLIPPING)
def test_with_torch_layout_16_bits_are_clipped_and_said_so(tmp_path, kind):
    def log():
        with SummaryWriter(tmp_path, torch_layout=True) as writer:
            CLIPPING[kind](writer, "words", np.array([0, 256, 65535, 1], np.uint16))

    (message,) = warnings_of(log)
    assert "0 to 65535 " in message


def test_a_video_of_16_bits_shows_its_upper_bytes():
    from epochal.summaries.video import encode_frames_value

    frames = np.array([0, 0x1234, 0x80FF, 0xFFFF], np.uint16).reshape(1, 1, 1, 1, 4)
    movie = Image.open(io.BytesIO(decode_value(encode_frames_value("v", frames, 4)).value.data))
    assert np.asarray(movie.convert("L")).ravel().tolist() == [0, 0x12, 0x80, 0xFF]
