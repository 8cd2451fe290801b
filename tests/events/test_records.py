"""Frames against TensorBoard's own writer, and the strict reader."""

from __future__ import annotations

import io
from types import ModuleType

import pytest
from tensorboard.summary.writer.record_writer import RecordWriter

from epochal.events.records import RecordError, read_records


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 100, 70_000])
def test_frame_equals_tensorboards(core: ModuleType, size: int) -> None:
    data = bytes(i * 7 & 255 for i in range(size))
    file = io.BytesIO()
    RecordWriter(file).write(data)
    assert core.frame_record(data) == file.getvalue()
    assert list(read_records(file.getvalue())) == [data]


def test_strict_reader_names_every_damage(core: ModuleType) -> None:
    data = core.frame_record(b"first") + core.frame_record(b"second")
    with pytest.raises(RecordError, match="torn header") as caught:
        list(read_records(data + b"\0" * 11))
    assert caught.value.offset == len(data)
    with pytest.raises(RecordError, match="torn record"):
        list(read_records(data[:-1]))
    with pytest.raises(RecordError, match="damaged header"):
        list(read_records(b"\1" + data[1:]))
    with pytest.raises(RecordError, match="damaged data"):
        list(read_records(data[:12] + b"F" + data[13:]))
