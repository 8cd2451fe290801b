"""Values → the tensors that TensorFlow's tf.summary stores, with the same dtypes, shapes and metadata.

Sources: tensorboard/plugins/{scalar,image,audio,histogram,text}/summary_v2.py for the layouts; TensorFlow's
image_ops_impl.py (convert_image_dtype) and wav_io.cc for pixels and samples; summary_file_writer.cc, which
writes the metadata into every event.
"""

from __future__ import annotations

import io
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import (
    encode_metadata,
    encode_string_tensor,
    encode_tensor,
    encode_tensor_content,
)
from epochal.events.wire import encode_float, encode_text, encode_varint_field
from epochal.summaries.arrays import to_numpy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_DT_FLOAT = 1
_DT_DOUBLE = 2
_AUDIO_ENCODING_FIELD = 2
_AUDIO_ENCODING_WAV = 11
_PNG_COMPRESS_LEVEL = 4


@lru_cache(maxsize=1024)
def make_metadata(plugin_name: str, description: str | None, content: bytes = b"") -> bytes:
    """An encoded SummaryMetadata. TypeError for a description that is no string."""
    if description is not None and not isinstance(description, str):
        raise TypeError(f"a description must be a string, got {type(description).__name__}")
    return encode_metadata(plugin_name, content, description=description or "")


def audio_content() -> bytes:
    """AudioPluginData that says WAV."""
    return encode_varint_field(_AUDIO_ENCODING_FIELD, _AUDIO_ENCODING_WAV)


def encode_scalar(value: float) -> bytes:
    """A float32 tensor of rank 0."""
    return encode_tensor_content(_DT_FLOAT, (), encode_float(value))


# -- histograms ---------------------------------------------------------------------------------------------


def encode_histogram(values: np.ndarray[Any, Any], bucket_count: int) -> tuple[bytes, int]:
    """A float64 tensor [k, 3] of (left edge, right edge, count) for k equal buckets from minimum to maximum.

    All zeros without values. If all are equal, so are all edges, and the last bucket has them. Returns the
    tensor and how many values were NaN or infinite, which stand in no bucket.
    """
    import numpy as np

    bucket_count = max(0, bucket_count)
    with np.errstate(all="ignore"):
        flat = values.reshape(-1).astype(np.float64)
        finite = flat[np.isfinite(flat)]
        buckets = np.zeros((bucket_count, 3))
        if finite.size and bucket_count:
            _fill_buckets(np, buckets, finite)
    return encode_tensor_content(_DT_DOUBLE, buckets.shape, buckets.tobytes()), flat.size - finite.size


