"""The one thread that loads and publishes.

It finds runs, has their files read (in parallel; the decoder releases the GIL), and publishes an immutable
`Snapshot` whenever there is something new. Nobody waits for it: `snapshot` is always there, at first empty.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING

from epochal.store.blobs import BlobReader
from epochal.store.catalog import MAX_UNKNOWN, read_catalog, write_catalog
from epochal.store.index import open_index_cache
from epochal.store.index_writer import IndexWriter
from epochal.store.load_pool import load_files
from epochal.store.log_file import LogFile
from epochal.store.logdir import (
    FoundFile,
    NearbyFolder,
    Scan,
    find_nearby,
    make_file_stat,
    parse_address,
    scan_logdir,
)
from epochal.store.memory import Relief, trim_allocator, without_collector
from epochal.store.mounts import is_remote, read_mounts
from epochal.store.names import natural_key
from epochal.store.pace import Pace, list_active
from epochal.store.problems import Problem
from epochal.store.publisher import Publisher
from epochal.store.remote import is_remote_url
from epochal.store.run_loader import RunLoader, let_go_of_lost, list_files
from epochal.store.snapshot import Progress, Snapshot
from epochal.store.verifier import Verifier
from epochal.store.watcher import Watcher

if TYPE_CHECKING:
    from epochal.store.mirror_follower import MirrorFollower
    from epochal.types import Live, Revision

#: While a first load goes on: publish what there is for the first time after …, then every … seconds.
FIRST_PUBLISH_SECS = 0.06
PUBLISH_EVERY_SECS = 0.2

#: From here on, loading keeps the garbage collector away.
MANY_FILES = 500

#: A look at the logdir without any progress for so long hangs (a dead network drive, say).
HANGING_SECS = 30.0

Subscriber = Callable[[Snapshot], object]


class Reloader:
    """Follows a logdir. `reload_interval_secs` is how often it is looked through even without notification;
    0: once, then only on `reload_now`.

    LogdirError if the address cannot be a logdir. A directory that does not exist is waited for. `cache=False`
    neither uses nor writes the index.
    """

    def __init__(
        self,
        logdir: str | os.PathLike[str],
        *,
        reload_interval_secs: float = 5.0,
        watch: bool = True,
        cache: bool = True,
    ) -> None:
        address = parse_address(logdir)
        self._interval = max(0.0, reload_interval_secs)
        self._mirror: MirrorFollower | None = None
        if is_remote_url(address):
            from epochal.store.mirror import open_mirror
            from epochal.store.mirror_follower import MirrorFollower

            self._mirror = MirrorFollower(open_mirror(address), self._interval, self._report_mirrored)
        self.root = address if self._mirror is None else self._mirror.mirror.folder
        self._watch = watch and self._interval > 0
        self._index_cache = open_index_cache() if cache else None
        self._index_writer = IndexWriter(self._index_cache) if self._index_cache is not None else None
        self._blobs = BlobReader(self._report_damage)
        self._verifier = Verifier(self._is_idle, self._report_damage, self._report_verified, self._index_cache)
        self._publisher = Publisher(address, self._blobs, exists=os.path.isdir(self.root))
        self._loaders: dict[str, RunLoader] = {}
        self._by_path: dict[str, LogFile] = {}
        self._thread: threading.Thread | None = None
        self._watcher: Watcher | None = None
        self._watched: tuple[int, int] | None = None
        self._live: Live = "off" if self._interval == 0 else "polling"
        self._pace = Pace(self._interval)
        self._pass_began: float | None = None
        self._exists = False
        self._identity: tuple[int, int] | None = None
        self._scan_problems: list[Problem] = []
        self._nearby: tuple[NearbyFolder, ...] = ()
        # Everything below is shared with other threads, under the condition.
        self._condition = threading.Condition()
        self._stopping = False
        self._scan_wanted = False
        self._publish_wanted = False
        self._written: set[str] = set()
        self._damage: list[tuple[LogFile, int, int, str]] = []
        self._dirty: set[str] = set()
        self._requests = 0
        self._served = 0
        self._subscribers: list[Subscriber] = []

    # -- for everyone ------------------------------------------------------------------------------------------

    @property
    def snapshot(self) -> Snapshot:
        """What is published now."""
        return self._publisher.snapshot

    @property
    def alive(self) -> bool:
        """Whether the loader's thread is at work: it runs, and a look at the logdir does not hang for long."""
        thread = self._thread
        if thread is None or not thread.is_alive():
            return False
        began = self._pass_began
        return began is None or time.monotonic() - began < max(HANGING_SECS, 10 * self._pace.scan_secs)

    def start(self) -> None:
        """Start following. A second call does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="epochal-loader", daemon=True)
            self._thread.start()
            if self._mirror is not None:
                self._mirror.start()
            atexit.register(self.stop)  # no thread of ours may be in the decoder when the interpreter ends

    def stop(self) -> None:
        """Stop following; the last snapshot stays. Returns when the thread has ended, or after 5 s."""
        atexit.unregister(self.stop)
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        if self._mirror is not None:
            self._mirror.stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(5.0)
        self._verifier.stop()
        if self._index_writer is not None:
            self._index_writer.finish()

    def load(self) -> Snapshot:
        """Load everything once, in this thread and its helpers, without following; for tools."""
        if self._thread is not None:
            raise RuntimeError("load() is for a Reloader that was not started")
        if self._mirror is not None:
            self._mirror.run_once()
        self._pass(full=True, written=set(), damage=[])
        return self.snapshot

    def wait(self, revision: Revision, timeout: float | None = None) -> Snapshot:
        """Wait until something newer than `revision` is published, or the timeout (seconds); return the latest."""
        with self._condition:
            self._condition.wait_for(lambda: self.snapshot.revision > revision or self._stopping, timeout)
        return self.snapshot

    def wait_until_loaded(self, timeout: float | None = None) -> Snapshot:
        """Wait until everything that was found is read, or the timeout (seconds); return the latest."""
        with self._condition:
            self._condition.wait_for(lambda: self.snapshot.progress.done or self._stopping, timeout)
        return self.snapshot

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Have `subscriber` called with each snapshot, from the loader's thread; returns how to stop that."""
        with self._condition:
            self._subscribers.append(subscriber)

        def unsubscribe() -> None:
            with self._condition:
                if subscriber in self._subscribers:
                    self._subscribers.remove(subscriber)

        return unsubscribe

    def reload_now(self, timeout: float = 10.0) -> Snapshot:
        """Look through the logdir at once and wait until that is published, or the timeout (seconds)."""
        if self._thread is None:
            return self.load()
        if self._mirror is not None:
            self._mirror.look_now(timeout)
        with self._condition:
            self._requests += 1
            mine = self._requests
            self._condition.notify_all()
            self._condition.wait_for(lambda: self._served >= mine or self._stopping, timeout)
        return self.snapshot

    # -- called by other threads -------------------------------------------------------------------------------

    def _report_damage(self, file: LogFile, offset: int, size: int, message: str) -> None:
        with self._condition:
            self._damage.append((file, offset, size, message))
            self._condition.notify_all()

    def _report_verified(self) -> None:
        with self._condition:
            self._publish_wanted = True
            self._condition.notify_all()

    def _is_idle(self) -> bool:
        return self._pass_began is None

    def _report_mirrored(self) -> None:
        self._report_change(set(), True)

    def _report_change(self, written: set[str], structure: bool) -> None:
        with self._condition:
            self._written |= written
            self._scan_wanted = self._scan_wanted or structure
            self._condition.notify_all()

    def _report_ready(self) -> None:
        with self._condition:
            self._live = "watching"
            self._scan_wanted = True  # for what changed before watching began
            self._condition.notify_all()

    def _report_no_watching(self) -> None:
        with self._condition:
            self._live = "polling"
            self._watch = False
            self._condition.notify_all()

    def _report_blind(self, error: Exception) -> None:
        self._report_no_watching()
        if isinstance(error, UnicodeError) or "decode path" in str(error):  # of the root; of a path below it
            why = "a name in the logdir is not UTF-8, and the library that watches folders stops at those"
        else:
            hint = " (on Linux, fs.inotify.max_user_watches limits it)" if sys.platform == "linux" else ""
            why = f"the system cannot watch all folders{hint}"
        print(f"Epochal looks for changes every {self._interval:g} s: {why}.", file=sys.stderr)

    def _mark_dirty(self, file: LogFile) -> None:
        with self._condition:
            self._dirty.add(file.run)

    # -- the loader's thread -----------------------------------------------------------------------------------

    def _follow(self) -> None:
        full = True
        written: set[str] = set()
        damage: list[tuple[LogFile, int, int, str]] = []
        serving = 0
        while not self._stopping:
            try:
                self._pass_began = time.monotonic()
                self._pass(full=full, written=written, damage=damage)
                self._tend_watcher()
            except Exception:
                # A bug of ours. Following on is better than a server that looks alive and never updates.
                logging.getLogger(__name__).exception("loading %s failed", self.root)
            self._pass_began = None
            with self._condition:
                self._served = max(self._served, serving)
                self._condition.notify_all()
                full = self._wait_for_work()
                written, self._written = self._written, set()
                damage, self._damage = self._damage, []
                self._publish_wanted = False
                serving = self._requests
                if full:
                    self._scan_wanted = False
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher.join(1.0)

    def _wait_for_work(self) -> bool:
        """Wait, holding the condition, until there is something to do; whether that is to look everywhere."""
        while not self._stopping:
            now = time.monotonic()
            due = self._pace.scan_due(self._live, self._exists)
            if self._requests > self._served or now >= due:
                return True
            # A tree that keeps changing is not looked through more often than a quarter of the time.
            soon = self._pace.scanned_at + max(0.05, 4 * self._pace.scan_secs)
            if self._scan_wanted and now >= soon:
                return True
            if self._written or self._damage or self._publish_wanted:
                return False
            look = self._pace.look_due(self._live, self._exists)
            if now >= look:
                self._written |= list_active(self._by_path.values())
                return False
            wait_secs = min(due, look, soon if self._scan_wanted else due) - now
            self._condition.wait(wait_secs if wait_secs < threading.TIMEOUT_MAX else None)
        return False

    def _pass(self, *, full: bool, written: set[str], damage: list[tuple[LogFile, int, int, str]]) -> None:
        """Look (everywhere, or only at files that were written to), load, publish."""
        for file, offset, size, message in damage:
            if file.drop_record(offset, size, message):
                self._mark_dirty(file)
        regrouped = False
        if not full:
            began = time.monotonic()
            full = not self._restat(written)
            self._pace.note_look(began)
        if full:
            started = time.monotonic()
            # the first time everything is new, and nothing of it garbage
            with nullcontext() if self._loaders else without_collector():
                regrouped = self._take(scan_logdir(self.root))
            self._pace.note_scan(started)
        now = time.monotonic()
        files = self._by_path.values() if full else [self._by_path[p] for p in written if p in self._by_path]
        wanted = [file for file in files if file.wants_load(now)]
        self._pace.note_result(bool(wanted) or regrouped)
        self._load(wanted, regrouped)

    def _restat(self, paths: set[str]) -> bool:
        """Ask the file system about files known to be written to; False if one is gone or not known."""
        for path in paths:
            file = self._by_path.get(path)
            if file is None:
                return False
            try:
                file.found = FoundFile(path, file.found.name, make_file_stat(os.stat(path)))
            except OSError:
                return False
        return True

    def _take(self, scan: Scan) -> bool:
        """Take over what a scan found; whether runs came or went."""
        self._exists, self._identity, self._scan_problems = scan.exists, scan.identity, scan.problems
        if self._mirror is not None:
            self._exists = self._mirror.mirror.exists
            self._scan_problems = [*scan.problems, *self._mirror.mirror.problems]
        gone = self._loaders.keys() - scan.runs.keys()
        came = scan.runs.keys() - self._loaders.keys()
        dirty = set(gone)
        for name, found in scan.runs.items():
            loader = self._loaders.get(name)
            if loader is None:
                loader = self._loaders[name] = RunLoader(found, self._index_cache)
                dirty.add(name)  # listed at once if it has no file to read
            if loader.update(found):
                dirty.add(name)
        for name in gone:
            del self._loaders[name]
        if came:
            ordered = sorted(self._loaders, key=natural_key)
            self._loaders = {name: self._loaders[name] for name in ordered}
        before, self._by_path = self._by_path, list_files(self._loaders.values())
        let_go_of_lost(before, self._by_path, self._index_writer)
        if self._by_path:
            self._nearby = ()
        elif not scan.runs and self._mirror is None:
            self._nearby = tuple(find_nearby(self.root))
        with self._condition:
            self._dirty |= dirty
        return bool(gone or came)

    def _load(self, files: list[LogFile], regrouped: bool) -> None:
        """Load files, the newest run's first; publish now and then if it takes long, and at the end."""
        if len(files) > 1:
            newest = {file.run: self._loaders[file.run].modified for file in files}
            files.sort(key=lambda file: (-newest[file.run], file.run, file.path))
        to_do = set(files)
        relief = Relief()
        ticks = 0

        def on_progress(file: LogFile) -> None:
            self._mark_dirty(file)
            if file.loaded is not None:
                to_do.discard(file)
                relief.give(file)

        def on_tick() -> float:
            nonlocal ticks, regrouped
            ticks += 1
            if ticks == 1:
                return FIRST_PUBLISH_SECS
            started = time.monotonic()
            self._pass_began = started
            self._publish(regrouped, len(to_do))
            regrouped = False
            return max(PUBLISH_EVERY_SECS, 3 * (time.monotonic() - started))

        if len(files) < MANY_FILES:
            load_files(files, on_progress, on_tick, lambda: self._stopping)
            self._offer_to_verifier(files)
            self._publish(regrouped, 0)
            self._offer(files)
            return
        listed = read_catalog(self._index_cache, self.root) if self._index_cache is not None else {}
        with without_collector():
            load_files(files, on_progress, on_tick, lambda: self._stopping, listed)
            self._offer_to_verifier(files)
            self._publish(regrouped, 0)
        unknown = sum(file.path not in listed for file in files)
        del listed
        self._offer(files, list_again=unknown > MAX_UNKNOWN * len(files))
        trim_allocator()

    def _offer_to_verifier(self, files: list[LogFile]) -> None:
        if self._thread is not None:
            self._verifier.offer(files)

    def _offer(self, files: list[LogFile], *, list_again: bool = False) -> None:
        if self._index_writer is not None:
            self._index_writer.offer(files, self._write_catalog if list_again else None)

    def _write_catalog(self) -> None:
        if self._index_cache is not None:
            write_catalog(self._index_cache, self.root, list(self._by_path.values()))

    def _publish(self, regrouped: bool, files_left: int) -> None:
        with self._condition:
            dirty, self._dirty = self._dirty, set()
            live = self._live
        size = sum(file.found.stat.size for file in self._by_path.values())
        left = 0
        if files_left:
            left = sum(max(0, f.found.stat.size - f.bytes_done) for f in self._by_path.values())
        total = len(self._by_path)
        done = files_left == 0
        if self._mirror is not None:
            to_come = self._mirror.mirror.pending_bytes
            size, left, done = size + to_come, left + to_come, done and not self._mirror.is_first
        published = self._publisher.publish(
            self._loaders,
            dirty,
            exists=self._exists,
            scan_problems=self._scan_problems,
            progress=Progress(total - files_left, total, size - left, size, done),
            live=live,
            nearby=self._nearby,
            regrouped=regrouped,
            unverified=self._verifier.unverified,
        )
        if not published:
            return
        with self._condition:
            subscribers = list(self._subscribers)
            self._condition.notify_all()
        snapshot = self.snapshot
        for subscriber in subscribers:
            try:
                subscriber(snapshot)
            except Exception:
                logging.getLogger(__name__).exception("a subscriber failed")

    def _tend_watcher(self) -> None:
        """Watch the directory that is there now: begin, or begin again if another one has taken its place."""
        if self._watcher is not None and self._identity != self._watched:
            self._watcher.stop()
            self._watcher = None
            with self._condition:
                self._live = "polling" if self._interval else "off"
        if self._watcher is None and self._watch and self._identity is not None:
            self._watched = self._identity
            if is_remote(self.root, read_mounts()):
                self._report_no_watching()
                return
            self._watcher = Watcher(self.root, self._report_ready, self._report_change, self._report_blind)
            self._watcher.start()
