"""projector_config.pbtxt, the one file of a run that all its writers share: added to by many, losing no entry.

An entry is added by reading the file, and putting a new one in its place by rename: a reader never sees half of
it. Between the two the directory itself is locked (flock; no lock file is left behind), against other threads and
processes of the machine and, where the file system passes locks on, of others. Where it cannot be locked (Windows,
some network drives), or its lock is held for seconds by a process that hangs, the file is read again after the
rename, and the entry added again if another writer's rename took it away: then two writers at the same instant
lose none unless one of them dies at once.
"""

from __future__ import annotations

import os
import random
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from epochal.summaries import projector
from epochal.writer import lifecycle

try:
    import fcntl
except ImportError:  # Windows
    _has_locks = False
else:
    _has_locks = True

LOCK_SECS = 5.0

_POLL_SECS = 0.005
_RETRIES = 20
_SETTLE_SECS = 0.05
"""Longer than anybody's way from reading to renaming."""

_thread_lock = threading.Lock()


def _renew_lock() -> None:
    """Another thread of the parent may have held it when the process forked."""
    global _thread_lock
    _thread_lock = threading.Lock()


lifecycle.call_after_fork_in_child(_renew_lock)


def add_embedding(run: str, embedding: projector.Embedding) -> None:
    """List an embedding in the config of the directory `run`; one of the same name is replaced. OSError."""
    with _thread_lock, _locked(run) as is_locked:
        _merge(run, embedding)
        for _ in range(0 if is_locked else _RETRIES):
            time.sleep(_SETTLE_SECS * random.uniform(0.5, 1.5))
            if projector.has_entry(_read(run), embedding):
                return
            _merge(run, embedding)


def replace_file(path: str, data: bytes) -> None:
    """Write a file whole or not at all: a reader never sees half of it. OSError."""
    partial = f"{path}.{secrets.token_hex(8)}.tmp"
    try:
        with open(partial, "xb") as file:
            file.write(data)
        os.replace(partial, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)
        raise


def _merge(run: str, embedding: projector.Embedding) -> None:
    config = projector.add_to_config(_read(run), embedding)
    replace_file(os.path.join(run, projector.CONFIG_NAME), config.encode())


def _read(run: str) -> str:
    try:
        with open(os.path.join(run, projector.CONFIG_NAME), encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


@contextmanager
def _locked(directory: str) -> Iterator[bool]:
    """Hold the directory's lock, if it can be had within `LOCK_SECS`; says whether it is held."""
    if not _has_locks:
        yield False
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        is_locked = _lock(descriptor)
        try:
            yield is_locked
        finally:
            if is_locked:
                fcntl.flock(descriptor, fcntl.LOCK_UN)  # a forked child may hold the descriptor too
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Never waits in the kernel: the process that holds it may be stopped for good."""
    end = time.monotonic() + LOCK_SECS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(_POLL_SECS)
        except OSError:
            return False  # not on this file system
