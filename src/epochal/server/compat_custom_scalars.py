"""/data/plugin/custom_scalars: the layout, and the series that a chart of it shows."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from epochal.query.compat_custom_scalars import find_layout, make_layout_json, match_scalars
from epochal.query.compat_scalars import ScalarRows, make_rows
from epochal.server.compat_answers import SeriesParams
from epochal.server.compat_scalars import ScalarsParams, get_scalars
from epochal.server.endpoint import Context, NoParams


class MatchingScalars(msgspec.Struct, frozen=True):
    """`regex_valid` is false for an empty pattern, too."""

    regex_valid: bool
    tag_to_events: dict[str, ScalarRows]


def get_layout(context: Context, _: NoParams) -> dict[str, Any]:
    """The layouts of all runs merged, in the JSON of layout.proto; empty without any."""
    layout = find_layout(context.snapshot)
    return {} if layout is None else make_layout_json(layout)


def get_matching(context: Context, params: SeriesParams) -> MatchingScalars:
    """The points of a run's series whose tags the regular expression `tag` matches."""
    found = match_scalars(
        context.snapshot, params.run, params.tag, sample=params.sample, superseded=params.superseded
    )
    if found is None:
        return MatchingScalars(False, {})
    return MatchingScalars(True, {tag: make_rows(points) for tag, points in found.items()})


def download(context: Context, params: ScalarsParams) -> Response:
    """One series, as JSON or CSV."""
    return get_scalars(context, params)
