"""/data/plugin/images: tags with their number of samples, the steps of one sample, and its bytes."""

from __future__ import annotations

import functools
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from epochal.errors import NotFoundError
from epochal.query.columns import JsonNumber, json_number
from epochal.query.compat_media import MediaItem, list_media, list_media_tags, read_media
from epochal.server.compat_answers import Most, TagDescription
from epochal.server.endpoint import Context, NoParams
from epochal.server.markdown import markdown_to_html
from epochal.server.media import blob_response


class MediaTagDescription(TagDescription, frozen=True):
    """`samples`: the most that an item has."""

    samples: int


class MediaParams(msgspec.Struct, frozen=True):
    """`sample` counts the samples of a step from 0, as in TensorBoard; `max_steps` spreads over the steps."""

    run: str
    tag: str
    sample: Annotated[int, msgspec.Meta(ge=0)] = 0
    max_steps: Most | None = None
    superseded: bool = False


class ImageStep(msgspec.Struct, frozen=True):
    """`query` is what individualImage is to be asked with."""

    wall_time: JsonNumber
    step: int
    query: str


class ImageParams(msgspec.Struct, frozen=True):
    """`blob_key` is opaque; what it names never changes."""

    blob_key: str


MediaTags = dict[str, dict[str, MediaTagDescription]]


def get_tags(context: Context, _: NoParams) -> MediaTags:
    """run → tag → names and number of samples."""
    return describe_media_tags(context, "images")


def describe_media_tags(context: Context, stem: str) -> MediaTags:
    """The same of images or audio."""
    to_html = functools.cache(markdown_to_html)
    return {
        run: {
            name: MediaTagDescription(tag.display_name, to_html(tag.description), tag.samples)
            for name, tag in tags.items()
        }
        for run, tags in list_media_tags(context.snapshot, stem).items()
    }


def get_images(context: Context, params: MediaParams) -> list[ImageStep]:
    """The steps that have the sample."""
    return [
        ImageStep(json_number(item.wall_time), item.step, urlencode({"blob_key": item.key}))
        for item in list_items(context, params, "images")
    ]


def list_items(context: Context, params: MediaParams, stem: str) -> list[MediaItem]:
    """The steps of images or audio that have the sample."""
    try:
        return list_media(
            context.snapshot,
            params.run,
            params.tag,
            stem,
            params.sample,
            most=params.max_steps,
            superseded=params.superseded,
        )
    except NotFoundError:
        word = stem.removesuffix("s")
        raise NotFoundError(f"No {word} data for run={params.run!r}, tag={params.tag!r}.") from None


def get_image(context: Context, params: ImageParams) -> Response:
    """The bytes of one sample."""
    return blob_response(read_media(context.snapshot, params.blob_key))
