"""Event files made record by record, and what a command printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from epochal.events.core import frame_record
from epochal.events.messages import encode_event, encode_summary, encode_value

START = 1_700_000_000.0


class Result(NamedTuple):
    """What a command ended with, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Run = Callable[..., Result]


def scalar_record(tag: str, value: float, step: int, wall_time: float = START) -> bytes:
    """One framed record as torch writes it."""
    summary = encode_summary((encode_value(tag, simple_value=value),))
    return frame_record(encode_event(wall_time, step, summary=summary))


def write_file(path: Path, *records: bytes) -> Path:
    """An event file with a version record and these."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(frame_record(encode_event(START, file_version="brain.Event:2")) + b"".join(records))
    return path
