"""The index: what was decoded of event files, kept in the user's cache directory for the next start.

One index file for each event file, named by a hash of the event file's device, inode and path; the core writes and
maps it (docs/formats/index.md). It may vanish at any time, and several servers share it without locks: a file is
written under a temporary name and renamed, so that who comes last wins, and mappings of the one before stay good.
docs/decisions/0006-index-and-memory.md tells why it is so.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import sys
import threading
import time
import weakref
from collections import OrderedDict
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from epochal.events.core import IndexFile
from epochal.events.filesystem import open_readonly, pread
from epochal.store.logdir import FileStat
from epochal.store.memory import spill_to
from epochal.store.problems import describe_os_error
from epochal.store.user_dirs import CACHE_VARIABLE, find_cache_dir

if TYPE_CHECKING:
    from collections.abc import Callable

#: Changes with what `IndexMeta` means; the core refuses files of another format by itself.
VERSION = 1

#: Index files that are mapped at one time.
MAX_OPEN = 128

#: After a failed write (a full disk, mostly), none is tried for so long.
PAUSE_SECS = 60.0

#: How often it is noted that an index is used, for the order in which they are removed.
TOUCH_SECS = 24 * 3600.0

#: Times on disk may be this coarse: what changed later than this before it was read may have changed since unseen.
RACY_SECS = 2.0

TEMPORARY = ".tmp"


class Identity(NamedTuple):
    """What must still be so for a file to hold what was decoded of it: `offset` bytes from its start on.

    `head` are its first bytes (up to 64), `end` is where the last whole record ends, `crc` what is stored there.
    """

    head: bytes
    offset: int
    end: int
    crc: int

    def matches(self, fd: int, size: int) -> bool:
        """Whether an open file of that size still begins with what was decoded. OSError if it cannot be read."""
        if size < self.offset or pread(fd, len(self.head), 0) != self.head:
            return False
        return not self.end or pread(fd, 4, self.end - 4) == self.crc.to_bytes(4, "little")


class IndexMeta(msgspec.Struct, frozen=True, array_like=True):
    """What the store keeps in an index about its event file.

    `key` is another one each time that an index is written. `stat` is the event file's as of `read_at`, seconds
    since the epoch, when its last byte was read. `span` are the first and last finite wall_time of its points.
    """

    version: int
    key: bytes
    path: bytes
    stat: tuple[int, int, int, int, int]
    read_at: float
    head: bytes
    span: tuple[float, float] | None

    def says_unchanged(self, stat: FileStat) -> bool:
        """Whether the file system vouches for every byte: nothing was touched, and not just before it was read."""
        return self.stat == stat and self.read_at - max(stat.mtime_ns, stat.ctime_ns) / 1e9 > RACY_SECS

    def is_in_doubt(self, stat: FileStat) -> bool:
        """Whether the file was touched without growing: event files only grow, so what was it then? (`rsync
        --inplace -t` keeps mtime, so ctime counts, too.)"""
        return self.stat[2:] != stat[2:] and self.stat[2] == stat.size


def make_index_meta(
    path: str, stat: FileStat, read_at: float, head: bytes, span: tuple[float, float] | None
) -> IndexMeta:
    """For an index that is about to be written."""
    return IndexMeta(VERSION, secrets.token_bytes(16), os.fsencode(path), stat, read_at, head, span)


class OpenIndex:
    """A mapped index file. Its columns are checked one series at a time, when they are first used."""

    __slots__ = ("_sound", "file", "meta", "tag_count")

    def __init__(self, file: IndexFile, meta: IndexMeta) -> None:
        self.file = file
        self.meta = meta
        self.tag_count = len(file.point_counts())
        self._sound: set[int] = set()

    @property
    def identity(self) -> Identity:
        file = self.file
        return Identity(self.meta.head, file.offset, file.last_record_end, file.last_record_crc)

    def is_sound(self, index: int) -> bool:
        """Whether the columns of a tag are what was written; reads them the first time."""
        if index not in self._sound:
            if not self.file.check(index):
                return False
            self._sound.add(index)
        return True


class IndexCache:
    """The index files of one cache directory. Thread-safe; holds no descriptor open."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._open: OrderedDict[bytes, OpenIndex] = OrderedDict()
        self._paused_until = float("-inf")
        self.bytes_written = 0
        _caches.add(self)

    def name_of(self, path: str, stat: FileStat) -> str:
        """The path of the index of an event file."""
        return self._name_of(os.fsencode(path), stat)

    def _name_of(self, path: bytes, stat: FileStat) -> str:
        digest = blake2b(b"%d %d %b" % (stat.device, stat.inode, path), digest_size=16)
        return f"{self.folder}{os.sep}{digest.hexdigest()}"

    def find(self, path: str, stat: FileStat) -> OpenIndex | None:
        """The index that names this event file; whether it is true of it now is for the caller to find out."""
        encoded = os.fsencode(path)
        name = self._name_of(encoded, stat)
        try:
            fd = open_readonly(name)
        except OSError:
            return None
        try:
            index = OpenIndex(*_map(fd))
            now = time.time()
            if now - index.meta.read_at > TOUCH_SECS and now - os.fstat(fd).st_mtime > TOUCH_SECS:
                with contextlib.suppress(OSError):
                    os.utime(name)
        except (ValueError, msgspec.MsgspecError):
            self.discard(name)
            return None
        except OSError:
            return None
        finally:
            os.close(fd)
        meta = index.meta
        if meta.path != encoded or meta.stat[:2] != stat[:2]:
            return None
        return index

    def get(self, key: bytes) -> OpenIndex | None:
        """An index that is mapped now."""
        with self._lock:
            index = self._open.get(key)
            if index is not None:
                self._open.move_to_end(key)
            return index

    def keep(self, index: OpenIndex) -> None:
        """Keep an index mapped, as the latest used one."""
        with self._lock:
            self._open[index.meta.key] = index
            self._open.move_to_end(index.meta.key)
            while len(self._open) > MAX_OPEN:
                self._open.popitem(last=False)

    def let_go(self) -> None:
        """Unmap all that nobody else uses."""
        with self._lock:
            self._open.clear()

    def write(self, path: str, about: IndexMeta, encode: Encode) -> bool:
        """Have an index written by `encode(fd, meta)`; False if the disk would not have it."""
        if time.monotonic() < self._paused_until:
            return False
        meta = msgspec.msgpack.encode(about)
        name = self.name_of(path, FileStat(*about.stat))
        temporary = f"{name}.{os.getpid()}-{about.key[:4].hex()}{TEMPORARY}"
        try:
            fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
            try:
                self.bytes_written += encode(fd, meta)
            finally:
                os.close(fd)
            os.replace(temporary, name)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            if not os.path.isdir(self.folder):  # somebody cleaned up: that is what caches are for
                with contextlib.suppress(OSError):
                    os.makedirs(self.folder, mode=0o700, exist_ok=True)
            self._paused_until = time.monotonic() + PAUSE_SECS
            return False
        return True

    def discard(self, name: str) -> None:
        """Remove an index file that proved unusable."""
        with contextlib.suppress(OSError):
            os.unlink(name)


