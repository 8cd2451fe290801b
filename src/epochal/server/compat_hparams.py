"""/data/plugin/hparams: the experiment, groups of sessions, one metric's points, and a table of all.

A question is a message of TensorBoard's api.proto in JSON: the parameter `request` of a GET, the body of a POST.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from epochal.errors import NotFoundError
from epochal.query.columns import json_number
from epochal.query.compat_hparams import CompatExperiment, make_experiment, read_sessions
from epochal.query.compat_hparams_groups import SessionGroups, list_session_groups
from epochal.query.compat_hparams_requests import (
    ExperimentRequest,
    MetricEvalsRequest,
    SessionGroupsRequest,
    parse_request,
)
from epochal.query.compat_hparams_table import format_csv, format_latex, make_table
from epochal.query.compat_scalars import ScalarRows, make_rows, read_scalar_points
from epochal.query.hparams import find_metric_run
from epochal.server.compat_answers import Most
from epochal.server.endpoint import Context

_Request = TypeVar("_Request", bound=msgspec.Struct)


class HparamsParams(msgspec.Struct, frozen=True):
    """`request` is JSON."""

    request: str


class MetricEvalsParams(HparamsParams, frozen=True):
    """`sample`: at most so many points, with the first and the last. `superseded`: what was replaced, too."""

    sample: Most | None = None
    superseded: bool = False


class DownloadParams(HparamsParams, frozen=True, rename="camel"):
    """`format` is csv, json or latex; `columnsVisibility` a JSON list, true for each column to keep."""

    columns_visibility: str
    format: str = ""


class TableResult(msgspec.Struct, frozen=True):
    """A row for each group of sessions."""

    header: list[str]
    rows: list[list[Any]]


def get_experiment(context: Context, params: HparamsParams) -> CompatExperiment:
    """What the sessions have in common."""
    request = _parse(params, ExperimentRequest)
    return make_experiment(
        context.snapshot,
        read_sessions(context.snapshot),
        include_metrics=request.include_metrics,
        limit=request.hparams_limit,
    )


def get_session_groups(context: Context, params: HparamsParams) -> SessionGroups:
    """A page of groups, filtered and sorted."""
    return _list_groups(context, _parse(params, SessionGroupsRequest))


def get_metric_evals(context: Context, params: MetricEvalsParams) -> ScalarRows:
    """[wall_time, step, value] of every point of a session's metric."""
    request = _parse(params, MetricEvalsRequest)
    run, tag = find_metric_run(request.session_name, request.metric_name.group), request.metric_name.tag
    try:
        points = read_scalar_points(context.snapshot, run, tag, sample=params.sample, superseded=params.superseded)
    except NotFoundError:
        raise NotFoundError(f"No scalar data for run={run!r}, tag={tag!r}.") from None
    return make_rows(points)


def download(context: Context, params: DownloadParams) -> Response:
    """The table of all hyperparameters and metrics, a row for each group."""
    request = _parse(params, SessionGroupsRequest)
    try:
        visible = msgspec.json.decode(params.columns_visibility.encode(), type=list[bool])
    except msgspec.DecodeError as error:
        raise HTTPException(400, f"columnsVisibility: {error}") from None
    experiment = make_experiment(
        context.snapshot, read_sessions(context.snapshot), include_metrics=request.include_metrics
    )
    table = make_table(experiment, _list_groups(context, request).session_groups, visible)
    if params.format == "json":
        rows = [[json_number(cell) if isinstance(cell, float) else cell for cell in row] for row in table.rows]
        body = msgspec.json.encode(TableResult(table.header, rows))
        return Response(body, media_type="application/json")
    if params.format == "csv":
        return Response(format_csv(table), media_type="text/csv")
    if params.format == "latex":
        return Response(format_latex(table), media_type="application/x-latex")
    raise HTTPException(400, f"There is no format {params.format!r}: use csv, json or latex")


def _parse(params: HparamsParams, request: type[_Request]) -> _Request:
    try:
        return parse_request(params.request, request)
    except ValueError as error:
        raise HTTPException(400, f"The request is no {request.__name__}: {error}") from None


def _list_groups(context: Context, request: SessionGroupsRequest) -> SessionGroups:
    try:
        return list_session_groups(context.snapshot, request)
    except ValueError as error:
        raise HTTPException(400, f"The request cannot be answered: {error}") from None
