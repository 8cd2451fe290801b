"""Hyperparameters: of all golden logs as TensorBoard's own messages say, and of logs made to be hard."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from store_logs import LogWriter, value_record
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.plugins.hparams.api_pb2 import HParamInfo, MetricInfo
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from epochal.events.messages import encode_metadata, encode_value
from epochal.query.hparams import HparamsResult, list_hparams, read_hparams
from epochal.store.reloader import Reloader
from epochal.store.snapshot import Snapshot

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture
def load() -> Iterator[Callable[[Path], Snapshot]]:
    started = []

    def load(logdir: Path) -> Snapshot:
        started.append(Reloader(logdir, reload_interval_secs=0))
        started[-1].start()
        started[-1].wait_until_loaded(30)
        return started[-1].snapshot

    yield load
    for reloader in started:
        reloader.stop()


def as_python(value: Any) -> object:
    kind = value.WhichOneof("kind")
    return str(list(value.list_value)) if kind == "list_value" else getattr(value, kind)


def same(a: object, b: object) -> bool:
    return type(a) is type(b) and (a == b or (a != a and b != b))


@pytest.mark.parametrize("writer", sorted(path.stem for path in DATA.glob("*.json")))
def test_every_writers_sessions_are_as_tensorboards_messages_say(
    writer: str, load: Callable[..., Snapshot]
) -> None:
    stock = EventMultiplexer()
    stock.AddRunsFromDirectory(str(DATA / writer)).Reload()
    expected = {}
    for run in stock.Runs():
        try:
            contents = stock.GetAccumulator(run).PluginTagToContent("hparams")
        except KeyError:
            continue
        for content in contents.values():
            record = HParamsPluginData.FromString(content)
            if record.HasField("session_start_info"):
                hparams = record.session_start_info.hparams
                expected[run] = {name: as_python(value) for name, value in hparams.items()}
    snapshot = load(DATA / writer)
    found = {name: read_hparams(run, snapshot.read_blob) for name, run in snapshot.runs.items()}
    assert {run for run, session in found.items() if session is not None} == set(expected)
    for run, hparams in expected.items():
        session = found[run]
        assert session is not None
        assert session.changed == ()
        assert sorted(session.hparams) == sorted(hparams)
        assert all(same(session.hparams[name], value) for name, value in hparams.items())
    assert bool(expected) == (writer not in ("tf1", "transformers"))


def column(result: HparamsResult, name: str) -> Any:
    return next(column for column in result.hparams if column.name == name)


def cell(result: HparamsResult, run: str, name: str) -> object:
    row = next(row for row in result.sessions if row.run == run)
    return row.hparams[[column.name for column in result.hparams].index(name)]


def metrics_of(result: HparamsResult, run: str) -> dict[str, Any]:
    row = next(row for row in result.sessions if row.run == run)
    found = zip(result.metrics, row.metrics, strict=True)
    return {f"{metric.group}|{metric.tag}": value.value for metric, value in found if value is not None}


def test_tensorflows_experiment(load: Callable[..., Snapshot]) -> None:
    """Domains, names, metrics with groups, statuses, trials of several sessions."""
    result = list_hparams(load(DATA / "tf2"))
    assert [c.name for c in result.hparams] == ["rate", "units", "kind", "flag", "depth", "list", "free"]
    rate = column(result, "rate")
    assert (rate.type, rate.display_name, rate.description) == ("number", "Rate", "of *dropout*")
    assert (rate.interval, rate.values, rate.differs) == ((0.1, 0.9), None, True)
    assert (column(result, "kind").type, column(result, "kind").values) == ("string", ["adam", "sgd"])
    assert (column(result, "flag").type, column(result, "flag").values) == ("bool", [False, True])
    assert column(result, "depth").values == [2, 4]
    assert result.created == 1234.5
    metrics = [(m.group, m.tag, m.display_name, m.dataset_type, m.declared) for m in result.metrics]
    assert metrics == [
        ("", "accuracy", "Accuracy", "unknown", True),
        ("validation", "epoch_loss", "loss (val.)", "validation", True),
        ("train", "epoch_loss", "epoch_loss", "training", True),
    ]
    rows = {row.run: row for row in result.sessions}
    assert [(run, row.group, row.status) for run, row in rows.items()] == [
        ("hparams/old", "one", "unknown"),
        ("hparams/session0", "one", "failure"),
        ("hparams/session1", "two", "unknown"),
        ("hparams/session2", "two", "unknown"),
    ]
    assert (rows["hparams/session0"].start_time, rows["hparams/session0"].end_time) == (1000.0, 2000.0)
    assert (rows["hparams/old"].model_uri, rows["hparams/old"].monitor_url) == ("gs://model", "https://monitor")
    assert cell(result, "hparams/session1", "flag") is True
    assert cell(result, "hparams/old", "flag") is None
    assert metrics_of(result, "hparams/session2") == {
        "|accuracy": pytest.approx(0.7),
        "validation|epoch_loss": pytest.approx(0.2),
    }


def test_torchs_sub_runs_are_sessions_with_their_own_experiments(load: Callable[..., Snapshot]) -> None:
    result = list_hparams(load(DATA / "torch"))
    runs = [row.run for row in result.sessions]
    [timed] = [run for run in runs if run.startswith("1")]
    assert "second" in runs
    assert "nested/job/second" in runs
    assert cell(result, timed, "lr") == 0.1
    assert cell(result, "second", "note") == "x"
    assert cell(result, "second", "optimizer") is None, "no session's key hides another's"
    assert column(result, "lr").values == [0.1, 0.01]
    assert cell(result, "session", "clip") == "Infinity"
    assert metrics_of(result, "second")["|accuracy"] == 0.75
    assert metrics_of(result, timed) == {"|accuracy": 0.5, "|loss": None}
    assert metrics_of(result, "session") == {"|score": 0.25}
    assert [row.status for row in result.sessions if row.run in (timed, "second")] == ["success", "success"]
    msgspec.json.encode(result)


def hparams_record(tag: str, step: int, wall_time: float, **content: Any) -> bytes:
    data = HParamsPluginData(**content).SerializeToString()
    return value_record(encode_value(tag, metadata=encode_metadata("hparams", data)), step, wall_time)


def start_of(hparams: dict[str, Any], wall_time: float = 1001.0, **more: Any) -> bytes:
    record = HParamsPluginData(session_start_info=more)
    for name, value in hparams.items():
        kind = (
            "bool_value"
            if isinstance(value, bool)
            else "string_value"
            if isinstance(value, str)
            else "number_value"
        )
        if value is None:
            record.session_start_info.hparams[name].null_value = 0
        elif isinstance(value, list):
            record.session_start_info.hparams[name].list_value.extend(value)
        elif isinstance(value, dict):
            record.session_start_info.hparams[name].struct_value.update(value)
        else:
            setattr(record.session_start_info.hparams[name], kind, value)
    content = {"session_start_info": record.session_start_info}
    return hparams_record("_hparams_/session_start_info", 0, wall_time, **content)


def end_of(status: int, wall_time: float = 1002.0) -> bytes:
    return hparams_record("_hparams_/session_end_info", 0, wall_time, session_end_info={"status": status})


def test_values_of_every_kind(tmp_path: Path, load: Callable[..., Snapshot]) -> None:
    values = {"nan": math.nan, "minus": -math.inf, "zero": 0.0, "no": False, "": "", "none": None, "ü": "漢"}
    nested = {"list": [1, "a", None], "dict": {"a": [True], "b": {"c": 2}}}
    LogWriter(tmp_path / "run").write(start_of({**values, **nested}))
    snapshot = load(tmp_path)
    session = read_hparams(snapshot.runs["run"], snapshot.read_blob)
    assert session is not None
    assert all(same(session.hparams[name], value) for name, value in values.items())
    assert session.hparams["list"] == '[1.0, "a", null]'
    assert session.hparams["dict"] in ('{"a": [true], "b": {"c": 2.0}}', '{"b": {"c": 2.0}, "a": [true]}')
    result = list_hparams(snapshot)
    assert cell(result, "run", "nan") == "NaN"
    assert cell(result, "run", "minus") == "-Infinity"
    assert column(result, "nan").type == "number"
    assert column(result, "none").type == "string"
    assert not column(result, "nan").differs
    assert (session.status, session.start_time, session.group_name) == ("unknown", None, "")


def test_a_run_that_logs_again_keeps_the_later_values_and_says_so(
    tmp_path: Path, load: Callable[..., Snapshot]
) -> None:
    """In the same file, and in the file of a restart."""
    log = LogWriter(tmp_path / "same file")
    log.write(start_of({"lr": 0.1, "kept": 1.0, "gone": "x"}) + end_of(1))
    log.write(start_of({"lr": 0.2, "kept": 1.0, "new": True}, 1003.0))
    LogWriter(tmp_path / "restart").write(start_of({"lr": 0.1, "kept": "a"}) + end_of(2))
    again = LogWriter(tmp_path / "restart", "events.out.tfevents.2000.host.1.0", begun=2000.0)
    again.write(start_of({"lr": 0.3, "kept": "a"}, 2001.0) + end_of(1, 2002.0))
    snapshot = load(tmp_path)
    first = read_hparams(snapshot.runs["same file"], snapshot.read_blob)
    second = read_hparams(snapshot.runs["restart"], snapshot.read_blob)
    assert first is not None
    assert second is not None
    assert first.hparams == {"lr": 0.2, "kept": 1.0, "gone": "x", "new": True}
    assert sorted(first.changed) == ["gone", "lr", "new"]
    assert first.status == "unknown", "what ended was the session before"
    assert (second.hparams, second.changed, second.status) == ({"lr": 0.3, "kept": "a"}, ("lr",), "success")


def test_a_record_without_a_time_counts_as_the_earliest(tmp_path: Path, load: Callable[..., Snapshot]) -> None:
    log = LogWriter(tmp_path / "run")
    log.write(start_of({"lr": 0.2}, 1003.0) + start_of({"lr": 0.1}, math.nan) + start_of({"lr": 0.3}, 1001.0))
    snapshot = load(tmp_path)
    session = read_hparams(snapshot.runs["run"], snapshot.read_blob)
    assert session is not None
    assert session.hparams == {"lr": 0.2}


def test_columns_of_several_types_and_joined_domains(tmp_path: Path, load: Callable[..., Snapshot]) -> None:
    for number, value in enumerate((1.0, "one", True)):
        log = LogWriter(tmp_path / f"run{number}")
        info = HParamInfo(name="mixed", type=[3, 1, 2][number])
        info.domain_interval.min_value, info.domain_interval.max_value = -number, number
        other = HParamInfo(name="other", display_name=["", "Other", "no"][number])
        other.domain_discrete.extend([float(number), 1.0])
        experiment = {"hparam_infos": [info, other], "metric_infos": [], "name": ["", "e", ""][number]}
        log.write(hparams_record("_hparams_/experiment", 0, 1000.5, experiment=experiment))
        log.write(start_of({"mixed": value, "same": 5.0}))
    result = list_hparams(load(tmp_path))
    mixed, other, alike = (column(result, name) for name in ("mixed", "other", "same"))
    assert (mixed.type, mixed.interval, mixed.differs) == ("string", (-2.0, 2.0), True)
    assert (other.values, other.display_name, other.type) == ([0.0, 1.0, 2.0], "Other", "string")
    assert (alike.type, alike.differs) == ("number", False)
    assert [cell(result, f"run{number}", "mixed") for number in range(3)] == [1.0, "one", True]
    assert result.name == "e"


def test_metrics_without_an_experiment_are_the_sessions_scalars(
    tmp_path: Path, load: Callable[..., Snapshot]
) -> None:
    LogWriter(tmp_path / "a" / "s").write(start_of({"lr": 1.0}))
    LogWriter(tmp_path / "a" / "s" / "eval").scalars("acc", [1, 2, 3], [0.5, 0.9, math.nan])
    LogWriter(tmp_path / "a" / "s2").write(start_of({"lr": 2.0}))
    LogWriter(tmp_path / "other").scalars("not of a session", [1])
    log = LogWriter(tmp_path / "covered")
    experiment = {"metric_infos": [MetricInfo(name={"tag": "chosen"})]}
    log.write(hparams_record("_hparams_/experiment", 0, 1000.5, experiment=experiment) + start_of({"lr": 3.0}))
    log.scalars("chosen", [4, 5], [1.5, 2.5])
    log.scalars("not chosen", [4], [1.0])
    result = list_hparams(load(tmp_path))
    assert [(m.group, m.tag, m.declared) for m in result.metrics] == [("", "chosen", True), ("eval", "acc", False)]
    rows = {row.run: row.metrics for row in result.sessions}
    assert rows["covered"][0] is not None
    assert (rows["covered"][0].value, rows["covered"][0].step) == (2.5, 5)
    assert rows["a/s"][1] is not None
    assert (rows["a/s"][1].value, rows["a/s"][1].step) == (None, 3)
    assert rows["a/s2"] == [None, None]


def test_a_superseded_point_is_no_metric(tmp_path: Path, load: Callable[..., Snapshot]) -> None:
    first = LogWriter(tmp_path / "s")
    first.write(start_of({"lr": 1.0}))
    first.scalars("loss", list(range(10)), [9.0] * 10)
    LogWriter(tmp_path / "s", "events.out.tfevents.2000.host.1.0", begun=2000.0).scalars(
        "loss", [4, 5], [1.0, 2.0], start=2001.0
    )
    result = list_hparams(load(tmp_path))
    assert result.sessions[0].metrics[0] is not None
    assert (result.sessions[0].metrics[0].value, result.sessions[0].metrics[0].step) == (2.0, 5)


def test_what_cannot_be_decoded_is_left_out(tmp_path: Path, load: Callable[..., Snapshot]) -> None:
    log = LogWriter(tmp_path / "run")
    log.write(value_record(encode_value("t", metadata=encode_metadata("hparams", b"\x1a\xff")), 0, 1001.0))
    deep = b""
    for _ in range(60):
        inner = b"\x0a" + _varint(len(deep)) + deep
        deep = b"\x32" + _varint(len(inner)) + inner
    entry = b"\x0a\x01d\x12" + _varint(len(deep)) + deep
    start = b"\x0a" + _varint(len(entry)) + entry
    content = b"\x1a" + _varint(len(start)) + start
    log.write(value_record(encode_value("u", metadata=encode_metadata("hparams", content)), 0, 1001.0))
    snapshot = load(tmp_path)
    assert read_hparams(snapshot.runs["run"], snapshot.read_blob) is None
    assert list_hparams(snapshot).sessions == []


def _varint(number: int) -> bytes:
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])
