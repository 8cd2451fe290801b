"""TensorBoard's hparams routes against TensorBoard's own application, on the same logs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from compat_harness import GOLDEN, Ours, Peers, import_stock
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams.api_pb2 import Status
from tensorboard.plugins.hparams.metadata import create_summary_metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from werkzeug.test import Client

from epochal import SummaryWriter

STATUSES = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
EVERYTHING: dict[str, Any] = {"allowedStatuses": STATUSES, "startIndex": 0, "sliceSize": 1000}


class Stock:
    """TensorBoard's application with its hparams plugin, and ours, over one logdir of its own."""

    def __init__(self, logdir: Path) -> None:
        processing = "backend.event_processing"
        multiplexer = import_stock(f"{processing}.plugin_event_multiplexer").EventMultiplexer(
            tensor_size_guidance={"scalars": 0, "hparams": 0}
        )
        multiplexer.AddRunsFromDirectory(str(logdir))
        multiplexer.Reload()
        context = import_stock("plugins.base_plugin").TBContext(
            data_provider=import_stock(f"{processing}.data_provider").MultiplexerDataProvider(
                multiplexer, str(logdir)
            ),
            plugin_name_to_instance={},
            sampling_hints={"scalars": 100_000},
        )
        scalars = import_stock("plugins.scalar.scalars_plugin").ScalarsPlugin(context)
        context.plugin_name_to_instance["scalars"] = scalars
        plugin = import_stock("plugins.hparams.hparams_plugin").HParamsPlugin(context)
        self.client = Client(import_stock("backend.application").TensorBoardWSGI([plugin]))
        self.ours = Ours(logdir)

    def both(self, route: str, request: dict[str, Any], **more: str) -> tuple[Any, Any]:
        """Our answer and theirs to a GET; a POST is answered likewise."""
        text = json.dumps(request)
        path = f"plugin/hparams/{route}"
        reply = self.ours.ask(path, request=text, **more)
        theirs = self.client.get(f"/data/{path}", query_string={"request": text, **more})
        assert reply.status == theirs.status_code == 200, (reply.body, theirs.data)
        assert reply.one("content-type").split(";")[0] == theirs.content_type.split(";")[0]
        if not more:
            assert self.ours.post(path, text.encode(), "application/json").body == reply.body
            assert self.client.post(f"/data/{path}", data=text).data == theirs.data
        if theirs.content_type.startswith("application/json"):
            return json.loads(reply.body, parse_constant=pytest.fail), json.loads(theirs.data)
        return reply.body.decode(), theirs.data.decode()

    def statuses(self, route: str, request: str) -> tuple[int, int]:
        path = f"plugin/hparams/{route}"
        theirs = self.client.get(f"/data/{path}", query_string={"request": request})
        return self.ours.ask(path, request=request).status, theirs.status_code


def unordered(experiment: dict[str, Any]) -> dict[str, Any]:
    """TensorBoard gives a domain's values in any order."""
    infos = [
        {**info, "domainDiscrete": sorted(map(str, info["domainDiscrete"]))} if "domainDiscrete" in info else info
        for info in experiment["hparamInfos"]
    ]
    return {**experiment, "hparamInfos": infos}


@pytest.mark.parametrize("folder", ["clu", "keras", "lightning", "tf2", "torch", "tensorboardx"])
def test_golden_logs(folder: str) -> None:
    stock = Stock(GOLDEN / folder)
    mine, theirs = (unordered(answer) for answer in stock.both("experiment", {}))
    if folder in ("torch", "tensorboardx"):
        # They write an experiment for each call: TensorBoard takes any one, we take all.
        for kind in ("hparamInfos", "metricInfos"):
            names = {json.dumps(info["name"], sort_keys=True) for info in mine.pop(kind)}
            assert {json.dumps(info["name"], sort_keys=True) for info in theirs.pop(kind)} <= names
    assert mine == theirs
    mine, theirs = stock.both("session_groups", EVERYTHING)
    if folder == "tf2":
        # The sessions of a trial do not agree there; TensorBoard takes those of any one.
        for group in (*mine["sessionGroups"], *theirs["sessionGroups"]):
            if len(group["sessions"]) > 1:
                del group["hparams"], group["monitorUrl"]
    if folder in ("torch", "tensorboardx"):
        for group, other in zip(mine["sessionGroups"], theirs["sessionGroups"], strict=True):
            for holder, peer in [(group, other), *zip(group["sessions"], other["sessions"], strict=True)]:
                values = holder.pop("metricValues")
                assert all(value in values for value in peer.pop("metricValues"))
    assert mine == theirs
    assert mine["totalSize"]


def make_event(name: str, data: HParamsPluginData) -> Event:
    """What TensorBoard's own writer logs of a session, without TensorFlow."""
    value = Summary.Value(tag=f"_hparams_/{name}", metadata=create_summary_metadata(data))
    return Event(wall_time=1.0, step=0, summary=Summary(value=[value]))


