"""What a writer has dropped, until its file says so."""

from __future__ import annotations

import struct
import time

from epochal.events.gaps import Gap
from epochal.events.records import HEADER_BYTES

MARK_INTERVAL_SECS = 60.0
"""At most one gap mark in this time, however often a slow disk makes the writer drop; `close` marks the rest."""

_WALL_TIME_FIELD = 0x09  # field 1, a double: the first of an Event
_DOUBLE = struct.Struct("<d")


class DropLog:
    """Gathers what is dropped into one gap at a time.

    Any thread may `note`, without a lock: a race costs the exactness of a wall time. One thread does the rest.
    """

    def __init__(self) -> None:
        self.reason = ""
        """The last failure of the disk, as far as known."""
        self._first = self._last = 0.0
        self._marked = (0, 0)
        self._next_mark = 0.0

    @property
    def anything(self) -> bool:
        """Whether anything was noted since the last `take`, be it only the disk's trouble."""
        return self._first != 0.0 or self.reason != ""

    def note(self, wall_time: float | None = None) -> None:
        """Something logged at `wall_time` (default: now) is dropped."""
        moment = time.time() if wall_time is None else wall_time
        self._first = min(self._first or moment, moment)
        self._last = max(self._last, moment)

    def note_frames(self, frames: bytes) -> None:
        """The records in whole frames are dropped; tells the first one's wall time and now."""
        self.note_event(frames[HEADER_BYTES : HEADER_BYTES + 1 + _DOUBLE.size])
        self.note()

    def note_event(self, event: bytes) -> None:
        """A serialised Event is dropped; tells its own wall time, which may be long ago."""
        if len(event) > _DOUBLE.size and event[0] == _WALL_TIME_FIELD:
            self.note(_DOUBLE.unpack_from(event, 1)[0])
        else:
            self.note()

    def secs_until_mark(self, scalars: int, media: int) -> float | None:
        """When a mark is due, by how many scalars and media have been dropped in all; None without any new."""
        if (scalars, media) == self._marked:
            return None
        return max(0.0, self._next_mark - time.monotonic())

    def take(self, scalars: int, media: int) -> Gap | None:
        """The gap since the last `take`, by the same totals, if there is one."""
        new = (max(0, scalars - self._marked[0]), max(0, media - self._marked[1]))
        self._marked = (scalars, media)
        if new == (0, 0):
            return None
        now = time.time()
        gap = Gap(self._first or now, self._last or now, *new, self.reason or "the disk did not keep up")
        self._first = self._last = 0.0
        self.reason = ""
        self._next_mark = time.monotonic() + MARK_INTERVAL_SECS
        return gap
