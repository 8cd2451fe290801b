"""`epochal ls`: runs and tags of a logdir in the terminal, or as JSON for programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from epochal.cli.messages import empty_logdir_lines, plural, printable
from epochal.cli.own_records import PROVENANCE, is_own
from epochal.cli.selection import compile_pattern, print_json, warn_unread
from epochal.cli.terminal import format_steps, format_table, terminal_width

if TYPE_CHECKING:
    import re

    from epochal.store.snapshot import Run, Snapshot
    from epochal.store.tags import Tag

_PROGRESS_AFTER_SECS = 0.5


class ListedTag(msgspec.Struct, frozen=True):
    """A tag: its kind, how many points, between which steps, the last one's wall_time (seconds)."""

    tag: str
    stem: str
    points: int
    first_step: int | None
    last_step: int | None
    last_wall_time: float | None


class ListedRun(msgspec.Struct, frozen=True):
    """A run and its tags. `modified`: when its newest file was last written, seconds since the epoch."""

    run: str
    tags: list[ListedTag]
    points: int
    first_step: int | None
    last_step: int | None
    bytes: int
    modified: float
    problems: int


class Listing(msgspec.Struct, frozen=True):
    """What `--json` prints."""

    logdir: str
    exists: bool
    points: int
    problems: int
    runs: list[ListedRun]


def list_logdir(logdir: str, *, as_json: bool, runs: str | None = None, tags: str | None = None) -> int:
    """Read an absolute logdir once and print its runs, or its tags unless `tags` is None. Both are patterns.

    Returns the exit status: 2 if there is no such folder, 1 if nothing matches or it cannot be looked into.
    """
    wants_run, wants_tag = compile_pattern("--runs", runs), compile_pattern("--tags", tags)
    snapshot = read_snapshot(logdir)
    whole = make_listing(snapshot)
    listing = choose(whole, wants_run, wants_tag if tags else None) if runs or tags else whole
    nothing = bool(whole.runs) and not listing.runs
    unreadable = [problem for problem in snapshot.problems if not problem.run]
    if listing.exists:
        warn_unread(unreadable)
    if as_json:
        print_json(listing)
        return 2 if not listing.exists else 1 if nothing else 0
    if not listing.exists:
        from epochal.reading.logdir import describe_missing

        print(f"epochal: {printable(describe_missing(logdir))}", file=sys.stderr)
        return 2
    if nothing:
        if runs and not any(wants_run.search(run.run) for run in whole.runs):
            why = f"none of the {plural(len(whole.runs), 'run')} matches --runs {runs!r}"
        else:
            why = f"no tag matches --tags {tags!r}"
        print(f"epochal: {why}.", file=sys.stderr)
        return 1
    print(printable(logdir))
    if not listing.runs:
        if unreadable:
            return 1
        nearby = [(folder.path, folder.event_files) for folder in snapshot.nearby]
        for line in empty_logdir_lines(nearby, waits=False):
            print(line)
        return 0
    for line in format_table(
        *(_run_rows(listing) if tags is None else _tag_rows(listing)), width=terminal_width()
    ):
        print(line)
    tags_logged = [tag for run in listing.runs for tag in _logged(run)]
    names = {(tag.stem, tag.tag) for tag in tags_logged}
    points = sum(tag.points for tag in tags_logged)
    summary = [plural(len(listing.runs), "run"), plural(len(names), "tag"), plural(points, "point")]
    if listing.problems:
        summary.append(plural(listing.problems, "problem"))
    has_own = any(is_own(tag.tag, tag.stem) for run in listing.runs for tag in run.tags)
    print(", ".join(summary) + (f", without {PROVENANCE}" if has_own and tags is not None else ""))
    return 0


def read_snapshot(logdir: str) -> Snapshot:
    """Read everything once, and say how far that is."""
    from epochal.store.reloader import Reloader

    reloader = Reloader(logdir, reload_interval_secs=0)
    reloader.start()
    snapshot = reloader.wait_until_loaded(_PROGRESS_AFTER_SECS)
    show = sys.stderr.isatty() and not snapshot.progress.done
    while not snapshot.progress.done and reloader.alive:
        if show:
            done, total = snapshot.progress.bytes_done, snapshot.progress.bytes_total
            print(f"\rReading {done / 1e6:,.0f} of {total / 1e6:,.0f} MB …", end="", file=sys.stderr, flush=True)
        snapshot = reloader.wait_until_loaded(_PROGRESS_AFTER_SECS)
    if show:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    reloader.stop()
    return snapshot


