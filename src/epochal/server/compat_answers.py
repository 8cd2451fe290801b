"""What the answers under /data have in common: their numbers, their descriptions, their parameters."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt

from epochal.query.columns import json_column
from epochal.query.compat_scalars import MIN_SAMPLE
from epochal.query.compat_tags import CompatTag
from epochal.server.markdown import markdown_to_html

Most = Annotated[int, msgspec.Meta(ge=MIN_SAMPLE)]


class TagDescription(msgspec.Struct, frozen=True, rename="camel"):
    """A tag. The description is HTML."""

    display_name: str
    description: str


Tags = dict[str, dict[str, TagDescription]]


class SeriesParams(msgspec.Struct, frozen=True):
    """`sample`: at most so many points, with the first and the last. `superseded`: what was replaced, too."""

    run: str
    tag: str
    sample: Most | None = None
    superseded: bool = False


def describe_tags(tags: Mapping[str, Mapping[str, CompatTag]]) -> Tags:
    """run → tag → names, with descriptions as HTML."""
    to_html = functools.cache(markdown_to_html)  # many runs say the same of a tag
    return {
        run: {name: TagDescription(tag.display_name, to_html(tag.description)) for name, tag in of_run.items()}
        for run, of_run in tags.items()
    }


def json_rows(rows: npt.NDArray[Any]) -> list[list[Any]]:
    """The numbers of an array of two dimensions, as lists."""
    if np.isfinite(rows).all():
        finite: list[list[Any]] = rows.tolist()
        return finite
    return [json_column(row) for row in rows]
