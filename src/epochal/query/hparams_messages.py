"""What the hparams plugin keeps in its tags' metadata: sessions and experiments, decoded.

Source: tensorboard/plugins/hparams/plugin_data.proto and api.proto; values are protobuf's struct.Value.
"""

from __future__ import annotations

import functools
import json
import math
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, TypeVar

from epochal.events.wire import (
    BYTES,
    FIXED64,
    VARINT,
    Buffer,
    WireError,
    decode_double,
    decode_text,
    decode_varint,
    iter_spans,
    to_int32,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: A hyperparameter's value; lists and objects as JSON text, None where the logger said null.
Hparam: TypeAlias = "bool | float | str | None"
HparamType = Literal["bool", "number", "string"]
SessionStatus = Literal["unknown", "success", "failure", "running"]
DatasetType = Literal["unknown", "training", "validation"]

_STATUSES: tuple[SessionStatus, ...] = ("unknown", "success", "failure", "running")
_DATASETS: tuple[DatasetType, ...] = ("unknown", "training", "validation")
_TYPES: tuple[HparamType | None, ...] = (None, "string", "bool", "number")
_MAX_DEPTH = 32

_Name = TypeVar("_Name")


class SessionStart(NamedTuple):
    """A session's hyperparameters by name. Times are seconds since the epoch, 0 where none was given."""

    hparams: dict[str, Hparam]
    model_uri: str
    monitor_url: str
    group_name: str
    start_time: float


class SessionEnd(NamedTuple):
    """How a session ended."""

    status: SessionStatus
    end_time: float


class HparamInfo(NamedTuple):
    """What an experiment says of a hyperparameter. `type` is None if it does not say."""

    name: str
    display_name: str
    description: str
    type: HparamType | None
    values: tuple[Hparam, ...] | None
    interval: tuple[float, float] | None
    differs: bool = False


class MetricInfo(NamedTuple):
    """What an experiment says of a metric: the scalar `tag` in the run `<session>/<group>`."""

    group: str
    tag: str
    display_name: str
    description: str
    dataset_type: DatasetType


class Experiment(NamedTuple):
    """Which hyperparameters and metrics the sessions at and below a run have."""

    name: str
    description: str
    user: str
    created: float
    hparams: list[HparamInfo]
    metrics: list[MetricInfo]


@functools.lru_cache(maxsize=20_000)  # a page asks again whenever something changes
def decode_plugin_content(content: bytes) -> SessionStart | SessionEnd | Experiment | None:
    """Decode an HParamsPluginData; None if it says nothing. WireError if it is malformed.

    The result is shared: do not change it.
    """
    decoders: dict[int, Callable[[Buffer], SessionStart | SessionEnd | Experiment]] = {
        2: _decode_experiment,
        3: _decode_start,
        4: _decode_end,
    }
    decoded: SessionStart | SessionEnd | Experiment | None = None
    for field, wire_type, start, end in iter_spans(content, 0, len(content)):
        if field in decoders and wire_type == BYTES:
            decoded = decoders[field](content[start:end])
    return decoded


def _decode_start(data: Buffer) -> SessionStart:
    hparams: dict[str, Hparam] = {}
    texts = {2: "", 3: "", 4: ""}
    start_time = 0.0
    for field, wire_type, start, end in iter_spans(data, 0, len(data)):
        if field == 1 and wire_type == BYTES:
            name, value = _decode_hparam(data[start:end])
            hparams[name] = value
        elif field in texts and wire_type == BYTES:
            texts[field] = decode_text(data[start:end])
        elif field == 5 and wire_type == FIXED64:
            start_time = decode_double(data, start)
    return SessionStart(hparams, texts[2], texts[3], texts[4], start_time)


def _decode_hparam(entry: Buffer) -> tuple[str, Hparam]:
    """An entry of the map: its name and its struct.Value."""
    name = ""
    value: Hparam = None
    for field, wire_type, start, end in iter_spans(entry, 0, len(entry)):
        if field == 1 and wire_type == BYTES:
            name = decode_text(entry[start:end])
        elif field == 2 and wire_type == BYTES:
            value = _decode_value(entry[start:end], 0)
    return name, value


def _decode_end(data: Buffer) -> SessionEnd:
    return SessionEnd(_pick(_STATUSES, _enum(data, 1)), _double(data, 2))


def _decode_experiment(data: Buffer) -> Experiment:
    return Experiment(
        _text(data, 6),
        _text(data, 1),
        _text(data, 2),
        _double(data, 3),
        [_decode_hparam_info(part) for part in _messages(data, 4)],
        [_decode_metric_info(part) for part in _messages(data, 5)],
    )


def _decode_hparam_info(data: Buffer) -> HparamInfo:
    values: tuple[Hparam, ...] | None = None
    interval: tuple[float, float] | None = None
    for domain in _messages(data, 5):
        values = tuple(_decode_value(value, 0) for value in _messages(domain, 1))
    for domain in _messages(data, 6):
        interval = _double(domain, 1), _double(domain, 2)
    of_type = _pick(_TYPES, _enum(data, 4))
    differs = _enum(data, 7) != 0
    return HparamInfo(_text(data, 1), _text(data, 2), _text(data, 3), of_type, values, interval, differs)


def _decode_metric_info(data: Buffer) -> MetricInfo:
    group = tag = ""
    for name in _messages(data, 1):
        group, tag = _text(name, 1), _text(name, 2)
    return MetricInfo(group, tag, _text(data, 3), _text(data, 4), _pick(_DATASETS, _enum(data, 5)))


def _decode_value(data: Buffer, depth: int) -> Hparam:
    """A struct.Value; of its oneof the last field counts."""
    value = _decode_any(data, depth)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def _decode_any(data: Buffer, depth: int) -> bool | float | str | list[object] | dict[str, object] | None:
    if depth > _MAX_DEPTH:
        raise WireError("values nested too deeply")
    value: bool | float | str | list[object] | dict[str, object] | None = None
    for field, wire_type, start, end in iter_spans(data, 0, len(data)):
        if field == 2 and wire_type == FIXED64:
            value = decode_double(data[start:end], 0)
        elif field == 3 and wire_type == BYTES:
            value = decode_text(data[start:end])
        elif field == 4 and wire_type == VARINT:
            value = decode_varint(data, start, end)[0] != 0
        elif field == 5 and wire_type == BYTES:
            value = {_text(entry, 1): _decode_entry(entry, depth) for entry in _messages(data[start:end], 1)}
        elif field == 6 and wire_type == BYTES:
            value = [_decode_any(part, depth + 1) for part in _messages(data[start:end], 1)]
    return value


def _decode_entry(entry: Buffer, depth: int) -> object:
    values = [_decode_any(part, depth + 1) for part in _messages(entry, 2)]
    return values[-1] if values else None


def _pick(names: tuple[_Name, ...], number: int) -> _Name:
    """An enum's name; what is unknown, negative too, is the first."""
    return names[number] if 0 <= number < len(names) else names[0]


def _messages(data: Buffer, field: int) -> Iterator[Buffer]:
    for number, wire_type, start, end in iter_spans(data, 0, len(data)):
        if number == field and wire_type == BYTES:
            yield data[start:end]


def _text(data: Buffer, field: int) -> str:
    text = ""
    for part in _messages(data, field):
        text = decode_text(part)
    return text


def _double(data: Buffer, field: int) -> float:
    number = 0.0
    for at, wire_type, start, end in iter_spans(data, 0, len(data)):
        if at == field and wire_type == FIXED64:
            number = decode_double(data[start:end], 0)
    return number


def _enum(data: Buffer, field: int) -> int:
    number = 0
    for at, wire_type, start, end in iter_spans(data, 0, len(data)):
        if at == field and wire_type == VARINT:
            number = to_int32(decode_varint(data, start, end)[0])
    return number


def type_of(value: Hparam) -> HparamType | None:
    """The type of a value; None for null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "bool"
    return "string" if isinstance(value, str) else "number"


def is_same(a: Hparam, b: Hparam) -> bool:
    """Whether two values are the same, type included; NaN is the same as NaN."""
    if type_of(a) != type_of(b):
        return False
    both_nan = isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b)
    return both_nan or a == b
