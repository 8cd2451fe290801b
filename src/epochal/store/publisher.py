"""Puts snapshots together: rebuilds the runs that changed, takes the others over, remembers what changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from epochal.store.problems import Problem, sort_problems
from epochal.store.run_loader import RunLoader, find_parent
from epochal.store.snapshot import Change, Progress, Run, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from epochal.store.blobs import BlobReader
    from epochal.store.logdir import NearbyFolder
    from epochal.types import Live

#: How many publications back `Snapshot.changed_since` can tell: at least a minute, and many while idle.
MAX_CHANGES = 512


class Publisher:
    """Holds the published snapshot. Used by the loader's thread only, but anyone may read `snapshot`."""

    def __init__(self, logdir: str, blobs: BlobReader, exists: bool) -> None:
        self._blobs = blobs
        self._sets: dict[frozenset[str], frozenset[str]] = {}
        self.snapshot = Snapshot(logdir, blobs, exists=exists)
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
                    changed[name] = self._share(frozenset(tag.name for tag in known.iter_tags()))
                    structure = True
                continue
            runs[name] = run
            tags, moved = _compare(known, run, revision)
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
        if any(
            _problems_of(old.runs.get(name)) != _problems_of(runs.get(name)) for name in {*changed, *dirty}
        ) or (scan_problems != [problem for problem in problems if not problem.run]):
            problems = sort_problems([*scan_problems, *(p for run in runs.values() for p in run.problems)])
        quiet = not changed and not structure and problems == old.problems and nearby == old.nearby
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
        )
        return True

    def _share(self, tags: frozenset[str]) -> frozenset[str]:
        """One set for all runs that have the same tags."""
        if len(self._sets) >= 10_000:
            self._sets.clear()
        return self._sets.setdefault(tags, tags)


def _compare(old: Run | None, new: Run, revision: int) -> tuple[frozenset[str], bool]:
    """The names of tags that changed, and whether tags came or went."""
    tags = {tag.name for tag in new.iter_tags() if tag.revision == revision}
    if old is None:
        return frozenset(tags), True
    moved = old.by_stem.keys() != new.by_stem.keys()
    for stem, of_stem in old.by_stem.items():
        now = new.by_stem.get(stem, {})
        if of_stem.keys() != now.keys():
            moved = True
            tags.update(of_stem.keys() - now.keys())
    return frozenset(tags), moved


def _problems_of(run: Run | None) -> tuple[Problem, ...]:
    return run.problems if run is not None else ()
