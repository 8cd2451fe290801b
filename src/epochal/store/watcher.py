"""File-system notification: tells the reloader what may have changed, a fraction of a second after it did."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchfiles._rust_notify import RustNotify

#: Changes are handed on when none has come for STEP_MS, at the latest after DEBOUNCE_MS.
STEP_MS = 40
DEBOUNCE_MS = 160

#: After so many new folders the back-end is renewed. On Linux it keeps the path of every folder that was deleted:
#: `EventLoop::remove_watch` of the crate notify 8 takes the kernel's answer, that there is no such watch any more,
#: for an error, and returns before it forgets the path.
RENEW_FOLDERS = 1000


class Watcher:
    """Watches a directory tree in a thread of its own.

    `on_ready` is called when watching has begun: what changed before is not told. `on_change` gets the paths of
    event files that were written to, and whether anything appeared or disappeared. `on_failure` gets why the
    system cannot watch or no longer can: watchfiles missing, limit of watches reached, or a change in a path that
    is not UTF-8, after which the back-end says nothing more.
    """

    def __init__(
        self,
        root: str,
        on_ready: Callable[[], None],
        on_change: Callable[[set[str], bool], None],
        on_failure: Callable[[Exception], None],
    ) -> None:
        self._root = root
        self._on_ready = on_ready
        self._on_change = on_change
        self._on_failure = on_failure
        self._stop = threading.Event()
        self._folders_come = 0
        self._thread = threading.Thread(target=self._run, name="epochal-watcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; it does within STEP_MS."""
        self._stop.set()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def _run(self) -> None:
        notify: RustNotify | None = None
        try:
            notify = self._open()
            if self._stop.is_set():
                return
            self._on_ready()
            while not self._stop.is_set():
                changes = notify.watch(DEBOUNCE_MS, STEP_MS, 0, self._stop)
                if changes == "stop" or changes == "signal":
                    return
                if isinstance(changes, set):
                    self._sort_out(changes)
                if self._folders_come >= RENEW_FOLDERS and sys.platform == "linux":
                    notify = self._renew(notify)
        except Exception as error:  # noqa: BLE001 - whatever the back-end raises: polling goes on without it
            if not self._stop.is_set():
                self._on_failure(error)
        finally:
            if notify is not None:
                notify.close()

    def _open(self) -> RustNotify:
        """Begin to watch all folders that are there. OSError if no watch is left; what the back-end raises."""
        # The documented back-end of `watchfiles.watch`, which does not say when watching has begun.
        from watchfiles._rust_notify import RustNotify

        notify = RustNotify([self._root], False, False, 300, True, True)
        try:
            self._check_limit()
        except BaseException:
            notify.close()
            raise
        return notify

    def _renew(self, notify: RustNotify) -> RustNotify:
        """Watch by another back-end, which has not heard of the folders that are gone.

        The old one goes on until that is there, and stays if there are not enough watches for both.
        """
        self._folders_come = 0
        try:
            renewed = self._open()
        except Exception:  # noqa: BLE001 - as in `_run`
            return notify
        notify.close()
        if not self._stop.is_set():
            self._on_ready()
        return renewed

    def _sort_out(self, changes: set[tuple[int, str]]) -> None:
        written: set[str] = set()
        structure = came = False
        for change, path in changes:
            if "tfevents" in os.path.basename(path):
                if change == _MODIFIED:
                    written.add(path)
                else:
                    structure = True
            elif change == _ADDED and not os.path.isfile(path):  # a folder, or one that is gone already
                self._folders_come += 1
                if os.path.isdir(path):
                    structure = came = True
            elif change == _DELETED:
                structure = True
        if written or structure:
            self._on_change(written, structure)
        if came:
            self._check_limit()

    def _check_limit(self) -> None:
        """OSError if there is no watch left: the back-end leaves folders out then, without a word."""
        if not can_watch_another(self._root):
            raise OSError(errno.ENOSPC, "no watch left")


def can_watch_another(path: str) -> bool:
    """Whether the system has a watch left for a folder, by asking for one; True where that cannot be found out."""
    if sys.platform != "linux":
        return True
    try:
        libc = _load_libc()
        fd = libc.inotify_init1(os.O_CLOEXEC)
    except (OSError, AttributeError):
        return True
    if fd < 0:
        return True
    try:
        watch = libc.inotify_add_watch(fd, os.fsencode(path), _IN_MODIFY)
        return watch >= 0 or ctypes.get_errno() != errno.ENOSPC
    finally:
        os.close(fd)


@functools.cache  # each handle is a class of its own: garbage for the collector
def _load_libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


_IN_MODIFY = 2
_ADDED, _MODIFIED, _DELETED = 1, 2, 3
