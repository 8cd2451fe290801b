"""Which lines a request for scalars names."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from epochal.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from epochal.store.points import Line, ScalarSeries
    from epochal.store.snapshot import Snapshot


class SeriesKey(msgspec.Struct, frozen=True):
    """A series by its run and tag."""

    run: str
    tag: str


class Found(NamedTuple):
    """A line that was asked for, its series, and the group that it belongs to (empty: none)."""

    key: SeriesKey
    series: ScalarSeries
    line: Line
    group: str = ""


def find_series(snapshot: Snapshot, key: SeriesKey) -> ScalarSeries | None:
    """The series; None if the run has no such tag of scalars, or there is no such run."""
    try:
        return snapshot.find_tag(key.run, key.tag, "scalars").scalars()
    except NotFoundError:
        return None


def find_lines(
    snapshot: Snapshot, keys: Iterable[SeriesKey], *, superseded: bool = False, group: str = ""
) -> tuple[list[Found], list[SeriesKey]]:
    """The lines of all series that exist, and the keys of those that do not."""
    found: list[Found] = []
    missing = []
    for key in keys:
        series = find_series(snapshot, key)
        if series is None:
            missing.append(key)
            continue
        lines = series.lines + series.superseded_lines if superseded else series.lines
        found += (Found(key, series, line, group) for line in lines)
    return found, missing
