"""GET /api/blobs/{key}/{sample}: the bytes of one sample of a media item."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from epochal.errors import BlobNotFoundError, DamagedRecordError
from epochal.events.messages import Audio, Image, Tensor, decode_value
from epochal.events.wire import WireError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from epochal.events.messages import DecodedValue
    from epochal.store.points import BlobRef
    from epochal.store.snapshot import Snapshot


class Samples(NamedTuple):
    """The encoded files of one item; width and height in pixels, 0 where the item does not say."""

    samples: list[bytes]
    width: int = 0
    height: int = 0


def read_blob(snapshot: Snapshot, key: str, sample: int) -> bytes:
    """The bytes of a sample, as logged. BlobNotFoundError, DamagedRecordError."""
    ref, stem = snapshot.find_blob(key)
    samples = read_samples(snapshot, ref, stem).samples
    if not 0 <= sample < len(samples):
        raise BlobNotFoundError(f"{key}/{sample}")
    return samples[sample]


def read_samples(snapshot: Snapshot, ref: BlobRef, stem: str) -> Samples:
    """All samples of an image or audio item; of any other stem, the value's own bytes. DamagedRecordError."""
    data = snapshot.read_blob(ref)
    if stem not in ("images", "audio", "video"):
        return Samples([data])
    try:
        return decode_samples(decode_value(data).value, stem)
    except WireError as error:
        raise DamagedRecordError(ref.file.relative_path, ref.record_offset, f"is not {stem}: {error}") from error


def decode_samples(value: DecodedValue, stem: str) -> Samples:
    """All samples of an item of images, audio or video. WireError if the value is none."""
    if isinstance(value, Image):
        return Samples([value.data], max(0, value.width), max(0, value.height))
    if isinstance(value, Audio):
        return Samples([value.data])
    if isinstance(value, Tensor):
        return _decode_tensor(value.data, stem)
    raise WireError(f"it holds no {stem}")


def decode_strings(value: DecodedValue) -> NDArray[np.object_]:
    """The cells of a tensor of strings, an object array of bytes of its shape. WireError if the value is none."""
    from epochal.events.tensors import decode_tensor

    strings = decode_tensor(value.data) if isinstance(value, Tensor) else None
    if strings is None or strings.dtype != object:
        raise WireError("it holds no strings")
    return strings


def _decode_tensor(data: bytes, stem: str) -> Samples:
    """images: [width, height, file, …] as strings; audio: [file, …] or [[file, label], …]; video: [file, …]."""
    from epochal.events.tensors import decode_tensor

    strings = decode_tensor(data)
    if strings.dtype != object:
        raise WireError("a tensor of numbers")
    if stem == "audio":
        rows = strings.reshape(1) if strings.ndim == 0 else strings
        return Samples([row if isinstance(row, bytes) else row[0] for row in rows if len(row)])
    flat: list[bytes] = strings.ravel().tolist()
    if stem == "video":
        return Samples(flat)
    if len(flat) < 2:
        raise WireError("a tensor without width and height")
    return Samples(flat[2:], _pixels(flat[0]), _pixels(flat[1]))


def _pixels(text: bytes) -> int:
    return int(text) if text.isdigit() and len(text) < 10 else 0
