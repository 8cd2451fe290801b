"""Syncing to disk beside the writing: an fdatasync may take seconds, and scalars must not wait for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from epochal.writer.directory_sync import sync_directories
from epochal.writer.event_file_output import EventFileOutput, sync_descriptor


class DiskSync:
    """One running fdatasync. `done` turns True when it has ended, `error` says how."""

    def __init__(
        self, output: EventFileOutput, covers: int, on_done: Callable[[], None], closes: bool = False
    ) -> None:
        """Begin to sync `output`, and the directories that do not know it for sure yet; OSError if that fails.

        `covers` is the number of the last request that this sync fulfils. With `closes` the file itself is
        closed afterwards, for a file system that shows it only then; nothing more can be written to `output`.
        """
        self.covers = covers
        self.closes = closes
        self.path = output.path
        self.offset = output.offset
        self.done = False
        self.error: OSError | None = None
        self._directories = output.unsynced_directories
        # A descriptor of its own, so that the writer may close the file or leave it while this runs.
        self._fd = output.take_descriptor() if closes else output.duplicate_descriptor()
        self._on_done = on_done
        try:
            threading.Thread(target=self._run, name="epochal-sync", daemon=True).start()
        except RuntimeError:
            # No more threads, or the interpreter is shutting down: then here and now.
            self._run()

    def _run(self) -> None:
        try:
            try:
                sync_descriptor(self._fd)
                sync_directories(self._directories)
            finally:
                os.close(self._fd)  # some file systems report a failed write only here
        except OSError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - a bug here must not pass for a sync that went well
            self.error = OSError(f"the sync failed: {error!r}")
        finally:
            self.done = True
            self._on_done()
