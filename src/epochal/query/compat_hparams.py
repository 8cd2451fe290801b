"""TensorBoard's hparams routes: the experiment and its sessions, as protobuf writes api.proto as JSON.

Sources: tensorboard/plugins/hparams/backend_context.py, get_experiment.py and list_session_groups.py. Of a run,
TensorBoard takes what it logged first.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import msgspec

from epochal.events.wire import WireError
from epochal.query.columns import JsonNumber, json_number
from epochal.query.hparams import JsonHparam, find_last_point, find_metric_run, find_session, to_json
from epochal.query.hparams_messages import (
    Experiment,
    Hparam,
    HparamInfo,
    MetricInfo,
    SessionEnd,
    SessionStart,
    decode_plugin_content,
    type_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from epochal.store.snapshot import Run, Snapshot

Status: TypeAlias = Literal["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
DataType: TypeAlias = Literal["DATA_TYPE_UNSET", "DATA_TYPE_STRING", "DATA_TYPE_BOOL", "DATA_TYPE_FLOAT64"]
DatasetType: TypeAlias = Literal["DATASET_UNKNOWN", "DATASET_TRAINING", "DATASET_VALIDATION"]

_STATUSES: Mapping[str, Status] = {
    "unknown": "STATUS_UNKNOWN",
    "success": "STATUS_SUCCESS",
    "failure": "STATUS_FAILURE",
    "running": "STATUS_RUNNING",
}
_TYPES: Mapping[str, DataType] = {
    "string": "DATA_TYPE_STRING",
    "bool": "DATA_TYPE_BOOL",
    "number": "DATA_TYPE_FLOAT64",
}
_DATASETS: Mapping[str, DatasetType] = {
    "unknown": "DATASET_UNKNOWN",
    "training": "DATASET_TRAINING",
    "validation": "DATASET_VALIDATION",
}


class CompatInterval(msgspec.Struct, frozen=True, rename="camel"):
    """Both ends belong to it."""

    min_value: JsonNumber
    max_value: JsonNumber


class CompatHparamInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A hyperparameter, its type and domain (values, or an interval, or neither)."""

    name: str
    display_name: str = ""
    description: str = ""
    type: DataType = "DATA_TYPE_UNSET"
    domain_discrete: list[JsonHparam] | msgspec.UnsetType = msgspec.UNSET
    domain_interval: CompatInterval | msgspec.UnsetType = msgspec.UNSET
    differs: bool = False


class MetricName(msgspec.Struct, frozen=True):
    """The scalar `tag` of the run `<session>/<group>`."""

    group: str = ""
    tag: str = ""


class CompatMetricInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A metric."""

    name: MetricName
    display_name: str = ""
    description: str = ""
    dataset_type: DatasetType = "DATASET_UNKNOWN"


class CompatExperiment(msgspec.Struct, frozen=True, rename="camel"):
    """What sessions have in common. `time_created_secs` is 0 if it is not known."""

    name: str = ""
    description: str = ""
    user: str = ""
    time_created_secs: JsonNumber = 0.0
    hparam_infos: list[CompatHparamInfo] = []
    metric_infos: list[CompatMetricInfo] = []


class StoredSession(NamedTuple):
    """What one run logged."""

    run: str
    start: SessionStart | None
    end: SessionEnd | None
    experiment: Experiment | None


def read_sessions(snapshot: Snapshot) -> list[StoredSession]:
    """What every run logged that logged anything of the kind."""
    return [_read_run(run) for run in snapshot.runs.values() if "hparams" in run.layout.by_stem]


def _read_run(run: Run) -> StoredSession:
    start: SessionStart | None = None
    end: SessionEnd | None = None
    experiment: Experiment | None = None
    for tag in run.by_stem["hparams"].values():
        try:
            record = decode_plugin_content(tag.meta.content)
        except WireError:
            continue
        if isinstance(record, SessionStart):
            start = start or record
        elif isinstance(record, SessionEnd):
            end = end or record
        elif record is not None:
            experiment = experiment or record
    return StoredSession(run.name, start, end, experiment)


def make_experiment(
    snapshot: Snapshot, sessions: Iterable[StoredSession], *, include_metrics: bool = True, limit: int = 0
) -> CompatExperiment:
    """What was declared of the experiment, of several declarations everything; or what the sessions have.

    Those hyperparameters come first that are not the same in all sessions. `limit` 0: all of them.
    """
    stored = list(sessions)
    declared = [one.experiment for one in stored if one.experiment is not None]
    made = _join(declared) if declared else _infer(snapshot, stored)
    hparams = sorted(made.hparam_infos, key=lambda info: (not info.differs, info.name))
    return CompatExperiment(
        made.name,
        made.description,
        made.user,
        made.time_created_secs,
        hparams[:limit] if limit > 0 else hparams,
        made.metric_infos if include_metrics else [],
    )


def _join(declared: list[Experiment]) -> CompatExperiment:
    """Several are what torch's writer logs; TensorBoard takes any one of them and hides what it lacks."""
    hparams: dict[str, HparamInfo] = {}
    metrics: dict[tuple[str, str], MetricInfo] = {}
    for one in declared:
        for hparam in one.hparams:
            hparams.setdefault(hparam.name, hparam)
        for metric in one.metrics:
            metrics.setdefault((metric.group, metric.tag), metric)
    first = declared[0]
    return CompatExperiment(
        first.name,
        first.description,
        first.user,
        json_number(first.created),
        [_make_hparam(info) for info in hparams.values()],
        [
            CompatMetricInfo(
                MetricName(info.group, info.tag),
                info.display_name,
                info.description,
                _DATASETS[info.dataset_type],
            )
            for info in metrics.values()
        ],
    )


