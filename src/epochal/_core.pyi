"""The native event-file core. Import its names from epochal.events.core."""

from collections.abc import Sequence
import os

import numpy
import numpy.typing


def crc32c(data: bytes | bytearray | memoryview) -> int:
    """CRC-32C of `data`, an unsigned 32-bit int."""

def masked_crc32c(data: bytes | bytearray | memoryview) -> int:
    """The masked CRC-32C that record frames store."""

def crc32c_implementation() -> str:
    """The instructions that compute it: "sse4.2", "armv8" or "table"."""

def frame_record(data: bytes | bytearray | memoryview) -> bytes:
    """Frame `data` as one record: 12-byte header, data, 4-byte footer."""

class RecordBuffer:
    """
    A bounded, thread-safe queue of framed records, oldest first.

    A record that would make more than `max_bytes` pending is dropped and counted, never waited for.
    """

    def __init__(self, max_bytes: int = 67108864) -> None: ...

    def append_scalar(self, tag: str, value: float, step: int, wall_time: float, /) -> int:
        """
        Append Event{wall_time, step, summary{value{tag, simple_value}}}.

        Returns the number of records that wait now; 0 if this one was dropped. The value is stored as float32. Lone surrogates in the tag become '?'. TypeError if the step is not an int64 or a number is none.
        """

    def append_record(self, data: bytes | bytearray | memoryview, /) -> int:
        """
        Frame and append one serialised Event; returns how many records wait now, 0 if it was dropped.
        """

    def take(self, max_bytes: int) -> bytes:
        """
        Remove and return whole frames from the front, at most `max_bytes` but at least one if any.
        """

    def clear(self) -> tuple[int, int]:
        """
        Drop everything pending, without counting it as dropped; (records, bytes).
        """

    @property
    def pending_bytes(self) -> int:
        """Bytes of the frames that wait."""

    @property
    def pending_records(self) -> int:
        """Number of frames that wait."""

    @property
    def dropped_records(self) -> int:
        """Records refused because the buffer was full, since it was made."""

def set_column_memory(limit_bytes: int = 67108864, spill_dir: str | os.PathLike[str] | None = None) -> None:
    """
    How much anonymous memory the columns of all decoders may take from now on.

    What goes beyond lies in unlinked files in `spill_dir`, mapped; their space is reserved, at most half of what is
    free. Without room there, or with None (as at the start), it is anonymous after all. Only on Linux; elsewhere
    nothing is spilled.
    """

def column_memory() -> tuple[int, int]:
    """
    Bytes of anonymous memory and of spill files that columns take now, room for growth included.

    Blocks below 4 KiB are not counted.
    """

