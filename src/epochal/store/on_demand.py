"""Reads the runs of a logdir when they are asked for; for `epochal.open` and for tools.

    reader = LogdirReader("runs")      # walks the folders, opens no file
    reader.list_runs()                 # names in natural order
    run = reader.load_run("exp1")      # waits for the files of this run only; those of the next runs follow

What was read once stays as it is until `refresh`. The parts are the server's own: `LogFile` reads, `RunLoader`
puts together, the decoder releases the GIL, so that threads suffice.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
import weakref
from collections import deque
from typing import TYPE_CHECKING

from epochal.errors import RunNotFoundError
from epochal.store.blobs import BlobReader
from epochal.store.index import open_index_cache
from epochal.store.index_writer import IndexWriter
from epochal.store.load_pool import MAX_THREADS
from epochal.store.logdir import FoundFile, make_file_stat, parse_address, scan_logdir
from epochal.store.memory import Relief
from epochal.store.names import natural_key, text_of_path
from epochal.store.parents import find_parent
from epochal.store.problems import sort_problems
from epochal.store.remote import RemoteDeniedError, is_remote_url
from epochal.store.run_loader import RunLoader, let_go_of_lost, list_files
from epochal.store.snapshot import Progress, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from epochal.store.log_file import LogFile
    from epochal.store.logdir import Scan
    from epochal.store.mirror import Mirror
    from epochal.store.points import BlobRef
    from epochal.store.problems import Problem
    from epochal.store.snapshot import Run

#: How far reading runs ahead of what was asked for, in runs and in bytes of event files.
READ_AHEAD_RUNS = 256
READ_AHEAD_BYTES = 512 << 20


class LogdirReader:
    """A logdir whose runs are read on demand, each as it was when it was first asked for. Thread-safe.

    LogdirError if the address cannot be a logdir, RemoteError for a URL's store that does not answer. A folder
    that does not exist has no runs. `cache=False` neither uses nor writes the index. `address` is what was given,
    in full; `root` the local folder, of a URL that of the copy, whose files are fetched when they are read.
    """

    def __init__(self, logdir: str | os.PathLike[str], *, cache: bool = True) -> None:
        self.address = parse_address(logdir)
        self._mirror: Mirror | None = None
        if is_remote_url(self.address):
            from epochal.store.mirror import open_mirror

            self._mirror = open_mirror(self.address)
        self.root = self.address if self._mirror is None else self._mirror.folder
        self.exists = False
        self._index_cache = open_index_cache() if cache else None
        self._index_writer = IndexWriter(self._index_cache) if self._index_cache is not None else None
        self._relief = Relief()
        self._blobs = BlobReader(self._report_damage)
        self._loaders: dict[str, RunLoader] = {}
        self._scan_problems: list[Problem] = []
        self._previous: dict[str, Run] = {}
        self._damage: list[tuple[LogFile, int, int, str]] = []
        # Everything below is shared with the reading threads, under the condition.
        self._condition = threading.Condition()
        self._revision = 0
        self._runs: dict[str, Run] = {}
        self._left: dict[str, set[LogFile]] = {}
        self._asked: list[str] = []
        self._ahead: deque[str] = deque()
        self._reading: set[LogFile] = set()
        self._threads = self._waiting = 0
        self._errors: dict[str, BaseException] = {}
        self._is_refreshing = False
        self._stopping = False
        _readers.add(self)
        self.refresh()

    def list_runs(self) -> tuple[str, ...]:
        """The runs' names in natural order, as of the last refresh."""
        return tuple(self._loaders)

    @property
    def scan_problems(self) -> tuple[Problem, ...]:
        """Folders that could not be looked into, as of the last refresh, and what could not be fetched so far."""
        return (*self._scan_problems, *(() if self._mirror is None else self._mirror.problems))

    def load_run(self, name: str, following: Sequence[str] | None = None) -> Run:
        """The run, read if it was not yet; then others are read ahead. RunNotFoundError.

        `following`: the runs that will be asked for next; None: those behind it.
        """
        with self._condition:
            self._asked.append(name)
            try:
                while (run := self._runs.get(name)) is None:
                    if name not in self._loaders:
                        raise RunNotFoundError(name, self._loaders)
                    if name in self._errors:
                        raise self._errors[name]
                    if not self._left[name]:
                        return self._build(name)
                    self._look_ahead(name, following)
                    file = self._take([name])
                    if file is None:
                        self._condition.wait()  # others have taken the last of its files
                    else:
                        self._read(file, None)
                return run
            finally:
                self._asked.remove(name)

    def load_all(self) -> Snapshot:
        """All runs, read where they were not yet, with the problems found; what `query` takes."""
        runs = {name: self.load_run(name) for name in self.list_runs()}
        return self.make_snapshot(runs)

    def make_snapshot(self, runs: dict[str, Run]) -> Snapshot:
        """A snapshot of some runs that were read, for functions of `query`."""
        problems = [*self.scan_problems, *(problem for run in runs.values() for problem in run.problems)]
        return Snapshot(
            text_of_path(self.address),
            self._blobs,
            revision=self._revision,
            exists=self.exists,
            runs=runs,
            problems=sort_problems(problems),
            progress=Progress(done=True),
        )

    def read_blob(self, ref: BlobRef) -> bytes:
        """A value's bytes, checked; DamagedRecordError."""
        return self._blobs.read(ref)

    def refresh(self) -> None:
        """Look through the folders again. Runs loaded before stay; `load_run` gives their new state."""
        if self._mirror is not None:
            self._mirror.look()
        scan = scan_logdir(self.root)
        with self._condition:
            self._condition.wait_for(lambda: not self._is_refreshing)
            self._is_refreshing = True  # nobody takes another file
            try:
                self._condition.wait_for(lambda: not self._reading)
                self._take_over(scan)
            finally:
                self._is_refreshing = False
                self._condition.notify_all()

    def fetch_all(self) -> None:
        """Have every file of a URL here; a local folder has them. RemoteError."""
        if self._mirror is not None:
            self._mirror.fetch_all()

    def stop(self) -> None:
        """End reading ahead; returns when no thread reads any more, but some may still wait for a URL's store."""
        with self._condition:
            self._stopping = True
            self._condition.wait_for(lambda: self._threads <= self._waiting, 5.0)

    # -- holding the condition -----------------------------------------------------------------------------------

    def _take_over(self, scan: Scan) -> None:
        """What a scan found; nobody reads meanwhile."""
        before = list_files(self._loaders.values())
        loaders = {}
        for name in sorted(scan.runs, key=natural_key):
            loaders[name] = self._loaders.get(name) or RunLoader(scan.runs[name], self._index_cache)
            loaders[name].update(scan.runs[name])
        let_go_of_lost(before, list_files(loaders.values()), self._index_writer)
        damage, self._damage = self._damage, []
        for file, offset, size, message in damage:
            file.drop_record(offset, size, message)
        now = time.monotonic()
        self._left = {
            name: {file for file in loader.files.values() if file.wants_load(now) or self._size_to_come(file)}
            for name, loader in loaders.items()
        }
        self._previous = {name: run for name, run in (self._previous | self._runs).items() if name in loaders}
        self._runs = {}
        self._errors = {}
        self._loaders = loaders
        self._scan_problems = scan.problems
        self.exists = scan.exists if self._mirror is None else self._mirror.exists
        self._revision += 1

    def _size_to_come(self, file: LogFile) -> int:
        """The size of a file that is still to be fetched, or has grown in its store; 0 for any other."""
        return 0 if self._mirror is None else self._mirror.pending_size(file.found.path) or 0

    def _look_ahead(self, name: str, following: Sequence[str] | None) -> None:
        """Have threads to read a run, and those that follow it."""
        if following is None:
            names = list(self._loaders)
            following = names[names.index(name) + 1 :]
        self._ahead = deque()
        files = size = 0
        for ahead in (name, *following[: READ_AHEAD_RUNS - 1]):
            left = self._left.get(ahead, set())
            size += sum(max(file.found.stat.size, self._size_to_come(file)) for file in left)
            if ahead != name and size > READ_AHEAD_BYTES:
                break
            if left:
                self._ahead.append(ahead)
                files += len(left)
        most = min(os.cpu_count() or 1, MAX_THREADS, files)
        while self._threads < most and not self._stopping:
            self._threads += 1
            threading.Thread(target=self._work, name="epochal-on-demand", daemon=True).start()

    def _build(self, name: str) -> Run:
        run = self._loaders[name].build(self._previous.get(name), self._revision)
        parent = find_parent(run, self._loaders)
        if parent != run.parent:
            run = run.with_parent(parent, self._revision)
        self._runs[name] = run
        return run

    def _take(self, names: Iterable[str]) -> LogFile | None:
        """A file of the first of these runs that has one to read, now being read by the caller."""
        if self._is_refreshing:
            return None
        for name in names:
            waiting = self._left.get(name, set()) - self._reading
            if waiting:
                file = min(waiting, key=lambda file: file.path)
                self._reading.add(file)
                return file
        return None

    def _read(self, file: LogFile, on_slice: Callable[[], bool] | None) -> None:
        """Read a file that was taken; the condition is released meanwhile."""
        self._condition.release()
        error: BaseException | None = None
        try:
            self._fetch(file, on_slice)
            if on_slice is None or on_slice():  # not where the interpreter ends meanwhile
                file.load(on_slice)
            if file.loaded is not None:
                self._relief.give(file)
                if self._index_writer is not None:
                    self._index_writer.offer((file,))
        except BaseException as raised:  # noqa: BLE001 - raised again where the run is asked for
            error = raised
        finally:
            self._condition.acquire()
        self._reading.discard(file)
        if on_slice is None or on_slice():  # else it may have been read in part
            self._left[file.run].discard(file)
        if error is not None:
            self._errors[file.run] = error
        self._condition.notify_all()

    def _fetch(self, file: LogFile, on_slice: Callable[[], bool] | None) -> None:
        """Have the file here as it is in its store, and the projectors' files beside it."""
        if self._mirror is None:
            return
        path, is_wanted, ours = file.found.path, on_slice or (lambda: True), int(on_slice is not None)
        with self._condition:
            self._waiting += ours
            self._condition.notify_all()
        try:
            self._mirror.fetch([path], is_wanted)
            self._mirror.fetch_beside(os.path.dirname(path), is_wanted)
        except RemoteDeniedError:
            pass  # among the mirror's problems
        finally:
            with self._condition:
                self._waiting -= ours
        with contextlib.suppress(FileNotFoundError):  # gone meanwhile: a problem of the run, as on a disk
            file.found = FoundFile(path, file.found.name, make_file_stat(os.stat(path)))

    # -- in other threads ----------------------------------------------------------------------------------------

    def _work(self) -> None:
        with self._condition:
            while not self._stopping:
                file = self._take([*self._asked, *self._ahead])
                if file is None:
                    break
                self._read(file, lambda: not self._stopping)
            self._threads -= 1
            self._condition.notify_all()

    def _report_damage(self, file: LogFile, offset: int, size: int, message: str) -> None:
        self._damage.append((file, offset, size, message))


_readers: weakref.WeakSet[LogdirReader] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    """No thread of ours may be in the decoder when the interpreter ends."""
    for reader in list(_readers):
        reader.stop()
