"""GET /api/problems: what could not be read, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from epochal.store.snapshot import Snapshot


class ProblemEntry(msgspec.Struct, frozen=True):
    """One problem. `run` and `file` may be empty (the logdir itself); `file` is relative to the logdir.

    `offset` (bytes from the file's start), `bytes_lost` and `records_lost` are null where they mean nothing or
    cannot be known. `message` is one sentence without the file's name.
    """

    run: str
    file: str
    offset: int | None
    bytes_lost: int | None
    records_lost: int | None
    message: str


class ProblemsResult(msgspec.Struct, frozen=True):
    """All problems, by run, file and offset.

    `unverified` counts the records above 64 KiB whose data have not been compared with their checksum yet: that is
    done when one is first asked for, and in the background; null while they are not counted.
    """

    revision: int
    problems: list[ProblemEntry]
    unverified: int | None


def list_problems(snapshot: Snapshot) -> ProblemsResult:
    """All problems of a snapshot."""
    return ProblemsResult(
        snapshot.revision,
        [
            ProblemEntry(p.run, p.file, p.offset, p.bytes_lost, p.records_lost, p.message)
            for p in snapshot.problems
        ],
        snapshot.unverified,
    )
