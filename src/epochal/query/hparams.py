"""GET /api/hparams: hyperparameters as typed columns, one row per session, with the metrics of each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import msgspec

from epochal.errors import DamagedRecordError
from epochal.events.messages import decode_value
from epochal.events.wire import WireError
from epochal.query.columns import finite_or_none, json_number
from epochal.query.hparams_messages import (
    DatasetType,
    Experiment,
    Hparam,
    HparamInfo,
    HparamType,
    MetricInfo,
    SessionEnd,
    SessionStart,
    SessionStatus,
    decode_plugin_content,
    is_same,
    type_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from epochal.store.points import BlobRef
    from epochal.store.snapshot import Run, Snapshot

#: A value as JSON can carry it: a number that is not finite is "NaN", "Infinity" or "-Infinity".
JsonHparam: TypeAlias = "bool | float | str | None"


class HparamsOfRun(NamedTuple):
    """What a run says of its session. Times are seconds since the epoch, None where none was given.

    `hparams` by name, typed as logged (numbers are float; NaN and the infinities too). If the run logged several
    sessions, the later one's values count, and `changed` names those that were not always the same.
    `status` is "unknown" without a record of the session's end, or if another session began after it.
    """

    hparams: dict[str, Hparam]
    status: SessionStatus
    group_name: str
    start_time: float | None
    end_time: float | None
    model_uri: str
    monitor_url: str
    changed: tuple[str, ...]


class HparamColumn(msgspec.Struct, frozen=True):
    """A hyperparameter of any session.

    A column whose values are of several types is "string". `values` and `interval` are its domain, null where none
    was declared; domains declared differently are joined. `differs`: not all sessions have the same value, or some
    have none.
    """

    name: str
    display_name: str
    description: str
    type: HparamType
    values: list[JsonHparam] | None
    interval: tuple[float | None, float | None] | None
    differs: bool


class MetricColumn(msgspec.Struct, frozen=True):
    """A metric: the scalar `tag` of the run `<session>/<group>` (of the session's own run where group is empty).

    `declared`: an experiment record names it; the others are all scalars of sessions that no such record covers.
    """

    group: str
    tag: str
    display_name: str
    description: str
    dataset_type: DatasetType
    declared: bool


class MetricValue(msgspec.Struct, frozen=True):
    """The last point of a metric that nothing superseded; null values are not finite."""

    value: float | None
    step: int
    wall_time: float | None


class SessionRow(msgspec.Struct, frozen=True):
    """A session: the run that logged it, and a value for each column, null where it has none.

    Rows of one `group` are repetitions of one trial (its own run's name unless the logger gave one).
    """

    run: str
    group: str
    status: SessionStatus
    start_time: float | None
    end_time: float | None
    model_uri: str
    monitor_url: str
    hparams: list[JsonHparam]
    changed: list[str]
    metrics: list[MetricValue | None]


class HparamsResult(msgspec.Struct, frozen=True):
    """All sessions in the order of the runs; the experiment's name and the rest are the first that is given."""

    revision: int
    name: str
    description: str
    user: str
    created: float | None
    hparams: list[HparamColumn]
    metrics: list[MetricColumn]
    sessions: list[SessionRow]


class LastPoint(NamedTuple):
    """A point as it is stored."""

    value: float
    step: int
    wall_time: float


def read_hparams(run: Run, read_blob: Callable[[BlobRef], bytes]) -> HparamsOfRun | None:
    """A run's hyperparameters, or None if it logged no session.

    Of a session that was logged once the bytes are at hand; `read_blob` reads the records of further ones.
    """
    return _make_hparams(_read_records(run, read_blob))


def _make_hparams(records: Iterable[SessionStart | SessionEnd | Experiment]) -> HparamsOfRun | None:
    hparams: dict[str, Hparam] = {}
    changed: dict[str, None] = {}
    start: SessionStart | None = None
    end: SessionEnd | None = None
    for record in records:
        if isinstance(record, SessionStart):
            if start is not None:
                names = {**hparams, **record.hparams}
                changed |= {name: None for name in names if not _agree(name, hparams, record.hparams)}
            hparams |= record.hparams
            start, end = record, None
        elif isinstance(record, SessionEnd):
            end = record
    if start is None:
        return None
    return HparamsOfRun(
        hparams,
        end.status if end is not None else "unknown",
        start.group_name,
        _time_or_none(start.start_time),
        _time_or_none(end.end_time) if end is not None else None,
        start.model_uri,
        start.monitor_url,
        tuple(changed),
    )


def _agree(name: str, before: dict[str, Hparam], after: dict[str, Hparam]) -> bool:
    return name in before and name in after and is_same(before[name], after[name])


def _time_or_none(seconds: float) -> float | None:
    return finite_or_none(seconds) if seconds else None


def _read_records(run: Run, read_blob: Callable[[BlobRef], bytes]) -> list[SessionStart | SessionEnd | Experiment]:
    """The plugin's records in the order in which they were logged; what cannot be read is left out."""
    tags = run.by_stem.get("hparams", {}).values()
    if all(tag.points == 1 for tag in tags):  # one session: its start comes before its end
        records = [record for tag in tags if (record := _decode(tag.meta.content)) is not None]
        return sorted(records, key=lambda record: isinstance(record, SessionEnd))
    logged: list[tuple[float, int, bytes]] = []
    for tag in tags:
        series = tag.blobs()
        for position in range(len(series)):
            ref = series.ref(position)
            try:
                metadata = decode_value(read_blob(ref)).metadata
            except (DamagedRecordError, WireError):
                continue
            # A writer may leave out what it said before.
            content = metadata.content if metadata is not None else tag.meta.content
            logged.append((float(series.wall_time[position]), ref.record_offset, content))
    logged.sort(key=lambda one: (-math.inf if math.isnan(one[0]) else one[0], one[1]))
    return [record for *_, content in logged if (record := _decode(content)) is not None]


def _decode(content: bytes) -> SessionStart | SessionEnd | Experiment | None:
    try:
        return decode_plugin_content(content)
    except WireError:
        return None


def list_hparams(snapshot: Snapshot) -> HparamsResult:
    """All sessions of a snapshot, their hyperparameters and their metrics."""
    sessions: dict[str, HparamsOfRun] = {}
    experiments: dict[str, list[Experiment]] = {}
    for run in snapshot.runs.values():
        if "hparams" not in run.by_stem:
            continue
        records = _read_records(run, snapshot.read_blob)
        session = _make_hparams(records)
        if session is not None:
            sessions[run.name] = session
        declared = [one for one in records if isinstance(one, Experiment)]
        if declared:
            experiments[run.name] = declared
    everything = [one for of_run in experiments.values() for one in of_run]
    columns = _make_hparam_columns(everything, list(sessions.values()))
    metrics = _make_metric_columns(snapshot, everything, _find_uncovered(sessions, experiments))
    return HparamsResult(
        revision=snapshot.revision,
        name=_first(one.name for one in everything),
        description=_first(one.description for one in everything),
        user=_first(one.user for one in everything),
        created=next((time for one in everything if (time := _time_or_none(one.created)) is not None), None),
        hparams=columns,
        metrics=metrics,
        sessions=[_make_row(snapshot, run, session, columns, metrics) for run, session in sessions.items()],
    )


def _make_row(
    snapshot: Snapshot, run: str, session: HparamsOfRun, columns: list[HparamColumn], metrics: list[MetricColumn]
) -> SessionRow:
    return SessionRow(
        run=run,
        group=session.group_name or run,
        status=session.status,
        start_time=session.start_time,
        end_time=session.end_time,
        model_uri=session.model_uri,
        monitor_url=session.monitor_url,
        hparams=[to_json(session.hparams.get(column.name)) for column in columns],
        changed=list(session.changed),
        metrics=[_read_metric(snapshot, run, metric) for metric in metrics],
    )


def to_json(value: Hparam) -> JsonHparam:
    """A value as JSON can carry it."""
    return json_number(value) if isinstance(value, float) else value


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _make_hparam_columns(experiments: list[Experiment], sessions: list[HparamsOfRun]) -> list[HparamColumn]:
    """Those that experiments declare, in their order, then the others as they come."""
    infos: dict[str, list[HparamInfo]] = {}
    for experiment in experiments:
        for info in experiment.hparams:
            infos.setdefault(info.name, []).append(info)
    for session in sessions:
        for name in session.hparams:
            infos.setdefault(name, [])
    return [_make_hparam_column(name, declared, sessions) for name, declared in infos.items()]


def _make_hparam_column(name: str, declared: list[HparamInfo], sessions: list[HparamsOfRun]) -> HparamColumn:
    given = [session.hparams[name] for session in sessions if name in session.hparams]
    types = {kind for value in given if (kind := type_of(value)) is not None}
    types = types or {info.type for info in declared if info.type is not None}
    domains = [info.values for info in declared if info.values is not None]
    values: list[Hparam] = []
    for value in (value for domain in domains for value in domain):
        if not any(is_same(value, known) for known in values):
            values.append(value)
    intervals = [info.interval for info in declared if info.interval is not None]
    interval = (min(low for low, _ in intervals), max(high for _, high in intervals)) if intervals else None
    differs = len(given) < len(sessions) or any(not is_same(value, given[0]) for value in given)
    return HparamColumn(
        name=name,
        display_name=_first(info.display_name for info in declared) or name,
        description=_first(info.description for info in declared),
        type=types.pop() if len(types) == 1 else "string",
        values=[to_json(value) for value in values] if domains else None,
        interval=None if interval is None else (finite_or_none(interval[0]), finite_or_none(interval[1])),
        differs=differs,
    )


def _find_uncovered(sessions: Iterable[str], experiments: dict[str, list[Experiment]]) -> list[str]:
    """Sessions for which no experiment, of their own run or of one above, names metrics."""
    covering = {run for run, declared in experiments.items() if any(one.metrics for one in declared)}
    return [run for run in sessions if not any(above in covering for above in _above(run))]


def _above(run: str) -> Iterator[str]:
    """A run's name, those of the folders above it, and the root's."""
    yield run
    while "/" in run:
        run = run.rpartition("/")[0]
        yield run
    yield "."


def find_session(run: str, sessions: Collection[str]) -> tuple[str, str] | None:
    """The session that a run's scalars belong to, and the metrics' group that the run is in it; None if none."""
    session = next((above for above in _above(run) if above in sessions), None)
    if session is None:
        return None
    return session, "" if run == session else run if session == "." else run[len(session) + 1 :]


def _make_metric_columns(
    snapshot: Snapshot, experiments: list[Experiment], uncovered: list[str]
) -> list[MetricColumn]:
    infos: dict[tuple[str, str], MetricInfo] = {}
    for experiment in experiments:
        for info in experiment.metrics:
            infos.setdefault((info.group, info.tag), info)
    metrics = {
        key: MetricColumn(*key, info.display_name or info.tag, info.description, info.dataset_type, True)
        for key, info in infos.items()
    }
    sessions = set(uncovered)
    for run in snapshot.runs.values() if sessions else ():
        found = find_session(run.name, sessions)
        if found is None:
            continue
        group = found[1]
        for name, tag in run.by_stem.get("scalars", {}).items():
            column = MetricColumn(group, name, tag.display_name, tag.meta.description, "unknown", False)
            metrics.setdefault((group, name), column)
    return list(metrics.values())


def _read_metric(snapshot: Snapshot, session: str, metric: MetricColumn) -> MetricValue | None:
    point = find_last_point(snapshot, find_metric_run(session, metric.group), metric.tag)
    if point is None:
        return None
    return MetricValue(finite_or_none(point.value), point.step, finite_or_none(point.wall_time))


def find_metric_run(session: str, group: str) -> str:
    """The name of the run that has a session's metrics of a group."""
    group = group.strip("/")
    return session if not group else group if session == "." else f"{session}/{group}"


def find_last_point(snapshot: Snapshot, run: str, tag: str) -> LastPoint | None:
    """The last point of a scalar that nothing superseded; None if there is none."""
    if run not in snapshot.runs:
        return None
    found = snapshot.runs[run].by_stem.get("scalars", {}).get(tag)
    lines = [line for line in found.scalars().lines if len(line)] if found is not None else []
    if not lines:
        return None
    line = max(lines, key=lambda line: int(line.step[-1]))
    return LastPoint(float(line.value[-1]), int(line.step[-1]), float(line.wall_time[-1]))
