"""TensorBoard's mesh routes. A mesh is a name; each of its parts is a tag of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from epochal.errors import DamagedRecordError
from epochal.events.messages import decode_value
from epochal.events.wire import WireError
from epochal.query.compat_tags import iter_runs
from epochal.query.mesh import MeshPluginData, decode_mesh_array, decode_mesh_plugin_data
from epochal.query.selection import select_positions, spread_positions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from epochal.store.points import BlobSeries
    from epochal.store.snapshot import Snapshot

#: Content types by TensorBoard's name, and how each is sent.
CONTENT_TYPES = {"VERTEX": 1, "FACE": 2, "COLOR": 3}
_DTYPES = {1: np.float32, 2: np.int32, 3: np.uint8}

#: What a tag's writer means that does not say which parts there are: all three.
_ALL_COMPONENTS = sum(1 << number for number in _DTYPES)


class MeshPoint(NamedTuple):
    """One part at one step. `data_shape` is what the tag's metadata say of its tensors."""

    wall_time: float
    step: int
    content_type: int
    components: int
    config: str
    data_shape: list[int]


def list_mesh_tags(snapshot: Snapshot) -> dict[str, dict[str, int]]:
    """All meshes by run, and how many samples each has."""
    listed: dict[str, dict[str, int]] = {}
    for run, tags in iter_runs(snapshot, "mesh"):
        meshes = listed[run] = {}
        for tag in tags:
            data = decode_mesh_plugin_data(tag.meta.content)
            meshes[data.name] = data.shape[0] if data.shape else 1
    return listed


def list_meshes(
    snapshot: Snapshot, run: str, name: str, *, most: int | None = None, superseded: bool = False
) -> list[MeshPoint]:
    """All parts of a mesh by step; none of what there is not, as TensorBoard answers."""
    points = []
    for data, series in _find_parts(snapshot, run, name):
        components = data.components or _ALL_COMPONENTS
        for position in spread_positions(select_positions(series, superseded=superseded), most).tolist():
            wall_time, step = float(series.wall_time[position]), int(series.step[position])
            points.append(MeshPoint(wall_time, step, data.content_type, components, data.config, list(data.shape)))
    return sorted(points, key=lambda point: point.step)


def read_mesh(
    snapshot: Snapshot, run: str, name: str, sample: int, content_type: int, step: int, *, superseded: bool = False
) -> bytes:
    """One sample of one part at one step: float32 vertices, int32 faces or uint8 colours, little-endian.

    Without such a part or step there are no bytes. IndexError for a sample that the tensor does not have.
    """
    parts = []
    for data, series in _find_parts(snapshot, run, name):
        if data.content_type != content_type:
            continue
        positions = select_positions(series, superseded=superseded)
        for position in positions[series.step[positions] == step].tolist():
            ref = series.ref(position)
            try:
                array = decode_mesh_array(decode_value(snapshot.read_blob(ref)).value)
            except WireError as error:
                raise DamagedRecordError(
                    ref.file.relative_path, ref.record_offset, f"is no mesh: {error}"
                ) from error
            with np.errstate(invalid="ignore"):
                part = array[sample].astype(_DTYPES[content_type])
            parts.append(part.astype(part.dtype.newbyteorder("<"), copy=False).tobytes())
    return b"".join(parts)


def _find_parts(snapshot: Snapshot, run: str, name: str) -> Iterator[tuple[MeshPluginData, BlobSeries]]:
    if run not in snapshot.runs:
        return
    for tag in snapshot.runs[run].by_stem.get("mesh", {}).values():
        data = decode_mesh_plugin_data(tag.meta.content)
        if data.name == name:
            yield data, tag.blobs()
