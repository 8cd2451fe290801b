"""The file side of a writer: which file the run goes into, retries, rolls, purge marker, syncs.

Everything here happens on one thread at a time, the writer's background thread, and may block on a disk.
Failures are values here: they are reported to the owner and tried again later.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from epochal.events.message_encoders import SESSION_START, encode_event, encode_session_log
from epochal.events.records import frame_record
from epochal.writer.disk_sync import DiskSync
from epochal.writer.event_file_output import EventFileOutput, count_frames
from epochal.writer.places import LASTING_ERRNOS, describe_refusal, name_obstacle
from epochal.writer.publication import publishes_on_close

if TYPE_CHECKING:
    from epochal.events.core import RecordBuffer

CHECK_PATH_SECS = 4.0
"""How often the path is compared with the open file, to notice a renamed directory within 5 s."""

_CHUNK_BYTES = 1 << 20
_NO_SPACE = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class RunFile:
    """The event file that a run is written into at present, and its predecessors' totals."""

    def __init__(
        self,
        directory: str,
        filename_suffix: str,
        purge_step: int | None,
        note: Callable[[Exception, str], None],
        on_progress: Callable[[], None],
        on_roll: Callable[[], None],
    ) -> None:
        """note(error, message) hears of failures, on_progress of written bytes, on_roll of a change of file."""
        self.directory = directory
        self._filename_suffix = filename_suffix
        self._purge_step = purge_step
        self._note = note
        self._on_progress = on_progress
        self._on_roll = on_roll
        self._output: EventFileOutput | None = None
        self._closed: tuple[str, tuple[int, int], int] | None = None
        self._rest = b""
        self._sync: DiskSync | None = None
        self._synced_offset = 0
        self._publishes_on_close = False
        self._sync_started = self._path_checked = time.monotonic()
        self.path: str | None = None
        self.has_no_place = False
        """Whether there has never been a file, and the last attempt says that there can be none at this path."""
        self.written_records = 0
        self.written_bytes = 0
        self.synced_bytes = 0
        self.failed_syncs = 0

    @property
    def waiting_bytes(self) -> int:
        """Bytes taken from a queue that the disk has not taken yet."""
        return len(self._rest)

    @property
    def waiting_records(self) -> int:
        """Records among them."""
        return count_frames(self._rest)

    # -- writing ------------------------------------------------------------------------------------------

    def write_waiting(self, scalars: RecordBuffer, media: RecordBuffer) -> bool:
        """Write what waits in both queues now; False if the disk does not take it.

        Between any two chunks of media the scalars that have come meanwhile are written.
        """
        media_left = media.pending_bytes
        if not (self._rest or media_left or scalars.pending_bytes):
            return True
        if not self.open():
            return False
        if self._rest and not self._put(self._rest):
            return False
        while True:
            scalars_left = scalars.pending_bytes
            while scalars_left > 0:
                frames = scalars.take(_CHUNK_BYTES)
                scalars_left -= len(frames)
                if not frames or not self._put(frames):
                    break
            if self._rest:
                return False
            frames = media.take(_CHUNK_BYTES) if media_left > 0 else b""
            if not frames:
                return True
            media_left -= len(frames)
            if not self._put(frames):
                return False

    def write_event(self, event: bytes) -> bool:
        """Write one event when nothing waits; False if the disk does not take it, and then it waits."""
        if not self.open():
            return False
        return self._put(self._rest + frame_record(event))

    def open(self) -> bool:
        """Have a file to write to: the present one if it still is where it was made, else another."""
        try:
            if self._output is not None and self._is_lost(self._output):
                self._note(
                    FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self._output.path),
                    f"{self._output.path} is gone; logging goes on in a new file",
                )
                self._leave()
            if self._output is None:
                self._output = self._open_output()
        except OSError as error:
            self._note_refusal(error)
            return False
        self.has_no_place = False
        return True

    def _note_refusal(self, error: OSError) -> None:
        self.has_no_place = self.path is None and error.errno in LASTING_ERRNOS
        if self.has_no_place:
            error = name_obstacle(self.directory, error)
            self._note(error, describe_refusal(self.directory, error))
        else:
            self._note(error, "")

    def _open_output(self) -> EventFileOutput:
        output = None
        if self._closed is not None:
            closed, self._closed = self._closed, None
            try:
                output = EventFileOutput.reopen(*closed)
            except OSError:
                output = None  # moved, deleted or unreadable: the run goes on in a new file
            if output is None:
                self._on_roll()
        if output is None:
            output = EventFileOutput(self.directory, self._filename_suffix)
            self._synced_offset = 0
            self._publishes_on_close = publishes_on_close(self.directory)
        output.on_progress = self._on_progress
        self.path = output.path
        self._path_checked = time.monotonic()
        if self._purge_step is not None:
            marker = encode_event(time.time(), self._purge_step, session_log=encode_session_log(SESSION_START))
            self._purge_step = None
            self._rest = frame_record(marker) + self._rest
        return output

    def _is_lost(self, output: EventFileOutput) -> bool:
        if output.is_unlinked():
            return True
        # A file that others see only when it is closed need not have a place yet, and is left soon anyway.
        if self._publishes_on_close or time.monotonic() - self._path_checked < CHECK_PATH_SECS:
            return False
        self._path_checked = time.monotonic()
        return output.is_elsewhere()

    def _put(self, frames: bytes) -> bool:
        assert self._output is not None
        self._rest = frames  # also while the disk hangs with them
        before = self._output.offset
        failed = self._output.write(frames)
        self.written_bytes += self._output.offset - before
        if failed is None:
            self._rest = b""
            self.written_records += count_frames(frames)
            return True
        self._rest, error = failed
        self.written_records += count_frames(frames) - count_frames(self._rest)
        self._note(error, "")
        if self._output.torn or error.errno not in _NO_SPACE:
            self._leave()
        return False

    def _leave(self) -> None:
        """Give the present file up; the next record opens another."""
        output, self._output = self._output, None
        if output is not None:
            try:
                output.close()
            except OSError:
                self.failed_syncs += 1  # why the file is left has been said
        if self._sync is not None and not self._sync.closes:
            self._sync = None
        self._on_roll()

    # -- syncing ------------------------------------------------------------------------------------------

    @property
    def is_synced(self) -> bool:
        """Whether the disk has confirmed everything written, as far as it can be asked."""
        return self._sync is None and (self._output is None or self._output.offset == self._synced_offset)

    def secs_until_sync(self, sync_secs: float) -> float | None:
        """When the next sync is due, in seconds; None if there is nothing to sync, or a sync is running."""
        if self._sync is not None or self.is_synced:
            return None
        return max(0.0, self._sync_started + sync_secs - time.monotonic())

    def start_sync(self, covers: int, on_done: Callable[[], None]) -> bool:
        """Begin a sync beside the writing unless one is running; False if that fails.

        Where a file is seen only when it is closed, the run goes on in another one.
        """
        output = self._output
        if self._sync is not None or output is None or output.offset == self._synced_offset:
            return True
        self._sync_started = time.monotonic()
        try:
            self._sync = DiskSync(output, covers, on_done, closes=self._publishes_on_close)
        except OSError as error:
            self._note(error, "")
            self._leave()
            return False
        if self._sync.closes:
            self._output = None
            self._on_roll()
        return True

    def finish_sync(self) -> tuple[int, bool] | None:
        """If a sync has ended, return (the request that it covers, whether it went well)."""
        sync = self._sync
        if sync is None or not sync.done:
            return None
        self._sync = None
        if sync.error is not None:
            self.failed_syncs += 1
            self._note(sync.error, f"{sync.path} may have lost data on its way to disk: {sync.error}")
            if not sync.closes:
                # The kernel may have thrown the pages away and would call this file's next sync a success.
                self._leave()
            return sync.covers, False
        if sync.closes:
            self.synced_bytes += sync.offset
        else:
            self.synced_bytes += sync.offset - self._synced_offset
            self._synced_offset = sync.offset
            if self._output is not None:
                self._output.unsynced_directories = ()
        return sync.covers, True

    def close(self) -> None:
        """Close the file; `open` appends to it again, if it is still the newest of its directory."""
        output, self._output = self._output, None
        if output is None:
            return
        try:
            output.close()
        except OSError as error:
            self.failed_syncs += 1
            self._note(error, f"{output.path} may have lost data when it was closed: {error}")
            self._on_roll()
        else:
            self._closed = (output.path, output.identity, output.offset)

    def forget(self) -> None:
        """Close the descriptor in a forked child, without touching the file."""
        if self._output is not None:
            self._output.forget()
