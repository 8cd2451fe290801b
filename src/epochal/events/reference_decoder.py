"""EventDecoder, the readable twin of native/src/event_decoder: an event file to columns."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from epochal.events.message_decoders import Metadata
from epochal.events.records import HEADER_BYTES
from epochal.events.reference_frames import (
    HEAD_ONLY_ABOVE,
    Damage,
    FileSource,
    Frame,
    FrameReader,
    MemorySource,
    Source,
)
from epochal.events.reference_parse import (
    SCALAR_TENSOR_BYTES,
    ParsedEvent,
    Point,
    RecordData,
    SparseRecord,
    decode_scalar_tensor,
    parse_event,
    peek_dtype,
)
from epochal.events.wire import Buffer, WireError

if TYPE_CHECKING:
    from typing import TypeVar

    import numpy as np
    from numpy.typing import NDArray

    Int64s = NDArray[np.int64]
    Uint64s = NDArray[np.uint64]
    Uint32s = NDArray[np.uint32]
    Float64s = NDArray[np.float64]
    Number = TypeVar("Number", bound=np.generic)

MAX_PROBLEMS = 1000
SCALARS_PLUGIN = "scalars"
BAD_EVENT = "record is not a valid Event"


@dataclass(frozen=True, slots=True)
class TagInfo:
    """What a file says about one tag of one kind; the metadata is the first that the file gives for the tag.

    kind is what the first point is: "simple_value", "tensor", "image", "histo", "audio", "metadata" (a
    value with neither of them, as hparams write), "graph_def", "run_metadata" or "meta_graph". is_scalar
    says whether `scalars(index)` or `blobs(index)` has the points. dtype is the DataType of the first
    tensor, 0 without one. plugin_name is as stored, "" without metadata.
    """

    index: int
    tag: bytes
    kind: str
    is_scalar: bool
    points: int
    plugin_name: str
    plugin_content: bytes
    display_name: str
    description: str
    data_class: int
    dtype: int


@dataclass(slots=True)
class _Series:
    tag: bytes
    kind: str
    is_scalar: bool
    dtype: int = 0
    step: array[int] = field(default_factory=lambda: array("q"))
    wall_time: array[float] = field(default_factory=lambda: array("d"))
    value: array[float] = field(default_factory=lambda: array("d"))
    blobs: list[tuple[int, int, int, int, int]] = field(default_factory=list)


class EventDecoder:
    """Decodes one event file, from `offset` on, call by call as the file grows.

    Not to be used by two threads at once; what it returned may be.
    `verify_payloads` computes the data CRC of large records too.
    """

    def __init__(self, start: int = 0, verify_payloads: bool = False) -> None:
        self._frames = FrameReader(start, (1 << 63) if verify_payloads else HEAD_ONLY_ABOVE)
        self._series: list[_Series] = []
        self._by_key: dict[tuple[bytes, str], int] = {}
        self._metadata: dict[tuple[bytes, bool], Metadata] = {}
        self._sessions: list[tuple[int, float, int]] = []
        self._problems: list[Damage] = []
        self._unlisted = 0
        self.records = 0
        self.first_wall_time: float | None = None
        self.last_wall_time: float | None = None
        self.file_version = ""
        self.last_record_crc = 0
        self.last_record_end = 0

    @property
    def offset(self) -> int:
        """The first byte not consumed."""
        return self._frames.offset

    @property
    def tail_problem(self) -> tuple[int, int, str] | None:
        """What is wrong with the bytes from `offset` on, as (offset, bytes, message).

        None if nothing is, or if a record is merely not all there yet.
        """
        return self._frames.tail_problem

    def decode(self, fd: int, max_bytes: int = (1 << 63) - 1) -> int:
        """Decode what the file holds from `offset` on; return the number of events.

        Stops after the record with which at least `max_bytes` are consumed.
        """
        return self._decode(FileSource(fd), max_bytes)

    def decode_bytes(self, data: Buffer, base_offset: int = 0) -> int:
        """Decode the same from memory: `data` stands for the file from `base_offset` (≤ `offset`) on."""
        if base_offset > self.offset:
            raise ValueError("base_offset lies beyond the bytes that were decoded")
        return self._decode(MemorySource(data, base_offset), (1 << 63) - 1)

    def _decode(self, source: Source, max_bytes: int) -> int:
        start, records_before = self.offset, self.records
        while self.offset - start < max_bytes:
            damages: list[Damage] = []
            frame = self._frames.next_frame(source, damages)
            for damage in damages:
                self._add_problem(damage)
            if frame is None:
                break
            self._add_record(source, frame)
        return self.records - records_before

    def _add_record(self, source: Source, frame: Frame) -> None:
        self.last_record_crc, self.last_record_end = frame.crc, frame.end
        start = frame.offset + HEADER_BYTES
        data: RecordData
        try:
            if frame.checked:
                data = source.read(start, frame.length)
                if len(data) < frame.length:
                    raise WireError("the file shrank")
            else:
                data = SparseRecord(source, start, frame.length)
            event = parse_event(data)
        except WireError:
            self._add_problem(Damage(frame.offset, frame.end - frame.offset, BAD_EVENT))
            return
        self.records += 1
        if math.isfinite(event.wall_time):
            if self.first_wall_time is None:
                self.first_wall_time = event.wall_time
            self.last_wall_time = event.wall_time
        self.file_version = self.file_version or event.file_version
        if event.session_start:
            self._sessions.append((event.step, event.wall_time, frame.offset))
        for point in event.points:
            self._add_point(frame, event, point, data)

    def _add_point(self, frame: Frame, event: ParsedEvent, point: Point, data: RecordData) -> None:
        of_values = point.kind not in ("graph_def", "run_metadata", "meta_graph")
        if point.metadata is not None:
            self._metadata.setdefault((point.tag, of_values), point.metadata)
        value: float | None = None
        if point.kind == "simple_value":
            value = point.value
        elif point.kind == "tensor":
            known = self._metadata.get((point.tag, of_values))
            if known is not None and known.plugin_name == SCALARS_PLUGIN:
                if point.tensor_size <= SCALAR_TENSOR_BYTES:
                    value = decode_scalar_tensor(data[point.tensor_start : point.tensor_start + point.tensor_size])
                if value is None:
                    name = point.tag.decode("utf-8", "replace")
                    message = f'"{name}" at step {event.step} is not one number'
                    offset = frame.offset + HEADER_BYTES + point.start
                    self._add_problem(Damage(offset, point.size, message))
                    return
        series = self._find_series(point, value is not None, data)
        series.step.append(event.step)
        series.wall_time.append(event.wall_time)
        if value is not None:
            series.value.append(value)
            return
        value_offset = frame.offset + HEADER_BYTES + point.start
        series.blobs.append((frame.offset, frame.length, value_offset, point.size, frame.crc))

    def _find_series(self, point: Point, is_scalar: bool, data: RecordData) -> _Series:
        key = (point.tag, "scalar" if is_scalar else point.kind)
        index = self._by_key.get(key)
        if index is not None:
            return self._series[index]
        dtype = peek_dtype(data, point.tensor_start, point.tensor_size) if point.kind == "tensor" else 0
        self._by_key[key] = len(self._series)
        self._series.append(_Series(point.tag, point.kind, is_scalar, dtype))
        return self._series[-1]

    def _add_problem(self, damage: Damage) -> None:
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(damage)
            return
        if len(self._problems) == MAX_PROBLEMS:
            self._problems.append(Damage(damage.offset, 0, ""))
        self._unlisted += 1
        self._problems[-1].message = f"{self._unlisted} more problems from here on"

    def tags(self) -> list[TagInfo]:
        """All tags in order of first appearance; a tag with points of several kinds is there for each."""
        return [self._tag_info(index, series) for index, series in enumerate(self._series)]

    def _tag_info(self, index: int, series: _Series) -> TagInfo:
        of_values = series.kind not in ("graph_def", "run_metadata", "meta_graph")
        metadata = self._metadata.get((series.tag, of_values), Metadata())
        return TagInfo(
            index,
            series.tag,
            series.kind,
            series.is_scalar,
            len(series.step),
            metadata.plugin_name,
            metadata.content,
            metadata.display_name,
            metadata.description,
            metadata.data_class,
            series.dtype,
        )

    def point_counts(self) -> list[int]:
        """The number of points of each tag, by index; cheaper than `tags()`."""
        return [len(series.step) for series in self._series]

    def scalars(self, index: int) -> tuple[Int64s, Float64s, Float64s]:
        """step, wall_time, value of a scalar tag; read-only, unchanged by later calls of `decode`."""
        import numpy as np

        series = self._get(index, True)
        return (
            _freeze(np.array(series.step, dtype=np.int64)),
            _freeze(np.array(series.wall_time, dtype=np.float64)),
            _freeze(np.array(series.value, dtype=np.float64)),
        )

    def blobs(self, index: int) -> tuple[Int64s, Float64s, Uint64s, Uint64s, Uint64s, Uint64s, Uint32s]:
        """step, wall_time, record_offset, record_bytes, value_offset, value_bytes, data_crc of a blob tag.

        record_offset is that of the frame, record_bytes the length of the Event in it; value_offset and
        value_bytes span the Summary.Value, or the graph, run metadata or meta graph itself, in the file.
        """
        import numpy as np

        series = self._get(index, False)
        columns = list(zip(*series.blobs, strict=True))
        offset, size, value_offset, value_size = (
            _freeze(np.array(column, dtype=np.uint64)) for column in columns[:4]
        )
        return (
            _freeze(np.array(series.step, dtype=np.int64)),
            _freeze(np.array(series.wall_time, dtype=np.float64)),
            offset,
            size,
            value_offset,
            value_size,
            _freeze(np.array(columns[4], dtype=np.uint32)),
        )

    def session_starts(self) -> tuple[Int64s, Float64s, Uint64s]:
        """step, wall_time, record_offset of each SessionLog START, in file order."""
        import numpy as np

        return (
            _freeze(np.array([item[0] for item in self._sessions], dtype=np.int64)),
            _freeze(np.array([item[1] for item in self._sessions], dtype=np.float64)),
            _freeze(np.array([item[2] for item in self._sessions], dtype=np.uint64)),
        )

    def problems(self) -> list[tuple[int, int, str]]:
        """Damage found as (offset, lost_bytes, message), in file order; at most 1,000 and a count of more."""
        return [(damage.offset, damage.lost_bytes, damage.message) for damage in self._problems]

    def trim(self) -> None:
        """Give back the room that small columns keep for growing; call it once a file was read to its end."""

    def _get(self, index: int, is_scalar: bool) -> _Series:
        if not 0 <= index < len(self._series):
            raise IndexError("no such tag")
        series = self._series[index]
        if series.is_scalar != is_scalar:
            raise ValueError("scalars() is for scalar tags, blobs() for the others")
        return series


def _freeze(column: NDArray[Number]) -> NDArray[Number]:
    column.flags.writeable = False
    return column
