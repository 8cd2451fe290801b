"""/data/plugin/mesh: meshes, their parts at every step, and the numbers of one part."""

from __future__ import annotations

from typing import Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from epochal.query.columns import JsonNumber, json_number
from epochal.query.compat_mesh import CONTENT_TYPES, list_mesh_tags, list_meshes, read_mesh
from epochal.server.compat_images import MediaParams
from epochal.server.endpoint import Context, NoParams


class MeshTag(msgspec.Struct, frozen=True):
    """`samples`: how many meshes each item holds."""

    samples: int


class MeshEntry(msgspec.Struct, frozen=True):
    """One part (1 vertices, 2 faces, 3 colours) at one step. `components` has a bit for each part there is."""

    wall_time: JsonNumber
    step: int
    content_type: int
    components: int
    config: str
    data_shape: list[int]


class MeshDataParams(MediaParams, frozen=True, kw_only=True):
    """One part of one sample at one step."""

    content_type: Literal["VERTEX", "FACE", "COLOR"]
    step: float = 0.0


def get_tags(context: Context, _: NoParams) -> dict[str, dict[str, MeshTag]]:
    """run → mesh → number of samples."""
    return {
        run: {name: MeshTag(samples) for name, samples in meshes.items()}
        for run, meshes in list_mesh_tags(context.snapshot).items()
    }


def get_meshes(context: Context, params: MediaParams) -> list[MeshEntry]:
    """Every part of a mesh at every step; none of what there is not."""
    points = list_meshes(
        context.snapshot, params.run, params.tag, most=params.max_steps, superseded=params.superseded
    )
    return [MeshEntry(json_number(point.wall_time), *point[1:]) for point in points]


def get_data(context: Context, params: MeshDataParams) -> Response:
    """float32 vertices, int32 faces or uint8 colours, little-endian."""
    if not params.step.is_integer():
        return Response(b"", media_type="application/octet-stream")
    try:
        data = read_mesh(
            context.snapshot,
            params.run,
            params.tag,
            params.sample,
            CONTENT_TYPES[params.content_type],
            int(params.step),
            superseded=params.superseded,
        )
    except IndexError:
        raise HTTPException(404, f"The mesh has no sample {params.sample}") from None
    return Response(data, media_type="application/octet-stream")
