"""IndexFile, the readable twin of native/src/index_file. The format: docs/formats/index.md."""

from __future__ import annotations

import mmap
import os
from typing import TYPE_CHECKING

from epochal.events.crc32c import crc32c
from epochal.events.reference_index_format import (
    BLOB_DTYPES,
    CRC_FROM,
    HEADER,
    MAGIC,
    MAX_OFFSET,
    SCALAR_DTYPES,
    SERIES,
    SESSION_DTYPES,
    VERSION,
    DecoderState,
    Header,
    IndexedSeries,
    TableReader,
    align_column,
    bad_index,
    take_names,
    take_state,
)
from epochal.events.reference_tags import TagInfo, make_tag_info

if TYPE_CHECKING:
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

    from epochal.events.reference_tags import Blobs, Scalars, Sessions


class IndexFile:
    """What `EventDecoder.write_index` wrote, mapped: reads as the decoder did, decodes nothing.

    Arrays keep the mapping alive; `fd` may be closed. ValueError if the bytes are no index that this version can
    use (all is checked but the columns' bytes: see `check`), OSError if they cannot be mapped.
    """

    def __init__(self, fd: int) -> None:
        size = os.fstat(fd).st_size
        if size < HEADER.size:
            raise bad_index("it is too short")
        self._map = mmap.mmap(fd, size, access=mmap.ACCESS_READ)
        self._header = header = Header(*HEADER.unpack(self._map[: HEADER.size]))
        if header.magic != MAGIC:
            raise bad_index("it does not begin like one")
        if header.version != VERSION:
            raise bad_index("it is of another version")
        if header.file_bytes != size:
            raise bad_index("it is not as long as it says")
        if not HEADER.size <= header.table_bytes <= size:
            raise bad_index("its table is cut short")
        if crc32c(self._map[CRC_FROM : header.table_bytes]) != header.crc:
            raise bad_index("its checksum does not match")
        if header.flags > 15:
            raise bad_index("it has unknown flags")
        if not header.last_record_end <= header.offset <= MAX_OFFSET or header.failed_bytes > MAX_OFFSET:
            raise bad_index("an offset is out of range")
        table = TableReader(self._map[HEADER.size : header.table_bytes])
        self.meta = table.take_bytes(header.meta_bytes)
        names = TableReader(table.take_bytes(header.names_bytes))
        entries = TableReader(table.take_bytes(header.series * SERIES.size))
        self._entries = [entries.take("QQII") for _ in range(header.series)]
        self._series = [take_names(names) for _ in range(header.series)]
        self._columns = self._place_columns()
        if names.left:
            raise bad_index("it is not as long as it says")
        self._state = take_state(table, header)

    def _place_columns(self) -> list[list[tuple[int, int]]]:
        """Where each series' columns and summary lie, as (start, size): it follows from the numbers of points."""
        at = self._header.table_bytes
        out = []
        for series, (points, summary_bytes, _, _) in zip(self._series, self._entries, strict=True):
            dtypes = SCALAR_DTYPES if series.is_scalar else BLOB_DTYPES
            sizes = [points * int(dtype[2:]) for dtype in dtypes] + [summary_bytes] * (summary_bytes > 0)
            places = []
            for size in sizes:
                start = align_column(at, size)
                places.append((start, size))
                at = start + size
            series.points = points
            out.append(places)
        if at != self._header.file_bytes:
            raise bad_index(
                "a column lies outside of it" if at > self._header.file_bytes else "it is not as long as it says"
            )
        return out

    @property
    def tags_digest(self) -> bytes:
        """16 bytes that are the same when `tags()` are the same but for their `points`."""
        return self._header.tags_digest

    @property
    def offset(self) -> int:
        """As of `EventDecoder`."""
        return self._header.offset

    @property
    def records(self) -> int:
        """As of `EventDecoder`."""
        return self._header.records

    @property
    def first_wall_time(self) -> float | None:
        """As of `EventDecoder`."""
        return self._state.first_wall_time

    @property
    def last_wall_time(self) -> float | None:
        """As of `EventDecoder`."""
        return self._state.last_wall_time

    @property
    def file_version(self) -> str:
        """As of `EventDecoder`."""
        return self._state.file_version

    @property
    def last_record_crc(self) -> int:
        """As of `EventDecoder`."""
        return self._header.last_record_crc

    @property
    def last_record_end(self) -> int:
        """As of `EventDecoder`."""
        return self._header.last_record_end

    @property
    def tail_problem(self) -> tuple[int, int, str] | None:
        """As of `EventDecoder`, when the index was written."""
        return self._state.progress.tail_problem

    def problems(self) -> list[tuple[int, int, str]]:
        """As of `EventDecoder`."""
        return [(damage.offset, damage.lost_bytes, damage.message) for damage in self._state.problems]

    def tags(self) -> list[TagInfo]:
        """As of `EventDecoder`."""
        return [
            make_tag_info(index, item.tag, item.kind, item.is_scalar, item.points, item.dtype, item.metadata)
            for index, item in enumerate(self._series)
        ]

    def point_counts(self) -> list[int]:
        """As of `EventDecoder`."""
        return [series.points for series in self._series]

    def scalars(self, index: int) -> Scalars:
        """As of `EventDecoder`."""
        step, wall_time, value = self._arrays(index, True, SCALAR_DTYPES)
        return step, wall_time, value

    def blobs(self, index: int) -> Blobs:
        """As of `EventDecoder`."""
        arrays = self._arrays(index, False, BLOB_DTYPES)
        return arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], arrays[5], arrays[6]

    def _arrays(self, index: int, is_scalar: bool, dtypes: tuple[str, ...]) -> list[NDArray[Any]]:
        import numpy as np

        series = self._series[self._check_index(index)]
        if series.is_scalar != is_scalar:
            raise ValueError("scalars() is for scalar tags, blobs() for the others")
        places = self._columns[index]
        return [
            np.frombuffer(self._map, dtype=dtype, count=series.points, offset=start)
            for dtype, (start, _) in zip(dtypes, places, strict=False)
        ]

    def session_starts(self) -> Sessions:
        """As of `EventDecoder`."""
        import numpy as np

        columns = list(zip(*self._state.sessions, strict=True)) or [(), (), ()]
        step, wall_time, offset = (
            np.array(column, dtype=dtype) for column, dtype in zip(columns, SESSION_DTYPES, strict=True)
        )
        return step, wall_time, offset

    def summary(self, index: int) -> NDArray[np.uint8] | None:
        """The bytes that were given to keep beside the tag's points, 64-byte aligned; None without any."""
        import numpy as np

        if not self._entries[self._check_index(index)][1]:
            return None
        start, size = self._columns[index][-1]
        return np.frombuffer(self._map, dtype=np.uint8, count=size, offset=start)

    def check(self, index: int) -> bool:
        """Whether the tag's columns and summary are what was written; reads them all."""
        _, summary_bytes, columns_crc, summary_crc = self._entries[self._check_index(index)]
        parts = [self._map[start : start + size] for start, size in self._columns[index]]
        summary = parts.pop() if summary_bytes else b""
        return bool(crc32c(b"".join(parts)) == columns_crc and crc32c(summary) == summary_crc)

    def _check_index(self, index: int) -> int:
        if not 0 <= index < len(self._series):
            raise IndexError("no such tag")
        return index


def take_out(index: IndexFile) -> tuple[DecoderState, list[IndexedSeries]]:
    """All that an index holds, as copies that a decoder may change."""
    header = index._header
    table = TableReader(index._map[HEADER.size : header.table_bytes])
    table.take_bytes(header.meta_bytes)
    names = TableReader(table.take_bytes(header.names_bytes))
    table.take_bytes(header.series * SERIES.size)
    out = []
    for points, places in zip(index.point_counts(), index._columns, strict=True):
        series = take_names(names)
        count = len(SCALAR_DTYPES if series.is_scalar else BLOB_DTYPES)
        series.columns = [index._map[start : start + size] for start, size in places[:count]]
        series.points = points
        out.append(series)
    return take_state(table, header), out
