"""/data/plugin/audio: tags with their number of samples, the steps of one sample, and its bytes."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from epochal.query.columns import JsonNumber, json_number
from epochal.query.compat_audio import UNKNOWN, WAV, find_content_type
from epochal.query.compat_media import read_media
from epochal.server.compat_images import MediaParams, MediaTags, describe_media_tags, list_items
from epochal.server.endpoint import Context, NoParams
from epochal.server.media import blob_response


class AudioStep(msgspec.Struct, frozen=True, rename="camel"):
    """`query` is what individualAudio is to be asked with. TensorBoard serves no labels any more."""

    wall_time: JsonNumber = msgspec.field(name="wall_time")
    label: str
    step: int
    content_type: str
    query: str


class AudioParams(msgspec.Struct, frozen=True):
    """`content_type` as in `query`; the answer's type is that of the bytes."""

    blob_key: str
    content_type: str


def get_tags(context: Context, _: NoParams) -> MediaTags:
    """run → tag → names and number of samples."""
    return describe_media_tags(context, "audio")


def get_audio(context: Context, params: MediaParams) -> list[AudioStep]:
    """The steps that have the sample."""
    items = list_items(context, params, "audio")
    content_type = find_content_type(context.snapshot, params.run, params.tag)
    return [
        AudioStep(
            wall_time=json_number(item.wall_time),
            label="",
            step=item.step,
            content_type=content_type,
            query=urlencode({"blob_key": item.key, "content_type": content_type}),
        )
        for item in items
    ]


def get_clip(context: Context, params: AudioParams) -> Response:
    """The bytes of one sample."""
    if params.content_type not in (WAV, UNKNOWN):
        raise HTTPException(400, f"Illegal mime type {params.content_type!r}")
    return blob_response(read_media(context.snapshot, params.blob_key))
