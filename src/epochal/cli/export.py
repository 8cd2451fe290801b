"""`epochal export`: all points as a table, everything else as files."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import msgspec

from epochal.cli.export_columns import Batch, iter_long, iter_wide, long_columns, wide_columns
from epochal.cli.export_tables import TableFormat, make_table_writer
from epochal.cli.messages import plural, printable
from epochal.cli.options import OptionError
from epochal.cli.progress import Progress
from epochal.cli.selection import compile_pattern, iter_stored, open_logdir, print_json, select_runs, warn_unread
from epochal.cli.terminal import format_bytes
from epochal.store.copies import is_copy
from epochal.store.names import natural_key, text_of_path
from epochal.types import STEMS

if TYPE_CHECKING:
    from epochal.cli.export_items import UnreadableItem
    from epochal.reading.logdir import Logdir
    from epochal.store.problems import Problem

_FORMATS: dict[str, TableFormat] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
#: What a file's name ends with, and a folder's hardly: somebody who asks for a.xlsx wants no folder of that name.
#: Suffixes such as the .1 of lr=0.1 or .v2 are common in folders' names.
_FILE_SUFFIX = re.compile(r"\.(?:[a-z]{2,8}|7z|bz2|h5|hdf5|sqlite3)\Z")


@dataclass(frozen=True)
class ExportOptions:
    """What the command line says; `form` None: by the name of the file."""

    form: TableFormat | None = None
    wide: bool = False
    runs: str | None = None
    tags: str | None = None
    kinds: str | None = None
    superseded: bool = False
    force: bool = False
    as_json: bool = False


class Exported(msgspec.Struct, frozen=True):
    """What `--json` prints. `points` and `rows` of the table, `items` and `files` of everything else.

    `problems`: files and folders that could not be read, and damage in those that could; `unreadable`: items.
    """

    logdir: str
    out: str
    format: TableFormat
    runs: int
    points: int
    rows: int
    items: int
    files: int
    bytes: int
    unreadable: list[UnreadableItem]
    problems: list[Problem]


class _Selection(NamedTuple):
    logdir: Logdir
    runs: list[str]
    tags: re.Pattern[str]


def export(typed: str, out: str, options: ExportOptions) -> int:
    """Write the export. Returns the exit status: 1 if an item, a file or a folder could not be read."""
    suffix = os.path.splitext(out)[1].lower()
    is_folder = out != "-" and suffix not in _FORMATS
    form: TableFormat = options.form or _FORMATS.get(suffix, "csv")
    kinds = _check(out, is_folder, options)
    wants_run, wants_tag = compile_pattern("--runs", options.runs), compile_pattern("--tags", options.tags)
    with open_logdir(typed) as logdir:
        chosen = _Selection(logdir, select_runs(logdir, wants_run), wants_tag)
        if out == "-" and form == "parquet" and sys.stdout.isatty():
            raise OptionError("-o", "- would write Parquet's bytes to the terminal; redirect them into a file.")
        if not chosen.runs and options.runs is not None:
            raise OptionError("--runs", f"{options.runs!r} matches none of {plural(len(logdir.runs), 'run')}.")
        if is_folder and kinds is not None:
            _check_kinds(chosen, kinds)
        asked = options.tags is not None or (is_folder and kinds is not None and len(logdir.runs) > 0)
        if asked and not _has_tag(chosen, kinds if is_folder else {"scalars"}):
            print(f"epochal: {_describe_nothing(options, is_folder)}; nothing is written.", file=sys.stderr)
            return 1
        if is_folder:
            done = _export_folder(chosen, out, form, kinds, options)
        else:
            done = _export_table(chosen, out, form, options)
    if options.as_json and out != "-":
        print_json(done)
    else:
        _summarise(done)
    warn_unread(done.problems)
    return 1 if done.unreadable or any(problem.offset is None for problem in done.problems) else 0


def _list_problems(chosen: _Selection) -> list[Problem]:
    """What of the runs could not be read, and folders that may hold others: none of that was exported."""
    problems = list(chosen.logdir.unreadable)
    for run in iter_stored(chosen.logdir, chosen.runs):
        problems += (one for one in run.problems if one.records_lost is None and not is_copy(one))
    return problems


def _check_kinds(chosen: _Selection, kinds: set[str]) -> None:
    """OptionError for a word that is neither a kind of data nor the name of a plugin that logged any."""
    unknown = kinds.difference(STEMS)
    if not unknown and kinds:
        return
    there = {stem for run in iter_stored(chosen.logdir, chosen.runs) for stem in run.by_stem}
    if not kinds or unknown - there:
        which = f"knows no {', '.join(map(repr, sorted(unknown - there)))}" if kinds else "is empty"
        raise OptionError("--kinds", f"{which}. Here are: {', '.join(sorted(there)) or 'none'}.")


def _has_tag(chosen: _Selection, kinds: set[str] | None) -> bool:
    """Whether any tag that would be written matches. Hyperparameters are written whatever their tags are."""
    return any(
        stem == "hparams" or chosen.tags.search(tag)
        for run in iter_stored(chosen.logdir, chosen.runs)
        for stem, tags in run.by_stem.items()
        if (stem != "hparams" if kinds is None else stem in kinds)
        for tag in tags
    )


def _describe_nothing(options: ExportOptions, is_folder: bool) -> str:
    if options.tags is None:
        return f"no run has data of --kinds {options.kinds}"
    return f"no {'tag' if is_folder else 'tag of scalars'} matches --tags {options.tags!r}"


def _check(out: str, is_folder: bool, options: ExportOptions) -> set[str] | None:
    """The kinds asked for; None: all. OptionError for what cannot be."""
    if options.wide and options.superseded:
        raise OptionError("--superseded", "needs the long form: a wide row has room for one point of a tag.")
    kinds = None
    if options.kinds is not None:
        kinds = {kind.strip() for kind in options.kinds.split(",") if kind.strip()}
        if not is_folder and kinds != {"scalars"}:
            raise OptionError("--kinds", "needs a folder: a table holds scalars only. Give -o FOLDER.")
    if out == "-":
        return kinds
    if os.path.isdir(out) and not is_folder:
        raise OptionError("-o", f"{out} is a folder already; give another name for the file.")
    suffix = os.path.splitext(out)[1]
    if is_folder and not os.path.isdir(out) and _FILE_SUFFIX.match(suffix.lower()):
        raise OptionError(
            "-o",
            f"{out} ends in {suffix}, and tables are written as .csv, .jsonl or .parquet only"
            " (for a folder of that name, end it with /).",
        )
    if is_folder and os.path.exists(out) and not os.path.isdir(out):
        raise OptionError(
            "-o", f"{out} is a file; give a folder, or a name that ends in .csv, .jsonl or .parquet."
        )
    taken = bool(os.listdir(out)) if os.path.isdir(out) else os.path.lexists(out)
    if taken and not options.force:
        raise OptionError("-o", f"{out} exists already; --force overwrites it.")
    parent = os.path.dirname(os.path.abspath(out))
    if not is_folder and not os.path.isdir(parent):
        raise OptionError("-o", f"{out} cannot be written: there is no folder {parent}.")
    return kinds


def _export_table(chosen: _Selection, out: str, form: TableFormat, options: ExportOptions) -> Exported:
    with Progress("Exporting", len(chosen.runs) * 1000) as progress, _open_out(out) as stream:
        points, rows = _write_scalars(chosen, stream, form, options, progress)
        size = stream.tell() if out != "-" else 0
    paths = (text_of_path(chosen.logdir.address), text_of_path(out))
    counted = (points, rows, 0, 0 if out == "-" else 1, size)
    return Exported(*paths, form, len(chosen.runs), *counted, [], _list_problems(chosen))


def _write_scalars(
    chosen: _Selection, stream: BinaryIO, form: TableFormat, options: ExportOptions, progress: Progress
) -> tuple[int, int]:
    """Points and rows written."""
    logdir, names, wants_tag = chosen
    found: dict[str, None] = {}
    if options.wide:
        for run in iter_stored(logdir, names):
            found.update((tag, None) for tag in run.by_stem.get("scalars", ()) if wants_tag.search(tag))
    ordered = sorted(found, key=natural_key)
    columns = wide_columns(ordered) if options.wide else long_columns(options.superseded)
    points = rows = 0
    with make_table_writer(form, stream, columns) as table:
        for run in iter_stored(logdir, names):
            scalars = run.by_stem.get("scalars", {})
            tags = {tag: scalars[tag] for tag in scalars if wants_tag.search(tag)}
            batches: Iterator[Batch]
            if options.wide:
                batches = iter_wide(run.name, tags, ordered)
            else:
                batches = iter_long(run.name, tags, options.superseded)
            told, total = 0, max(1, sum(tag.points for tag in tags.values()))
            begun = points
            for batch in batches:
                table.write(batch)
                points += batch.points
                rows += batch.rows
                share = min(1000, (points - begun) * 1000 // total)
                progress.advance(share - told)
                told = share
            progress.advance(1000 - told)
    return points, rows


def _export_folder(
    chosen: _Selection, out: str, form: TableFormat, kinds: set[str] | None, options: ExportOptions
) -> Exported:
    from epochal.cli.export_items import ItemExporter

    os.makedirs(out, exist_ok=True)
    points = rows = files = size = 0
    with Progress("Exporting", len(chosen.runs) * 2000) as progress:
        if kinds is None or "scalars" in kinds:
            with _open_out(os.path.join(out, f"scalars.{form}")) as stream:
                points, rows = _write_scalars(chosen, stream, form, options, progress)
                files, size = 1, stream.tell()
        with _open_out(os.path.join(out, "items.jsonl")) as stream:
            items = ItemExporter(chosen.logdir, out, stream, options.superseded)
            for run in iter_stored(chosen.logdir, chosen.runs):
                items.export_run(run, chosen.tags, kinds)
                progress.advance(1000)
    counted = (points, rows, items.items, files + items.files, size + items.bytes)
    paths = (text_of_path(chosen.logdir.address), text_of_path(out))
    return Exported(*paths, form, len(chosen.runs), *counted, items.unreadable, _list_problems(chosen))


@contextlib.contextmanager
def _open_out(out: str) -> Iterator[BinaryIO]:
    """Where to write: standard output, or a file that appears under its name when it is complete."""
    if out == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    folder, name = os.path.split(os.path.abspath(out))
    temporary = os.path.join(folder, f".{name[:60]}.{secrets.token_hex(4)}.part")
    try:
        with open(temporary, "xb") as stream:
            yield stream
        os.replace(temporary, out)
    except OSError as error:
        if error.filename in (None, temporary):
            raise OSError(error.errno, error.strerror or str(error), out) from error
        raise
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _summarise(done: Exported) -> None:
    parts = (
        [f"{plural(done.points, 'point')} in {plural(done.rows, 'row')}"] if done.rows or not done.items else []
    )
    if done.items:
        parts.append(plural(done.items, "item"))
    where = "" if done.out == "-" else f" to {printable(done.out)} ({format_bytes(done.bytes)})"
    print(f"Exported {plural(done.runs, 'run')}: {', '.join(parts)}{where}.", file=sys.stderr)
    for item in done.unreadable[:10]:
        print(f"epochal: left out {printable(item.tag)} of {printable(item.run)}: {item.reason}", file=sys.stderr)
    if len(done.unreadable) > 10:
        print(f"epochal: left out {len(done.unreadable) - 10:,} more items.", file=sys.stderr)
