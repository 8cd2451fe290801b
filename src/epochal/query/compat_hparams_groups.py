"""Groups of sessions: put together, aggregated, filtered, sorted and cut to a page, as TensorBoard does.

Source: tensorboard/plugins/hparams/list_session_groups.py.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import msgspec

from epochal.query.columns import JsonNumber, json_number
from epochal.query.compat_hparams import (
    CompatMetricValue,
    CompatSession,
    MetricName,
    make_experiment,
    make_session,
    read_sessions,
)
from epochal.query.hparams import JsonHparam

if TYPE_CHECKING:
    from collections.abc import Callable

    from epochal.query.compat_hparams_requests import ColParam, SessionGroupsRequest
    from epochal.store.snapshot import Snapshot


class SessionGroup(msgspec.Struct, rename="camel"):
    """Sessions of one trial; hyperparameters are the first one's, metrics those of all aggregated."""

    name: str
    hparams: dict[str, JsonHparam]
    metric_values: list[CompatMetricValue]
    sessions: list[CompatSession]
    monitor_url: str


class SessionGroups(msgspec.Struct, frozen=True, rename="camel"):
    """A page of groups, and how many there are in all."""

    session_groups: list[SessionGroup]
    total_size: int


def list_session_groups(snapshot: Snapshot, request: SessionGroupsRequest) -> SessionGroups:
    """The groups that the request describes. ValueError for a column, filter or pattern that means nothing."""
    groups = _build_groups(snapshot, request)
    for group in groups:
        group.sessions.sort(key=lambda session: session.name)
        group.metric_values = _aggregate(group, request)
    for column in request.col_params:
        extract = _make_extractor(column)
        keep = _make_filter(column)
        if keep is not None:
            groups = [group for group in groups if keep(extract(group))]
    groups.sort(key=lambda group: group.name)
    for column in reversed(request.col_params):
        _sort(groups, column)
    if any(column.include_in_result is not None for column in request.col_params):
        wanted = {column.hparam for column in request.col_params if column.include_in_result is not False}
        for group in groups:
            group.hparams = {name: value for name, value in group.hparams.items() if name in wanted}
    page = groups[request.start_index : request.start_index + request.slice_size]
    return SessionGroups(page, len(groups))


def _build_groups(snapshot: Snapshot, request: SessionGroupsRequest) -> list[SessionGroup]:
    stored = read_sessions(snapshot)
    metrics = make_experiment(snapshot, stored, include_metrics=request.include_metrics).metric_infos
    groups: dict[str, SessionGroup] = {}
    for one in stored:
        session = make_session(snapshot, one, metrics)
        if session is None or one.start is None or session.status not in request.allowed_statuses:
            continue
        name = one.start.group_name or session.name
        if name in groups:
            groups[name].sessions.append(session)
            continue
        # Protobuf has no JSON for such numbers here: to its clients they are not set.
        hparams = {key: value for key, value in one.start.hparams.items() if not _is_odd(value)}
        groups[name] = SessionGroup(name, hparams, [], [session], one.start.monitor_url)
    return list(groups.values())


def _is_odd(value: JsonHparam) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _aggregate(group: SessionGroup, request: SessionGroupsRequest) -> list[CompatMetricValue]:
    """The mean of every metric; or the values of the session in the middle or at an end by one metric."""
    if request.aggregation_type in ("AGGREGATION_UNSET", "AGGREGATION_AVG"):
        return _average(group.sessions)
    metric = request.aggregation_metric
    measured = [
        (float(value.value), session)
        for session in group.sessions
        if (value := _find_value(session.metric_values, metric)) is not None
    ]
    if not measured:
        return []
    if request.aggregation_type == "AGGREGATION_MEDIAN":
        return sorted(measured, key=lambda one: one[0])[(len(measured) - 1) // 2][1].metric_values
    extremum = min if request.aggregation_type == "AGGREGATION_MIN" else max
    return extremum(measured, key=lambda one: one[0])[1].metric_values


def _average(sessions: list[CompatSession]) -> list[CompatMetricValue]:
    measured: dict[MetricName, list[CompatMetricValue]] = {}
    for session in sessions:
        for value in session.metric_values:
            measured.setdefault(value.name, []).append(value)
    return [
        CompatMetricValue(
            name,
            json_number(_mean([one.value for one in values])),
            sum(one.training_step for one in values) // len(values),
            json_number(_mean([one.wall_time_secs for one in values])),
        )
        for name, values in measured.items()
    ]


def _mean(numbers: list[JsonNumber]) -> float:
    return sum(map(float, numbers)) / len(numbers)


def _find_value(values: list[CompatMetricValue], metric: MetricName) -> CompatMetricValue | None:
    return next((value for value in values if value.name == metric), None)


def _make_extractor(column: ColParam) -> Callable[[SessionGroup], JsonHparam]:
    if column.metric is not None:
        metric = column.metric

        def extract_metric(group: SessionGroup) -> JsonHparam:
            found = _find_value(group.metric_values, metric)
            return float(found.value) if found is not None else None

        return extract_metric
    if column.hparam is None:
        raise ValueError('a column with both "metric" and "hparam" unset')
    name = column.hparam
    return lambda group: group.hparams.get(name)


def _make_filter(column: ColParam) -> Callable[[JsonHparam], bool] | None:
    keeps_missing = not column.exclude_missing_values
    accept: Callable[[JsonHparam], bool]
    if column.filter_regexp is not None:
        accept = _make_pattern_filter(column.filter_regexp)
    elif column.filter_interval is not None:
        low, high = column.filter_interval.min_value, column.filter_interval.max_value

        def accept_interval(value: JsonHparam) -> bool:
            if isinstance(value, str) or value is None:
                raise ValueError(f"cannot use an interval filter for the value {value!r}")
            return low <= value <= high

        accept = accept_interval
    elif column.filter_discrete is not None:
        values = column.filter_discrete

        def accept_value(value: JsonHparam) -> bool:
            return value in values

        accept = accept_value
    elif keeps_missing:
        return None
    else:

        def accept_any(_: JsonHparam) -> bool:
            return True

        accept = accept_any
    return lambda value: keeps_missing if value is None else accept(value)


def _make_pattern_filter(pattern: str) -> Callable[[JsonHparam], bool]:
    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"not a regular expression: {error}") from None

    def accept(value: JsonHparam) -> bool:
        if not isinstance(value, str):
            raise ValueError(f"cannot use a regexp filter for the value {value!r}")
        return compiled.search(value) is not None

    return accept


def _sort(groups: list[SessionGroup], column: ColParam) -> None:
    """In place. Text comes after numbers, where a column has both."""
    if column.order == "ORDER_UNSPECIFIED":
        return
    descending = column.order == "ORDER_DESC"
    none_is_largest = column.missing_values_first == descending
    extract = _make_extractor(column)

    def key(group: SessionGroup) -> tuple[bool, bool, float | str]:
        value = extract(group)
        if value is None:
            return none_is_largest, False, 0.0
        return not none_is_largest, isinstance(value, str), value

    groups.sort(key=key, reverse=descending)
