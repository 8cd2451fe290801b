"""Where the copy of a remote folder lies: in the user's cache directory, owned by one process at a time.

Whoever finds it owned by another process, or has no cache directory to write to, gets a folder that goes when the
process does.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from hashlib import blake2b
from typing import Any

from epochal.store.user_dirs import find_cache_dir

#: A copy that nobody opened for so long is removed when another one is opened.
MAX_UNUSED_SECS = 30 * 24 * 3600.0

#: A temporary copy whose process is gone goes when another one is made, if it is older than this.
MIN_LOST_SECS = 60.0

#: Of files on their way.
PART_SUFFIX = ".part"

_TEMPORARY_PREFIX = "epochal-mirror-"

_STATE_VERSION = 1

Known = dict[str, tuple[str, int]]
"""What the copy has whole: path → (version, size in bytes) as `RemoteFile` has them."""


class MirrorPlace:
    """A folder of our own. `logs` is the copy; beside it lies what is known of it, and files on their way."""

    def __init__(self, url: str) -> None:
        self._lock_fd: int | None = None
        self._process = os.getpid()
        owned = self._claim(url)
        self._is_temporary = owned is None
        self.folder = owned or self._make_temporary()
        self.logs = os.path.join(self.folder, "logs")
        os.makedirs(self.logs, exist_ok=True)

    def _claim(self, url: str) -> str | None:
        cache = find_cache_dir()
        if cache is None:
            return None
        mirrors = os.path.join(cache, "mirrors")
        folder = os.path.join(mirrors, blake2b(url.encode(errors="surrogatepass"), digest_size=16).hexdigest())
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            self._lock_fd = _lock(folder)
            if self._lock_fd is None:
                return None
            with open(os.path.join(folder, "url"), "w", encoding="utf-8", errors="surrogateescape") as out:
                out.write(url + "\n")  # for people who wonder what takes all the room
            _remove_unused(mirrors, keep=folder)
            _remove_parts(folder)
        except OSError:
            self._unlock()
            return None
        return folder

    def _make_temporary(self) -> str:
        # A process that was killed, and a forked child that ends as those do, cleans nothing up.
        _remove_lost(tempfile.gettempdir())
        folder = tempfile.mkdtemp(prefix=_TEMPORARY_PREFIX)
        with contextlib.suppress(OSError):
            self._lock_fd = _lock(folder)
        return folder

    def read_known(self) -> Known:
        """What an earlier owner left; nothing if that cannot be read."""
        try:
            with open(self._state_path, encoding="utf-8") as state:
                found: dict[str, Any] = json.load(state)
            if found["version"] != _STATE_VERSION:
                return {}
            return {path: (str(version), int(size)) for path, (version, size) in found["files"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def write_known(self, known: Known) -> None:
        """Leave it to the next owner; nothing in a forked child.

        A disk without room leaves nothing, and the next owner compares times and sizes.
        """
        if os.getpid() != self._process:
            return
        temporary = f"{self._state_path}.part"
        try:
            with open(temporary, "w", encoding="utf-8") as state:
                json.dump({"version": _STATE_VERSION, "files": known}, state)
            os.replace(temporary, self._state_path)
        except (OSError, UnicodeEncodeError):
            pass

    @property
    def _state_path(self) -> str:
        return os.path.join(self.folder, "known.json")

    def leave(self) -> None:
        """Let others own it; a temporary folder goes. Nothing in a forked child: there it is the parent's."""
        if os.getpid() != self._process:
            return
        if self._is_temporary:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._unlock()

    def _unlock(self) -> None:
        if self._lock_fd is not None:
            import fcntl

            with contextlib.suppress(OSError):
                fcntl.flock(self._lock_fd, fcntl.LOCK_UN)  # closing is not enough: a forked child may have it too
            os.close(self._lock_fd)
            self._lock_fd = None


def _lock(folder: str) -> int | None:
    """A descriptor that holds the folder's lock until it is closed; None if somebody else has it."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    fd = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.utime(fd)  # when it was used last
    except OSError:  # taken, or a file system without locks
        os.close(fd)
        return None
    return fd


def _remove_parts(folder: str) -> None:
    """What was on its way when an earlier owner was killed."""
    with os.scandir(folder) as entries:
        parts = [entry.path for entry in entries if entry.name.endswith(PART_SUFFIX)]
    for part in parts:
        with contextlib.suppress(OSError):
            os.unlink(part)


def _remove_lost(temporary: str) -> None:
    """Remove the temporary copies of processes that are gone; those hold no lock any more."""
    oldest = time.time() - MIN_LOST_SECS
    try:
        with os.scandir(temporary) as entries:
            folders = [
                entry.path
                for entry in entries
                if entry.name.startswith(_TEMPORARY_PREFIX) and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return
    _remove_unlocked(folders, oldest)


def _remove_unused(mirrors: str, keep: str) -> None:
    oldest = time.time() - MAX_UNUSED_SECS
    with os.scandir(mirrors) as entries:
        folders = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    _remove_unlocked([folder for folder in folders if folder != keep], oldest)


def _remove_unlocked(folders: list[str], oldest: float) -> None:
    for folder in folders:
        try:
            if os.stat(os.path.join(folder, "lock")).st_mtime > oldest:
                continue
            fd = _lock(folder)
        except OSError:
            continue
        if fd is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(fd)
