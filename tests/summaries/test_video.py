"""Video: tiling as torch has it, the GIF's timing, files told apart by their first bytes."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from epochal.events.message_decoders import decode_value
from epochal.summaries import video

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.utils.tensorboard._utils import _prepare_video

random = np.random.default_rng(5)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 9, 16, 17])
def test_videos_are_tiled_as_torch_tiles_them(count):
    videos = random.integers(0, 256, (count, 2, 3, 4, 6), dtype=np.uint8)
    expected = np.rint(_prepare_video(videos) * 255).astype(np.uint8)
    np.testing.assert_array_equal(video.tile_videos(videos), expected)


def test_floats_are_scaled_and_clipped():
    frames = np.array([-1.0, 0.0, 0.5, 1.0, 2.0, np.nan]).reshape(1, 1, 1, 1, 6)
    assert video.tile_videos(frames)[0, 0].tolist() == [[n] * 3 for n in (0, 0, 127, 255, 255, 0)]


def decode_gif(encoded):
    return Image.open(io.BytesIO(decode_value(encoded).value.data))


@pytest.mark.parametrize(("fps", "duration_ms"), [(4, 250), (30, 30), (24, 40), (1000, 10), (0.5, 2000)])
def test_gif_plays_at_the_rate(fps, duration_ms):
    frames = random.random((1, 3, 3, 8, 8))
    movie = decode_gif(video.encode_frames_value("v", frames, fps))
    assert (movie.n_frames, movie.info["duration"], movie.info["loop"]) == (3, duration_ms, 0)
