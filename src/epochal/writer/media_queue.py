"""Values on their way from a call to the file: copied, encoded by workers, and put in order again.

Several workers may encode one tag's values at once and finish in any order; each event is handed on only
after the earlier ones of its tag.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from epochal.events.records import MAX_RECORD_BYTES
from epochal.writer.media_workers import media_workers

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

    Encode = Callable[..., Sequence[bytes]]


class _Job:
    def __init__(self, number: int, tag: str) -> None:
        self.number = number
        self.tag = tag
        self.events: Sequence[bytes] = ()
        self.is_running = False
        self.is_done = False


class MediaQueue:
    """The values of one writer that are being encoded. Thread-safe, by its owner's lock."""

    def __init__(
        self,
        changed: threading.Condition,
        hand_on: Callable[[bytes], None],
        refuse: Callable[[str, Exception], None],
        wake: Callable[[], None],
    ) -> None:
        """hand_on(event) and refuse(tag, error) are called with `changed` held, then wake() without."""
        self._changed = changed
        self._hand_on = hand_on
        self._refuse = refuse
        self._wake = wake
        self._jobs: dict[int, _Job] = {}
        self._by_tag: dict[str, deque[_Job]] = {}
        self.last_submitted = 0
        self.refused = 0
        """Values that could not be encoded."""
        self.progress_time = 0.0
        """time.monotonic() when a value was last finished."""

    @property
    def encoding(self) -> int:
        """Values that are not handed on yet."""
        return len(self._jobs)

    @property
    def is_running(self) -> bool:
        """Whether a value is being encoded right now, which is progress however long it takes."""
        return any(job.is_running for job in list(self._jobs.values()))

    def is_finished(self, last_submitted: int) -> bool:
        """Whether every value up to that number of `last_submitted` is handed on. Needs the lock."""
        return next(iter(self._jobs), last_submitted + 1) > last_submitted

    def hand_on_encoded(self, tag: str, event: bytes) -> bool:
        """Hand on an event that is encoded already; False if earlier values of its tag are not handed on yet."""
        with self._changed:
            if tag in self._by_tag:
                return False
            self._hand_on(event)
            return True

    def submit(self, tag: str, arrays: Sequence[tuple[Array, bool]], encode: Encode) -> None:
        """Copy the arrays that are not private, and have encode(*copies) make events in the background.

        arrays: (array, private) pairs, none for work that needs no array. When too many copies wait already,
        the events are made here and now. MemoryError if no copy fits.
        """
        workers = media_workers()
        nbytes = sum(array.nbytes for array, _ in arrays)
        if not workers.reserve(nbytes):
            self._run(self._enlist(tag), [array for array, _ in arrays], encode)
            return
        try:
            pairs = [(array, None) if private else workers.buffers.copy(array) for array, private in arrays]
        except BaseException:
            workers.release(nbytes)
            raise
        job = self._enlist(tag)

        def task() -> None:
            try:
                self._run(job, [copied for copied, _ in pairs], encode)
            finally:
                for _, buffer in pairs:
                    workers.buffers.give_back(buffer)

        workers.run(task, nbytes)

    def _enlist(self, tag: str) -> _Job:
        with self._changed:
            self.last_submitted += 1
            job = _Job(self.last_submitted, tag)
            self._jobs[job.number] = job
            self._by_tag.setdefault(tag, deque()).append(job)
            return job

    def _run(self, job: _Job, arrays: list[Array], encode: Encode) -> None:
        job.is_running = True
        error: Exception | None = None
        try:
            events = _encode_quietly(encode, arrays) if arrays else encode()
            largest = max(map(len, events), default=0)
            if largest >= MAX_RECORD_BYTES:
                raise ValueError(f"{largest} bytes encoded; protobuf holds less than 2 GiB")
            job.events = events
        except Exception as caught:  # noqa: BLE001 - whatever an encoder makes of a user's data
            error = caught
        with self._changed:
            job.is_running = False
            job.is_done = True
            if error is not None:
                self._lose(job, error)
            self._hand_on_in_order(job.tag)
            self.progress_time = time.monotonic()
            self._changed.notify_all()
        self._wake()

    def _hand_on_in_order(self, tag: str) -> None:
        """Whatever fails here costs one value; a job that stayed in the lists would be waited for in vain."""
        of_tag = self._by_tag[tag]
        while of_tag and of_tag[0].is_done:
            first = of_tag.popleft()
            del self._jobs[first.number]
            try:
                for event in first.events:
                    self._hand_on(event)
            except Exception as error:  # noqa: BLE001 - a bug of ours
                self._lose(first, error)
        if not of_tag:
            del self._by_tag[tag]

    def _lose(self, job: _Job, error: Exception) -> None:
        self.refused += 1
        with suppress(Exception):
            self._refuse(job.tag, error)


def _encode_quietly(encode: Encode, arrays: list[Array]) -> Sequence[bytes]:
    """NaN and overflow are data here, of which NumPy need not warn."""
    import numpy as np

    with np.errstate(all="ignore"):
        return encode(*arrays)
