"""GET /api/runs: what there is to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from epochal.types import Live

if TYPE_CHECKING:
    from epochal.store.snapshot import Snapshot


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

    `label` is what to show (the logdir's own name for the run "."). `color_index` counts runs by start time,
    then name. `parent` names the run under which a sub-run made by torch's add_scalars or add_hparams is
    folded. `start_time` and `last_time` are the first and last event's wall_time (null: none yet, or not a
    number); `modified` the newest file's modification time; `bytes` the files' sizes together; `problems` how
    many entries of /api/problems belong to it.
    """

    name: str
    label: str
    color_index: int
    parent: str | None
    start_time: float | None
    last_time: float | None
    modified: float
    points: int
    bytes: int
    problems: int


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