class TagInfo:
    """
    What a file says about one tag of one kind; the metadata is the first that the file gives for the tag.

    kind is what the first point is: "simple_value", "tensor", "image", "histo", "audio", "metadata" (a
    value with neither of them, as hparams write), "graph_def", "run_metadata" or "meta_graph". is_scalar
    says whether `scalars(index)` or `blobs(index)` has the points. dtype is the DataType of the first
    tensor, 0 without one. plugin_name is as stored, "" without metadata.
    """

    @property
    def index(self) -> int: ...

    @property
    def tag(self) -> bytes: ...

    @property
    def kind(self) -> str: ...

    @property
    def is_scalar(self) -> bool: ...

    @property
    def points(self) -> int: ...

    @property
    def plugin_name(self) -> str: ...

    @property
    def plugin_content(self) -> bytes: ...

    @property
    def display_name(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def data_class(self) -> int: ...

    @property
    def dtype(self) -> int: ...

    def __repr__(self) -> str: ...

class IndexFile:
    """
    What `EventDecoder.write_index` wrote, mapped: reads as the decoder did, decodes nothing.

    Arrays keep the mapping alive; `fd` may be closed. ValueError if the bytes are no index that this version can use
    (all is checked but the columns' bytes: see `check`), OSError if they cannot be mapped. Any thread may use it.
    """

    def __init__(self, fd: int) -> None: ...

    def tags(self) -> list[TagInfo]:
        """As of `EventDecoder`."""

    def point_counts(self) -> list[int]:
        """As of `EventDecoder`."""

    def scalars(self, index: int) -> tuple[numpy.typing.NDArray[numpy.int64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]:
        """As of `EventDecoder`."""

    def blobs(self, index: int) -> tuple[numpy.typing.NDArray[numpy.int64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.uint64], numpy.typing.NDArray[numpy.uint64], numpy.typing.NDArray[numpy.uint64], numpy.typing.NDArray[numpy.uint64], numpy.typing.NDArray[numpy.uint32]]:
        """As of `EventDecoder`."""

    def summary(self, index: int) -> numpy.typing.NDArray[numpy.uint8] | None:
        """
        The bytes that were given to keep beside the tag's points, 64-byte aligned; None without any.
        """

    def check(self, index: int) -> bool:
        """
        Whether the tag's columns and summary are what was written; reads them all.
        """

    def session_starts(self) -> tuple[numpy.typing.NDArray[numpy.int64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.uint64]]:
        """As of `EventDecoder`."""

    def problems(self) -> list[tuple[int, int, str]]:
        """As of `EventDecoder`."""

    @property
    def meta(self) -> bytes:
        """The bytes that the writer of the index gave it."""

    @property
    def tags_digest(self) -> bytes:
        """
        16 bytes that are the same when `tags()` are the same but for their `points`.
        """

    @property
    def offset(self) -> int:
        """As of `EventDecoder`."""

    @property
    def records(self) -> int:
        """As of `EventDecoder`."""

    @property
    def first_wall_time(self) -> float | None:
        """As of `EventDecoder`."""

    @property
    def last_wall_time(self) -> float | None:
        """As of `EventDecoder`."""

    @property
    def file_version(self) -> str:
        """As of `EventDecoder`."""

    @property
    def last_record_crc(self) -> int:
        """As of `EventDecoder`."""

    @property
    def last_record_end(self) -> int:
        """As of `EventDecoder`."""

    @property
    def tail_problem(self) -> tuple[int, int, str] | None:
        """As of `EventDecoder`, when the index was written."""

class EventDecoder:
    """
    Decodes one event file, from `offset` on, call by call as the file grows.

    Not to be used by two threads at once (RuntimeError); what it returned may be. The GIL is released while
    decoding. `verify_payloads` computes the data CRC of large records too.
    """

    def __init__(self, start: int = 0, verify_payloads: bool = False) -> None: ...

    def decode(self, fd: int, max_bytes: int = 9223372036854775807) -> int:
        """
        Decode what the file holds from `offset` on; return the number of events.

        Stops after the record with which at least `max_bytes` are consumed. OSError if reading fails.
        """

    def decode_bytes(self, data: bytes | bytearray | memoryview, base_offset: int = 0) -> int:
        """
        Decode the same from memory: `data` stands for the file from `base_offset` (≤ `offset`) on.
        """

    def tags(self) -> list[TagInfo]:
        """
        All tags in order of first appearance; a tag with points of several kinds is there for each.
        """

    def point_counts(self) -> list[int]:
        """The number of points of each tag, by index; cheaper than `tags()`."""

    def scalars(self, index: int) -> tuple[numpy.typing.NDArray[numpy.int64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]:
        """
        step, wall_time, value of a scalar tag; read-only, unchanged by later calls of `decode`.
        """

    def blobs(self, index: int) -> tuple[numpy.typing.NDArray[numpy.int64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.uint64], numpy.typing.NDArray[numpy.uint64], numpy.typing.NDArray[numpy.uint64], numpy.typing.NDArray[numpy.uint64], numpy.typing.NDArray[numpy.uint32]]:
        """
        step, wall_time, record_offset, record_bytes, value_offset, value_bytes, data_crc of a blob tag.

        record_offset is that of the frame, record_bytes the length of the Event in it; value_offset and
        value_bytes span the Summary.Value, or the graph, run metadata or meta graph itself, in the file.
        """

    def session_starts(self) -> tuple[numpy.typing.NDArray[numpy.int64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.uint64]]:
        """
        step, wall_time, record_offset of each SessionLog START, in file order.
        """

    def problems(self) -> list[tuple[int, int, str]]:
        """
        Damage found as (offset, lost_bytes, message), in file order; at most 1,000 and a count of more.
        """

    def write_index(self, fd: int, meta: bytes = b'', summaries: Sequence[bytes | bytearray | memoryview | None] = ()) -> int:
        """
        Write all that it knows to an empty file, for `IndexFile`; return the file's size.

        What is written is as it was at the call: other threads may go on decoding. `meta` is the caller's own.
        `summaries` has, if anything, one item for each tag: bytes to keep beside its points, or None.
        OSError if writing fails; ValueError if the number of summaries is not that of the tags.
        """

    @staticmethod
    def resume(index: IndexFile) -> EventDecoder:
        """
        A decoder that goes on where the one stopped that wrote the index, with all that it knew.

        Its columns begin as views of the file's mapping.
        """

    def trim(self) -> None:
        """
        Give back the room that small columns keep for growing; call it once, when a file was read to its end.
        """

    @property
    def offset(self) -> int:
        """The first byte not consumed."""

    @property
    def records(self) -> int:
        """Events decoded so far."""

    @property
    def first_wall_time(self) -> float | None:
        """The first finite wall_time of an event."""

    @property
    def last_wall_time(self) -> float | None:
        """The last finite wall_time of an event."""

    @property
    def file_version(self) -> str:
        """As in the first event that has one, "" before."""

    @property
    def last_record_crc(self) -> int:
        """The masked data CRC that the last whole record stores."""

    @property
    def last_record_end(self) -> int:
        """
        Where that record ends; its CRC is the four bytes before. 0 before the first.
        """

    @property
    def tail_problem(self) -> tuple[int, int, str] | None:
        """
        What is wrong with the bytes from `offset` on, as (offset, bytes, message).

        None if nothing is, or if a record is merely not all there yet.
        """

class Extremes:
    """
    Lowest and highest value, and which values are not finite, of stretches of a column.

    With them, m4_indices and bounds look at few points of a long column. Immutable; made by
    make_extremes or part of a SeriesSummary, and to be used with that column only.
    """

    def __len__(self) -> int: ...

    @property
    def nbytes(self) -> int:
        """Bytes that it holds: 1/64 of those of a long float64 column."""

    def bounds(self, values: numpy.typing.NDArray[numpy.float64] | numpy.typing.NDArray[numpy.float32], first: int, last: int) -> tuple[float, float] | None:
        """
        The smallest and largest finite of values[first:last]; None without any. IndexError if out of range.
        """

class SeriesSummary:
    """
    What charts ask of all of a series' points. Immutable; made by make_summary.
    """

    def __len__(self) -> int: ...

    @property
    def nan(self) -> int:
        """How many values are NaN."""

    @property
    def pos_inf(self) -> int:
        """How many are +Inf."""

    @property
    def neg_inf(self) -> int:
        """How many are -Inf."""

    @property
    def first_nonfinite_step(self) -> int | None:
        """The step of the first of them; None without."""

    @property
    def first_wall_time(self) -> float:
        """The first finite wall_time, NaN without."""

    @property
    def wall_time_ascends(self) -> bool:
        """wall_time never falls and is never NaN."""

    @property
    def is_float32(self) -> bool:
        """No value loses anything as float32."""

    @property
    def extremes(self) -> Extremes:
        """Those of the values."""

    @property
    def nbytes(self) -> int:
        """The length of to_bytes()."""

    def to_bytes(self) -> bytes:
        """
        All of it, for from_buffer. The layout is in native/src/series_summary.cpp.
        """

    @staticmethod
    def from_buffer(data: bytes | bytearray | memoryview) -> SeriesSummary:
        """
        The summary of which `data` are the bytes; they are copied. ValueError for anything else.
        """

def make_extremes(values: numpy.typing.NDArray[numpy.float64] | numpy.typing.NDArray[numpy.float32], previous: Extremes | None = None) -> Extremes:
    """
    The extremes of a column. `previous`, those of its beginning, saves looking at that again.

    ValueError if `previous` is of more values.
    """

def make_summary(step: numpy.typing.NDArray[numpy.int64], wall_time: numpy.typing.NDArray[numpy.float64], value: numpy.typing.NDArray[numpy.float64], previous: SeriesSummary | None = None) -> SeriesSummary:
    """
    The summary of a series' columns. `previous`, that of their beginning, saves looking at that again.

    ValueError if the columns differ in length, or `previous` is of more points.
    """

def find_range(x: numpy.typing.NDArray[numpy.int64] | numpy.typing.NDArray[numpy.float64], lo: float, hi: float, *, origin: float = 0.0) -> tuple[int, int]:
    """
    (first, last): the points with lo <= x - origin <= hi are [first, last). `x` neither descends nor is NaN.

    Only times, float64, may have an origin. Steps are compared as float64.
    """

def m4_indices(x: numpy.typing.NDArray[numpy.int64] | numpy.typing.NDArray[numpy.float64], y: numpy.typing.NDArray[numpy.float64] | numpy.typing.NDArray[numpy.float32], lo: float, bucket_width: float, buckets: int, *, origin: float = 0.0, extremes: Extremes | None = None, smoothed: numpy.typing.NDArray[numpy.float64] | numpy.typing.NDArray[numpy.float32] | None = None, smoothed_extremes: Extremes | None = None) -> numpy.typing.NDArray[numpy.int64]:
    """
    Indices of the points that draw a series pixel for pixel (M4: first, last, min, max of each bucket).

    Bucket i is [lo + i*bucket_width, lo + (i+1)*bucket_width), i.e. i = floor((x - origin - lo) /
    bucket_width), in float64. Of each: the first and last point, and of `y` and of `smoothed` the first
    smallest and first largest finite value, the first NaN, +Inf and -Inf. Of the points outside, the
    nearest one on each side. Sorted, without repeats. `x` neither descends nor is NaN. With the columns'
    extremes the answer is the same, and sooner there. ValueError if lengths differ, or the width or
    number of buckets is not positive.
    """

def smooth_exponential(y: numpy.typing.NDArray[numpy.float64], weight: float) -> numpy.typing.NDArray[numpy.float64]:
    """
    TensorBoard's debiased exponential moving average; `weight` in [0, 1].

    last = last*w + (1-w)*y, shown as last / (1 - w**n). Non-finite points pass through and are skipped; a
    constant series stays as it is.
    """

def smooth_time_weighted(x: numpy.typing.NDArray[numpy.float64], y: numpy.typing.NDArray[numpy.float64], weight: float) -> numpy.typing.NDArray[numpy.float64]:
    """
    Exponential moving average whose memory fades with x, not with the number of points.

    A step of the mean spacing of the finite points fades by `weight`; on evenly spaced points it equals
    `smooth_exponential`. Non-finite points pass through and are skipped.
    """

def smooth_mean(y: numpy.typing.NDArray[numpy.float64], window: int) -> numpy.typing.NDArray[numpy.float64]:
    """
    Mean of the finite points among the `window` around each (centred; fewer at the ends).
    """

def smooth_median(y: numpy.typing.NDArray[numpy.float64], window: int) -> numpy.typing.NDArray[numpy.float64]:
    """
    Median of the finite points among the `window` around each (centred; fewer at the ends).
    """
