"""/data/plugin/pr_curves: tags, and one tag's curves in several runs."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt
from starlette.exceptions import HTTPException

from epochal.errors import NotFoundError
from epochal.query.columns import JsonNumber, json_column, json_number
from epochal.query.compat_pr_curves import PrCurvePoint, list_pr_curves
from epochal.query.compat_tags import list_tags
from epochal.query.pr_curves import ROWS
from epochal.server.compat_answers import Most, Tags, describe_tags
from epochal.server.endpoint import Context, NoParams


class PrCurvesParams(msgspec.Struct, frozen=True):
    """One tag of several runs, `run` being given as often as there are runs."""

    run: list[str]
    tag: str
    sample: Most | None = None
    superseded: bool = False


class PrCurveEntry(msgspec.Struct, frozen=True):
    """A curve at one step; parallel lists, by threshold."""

    wall_time: JsonNumber
    step: int
    precision: list[JsonNumber]
    recall: list[JsonNumber]
    true_positives: list[int]
    false_positives: list[int]
    true_negatives: list[int]
    false_negatives: list[int]
    thresholds: list[float]


def get_tags(context: Context, _: NoParams) -> Tags:
    """run → tag → names, of the runs that have curves."""
    return describe_tags(list_tags(context.snapshot, "pr_curves"))


def get_pr_curves(context: Context, params: PrCurvesParams) -> dict[str, list[PrCurveEntry]]:
    """The curves of those of the runs that have the tag."""
    found = {}
    for run in params.run:
        try:
            points = list_pr_curves(
                context.snapshot, run, params.tag, sample=params.sample, superseded=params.superseded
            )
        except NotFoundError:
            continue
        found[run] = [_make_entry(point) for point in points]
    if not found:
        runs = ", ".join(map(repr, params.run))
        raise HTTPException(400, f"No PR curves could be found for run {runs} and tag {params.tag!r}")
    return found


def _make_entry(point: PrCurvePoint) -> PrCurveEntry:
    rows = dict(zip(ROWS, point.rows, strict=True))
    return PrCurveEntry(
        json_number(point.wall_time),
        point.step,
        json_column(rows["precision"]),
        json_column(rows["recall"]),
        _count(rows["true_positives"]),
        _count(rows["false_positives"]),
        _count(rows["true_negatives"]),
        _count(rows["false_negatives"]),
        point.thresholds.tolist(),
    )


def _count(row: npt.NDArray[np.float64]) -> list[int]:
    return [int(value) for value in np.nan_to_num(row).tolist()]
