"""/data/plugin/scalars: tags, and the points of one run or of several."""

from __future__ import annotations

from typing import Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from epochal.errors import NotFoundError
from epochal.query import compat_scalars
from epochal.query.compat_scalars import CSV_NAMES, ScalarPoints, ScalarRows, make_csv, make_rows
from epochal.query.compat_tags import list_tags
from epochal.server.compat_answers import Most, SeriesParams, Tags, describe_tags
from epochal.server.endpoint import Context, NoParams


class ScalarsParams(SeriesParams, frozen=True):
    """`sample` keeps the extremes of equal stretches, too."""

    format: Literal["json", "csv"] = "json"


class MultirunParams(msgspec.Struct, frozen=True):
    """One tag of several runs: `tag` is given once, `runs` as often as there are runs."""

    tag: list[str]
    runs: list[str] = []
    sample: Most | None = None
    superseded: bool = False


def get_tags(context: Context, _: NoParams) -> Tags:
    """run → tag → names, of the runs that have scalars."""
    return describe_tags(list_tags(context.snapshot, "scalars"))


def get_scalars(context: Context, params: ScalarsParams) -> Response:
    """[wall_time, step, value] of every point by step, or the same as CSV."""
    try:
        points = compat_scalars.read_scalar_points(
            context.snapshot, params.run, params.tag, sample=params.sample, superseded=params.superseded
        )
    except NotFoundError:
        raise NotFoundError(f"No scalar data for run={params.run!r}, tag={params.tag!r}.") from None
    return respond(points, params.format)


def post_multirun(context: Context, params: MultirunParams) -> dict[str, ScalarRows]:
    """The points of those of the runs that have the tag."""
    if len(params.tag) != 1:
        raise HTTPException(400, "tag must be specified exactly once")
    found: dict[str, ScalarRows] = {}
    for run in params.runs:
        try:
            points = compat_scalars.read_scalar_points(
                context.snapshot, run, params.tag[0], sample=params.sample, superseded=params.superseded
            )
        except NotFoundError:
            continue
        found[run] = make_rows(points)
    return found


def respond(points: ScalarPoints, format: str) -> Response:
    """Points as JSON, or with `format` "csv" as CSV."""
    if format == "csv":
        rows = zip(points.wall_time.tolist(), points.step.tolist(), points.value.tolist(), strict=True)
        return Response(make_csv([CSV_NAMES, *rows]), media_type="text/csv")
    return Response(msgspec.json.encode(make_rows(points)), media_type="application/json")
