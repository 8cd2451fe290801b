"""Sessions as a real TensorBoard server answers them: all that it shows is in ours, value for value."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from epochal.query.hparams import list_hparams
from epochal.store.reloader import Reloader

DATA = Path(__file__).parent.parent / "data"
STATUSES = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
REQUEST = json.dumps(
    {"experimentName": "", "allowedStatuses": STATUSES, "colParams": [], "startIndex": 0, "sliceSize": 1000}
)


@pytest.mark.parametrize(("writer", "sessions"), [("tf2", 4), ("torch", 5), ("keras", 1)])
def test_sessions(writer: str, sessions: int, serve_stock: Callable[[Path], Any]) -> None:
    stock = serve_stock(DATA / writer)

    def read_groups() -> list[Any]:
        groups: list[Any] = stock.get_json("hparams/session_groups", request=REQUEST)["sessionGroups"]
        return groups

    stock.wait_until(lambda _: sum(len(group["sessions"]) for group in read_groups()) == sessions)
    ours = list_hparams(Reloader(DATA / writer, cache=False).load())
    names = [column.name for column in ours.hparams]
    metrics = [(metric.group, metric.tag) for metric in ours.metrics]
    rows = {row.run: row for row in ours.sessions}
    assert len(rows) == sessions
    compared = 0
    for group in read_groups():
        assert len({rows[session["name"]].group for session in group["sessions"]}) == 1
        for session in group["sessions"]:
            row = rows[session["name"]]
            assert row.status == session["status"].removeprefix("STATUS_").lower()
            for value in session["metricValues"]:
                metric = row.metrics[metrics.index((value["name"]["group"], value["name"]["tag"]))]
                assert metric is not None
                compared += 1
                assert metric.step == int(value["trainingStep"])
                assert metric.value == value["value"] or (metric.value is None and value["value"] == "NaN")
        if len(group["sessions"]) == 1:  # of several, TensorBoard shows the first one's
            row = rows[group["sessions"][0]["name"]]
            for name, value in group["hparams"].items():
                assert row.hparams[names.index(name)] == value, name
    assert compared >= {"tf2": 6, "torch": 4, "keras": 0}[writer]
