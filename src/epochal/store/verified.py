"""Remembers, across restarts, up to where the large records of an event file were checked.

A small file beside the event file's index in the user's cache directory. Like the index it may vanish at any time,
is written under a temporary name and renamed, and is not believed if the event file is another one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from epochal.events.filesystem import open_readonly, pread
from epochal.store.index import RACY_SECS, TEMPORARY, Identity
from epochal.store.log_file import HEAD_BYTES
from epochal.store.logdir import FileStat, make_file_stat

if TYPE_CHECKING:
    from epochal.store.index import IndexCache
    from epochal.store.log_file import LogFile

VERSION = 1

SUFFIX = ".checked"


class _Note(msgspec.Struct, frozen=True, array_like=True):
    """`until`: all large records that begin before it are good; `crc` is stored in the 4 bytes before it."""

    version: int
    path: bytes
    stat: tuple[int, int, int, int, int]
    at: float
    head: bytes
    until: int
    crc: int


class Visit(NamedTuple):
    """An event file as it is when one begins to check it; `at` in seconds since the epoch."""

    fd: int
    stat: FileStat
    at: float

    @staticmethod
    def begin(fd: int) -> Visit:
        """Now. OSError."""
        return Visit(fd, make_file_stat(os.fstat(fd)), time.time())


def remember(cache: IndexCache, file: LogFile, visit: Visit, until: int) -> None:
    """Note that a file's large records before `until` are good; an unwritable cache means checking again."""
    name = _name_of(cache, file)
    temporary = f"{name}.{os.getpid()}-{secrets.token_hex(4)}{TEMPORARY}"
    with contextlib.suppress(OSError):
        head = pread(visit.fd, min(HEAD_BYTES, until), 0)
        crc = int.from_bytes(pread(visit.fd, 4, until - 4), "little")
        note = _Note(VERSION, os.fsencode(file.path), visit.stat, visit.at, head, until, crc)
        try:
            with open(temporary, "xb") as out:
                out.write(msgspec.msgpack.encode(note))
            os.replace(temporary, name)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def recall(cache: IndexCache, file: LogFile) -> int:
    """Up to where a file's large records were checked before; 0 if that is unknown or the file may have changed.

    One that was only appended to counts as the same; any other touch means checking again.
    """
    try:
        with open(_name_of(cache, file), "rb") as source:
            note = msgspec.msgpack.decode(source.read(4096), type=_Note)
        fd = open_readonly(file.path)
    except (OSError, msgspec.MsgspecError):
        return 0
    try:
        stat, was = make_file_stat(os.fstat(fd)), FileStat(*note.stat)
        if note.version != VERSION or note.path != os.fsencode(file.path) or stat[:2] != was[:2]:
            return 0
        is_untouched = stat == was and note.at - max(was.mtime_ns, was.ctime_ns) / 1e9 > RACY_SECS
        if not is_untouched and stat.size <= was.size:
            return 0
        return note.until if Identity(note.head, note.until, note.until, note.crc).matches(fd, stat.size) else 0
    except OSError:
        return 0
    finally:
        os.close(fd)


def _name_of(cache: IndexCache, file: LogFile) -> str:
    return cache.name_of(file.path, file.found.stat) + SUFFIX
