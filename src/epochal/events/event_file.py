"""Names of event files.

Ours: events.out.tfevents.<second, 10 digits>.<host>.<pid>.<counter, 6 digits>.<16 hex><suffix>. Others:
torch and TensorBoard write <second>.<host>.<pid>.<counter><suffix> (TensorFlow 2's suffix is ".v2"),
tensorboardX <second>.<host><suffix>. Every reader takes any name that contains "tfevents".
"""

from __future__ import annotations

import itertools
import os
import re
import socket
import threading
import time
from typing import NamedTuple

_MARK = "tfevents"
_OURS = re.compile(r"tfevents\.(\d+)\.(.+)\.(\d+)\.(\d{6})\.([0-9a-f]{16})(.*)\Z", re.DOTALL)
_TORCH = re.compile(r"tfevents\.(\d+)\.(.+)\.(\d+)\.(\d+)(\D.*)?\Z", re.DOTALL)
_BARE = re.compile(r"tfevents\.(\d+)\.(.+)\Z", re.DOTALL)

_counter = itertools.count()
_lock = threading.Lock()
_last_second = 0


def _renew_lock() -> None:
    """In a forked child the lock may be held for ever, by a thread that only the parent has."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


class EventFileName(NamedTuple):
    """What a name says; None where it says nothing. `second` is seconds since the epoch."""

    second: int | None = None
    host: str = ""
    pid: int | None = None
    counter: int | None = None
    token: str = ""
    suffix: str = ""


def make_event_file_name(suffix: str = "") -> str:
    """A new name, unique among all processes by 64 random bits.

    A name made later in this process sorts later, also if the clock stepped back in between.
    """
    global _last_second
    with _lock:
        _last_second = max(_last_second, int(time.time()))
        second, counter = _last_second, next(_counter)
    host = re.sub(r"[^\w.-]", "_", socket.gethostname()) or "localhost"
    return f"events.out.tfevents.{second:010d}.{host}.{os.getpid()}.{counter:06d}.{os.urandom(8).hex()}{suffix}"


def parse_event_file_name(name: str) -> EventFileName:
    """Parse a base name of any known writer; fields that it does not have stay None or empty."""
    if match := _OURS.search(name):
        second, host, pid, counter, token, suffix = match.groups()
        return EventFileName(int(second), host, int(pid), int(counter), token, suffix)
    if match := _TORCH.search(name):
        second, host, pid, counter, suffix = match.groups()
        return EventFileName(int(second), host, int(pid), int(counter), "", suffix or "")
    if match := _BARE.search(name):
        return EventFileName(int(match[1]), match[2])
    return EventFileName()


def is_event_file(name: str) -> bool:
    """Whether a base name is an event file's, by the field's rule: it contains "tfevents".

    Names that end in ".profile-empty" are the profiler's markers and hold no events.
    """
    return _MARK in name and not name.endswith(".profile-empty")
