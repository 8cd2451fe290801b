"""What there is to read at one moment: runs, tags, problems. Immutable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from epochal.errors import RunNotFoundError, TagNotFoundError
from epochal.store.tags import Tag, TagFiles
from epochal.types import Live

if TYPE_CHECKING:
    from collections.abc import Iterator

    from epochal.store.blobs import BlobReader
    from epochal.store.file_state import FileState
    from epochal.store.log_file import LogFile
    from epochal.store.logdir import NearbyFolder
    from epochal.store.points import BlobRef
    from epochal.store.problems import Problem
    from epochal.store.series import Timeline
    from epochal.store.tag_table import Layout, Places
    from epochal.store.tags import TagMeta


class Progress(msgspec.Struct, frozen=True):
    """How far loading has come. Bytes are those of the files found; done: nothing is left to read."""

    files_done: int = 0
    files_total: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    done: bool = False


class TagsOfStem(Mapping[str, "Tag"]):
    """A run's tags of one kind by name, each made when it is asked for."""

    __slots__ = ("_places", "_run", "_stem")

    def __init__(self, run: Run, stem: str) -> None:
        self._run = run
        self._stem = stem
        self._places = run.layout.by_stem[stem]

    def __getitem__(self, name: str) -> Tag:
        return self._run.make_tag(name, self._places[name])

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class Run:
    """A run as of one snapshot. Attributes are not to be assigned.

    `files` holds its event files in order, `layout` where each tag's points are in them. `points` counts those of
    all tags. `parent` names the run under which the UI folds this one (torch's add_scalars, add_hparams), else
    None.
    """

    __slots__ = ("__weakref__", "files", "layout", "name", "parent", "path", "points", "revision", "timeline")

    def __init__(
        self,
        name: str,
        path: str,
        files: tuple[FileState, ...],
        layout: Layout,
        timeline: Timeline,
        revision: int,
        parent: str | None = None,
    ) -> None:
        self.name = name
        self.path = path
        self.files = files
        self.layout = layout
        self.timeline = timeline
        self.revision = revision
        self.parent = parent
        self.points = sum(state.points for state in files)

    @property
    def start_time(self) -> float | None:
        """The first event's wall_time, None before any."""
        return min((t for state in self.files if (t := state.first_wall_time) is not None), default=None)

    @property
    def last_time(self) -> float | None:
        """The last event's wall_time, None before any."""
        return max((t for state in self.files if (t := state.last_wall_time) is not None), default=None)

    @property
    def modified(self) -> float:
        """When the newest file was last written to, seconds since the epoch."""
        return max((state.modified for state in self.files), default=0.0)

    @property
    def bytes(self) -> int:
        """The size of its files together."""
        return sum(state.stat.size for state in self.files)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be read in its files."""
        if len(self.files) == 1:
            return self.files[0].problems
        return tuple(problem for state in self.files for problem in state.problems)

    @property
    def by_stem(self) -> Mapping[str, Mapping[str, Tag]]:
        """Its tags by stem, then by name, in order of first appearance."""
        return {stem: TagsOfStem(self, stem) for stem in self.layout.by_stem}

    @property
    def tags(self) -> dict[str, Tag]:
        """All tags by name; of a name with data of several kinds, the kind that came first."""
        tags: dict[str, Tag] = {}
        for of_stem in self.layout.by_stem.values():
            for name, places in of_stem.items():
                if name not in tags:
                    tags[name] = self.make_tag(name, places)
        return tags

    def iter_tags(self) -> Iterator[Tag]:
        """All tags of all kinds."""
        for of_stem in self.layout.by_stem.values():
            for name, places in of_stem.items():
                yield self.make_tag(name, places)

    def make_tag(self, name: str, places: Places) -> Tag:
        """The tag whose points are at these places of the layout."""
        parts = tuple(self.files[number].part(index) for number, index in places)
        source = TagFiles(parts, tuple(number for number, _ in places), self.timeline)
        return Tag(name, parts[0].meta, source)

    def meta_of(self, places: Places) -> TagMeta:
        """What is said of a tag, cheaper than the tag."""
        number, index = places[0]
        return self.files[number].table.metas[index]

    def find_tag(self, stem: str, name: str) -> Tag:
        """The tag of that kind; TagNotFoundError. Texts are also found without torch's suffix."""
        of_stem = self.layout.by_stem.get(stem)
        if of_stem is not None:
            places = of_stem.get(name)
            if places is None and stem == "text":
                name_on_disk = f"{name}/text_summary"
                places = of_stem.get(name_on_disk)
                if places is not None:
                    name = name_on_disk
            if places is not None:
                return self.make_tag(name, places)
        raise TagNotFoundError(self.name, name, stem, of_stem or ())

    def with_parent(self, parent: str | None, revision: int) -> Run:
        """The same run under another parent."""
        return Run(self.name, self.path, self.files, self.layout, self.timeline, revision, parent)

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
    up to this one. `unverified` counts records above 64 KiB whose data were not compared with their checksum yet;
    None: nobody counts, or not all are counted.
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
        "unverified",
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
        unverified: int | None = None,
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
        self.unverified = unverified

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
