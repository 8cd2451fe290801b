"""What could not be read, and where."""

from __future__ import annotations

import msgspec


class Problem(msgspec.Struct, frozen=True, order=True):
    """One problem of one file, or of the logdir (`run` and `file` empty).

    `file` is relative to the logdir. `offset` counts bytes from the file's start; it, `bytes_lost` and
    `records_lost` are None where they mean nothing or cannot be known. `message` is one sentence that does not
    repeat the file's name.
    """

    run: str
    file: str
    offset: int | None
    bytes_lost: int | None
    records_lost: int | None
    message: str


def sort_problems(problems: list[Problem]) -> tuple[Problem, ...]:
    """By run, file and offset; problems of a whole file before those at an offset."""
    return tuple(sorted(problems, key=lambda p: (p.run, p.file, -1 if p.offset is None else p.offset, p.message)))


def describe_os_error(error: OSError) -> str:
    """What the system says, as a sentence: `Permission denied.`"""
    return f"{(error.strerror or str(error)).rstrip('.')}."
