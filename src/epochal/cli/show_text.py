"""What `epochal show` prints: one run with its curves, or a table of many."""

from __future__ import annotations

import math
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len

from epochal.cli.messages import plural, printable
from epochal.cli.own_records import count_logged, is_own
from epochal.cli.sparkline import draw_sparkline
from epochal.cli.terminal import (
    MIN_NAME_CELLS,
    bold,
    dim,
    format_bytes,
    format_steps,
    format_table,
    red,
    shorten,
    terminal_width,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from epochal.cli.show import ShownRun, ShownTag
    from epochal.reading.scalars import Scalars
    from epochal.store.snapshot import Run as StoredRun

#: Cells of a curve in a file or a pipe, which have no width, and its bounds in a terminal.
_CURVE_CELLS, _FEWEST_CURVE_CELLS, _MOST_CURVE_CELLS = 24, 8, 60
_MOST_NAME_CELLS = 40
#: Of a tag above a column of numbers.
_MOST_HEAD_CELLS = 20


def print_run(run: ShownRun, logged: int, curves: Mapping[str, Scalars]) -> None:
    """One run: its facts, its scalars with their curves, its other data, hyperparameters, origin, problems.

    `logged`: its points without Epochal's own.
    """
    width = terminal_width()
    print(f"{bold(printable(run.run))}  {dim(printable(run.path))}")
    print(" ".join(_facts(run, logged)))
    scalars = [tag for tag in run.tags if tag.kind == "scalars"]
    if scalars:
        print()
        for line in _scalar_lines(scalars, curves, width):
            print(line)
    # Hyperparameters and origin have their own places below.
    others = [tag for tag in run.tags if tag.kind not in ("scalars", "hparams")]
    if run.provenance:
        others = [tag for tag in others if not is_own(tag.tag, tag.kind)]
    if others:
        print()
        rows = [
            (tag.tag, tag.kind, f"{tag.points:,}", format_steps(tag.first_step, tag.last_step)) for tag in others
        ]
        for line in format_table(("OTHER DATA", "KIND", "POINTS", "STEPS"), rows, "<<><", width=width):
            print(line)
    if run.hparams:
        print()
        pairs = [(name, _format_hparam(value)) for name, value in run.hparams.items()]
        for line in format_table(("HYPERPARAMETER", "VALUE"), pairs, "<<", width=width):
            print(line)
    if run.provenance:
        print(f"\n{dim('ORIGIN')}")
        for line in run.provenance.splitlines():
            plain = printable(line.removeprefix("- ").replace("**", "").replace("`", ""))
            if plain:
                print(plain if width is None else shorten(plain, width))
    if run.problems:
        print(f"\n{red('PROBLEMS')}")
        for problem in run.problems[:20]:
            where = "" if problem.offset is None else f" at byte {problem.offset:,}"
            print(f"{printable(problem.file)}{where}: {printable(problem.message)}")
        if len(run.problems) > 20:
            print(f"… {len(run.problems) - 20:,} more; epochal doctor lists all.")


def _facts(run: ShownRun, logged: int) -> Iterable[str]:
    if run.start_time is not None and run.last_time is not None:
        yield f"{_format_time(run.start_time)}, {_format_span(run.last_time - run.start_time)};"
    yield f"{plural(run.files, 'file')}, {format_bytes(run.bytes)}, {plural(logged, 'point')}"
    replaced = sum(tag.superseded for tag in run.tags)
    if replaced:
        yield f"({replaced:,} replaced by restarts)"


def _scalar_lines(tags: list[ShownTag], curves: Mapping[str, Scalars], width: int | None) -> list[str]:
    head = ("SCALAR", "CURVE", "LAST", "MIN", "MAX", "POINTS", "STEPS", "")
    bare = [
        (
            tag.tag if width is None else shorten(printable(tag.tag), _MOST_NAME_CELLS),
            format_number(tag.last),
            _at(tag.min, tag.min_step),
            _at(tag.max, tag.max_step),
            f"{tag.points:,}",
            format_steps(tag.first_step, tag.last_step),
            _note(tag),
        )
        for tag in tags
    ]
    shown = [0, 1, 2, 3, 4, 5, 6]
    cells = _CURVE_CELLS
    if width is not None:
        shown, cells = _choose_columns(bare, width)
    rows = []
    for tag, row in zip(tags, bare, strict=True):
        points = curves[tag.tag]
        curve = draw_sparkline(points.step, points.value, cells)
        kept = [value if column in shown else "" for column, value in enumerate(row)]
        rows.append((kept[0], curve, *kept[1:]))
    return format_table(head, rows, "<<>>>><<", width=width)


def _choose_columns(rows: Sequence[Sequence[str]], width: int) -> tuple[list[int], int]:
    """The columns of the scalars' table that a terminal has room for, and how many cells the curve gets."""
    widest = [max(cell_len(row[column]) for row in rows) for column in range(7)]

    def count_free(dropped: tuple[int, ...], name_cells: int) -> tuple[list[int], int]:
        shown = [column for column in range(7) if column not in dropped]
        used = name_cells + sum(widest[column] for column in shown[1:]) + 2 * len(shown)
        return shown, width - used - 8  # heads may be wider than what is below them

    dropped_first: tuple[tuple[int, ...], ...] = ((), (5,), (5, 4), (5, 4, 6), (5, 4, 6, 3), (5, 4, 6, 3, 2))
    for dropped in dropped_first[:4]:
        shown, free = count_free(dropped, widest[0])
        if free >= 2 * _FEWEST_CURVE_CELLS:
            return shown, min(free, _MOST_CURVE_CELLS)
    # The names are cut; highest and lowest go only where lines would break even so.
    for dropped in dropped_first[3:]:
        shown, free = count_free(dropped, min(widest[0], MIN_NAME_CELLS))
        if free >= _FEWEST_CURVE_CELLS:
            break
    return shown, _FEWEST_CURVE_CELLS


def _note(tag: ShownTag) -> str:
    notes = []
    if tag.nonfinite:
        notes.append(f"{tag.nonfinite:,} not finite")
    if tag.lanes > 1:
        notes.append(f"{tag.lanes} lanes")
    if tag.superseded:
        notes.append(f"{tag.superseded:,} replaced")
    return ", ".join(notes)


def _at(value: float | None, step: int | None) -> str:
    return "" if value is None or step is None else f"{format_number(value)} @ {step:,}"


def format_number(value: float | str | None) -> str:
    """Four digits; NaN, Inf and -Inf by name; empty for None."""
    if value is None:
        return ""
    number = float(value)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Inf" if number > 0 else "-Inf"
    return f"{number:.4g}"


def _format_hparam(value: bool | float | str | None) -> str:
    if isinstance(value, float):
        return f"{value:.15g}" if math.isfinite(value) else format_number(value)
    return "" if value is None else str(value)


def _format_time(wall_time: float) -> str:
    try:
        return f"{datetime.fromtimestamp(wall_time):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return f"wall time {wall_time:g}"


def _format_span(secs: float) -> str:
    if not secs < 1e11:
        return f"{secs / 86400:.3g} days"
    if secs < 60:
        return f"{max(secs, 0):.1f} s"
    minutes, hours = secs / 60, secs / 3600
    if minutes < 60:
        return f"{minutes:.0f} min"
    return f"{int(hours)} h {int(minutes) % 60} min" if hours < 48 else f"{hours / 24:.1f} days"


class RunTable:
    """Many runs, a line each: what is in them, and the last value of as many scalar tags as fit."""

    def __init__(self, logdir: str) -> None:
        self._logdir = logdir
        self._runs: list[tuple[str, int, int, float]] = []
        self._tags: Counter[str] = Counter()
        self._chosen: list[str] = []
        self._last: dict[str, dict[str, float]] = {}

    def add_run(self, run: StoredRun, scalar_tags: list[str]) -> None:
        """A line, and the tags that it could show."""
        self._runs.append((run.name, count_logged(run), len(run.problems), run.modified))
        self._tags.update(scalar_tags)

    def choose_tags(self) -> list[str]:
        """The tags that most runs have, in order of first appearance, as many as fit; at most eight in a file."""
        width = terminal_width()
        order = {tag: place for place, tag in enumerate(self._tags)}
        wanted = sorted(self._tags, key=lambda tag: (-self._tags[tag], order[tag]))
        if width is None:
            chosen = wanted[:8]
        else:
            longest = max(cell_len(printable(name)) for name, *_ in self._runs)
            room = width - min(longest, width // 3) - len("POINTS") - len("10 minutes ago") - 4
            chosen = []
            for tag in wanted:
                room -= max(min(cell_len(printable(tag)), _MOST_HEAD_CELLS), len("-1.234e-05")) + 2
                if room < 0 and chosen:
                    break
                chosen.append(tag)
        self._chosen = sorted(chosen, key=order.__getitem__)
        return self._chosen

    def set_last(self, run: str, last: dict[str, float]) -> None:
        """The last values of a run's tags."""
        self._last[run] = last

    def print(self, now: float) -> None:
        """The table, and a line that sums it up."""
        from epochal.cli.ls import format_age

        rows = [
            (
                name,
                f"{points:,}",
                *(format_number(self._last[name].get(tag)) for tag in self._chosen),
                format_age(now - modified),
                f"{problems:,}" if problems else "",
            )
            for name, points, problems, modified in self._runs
        ]
        width = terminal_width()
        tags = [tag if width is None else shorten(printable(tag), _MOST_HEAD_CELLS) for tag in self._chosen]
        heads = ("RUN", "POINTS", *tags, "LAST WRITTEN", "PROBLEMS")
        align = "<>" + ">" * len(self._chosen) + "<>"
        print(printable(self._logdir))
        for line in format_table(heads, rows, align, width=width):
            print(line)
        more = len(self._tags) - len(self._chosen)
        text = plural(len(self._runs), "run") + f", {plural(len(self._tags), 'scalar tag')}"
        if more:
            print(dim(f"{text}, of which {more:,} do not fit: choose with --tags"))
        else:
            print(dim(text))
        print(dim("One run in full: epochal show LOGDIR RUN"))
