"""Writes indexes in the background, off the loading path, and keeps the cache within its bounds."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING

from epochal.store.index_bounds import prune
from epochal.store.log_file import SETTLED_SECS
from epochal.store.memory import trim_allocator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from epochal.store.index import IndexCache
    from epochal.store.log_file import LogFile

#: How often files that are not due yet are looked at again.
LOOK_SECS = 5.0

#: Everything else comes first, but not so much that a chart waits for a file that is being saved.
NICENESS = 5

#: The cache is measured after so many bytes were written, and once at the beginning.
PRUNE_EVERY_BYTES = 256 << 20

#: How long a process that ends goes on writing.
FINISH_SECS = 2.0


class IndexWriter:
    """One thread that saves the files offered to it when they are due. It ends when nothing is left to do."""

    def __init__(self, cache: IndexCache) -> None:
        self._cache = cache
        self._process = os.getpid()
        self._condition = threading.Condition()
        self._files: dict[LogFile, None] = {}
        self._is_offered = False
        self._is_relieved = False
        self._thread: threading.Thread | None = None
        self._deadline: float | None = None
        self._pruned_at: int | None = None
        self._then: list[Callable[[], None]] = []
        _writers.add(self)

    def offer(self, files: Iterable[LogFile], then: Callable[[], None] | None = None) -> None:
        """Files that were loaded: their indexes are written when they are due; `then` is called after a round."""
        wanted = [file for file in files if file.save_age_secs() is not None]
        with self._condition:
            if self._deadline is not None or not (wanted or then):
                return
            self._is_offered = True
            self._files.update(dict.fromkeys(wanted))
            if then is not None:
                self._then.append(then)
            self._condition.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="epochal-index", daemon=True)
                self._thread.start()

    def forget(self, files: Iterable[LogFile]) -> None:
        """Files that are gone: nobody will ask for their indexes, and their columns are not to wait here."""
        with self._condition:
            before = len(self._files)
            for file in files:
                self._files.pop(file, None)
            self._is_relieved = self._is_relieved or len(self._files) < before

    def finish(self) -> None:
        """Write what was never written, for at most FINISH_SECS; nothing is taken after that."""
        if os.getpid() != self._process:
            return  # a forked child has no such thread, and its parent may have held the lock
        with self._condition:
            if self._deadline is None:
                self._deadline = time.monotonic() + FINISH_SECS
            self._condition.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(max(0.0, self._deadline - time.monotonic()))

    def _work(self) -> None:
        _lower_priority()
        while True:
            self._tend_all()
            while self._then:
                self._then.pop()()
            self._prune_if_due()
            with self._condition:
                if not self._then and (not self._files or self._deadline is not None):
                    self._thread = None
                    return
                if not self._is_offered:
                    self._condition.wait(LOOK_SECS)

    def _tend_all(self) -> None:
        with self._condition:
            files = list(self._files)
            is_relieved, self._is_relieved = self._is_relieved, False
            self._is_offered = False
        for file in files:
            if self._is_out_of_time():
                break
            if file in self._files:  # else it is gone meanwhile
                self._tend(file)
        if is_relieved or any(file.columns.is_parked for file in files):
            trim_allocator()

    def _is_out_of_time(self) -> bool:
        """Whether the process ends too soon for another file; what comes after the files needs time, too."""
        reserve = FINISH_SECS / 3 if self._then else 0.0
        return self._deadline is not None and time.monotonic() >= self._deadline - reserve

    def _tend(self, file: LogFile) -> None:
        needed_secs = file.save_age_secs()
        age = time.time() - file.found.stat.modified
        if needed_secs is not None and (age < needed_secs or (self._deadline is not None and needed_secs)):
            return  # at the end only what is new
        try:
            is_settled = age >= SETTLED_SECS
            if needed_secs is not None and file.save(park=is_settled) and not is_settled:
                return  # to be parked later
        except Exception:
            logging.getLogger(__name__).exception("indexing %s failed", file.path)
        with self._condition:
            self._files.pop(file, None)

    def _prune_if_due(self) -> None:
        written = self._cache.bytes_written
        if self._pruned_at is None or written - self._pruned_at >= PRUNE_EVERY_BYTES:
            self._pruned_at = written
            prune(self._cache.folder)


def _lower_priority() -> None:
    if sys.platform == "linux":  # elsewhere it would be that of the whole process
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


_writers: weakref.WeakSet[IndexWriter] = weakref.WeakSet()


@atexit.register
def _finish_all() -> None:
    for writer in list(_writers):
        writer.finish()
