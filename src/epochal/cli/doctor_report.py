"""What `epochal doctor` finds, as data: `--json` prints a Report."""

from __future__ import annotations

from typing import Literal

import msgspec

#: What is looked at.
#:   damage           bytes that are no whole, well-formed record
#:   gap              records that the writer marked as never written
#:   unreadable       a file or folder that the system does not let us read
#:   empty_file       a file without a byte
#:   same_files       files of one run that are equal byte for byte (of several runs: a note)
#:   clock_backwards  wall times of a tag that go back within a file, by more than a second
#:   clock_future     wall times later than now
#:   clock_invalid    wall times that are NaN or infinite
#:   cut_short        a last record that is not all there: its writer was killed, or is still writing
#:   no_points        a file in which nothing was logged
#:   restart          points that a restart or a purge mark replaced
#:   duplicate_steps  several points of a tag at one step
#:   steps_back       points below an earlier step of their file, which TensorBoard may drop
#:   no_step          several points that all carry one step
#:   orphan           a sub-run as torch's add_scalars and add_hparams make them, without the run above it
#:   session_open     hyperparameters whose session has no end
Check = Literal[
    "damage",
    "gap",
    "unreadable",
    "empty_file",
    "same_files",
    "clock_backwards",
    "clock_future",
    "clock_invalid",
    "cut_short",
    "no_points",
    "restart",
    "duplicate_steps",
    "steps_back",
    "no_step",
    "orphan",
    "session_open",
]


class Finding(msgspec.Struct, frozen=True):
    """One thing that was found. Problems decide on the exit status, notes do not.

    `file` is relative to the logdir; it, `tag` and `offset` (bytes) are None where they mean nothing. `count`: of
    points, records, files or bytes, as the sentence says.
    """

    severity: Literal["problem", "note"]
    check: Check
    run: str
    file: str | None
    tag: str | None
    offset: int | None
    count: int
    message: str


class FileReport(msgspec.Struct, frozen=True):
    """One event file, every record of it read and checked. `lost_bytes`: damaged, or cut short at the end."""

    file: str
    run: str
    bytes: int
    records: int
    tags: int
    points: int
    first_wall_time: float | None
    last_wall_time: float | None
    lost_bytes: int


class SkippedFile(msgspec.Struct, frozen=True):
    """A file that a clean copy does not have, and why."""

    file: str
    reason: str


class FixReport(msgspec.Struct, frozen=True):
    """A clean copy: each file of it was read again and has the points of the original, and no damage."""

    out: str
    files: int
    bytes: int
    left_out_bytes: int
    skipped: list[SkippedFile]


class Report(msgspec.Struct, frozen=True):
    """All of it. `problems` and `notes` count findings."""

    logdir: str
    runs: int
    bytes: int
    records: int
    points: int
    superseded: int
    problems: int
    notes: int
    findings: list[Finding]
    files: list[FileReport]
    fix: FixReport | None
