"""Meshes: items put together from the tags of their parts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from epochal.errors import DamagedRecordError
from epochal.events.messages import decode_value
from epochal.events.wire import WireError
from epochal.query.mesh import decode_mesh_array, decode_mesh_part
from epochal.reading.items import Item, Items, make_blob, make_items

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from epochal.reading.items import Blob, ReadBlob
    from epochal.store.points import BlobRef, BlobSeries
    from epochal.store.tags import Tag as StoredTag

    Place = tuple[int, int]


class Mesh(Item["NDArray[Any]"]):
    """The mesh or point cloud of one step.

    vertices: float32[batch, n, 3]. faces: int32[batch, m, 3] or None. colors: uint8[batch, n, 3] or None. Torch's
        writer stores all three as float32, and dtypes are given as stored.
    config: the three.js configuration that was logged with it, a dict.
    """

    __slots__ = ("_colors", "_faces")
    _stem = "a mesh"

    def __init__(
        self,
        step: int,
        wall_time: float,
        lane: int,
        superseded: bool,
        blob: Blob,
        faces: Blob | None,
        colors: Blob | None,
    ) -> None:
        super().__init__(step, wall_time, lane, superseded, blob)
        self._faces = faces
        self._colors = colors

    def _decode(self, data: bytes) -> NDArray[Any]:
        return decode_mesh_array(decode_value(data).value)

    @property
    def vertices(self) -> NDArray[Any]:
        return self._load()

    @property
    def faces(self) -> NDArray[Any] | None:
        return self._read_part(self._faces)

    @property
    def colors(self) -> NDArray[Any] | None:
        return self._read_part(self._colors)

    @property
    def config(self) -> dict[str, Any]:
        metadata = decode_value(self._blob.read()).metadata
        part = decode_mesh_part(metadata.content, "") if metadata is not None else None
        try:
            config = json.loads(part.config) if part is not None and part.config else {}
        except ValueError:
            return {}
        return config if isinstance(config, dict) else {}

    def _read_part(self, blob: Blob | None) -> NDArray[Any] | None:
        if blob is None:
            return None
        try:
            return decode_mesh_array(decode_value(blob.read()).value)
        except WireError as error:
            raise DamagedRecordError(blob.path, blob.offset, f"is not {self._stem}: {error}") from error

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mesh):
            return NotImplemented
        ours, theirs = ([m._faces, m._colors] for m in (self, other))
        same = all((a and a.read()) == (b and b.read()) for a, b in zip(ours, theirs, strict=True))
        return same and super().__eq__(other)

    __hash__ = Item.__hash__

    def __reduce__(self) -> tuple[object, ...]:
        return Mesh, (*self._facts(), self._blob, self._faces, self._colors)


def find_meshes(tags: Mapping[str, StoredTag]) -> dict[str, dict[str, StoredTag]]:
    """The meshes whose parts are among a run's mesh tags: name → component → tag. All have vertices."""
    meshes: dict[str, dict[str, StoredTag]] = {}
    for name, stored in tags.items():
        part = decode_mesh_part(stored.meta.content, name)
        if part is not None:
            meshes.setdefault(part.name, {})[part.component] = stored
    return {name: parts for name, parts in meshes.items() if "vertices" in parts}


def make_meshes(name: str, parts: Mapping[str, StoredTag], read_blob: ReadBlob, superseded: bool) -> Items[Mesh]:
    """One item for each step of the vertices; other parts belong to it if they were logged at the same step."""
    series = parts["vertices"].blobs()
    places = {(ref.file.relative_path, ref.record_offset): place for place, ref in _list_refs(series)}
    faces, colors = (
        {place: make_blob(read_blob, ref) for place, ref in _list_refs(parts[component].blobs())}
        if component in parts
        else {}
        for component in ("faces", "colors")
    )

    def make(step: int, wall_time: float, lane: int, superseded: bool, blob: Blob) -> Mesh:
        place = places[blob.path, blob.offset]
        return Mesh(step, wall_time, lane, superseded, blob, faces.get(place), colors.get(place))

    return make_items(name, series, read_blob, superseded, make)


def _list_refs(series: BlobSeries) -> list[tuple[Place, BlobRef]]:
    """All values in order, each with its step and how many there were of this step before it."""
    seen: dict[int, int] = {}
    listed = []
    for position, step in enumerate(series.step.tolist()):
        number = seen[step] = seen.get(step, -1) + 1
        listed.append(((step, number), series.ref(position)))
    return listed
