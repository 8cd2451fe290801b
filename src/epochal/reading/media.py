"""Items whose content is encoded files or text: images, videos, audio, texts, graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from epochal.events.messages import decode_value
from epochal.query.audio import Sound, decode_sound
from epochal.query.blobs import Samples, decode_samples, decode_strings
from epochal.query.graphs import GraphFormat, decode_graph, find_graph_format
from epochal.reading.items import Item

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from epochal.reading.items import Blob

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


class Image(Item[Samples]):
    """The images of one step.

    data: bytes of the first image's file (PNG, JPEG, GIF, …), as logged. samples: of all.
    width, height: in pixels, as the logger gave them; 0 where it did not.
    """

    __slots__ = ()
    _stem = "images"

    def _decode(self, data: bytes) -> Samples:
        return decode_samples(decode_value(data).value, "images")

    @property
    def data(self) -> bytes:
        return _first(self._load().samples)

    @property
    def samples(self) -> tuple[bytes, ...]:
        return tuple(self._load().samples)

    @property
    def width(self) -> int:
        return self._load().width

    @property
    def height(self) -> int:
        return self._load().height

    def _repr_png_(self) -> bytes | None:
        return self.data if self.data.startswith(_PNG) else None

    def _repr_jpeg_(self) -> bytes | None:
        return self.data if self.data.startswith(_JPEG) else None


class Video(Item[Samples]):
    """The videos of one step: a GIF as torch's `add_video` stores it, or MP4 or WebM files.

    data: bytes of the first video's file, as logged. samples: of all.
    """

    __slots__ = ()
    _stem = "video"

    def _decode(self, data: bytes) -> Samples:
        return decode_samples(decode_value(data).value, "video")

    @property
    def data(self) -> bytes:
        return _first(self._load().samples)

    @property
    def samples(self) -> tuple[bytes, ...]:
        return tuple(self._load().samples)


class Audio(Item[Sound]):
    """The sounds of one step.

    data: bytes of the first sound's file (mostly WAV), as logged. samples: of all.
    sample_rate (Hz), num_channels, length_frames (per channel): of the first, 0 where nothing says.
    content_type: as logged, or audio/wav for a WAV file; may be empty.
    """

    __slots__ = ()
    _stem = "audio"

    def _decode(self, data: bytes) -> Sound:
        return decode_sound(decode_value(data).value)

    @property
    def data(self) -> bytes:
        return _first(self._load().samples)

    @property
    def samples(self) -> tuple[bytes, ...]:
        return tuple(self._load().samples)

    @property
    def sample_rate(self) -> float:
        return self._load().sample_rate

    @property
    def num_channels(self) -> int:
        return self._load().num_channels

    @property
    def length_frames(self) -> int:
        return self._load().length_frames

    @property
    def content_type(self) -> str:
        return self._load().content_type


class Text(Item["NDArray[np.object_]"]):
    """The text of one step: one string, or a table of them.

    text: as written; a table's cells joined by tabs and line feeds. Bytes that are no UTF-8 become U+FFFD.
    data: the first cell's bytes, exactly as stored. samples: all cells' bytes, row by row.
    shape: () or (1,) for one string.
    """

    __slots__ = ()
    _stem = "text"

    def _decode(self, data: bytes) -> NDArray[np.object_]:
        return decode_strings(decode_value(data).value)

    @property
    def text(self) -> str:
        cells = self._load()
        if cells.ndim < 2:
            return "\n".join(map(_decode_text, self.samples))
        rows = cells.reshape(-1, cells.shape[-1]).tolist()
        return "\n".join("\t".join(map(_decode_text, row)) for row in rows)

    @property
    def data(self) -> bytes:
        return _first(self.samples)

    @property
    def samples(self) -> tuple[bytes, ...]:
        return tuple(self._load().ravel().tolist())

    @property
    def shape(self) -> tuple[int, ...]:
        return self._load().shape


class Graph(Item[bytes]):
    """A graph or what was recorded about one.

    data: the serialised message, or JSON. format: which: "graph_def", "run_metadata", "meta_graph_def" or
    "keras_json".
    """

    __slots__ = ("_kind", "format")
    _stem = "a graph"

    def __init__(
        self, step: int, wall_time: float, lane: int, superseded: bool, blob: Blob, kind: str, plugin_name: str
    ) -> None:
        super().__init__(step, wall_time, lane, superseded, blob)
        self._kind = kind
        self.format: GraphFormat = find_graph_format(kind, plugin_name)

    def _decode(self, data: bytes) -> bytes:
        return decode_graph(data, self._kind)

    @property
    def data(self) -> bytes:
        return self._load()

    def __reduce__(self) -> tuple[object, ...]:
        plugin_name = "graph_keras_model" if self.format == "keras_json" else ""
        return Graph, (*self._facts(), self._blob, self._kind, plugin_name)


def _decode_text(data: bytes) -> str:
    return data.decode(errors="replace")


def _first(samples: tuple[bytes, ...] | list[bytes]) -> bytes:
    return samples[0] if samples else b""
