"""One run's queue and its background thread: callers append, the thread writes, syncs and sleeps.

Callers append to a RecordBuffer and look at one flag, `attention`. It is set whenever the thread will not look
at the queue by itself: not started, asleep, closed, forked. The order matters: a caller appends, then reads
the flag; the thread sets the flag, then looks at the queue a last time. So no record is left behind.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from epochal.events.core import RecordBuffer
from epochal.events.gaps import encode_gap_event
from epochal.events.records import FRAME_BYTES
from epochal.writer import lifecycle
from epochal.writer.arguments import as_int
from epochal.writer.drops import DropLog
from epochal.writer.event_file_output import count_frames
from epochal.writer.event_writer import WriterStatus
from epochal.writer.foreign_events import SMALL_BYTES, ForeignEvents
from epochal.writer.media_queue import MediaQueue
from epochal.writer.pacing import BULK_BYTES, BULK_RECORDS, Pacing
from epochal.writer.run_file import RunFile
from epochal.writer.warnings import WarnOnce

if TYPE_CHECKING:
    import numpy as np

MAX_WAITING_BYTES = 64 << 20
"""Records waiting for the disk; beyond it media are dropped, then scalars."""

WRITE_INTERVAL_SECS = 0.235
"""Between writes while records come in, so that each is in the kernel within 250 ms of its call."""

RETRY_SECS = 1.0
MAX_SYNC_SECS = 30.0
OPEN_WAIT_SECS = 2.0
STALL_SECS = 10.0
"""flush and close give up after this long without any progress."""

MAX_RESTARTS = 3

_CHUNK_BYTES = 1 << 20
_UNBOUNDED = 1 << 62


class FileWriter(Pacing, ForeignEvents):
    """Writes the events of one run. Implements EventWriter. Thread-safe."""

    def __init__(
        self,
        directory: str,
        *,
        filename_suffix: str = "",
        max_queue: int = 10,
        flush_secs: float = 120.0,
        purge_step: int | None = None,
        strict: bool = False,
        warn_once: WarnOnce | None = None,
    ) -> None:
        """Touches no disk before `open` or the first record.

        max_queue waiting records wake the thread, at once or 50 ms after the last write; flush_secs is the
        longest time between syncs, 30 at most. A purge_step is marked in the file when it is made. With
        `strict`, failures raise at the next call instead of warning.
        """
        self.directory = os.path.abspath(directory)
        self.max_queue = max(1, as_int(max_queue, "max_queue"))
        self.generation = 0
        """Grows whenever the next record may be the first of another file."""
        self._filename_suffix = filename_suffix
        self._sync_secs = min(max(float(flush_secs), WRITE_INTERVAL_SECS), MAX_SYNC_SECS)
        self._strict = strict
        self._warn_once = warn_once or WarnOnce()
        self._begin_anew(purge_step)

    def _begin_anew(self, purge_step: int | None) -> None:
        """The state of a writer that has no thread and no file yet."""
        self.scalars = RecordBuffer(MAX_WAITING_BYTES)
        self.attention = True
        self._media = RecordBuffer(_UNBOUNDED)  # bounded here, together with the scalars
        self._changed = threading.Condition(threading.RLock())
        self._begin_pacing()
        self._encoding = MediaQueue(
            self._changed, self._take_media, self._note_bad_value, lambda: self._wake(at_once=self._closing)
        )
        self._file = RunFile(
            self.directory, self._filename_suffix, purge_step, self._note, self._progress, self._next_generation
        )
        self.after_first_record: Callable[[], Sequence[bytes]] | None = None
        self._thread: threading.Thread | None = None
        self._opening = self._closing = self._inline = self._disabled = False
        # Requests are numbered; each of the others is the last one that has been written, synced, refused.
        self._requested = self._sync_requested = 0
        self._written = self._synced = self._refused = 0
        self._progress_time = 0.0
        self._failures: deque[Exception] = deque(maxlen=16)
        self._last_error: str | None = None
        self._cleared_scalars = self._dropped_media = 0
        self._drops = DropLog()
        self._gaps = 0

    # -- callers ------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Make the file now, as torch's constructor does; OSError if that is impossible and `strict`.

        Returns when it is there, or after two seconds on a disk that hangs.
        """
        with self._changed:
            self._opening = True
            self._requested += 1
            request = self._requested
        self.attend()
        self._wait(lambda: max(self._written, self._refused) >= request, OPEN_WAIT_SECS)
        self._raise_failure()

    def append_event(self, event: bytes) -> None:
        """Take a small serialised Event: it is written before any waiting media."""
        waiting = self.scalars.append_record(event)
        if not waiting:
            self.warn_full()
        if self.attention or waiting >= self.ring_records or self.scalars.pending_bytes >= BULK_BYTES:
            self.attend()

    def submit(
        self,
        tag: str,
        arrays: Sequence[tuple[np.ndarray[Any, Any], bool]],
        encode: Callable[..., Sequence[bytes]],
    ) -> None:
        """Take (array, private) pairs that a background worker turns into Events by `encode(*arrays)`."""
        self._raise_failure()
        if self._thread is None:
            lifecycle.manage(self)  # an exit waits for values that are being encoded
        self._encoding.submit(tag, arrays, encode)

    def submit_event(self, tag: str, event: bytes) -> None:
        """Take a serialised Event that goes after waiting scalars, and after what `submit` has of its tag."""
        if len(event) > SMALL_BYTES or not self._encoding.hand_on_encoded(tag, event):
            self.submit(tag, (), lambda: (event,))
        elif self.attention or self._media.pending_records >= self.ring_records:
            self.attend()

    def attend(self) -> None:
        """Wake the thread, starting it if need be. For whoever has appended and saw `attention`.

        With `strict`, raises the oldest failure that nobody has heard of.
        """
        self._wake()
        self._raise_failure()

    def warn_full(self) -> None:
        """Say that a scalar was refused: 64 MiB wait for the disk already."""
        self._drops.note()
        self._warn("full", f"{self.directory}: the disk does not keep up; scalars are being dropped")

    def flush(self, sync: bool = False, since: float | None = None) -> None:
        """Return when all earlier records are in the kernel; with `sync`, when they are on disk.

        Gives up, with a warning or, if strict, an error, when the disk refuses or nothing moves for 10 s, counted
        from `since` (time.monotonic(), default now): who waits for several writers waits for all at once.
        """
        if self._is_at_rest():
            return self._raise_failure()
        since = time.monotonic() if since is None else since
        submitted = self._encoding.last_submitted
        in_time = self._wait(lambda: self._encoding.is_finished(submitted), STALL_SECS, since)
        with self._changed:
            self._requested += 1
            request = self._requested
            if sync:
                self._sync_requested = request
        self._wake(at_once=True)
        in_time &= self._wait(
            lambda: max(self._synced if sync else self._written, self._refused) >= request, STALL_SECS, since
        )
        if not in_time:
            self._note(TimeoutError(f"nothing has been written for {STALL_SECS:g} s"), "")
        return self._raise_failure()

    def request_close(self) -> None:
        """Begin to close without waiting."""
        if not self._is_at_rest():
            with self._changed:
                self._closing = True
                self._requested += 1
            self._wake(at_once=True)

    def close(self, since: float | None = None) -> None:
        """Write and sync everything, then free thread and descriptor; a second call does nothing.

        The next record opens again. Gives up when nothing moves for 10 s (see `flush` for `since`), or after one
        more attempt where no file could ever be made because the path is wrong; the thread goes on trying.
        """
        self.request_close()
        request = self._requested
        if not self._wait(lambda: not self._closing or self._has_no_place_for(request), STALL_SECS, since):
            waiting = self._waiting_bytes()
            error = TimeoutError(f"{self.directory}: closed, but the disk has not taken {waiting} bytes")
            self._note(error, str(error))
        self._raise_failure()

    def _has_no_place_for(self, request: int) -> bool:
        return self._file.has_no_place and self._refused >= request

    def status(self) -> WriterStatus:
        """Say what has been written, what waits and what was lost."""
        file = self._file
        return WriterStatus(
            log_dir=self.directory,
            path=file.path,
            written_records=file.written_records,
            written_bytes=file.written_bytes,
            synced_bytes=file.synced_bytes,
            failed_syncs=file.failed_syncs,
            waiting_records=self.scalars.pending_records + self._media.pending_records + file.waiting_records,
            waiting_bytes=self._waiting_bytes(),
            encoding=self._encoding.encoding,
            dropped_scalars=self._dropped()[0],
            dropped_media=self._dropped_media,
            rejected=self._encoding.refused + self.refused_events,
            last_error=self._last_error,
        )

    def after_fork_in_child(self) -> None:
        """Become a fresh writer with its own file; what waits in the parent's queue is the parent's to write."""
        self._file.forget()
        self._warn_once = WarnOnce()
        self.generation += 1
        self._begin_anew(purge_step=None)

    def _is_at_rest(self) -> bool:
        return self._thread is None and not self._waiting_bytes() and not self._encoding.encoding

    def _waiting_bytes(self) -> int:
        return self.scalars.pending_bytes + self._media.pending_bytes + self._file.waiting_bytes

    def _dropped(self) -> tuple[int, int]:
        """How many scalars and media have been dropped."""
        return self.scalars.dropped_records + self._cleared_scalars, self._dropped_media

    def _wake(self, at_once: bool = False) -> None:
        """Ring for the thread, once per turn of it; while the disk refuses, only if it must be `at_once`."""
        if self._media.pending_bytes and self._waiting_bytes() > MAX_WAITING_BYTES:
            self._drop_media()
        if self._rung and not at_once:
            if not (self._held and self._is_bulky()):
                return
            self._held, at_once = False, True
        write_here = False
        with self._changed:
            self._rung = True
            self.attention = self._strict and bool(self._failures)
            if self._disabled:
                self._drop_everything()
            elif self._thread is None:
                write_here = not self._start()
        if write_here:
            self._work(0.0)
        else:
            self._doorbell.ring(at_once)

    def _wait(self, done: Callable[[], bool], stall_secs: float, since: float | None = None) -> bool:
        """Wait until `done`; False once nothing has moved for `stall_secs`, counted from `since` or now."""
        started = time.monotonic() if since is None else since
        with self._changed:
            while not done():
                if self._encoding.is_running:
                    started = time.monotonic()
                idle = time.monotonic() - max(started, self._progress_time, self._encoding.progress_time)
                if idle >= stall_secs:
                    return False
                self._changed.wait(min(stall_secs - idle, 0.25))
        return True

    # -- media --------------------------------------------------------------------------------------------

    def _take_media(self, event: bytes) -> None:
        """Queue an encoded event, unless too much waits; one that alone is too much passes. Needs the lock."""
        waiting = self._waiting_bytes()
        if waiting and waiting + len(event) + FRAME_BYTES > MAX_WAITING_BYTES:
            self._dropped_media += 1
            self._drops.note_event(event)
            self._warn_media_dropped()
        else:
            self._media.append_record(event)

    def _drop_media(self) -> None:
        """Make room for scalars: the oldest waiting media go."""
        with self._changed:
            while self._media.pending_bytes and self._waiting_bytes() > MAX_WAITING_BYTES:
                frames = self._media.take(_CHUNK_BYTES)
                self._dropped_media += count_frames(frames)
                self._drops.note_frames(frames)
        self._warn_media_dropped()

    def _drop_everything(self) -> None:
        """What is left to do after the thread has failed for good."""
        self._cleared_scalars += self.scalars.clear()[0]
        self._dropped_media += self._media.clear()[0]
        self._go_to_rest()
        self._refused = self._requested

    # -- failures -----------------------------------------------------------------------------------------

    def _note(self, error: Exception, message: str) -> None:
        """Remember a failure, and speak of it: an exception at the next call if strict, else a warning."""
        self._last_error = f"{type(error).__name__}: {error}"
        if isinstance(error, OSError):
            self._drops.reason = error.strerror or "the disk did not answer"
        if self._strict:
            self._failures.append(error)
            self.attention = True
        else:
            self._warn("disk", message or f"{self.directory}: not written: {error}")

    def _note_bad_value(self, tag: str, error: Exception) -> None:
        if not self._strict:
            self._warn_once.warn(f"value {tag}", f"{tag!r} could not be encoded and is not logged: {error}")
            self._last_error = f"{type(error).__name__}: {error}"
        else:
            self._note(error, "")

    def _warn_media_dropped(self) -> None:
        self._warn("media", f"{self.directory}: the disk does not keep up; images and the like are dropped")

    def _warn(self, key: str, message: str) -> None:
        self._warn_once.warn(f"{key} {self.directory}", message, repeat=True)

    def _raise_failure(self) -> None:
        if self._strict and self._failures:
            raise self._failures.popleft()

    # -- the background thread ----------------------------------------------------------------------------

    def _start(self) -> bool:
        """Start the thread; if there can be none, False: then the caller's own must do the work, and end."""
        lifecycle.manage(self)
        if not lifecycle.is_exiting():
            self._thread = threading.Thread(target=self._work, name="epochal-writer", daemon=True)
            try:
                self._thread.start()
                return True
            except RuntimeError:
                pass  # no more threads, or the interpreter is shutting down
        self._thread = threading.current_thread()
        self._closing = self._inline = True
        return False

    def _work(self, pause_secs: float | None = None) -> None:
        crashes = 0
        while True:
            try:
                while True:
                    self._pause(pause_secs)
                    more, pause_secs = self._turn()
                    if not more:
                        return
            except Exception as error:  # noqa: BLE001 - a bug here must neither end nor stall training
                crashes += 1
                self._note(error, f"{self.directory}: the writer failed and starts again: {error!r}")
                pause_secs = 0.0
                if crashes > MAX_RESTARTS:
                    with self._changed:
                        self._disabled = True
                        self._drop_everything()
                    return

    def _is_bulky(self) -> bool:
        return self.scalars.pending_records >= BULK_RECORDS or self._waiting_bytes() >= BULK_BYTES

    def _turn(self) -> tuple[bool, float | None]:
        """Write what waits, look after syncs; return (go on, seconds to pause, None for until rung)."""
        file = self._file
        request, closing = self._requested, self._closing
        before = file.written_records
        good = not self._opening or file.open()
        self._opening = False
        good = good and file.write_waiting(self.scalars, self._media) and self._mark_gap(closing)
        if self.after_first_record is not None and file.written_records:
            make_events, self.after_first_record = self.after_first_record, None
            self._encoding.submit("", (), make_events)
        synced = file.finish_sync()
        sync_wanted = closing or self._sync_requested > self._synced
        if good and (sync_wanted or file.secs_until_sync(self._sync_secs) == 0.0):
            good = file.start_sync(request, lambda: self._doorbell.ring(at_once=True))
        self._answer(request, good, synced)
        if closing and good and file.is_synced and not self._encoding.encoding:
            file.close()
            return self._end_unless_busy()
        if good and file.written_records > before:
            self._note_write(file.written_records - before)
            return True, WRITE_INTERVAL_SECS
        if good:
            return True, self._go_to_sleep()
        if self._inline:
            self._go_to_rest()
            return False, None
        # Callers must not ring at every record for a disk that refuses them.
        self._rung = True
        return True, RETRY_SECS

    def _mark_gap(self, at_once: bool) -> bool:
        """Have the file tell what was dropped, now that it takes records again."""
        if not self._drops.anything:
            return True
        dropped = self._dropped()
        secs = self._drops.secs_until_mark(*dropped)
        if secs is None:
            self._drops.reason = ""  # the trouble, if there was any, cost nothing
        if secs is None or (secs > 0 and not at_once):
            return True
        gap = self._drops.take(*dropped)
        if gap is None:
            return True
        self._gaps += 1
        return self._file.write_event(encode_gap_event(gap, self._gaps, time.time()))

    def _answer(self, request: int, good: bool, synced: tuple[int, bool] | None) -> None:
        """Tell who waits in flush and close how far their requests have come."""
        if good and synced is None and request == self._written and not self._file.is_synced:
            return  # as at most turns of a loop that logs: nobody has asked for anything
        with self._changed:
            if good:
                self._written = request
            else:
                self._refused = request
            if synced is not None and synced[1]:
                self._synced = synced[0]
            elif synced is not None:
                self._refused = max(self._refused, synced[0])
            # Also after a sync that was begun for an earlier request: it may have left nothing to do for this one.
            if good and self._file.is_synced and (synced is None or synced[1]):
                self._synced = request
            self._changed.notify_all()

    def _go_to_sleep(self) -> float | None:
        """Ask callers to ring, then look once more; return how long to sleep at most."""
        self.attention = True
        if self.scalars.pending_bytes or self._media.pending_bytes:
            self.attention = self._strict and bool(self._failures)
            return 0.0
        due = (self._file.secs_until_sync(self._sync_secs), self._drops.secs_until_mark(*self._dropped()))
        return min((secs for secs in due if secs is not None), default=None)

    def _end_unless_busy(self) -> tuple[bool, float | None]:
        """End the thread; if records came while the file was closed, it is opened again and the run goes on."""
        with self._changed:
            self._closing = False
            self._next_generation()
            self._changed.notify_all()
            if self._go_to_sleep() == 0.0:
                return True, 0.0
            self._go_to_rest()
            return False, None

    def _go_to_rest(self) -> None:
        with self._changed:
            self._thread = None
            self._closing = self._rung = self._inline = False
            self.attention = True
            self._changed.notify_all()

    def _progress(self) -> None:
        self._progress_time = time.monotonic()

    def _next_generation(self) -> None:
        self.generation += 1
