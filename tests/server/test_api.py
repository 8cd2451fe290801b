"""Every route over a real logdir: what it answers, and what it says when it cannot."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from server_harness import TOKEN, Reply, call, signed_in

from epochal.server.app import make_app
from epochal.server.columns import MEDIA_TYPE, decode_frame
from epochal.server.config import ServerConfig
from epochal.server.media import sniff_type
from epochal.server.security import SecurityLayer
from epochal.store.reloader import Reloader


def get(app: SecurityLayer, path: str, query: str = "") -> Reply:
    return call(app, path, query=query, headers=signed_in())


def post(app: SecurityLayer, path: str, body: Any) -> Reply:
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return call(app, path, method="POST", body=data, headers=signed_in())


def test_runs(app: SecurityLayer) -> None:
    reply = get(app, "/api/runs")
    assert reply.one("content-type") == "application/json"
    result = reply.json
    assert [run["name"] for run in result["runs"]] == ["run2", "run10"]
    assert {stem: [tag["display_name"] for tag in tags] for stem, tags in result["tags"].items()} == {
        "scalars": ["loss", "odd"],
        "images": ["digits"],
        "text": ["notes"],
        "histograms": ["weights"],
    }
    assert result["loading"]["done"]


def test_hparams_and_embeddings_of_a_golden_log() -> None:
    reloader = Reloader(Path(__file__).parent.parent / "data" / "torch", reload_interval_secs=0)
    reloader.start()
    reloader.wait_until_loaded(30)
    app = make_app(reloader, ServerConfig("torch", token=TOKEN))
    result = get(app, "/api/hparams").json
    embeddings = get(app, "/api/projector").json["embeddings"]
    reloader.stop()
    names = [column["name"] for column in result["hparams"]]
    [row] = [row for row in result["sessions"] if row["run"] == "session"]
    values = [row["hparams"][names.index(name)] for name in ("lr", "name", "clip", "bias")]
    assert values == [0.5, "solo", "Infinity", None]
    assert row["status"] == "success"
    assert [(one["run"], one["name"], one["shape"]) for one in embeddings] == [
        ("everything", "words:00003", [4, 2]),
        ("everything", "two/columns:00000", [2, 3]),
    ]


def test_scalars_come_as_a_frame(app: SecurityLayer) -> None:
    body = {"series": [{"run": "run2", "tag": "loss"}, {"run": "run10", "tag": "odd"}, {"run": "x", "tag": "y"}]}
    reply = post(app, "/api/scalars", body)
    assert reply.one("content-type") == MEDIA_TYPE
    result, columns = decode_frame(reply.body)
    assert [(s["run"], s["tag"], s["start"], s["count"]) for s in result["series"]] == [
        ("run2", "loss", 0, 50),
        ("run10", "odd", 50, 2),
    ]
    assert result["missing"] == [{"run": "x", "tag": "y"}]
    np.testing.assert_array_equal(columns["step"][:50], np.arange(50.0))
    np.testing.assert_allclose(columns["value"][:50], 1 / np.arange(1.0, 51.0), rtol=1e-6)
    assert np.isnan(columns["value"][50])
    assert columns["value"][51] == np.inf
    assert columns["wall_time"][0] == 1000.0


def test_smoothing_adds_a_column(app: SecurityLayer) -> None:
    body = {"series": [{"run": "run2", "tag": "loss"}], "smoothing": {"kind": "exponential", "weight": 0.6}}
    _, columns = decode_frame(post(app, "/api/scalars", body).body)
    assert len(columns["smoothed"]) == len(columns["value"]) == 50


def test_a_group_is_one_line_with_a_band(app: SecurityLayer) -> None:
    keys = [{"run": "run2", "tag": "loss"}, {"run": "run2", "tag": "loss"}]
    body = {
        "series": [],
        "groups": [{"name": "twice", "series": keys}],
        "aggregate": {"center": "median", "band": "ci95"},
    }
    result, columns = decode_frame(post(app, "/api/scalars", body).body)
    assert [(s["group"], s["members"], s["count"]) for s in result["series"]] == [("twice", 2, 50)]
    np.testing.assert_array_equal(columns["n"], np.full(50, 2))
    for name in ("value", "low", "high"):
        np.testing.assert_allclose(columns[name], 1 / np.arange(1.0, 51.0), rtol=1e-6)


def test_statistics_of_a_range(app: SecurityLayer) -> None:
    body = {"series": [{"run": "run2", "tag": "loss"}, {"run": "x", "tag": "y"}], "x_range": [0, 9]}
    result = post(app, "/api/scalars/stats", body).json
    (stats,) = result["series"]
    assert (stats["count"], stats["first"], stats["argmin"], stats["last_step"]) == (10, 1.0, 9.0, 9)
    assert result["missing"] == [{"run": "x", "tag": "y"}]


def test_an_image_is_found_by_its_key(app: SecurityLayer) -> None:
    result = get(app, "/api/images", "run=run10&tag=digits").json
    (item,) = result["items"]
    assert (item["step"], result["width"], result["height"], result["samples"]) == (7, 5, 4, 1)
    blob = get(app, f"/api/blobs/{item['key']}/0")
    assert blob.one("content-type") == "image/png"
    assert blob.body.startswith(b"\x89PNG\r\n\x1a\n")
    assert "immutable" in blob.one("cache-control")
    assert "sandbox" in blob.one("content-security-policy")
    assert not blob.all("content-disposition")
    assert get(app, f"/api/blobs/{item['key']}/1").status == 404
    assert get(app, "/api/blobs/AAAA/0").status == 404


def test_text_comes_as_written(app: SecurityLayer) -> None:
    result = get(app, "/api/text", "run=run2&tag=notes").json
    assert result["items"][0]["cells"] == ["# A *title*\n\n<script>alert(1)</script>"]
    assert get(app, "/api/text", "run=run2&tag=notes&start=1").json["items"] == []
    assert get(app, "/api/text", "run=run2&tag=notes&full=1").json["total"] == 1


def test_histograms_come_as_a_frame(app: SecurityLayer) -> None:
    result, columns = decode_frame(get(app, "/api/histograms", "run=run2&tag=weights").body)
    assert (result["total"], result["shown"]) == (1, 1)
    assert columns["bucket_count"].sum() == 100
    assert columns["bucket_start"].dtype == np.uint32
    assert len(columns["bucket_start"]) == 2


def test_problems_changes_and_reload(app: SecurityLayer) -> None:
    assert get(app, "/api/problems").json["problems"] == []
    revision = post(app, "/api/reload", b"").json["revision"]
    assert get(app, "/api/changes", f"since={revision}").json["changed"] == {}
    assert get(app, "/api/changes", f"since={revision + 1000}").json["changed"] is None


def test_health(logdir: Path) -> None:
    reloader = Reloader(logdir, reload_interval_secs=1)
    reloader.start()
    app = make_app(reloader, ServerConfig(str(logdir)))
    assert call(app, "/healthz").body == b"ok\n"
    assert (call(app, "/readyz").status, call(app, "/readyz").body) == (200, b"ready\n")
    reloader.stop()  # as if its thread had died
    assert call(app, "/readyz").status == 503
    assert call(app, "/healthz").status == 200


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("/api/nothing", "", 404, "not_found"),
        ("/data/nothing", "", 404, "not_found"),
        ("/api/images", "run=run2&tag=nope", 404, "not_found"),
        ("/api/images", "run=nope&tag=digits", 404, "not_found"),
        ("/api/images", "run=run2", 400, "bad_request"),
        ("/api/images", "", 400, "bad_request"),
        ("/api/text", "run=run2&tag=notes&start=-1", 400, "bad_request"),
        ("/api/text", "run=run2&tag=notes&count=x", 400, "bad_request"),
        ("/api/text", "run=run2&tag=notes&full=maybe", 400, "bad_request"),
        ("/api/histograms", "run=run2&tag=weights&max_steps=0", 400, "bad_request"),
        ("/api/changes", "since=soon", 400, "bad_request"),
        ("/api/blobs/x/-1", "", 400, "bad_request"),
        ("/api/blobs/%ff/0", "", 404, "not_found"),
        ("/data/plugin/scalars/scalars", "run=run2&tag=loss&sample=3", 400, "bad_request"),
    ],
)
def test_errors_are_one_sentence(app: SecurityLayer, path: str, query: str, status: int, code: str) -> None:
    reply = get(app, path, query)
    assert (reply.status, reply.code) == (status, code)
    assert reply.json["error"]["message"].endswith(".")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        b'{"series": 1}',
        b'{"series": [{"run": "a"}]}',
        b'{"series": [], "width_px": 0}',
        b'{"series": [], "x_axis": "sideways"}',
        b'{"series": [], "smoothing": {"kind": "magic"}}',
        b'{"series": [], "x_range": [1]}',
    ],
)
def test_bad_bodies_are_bad_requests(app: SecurityLayer, body: bytes) -> None:
    reply = post(app, "/api/scalars", body)
    assert (reply.status, reply.code) == (400, "bad_request")


def test_a_body_has_a_limit(app: SecurityLayer) -> None:
    reply = post(app, "/api/scalars", b" " * (5 << 20))
    assert (reply.status, reply.code) == (413, "too_large")


def png(height: int = 1) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + zlib.compress(bytes(height))


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (png(), "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"BM" + b"\x00" * 12 + b"\x28\x00\x00\x00" + b"\x00" * 20, "image/bmp"),
        (b"BMW is a car and no bitmap, whatever it says", "application/octet-stream"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "application/octet-stream"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "application/octet-stream"),
        (b"<?xml version='1.0'?><svg/>", "application/octet-stream"),
        (b"<html><script>1</script>", "application/octet-stream"),
        (b" \n<!doctype html>", "application/octet-stream"),
        (b"GIF89b", "application/octet-stream"),
        (b"%PDF-1.7", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_types_are_what_the_bytes_say(data: bytes, media_type: str) -> None:
    assert sniff_type(data) == media_type


def test_what_is_not_on_the_list_is_a_download() -> None:
    from epochal.server.media import blob_response

    response = blob_response(b"<html><script>alert(1)</script>")
    assert response.headers["content-disposition"].startswith("attachment;")
    assert response.headers["content-type"] == "application/octet-stream"
