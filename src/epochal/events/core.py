"""The event-file core: `epochal._core` (C++), or its twin `epochal.events.reference` without it.

EPOCHAL_CORE=reference in the environment takes the twin, EPOCHAL_CORE=native insists on C++ (ImportError).
`implementation` says which one it is.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

__all__ = [
    "EventDecoder",
    "Extremes",
    "IndexFile",
    "RecordBuffer",
    "SeriesSummary",
    "TagInfo",
    "column_memory",
    "crc32c",
    "crc32c_implementation",
    "find_range",
    "frame_record",
    "implementation",
    "m4_indices",
    "make_extremes",
    "make_summary",
    "masked_crc32c",
    "set_column_memory",
    "smooth_exponential",
    "smooth_mean",
    "smooth_median",
    "smooth_time_weighted",
]


def _load() -> str:
    wanted = os.environ.get("EPOCHAL_CORE", "")
    if wanted not in ("", "native", "reference"):
        raise ImportError(f"EPOCHAL_CORE must be native or reference, not {wanted!r}")
    if wanted == "reference":
        return "reference"
    try:
        import epochal._core  # noqa: F401
    except ImportError:
        if wanted == "native":
            raise
        return "reference"
    return "native"


implementation: str = _load()

if TYPE_CHECKING or implementation == "reference":
    from epochal.events.reference import (
        EventDecoder,
        Extremes,
        IndexFile,
        RecordBuffer,
        SeriesSummary,
        TagInfo,
        column_memory,
        crc32c,
        crc32c_implementation,
        find_range,
        frame_record,
        m4_indices,
        make_extremes,
        make_summary,
        masked_crc32c,
        set_column_memory,
        smooth_exponential,
        smooth_mean,
        smooth_median,
        smooth_time_weighted,
    )
else:
    from epochal._core import (
        EventDecoder,
        Extremes,
        IndexFile,
        RecordBuffer,
        SeriesSummary,
        TagInfo,
        column_memory,
        crc32c,
        crc32c_implementation,
        find_range,
        frame_record,
        m4_indices,
        make_extremes,
        make_summary,
        masked_crc32c,
        set_column_memory,
        smooth_exponential,
        smooth_mean,
        smooth_median,
        smooth_time_weighted,
    )
