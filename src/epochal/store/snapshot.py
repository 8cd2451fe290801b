"""What there is to read at one moment: runs, tags, problems. Immutable."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from epochal.errors import RunNotFoundError, TagNotFoundError
from epochal.types import Live

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from epochal.store.blobs import BlobReader
    from epochal.store.file_state import FileState
    from epochal.store.log_file import LogFile
    from epochal.store.logdir import NearbyFolder
    from epochal.store.points import BlobRef
    from epochal.store.problems import Problem
    from epochal.store.series import Timeline
    from epochal.store.tags import Tag


class Progress(msgspec.Struct, frozen=True):
    """How far loading has come. Bytes are those of the files found; done: nothing is left to read."""

    files_done: int = 0
    files_total: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    done: bool = False


class Run:
    """A run as of one snapshot. Attributes are not to be assigned.

    `by_stem` maps a stem to its tags by name. `start_time` and `last_time` are the first and last event's
    wall_time, None before any; `modified` is in seconds since the epoch; `bytes` the size of its files.
    `parent` names the run under which the UI folds this one (torch's add_scalars, add_hparams), else None.
    """

    __slots__ = (
        "by_stem",
        "bytes",
        "files",
        "last_time",
        "modified",
        "name",
        "parent",
        "path",
        "points",
        "problems",
        "revision",
        "start_time",
        "timeline",
    )

    def __init__(
        self,
        name: str,
        path: str,
        files: tuple[FileState, ...],
        by_stem: Mapping[str, Mapping[str, Tag]],
        timeline: Timeline,
        revision: int,
        parent: str | None = None,
    ) -> None:
        self.name = name
        self.path = path
        self.files = files
        self.by_stem = by_stem
        self.timeline = timeline
        self.revision = revision
        self.parent = parent
        starts = [state.first_wall_time for state in files if state.first_wall_time is not None]
        lasts = [state.last_wall_time for state in files if state.last_wall_time is not None]
        self.start_time = min(starts) if starts else None
        self.last_time = max(lasts) if lasts else None
        self.modified = max((state.modified for state in files), default=0.0)
        self.bytes = sum(state.size for state in files)
        self.points = sum(tag.points for tags in by_stem.values() for tag in tags.values())
        self.problems: tuple[Problem, ...] = tuple(problem for state in files for problem in state.problems)

    @property
    def tags(self) -> dict[str, Tag]:
        """All tags by name; of a name with data of several kinds, the kind that came first."""
        tags: dict[str, Tag] = {}
        for of_stem in self.by_stem.values():
            for name, tag in of_stem.items():
                tags.setdefault(name, tag)
        return tags

    def iter_tags(self) -> Iterator[Tag]:
        """All tags of all kinds."""
        for of_stem in self.by_stem.values():
            yield from of_stem.values()

    def find_tag(self, stem: str, name: str) -> Tag:
        """The tag of that kind; TagNotFoundError. Texts are also found without torch's suffix."""
        of_stem = self.by_stem.get(stem)
        if of_stem is not None:
            tag = of_stem.get(name)
            if tag is None and stem == "text":
                tag = of_stem.get(f"{name}/text_summary")
            if tag is not None:
                return tag
        raise TagNotFoundError(self.name, name, stem, of_stem or ())

    def with_parent(self, parent: str | None, revision: int) -> Run:
        """The same run under another parent."""
        return Run(self.name, self.path, self.files, self.by_stem, self.timeline, revision, parent)

    def __repr__(self) -> str:
        return f"Run({self.name!r}, {self.points} points)"


class Change(NamedTuple):
    """What one publication changed; `structure`: runs or tags appeared or disappeared, or moved."""

    revision: int
    tags: Mapping[str, frozenset[str]]
    structure: bool


class Snapshot:
    """All runs of a logdir at one revision. Attributes are not to be assigned; nothing in it ever changes.

    `runs` is in natural order. `points` counts all points of all tags. `nearby` is filled only if there is no
    event file under the logdir. `changes` holds what the latest publications changed, one entry for each revision
    up to this one.
    """

    __slots__ = (
        "_blobs",
        "changes",
        "exists",
        "live",
        "logdir",
        "nearby",
        "points",
        "problems",
        "progress",
        "revision",
        "runs",
    )

    def __init__(
        self,
        logdir: str,
        blobs: BlobReader,
        *,
        revision: int = 0,
        exists: bool = False,
        runs: Mapping[str, Run] | None = None,
        problems: tuple[Problem, ...] = (),
        progress: Progress = Progress(),  # noqa: B008 - frozen
        live: Live = "off",
        nearby: tuple[NearbyFolder, ...] = (),
        changes: tuple[Change, ...] = (),
    ) -> None:
        self.logdir = logdir
        self.revision = revision
        self.exists = exists
        self.runs: Mapping[str, Run] = runs if runs is not None else {}
        self.problems = problems
        self.progress = progress
        self.live: Live = live
        self.nearby = nearby
        self.points = sum(run.points for run in self.runs.values())
        self._blobs = blobs
        self.changes = changes

    def find_run(self, name: str) -> Run:
        """The run; RunNotFoundError."""
        try:
            return self.runs[name]
        except KeyError:
            raise RunNotFoundError(name, self.runs) from None

    def find_tag(self, run: str, tag: str, stem: str) -> Tag:
        """The tag of that kind in that run; RunNotFoundError, TagNotFoundError."""
        return self.find_run(run).find_tag(stem, tag)

    def changed_since(self, revision: int) -> dict[str, frozenset[str]] | None:
        """The tags that changed after a revision, by run, vanished ones included; None: too long ago to tell.

        Cheap: it does not look at what did not change.
        """
        changes = self._since(revision)
        if changes is None:
            return None
        changed: dict[str, frozenset[str]] = {}
        for change in changes:
            for run, tags in change.tags.items():
                known = changed.get(run)
                changed[run] = tags if known is None else known | tags
        return changed

    def structure_since(self, revision: int) -> bool:
        """Whether runs or tags appeared, disappeared or moved after a revision; True if that is unknown."""
        changes = self._since(revision)
        return changes is None or any(change.structure for change in changes)

    def _since(self, revision: int) -> tuple[Change, ...] | None:
        if revision >= self.revision:
            return () if revision == self.revision else None
        oldest_known = self.revision - len(self.changes)  # one entry for each revision up to this one
        if revision < oldest_known:
            return None
        return self.changes[revision - oldest_known :]

    def read_blob(self, ref: BlobRef) -> bytes:
        """A value's bytes, checked; DamagedRecordError."""
        return self._blobs.read(ref)

    def make_blob_key(self, ref: BlobRef, stem: str) -> str:
        """A key for clients; what it names never changes."""
        return self._blobs.make_key(ref, stem)

    def find_blob(self, key: str) -> tuple[BlobRef, str]:
        """The blob that a key names, and its stem; BlobNotFoundError."""
        return self._blobs.find(key, self._files())

    def _files(self) -> Iterator[LogFile]:
        for run in self.runs.values():
            for state in run.files:
                yield state.file

    def __repr__(self) -> str:
        return f"Snapshot({self.logdir!r}, revision {self.revision}, {len(self.runs)} runs)"
