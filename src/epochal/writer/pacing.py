"""When a writer's thread wakes: each turn of it takes the GIL from a training loop."""

from __future__ import annotations

import math
import time

from epochal.writer.doorbell import Doorbell

HOLD_SECS = 0.05
"""A full queue waits until so long after the last write."""

BULK_BYTES = 1 << 20
"""So many waiting bytes are written at once all the same."""

BULK_RECORDS = BULK_BYTES // 64
"""About as many scalars: callers of add_scalar count records, not bytes."""


class Pacing:
    """The sleep between two turns of the thread. Mixed into FileWriter."""

    max_queue: int
    ring_records: int
    """This many waiting records make callers ring."""
    _doorbell: Doorbell
    _inline: bool

    _rung: bool
    """Whether the thread will look at the queue by itself, so that callers need not ring."""
    _held: bool
    """Whether it holds a full queue, so that callers must ring for bulk."""

    def _is_bulky(self) -> bool:
        """Whether so much waits that it is to be written at once."""
        raise NotImplementedError

    def _begin_pacing(self) -> None:
        self._doorbell = Doorbell()
        self.ring_records = self.max_queue
        self._rung = self._held = self._fills_soon = False
        self._write_time = -math.inf

    def _pause(self, secs: float | None) -> None:
        """Sleep for `secs` or until rung; but after a write, unless it is urgent, for HOLD_SECS at least.

        When the queue will be full by then anyway, callers need not even ring.
        """
        doorbell = self._doorbell
        hold_secs = HOLD_SECS
        if not self._fills_soon or self._hold_secs() <= 0:
            rung = doorbell.wait(secs)
            if not rung and secs is not None and secs >= HOLD_SECS:
                hold_secs = 0.0
        if hold_secs > 0:
            hold_secs = self._hold_secs()
        if hold_secs > 0 and not (doorbell.at_once or self._inline):
            self.ring_records, self._rung, self._held = BULK_RECORDS, True, True
            if not self._is_bulky():  # asked only now: from here on callers ring for it
                doorbell.wait(hold_secs)
            self.ring_records, self._held = self.max_queue, False
        doorbell.at_once = self._rung = False

    def _hold_secs(self) -> float:
        return self._write_time + HOLD_SECS - time.monotonic()

    def _note_write(self, records: int) -> None:
        """So many records have just been written: will a full queue wait again before HOLD_SECS are over?"""
        now = time.monotonic()
        self._fills_soon = records * HOLD_SECS >= self.max_queue * (now - self._write_time)
        self._write_time = now
