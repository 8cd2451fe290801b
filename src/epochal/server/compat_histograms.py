"""/data/plugin/histograms and /data/plugin/distributions: buckets, and nine percentiles of them."""

from __future__ import annotations

from epochal.errors import NotFoundError
from epochal.query.columns import JsonNumber, json_number
from epochal.query.compat_distributions import compress_buckets
from epochal.query.compat_histograms import HistogramPoint, list_histograms
from epochal.query.compat_tags import list_tags
from epochal.server.compat_answers import SeriesParams, Tags, describe_tags, json_rows
from epochal.server.endpoint import Context, NoParams

HistogramRows = list[tuple[JsonNumber, int, list[list[JsonNumber]]]]
DistributionRows = list[tuple[JsonNumber, int, list[tuple[int, JsonNumber]]]]


def get_tags(context: Context, _: NoParams) -> Tags:
    """run → tag → names, of the runs that have histograms."""
    return describe_tags(list_tags(context.snapshot, "histograms"))


def get_histograms(context: Context, params: SeriesParams) -> HistogramRows:
    """[wall_time, step, [[left, right, count], …]] of every histogram by step."""
    return [
        (json_number(point.wall_time), point.step, json_rows(point.buckets)) for point in _list(context, params)
    ]


def get_distributions(context: Context, params: SeriesParams) -> DistributionRows:
    """[wall_time, step, [[basis point, value], …]] of every histogram by step."""
    return [
        (
            json_number(point.wall_time),
            point.step,
            [(basis, json_number(value)) for basis, value in compress_buckets(point.buckets)],
        )
        for point in _list(context, params)
    ]


def _list(context: Context, params: SeriesParams) -> list[HistogramPoint]:
    try:
        return list_histograms(
            context.snapshot, params.run, params.tag, sample=params.sample, superseded=params.superseded
        )
    except NotFoundError:
        raise NotFoundError(f"No histogram tag {params.tag!r} for run {params.run!r}.") from None
