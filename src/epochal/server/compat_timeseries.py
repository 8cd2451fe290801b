"""/data/plugin/timeseries: what today's page of TensorBoard asks for, several series in one request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from epochal.errors import NotFoundError
from epochal.query.columns import json_number
from epochal.query.compat_histograms import list_histograms
from epochal.query.compat_media import list_media, read_media
from epochal.query.compat_scalars import make_rows, read_scalar_points
from epochal.query.compat_timeseries import TagInfo, find_runs, list_image_samples, list_tag_info
from epochal.server.compat_answers import Most, json_rows
from epochal.server.endpoint import Context, NoParams
from epochal.server.markdown import markdown_to_html
from epochal.server.media import blob_response


class RunTagInfo(msgspec.Struct, frozen=True, rename="camel"):
    """Tags by run; descriptions (HTML) of those that have one."""

    run_tag_info: dict[str, list[str]]
    tag_descriptions: dict[str, str]


class SampledInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The most samples that an item has."""

    max_samples_per_step: int


class ImageTagInfo(msgspec.Struct, frozen=True, rename="camel"):
    """tag → run → samples; descriptions (HTML) of those that have one."""

    tag_descriptions: dict[str, str]
    tag_run_sampled_info: dict[str, dict[str, SampledInfo]]


class TimeSeriesTags(msgspec.Struct, frozen=True):
    """All tags of the three kinds."""

    scalars: RunTagInfo
    histograms: RunTagInfo
    images: ImageTagInfo


class TimeSeriesParams(msgspec.Struct, frozen=True):
    """`requests` is JSON: [{"plugin", "tag", "run"?, "sample"?}, …]. `sample`: at most so many points of each."""

    requests: str = ""
    sample: Most | None = None
    superseded: bool = False


class ImageDataParams(msgspec.Struct, frozen=True, rename="camel"):
    """`imageId` is opaque; what it names never changes."""

    image_id: str


def get_tags(context: Context, _: NoParams) -> TimeSeriesTags:
    """What there is to ask for."""
    scalars, histograms, images = (
        list_tag_info(context.snapshot, stem) for stem in ("scalars", "histograms", "images")
    )
    samples = {
        tag: {run: SampledInfo(count) for run, count in runs.items()}
        for tag, runs in list_image_samples(context.snapshot).items()
    }
    return TimeSeriesTags(
        RunTagInfo(scalars.tags, _describe(scalars)),
        RunTagInfo(histograms.tags, _describe(histograms)),
        ImageTagInfo(_describe(images), samples),
    )


def _describe(info: TagInfo) -> dict[str, str]:
    return {tag: markdown_to_html(text) for tag, text in info.descriptions.items()}


def get_time_series(context: Context, params: TimeSeriesParams) -> list[dict[str, Any]]:
    """An answer to each of the requests: its series by run, or what is wrong with it."""
    if not params.requests:
        raise HTTPException(400, "Missing 'requests' field")
    try:
        requests = msgspec.json.decode(params.requests.encode(), type=list[dict[str, Any]])
    except (msgspec.DecodeError, RecursionError):
        raise HTTPException(400, "Unable to parse 'requests' as JSON") from None
    return [_answer(context, params, request) for request in requests]


def _answer(context: Context, params: TimeSeriesParams, request: dict[str, Any]) -> dict[str, Any]:
    plugin: Any = request.get("plugin")
    tag: Any = request.get("tag")
    run: Any = request.get("run")
    sample: Any = request.get("sample")
    answer = {"plugin": plugin, "tag": tag}
    if isinstance(run, str):
        answer["run"] = run
    if isinstance(sample, int):
        answer["sample"] = sample
    error = _find_error(plugin, tag, run, sample)
    if error:
        return {**answer, "error": error}
    read = _READERS[plugin]
    series = {}
    for name in [run] if run else find_runs(context.snapshot, plugin, tag):
        try:
            series[name] = read(context, params, name, tag, sample)
        except NotFoundError:
            continue
    if plugin == "images":
        series = {name: steps for name, steps in series.items() if steps}
    return {**answer, "runToSeries": series}


def _find_error(plugin: Any, tag: Any, run: Any, sample: Any) -> str:
    if not isinstance(tag, str):
        return "Missing tag"
    if not isinstance(plugin, str) or plugin not in _READERS:
        return "Invalid plugin"
    if plugin != "scalars" and not isinstance(run, str):
        return "Missing run"
    if plugin == "images" and not (isinstance(sample, int) and sample >= 0):
        return "Missing sample"
    return ""


def _read_scalars(context: Context, params: TimeSeriesParams, run: str, tag: str, _: Any) -> list[Any]:
    points = read_scalar_points(context.snapshot, run, tag, sample=params.sample, superseded=params.superseded)
    return [{"wallTime": wall_time, "step": step, "value": value} for wall_time, step, value in make_rows(points)]


def _read_histograms(context: Context, params: TimeSeriesParams, run: str, tag: str, _: Any) -> list[Any]:
    points = list_histograms(context.snapshot, run, tag, sample=params.sample, superseded=params.superseded)
    return [
        {
            "wallTime": json_number(point.wall_time),
            "step": point.step,
            "bins": [{"min": low, "max": high, "count": count} for low, high, count in json_rows(point.buckets)],
        }
        for point in points
    ]


def _read_images(context: Context, params: TimeSeriesParams, run: str, tag: str, sample: int) -> list[Any]:
    items = list_media(
        context.snapshot, run, tag, "images", sample, most=params.sample, superseded=params.superseded
    )
    return [{"wallTime": json_number(item.wall_time), "step": item.step, "imageId": item.key} for item in items]


_READERS: dict[str, Callable[[Context, TimeSeriesParams, str, str, Any], list[Any]]] = {
    "scalars": _read_scalars,
    "histograms": _read_histograms,
    "images": _read_images,
}


def get_image_data(context: Context, params: ImageDataParams) -> Response:
    """The bytes of one sample."""
    return blob_response(read_media(context.snapshot, params.image_id))
