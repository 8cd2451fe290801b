"""What a command is about: its logdir, and the runs and tags that it was asked for."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from epochal.cli.messages import printable
from epochal.cli.options import OptionError
from epochal.query.columns import json_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    import msgspec

    from epochal.reading.logdir import Logdir
    from epochal.store.problems import Problem
    from epochal.store.snapshot import Run as StoredRun

#: How many runs are named to the reader in advance, which reads them on all cores meanwhile.
_FOLLOWING = 256

#: Problems that are named one by one.
_MOST_NAMED = 10


def open_logdir(typed: str) -> Logdir:
    """The logdir, in a process that is ours: memory that was freed goes back. LogdirError."""
    from epochal.reading.logdir import Logdir
    from epochal.store.memory import limit_memory, tune_allocator

    tune_allocator()
    limit_memory(None)
    return Logdir(typed)


def compile_pattern(option: str, text: str | None) -> re.Pattern[str]:
    """A regular expression for `search`; None matches everything. OptionError."""
    try:
        return re.compile(text or "")
    except re.error as error:
        raise OptionError(option, f"{text!r} is not a regular expression: {error}.") from None


def select_runs(logdir: Logdir, runs: re.Pattern[str]) -> list[str]:
    """The names of the matching runs, in natural order. Reads nothing."""
    return [name for name in logdir.runs if runs.search(name)]


def iter_stored(logdir: Logdir, names: list[str]) -> Iterator[StoredRun]:
    """The runs, read one after another, the following ones ahead."""
    for number, name in enumerate(names, 1):
        yield logdir.load_run(name, names[number : number + _FOLLOWING])


def warn_unread(problems: Iterable[Problem]) -> None:
    """Name on standard error what could not be read: files and folders, ten of them."""
    listed = list(problems)
    for problem in listed[:_MOST_NAMED]:
        where = "" if problem.offset is None else f" at byte {problem.offset:,}"
        print(f"epochal: {printable(problem.file or '.')}{where}: {printable(problem.message)}", file=sys.stderr)
    if len(listed) > _MOST_NAMED:
        print(f"epochal: {len(listed) - _MOST_NAMED:,} more; epochal doctor lists all.", file=sys.stderr)


def plain_value(value: bool | float | str | None) -> bool | float | str | None:
    """A value as JSON can carry it: a number that is not finite is "NaN", "Infinity" or "-Infinity"."""
    return json_number(value) if isinstance(value, float) else value


def print_json(value: msgspec.Struct) -> None:
    """One value, as people and programs read it."""
    import msgspec

    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_json_list(head: dict[str, object], name: str, items: Iterable[msgspec.Struct]) -> None:
    """An object that ends with a long list, one item a line, printed while it is made."""
    import msgspec

    encode = msgspec.json.Encoder().encode
    sys.stdout.write(encode(head)[:-1].decode() + f', "{name}": [')
    separator = "\n"
    for item in items:
        sys.stdout.write(separator + encode(item).decode())
        separator = ",\n"
    sys.stdout.write("\n]}\n")
