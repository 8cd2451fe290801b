"""EventDecoder, the readable twin of native/src/event_decoder: an event file to columns."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from epochal.events.crc32c import masked_crc32c
from epochal.events.message_decoders import Metadata
from epochal.events.records import HEADER_BYTES
from epochal.events.reference_frames import (
    BAD_DATA_CRC,
    CRC_BUDGET,
    HEAD_ONLY_ABOVE,
    Damage,
    FileSource,
    Frame,
    FrameReader,
    MemorySource,
    Progress,
    Source,
)
from epochal.events.reference_index import IndexFile, take_out
from epochal.events.reference_index_format import DecoderState, IndexedSeries, write_index
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
from epochal.events.reference_tags import MAX_PROBLEMS, PAYLOAD_KINDS, TagInfo, make_tag_info
from epochal.events.wire import Buffer, WireError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    import numpy as np
    from numpy.typing import NDArray

    from epochal.events.reference_tags import Blobs, Scalars, Sessions

    Number = TypeVar("Number", bound=np.generic)

SCALARS_PLUGIN = "scalars"
BAD_EVENT = "record is not a valid Event"


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
        self._frames = FrameReader(Progress(start, (1 << 63) if verify_payloads else HEAD_ONLY_ABOVE))
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
            if frame is None and self._frames.is_searching:
                continue
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
            # Only payloads that are read again when they are used may wait for their checksum. A number is shown
            # as it is.
            if isinstance(data, SparseRecord) and _holds_numbers(event):
                most_bytes = CRC_BUDGET + 4 * source.stored_bytes
                if frame.length > most_bytes or masked_crc32c(data[: frame.length]) != frame.crc:
                    self._add_problem(Damage(frame.offset, frame.end - frame.offset, BAD_DATA_CRC))
                    return
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
        of_values = point.kind not in PAYLOAD_KINDS
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
        metadata = self._metadata_of(series)
        return make_tag_info(
            index, series.tag, series.kind, series.is_scalar, len(series.step), series.dtype, metadata
        )

    def _metadata_of(self, series: _Series) -> Metadata | None:
        return self._metadata.get((series.tag, series.kind not in PAYLOAD_KINDS))

    def point_counts(self) -> list[int]:
        """The number of points of each tag, by index; cheaper than `tags()`."""
        return [len(series.step) for series in self._series]

    def scalars(self, index: int) -> Scalars:
        """step, wall_time, value of a scalar tag; read-only, unchanged by later calls of `decode`."""
        import numpy as np

        series = self._get(index, True)
        return (
            _freeze(np.array(series.step, dtype=np.int64)),
            _freeze(np.array(series.wall_time, dtype=np.float64)),
            _freeze(np.array(series.value, dtype=np.float64)),
        )

    def blobs(self, index: int) -> Blobs:
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

    def session_starts(self) -> Sessions:
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

    def write_index(self, fd: int, meta: bytes = b"", summaries: Sequence[Buffer | None] = ()) -> int:
        """Write all that it knows to an empty file, for `IndexFile`; return the file's size.

        `meta` is the caller's own. `summaries` has, if anything, one item for each tag: bytes to keep beside its
        points, or None. OSError if writing fails; ValueError if the number of summaries is not that of the tags.
        """
        if len(summaries) not in (0, len(self._series)):
            raise ValueError("summaries has not one item for each tag")
        series = [
            IndexedSeries(
                item.tag,
                item.kind,
                item.is_scalar,
                item.dtype,
                self._metadata_of(item),
                [column.tobytes() for column in (self.scalars(i) if item.is_scalar else self.blobs(i))],
                len(item.step),
            )
            for i, item in enumerate(self._series)
        ]
        with_series = {(item.tag, item.kind not in PAYLOAD_KINDS) for item in self._series}
        state = DecoderState(
            self._frames.progress,
            self.records,
            self.first_wall_time,
            self.last_wall_time,
            self.file_version,
            self.last_record_crc,
            self.last_record_end,
            self._problems,
            self._unlisted,
            {key: metadata for key, metadata in self._metadata.items() if key not in with_series},
            self._sessions,
        )
        return write_index(fd, meta, series, summaries, state)

    @staticmethod
    def resume(index: IndexFile) -> EventDecoder:
        """A decoder that goes on where the one stopped that wrote the index, with all that it knew."""
        state, indexed = take_out(index)
        decoder = EventDecoder()
        decoder._frames = FrameReader(state.progress)
        decoder._problems, decoder._unlisted = state.problems, state.unlisted
        decoder._sessions = state.sessions
        decoder._metadata = state.loose
        decoder.records = state.records
        decoder.first_wall_time, decoder.last_wall_time = state.first_wall_time, state.last_wall_time
        decoder.file_version = state.file_version
        decoder.last_record_crc, decoder.last_record_end = state.last_record_crc, state.last_record_end
        for item in indexed:
            series = _Series(item.tag, item.kind, item.is_scalar, item.dtype)
            series.step.frombytes(item.columns[0])
            series.wall_time.frombytes(item.columns[1])
            if item.is_scalar:
                series.value.frombytes(item.columns[2])
            else:
                codes = zip("QQQQI", item.columns[2:], strict=True)
                series.blobs = list(zip(*(array(code, column) for code, column in codes), strict=True))
            decoder._by_key[item.tag, "scalar" if item.is_scalar else item.kind] = len(decoder._series)
            decoder._series.append(series)
            if item.metadata is not None:
                decoder._metadata.setdefault((item.tag, item.kind not in PAYLOAD_KINDS), item.metadata)
        return decoder

    def _get(self, index: int, is_scalar: bool) -> _Series:
        if not 0 <= index < len(self._series):
            raise IndexError("no such tag")
        series = self._series[index]
        if series.is_scalar != is_scalar:
            raise ValueError("scalars() is for scalar tags, blobs() for the others")
        return series


def _holds_numbers(event: ParsedEvent) -> bool:
    """Whether anything of it is taken as a number: a purge marker, a scalar, a tensor small enough to be one."""
    return event.session_start or any(
        point.kind == "simple_value" or (point.kind == "tensor" and point.tensor_size <= SCALAR_TENSOR_BYTES)
        for point in event.points
    )


def _freeze(column: NDArray[Number]) -> NDArray[Number]:
    column.flags.writeable = False
    return column