def write_session(
    folder: Path,
    hparams: dict[str, Any],
    scalars: dict[str, list[float]],
    *,
    group: str = "",
    status: str = "STATUS_SUCCESS",
) -> None:
    start = SessionStartInfo(group_name=group, monitor_url="m", start_time_secs=1.5)
    for name, value in hparams.items():
        if isinstance(value, str):
            start.hparams[name].string_value = value
        elif isinstance(value, bool):
            start.hparams[name].bool_value = value
        else:
            start.hparams[name].number_value = value
    events = [make_event("session_start_info", HParamsPluginData(session_start_info=start))]
    for tag, values in scalars.items():
        for step, value in enumerate(values):
            point = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            events.append(Event(wall_time=10.0 + step, step=step * 3, summary=point))
    if status:
        end = SessionEndInfo(status=Status.Value(status), end_time_secs=2.5)
        events.append(make_event("session_end_info", HParamsPluginData(session_end_info=end)))
    writer = EventFileWriter(str(folder))
    for event in events:
        writer.add_event(event)
    writer.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    """Five sessions, three of one trial, with values of every kind."""
    logdir = tmp_path_factory.mktemp("hparams")
    for number, (loss, kind) in enumerate([(3.0, "x"), (1.0, "x"), (2.0, "x")]):
        hparams = {"lr": 0.5, "kind": kind, "deep": True, "mixed": "a_%", "same": 4.0}
        write_session(logdir / f"r{number}", hparams, {"loss": [9.0, loss], "acc": [loss]}, group="trial")
    write_session(
        logdir / "s1", {"lr": 1e-7, "kind": "yy", "mixed": 2.0}, {"loss": [0.25]}, status="STATUS_FAILURE"
    )
    odd = {"lr": 20.0, "kind": "z", "deep": False, "same": 4.0, "odd": math.nan, "mixed": True}
    write_session(logdir / "s2", odd, {"loss": [math.nan], "only": [math.inf]}, status="")
    write_session(logdir / "s1" / "eval", {}, {"loss": [4.0, 5.0]}, status="")
    return Stock(logdir)


def test_what_sessions_have_in_common(written: Stock) -> None:
    mine, theirs = (unordered(answer) for answer in written.both("experiment", {}))
    assert mine == theirs
    assert [info["differs"] for info in mine["hparamInfos"]].count(True) > 2
    assert {info["type"] for info in mine["hparamInfos"]} == {
        "DATA_TYPE_BOOL",
        "DATA_TYPE_FLOAT64",
        "DATA_TYPE_STRING",
    }
    for request in (
        {"hparamsLimit": 2},
        {"includeMetrics": False},
        {"include_metrics": True, "hparams_limit": "1"},
    ):
        mine, theirs = (unordered(answer) for answer in written.both("experiment", request))
        assert mine == theirs


LOSS, ACC = {"group": "", "tag": "loss"}, {"tag": "acc"}
REQUESTS: list[dict[str, Any]] = [
    {},
    {"allowedStatuses": []},
    {"allowedStatuses": ["STATUS_FAILURE", 0]},
    {"sliceSize": 2, "startIndex": 1},
    {"sliceSize": 0},
    {"includeMetrics": False},
    {"includeMetrics": None, "startIndex": None, "colParams": [{"hparam": "lr", "order": None}]},
    {"aggregationType": "AGGREGATION_AVG"},
    {"aggregationType": "AGGREGATION_MEDIAN", "aggregationMetric": {"tag": "loss"}},
    {"aggregationType": 3, "aggregationMetric": {"tag": "loss"}},
    {"aggregation_type": "AGGREGATION_MAX", "aggregation_metric": {"tag": "loss"}},
    {"colParams": [{"hparam": "lr", "order": "ORDER_ASC"}]},
    {"colParams": [{"hparam": "lr", "order": "ORDER_DESC"}]},
    {"colParams": [{"hparam": "deep", "order": 1}, {"hparam": "kind", "order": 2}]},
    {"colParams": [{"hparam": "deep", "order": "ORDER_ASC", "missingValuesFirst": True}]},
    {"colParams": [{"hparam": "deep", "order": "ORDER_DESC", "missingValuesFirst": True}]},
    {"colParams": [{"hparam": "deep", "order": "ORDER_DESC"}]},
    {"col_params": [{"metric": ACC, "order": "ORDER_DESC", "exclude_missing_values": True}]},
    {"colParams": [{"metric": ACC, "excludeMissingValues": True}]},
    {"colParams": [{"hparam": "lr", "filterInterval": {"minValue": 0.1, "maxValue": "Infinity"}}]},
    {"colParams": [{"hparam": "lr", "filterInterval": {"maxValue": 0.5}}]},
    {"colParams": [{"hparam": "kind", "filterRegexp": "^[xy]"}]},
    {"colParams": [{"hparam": "kind", "filterDiscrete": ["z", "x"]}]},
    {"colParams": [{"hparam": "deep", "filterDiscrete": [True], "excludeMissingValues": True}]},
    {"colParams": [{"hparam": "deep", "filterDiscrete": [False]}, {"metric": LOSS, "filterInterval": None}]},
    {"colParams": [{"hparam": "lr", "includeInResult": True}, {"hparam": "kind", "includeInResult": False}]},
    {"colParams": [{"hparam": "lr", "includeInResult": False}, {"hparam": "kind"}]},
]


