"""Tags: what a run logged under one name, and its points on demand.

A `Tag` is made when it is asked for; its series is gathered when first asked for and kept in one cache for all.
While it is there, an unchanged tag has the same series in the next snapshot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from epochal.events.wire import WireError, decode_text, iter_fields
from epochal.store.names import text_of
from epochal.store.points import BlobSeries, ScalarSeries, gather_blobs, gather_scalars
from epochal.store.series_cache import cache

if TYPE_CHECKING:
    from collections.abc import Hashable

    from epochal.store.file_state import TagPart
    from epochal.store.series import Timeline

_KIND_STEMS = {
    "image": "images",
    "histo": "histograms",
    "audio": "audio",
    "graph_def": "graphs",
    "run_metadata": "graphs",
    "meta_graph": "graphs",
}
_PLUGIN_STEMS = {
    "graph_run_metadata": "graphs",
    "graph_run_metadata_graph": "graphs",
    "graph_keras_model": "graphs",
    "graph_tagged_run_metadata": "graphs",
}

#: What TensorBoard calls a run's own graph, which has no tag on disk.
RUN_GRAPH = "__run_graph__"

#: Field of a scalar's plugin content in which Epochal's writer keeps the main tag of add_scalars.
_MAIN_TAG_FIELD = 15


class TagMeta(msgspec.Struct, frozen=True):
    """What the first record of a tag says of it; shared by all runs in which it says the same.

    `stem` is the feature that shows it, `kind` the field of Summary.Value (or Event) that holds its data.
    `display_name` may be empty. `group` is the main tag of add_scalars, else empty.
    """

    stem: str
    kind: str
    plugin_name: str
    content: bytes
    display_name: str
    description: str
    data_class: int
    group: str


_metas: dict[tuple[str, str, bytes, str, str, int, bool], TagMeta] = {}


def make_tag_meta(
    kind: str,
    plugin_name: str,
    content: bytes,
    display_name: str,
    description: str,
    data_class: int,
    is_scalar: bool,
) -> TagMeta:
    """The meta for what a decoder says of a tag; the same object for the same facts."""
    key = (kind, plugin_name, content, display_name, description, data_class, is_scalar)
    meta = _metas.get(key)
    if meta is None:
        if len(_metas) >= 10_000:  # hparams keep every session in `content`: share, but do not hoard
            _metas.clear()
        if is_scalar:
            stem = "scalars"
        else:
            stem = _KIND_STEMS.get(kind) or _PLUGIN_STEMS.get(plugin_name) or plugin_name
            if not stem or stem == "scalars":
                stem = "tensor"
        group = _read_group(content) if is_scalar and content else ""
        meta = TagMeta(stem, kind, plugin_name, content, display_name, description, data_class, group)
        _metas[key] = meta
    return meta


def _read_group(content: bytes) -> str:
    group = ""
    try:
        for field, _, value in iter_fields(content):
            if field == _MAIN_TAG_FIELD and not isinstance(value, int):
                group = decode_text(value)
    except WireError:
        return ""
    return group


def make_tag_name(raw: bytes, kind: str) -> str:
    """A tag's name as text; a run's own graph has TensorBoard's name for it."""
    if not raw and kind in ("graph_def", "meta_graph"):
        return RUN_GRAPH
    return text_of(raw)


class TagFiles(NamedTuple):
    """Where a tag's points are: its parts, and each one's file by number in the run's timeline."""

    parts: tuple[TagPart, ...]
    files: tuple[int, ...]
    timeline: Timeline

    @property
    def key(self) -> Hashable:
        """Equal for sources, alive at one time, that have the same points in the same order."""
        parts = tuple((id(part.columns), part.index, part.raw_points, part.removed.points) for part in self.parts)
        if len(parts) == 1 and not self.timeline.markers:
            return parts
        return parts, self.files, self.timeline

    @property
    def place(self) -> Hashable:
        """Where the points are, whatever their number: equal for a series and for what it was before it grew."""
        return tuple((id(part.columns), part.index) for part in self.parts)


class Tag:
    """A tag of a run in one snapshot. Attributes are not to be assigned.

    `points` counts all its points, superseded ones included.
    """

    __slots__ = ("meta", "name", "points", "source")

    def __init__(self, name: str, meta: TagMeta, source: TagFiles) -> None:
        self.name = name
        self.meta = meta
        self.source = source
        parts = source.parts
        self.points = parts[0].points if len(parts) == 1 else sum(part.points for part in parts)

    @property
    def stem(self) -> str:
        return self.meta.stem

    @property
    def plugin_name(self) -> str:
        """The plugin that the data belong to, also for legacy forms that do not name it."""
        return self.meta.plugin_name or self.meta.stem

    @property
    def display_name(self) -> str:
        """What to show: the name given by the logger, else the tag; torch's suffix of text tags cut off."""
        if self.meta.display_name:
            return self.meta.display_name
        if self.meta.stem == "text":
            return self.name.removesuffix("/text_summary") or self.name
        return self.name

    def scalars(self) -> ScalarSeries:
        """The points of a scalar tag; TypeError for any other."""
        if self.meta.stem != "scalars":
            raise TypeError(f"{self.name!r} holds {self.meta.stem}, not scalars")
        series = cache.get(self.source, gather_scalars)
        assert isinstance(series, ScalarSeries)
        return series

    def blobs(self) -> BlobSeries:
        """Where the points of a tag that is not scalar are; TypeError for a scalar one."""
        if self.meta.stem == "scalars":
            raise TypeError(f"{self.name!r} holds scalars, not blobs")
        series = cache.get(self.source, gather_blobs)
        assert isinstance(series, BlobSeries)
        return series

    def __repr__(self) -> str:
        return f"Tag({self.name!r}, {self.stem}, {self.points} points)"
