"""Reads many files at once. The decoder releases the GIL, so threads suffice."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from epochal.store.catalog import Entry
    from epochal.store.log_file import LogFile

MAX_THREADS = 8

#: One or two files with less than this to read are read in the calling thread.
SMALL_BYTES = 4 << 20

#: What is logged between two looks at a logdir: a few files with less than this, most of which were read before.
FEW_FILES = 32
FEW_BYTES = 256 << 10

#: After so many files in a row that the index does not know it is not asked about the rest before reading.
MAX_STRANGERS = 32

#: A thread that comes back from reading waits this long for the GIL while others compute, instead of 5 ms each
#: time: reading a hundred small files comes back a thousand times, while the server's imports keep Python busy.
SWITCH_SECS = 0.0002


def _is_little(files: Sequence[LogFile]) -> bool:
    """Whether the calling thread may read all of it.

    Threads would be no faster, and each takes memory of its own from the C library, which goes to pieces in a
    server that follows for days. Files that are new may lie on a slow disk: threads wait for all at once.
    """
    size = sum(max(0, file.found.stat.size - file.bytes_done) for file in files)
    if len(files) <= 2:
        return size <= SMALL_BYTES
    known = sum(file.bytes_done > 0 for file in files)
    return len(files) <= FEW_FILES and size <= FEW_BYTES and 2 * known >= len(files)


def load_files(
    files: Sequence[LogFile],
    on_progress: Callable[[LogFile], None],
    on_tick: Callable[[], float],
    is_stopping: Callable[[], bool],
    listed: Mapping[str, Entry] | None = None,
) -> None:
    """Load all files, in about this order, on all cores; returns when all are loaded.

    `listed` is what the logdir's catalog says of them, by path.

    `on_progress` is called, from any thread, when a file has a new state. `on_tick` is called in the calling
    thread while the others work; it returns in how many seconds it wants to be called again.
    """
    ticker = _Ticker(on_tick)
    if _is_little(files):
        for file in files:
            file.load()
            on_progress(file)
            ticker.tick_if_due()
        return
    queue = deque(_load_known(files, on_progress, ticker, is_stopping, listed or {}))
    finished = threading.Semaphore(0)
    errors: list[BaseException] = []

    def load(file: LogFile) -> None:
        def on_slice() -> bool:
            on_progress(file)
            return not is_stopping()

        file.load(on_slice)
        on_progress(file)

    def work() -> None:
        try:
            while not is_stopping():
                try:
                    file = queue.popleft()
                except IndexError:
                    return
                load(file)
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)
        finally:
            finished.release()

    count = min(len(queue), os.cpu_count() or 1, MAX_THREADS)
    old_switch_secs = sys.getswitchinterval()
    sys.setswitchinterval(min(old_switch_secs, SWITCH_SECS))
    try:
        for number in range(count):
            threading.Thread(target=work, name=f"epochal-reader-{number}", daemon=True).start()
        waiting = count
        while waiting:
            if finished.acquire(timeout=max(0.0, ticker.due - time.monotonic())):
                waiting -= 1
            ticker.tick_if_due()
    finally:
        sys.setswitchinterval(old_switch_secs)
    if errors:
        raise errors[0]


class _Ticker:
    """Calls back now and then; `due` is when next, in monotonic seconds."""

    def __init__(self, on_tick: Callable[[], float]) -> None:
        self._on_tick = on_tick
        self.due = time.monotonic() + on_tick()

    def tick_if_due(self) -> None:
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + self._on_tick()


def _load_known(
    files: Sequence[LogFile],
    on_progress: Callable[[LogFile], None],
    ticker: _Ticker,
    is_stopping: Callable[[], bool],
    listed: Mapping[str, Entry],
) -> list[LogFile]:
    """Load what the index knows, and return the others.

    In one thread: hardly any of this is done without the GIL, and threads that take it from each other are slower.
    """
    left: list[LogFile] = []
    strangers = 0
    for number, file in enumerate(files):
        if strangers >= MAX_STRANGERS or is_stopping():
            return left + list(files[number:])
        entry = listed.get(file.path)
        if (entry is not None and file.load_listed(entry)) or file.load_known():
            strangers = 0
            on_progress(file)
        else:
            strangers += 1
            left.append(file)
        ticker.tick_if_due()
    return left
