"""Shared by the tests of `epochal.events`: both cores, and builders of event files."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import pytest

from epochal.events.messages import FILE_VERSION, encode_event, encode_summary, encode_value
from epochal.events.records import frame_record

CORES = {"native": "epochal._core", "reference": "epochal.events.reference"}


@pytest.fixture(params=list(CORES))
def core(request: pytest.FixtureRequest) -> ModuleType:
    """The native core, then its twin: every test that takes it runs on both."""
    return importlib.import_module(CORES[request.param])


class Logs:
    """Builders of records and readers of decoders, in one place."""

    @staticmethod
    def version(wall_time: float = 1.0) -> bytes:
        return frame_record(encode_event(wall_time, file_version=FILE_VERSION))

    @staticmethod
    def scalar(tag: str, step: int, value: float, wall_time: float = 2.0) -> bytes:
        return Logs.values(step, encode_value(tag, simple_value=value), wall_time=wall_time)

    @staticmethod
    def values(step: int, *values: bytes, wall_time: float = 2.0) -> bytes:
        return frame_record(encode_event(wall_time, step, summary=encode_summary(values)))

    @staticmethod
    def scalars(count: int, tags: tuple[str, ...] = ("loss", "train/accuracy")) -> list[bytes]:
        """A version record and `count` scalars; value step / 4, which float32 holds exactly."""
        points = [Logs.scalar(tags[i % len(tags)], i, i / 4, 100.0 + i) for i in range(count)]
        return [Logs.version(), *points]

    @staticmethod
    def decode(core: ModuleType, data: bytes, **options: Any) -> Any:
        decoder = core.EventDecoder(**options)
        decoder.decode_bytes(data, options.get("start", 0))
        return decoder

    @staticmethod
    def points(decoder: Any) -> list[tuple[bytes, int, float]]:
        """(tag, step, value) of every scalar, by tag."""
        out = []
        for info in decoder.tags():
            if info.is_scalar:
                step, _, value = decoder.scalars(info.index)
                out += [(info.tag, s, v) for s, v in zip(step.tolist(), value.tolist(), strict=True)]
        return out

    @staticmethod
    def state(decoder: Any) -> dict[str, Any]:
        """Everything a decoder says, comparable (columns as bytes, so that NaN equals NaN)."""
        tags = [
            (
                *(info.index, info.tag, info.kind, info.is_scalar, info.points, info.plugin_name),
                *(info.plugin_content, info.display_name, info.description, info.data_class, info.dtype),
            )
            for info in decoder.tags()
        ]
        columns = [
            [column.tobytes() for column in (decoder.scalars(tag[0]) if tag[3] else decoder.blobs(tag[0]))]
            for tag in tags
        ]
        return {
            "offset": decoder.offset,
            "records": decoder.records,
            "wall_times": repr((decoder.first_wall_time, decoder.last_wall_time)),
            "version": decoder.file_version,
            "last": (decoder.last_record_crc, decoder.last_record_end),
            "problems": decoder.problems(),
            "tail_problem": decoder.tail_problem,
            "sessions": [column.tobytes() for column in decoder.session_starts()],
            "counts": decoder.point_counts(),
            "tags": tags,
            "columns": columns,
        }


@pytest.fixture
def logs() -> type[Logs]:
    return Logs
