"""TensorBoard's custom scalars: one layout from those of all runs, and the series that a pattern matches."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from epochal.errors import DamagedRecordError
from epochal.events.messages import decode_value
from epochal.events.wire import WireError
from epochal.query.blobs import decode_strings
from epochal.query.compat_scalars import ScalarPoints, read_scalar_points
from epochal.query.custom_scalars import CustomCategory, CustomChart, CustomLayout, decode_layout
from epochal.query.selection import select_positions

if TYPE_CHECKING:
    from epochal.store.snapshot import Snapshot

_LAYOUT_TAG = "custom_scalars__config__"


def find_layout(snapshot: Snapshot) -> CustomLayout | None:
    """The newest layouts of all runs, by name, with categories of the same title merged; None without any."""
    merged: CustomLayout | None = None
    for run in sorted(snapshot.runs):
        layout = _read_layout(snapshot, run)
        if layout is not None:
            merged = layout if merged is None else _merge(merged, layout)
    return merged


def _read_layout(snapshot: Snapshot, run: str) -> CustomLayout | None:
    tag = snapshot.runs[run].by_stem.get("custom_scalars", {}).get(_LAYOUT_TAG)
    if tag is None:
        return None
    series = tag.blobs()
    for position in reversed(select_positions(series).tolist()):
        try:
            strings: list[bytes] = (
                decode_strings(decode_value(snapshot.read_blob(series.ref(position))).value).ravel().tolist()
            )
            return decode_layout(strings[0]) if strings else None
        except (DamagedRecordError, WireError):
            continue
    return None


def _merge(first: CustomLayout, second: CustomLayout) -> CustomLayout:
    """The categories of both; charts that a category has already are not added again."""
    categories = list(first.categories)
    places = {category.title: place for place, category in enumerate(categories)}
    for category in second.categories:
        place = places.get(category.title)
        if place is None:
            places[category.title] = len(categories)
            categories.append(category)
            continue
        known = categories[place]
        more = [chart for chart in category.charts if chart not in known.charts]
        categories[place] = CustomCategory(known.title, known.closed, [*known.charts, *more])
    return CustomLayout(categories)


def make_layout_json(layout: CustomLayout) -> dict[str, Any]:
    """The layout as protobuf writes layout.proto as JSON, fields without a value too."""
    return {
        "version": 0,
        "category": [
            {
                "title": category.title,
                "chart": [_make_chart_json(chart) for chart in category.charts],
                "closed": category.closed,
            }
            for category in layout.categories
        ],
    }


def _make_chart_json(chart: CustomChart) -> dict[str, Any]:
    if chart.margins:
        series = [{"value": line.value, "lower": line.lower, "upper": line.upper} for line in chart.margins]
        return {"title": chart.title, "margin": {"series": series}}
    return {"title": chart.title, "multiline": {"tag": chart.tags}}


def match_scalars(
    snapshot: Snapshot, run: str, pattern: str, *, sample: int | None = None, superseded: bool = False
) -> dict[str, ScalarPoints] | None:
    """The series of a run that the pattern matches from their names' start; None for no valid pattern.

    There are none in a run that there is not (yet).
    """
    try:
        regex = re.compile(pattern) if pattern else None
    except (re.error, RecursionError, OverflowError):
        regex = None
    if regex is None:
        return None
    tags = snapshot.runs[run].by_stem.get("scalars", {}) if run in snapshot.runs else {}
    return {
        tag: read_scalar_points(snapshot, run, tag, sample=sample, superseded=superseded)
        for tag in tags
        if regex.match(tag)
    }
