"""TensorBoard's read routes under /data, with TensorBoard's JSON, for scripts that already use them.

NaN and the infinities are strings there ("NaN", "Infinity", "-Infinity"): JSON has no such numbers. Other than
TensorBoard's, the answers hold every point; `sample` thins them out, `superseded` adds what a restart replaced.
"""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt
from starlette.responses import Response

from epochal._version import __version__
from epochal.errors import NotFoundError
from epochal.query import compat_scalars
from epochal.query.runs import order_by_start
from epochal.server.endpoint import Context, NoParams
from epochal.server.markdown import markdown_to_html


class Environment(msgspec.Struct, frozen=True):
    """What `/data/environment` says; the fields that TensorBoard fills from its service are empty, as there."""

    version: str
    data_location: str
    window_title: str
    experiment_name: str = ""
    experiment_description: str = ""
    creation_time: float = 0


class TagDescription(msgspec.Struct, frozen=True, rename="camel"):
    """One tag of `/data/plugin/scalars/tags`. The description is HTML."""

    display_name: str
    description: str


class ScalarsParams(msgspec.Struct, frozen=True):
    """`sample`: at most so many points, with the first, the last and the extremes of equal stretches."""

    run: str
    tag: str
    format: Literal["json", "csv"] = "json"
    sample: Annotated[int, msgspec.Meta(ge=compat_scalars.MIN_SAMPLE)] | None = None
    superseded: bool = False


ScalarTags = dict[str, dict[str, TagDescription]]
ScalarRows = list[tuple[float, int, float]]


def get_runs(context: Context, _: NoParams) -> list[str]:
    """Run names by first event, then name."""
    return order_by_start(context.snapshot)


def get_environment(context: Context, _: NoParams) -> Environment:
    """Where the data are, and who serves them."""
    return Environment(f"Epochal {__version__}", context.snapshot.logdir, context.config.window_title)


def get_scalar_tags(context: Context, _: NoParams) -> ScalarTags:
    """run → tag → names, of the runs that have scalars."""
    return {
        run: {
            name: TagDescription(tag.display_name, markdown_to_html(tag.description)) for name, tag in tags.items()
        }
        for run, tags in compat_scalars.list_scalar_tags(context.snapshot).items()
    }


def get_scalars(context: Context, params: ScalarsParams) -> Response:
    """[wall_time, step, value] of every point by step, or the same as CSV."""
    try:
        points = compat_scalars.read_scalar_points(
            context.snapshot, params.run, params.tag, sample=params.sample, superseded=params.superseded
        )
    except NotFoundError:
        raise NotFoundError(f"No scalar data for run={params.run!r}, tag={params.tag!r}.") from None
    if params.format == "csv":
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["Wall time", "Step", "Value"])
        writer.writerows(zip(points.wall_time.tolist(), points.step.tolist(), points.value.tolist(), strict=True))
        return Response(text.getvalue(), media_type="text/csv")
    rows = list(zip(_jsonable(points.wall_time), points.step.tolist(), _jsonable(points.value), strict=True))
    return Response(msgspec.json.encode(rows), media_type="application/json")


def _jsonable(column: npt.NDArray[np.float64]) -> list[Any]:
    values: list[Any] = column.tolist()
    for index in np.flatnonzero(~np.isfinite(column)).tolist():
        value = values[index]
        values[index] = "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    return values
