"""The questions of TensorBoard's hparams routes: messages of api.proto, in protobuf's JSON.

Field names may be camelCase or as in the proto, enums names or numbers, and null is as good as nothing
(https://protobuf.dev/programming-guides/json/).
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypeVar, get_args

import msgspec

from epochal.query.compat_hparams import MetricName, Status

Order: TypeAlias = Literal["ORDER_UNSPECIFIED", "ORDER_ASC", "ORDER_DESC"]
Aggregation: TypeAlias = Literal[
    "AGGREGATION_UNSET", "AGGREGATION_AVG", "AGGREGATION_MEDIAN", "AGGREGATION_MIN", "AGGREGATION_MAX"
]

_Request = TypeVar("_Request", bound=msgspec.Struct)
_ENUMS = {"order": Order, "aggregationType": Aggregation, "allowedStatuses": Status}


class Interval(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Both ends belong to it."""

    min_value: float = 0.0
    max_value: float = 0.0


class ColParam(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A column (a metric, or a hyperparameter), how to sort by it, and which of its values to keep."""

    metric: MetricName | None = None
    hparam: str | None = None
    order: Order = "ORDER_UNSPECIFIED"
    missing_values_first: bool = False
    filter_regexp: str | None = None
    filter_interval: Interval | None = None
    filter_discrete: list[Any] | None = None
    exclude_missing_values: bool = False
    include_in_result: bool | None = None


class ExperimentRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """GetExperimentRequest."""

    experiment_name: str = ""
    include_metrics: bool = True
    hparams_limit: int = 0


class SessionGroupsRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """ListSessionGroupsRequest. No status is allowed and no group is in the slice unless the request says so."""

    experiment_name: str = ""
    allowed_statuses: list[Status] = []
    col_params: list[ColParam] = []
    aggregation_type: Aggregation = "AGGREGATION_UNSET"
    aggregation_metric: MetricName = MetricName()
    start_index: int = 0
    slice_size: int = 0
    include_metrics: bool = True


class MetricEvalsRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """ListMetricEvalsRequest."""

    experiment_name: str = ""
    session_name: str = ""
    metric_name: MetricName = MetricName()


def parse_request(text: str, request: type[_Request]) -> _Request:
    """A request from its JSON. ValueError if it is none."""
    try:
        return msgspec.convert(_tidy(msgspec.json.decode(text.encode())), request, strict=False)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def _tidy(value: Any) -> Any:
    """Names in camelCase, enums by name, nothing that is null."""
    if isinstance(value, list):
        return [_tidy(one) for one in value]
    if not isinstance(value, dict):
        return value
    tidied = {_to_camel(name): _tidy(one) for name, one in value.items() if one is not None}
    for name, names in _ENUMS.items():
        if name in tidied:
            tidied[name] = _name_enum(tidied[name], get_args(names))
    return tidied


def _to_camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def _name_enum(value: Any, names: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_name_enum(one, names) for one in value]
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else value
