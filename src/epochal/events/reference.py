"""The readable twin of the native core: the same names with the same behaviour, in plain Python.

It explains the format, runs where no compiler is, and is what hypothesis compares `epochal._core` with.
"""

from epochal.events.crc32c import crc32c, crc32c_implementation, masked_crc32c
from epochal.events.records import frame_record
from epochal.events.reference_buffer import RecordBuffer
from epochal.events.reference_decoder import EventDecoder
from epochal.events.reference_downsample import find_range, m4_indices
from epochal.events.reference_index import IndexFile
from epochal.events.reference_memory import column_memory, set_column_memory
from epochal.events.reference_smoothing import smooth_exponential, smooth_mean, smooth_median, smooth_time_weighted
from epochal.events.reference_summary import Extremes, SeriesSummary, make_extremes, make_summary
from epochal.events.reference_tags import TagInfo

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