def _fill_buckets(np: Any, buckets: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> None:
    count = len(buckets)
    low, high = values.min(), values.max()
    if low == high:
        buckets[:, :2] = high
        buckets[-1, 2] = values.size
        return
    # The difference of two doubles may be infinite; that of their quarters cannot.
    scale = 1.0 if np.isfinite(high - low) else 0.25
    low, high = low * scale, high * scale
    index = np.floor((values * scale - low) / ((high - low) / count))
    # Denormal ranges divide by a width of zero.
    index = np.clip(np.nan_to_num(index, nan=0.0), 0, count - 1).astype(np.intp)
    edges = np.linspace(low, high, count + 1)
    buckets[:, 0], buckets[:, 1] = edges[:-1] / scale, edges[1:] / scale
    buckets[:, 2] = np.bincount(index, minlength=count)


# -- images -------------------------------------------------------------------------------------------------


def check_images(shape: tuple[int, ...]) -> None:
    """ValueError unless the shape is [k, height, width, channels] with 1 to 4 channels."""
    if len(shape) != 4:
        raise ValueError(f"images have the shape [k, height, width, channels], got {list(shape)}")
    if shape[3] not in (1, 2, 3, 4):
        raise ValueError(f"an image has 1, 2, 3 or 4 channels, got {shape[3]} (shape {list(shape)})")
    if shape[0] and not (shape[1] and shape[2]):
        raise ValueError(f"an image of shape {list(shape)} has no pixels")


def encode_images(images: np.ndarray[Any, Any]) -> bytes:
    """A string tensor [2 + k] of width, height and k PNG files, of what `check_images` accepts."""
    _, height, width, _ = images.shape
    files = [encode_png(pixels) for pixels in to_uint8(images)]
    return encode_string_tensor([b"%d" % width, b"%d" % height, *files], (2 + len(files),))


def to_uint8(images: np.ndarray[Any, Any]) -> npt.NDArray[np.uint8]:
    """What `tf.image.convert_image_dtype(images, tf.uint8, saturate=True)` gives; NaN is 0.

    Floats are 0…1, other integers are scaled from their own range; bool, which TensorFlow refuses, is 0 or 255.
    """
    import numpy as np

    kind, size = images.dtype.kind, images.dtype.itemsize
    pixels: npt.NDArray[np.uint8]
    if images.dtype == np.uint8:
        pixels = images
    elif kind == "b":
        pixels = images.astype(np.uint8) * np.uint8(255)
    elif kind == "f":
        with np.errstate(all="ignore"):
            scaled = images.astype(np.float32) if size < 4 else images
            scaled = np.clip(scaled * scaled.dtype.type(255.5), 0, 255)
            pixels = np.nan_to_num(scaled, nan=0.0).astype(np.uint8)
    elif size == 1:
        pixels = np.clip(images, 0, None).astype(np.uint8) * np.uint8(2)
    else:
        bits = 8 * size - (kind == "i") - 8
        pixels = np.clip(images >> images.dtype.type(bits), 0, 255).astype(np.uint8)
    return pixels


def encode_png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """A PNG file of uint8 [height, width, channels]: grey, grey + alpha, RGB or RGBA."""
    from PIL import Image

    output = io.BytesIO()
    picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    picture.save(output, format="PNG", compress_level=_PNG_COMPRESS_LEVEL)
    return output.getvalue()


# -- audio --------------------------------------------------------------------------------------------------


def check_audio(array: np.ndarray[Any, Any]) -> None:
    """ValueError or TypeError unless it is [k, frames, channels] of floats or of int16."""
    if array.ndim != 3:
        raise ValueError(f"audio has the shape [k, frames, channels], got {list(array.shape)}")
    if array.shape[0] and array.shape[2] < 1:
        raise ValueError(f"audio of shape {list(array.shape)} has no channel")
    if array.dtype.kind != "f" and array.dtype.name != "int16":
        raise TypeError(f"audio samples are floats in -1…1, or int16, not {array.dtype}")


def encode_audio(clips: np.ndarray[Any, Any], sample_rate: int) -> bytes:
    """A string tensor [k, 2] of WAV files (16-bit PCM) and empty labels, of what `check_audio` accepts."""
    cells = [cell for clip in clips for cell in (encode_wav(clip, sample_rate), b"")]
    return encode_string_tensor(cells, (len(clips), 2))


def encode_wav(clip: np.ndarray[Any, Any], sample_rate: int) -> bytes:
    """A WAV file of [frames, channels]; floats are clipped to -1…1 and rounded half away from zero."""
    import numpy as np

    if clip.dtype.kind == "f":
        scaled = np.nan_to_num(clip.astype(np.float32), nan=0.0) * np.float32(1 << 15)
        scaled = np.clip(np.trunc(scaled + np.copysign(np.float32(0.5), scaled)), -(1 << 15), (1 << 15) - 1)
        clip = scaled.astype(np.int16)
    samples = clip.astype("<i2").tobytes()
    channels = clip.shape[1]
    block = 2 * channels
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, sample_rate, sample_rate * block, block, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(samples)) + samples
    return struct.pack("<4sI", b"RIFF", len(body)) + body


# -- text and tensors of any kind ---------------------------------------------------------------------------


def encode_text_tensor(text: Any) -> bytes:
    """A string tensor of the shape of `text`: a string, bytes, an array or nested lists of them.

    TypeError for anything that is no string, ValueError for ragged lists.
    """
    if hasattr(text, "numpy"):
        text = text.numpy()
    if hasattr(text, "tolist"):
        text = text.tolist()
    cells: list[bytes] = []
    shape = _flatten(text, cells)
    return encode_string_tensor(cells, shape)


def _flatten(text: Any, cells: list[bytes]) -> tuple[int, ...]:
    if isinstance(text, str):
        cells.append(encode_text(text))
        return ()
    if isinstance(text, (bytes, bytearray)):
        cells.append(bytes(text))
        return ()
    if not isinstance(text, (list, tuple)):
        raise TypeError(f"{type(text).__name__} is not a string")
    shapes = {_flatten(item, cells) for item in text}
    if len(shapes) > 1:
        raise ValueError("the strings do not form an array")
    return (len(text), *(shapes.pop() if shapes else ()))


def encode_any_tensor(value: Any) -> bytes:
    """A tensor as tf.convert_to_tensor makes it: Python floats are float32, ints int32; strings are strings.

    TypeError for what is no tensor, OverflowError for Python ints beyond 32 bits.
    """
    import numpy as np

    leaf = value
    while isinstance(leaf, (list, tuple)) and leaf:
        leaf = leaf[0]
    dtype = getattr(value, "dtype", None)
    # TensorFlow's dtypes have no kind; the one of its strings has this name.
    are_strings = getattr(dtype, "kind", "") in ("S", "U", "O") or getattr(dtype, "name", "") == "string"
    if isinstance(leaf, (str, bytes)) or are_strings:
        return encode_text_tensor(value)
    found = to_numpy(value)[0]
    if tuple(getattr(value, "shape", ())) == () and not isinstance(value, (list, tuple)):
        found = found.reshape(())
    if isinstance(leaf, float) and not hasattr(leaf, "dtype"):
        found = found.astype(np.float32)
    elif type(leaf) is int and found.dtype.kind in "iu":
        if found.size and (found.max() >= 1 << 31 or found.min() < -1 << 31):
            raise OverflowError("a Python int becomes int32 and does not fit; pass a NumPy int64")
        found = found.astype(np.int32)
    return encode_tensor(found)
