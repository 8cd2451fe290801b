"""Gaps that a writer marked in its own file: records that were logged but that its disk did not take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from itertools import islice
from typing import TYPE_CHECKING

from epochal.events.gaps import Gap, decode_gap
from epochal.events.wire import WireError
from epochal.store.problems import Problem

if TYPE_CHECKING:
    from epochal.store.tags import TagMeta

MAX_GAPS = 1000
"""Listed for one file."""

_MAX_REASON_CHARS = 200
_MAX_RECORDS = (1 << 53) - 1  # what JSON's readers count exactly


def list_gaps(run: str, file: str, marks: Sequence[TagMeta]) -> list[Problem]:
    """A file's gap marks, as problems; a mark that cannot be read tells nothing and is left out."""
    return list(islice(_iter_gaps(run, file, marks), MAX_GAPS))


def _iter_gaps(run: str, file: str, marks: Sequence[TagMeta]) -> Iterator[Problem]:
    for mark in marks:
        try:
            gap = decode_gap(mark.content)
        except WireError:
            continue
        records = min(gap.scalars + gap.media, _MAX_RECORDS)
        yield Problem(run, file, None, None, records, describe_gap(gap))


def describe_gap(gap: Gap) -> str:
    """One sentence: how many records, when, why."""
    counts = [
        f"{count} {noun}" for count, noun in ((gap.scalars, "scalars or texts"), (gap.media, "media")) if count
    ]
    reason = gap.reason[:_MAX_REASON_CHARS].rstrip(". ") or "the disk did not keep up"
    start, end = _clock(gap.first_wall_time), _clock(gap.last_wall_time)
    return f"The writer lost {' and '.join(counts) or 'records'} between {start} and {end}: {reason}."


def _clock(wall_time: float) -> str:
    try:
        return f"{datetime.fromtimestamp(wall_time, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return f"wall time {wall_time:g}"