def make_listing(snapshot: Snapshot) -> Listing:
    """All runs and tags of a snapshot."""
    return Listing(
        logdir=snapshot.logdir,
        exists=snapshot.exists,
        points=snapshot.points,
        problems=len(snapshot.problems),
        runs=[_list_run(run) for run in snapshot.runs.values()],
    )


def choose(listing: Listing, wants_run: re.Pattern[str], wants_tag: re.Pattern[str] | None) -> Listing:
    """The runs that match, and of them only the tags that do, unless that is None; no run without a tag then."""
    runs = [run for run in listing.runs if wants_run.search(run.run)]
    if wants_tag is not None:
        chosen = ((run, [tag for tag in run.tags if wants_tag.search(tag.tag)]) for run in runs)
        runs = [
            msgspec.structs.replace(run, tags=tags, points=sum(tag.points for tag in tags), **_step_range(tags))
            for run, tags in chosen
            if tags
        ]
    return msgspec.structs.replace(
        listing,
        runs=runs,
        points=sum(run.points for run in runs),
        problems=sum(run.problems for run in runs),
    )


def _step_range(tags: Iterable[ListedTag]) -> dict[str, int | None]:
    """`first_step` and `last_step` of tags together."""
    ends = [(tag.first_step, tag.last_step) for tag in tags]
    return {
        "first_step": min((first for first, _ in ends if first is not None), default=None),
        "last_step": max((last for _, last in ends if last is not None), default=None),
    }


def _list_run(run: Run) -> ListedRun:
    tags = [_list_tag(tag) for tag in run.iter_tags()]
    return ListedRun(
        run=run.name,
        tags=tags,
        points=run.points,
        **_step_range(tags),
        bytes=run.bytes,
        modified=run.modified,
        problems=len(run.problems),
    )


def _list_tag(tag: Tag) -> ListedTag:
    series = tag.scalars() if tag.stem == "scalars" else tag.blobs()
    if not len(series):
        return ListedTag(tag.name, tag.stem, 0, None, None, None)
    wall_time = float(series.wall_time.max())
    return ListedTag(
        tag=tag.name,
        stem=tag.stem,
        points=tag.points,
        first_step=int(series.step.min()),
        last_step=int(series.step.max()),
        last_wall_time=wall_time if abs(wall_time) < float("inf") else None,
    )


Table = tuple[Sequence[str], Sequence[Sequence[str]], str]


def _logged(run: ListedRun) -> list[ListedTag]:
    """Its tags without Epochal's own, which nobody remembers having logged."""
    return [tag for tag in run.tags if not is_own(tag.tag, tag.stem)]


def _run_rows(listing: Listing) -> Table:
    now = time.time()
    rows = []
    for run in listing.runs:
        tags = _logged(run)
        steps = _step_range(tags)
        rows.append(
            (
                run.run,
                f"{len(tags):,}",
                f"{sum(tag.points for tag in tags):,}",
                format_steps(steps["first_step"], steps["last_step"]),
                format_age(now - run.modified),
                str(run.problems) if run.problems else "",
            )
        )
    return ("RUN", "TAGS", "POINTS", "STEPS", "LAST WRITTEN", "PROBLEMS"), rows, "<>><<>"


def _tag_rows(listing: Listing) -> Table:
    rows = [
        (run.run, tag.tag, tag.stem, f"{tag.points:,}", format_steps(tag.first_step, tag.last_step))
        for run in listing.runs
        for tag in run.tags
    ]
    return ("RUN", "TAG", "KIND", "POINTS", "STEPS"), rows, "<<<><"


def format_age(secs: float) -> str:
    """How long ago that is, in words."""
    for unit, size in (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0)):
        if secs >= size:
            return f"{plural(int(secs / size), unit)} ago"
    return "just now" if secs < 10 else f"{int(secs)} seconds ago"
