"""RecordBuffer, the readable twin of native/src/record_buffer: what the writer appends to.

Loads no NumPy.
"""

from __future__ import annotations

import operator
import threading
from collections import deque

from epochal.events.message_encoders import encode_event, encode_summary, encode_value
from epochal.events.records import frame_record
from epochal.events.wire import Buffer

_INT64_MIN, _INT64_MAX = -(1 << 63), (1 << 63) - 1


class RecordBuffer:
    """A bounded, thread-safe queue of framed records, oldest first.

    A record that would make more than `max_bytes` pending is dropped and counted, never waited for.
    """

    def __init__(self, max_bytes: int = 64 << 20) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._frames: deque[bytes] = deque()
        self._pending_bytes = 0
        self._dropped_records = 0

    def append_scalar(self, tag: str, value: float, step: int, wall_time: float, /) -> int:
        """Append Event{wall_time, step, summary{value{tag, simple_value}}}.

        Returns the number of records that wait now; 0 if this one was dropped. The value is stored as
        float32. Lone surrogates in the tag become '?'. TypeError if the step is not an int64 or a number is none.
        """
        if not isinstance(tag, str):
            raise TypeError("tag must be a str")
        numbers: tuple[object, object] = (value, wall_time)
        if any(isinstance(number, str) for number in numbers):  # float() would parse it
            raise TypeError("value and wall_time must be numbers")
        step = operator.index(step)
        if not _INT64_MIN <= step <= _INT64_MAX:
            raise TypeError("step must fit in an int64")
        summary = encode_summary((encode_value(tag, simple_value=float(value)),))
        return self.append_record(encode_event(float(wall_time), step, summary=summary))

    def append_record(self, data: Buffer, /) -> int:
        """Frame and append one serialised Event; returns how many records wait now, 0 if it was dropped."""
        frame = frame_record(data)
        with self._lock:
            if self._pending_bytes + len(frame) > self._max_bytes:
                self._dropped_records += 1
                return 0
            self._frames.append(frame)
            self._pending_bytes += len(frame)
            return len(self._frames)

    def take(self, max_bytes: int) -> bytes:
        """Remove and return whole frames from the front, at most `max_bytes` but at least one if any."""
        frames: list[bytes] = []
        size = 0
        with self._lock:
            while self._frames and (not frames or size + len(self._frames[0]) <= max_bytes):
                frames.append(self._frames.popleft())
                size += len(frames[-1])
            self._pending_bytes -= size
        return b"".join(frames)

    def clear(self) -> tuple[int, int]:
        """Drop everything pending, without counting it as dropped; (records, bytes)."""
        with self._lock:
            cleared = len(self._frames), self._pending_bytes
            self._frames.clear()
            self._pending_bytes = 0
            return cleared

    @property
    def pending_bytes(self) -> int:
        """Bytes of the frames that wait."""
        return self._pending_bytes

    @property
    def pending_records(self) -> int:
        """Number of frames that wait."""
        return len(self._frames)

    @property
    def dropped_records(self) -> int:
        """Records refused because the buffer was full, since it was made."""
        return self._dropped_records