if TYPE_CHECKING:
    #: (descriptor, meta) → bytes written
    Encode = Callable[[int, bytes], int]


def _map(fd: int) -> tuple[IndexFile, IndexMeta]:
    """ValueError or MsgspecError if it is no index of this version."""
    file = IndexFile(fd)
    meta = msgspec.msgpack.decode(file.meta, type=IndexMeta)
    if meta.version != VERSION:
        raise ValueError("an index of another version")
    return file, meta


_caches: weakref.WeakSet[IndexCache] = weakref.WeakSet()


@atexit.register
def _let_all_go() -> None:
    for cache in list(_caches):
        cache.let_go()


_told = False


def open_index_cache() -> IndexCache | None:
    """The user's index; None, said once in one line on standard error, if there can be none."""
    global _told
    folder = find_cache_dir()
    if folder is None:
        reason = f"there is no home directory; {CACHE_VARIABLE} names another place"
    else:
        folder = os.path.join(folder, "index")
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            probe = os.path.join(folder, f"probe.{os.getpid()}-{secrets.token_hex(4)}{TEMPORARY}")
            os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            os.unlink(probe)
            spill_to(folder)
            return IndexCache(folder)
        except OSError as error:
            reason = f"{folder}: {describe_os_error(error)[:-1]}"
    if not _told:
        _told = True
        line = f"Epochal keeps no index and will read all event files anew at the next start ({reason})."
        print(line.encode(errors="backslashreplace").decode(), file=sys.stderr)
    return None
