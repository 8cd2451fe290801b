"""Logdirs as people write them, and the event files under them."""

from __future__ import annotations

import os
import re
import stat
import time
from typing import TYPE_CHECKING, NamedTuple

from epochal.errors import LogdirError
from epochal.events.event_file import is_event_file
from epochal.store.names import text_of_path
from epochal.store.problems import Problem, describe_os_error
from epochal.store.remote import is_remote_url, normalize_url

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 32

#: A directory reached through symbolic links is listed at most this often, so that links to folders with links
#: cannot multiply without end.
MAX_LINKED_VISITS = 16


def parse_address(address: str | bytes | os.PathLike[str]) -> str:
    """The absolute path of a local logdir, or the URL of a remote one, always in the same words. LogdirError."""
    text = os.fsdecode(address)
    if not is_remote_url(text):
        return parse_logdir(address)
    return normalize_url(text)


def parse_logdir(address: str | bytes | os.PathLike[str]) -> str:
    """The absolute path of a logdir as typed: `~`, `..`, `//abs`, trailing slashes, relative, file:// URLs.

    Symbolic links stay (a link that is pointed elsewhere later is followed then), except before a `..`, which
    leaves the directory that the link leads to. The path need not exist. LogdirError for anything that is not
    a local path.
    """
    text = os.fsdecode(address)
    if not text:
        raise LogdirError("The logdir is empty; give the folder that holds your runs.")
    if "\0" in text:
        raise LogdirError("The logdir contains a zero byte, so it is not a path.")
    if is_remote_url(text):
        raise LogdirError(f"A local folder is needed here; {text} is none.")
    if re.match(r"(file|local)://", text, re.IGNORECASE):
        from urllib.parse import unquote, urlsplit

        text = unquote(urlsplit(text).path)
    text = os.path.expanduser(text)
    separators = (os.sep, os.altsep) if os.altsep else (os.sep,)
    parts = re.split("[" + re.escape("".join(separators)) + "]", text)
    if ".." in parts:
        last = len(parts) - parts[::-1].index("..")
        text = os.path.join(os.path.realpath(os.sep.join(parts[:last])), *parts[last:])
    path = os.path.abspath(text)
    if os.name == "posix":  # abspath keeps exactly two leading slashes, as POSIX allows
        path = "/" + path.lstrip("/")
    return path


class FileStat(NamedTuple):
    """What changes whenever a file's content may have; times in nanoseconds since the epoch.

    ctime also tells of a rewrite that kept size and mtime, as `rsync --inplace -t` does.
    """

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @property
    def modified(self) -> float:
        """mtime in seconds since the epoch."""
        return self.mtime_ns / 1e9


def make_file_stat(info: os.stat_result) -> FileStat:
    return FileStat(info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)


def _stat_entry(entry: os.DirEntry[str]) -> FileStat:
    # Windows lists directories with a cached, incomplete stat.
    return make_file_stat(os.stat(entry.path) if os.name == "nt" else entry.stat())


class FoundFile(NamedTuple):
    """An event file: its path, its base name and what the file system says (links followed)."""

    path: str
    name: str
    stat: FileStat


class FoundRun(NamedTuple):
    """A run: its name, its directory's path and its event files, in no order."""

    name: str
    path: str
    files: list[FoundFile]


class Scan(NamedTuple):
    """One walk of a logdir. `identity` is the directory's (device, inode), None if there is none."""

    exists: bool
    identity: tuple[int, int] | None
    runs: dict[str, FoundRun]
    problems: list[Problem]


def scan_logdir(root: str) -> Scan:
    """Find all runs under `root`: directories that directly hold event files, links followed, loops safe.

    Names directories and files only; opens nothing. Only regular files count, up to 32 directories deep.
    """
    try:
        info = os.stat(root)
        if not stat.S_ISDIR(info.st_mode):
            return Scan(False, None, {}, [Problem("", "", None, None, None, "The logdir is not a folder.")])
    except (FileNotFoundError, NotADirectoryError):
        return Scan(False, None, {}, [])
    except OSError as error:
        return Scan(False, None, {}, [Problem("", "", None, None, None, describe_os_error(error))])
    runs: dict[str, FoundRun] = {}
    problems: list[Problem] = []
    for run in _walk(root, info, problems):
        runs[run.name] = run
    return Scan(True, (info.st_dev, info.st_ino), runs, problems)


