"""The JSON file of one logdir's user state: read with care, replaced whole, changed under a lock of all servers.

    {"epochal_state": 1, "logdir": "/path", "revision": 1732200000000,
    "runs": {
    "exp1": {"label":"baseline","star":true}
    },
    "tags": {}, "views": {}, "prefs": {}}

One entry a line, so that it can be read, compared and mended by hand. Of runs and tags it has the fields that say
something, as in RunPatch and TagPatch.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import time
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

import msgspec

from epochal.server.user_state import MAX_BYTES, MAX_REVISION, RunPatch, Sections, TagPatch, View

FORMAT = 1

#: Twice what is kept, for two servers that were each allowed the last byte; what is longer is no file of ours.
MAX_FILE_BYTES = 4 * MAX_BYTES

#: Longest wait for another server, which holds the lock for some milliseconds.
LOCK_SECS = 2.0

Signature = tuple[int, int, int, int]


class DamagedStateError(Exception):
    """What lies at the file's place is not a file of ours. The text says why."""


class LaterStateError(Exception):
    """The file is one of a later Epochal, and not to be touched. The text says so."""


class Kept(NamedTuple):
    """What the file says."""

    revision: int
    sections: Sections


class _Head(msgspec.Struct, frozen=True):
    epochal_state: int


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    epochal_state: int
    logdir: str
    revision: Annotated[int, msgspec.Meta(ge=0, le=MAX_REVISION)]
    runs: dict[str, RunPatch] = {}
    tags: dict[str, TagPatch] = {}
    views: dict[str, View] = {}
    prefs: dict[str, Any] = {}


class StateFile:
    """The file at `path`, which need not exist, nor its folder. OSErrors are the caller's."""

    def __init__(self, path: str, logdir: str) -> None:
        self.path = path
        self.folder = os.path.dirname(path)
        self._logdir = logdir

    def sign(self) -> Signature | None:
        """Differs after each replacement; None if there is nothing."""
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    def load(self) -> Kept:
        """What it says; nothing if there is no file. DamagedStateError, LaterStateError."""
        data = _read(self.path)
        return Kept(0, Sections()) if data is None else _decode(data)

    def replace(self, kept: Kept) -> None:
        """Write it anew, while holding the lock: all of it or nothing, also if the machine stops."""
        self._tidy()
        kept = Kept(min(kept.revision, MAX_REVISION), kept.sections)
        temporary = f"{self.path}.{secrets.token_hex(4)}.part"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        descriptor = os.open(temporary, flags, 0o600)
        try:
            with open(descriptor, "wb") as stream:
                stream.write(_encode(kept, self._logdir))
                stream.flush()
                os.fsync(descriptor)
            os.replace(temporary, self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise

    def _tidy(self) -> None:
        """Remove what processes that were killed left half written."""
        begin = os.path.basename(self.path) + "."
        for name in os.listdir(self.folder):
            if name.startswith(begin) and name.endswith(".part"):
                with contextlib.suppress(OSError):
                    os.unlink(os.path.join(self.folder, name))

    def put_aside(self) -> str:
        """Rename what is there, whatever it is; the new path."""
        stem = self.path.removesuffix(".json")
        aside = f"{stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}.json"
        os.rename(self.path, aside)
        return aside

    def check_writable(self) -> None:
        """PermissionError if it could not be written."""
        folder = self.folder
        while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
            folder = os.path.dirname(folder)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), self.folder)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep all other servers from changing anything. Makes the folder. TimeoutError after LOCK_SECS.

        The system lets go of the lock when a process ends, however it ends.
        """
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        descriptor = os.open(os.path.join(self.folder, ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            end = time.monotonic() + LOCK_SECS
            while not _try_lock(descriptor):
                if time.monotonic() > end:
                    raise TimeoutError(errno.ETIMEDOUT, "another server does not let go of its lock", self.folder)
                time.sleep(0.005)
            yield
        finally:
            os.close(descriptor)  # and with it the lock


def _try_lock(descriptor: int) -> bool:
    """Whether the lock is ours now; also where the file system knows no locks."""
    try:
        import fcntl
    except ImportError:
        return _try_lock_windows(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # as on some network drives: then the last one to write wins, as it would without any lock
    return True


def _try_lock_windows(descriptor: int) -> bool:
    try:
        import msvcrt
    except ImportError:
        return True
    locking: Any = getattr(msvcrt, "locking")  # noqa: B009 - typed on Windows only
    try:
        locking(descriptor, getattr(msvcrt, "LK_NBLCK"), 1)  # noqa: B009
    except OSError:
        return False
    return True


def _read(path: str) -> bytes | None:
    """The bytes; None if there is no file. Never waits for a pipe, never reads more than there may be."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DamagedStateError("it is no regular file")
    with open(descriptor, "rb") as stream:
        data = stream.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise DamagedStateError(f"it has more than {MAX_FILE_BYTES} bytes")
    return data


def _decode(data: bytes) -> Kept:
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.epochal_state > FORMAT:
            raise LaterStateError("they were kept by a later version of Epochal")
        document = msgspec.json.decode(data, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedStateError(str(error)) from None
    except RecursionError:
        raise DamagedStateError("it is nested too deeply") from None
    sections = Sections(document.runs, document.tags, document.views, document.prefs)
    return Kept(document.revision, sections)


def _encode(kept: Kept, logdir: str) -> bytes:
    head = {"epochal_state": FORMAT, "logdir": logdir, "revision": kept.revision}
    parts = [b"%s: %s" % (msgspec.json.encode(name), msgspec.json.encode(value)) for name, value in head.items()]
    for name in kept.sections.__struct_fields__:
        entries = getattr(kept.sections, name).items()
        lines = [b"%s: %s" % (msgspec.json.encode(key), msgspec.json.encode(value)) for key, value in entries]
        parts.append(b'"%s": {\n%s\n}' % (name.encode(), b",\n".join(lines)))
    return b"{" + b",\n".join(parts) + b"}\n"
