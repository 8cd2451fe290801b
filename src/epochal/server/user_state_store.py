"""A logdir's user state as one server has it: what its file says, and what could not be written to that yet.

Each change reads the file anew, applies what changed and replaces it, so that servers and pages add to each
other's changes. What cannot be written is kept in memory and tried again. Nothing that lies on disk makes it fail:
`UserState.notice` says in one sentence what is wrong there. A disk that hangs holds up changes, nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator

from epochal.server.user_state import (
    Changes,
    Sections,
    StateBusyError,
    StateChange,
    UserState,
    check_changes,
    join_changes,
)
from epochal.server.user_state_file import DamagedStateError, Kept, LaterStateError, Signature, StateFile
from epochal.store.names import text_of_path
from epochal.store.remote import is_remote_url

#: What could not be written is tried again so often.
RETRY_SECS = 10.0

#: Longest wait for another request, which takes milliseconds unless the disk hangs.
WAIT_SECS = 3.0

_NO_HOME = "there is no home directory; EPOCHAL_STATE_DIR names another place"


class UserStateStore:
    """What the user says of one logdir. Thread-safe.

    `folder` is the state directory, None if there is none. `say` is called once with each notice.
    """

    def __init__(self, logdir: str, folder: str | None, say: Callable[[str], None] | None = None) -> None:
        self._logdir = logdir
        self._folder = folder
        self._file: StateFile | None = None
        self._say = say if say is not None else _print_line
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._has_looked = False
        self._signature: Signature | None = None
        self._kept = Sections()  # on disk, as far as we know
        self._unsaved: Changes = {}
        self._sections = Sections()  # the former with the latter
        self._revision = 0
        self._tried = 0.0
        self._failure = ""
        self._put_aside = ""
        self._said: set[str] = set()

    @property
    def revision(self) -> int:
        """The revision as of the last look; asking costs nothing."""
        return self._revision

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` for each new revision, on the thread that made or noticed it. Returns how to end it."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return unsubscribe

    def look(self) -> int:
        """Notice what other servers wrote, write what could not be written before. The revision."""
        with self._holding(0) as mine:
            if mine:  # else somebody is at it, perhaps on a disk that hangs
                self._look()
        return self._revision

    def read(self) -> UserState:
        """All of it, as it is now; if the disk hangs, as it was."""
        with self._holding(WAIT_SECS) as mine:
            if mine:
                self._look()
            return self._make_state()

    def change(self, changes: list[StateChange]) -> UserState:
        """Make the changes, all or none; what is there then. InvalidStateError, StateBusyError."""
        checked = check_changes(changes)
        with self._holding(WAIT_SECS) as mine:
            if not mine:
                raise StateBusyError("The disk with names, notes and stars does not answer; nothing was changed.")
            self._look()
            self._sections.apply(checked).check_size(self._sections)
            self._save(join_changes(self._unsaved, checked))
            return self._make_state()

    @contextlib.contextmanager
    def _holding(self, wait_secs: float) -> Iterator[bool]:
        """Try to get the lock. Afterwards tell listeners, and people at the terminal, what is new."""
        if not self._lock.acquire(timeout=wait_secs):
            yield False
            return
        revision, notice = self._revision, self._notice
        try:
            yield True
        finally:
            if self._revision == revision and self._notice != notice and revision:
                self._revision += 1  # whether it lasts is part of what pages read
            changed = self._revision != revision
            self._lock.release()
        if self._notice and self._notice not in self._said:
            self._said.add(self._notice)
            self._say(self._notice)
        for listener in list(self._listeners) if changed else ():
            listener()

    @property
    def _notice(self) -> str:
        return self._failure or self._put_aside

    def _make_state(self) -> UserState:
        return self._sections.make_state(self._revision, not self._failure, self._notice)

    def _look(self) -> None:
        if self._file is None and self._folder is not None:
            self._file = _find_file(self._folder, self._logdir)  # only now: a dead network drive may hold it up
        if self._file is None:
            self._fail(_NO_HOME)
        elif self._unsaved and time.monotonic() - self._tried > RETRY_SECS:
            self._save(self._unsaved)
        else:
            try:
                self._refresh(self._file)
            except DamagedStateError:
                self._save(self._unsaved)  # puts it aside
            except (LaterStateError, OSError) as error:
                self._fail(self._describe(error))
        self._has_looked = True

    def _refresh(self, file: StateFile) -> None:
        signature = file.sign()
        if self._has_looked and signature == self._signature:
            return
        if signature is None and not self._has_looked:
            file.check_writable()
        # Signed before it is read: if it is replaced meanwhile, the next look reads it again.
        kept = file.load()
        self._signature = signature
        self._accept(kept.sections, self._unsaved, kept.revision)
        self._failure = self._failure if self._unsaved else ""

    def _accept(self, kept: Sections, unsaved: Changes, revision: int) -> None:
        sections = kept.apply(_flatten(unsaved))
        if sections != self._sections or revision > self._revision:
            self._revision = max(revision, self._revision + 1)
        self._kept, self._unsaved, self._sections = kept, unsaved, sections

    def _save(self, unsaved: Changes) -> None:
        """Apply changes to what is on disk, or to what is known of it if it cannot be written."""
        try:
            if self._file is not None:
                self._tried = time.monotonic()
                self._write(self._file, unsaved)
                return
        except (LaterStateError, OSError) as error:
            self._fail(self._describe(error))
        self._accept(self._kept, unsaved, self._next_revision(self._kept.apply(_flatten(unsaved))))

    def _write(self, file: StateFile, unsaved: Changes) -> None:
        with file.lock():
            try:
                kept = file.load()
            except DamagedStateError as error:
                aside = file.put_aside()
                self._put_aside = (
                    f"Names, notes and stars of this logdir could not be read ({error}); the file is now {aside}."
                )
                kept = Kept(0, Sections())
                unsaved = join_changes(self._kept.as_changes(), _flatten(unsaved))
            sections = kept.sections.apply(_flatten(unsaved))
            revision = max(kept.revision, self._next_revision(sections))
            if sections != kept.sections:
                revision = max(revision, kept.revision + 1)
                file.replace(Kept(revision, sections))
            self._signature = file.sign()
        self._accept(sections, {}, revision)
        self._failure = ""

    def _next_revision(self, sections: Sections) -> int:
        """Of what is new; by the clock, so that a file begun anew repeats no revision that a page may know."""
        if sections == self._sections:
            return self._revision
        return max(self._revision + 1, time.time_ns() // 1_000_000)

    def _describe(self, error: Exception) -> str:
        if isinstance(error, OSError) and self._file is not None:
            return f"{self._file.folder}: {error.strerror or error}"
        return str(error)

    def _fail(self, reason: str) -> None:
        self._failure = f"Names, notes and stars last until this server ends ({reason})."


def _find_file(folder: str, logdir: str) -> StateFile:
    resolved = logdir if is_remote_url(logdir) else os.path.realpath(logdir)
    name = hashlib.sha256(os.fsencode(resolved)).hexdigest()[:32]
    return StateFile(os.path.join(folder, f"{name}.json"), text_of_path(resolved))


def _flatten(unsaved: Changes) -> list[StateChange]:
    return [change for made in unsaved.values() for change in made]


def _print_line(notice: str) -> None:
    print(f"epochal: {notice}".encode(errors="backslashreplace").decode(), file=sys.stderr)
