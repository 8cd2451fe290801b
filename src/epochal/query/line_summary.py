"""What charts ask of all of a line's points, found out once; for a line that grew, from its new points only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from epochal.events.core import make_summary
from epochal.query import line_cache

if TYPE_CHECKING:
    from epochal.events.core import SeriesSummary
    from epochal.store.points import Line


def summarise_line(line: Line) -> SeriesSummary:
    """The line's summary."""
    known: SeriesSummary | None = line_cache.cache.get(line, "summary")
    if known is not None and len(known) == len(line):
        return known
    if known is not None and len(known) > len(line):  # someone still reads an older snapshot
        return make_summary(line.step, line.wall_time, line.value)
    summary = make_summary(line.step, line.wall_time, line.value, known)
    line_cache.cache.put(line, "summary", summary, summary.nbytes)
    return summary
