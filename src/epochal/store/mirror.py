"""A remote folder's logs as local files, kept current by reading what is new: everything else reads those.

    mirror = open_mirror("s3://bucket/logs")
    mirror.look()                        # one listing; new files are there, empty
    mirror.fetch_all()                   # newest first; only bytes that are not here yet
    mirror.folder                        # the local copy

Copied are event files, and of projectors what lies beside their configuration; a checkpoint never. A file that has
grown is continued if what is here ends as it does there, else it is copied anew: for object stores each change is
another object, but what writers of event files do is append.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from epochal.store.mirror_place import PART_SUFFIX, MirrorPlace
from epochal.store.names import text_of_path
from epochal.store.problems import Problem
from epochal.store.remote import (
    RemoteDeniedError,
    RemoteError,
    RemoteFile,
    RemoteFolder,
    RemoteGoneError,
    describe,
    normalize_url,
)

if TYPE_CHECKING:
    from epochal.store.mirror_place import Known

CHUNK_BYTES = 4 << 20
THREADS = 4

#: So much of what is here is read again to see whether a file that has grown is still the same one.
OVERLAP_BYTES = 4096

SAVE_EVERY_SECS = 5.0

_CONFIG = "projector_config.pbtxt"
_ASSETS = (".pbtxt", ".tsv", ".bytes", ".png", ".jpg", ".jpeg", ".gif")


#: What may not be read is asked for again after …; after so many in a row, a round has failed.
DENIED_SECS, MAX_DENIED = 300.0, 50

#: How often a file that is replaced while it is read is begun again.
MAX_ATTEMPTS = 3

_O_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

Wanted = Callable[[], bool]
"""Asked between parts of files, by any thread."""


class _ChangedError(RemoteError):
    """The store has another file than the one that was begun."""


class _EndedError(Exception):
    """Nobody wants the rest."""


class Mirror:
    """LogdirError for a URL that nothing can open. Thread-safe; only `look` and fetching ask the store."""

    def __init__(self, url: str) -> None:
        self.url = normalize_url(url)
        self._remote = RemoteFolder(self.url)
        self._place = MirrorPlace(self.url)
        self.folder = self._place.logs
        """The copy's absolute path."""
        self.exists = True
        """Whether there was anything at the address at the last look; true until one has succeeded."""
        self._was_listed = False
        self._saved_at = time.monotonic()
        # as soon as nobody uses it any more, at the latest when the process ends
        weakref.finalize(self, _leave, self._place, known := self._place.read_known())
        # Everything below is shared, under the condition.
        self._condition = threading.Condition()
        self._known: Known = known
        self._pending: dict[str, RemoteFile] = {}
        self._fetching: set[str] = set()
        self._problems: dict[str, str] = {}
        self._denied_until: dict[str, float] = {}
        self._silent_since: float | None = None
        self._silence = ""

    # -- what there is -------------------------------------------------------------------------------------------

    @property
    def pending_bytes(self) -> int:
        """About how much is still to be fetched."""
        with self._condition:
            return sum(max(0, file.size - self._size_here(file.path)) for file in self._pending.values())

    def pending_size(self, local_path: str) -> int | None:
        """The size that a file of the copy will have when it is fetched; None if it is as it should be."""
        with self._condition:
            file = self._pending.get(self._path_of(local_path))
        return None if file is None else file.size

    @property
    def problems(self) -> list[Problem]:
        """What could not be fetched, and whether the store answers at all."""
        with self._condition:
            found = [
                Problem(posixpath.dirname(path) or ".", text_of_path(path), None, None, None, message)
                for path, message in sorted(self._problems.items())
            ]
            if self._silent_since is not None:
                since = time.strftime("%H:%M:%S", time.localtime(self._silent_since))
                text = f"{self.url} cannot be read: {self._silence}"
                if self._was_listed:
                    text = f"{self.url} has not answered since {since}; what came before is shown. {self._silence}"
                found.append(Problem("", "", None, None, None, text))
        return found

    # -- asking the store ----------------------------------------------------------------------------------------

    def look(self) -> bool:
        """List the folder: what is gone goes here too, new files are there at once, empty. RemoteError.

        Returns whether anything is gone or to be fetched that was not before.
        """
        try:
            listed = self._remote.list_files()
            exists = bool(listed) or self._remote.exists()
        except RemoteError as error:
            with self._condition:
                self._silent_since = self._silent_since or time.time()
                self._silence = str(error)
            raise
        wanted = choose_files(listed)
        with self._condition:
            self._silent_since = None
            self._was_listed, self.exists = True, exists
            before = set(self._pending.values())
            self._pending = {path: file for path, file in wanted.items() if not self._is_here(file)}
            for path, file in wanted.items():
                if path not in self._pending:
                    self._known[path] = (file.version, file.size)
            self._problems = {path: text for path, text in self._problems.items() if path in self._pending}
            changed = {file.path for file in before ^ set(self._pending.values())}
            self._denied_until = {path: at for path, at in self._denied_until.items() if path not in changed}
            gone = [path for path in self._list_here() if path not in wanted]
            pending = list(self._pending)
            has_news = bool(gone) or not before.issuperset(self._pending.values())
        for path in gone:
            self._remove(path)
        for path in pending:
            self._begin(path)
        return has_news

    def fetch_all(self, is_wanted: Wanted = lambda: True) -> None:
        """Fetch what is pending, what was changed last first. What fails is a problem; RemoteError if all does.

        Returns early, without an error, when `is_wanted` has become false, once what is under way has come.
        """
        now = time.monotonic()
        with self._condition:
            # What failed goes last, and what may not be read waits: neither is to hold up the rest.
            waiting = deque(
                sorted(
                    (file for path, file in self._pending.items() if self._denied_until.get(path, now) <= now),
                    key=lambda file: (file.path in self._problems, -(file.modified or 0.0), file.path),
                )
            )
        failures: list[OSError] = []
        denied: list[OSError] = []
        bugs: list[BaseException] = []
        is_left = False

        def goes_on() -> bool:
            # Three in a row: it is the store, not the file. Of what may not be read there are whole folders.
            return not is_left and is_wanted() and len(failures) < 3 and len(denied) < MAX_DENIED and not bugs

        def work() -> None:
            while waiting and goes_on():
                try:
                    with contextlib.suppress(IndexError):  # others have taken the last one
                        if self._fetch(waiting.popleft().path, goes_on):
                            failures.clear()
                            denied.clear()
                except RemoteDeniedError as error:
                    denied.append(error)
                except OSError as error:
                    failures.append(error)
                except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
                    bugs.append(error)

        # Not a pool's threads: the interpreter waits for those when it ends, however slow the store is.
        threads = [
            threading.Thread(target=work, name="epochal-mirror-fetch", daemon=True)
            for _ in range(min(THREADS, len(waiting)))
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        finally:
            is_left = True  # by Ctrl-C
        self._save()
        if bugs:
            raise bugs[0]
        if len(failures) >= 3 or len(denied) >= MAX_DENIED:
            raise RemoteError(str([*failures, *denied][-1]))

    def fetch(self, local_paths: Iterable[str], is_wanted: Wanted = lambda: True) -> None:
        """Fetch these files of the copy, where they are pending. RemoteError, OSError."""
        for local_path in local_paths:
            self._fetch(self._path_of(local_path), is_wanted)

    def fetch_beside(self, local_folder: str, is_wanted: Wanted = lambda: True) -> None:
        """Fetch what is no event file in a folder of the copy and below it. RemoteError, OSError."""
        prefix = self._path_of(os.path.join(local_folder, ""))
        with self._condition:
            paths = [path for path in self._pending if path.startswith(prefix) and not _is_event_like(path)]
        for path in paths:
            self._fetch(path, is_wanted)

    # -- one file ------------------------------------------------------------------------------------------------

    def _fetch(self, path: str, is_wanted: Wanted) -> bool:
        """Have a file here if it is pending and still wanted; whether this did it. RemoteError, OSError."""
        with self._condition:
            while path in self._fetching:
                if not is_wanted():
                    return False
                self._condition.wait(0.5)
            file = self._pending.get(path)
            if file is None or not is_wanted():
                return False
            self._fetching.add(path)
        message: str | None = None
        is_here = False
        try:
            is_here = self._copy(file, is_wanted)
            message = ""
        except RemoteGoneError:
            self._remove(path)
            is_here, message = True, ""
        except OSError as error:
            message = describe(error)
            with self._condition:
                if isinstance(error, RemoteDeniedError):
                    self._denied_until[path] = time.monotonic() + DENIED_SECS
            raise
        finally:
            with self._condition:
                self._fetching.discard(path)
                if message:
                    self._problems[path] = message
                elif is_here:
                    self._problems.pop(path, None)
                    self._denied_until.pop(path, None)
                    if self._pending.get(path) == file:
                        del self._pending[path]
                self._condition.notify_all()
        self._save()
        return is_here

    def _copy(self, file: RemoteFile, is_wanted: Wanted) -> bool:
        """Have the file here; False if it is not wanted any more before all of it is."""
        local = self._local(file.path)
        os.makedirs(os.path.dirname(local), exist_ok=True)
        here = self._size_here(file.path)
        try:
            if not ((here < file.size or here == file.size == 0) and self._append(file, local, here, is_wanted)):
                self._replace(file, local, is_wanted)
        except _EndedError:
            return False
        if file.modified is not None:
            os.utime(local, (file.modified, file.modified))
        with self._condition:
            self._known[file.path] = (file.version, file.size)
        return True

    def _append(self, file: RemoteFile, local: str, here: int, is_wanted: Wanted) -> bool:
        """Continue the file with what is missing; False if what is here is not how it begins."""
        # By position, not at the end: whatever else writes to it, and wherever the disk was full, each byte is
        # where it belongs.
        with os.fdopen(os.open(local, os.O_RDWR | os.O_CREAT | _O_FLAGS, 0o600), "r+b") as out:
            overlap = min(here, OVERLAP_BYTES)
            out.seek(here - overlap)
            try:
                for position, data in self._read(file, here, out.read(overlap), is_wanted):
                    out.seek(position)
                    out.write(data)
                    out.flush()
            except _ChangedError:
                return False
        return True

    def _replace(self, file: RemoteFile, local: str, is_wanted: Wanted) -> None:
        """Put another file in its place, whole: readers never see half of it."""
        for attempt in range(MAX_ATTEMPTS):
            fd, temporary = tempfile.mkstemp(dir=self._place.folder, suffix=PART_SUFFIX)
            try:
                with os.fdopen(fd, "wb") as out:
                    for _, data in self._read(file, 0, b"", is_wanted):
                        out.write(data)
                os.replace(temporary, local)
                return
            except BaseException as error:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                if not isinstance(error, _ChangedError) or attempt == MAX_ATTEMPTS - 1:
                    raise

    def _read(self, file: RemoteFile, start: int, before: bytes, is_wanted: Wanted) -> Iterator[tuple[int, bytes]]:
        """The file from `start` on, in parts, each with its position; `before` is what it must have before that.

        Each part is read with the end of the one before it: a file that is replaced meanwhile is _ChangedError.
        """
        while start < file.size:
            if not is_wanted():
                raise _EndedError
            end = min(file.size, start + CHUNK_BYTES)
            data = self._remote.read(file.path, start - len(before), end)
            if data[: len(before)] != before:
                raise _ChangedError("It was replaced while it was read.")
            yield start, data[len(before) :]
            before, start = data[-OVERLAP_BYTES:], end

    # -- the copy ------------------------------------------------------------------------------------------------

    def _local(self, path: str) -> str:
        return os.path.join(self.folder, *path.split("/"))

    def _path_of(self, local_path: str) -> str:
        return local_path[len(self.folder) + 1 :].replace(os.sep, "/")

    def _size_here(self, path: str) -> int:
        try:
            return os.stat(self._local(path)).st_size
        except OSError:
            return 0

    def _is_here(self, file: RemoteFile) -> bool:
        """Whether the copy has the whole file; without a record of it as `rsync` judges, by size and time."""
        known = self._known.get(file.path)
        try:
            info = os.stat(self._local(file.path))
        except OSError:
            return False
        if info.st_size != file.size:
            return False
        if known is not None and known[1] == info.st_size:  # else it is older than the file: a process was killed
            return known == (file.version, file.size)
        return file.size > 0 and file.modified is not None and abs(info.st_mtime - file.modified) < 1e-3

    def _list_here(self) -> list[str]:
        found = []
        for folder, _, names in os.walk(self.folder):
            found += [self._path_of(os.path.join(folder, name)) for name in names]
        return found

    def _begin(self, path: str) -> None:
        """Have the file there, empty, so that its run is listed."""
        local = self._local(path)
        try:
            os.makedirs(os.path.dirname(local), exist_ok=True)
            os.close(os.open(local, os.O_WRONLY | os.O_CREAT, 0o600))
        except OSError as error:
            with self._condition:
                self._problems[path] = describe(error)

    def _remove(self, path: str) -> None:
        local = self._local(path)
        with contextlib.suppress(OSError):
            os.unlink(local)
            while (local := os.path.dirname(local)) != self.folder:
                os.rmdir(local)  # until one is not empty
        with self._condition:
            self._known.pop(path, None)

    def _save(self) -> None:
        with self._condition:
            if time.monotonic() - self._saved_at < SAVE_EVERY_SECS:
                return
            self._saved_at = time.monotonic()
            known = dict(self._known)
        self._place.write_known(known)


_mirrors: weakref.WeakValueDictionary[tuple[int, str], Mirror] = weakref.WeakValueDictionary()
_opening = threading.Lock()


def open_mirror(url: str) -> Mirror:
    """The process' one mirror of a URL: two copies would be read twice. LogdirError."""
    key = os.getpid(), normalize_url(url)  # a forked child needs one of its own
    with _opening:
        mirror = _mirrors.get(key)
        if mirror is None:
            mirror = _mirrors[key] = Mirror(url)
        return mirror


def _leave(place: MirrorPlace, known: Known) -> None:
    place.write_known(dict(known))
    place.leave()


def choose_files(listed: dict[str, RemoteFile]) -> dict[str, RemoteFile]:
    """Those of a folder's files that a reader of logs reads."""
    projectors = {posixpath.dirname(path) for path in listed if posixpath.basename(path) == _CONFIG}

    def is_asset(path: str) -> bool:
        if not path.endswith(_ASSETS):
            return False
        folder = posixpath.dirname(path)
        while folder not in projectors and folder:
            folder = posixpath.dirname(folder)
        return folder in projectors

    return {path: file for path, file in listed.items() if _is_event_like(path) or is_asset(path)}


def _is_event_like(path: str) -> bool:
    return "tfevents" in posixpath.basename(path)
