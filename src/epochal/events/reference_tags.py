"""What decoders and index files say about tags, in the twin of the native core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from epochal.events.message_decoders import Metadata

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    _Int64s = NDArray[np.int64]
    _Uint64s = NDArray[np.uint64]
    _Float64s = NDArray[np.float64]
    Scalars = tuple[_Int64s, _Float64s, _Float64s]
    Blobs = tuple[_Int64s, _Float64s, _Uint64s, _Uint64s, _Uint64s, _Uint64s, NDArray[np.uint32]]
    Sessions = tuple[_Int64s, _Float64s, _Uint64s]

#: In the order of their numbers in index files. The first two may be scalars.
KINDS = (
    "simple_value",
    "tensor",
    "image",
    "histo",
    "audio",
    "metadata",
    "graph_def",
    "run_metadata",
    "meta_graph",
)

#: Kinds of an event's payload. Their tags and metadata are apart from those of Summary.Values.
PAYLOAD_KINDS = KINDS[6:]

MAX_PROBLEMS = 1000
"""What is listed of a file; what comes after is counted in one more entry."""


@dataclass(frozen=True, slots=True)
class TagInfo:
    """What a file says about one tag of one kind; the metadata is the first that the file gives for the tag.

    kind is what the first point is: "simple_value", "tensor", "image", "histo", "audio", "metadata" (a
    value with neither of them, as hparams write), "graph_def", "run_metadata" or "meta_graph". is_scalar
    says whether `scalars(index)` or `blobs(index)` has the points. dtype is the DataType of the first
    tensor, 0 without one. plugin_name is as stored, "" without metadata.
    """

    index: int
    tag: bytes
    kind: str
    is_scalar: bool
    points: int
    plugin_name: str
    plugin_content: bytes
    display_name: str
    description: str
    data_class: int
    dtype: int


def make_tag_info(
    index: int, tag: bytes, kind: str, is_scalar: bool, points: int, dtype: int, metadata: Metadata | None
) -> TagInfo:
    """The TagInfo of a tag whose metadata, if any, is this."""
    known = metadata if metadata is not None else Metadata()
    return TagInfo(
        index,
        tag,
        kind,
        is_scalar,
        points,
        known.plugin_name,
        known.content,
        known.display_name,
        known.description,
        known.data_class,
        dtype,
    )
