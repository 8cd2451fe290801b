"""Puts snapshots together: rebuilds the runs that changed, takes the others over, remembers what changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from epochal.store.names import text_of_path
from epochal.store.parents import find_parent
from epochal.store.problems import Problem, sort_problems
from epochal.store.run_loader import RunLoader
from epochal.store.snapshot import Change, Progress, Run, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from epochal.store.blobs import BlobReader
    from epochal.store.logdir import NearbyFolder
    from epochal.store.tag_table import Places
    from epochal.types import Live

#: How many publications back `Snapshot.changed_since` can tell: at least a minute, and many while idle.
MAX_CHANGES = 512


class Publisher:
    """Holds the published snapshot. Used by the loader's thread only, but anyone may read `snapshot`."""

    def __init__(self, logdir: str, blobs: BlobReader, exists: bool) -> None:
        self._blobs = blobs
        self._sets: dict[frozenset[str], frozenset[str]] = {}
        self._scan_problems: list[Problem] = []  # those of the last publication; some name a run
        self.snapshot = Snapshot(text_of_path(logdir), blobs, exists=exists)
        # Revisions start at the clock, in milliseconds, so that those of a server and of the one that takes its
        # place never meet: a page that outlives its server would believe itself up to date.
        self._first_revision = time.time_ns() // 1_000_000

    def publish(
        self,
        loaders: Mapping[str, RunLoader],
        dirty: Iterable[str],
        *,
        exists: bool,
        scan_problems: list[Problem],
        progress: Progress,
        live: Live,
        nearby: tuple[NearbyFolder, ...],
        regrouped: bool,
        unverified: int | None = None,
    ) -> bool:
        """Publish a new snapshot if anything is new; whether there was.

        `loaders` holds all runs in natural order, `dirty` names those whose files changed or that are gone.
        `regrouped`: runs came or went, so each run's parent is looked up again.
        """
        old = self.snapshot
        revision = old.revision + 1 if old.revision else self._first_revision
        runs = dict(old.runs)
        changed: dict[str, frozenset[str]] = {}
        structure = exists != old.exists
        for name in dirty:
            loader, known = loaders.get(name), runs.get(name)
            run = loader.build(known, revision) if loader is not None else None
            if run is None or not run.files:  # gone, or none of its files has been looked at yet
                if known is not None:
                    del runs[name]
                    changed[name] = self._share(_names(known))
                    structure = True
                continue
            runs[name] = run
            tags, moved = _compare(known, run)
            if tags or moved:
                changed[name] = self._share(tags)
                structure = structure or moved
        if runs.keys() != old.runs.keys():
            structure = True
            runs = {name: runs[name] for name in loaders if name in runs}
        for name in list(runs) if regrouped else list(changed):
            run = runs.get(name)
            if run is not None:
                parent = find_parent(run, loaders)
                if parent != run.parent:
                    runs[name] = run.with_parent(parent, revision)
                    structure = True
        problems = old.problems
        if (
            any(_problems_of(old.runs.get(name)) != _problems_of(runs.get(name)) for name in {*changed, *dirty})
            or scan_problems != self._scan_problems
        ):
            self._scan_problems = list(scan_problems)
            problems = sort_problems([*scan_problems, *(p for run in runs.values() for p in run.problems)])
        quiet = not changed and not structure and problems == old.problems and nearby == old.nearby
        quiet = quiet and unverified == old.unverified
        if quiet and progress == old.progress and live == old.live and old.revision:
            return False
        self.snapshot = Snapshot(
            old.logdir,
            self._blobs,
            revision=revision,
            exists=exists,
            runs=runs,
            problems=problems,
            progress=progress,
            live=live,
            nearby=nearby,
            changes=(*old.changes[-MAX_CHANGES + 1 :], Change(revision, changed, structure)),
            unverified=unverified,
        )
        return True

    def _share(self, tags: frozenset[str]) -> frozenset[str]:
        """One set for all runs that have the same tags."""
        if len(self._sets) >= 10_000:
            self._sets.clear()
        return self._sets.setdefault(tags, tags)


def _names(run: Run) -> frozenset[str]:
    return frozenset(name for of_stem in run.layout.by_stem.values() for name in of_stem)


def _compare(old: Run | None, new: Run) -> tuple[frozenset[str], bool]:
    """The names of tags that changed, and whether tags came or went."""
    if old is None:
        return _names(new), True
    before, now = old.layout.by_stem, new.layout.by_stem
    same_files = [(a, b) for a, b in zip(old.files, new.files, strict=False) if a.columns is b.columns]
    if before is now and len(same_files) == len(old.files) == len(new.files) and old.timeline == new.timeline:
        if all(a.counts == b.counts and a.removed is b.removed for a, b in same_files):
            return frozenset(), False
        if len(same_files) == 1:  # nearly always
            a, b = same_files[0]
            changed = {a.table.names[i] for i in range(len(a.counts)) if not a.has_same_points(i, b)}
            return frozenset(changed), False
    tags: set[str] = set()
    moved = before.keys() != now.keys()
    for stem in before.keys() | now.keys():
        of_stem, of_stem_now = before.get(stem, {}), now.get(stem, {})
        if of_stem.keys() != of_stem_now.keys():
            moved = True
            tags.update(of_stem.keys() ^ of_stem_now.keys())
        for name, places in of_stem_now.items():
            if name in of_stem and not _is_same(old, of_stem[name], new, places):
                tags.add(name)
    return frozenset(tags), moved


def _is_same(old: Run, places: Places, new: Run, places_now: Places) -> bool:
    """Whether a tag's points, their order and what is superseded are as they were."""
    if len(places) != len(places_now):
        return False
    for (number, index), (number_now, index_now) in zip(places, places_now, strict=True):
        if index != index_now or not old.files[number].has_same_points(index, new.files[number_now]):
            return False
    if len(places) == 1 and not old.timeline.markers and not new.timeline.markers:
        return True
    return old.timeline == new.timeline and places == places_now


def _problems_of(run: Run | None) -> tuple[Problem, ...]:
    return run.problems if run is not None else ()
