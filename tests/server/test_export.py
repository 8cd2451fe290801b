"""POST /api/export over HTTP: the bytes of TensorBoard's routes, as a download, whoever goes away meanwhile."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from server_harness import TOKEN, Reply, Running, call, signed_in

from epochal import SummaryWriter
from epochal.server.config import ServerConfig
from epochal.server.security import SecurityLayer
from epochal.store.reloader import Reloader


def export(app: SecurityLayer, **request: Any) -> Reply:
    return call(app, "/api/export", method="POST", body=json.dumps(request).encode(), headers=signed_in())


def pair(run: str, tag: str) -> dict[str, str]:
    return {"run": run, "tag": tag}


@pytest.mark.parametrize("format", ["csv", "json"])
@pytest.mark.parametrize("tag", ["loss", "odd"])
def test_one_series_is_what_tensorboards_route_answers(app: SecurityLayer, format: str, tag: str) -> None:
    query = urlencode({**pair("run2", tag), "format": format})
    reply = export(app, format=format, series=[pair("run2", tag)])
    assert reply.body == call(app, "/data/plugin/scalars/scalars", query=query, headers=signed_in()).body
    assert len(reply.body) > 50


@pytest.mark.parametrize(
    ("format", "kind"),
    [("csv", "text/csv; charset=utf-8"), ("json", "application/json"), ("jsonl", "application/x-ndjson")],
)
def test_it_is_a_download(app: SecurityLayer, format: str, kind: str) -> None:
    reply = export(app, format=format, runs=None, tags=None)
    assert reply.status == 200
    assert reply.one("content-type") == kind
    assert reply.one("content-disposition") == f'attachment; filename="scalars.{format}"'
    assert "sandbox" in reply.one("content-security-policy")


def test_what_cannot_be_exported_is_an_error(app: SecurityLayer) -> None:
    reply = export(app, format="csv", series=[pair("run2", "los")])
    assert (reply.status, reply.code) == (404, "not_found")
    assert "Did you mean 'loss'" in reply.json["error"]["message"]
    for wrong in ({"format": "xlsx"}, {}, {"format": "csv", "series": "all"}, {"format": "csv", "layout": "wide"}):
        assert export(app, **wrong).status == 400


def test_another_site_may_not_ask(app: SecurityLayer) -> None:
    headers = signed_in(("origin", "http://evil.example"))
    body = b'{"format": "csv", "runs": null, "tags": null}'
    assert call(app, "/api/export", method="POST", body=body, headers=headers).status == 403
    assert call(app, "/api/export", query="format=csv", headers=signed_in()).status in (404, 405)


def test_who_goes_away_in_the_middle_disturbs_nobody(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path / "long")) as writer:
        for step in range(60_000):
            writer.add_scalar("loss", step * 0.5, step)
    reloader = Reloader(tmp_path, reload_interval_secs=0)
    reloader.start()
    assert reloader.wait_until_loaded(20).progress.done
    running = Running(reloader, ServerConfig(str(tmp_path), token=TOKEN))
    body = json.dumps({"format": "jsonl", "series": [pair("long", "loss"), pair("long", "gone")]})
    try:
        for read_all in (False, False, True):
            client = http.client.HTTPConnection("localhost", running.port, timeout=20)
            client.request("POST", "/api/export", body)
            response = client.getresponse()
            assert response.getheader("transfer-encoding") == "chunked"
            lines = response.read().splitlines() if read_all else [response.read(1000)]
            client.close()
        assert len(lines) == 60_000
        assert json.loads(lines[-1])["value"] == 59_999 * 0.5
    finally:
        running.stop()
        reloader.stop()


def test_columns_of_the_list_of_runs(app: SecurityLayer) -> None:
    columns = [{"tag": "loss", "stat": "min"}, {"tag": "odd", "stat": "last"}, {"tag": "gone", "stat": "count"}]
    body = json.dumps({"columns": columns}).encode()
    result = call(app, "/api/runs/columns", method="POST", body=body, headers=signed_in()).json
    assert result["runs"] == ["run2", "run10"]
    assert result["columns"] == [
        {**columns[0], "values": [pytest.approx(0.02), pytest.approx(1.02)], "not_finite": {}},
        {**columns[1], "values": [None, None], "not_finite": {"run2": "Infinity", "run10": "Infinity"}},
        {**columns[2], "values": [None, None], "not_finite": {}},
    ]
    for wrong in (b"{}", b'{"columns": [{"tag": "a", "stat": "median"}]}', b'{"columns": [{"stat": "min"}]}'):
        assert call(app, "/api/runs/columns", method="POST", body=wrong, headers=signed_in()).status == 400