class _Place(NamedTuple):
    """A directory on the way, and the one it was entered from."""

    device: int
    inode: int
    parent: _Place | None
    depth: int


def _walk(root: str, info: os.stat_result, problems: list[Problem]) -> Iterator[FoundRun]:
    pending = [(root, "", _Place(info.st_dev, info.st_ino, None, 0))]
    linked_visits: dict[tuple[int, int], int] = {}
    too_deep = too_often = ""
    while pending:
        path, name, here = pending.pop()
        files: list[FoundFile] = []
        is_run = False
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    try:
                        if entry.is_dir():
                            identity = _enter(entry, here)
                            if identity is None:
                                continue
                            child_name = f"{name}/{entry.name}" if name else entry.name
                            if here.depth == MAX_DEPTH:
                                too_deep = too_deep or child_name
                            elif entry.is_symlink() and linked_visits.get(identity, 0) == MAX_LINKED_VISITS:
                                too_often = too_often or child_name
                            else:
                                if entry.is_symlink():
                                    linked_visits[identity] = linked_visits.get(identity, 0) + 1
                                pending.append((entry.path, child_name, _Place(*identity, here, here.depth + 1)))
                        elif "tfevents" in entry.name and entry.is_file():
                            is_run = True  # also if all it has is the profiler's ".profile-empty" marker
                            if is_event_file(entry.name):
                                files.append(FoundFile(entry.path, entry.name, _stat_entry(entry)))
                    except OSError:
                        continue  # gone since it was listed, or a broken link
        except FileNotFoundError:
            continue
        except OSError as error:
            problems.append(Problem("", text_of_path(name), None, None, None, describe_os_error(error)))
        if is_run:
            yield FoundRun(text_of_path(name.replace(os.sep, "/")) or ".", path, files)
    if too_deep:
        message = f"Folders more than {MAX_DEPTH} deep are not looked into; this is one."
        problems.append(Problem("", text_of_path(too_deep), None, None, None, message))
    if too_often:
        message = f"A folder is looked into through {MAX_LINKED_VISITS} links at most; this is one more."
        problems.append(Problem("", text_of_path(too_often), None, None, None, message))


def _enter(entry: os.DirEntry[str], here: _Place) -> tuple[int, int] | None:
    """The (device, inode) of a directory to descend into; None if that would loop."""
    if not entry.is_symlink():
        return here.device, entry.inode()
    info = entry.stat()
    identity = (info.st_dev, info.st_ino)
    ancestor: _Place | None = here
    while ancestor is not None:
        if (ancestor.device, ancestor.inode) == identity:
            return None
        ancestor = ancestor.parent
    return identity


class NearbyFolder(NamedTuple):
    """A folder with event files at or below it; the count may be a lower bound."""

    path: str
    event_files: int


def find_nearby(root: str, *, most: int = 8, budget_secs: float = 0.1) -> list[NearbyFolder]:
    """Folders beside `root` that have event files, those with most first; a quick look, not a full search."""
    deadline = time.monotonic() + budget_secs
    parent = os.path.dirname(root)
    found = []
    try:
        with os.scandir(parent) as entries:
            siblings = sorted(entry.path for entry in entries if entry.is_dir() and entry.path != root)
    except OSError:
        return []
    for sibling in siblings:
        count = _count_event_files(sibling, 4, deadline)
        if count:
            found.append(NearbyFolder(sibling, count))
        if time.monotonic() > deadline:
            break
    found.sort(key=lambda folder: -folder.event_files)
    return found[:most]


def _count_event_files(path: str, levels: int, deadline: float) -> int:
    count = 0
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if is_event_file(entry.name) and entry.is_file():
                    count += 1
                elif levels and entry.is_dir(follow_symlinks=False) and time.monotonic() < deadline:
                    count += _count_event_files(entry.path, levels - 1, deadline)
    except OSError:
        pass
    return count
