"""Hyperparameters: a dict → the records of TensorBoard's hparams plugin.

All data are in the metadata (HParamsPluginData); fields: tensorboard/plugins/hparams/plugin_data.proto and
api.proto. Values are protobuf's struct.Value, which knows numbers (float64), strings and booleans.
"""

from __future__ import annotations

import enum
import math
import os
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from epochal.events.message_encoders import encode_metadata, encode_value
from epochal.events.wire import FIXED64, encode_bytes_field, encode_double_field, encode_text, encode_varint_field

PLUGIN_NAME = "hparams"

EXPERIMENT_TAG = "_hparams_/experiment"
SESSION_START_TAG = "_hparams_/session_start_info"
SESSION_END_TAG = "_hparams_/session_end_info"

Hparam: TypeAlias = bool | float | str

_EXPERIMENT_FIELD, _SESSION_START_FIELD, _SESSION_END_FIELD = 2, 3, 4
_STATUS_SUCCESS = 1
_TYPE_STRING, _TYPE_BOOL, _TYPE_FLOAT64 = 1, 2, 3


def as_hparam(value: Any) -> Hparam:
    """The bool, number or string that stands for a hyperparameter.

    An array of one element counts as its element, a plain Enum's member as its name, a Path as its text.
    Everything else, None and lists included, is kept as `str(value)`, and so is a number that JSON or float64
    cannot hold: NaN, infinities, and integers beyond 2**53 that would be rounded.
    """
    if isinstance(value, enum.Enum) and not isinstance(value, (int, float, str)):
        return value.name
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return float(value) if abs(value) <= 1 << 53 else _exact(int(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if hasattr(value, "item") and math.prod(getattr(value, "shape", ())) == 1:
        item = value.item()
        if isinstance(item, (bool, int, float, str)):
            return as_hparam(item)
    return str(value)


def as_torch_hparam(value: Any) -> Hparam | None:
    """What torch's writer makes of a value: booleans are numbers, None is left out.

    ValueError for what is no number, string or tensor.
    """
    if value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str):
        return str.__str__(value)
    if hasattr(value, "detach"):
        return float(value.detach().cpu().reshape(-1)[0])
    raise ValueError("value should be one of int, float, str, bool, or torch.Tensor")


def check_domains(hparams: Mapping[str, Any], domains: Any) -> None:
    """Raise TypeError unless each domain is a list of values of its hyperparameter's type."""
    if not isinstance(domains, Mapping):
        raise TypeError(f"hparam_domain_discrete must be a dict, got {type(domains).__name__}")
    for name, values in domains.items():
        if name not in hparams:
            raise TypeError(f"hparam_domain_discrete names {name!r}, which is not among the hyperparameters")
        if not isinstance(values, list) or not all(isinstance(one, type(hparams[name])) for one in values):
            raise TypeError(f"hparam_domain_discrete[{name!r}] must be a list of values of the same type")


def encode_session_start_value(hparams: Mapping[str, Hparam]) -> bytes:
    """The record that says which hyperparameters a session has."""
    entries = (
        encode_bytes_field(1, encode_text(name)) + encode_bytes_field(2, _encode_hparam(value))
        for name, value in hparams.items()
    )
    return _encode(
        SESSION_START_TAG, _SESSION_START_FIELD, b"".join(encode_bytes_field(1, one) for one in entries)
    )


def encode_session_end_value() -> bytes:
    """The record that says that a session ended well."""
    return _encode(SESSION_END_TAG, _SESSION_END_FIELD, encode_varint_field(1, _STATUS_SUCCESS))


def encode_experiment_value(
    hparams: Mapping[str, Hparam], domains: Mapping[str, Iterable[Hparam]], metrics: Iterable[str]
) -> bytes:
    """The record that lists what a whole logdir's sessions have: hyperparameters with their domains, metrics."""
    parts = []
    for name, value in hparams.items():
        info = encode_bytes_field(1, encode_text(name)) + encode_varint_field(4, _type_of(value))
        if name in domains:
            values = b"".join(encode_bytes_field(1, _encode_hparam(one)) for one in domains[name])
            info += encode_bytes_field(5, values)
        parts.append(encode_bytes_field(4, info))
    for tag in metrics:
        metric_name = encode_bytes_field(2, encode_text(tag))
        parts.append(encode_bytes_field(5, encode_bytes_field(1, metric_name)))
    return _encode(EXPERIMENT_TAG, _EXPERIMENT_FIELD, b"".join(parts))


def _encode(tag: str, field: int, message: bytes) -> bytes:
    return encode_value(tag, metadata=encode_metadata(PLUGIN_NAME, encode_bytes_field(field, message)))


def _encode_hparam(value: Hparam) -> bytes:
    """A struct.Value. It is a oneof, so zeros are written too."""
    if isinstance(value, bool):
        return encode_varint_field(4, 1) if value else b"\x20\x00"
    if isinstance(value, str):
        return encode_bytes_field(3, encode_text(value))
    return encode_double_field(2, value) or bytes((2 << 3 | FIXED64,)) + bytes(8)


def _type_of(value: Hparam) -> int:
    if isinstance(value, bool):
        return _TYPE_BOOL
    return _TYPE_STRING if isinstance(value, str) else _TYPE_FLOAT64


def _exact(value: int) -> Hparam:
    try:
        return float(value) if float(value) == value else str(value)
    except OverflowError:
        return str(value)
