"""What the routes under /api do: parameters in, one query, its result out. Nothing is decided here."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.responses import Response, StreamingResponse

from epochal.query import (
    blobs,
    changes,
    export,
    histograms,
    hparams,
    images,
    problems,
    projector,
    run_columns,
    runs,
    scalars,
    scalars_stats,
    text,
)
from epochal.query.columns import Columns
from epochal.server.endpoint import Context, NoParams
from epochal.server.media import blob_response
from epochal.server.user_state import StateRequest, UserState

EXPORT_TYPES = {"csv": "text/csv", "json": "application/json", "jsonl": "application/x-ndjson"}


class TagParams(msgspec.Struct, frozen=True):
    """One tag of one run."""

    run: str
    tag: str


class HistogramsParams(msgspec.Struct, frozen=True):
    """`max_steps`: evenly spread steps, if there are more."""

    run: str
    tag: str
    max_steps: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 200


class TextParams(msgspec.Struct, frozen=True):
    """Items [start, start + count). `full`: without the cap of 64 KiB for each."""

    run: str
    tag: str
    start: Annotated[int, msgspec.Meta(ge=0)] = 0
    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 200
    full: bool = False


class BlobParams(msgspec.Struct, frozen=True):
    """`key` is opaque; `sample` counts from 0."""

    key: str
    sample: Annotated[int, msgspec.Meta(ge=0)] = 0


class ChangesParams(msgspec.Struct, frozen=True):
    """The revision the page has read."""

    since: Annotated[int, msgspec.Meta(ge=0)] = 0


class ReloadResult(msgspec.Struct, frozen=True):
    """The revision after the logdir was looked through."""

    revision: int


def get_runs(context: Context, _: NoParams) -> runs.RunsResult:
    """Everything there is to look at."""
    title, colors = context.config.window_title, context.run_colors
    return runs.list_runs(context.snapshot, window_title=title, run_colors=colors)


def post_run_columns(context: Context, params: run_columns.RunColumnsRequest) -> run_columns.RunColumnsResult:
    """A number for each run."""
    return run_columns.read_run_columns(context.snapshot, params)


def post_export(context: Context, params: export.ExportRequest) -> Response:
    """All points of series, as a download."""
    return StreamingResponse(
        export.open_export(context.snapshot, params),
        media_type=EXPORT_TYPES[params.format],
        headers={"content-disposition": f'attachment; filename="scalars.{params.format}"'},
    )


def get_state(context: Context, _: NoParams) -> UserState:
    """What the user says."""
    return context.user_state.read()


def post_state(context: Context, params: StateRequest) -> UserState:
    """What the user says now."""
    return context.user_state.change(params.changes)


def post_scalars(context: Context, params: scalars.ScalarsRequest) -> Columns[scalars.ScalarsResult]:
    """Series for one chart."""
    return scalars.read_scalars(context.snapshot, params)


def post_scalars_stats(
    context: Context, params: scalars_stats.ScalarStatsRequest
) -> scalars_stats.ScalarStatsResult:
    """Statistics of series over a range."""
    return scalars_stats.read_scalars_stats(context.snapshot, params)


def get_images(context: Context, params: TagParams) -> images.ImagesResult:
    """Every image step of a tag."""
    return images.list_images(context.snapshot, params.run, params.tag)


def get_blob(context: Context, params: BlobParams) -> Response:
    """The bytes of one sample."""
    return blob_response(blobs.read_blob(context.snapshot, params.key, params.sample))


def get_text(context: Context, params: TextParams) -> text.TextResult:
    """Texts of a tag."""
    return text.read_text(
        context.snapshot, params.run, params.tag, start=params.start, count=params.count, full=params.full
    )


def get_histograms(context: Context, params: HistogramsParams) -> Columns[histograms.HistogramsResult]:
    """Histograms of a tag."""
    return histograms.read_histograms(context.snapshot, params.run, params.tag, max_steps=params.max_steps)


def get_hparams(context: Context, _: NoParams) -> hparams.HparamsResult:
    """Hyperparameters and metrics of all sessions."""
    return hparams.list_hparams(context.snapshot)


def get_projector(context: Context, _: NoParams) -> projector.ProjectorResult:
    """All embeddings."""
    return projector.list_embeddings(context.snapshot)


def get_problems(context: Context, _: NoParams) -> problems.ProblemsResult:
    """What could not be read."""
    return problems.list_problems(context.snapshot)


def get_changes(context: Context, params: ChangesParams) -> changes.ChangesResult:
    """What became newer."""
    return changes.list_changes(context.snapshot, params.since, context.user_state.look())


def post_reload(context: Context, _: NoParams) -> ReloadResult:
    """Look through the logdir now."""
    return ReloadResult(context.reloader.reload_now().revision)
