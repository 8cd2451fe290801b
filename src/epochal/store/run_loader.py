"""A run in the making: its event files as they come and go, and the `Run` that they add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from epochal.store.copies import CopyFinder
from epochal.store.log_file import LogFile
from epochal.store.series import PurgeMarker, Timeline, make_timeline
from epochal.store.series_cache import cache as series_cache
from epochal.store.snapshot import Run
from epochal.store.tag_table import join_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from epochal.store.file_state import FileState
    from epochal.store.index import IndexCache
    from epochal.store.index_writer import IndexWriter
    from epochal.store.logdir import FoundRun

_ALONE = Timeline()


class RunLoader:
    """One run's files. Used by the loader's thread only."""

    __slots__ = ("_copies", "_index_cache", "files", "name", "path")

    def __init__(self, found: FoundRun, index_cache: IndexCache | None = None) -> None:
        self._index_cache = index_cache
        self._copies: CopyFinder | None = None
        self.name = found.name
        self.path = found.path
        self.files: dict[str, LogFile] = {}

    def update(self, found: FoundRun) -> bool:
        """Take over what a scan found; whether a file is gone."""
        self.path = found.path
        paths = set()
        for file in found.files:
            paths.add(file.path)
            known = self.files.get(file.path)
            if known is None:
                self.files[file.path] = LogFile(self.name, file, self._index_cache)
            elif known.found != file:  # equal ones share their memory with what was loaded
                known.found = file
        gone = [path for path in self.files if path not in paths]
        for path in gone:
            del self.files[path]
        return bool(gone)

    @property
    def modified(self) -> float:
        """When its newest file was last written to, seconds since the epoch."""
        return max((file.found.stat.modified for file in self.files.values()), default=0.0)

    def build(self, previous: Run | None, revision: int) -> Run:
        """The run as its files' states are now. What did not change is taken over from `previous`."""
        states = [file.state for file in self.files.values() if file.state is not None]
        if len(states) > 1:
            states.sort(key=lambda state: state.order)
            self._copies = self._copies or CopyFinder()
            states = self._copies.leave_out(states)
        else:
            self._copies = None
        empty = frozenset(
            (number, index)
            for number, state in enumerate(states)
            if state.removed
            for index in state.removed
            if not state.part(index).points
        )
        layout = join_tables([state.table for state in states], empty)
        timeline = _make_timeline(states, layout.is_shared)
        if previous is not None and previous.timeline == timeline:
            timeline = previous.timeline
        parent = previous.parent if previous is not None else None
        return Run(self.name, self.path, tuple(states), layout, timeline, revision, parent)


def list_files(loaders: Iterable[RunLoader]) -> dict[str, LogFile]:
    """All files of some runs, by path."""
    return {path: file for loader in loaders for path, file in loader.files.items()}


def let_go_of_lost(before: Mapping[str, LogFile], now: Mapping[str, LogFile], writer: IndexWriter | None) -> None:
    """Let go of what is kept of files that a scan no longer found; it would stay until something needs its place.

    Snapshots of before still read what they show.
    """
    lost = [file for path, file in before.items() if now.get(path) is not file]
    if not lost:
        return
    series_cache.forget([file.columns for file in lost], are_gone=True)
    if writer is not None:
        writer.forget(lost)


def _make_timeline(states: list[FileState], shared: bool) -> Timeline:
    """How the files relate. Spans cost a look at every tag, so only where something depends on them."""
    markers = [
        PurgeMarker(number, step, wall_time)
        for number, state in enumerate(states)
        for step, wall_time in state.markers
    ]
    if not markers and not shared:
        return _ALONE
    if len(states) == 1:
        return Timeline(markers=tuple(markers))
    return make_timeline([state.span for state in states], markers)
