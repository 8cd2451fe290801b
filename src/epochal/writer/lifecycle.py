"""Exit and fork: what a process owes its writers when it ends or splits.

`atexit` covers normal exits, uncaught exceptions and sys.exit. It does not run in multiprocessing's
children, which leave by os._exit after running multiprocessing's own finalizers, so there a finalizer is
registered; after the fork, because multiprocessing clears the registry in the child.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from typing import Protocol


class Closable(Protocol):
    """What can be closed together with others."""

    def request_close(self) -> None:
        """Begin to close without waiting."""

    def close(self, since: float | None = None) -> None:
        """Close; returns at the latest when nothing has moved for a while, counted from `since`."""


class ManagedWriter(Closable, Protocol):
    """What this module asks of a writer."""

    def flush(self, sync: bool = False, since: float | None = None) -> None:
        """Return when all is written, with `sync` on disk, or when nothing has moved for a while."""

    def after_fork_in_child(self) -> None:
        """Become a fresh writer: the parent's queue, thread, locks and file are not ours."""


_writers: weakref.WeakSet[ManagedWriter] = weakref.WeakSet()
_fork_callbacks: list[Callable[[], None]] = []
_lock = threading.RLock()
_hooked_pid: int | None = None
_atexit_registered = False
_exiting = False

# Below every ordinary finalizer, so that those may still log.
_FINALIZER_PRIORITY = -100


def manage(writer: ManagedWriter) -> None:
    """Close `writer` at exit and renew it after a fork. Held weakly. Call again in each new process."""
    global _hooked_pid, _atexit_registered
    with _lock:
        _writers.add(writer)
        if not _atexit_registered:
            _atexit_registered = True
            atexit.register(close_all)
        if _hooked_pid == os.getpid():
            return
        _hooked_pid = os.getpid()
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(None, close_all, exitpriority=_FINALIZER_PRIORITY)


def is_exiting() -> bool:
    """Whether the exit hooks have run: what is logged from now on must be written by its caller."""
    return _exiting


def close_together(writers: Iterable[Closable]) -> None:
    """Close all of them at once, so that hung disks cost one waiting time; what any raises comes at the end."""
    together = list(writers)
    since = time.monotonic()
    for writer in together:
        writer.request_close()
    with ExitStack() as stack:
        for writer in reversed(together):
            stack.callback(writer.close, since)


def close_all() -> None:
    """Write and sync every writer of this process."""
    global _exiting
    with _lock:
        writers = list(_writers)
    try:
        close_together(writers)
    finally:
        _exiting = True


def flush_all() -> None:
    """Have every writer of this process on disk, as far as possible. Raises nothing, and closes none."""
    since = time.monotonic()
    for writer in list(_writers):
        with suppress(Exception):  # a strict writer tells its own user
            writer.flush(True, since)


def call_after_fork_in_child(callback: Callable[[], None]) -> None:
    """Call `callback` in every forked child, before its writers are renewed."""
    _fork_callbacks.append(callback)


def _after_fork_in_child() -> None:
    global _lock, _hooked_pid, _exiting
    _lock = threading.RLock()
    _hooked_pid = None
    _exiting = False
    for callback in _fork_callbacks:
        callback()
    for writer in list(_writers):
        writer.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
