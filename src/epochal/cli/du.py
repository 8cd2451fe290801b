"""`epochal du`: which runs and tags take the space, and what could go."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from epochal.cli.du_files import measure_run
from epochal.cli.messages import empty_logdir_lines, plural, printable
from epochal.cli.progress import Progress
from epochal.cli.same_files import find_same_files
from epochal.cli.selection import compile_pattern, iter_stored, open_logdir, print_json, select_runs, warn_unread
from epochal.cli.terminal import bold, can_show, dim, format_bytes, format_table, terminal_width
from epochal.store.names import natural_key, text_of_path

if TYPE_CHECKING:
    from epochal.reading.logdir import Logdir

_BAR_CELLS = 12

#: What takes space and belongs to no tag: file versions, session marks, damage, what is cut short.
OTHER = "(other)"


class TagSize(msgspec.Struct, frozen=True):
    """Bytes of a tag's records in event files, with their frames. `exact` false: see `du_files`.

    `superseded_bytes`: the share of points that a restart replaced.
    """

    tag: str
    kind: str
    points: int
    bytes: int
    exact: bool
    superseded_points: int
    superseded_bytes: int


class RunSize(msgspec.Struct, frozen=True):
    """A run: `bytes` of its event files, which is `other_bytes` and the bytes of all its tags together."""

    run: str
    files: int
    bytes: int
    other_bytes: int
    tags: list[TagSize]


class SameFiles(msgspec.Struct, frozen=True):
    """Event files of one run that are equal byte for byte; all but one could go."""

    files: list[str]
    bytes: int


class Sizes(msgspec.Struct, frozen=True):
    """What `--json` prints. `prunable_bytes`: of superseded points, and of all but one of equal files."""

    logdir: str
    bytes: int
    files: int
    prunable_bytes: int
    superseded_bytes: int
    same_files: list[SameFiles]
    runs: list[RunSize]


def measure(typed: str, *, by: str, sort_by: str, top: int | None, runs: str | None, as_json: bool) -> int:
    """Print the sizes of the runs that match. Returns the exit status: 1 if there are runs and none matches."""
    wants_run = compile_pattern("--runs", runs)
    with open_logdir(typed) as logdir:
        names = select_runs(logdir, wants_run)
        sizes = make_sizes(logdir, names)
        unreadable = logdir.unreadable
        warn_unread(unreadable)
        nothing = len(logdir.runs) > 0 and not names
        if nothing:
            count = plural(len(logdir.runs), "run")
            print(f"epochal: none of the {count} matches --runs {runs!r}.", file=sys.stderr)
    if as_json:
        print_json(sizes)
        return 1 if nothing else 0
    if nothing:
        return 1
    print(printable(sizes.logdir))
    if not sizes.runs:
        if unreadable:
            return 1
        for line in empty_logdir_lines([], waits=False):
            print(line)
        return 0
    _print_table(sizes, by, sort_by, top)
    _print_sum(sizes)
    return 0


def make_sizes(logdir: Logdir, names: list[str]) -> Sizes:
    """The sizes of these runs. Reads them one after another."""
    runs, same = [], []
    with Progress("Reading", len(names)) as progress:
        for run in iter_stored(logdir, names):
            tags, other = measure_run(run)
            runs.append(RunSize(run.name, len(run.files), run.bytes, other, [TagSize(*tag) for tag in tags]))
            files = {state.file.relative_path: state.file.path for state in run.files}
            for group in find_same_files(files.values()):
                named = sorted(name for name, path in files.items() if path in group.paths)
                same.append(SameFiles(named, group.size))
            progress.advance(1)
    replaced = sum(tag.superseded_bytes for run in runs for tag in run.tags)
    twice = sum(group.bytes * (len(group.files) - 1) for group in same)
    total, files_count = sum(run.bytes for run in runs), sum(run.files for run in runs)
    return Sizes(text_of_path(logdir.address), total, files_count, replaced + twice, replaced, same, runs)


class _Row:
    __slots__ = ("bytes", "exact", "kind", "name", "points", "superseded_bytes")

    def __init__(self) -> None:
        self.name: tuple[str, ...] = ()
        self.kind = ""
        self.bytes = self.points = self.superseded_bytes = 0
        self.exact = True


def _collect(sizes: Sizes, by: str) -> Iterator[_Row]:
    """A row for each run, tag, kind, or tag of a run; their bytes add up to those of all files."""
    rows: defaultdict[tuple[str, ...], _Row] = defaultdict(_Row)

    def row_for(run: str, tag: str, kind: str) -> _Row:
        keys = {"run": (run,), "tag": (tag, kind), "kind": (kind,), "run-tag": (run, tag, kind)}
        row = rows[keys[by]]
        row.name = (run, tag) if by == "run-tag" else keys[by][:1]
        row.kind = kind if by in ("tag", "run-tag") and tag != OTHER else ""
        return row

    for run in sizes.runs:
        if run.other_bytes or by == "run":
            row_for(run.run, OTHER, OTHER).bytes += run.other_bytes
        for tag in run.tags:
            row = row_for(run.run, tag.tag, tag.kind)
            row.bytes += tag.bytes
            row.points += tag.points
            row.superseded_bytes += tag.superseded_bytes
            row.exact = row.exact and (tag.exact or by == "run")
    yield from rows.values()


def _print_table(sizes: Sizes, by: str, sort_by: str, top: int | None) -> None:
    rows = list(_collect(sizes, by))
    rows.sort(key=lambda row: [natural_key(part) for part in row.name])
    if sort_by == "bytes":
        rows.sort(key=lambda row: -row.bytes)
    shown = rows[:top]
    most = max(row.bytes for row in rows)
    has_bars = can_show("█▌")
    lines = [
        (
            *row.name,
            row.kind,
            f"{row.points:,}" if row.points else "",
            ("" if row.exact else "≈ " if can_show("≈") else "~ ") + format_bytes(row.bytes),
            f"{row.bytes / sizes.bytes:.1%}" if sizes.bytes else "",
            _draw_bar(row.bytes / most) if has_bars and most else "",
            format_bytes(row.superseded_bytes) if row.superseded_bytes else "",
        )
        for row in shown
    ]
    names = {"run": ("RUN",), "tag": ("TAG",), "kind": ("KIND OF DATA",), "run-tag": ("RUN", "TAG")}[by]
    head = (*names, "KIND", "POINTS", "BYTES", "SHARE", "", "REPLACED")
    align = "<" * len(names) + "<>>><>"
    for line in format_table(head, lines, align, width=terminal_width()):
        print(line)
    if len(rows) > len(shown):
        rest = sum(row.bytes for row in rows[len(shown) :])
        print(dim(f"… and {len(rows) - len(shown):,} more, {format_bytes(rest)}"))


def _draw_bar(share: float) -> str:
    halves = round(share * _BAR_CELLS * 2)
    return "█" * (halves // 2) + "▌" * (halves % 2)


def _print_sum(sizes: Sizes) -> None:
    total = (
        f"{format_bytes(sizes.bytes)} in {plural(sizes.files, 'event file')} of {plural(len(sizes.runs), 'run')}"
    )
    print(bold(f"{total} ({sizes.bytes:,} bytes)"))
    if sizes.superseded_bytes:
        print(f"{format_bytes(sizes.superseded_bytes)} are of points that restarts replaced.")
    for group in sizes.same_files:
        others = ", ".join(printable(file) for file in group.files[1:])
        print(f"{format_bytes(group.bytes)} each: the same as {printable(group.files[0])}: {others}")
    if any(not tag.exact for run in sizes.runs for tag in run.tags):
        sign = "≈" if can_show("≈") else "~"
        print(
            dim(
                f"{sign} what scalars of a file share, by their number: the writer's form of records is not known."
            )
        )