def _make_hparam(info: HparamInfo) -> CompatHparamInfo:
    interval = info.interval
    return CompatHparamInfo(
        name=info.name,
        display_name=info.display_name,
        description=info.description,
        type=_TYPES[info.type] if info.type is not None else "DATA_TYPE_UNSET",
        domain_discrete=msgspec.UNSET if info.values is None else [to_json(value) for value in info.values],
        domain_interval=msgspec.UNSET if interval is None else _make_interval(*interval),
        differs=info.differs,
    )


def _make_interval(low: float, high: float) -> CompatInterval:
    return CompatInterval(json_number(low), json_number(high))


def _infer(snapshot: Snapshot, stored: list[StoredSession]) -> CompatExperiment:
    values: dict[str, list[Hparam]] = {}
    for one in stored:
        for name, value in one.start.hparams.items() if one.start is not None else ():
            values.setdefault(name, []).append(value)
    hparams = [info for name, given in values.items() if (info := _infer_hparam(name, given)) is not None]
    if not hparams:
        return CompatExperiment()
    sessions = {one.run for one in stored if one.start is not None}
    metrics: set[tuple[str, str]] = set()
    for run in snapshot.runs.values():
        found = find_session(run.name, sessions)
        if found is not None:
            metrics.update((tag, found[1]) for tag in run.layout.by_stem.get("scalars", {}))
    return CompatExperiment(
        hparam_infos=hparams,
        metric_infos=[CompatMetricInfo(MetricName(group, tag)) for tag, group in sorted(metrics)],
    )


def _infer_hparam(name: str, given: list[Hparam]) -> CompatHparamInfo | None:
    """Values of several types are strings; None if no value has a type."""
    types = {kind for value in given if (kind := type_of(value)) is not None}
    if not types:
        return None
    if types == {"number"}:
        numbers = sorted(value for value in given if isinstance(value, float))
        return CompatHparamInfo(
            name=name,
            type="DATA_TYPE_FLOAT64",
            domain_interval=_make_interval(numbers[0], numbers[-1]),
            differs=len(set(numbers)) > 1,
        )
    distinct: dict[JsonHparam, None]
    if types == {"bool"}:
        distinct = {value: None for value in given if value is not None}
        return CompatHparamInfo(
            name=name, type="DATA_TYPE_BOOL", domain_discrete=list(distinct), differs=len(distinct) > 1
        )
    distinct = {text: None for value in given if (text := _to_text(value)) is not None}
    return CompatHparamInfo(
        name=name, type="DATA_TYPE_STRING", domain_discrete=list(distinct), differs=len(distinct) > 1
    )


def _to_text(value: Hparam) -> str | None:
    """A value as JSON, a string without its quotation marks; None for what JSON cannot carry."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if isinstance(value, str) else json.dumps(value)


class CompatMetricValue(msgspec.Struct, frozen=True, rename="camel"):
    """The last point of a metric, or what several sessions' last points come to."""

    name: MetricName
    value: JsonNumber
    training_step: int
    wall_time_secs: JsonNumber


class CompatSession(msgspec.Struct, frozen=True, rename="camel"):
    """A session, named by its run. Times are seconds since the epoch, 0 if they are not known."""

    name: str
    start_time_secs: JsonNumber
    end_time_secs: JsonNumber
    status: Status
    model_uri: str
    metric_values: list[CompatMetricValue]
    monitor_url: str


def make_session(
    snapshot: Snapshot, stored: StoredSession, metrics: Iterable[CompatMetricInfo]
) -> CompatSession | None:
    """A session with its last values of these metrics; None if the run did not log its start."""
    start, end = stored.start, stored.end
    if start is None:
        return None
    values = []
    for metric in metrics:
        point = find_last_point(snapshot, find_metric_run(stored.run, metric.name.group), metric.name.tag)
        if point is not None:
            values.append(
                CompatMetricValue(metric.name, json_number(point.value), point.step, json_number(point.wall_time))
            )
    return CompatSession(
        name=stored.run,
        start_time_secs=json_number(start.start_time),
        end_time_secs=json_number(end.end_time) if end is not None else 0.0,
        status=_STATUSES[end.status] if end is not None else "STATUS_UNKNOWN",
        model_uri=start.model_uri,
        metric_values=values,
        monitor_url=start.monitor_url,
    )
