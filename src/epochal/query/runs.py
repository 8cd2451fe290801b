"""GET /api/runs: what there is to look at."""

from __future__ import annotations

import math
import os
import time
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from epochal._version import __version__
from epochal.query.run_colors import RunColors
from epochal.query.run_states import RunStateName, find_run_state
from epochal.store.names import natural_key, text_of_path
from epochal.store.parents import find_key_line
from epochal.types import Live

if TYPE_CHECKING:
    from collections.abc import Mapping

    from epochal.store.parents import KeyLine
    from epochal.store.snapshot import Progress, Snapshot
    from epochal.store.tags import Tag, TagMeta


class Loading(msgspec.Struct, frozen=True):
    """How far loading has come. Bytes are those of the event files found so far; done: nothing left to read."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    done: bool


class NearbyLogdir(msgspec.Struct, frozen=True):
    """A folder beside the logdir that has event files, by its absolute path."""

    path: str
    event_files: int


class RunEntry(msgspec.Struct, frozen=True):
    """A run. Times are seconds since the epoch.

    `label` is what to show (the logdir's own name for the run "."). `color_index` counts runs by start time, then
    name, and stays the run's while the server runs. `parent` names the run under which a sub-run made by torch's
    add_scalars or add_hparams is folded. Of add_scalars, `main_tag` and `key` say which line of its parent's chart
    it is, and it has its parent's color; of all other runs they are empty and null. `start_time` and `last_time`
    are the first and last event's wall_time (null: none yet, or not a number); `modified` the newest file's
    modification time; `bytes` the files' sizes together; `problems` how many entries of /api/problems belong to
    it. `state`, as of now: "running" if it was written to within two minutes, "finished" if not for an hour or if
    its hparams session ended, else "stalled".
    """

    name: str
    label: str
    color_index: int
    parent: str | None
    main_tag: str
    key: str | None
    start_time: float | None
    last_time: float | None
    modified: float
    points: int
    bytes: int
    problems: int
    state: RunStateName


class TagEntry(msgspec.Struct, frozen=True):
    """A tag of one stem and the runs that have it, as indices into `RunsResult.runs`.

    `tag` is the name to ask with, `display_name` the one to show. `description` is Markdown. `group` is the
    main tag of the add_scalars call that made the tag, else empty.
    """

    tag: str
    display_name: str
    description: str
    group: str
    runs: list[int]


class RunsResult(msgspec.Struct, frozen=True):
    """All runs in natural order, and all tags by stem.

    `logdir` is the absolute path, `name` its last component. `exists` is false while there is no such
    directory. `live` says how changes are noticed. `nearby` is filled only if there is no event file under
    the logdir. `tags` maps a stem (unknown plugins: their own name) to its tags in natural order.
    """

    version: str
    logdir: str
    name: str
    window_title: str
    exists: bool
    revision: int
    loading: Loading
    points: int
    problems: int
    live: Live
    nearby: list[NearbyLogdir]
    runs: list[RunEntry]
    tags: dict[str, list[TagEntry]]


def list_runs(snapshot: Snapshot, *, window_title: str = "", run_colors: RunColors | None = None) -> RunsResult:
    """All runs and tags of a snapshot. With `run_colors`, runs keep the colours that they have had."""
    lines = {run.name: line for run in snapshot.runs.values() if (line := find_key_line(run)) is not None}
    ordered = [name for name in order_by_start(snapshot) if name not in lines]
    colors = (run_colors or RunColors()).assign(ordered, is_settled=make_loading(snapshot.progress).done)
    label_of_root = name_of(snapshot)
    now = time.time()
    runs = []
    for run in snapshot.runs.values():
        line = lines.get(run.name)
        runs.append(
            RunEntry(
                name=run.name,
                label=label_of_root if run.name == "." else run.name,
                color_index=colors.get(run.name if line is None else _find_root(run.name, lines, snapshot), 0),
                parent=run.parent,
                main_tag=line.main_tag if line is not None else "",
                key=line.key if line is not None else None,
                start_time=run.start_time,
                last_time=run.last_time,
                modified=run.modified,
                points=run.points,
                bytes=run.bytes,
                problems=len(run.problems),
                state=find_run_state(snapshot, run, now),
            )
        )
    return RunsResult(
        version=__version__,
        logdir=snapshot.logdir,
        name=name_of(snapshot),
        window_title=window_title,
        exists=snapshot.exists,
        revision=snapshot.revision,
        loading=make_loading(snapshot.progress),
        points=snapshot.points,
        problems=len(snapshot.problems),
        live=snapshot.live,
        nearby=[NearbyLogdir(text_of_path(folder.path), folder.event_files) for folder in snapshot.nearby],
        runs=runs,
        tags=_list_tags(snapshot),
    )


def _list_tags(snapshot: Snapshot) -> dict[str, list[TagEntry]]:
    """All tags by stem. Runs whose files say the same of their tags, as thousands may, are looked at once."""
    alike: dict[tuple[int, ...], list[int]] = {}
    runs = list(snapshot.runs.values())
    for index, run in enumerate(runs):
        alike.setdefault((id(run.layout), *(id(state.table) for state in run.files)), []).append(index)
    tags: dict[str, dict[str, _Collected]] = {}
    for indices in alike.values():
        run = runs[indices[0]]
        for stem, of_stem in run.layout.by_stem.items():
            collected = tags.setdefault(stem, {})
            for name, places in of_stem.items():
                known = collected.get(name)
                if known is None:
                    known = collected[name] = _Collected(run.make_tag(name, places))
                known.runs.append(indices)
                meta = run.meta_of(places)
                if meta is not known.meta:
                    known.add(meta)
    return {
        stem: [collected[name].entry(name) for name in sorted(collected, key=natural_key)]
        for stem, collected in tags.items()
    }


def _find_root(name: str, lines: Mapping[str, KeyLine], snapshot: Snapshot) -> str:
    """The run whose chart a line is in: its parent, or above that if the parent is a line itself."""
    while name in lines:
        parent = snapshot.runs[name].parent
        assert parent is not None
        name = parent
    return name


class _Collected:
    """A tag as several runs have it; the first that says something about it is believed."""

    __slots__ = ("description", "display_name", "group", "meta", "runs")

    def __init__(self, tag: Tag) -> None:
        self.meta = tag.meta
        self.display_name = tag.display_name
        self.description = tag.meta.description
        self.group = tag.meta.group
        self.runs: list[list[int]] = []

    def add(self, meta: TagMeta) -> None:
        self.description = self.description or meta.description
        self.group = self.group or meta.group

    def entry(self, name: str) -> TagEntry:
        runs = self.runs[0] if len(self.runs) == 1 else sorted(chain.from_iterable(self.runs))
        return TagEntry(name, self.display_name, self.description, self.group, runs)


def order_by_start(snapshot: Snapshot) -> list[str]:
    """The runs' names in the order in which they began, then by name; those that have no time come last."""
    starts = [(run.start_time, name) for name, run in snapshot.runs.items()]
    return [name for _, name in sorted((math.inf if start is None else start, name) for start, name in starts)]


def name_of(snapshot: Snapshot) -> str:
    """The last component of the logdir's path."""
    return os.path.basename(snapshot.logdir) or snapshot.logdir


def make_loading(progress: Progress) -> Loading:
    return Loading(
        progress.files_done, progress.files_total, progress.bytes_done, progress.bytes_total, progress.done
    )