@pytest.mark.parametrize("request_", REQUESTS, ids=json.dumps)
def test_groups(written: Stock, request_: dict[str, Any]) -> None:
    mine, theirs = written.both("session_groups", {**EVERYTHING, **request_})
    assert mine == theirs
    assert mine["totalSize"] or request_.get("allowedStatuses") == []


@pytest.mark.parametrize(
    "request_",
    [
        "",
        "x",
        "{",
        '{"unknown": 1}',
        '{"allowedStatuses": ["x"]}',
        '{"sliceSize": "x"}',
        json.dumps({**EVERYTHING, "colParams": [{}]}),
        json.dumps({**EVERYTHING, "colParams": [{"hparam": "lr", "filterRegexp": "a"}]}),
        json.dumps({**EVERYTHING, "colParams": [{"hparam": "kind", "filterInterval": {"maxValue": 0.5}}]}),
    ],
)
def test_questions_that_mean_nothing(written: Stock, request_: str) -> None:
    assert written.statuses("session_groups", request_) == (400, 400)


def test_questions_at_which_tensorboard_fails(written: Stock) -> None:
    with pytest.raises(Exception, match="unterminated"):
        written.statuses(
            "session_groups", json.dumps({**EVERYTHING, "colParams": [{"hparam": "x", "filterRegexp": "["}]})
        )

    def ask(**request: Any) -> Any:
        return written.ours.ask("plugin/hparams/session_groups", request=json.dumps({**EVERYTHING, **request}))

    assert ask(colParams=[{"hparam": "kind", "filterRegexp": "["}]).status == 400
    # A metric that no session has, and a column of numbers and texts.
    nothing = ask(aggregationType="AGGREGATION_MIN", aggregationMetric={"tag": "nope"})
    assert all(group["metricValues"] == [] for group in nothing.json["sessionGroups"])
    mixed = ask(colParams=[{"hparam": "mixed", "order": "ORDER_ASC"}]).json["sessionGroups"]
    assert [group["hparams"].get("mixed") for group in mixed] == [True, 2.0, "a_%", None]
    assert ask(colParams=[{"a": []}] * 2).status == 400
    assert written.ours.ask("plugin/hparams/session_groups", request="[" * 100_000).status == 400
    assert written.ours.ask("plugin/hparams/session_groups").status == 400
    assert written.statuses("session_groups", "[]") == (400, 200)  # a list passes for a message without fields


def test_points_of_a_metric(written: Stock) -> None:
    for session, name in (
        ("r0", {"tag": "loss"}),
        ("s1", {"group": "eval", "tag": "loss"}),
        ("s2", {"tag": "only"}),
    ):
        mine, theirs = written.both("metric_evals", {"sessionName": session, "metricName": name})
        assert mine == theirs
        assert mine
    for request in ({"sessionName": "nope", "metricName": {"tag": "loss"}}, {"sessionName": "r0"}):
        assert written.statuses("metric_evals", json.dumps(request)) == (404, 404)


@pytest.mark.parametrize("format_", ["csv", "json", "latex"])
@pytest.mark.parametrize("visible", [[True] * 8, [True, False, True, True, False, True], []])
def test_tables(written: Stock, format_: str, visible: list[bool]) -> None:
    more = {"format": format_, "columnsVisibility": json.dumps(visible)}
    mine, theirs = written.both("download_data", EVERYTHING, **more)
    assert mine == theirs
    if format_ == "latex" and len(visible) == 8:
        assert "\\cdot 10^{-7}" in mine
        assert "a\\_\\%" in mine
    route = "plugin/hparams/download_data"
    assert written.ours.ask(route, request="{}", columnsVisibility="[]", format="x").status == 400
    assert written.ours.ask(route, request="{}", columnsVisibility="x", format="csv").status == 400


def test_a_session_of_the_logdir_itself(tmp_path: Path) -> None:
    write_session(tmp_path, {"lr": 1.0}, {"loss": [2.0]})
    with SummaryWriter(str(tmp_path / "eval")) as writer:
        writer.add_scalar("loss", 3.0)
    stock = Stock(tmp_path)
    mine, theirs = stock.both("session_groups", EVERYTHING)
    [group], [other] = mine["sessionGroups"], theirs["sessionGroups"]
    # TensorBoard looks for its metrics in a run "./.".
    assert other["metricValues"] == []
    found = {value["name"]["group"]: value["value"] for value in group["metricValues"]}
    assert found == {"": 2.0, "eval": 3.0}


def test_over_http(peers: Peers) -> None:
    text = json.dumps({**EVERYTHING, "includeMetrics": False})
    mine, theirs = peers.both("plugin/hparams/session_groups", request=text)
    assert mine["totalSize"] == theirs["totalSize"] > 10
    assert [group["name"] for group in mine["sessionGroups"]] == [
        group["name"] for group in theirs["sessionGroups"]
    ]
    status, body = peers.theirs("plugin/hparams/session_groups", body=text.encode(), posted_as="application/json")
    assert (status, json.loads(body)) == (200, theirs)
    assert peers.statuses("plugin/hparams/session_groups") == (400, 400)
