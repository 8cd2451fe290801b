"""Event files for tests, byte by byte, by the package's own encoders."""

from __future__ import annotations

import os
from pathlib import Path

from epochal.events.messages import (
    FILE_VERSION,
    SESSION_START,
    encode_event,
    encode_histogram,
    encode_image,
    encode_metadata,
    encode_session_log,
    encode_string_tensor,
    encode_summary,
    encode_value,
)
from epochal.events.records import frame_record
from epochal.events.wire import encode_bytes_field

VERSION_SECS = 1000.0


def version_record(wall_time: float = VERSION_SECS) -> bytes:
    return frame_record(encode_event(wall_time, 0, file_version=FILE_VERSION))


def value_record(value: bytes, step: int, wall_time: float) -> bytes:
    return frame_record(encode_event(wall_time, step, summary=encode_summary([value])))


def scalar_record(tag: str | bytes, value: float, step: int, wall_time: float) -> bytes:
    name = tag.encode() if isinstance(tag, str) else tag  # bytes: what is not UTF-8, too
    return value_record(encode_bytes_field(1, name) + encode_value("", simple_value=value), step, wall_time)


def start_record(step: int, wall_time: float) -> bytes:
    """SessionLog START: what purge_step writes."""
    return frame_record(encode_event(wall_time, step, session_log=encode_session_log(SESSION_START)))


def text_record(
    tag: str, cells: list[bytes], step: int, wall_time: float, shape: tuple[int, ...] | None = None
) -> bytes:
    tensor = encode_string_tensor(cells, (len(cells),) if shape is None else shape)
    return value_record(encode_value(tag, tensor=tensor, metadata=encode_metadata("text")), step, wall_time)


def image_record(tag: str, data: bytes, step: int, wall_time: float, width: int = 3, height: int = 2) -> bytes:
    return value_record(encode_value(tag, image=encode_image(height, width, 3, data)), step, wall_time)


def histogram_record(
    tag: str, limits: list[float], counts: list[float], step: int, wall_time: float, low: float, high: float
) -> bytes:
    histo = encode_histogram(low, high, float(sum(counts)), 0.0, 0.0, limits, counts)
    return value_record(encode_value(tag, histo=histo), step, wall_time)


class LogWriter:
    """Appends records to one event file; whole and partial ones."""

    def __init__(
        self, folder: Path, name: str = "events.out.tfevents.1000.host.1.0", *, begun: float = VERSION_SECS
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / name
        self.path.write_bytes(version_record(begun))

    def write(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)

    def scalars(
        self,
        tag: str | bytes,
        steps: list[int],
        values: list[float] | None = None,
        *,
        start: float = 1001.0,
        every: float = 1.0,
    ) -> None:
        values = [float(step) for step in steps] if values is None else values
        self.write(
            b"".join(
                scalar_record(tag, value, step, start + every * i)
                for i, (step, value) in enumerate(zip(steps, values, strict=True))
            )
        )

    def settle(self, age: float = 3600.0) -> None:
        """Make the file look as if it was last written to long ago."""
        info = self.path.stat()
        os.utime(self.path, (info.st_atime - age, info.st_mtime - age))


def rewrite(log: LogWriter, values: list[float]) -> bytes:
    return version_record(1500.0) + b"".join(scalar_record("loss", v, i, 1600.0 + i) for i, v in enumerate(values))
