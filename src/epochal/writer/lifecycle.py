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
import weakref
from collections.abc import Callable
from typing import Protocol


class ManagedWriter(Protocol):
    """What this module asks of a writer."""

    def request_close(self) -> None:
        """Begin to close without waiting."""

    def close(self) -> None:
        """Close; returns at the latest when nothing has moved for a while."""

    def flush(self, sync: bool = False) -> None:
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


def close_all() -> None:
    """Write and sync every writer of this process; all at once, so that hung disks cost one waiting time."""
    global _exiting
    with _lock:
        writers = list(_writers)
    for writer in writers:
        writer.request_close()
    for writer in writers:
        writer.close()
    _exiting = True


def flush_all() -> None:
    """Have every writer of this process on disk, as far as possible. Raises nothing, and closes none."""
    for writer in list(_writers):
        try:
            writer.flush(sync=True)
        except Exception:  # noqa: BLE001 - a strict writer tells its own user
            pass


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
