"""TensorBoard's routes against TensorBoard itself, on the same logdir."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from server_harness import call, signed_in

from epochal import SummaryWriter
from epochal.server.app import make_app
from epochal.server.binding import bind
from epochal.server.config import ServerConfig
from epochal.server.markdown import MAX_MARKDOWN_BYTES, markdown_to_html
from epochal.server.security import SecurityLayer
from epochal.store.reloader import Reloader

VALUES = [0.1, 1e-9, 1e22, 3.0, float("nan"), float("inf"), -float("inf"), -0.0, 123456.789]


@pytest.fixture(scope="module")
def shared_logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logdir = tmp_path_factory.mktemp("shared")
    for number, run in enumerate(("run10", "run2", ".", "with space/ü & more")):
        with SummaryWriter(str(logdir / run)) as writer:
            for step, value in enumerate(VALUES):
                writer.add_scalar("loss", value, step * 10, walltime=1_700_000_000.123456 + number + step)
            writer.add_scalar("a/b c&d=e", 1.5, 0, walltime=1_700_000_000.5)
    (logdir / "media").mkdir()
    with SummaryWriter(str(logdir / "media")) as writer:
        writer.add_text("notes", "only text")
    return logdir


@pytest.fixture(scope="module")
def tensorboard(shared_logdir: Path) -> Iterator[str]:
    free = bind("localhost", 0)
    port = free.port
    free.close()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tensorboard.main", "--logdir", str(shared_logdir), "--port", str(port)),
            *("--load_fast", "false", "--host", "127.0.0.1"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                if len(json.loads(fetch(f"{base}/data/runs"))) == 5:
                    break
            except (OSError, ValueError):
                pass
            assert time.monotonic() < deadline, "TensorBoard did not start"
            assert process.poll() is None
            time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def ours(shared_logdir: Path) -> SecurityLayer:
    reloader = Reloader(shared_logdir, reload_interval_secs=0)
    reloader.load()
    return make_app(reloader, ServerConfig(str(shared_logdir), token="token-of-the-tests-0123456789"))


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as response:
        body: bytes = response.read()
        return body


def test_the_answers_are_tensorboards(tensorboard: str, ours: SecurityLayer) -> None:
    def both(path: str, query: str = "") -> tuple[bytes, bytes]:
        reply = call(ours, path, query=query, headers=signed_in())
        assert reply.status == 200
        return reply.body, fetch(f"{tensorboard}{path}?{query}")

    def both_json(path: str, query: str = "") -> tuple[Any, Any]:
        mine, theirs = both(path, query)
        return json.loads(mine, parse_constant=pytest.fail), json.loads(theirs)

    mine, theirs = both_json("/data/runs")
    assert mine == theirs
    mine, theirs = both_json("/data/environment")
    assert set(mine) == set(theirs) - {"debug"}
    assert mine["data_location"] == theirs["data_location"]
    mine, theirs = both_json("/data/plugin/scalars/tags")
    assert mine == theirs
    for run, tag in (("run2", "loss"), (".", "loss"), ("with%20space/%C3%BC%20%26%20more", "a/b%20c%26d%3De")):
        mine, theirs = both_json("/data/plugin/scalars/scalars", f"run={run}&tag={tag}")
        assert mine == theirs
        assert len(mine) == (9 if tag == "loss" else 1)
        csv_mine, csv_theirs = both("/data/plugin/scalars/scalars", f"run={run}&tag={tag}&format=csv")
        assert csv_mine == csv_theirs
    for query, status in (("run=nope&tag=loss", 404), ("run=run2&tag=nope", 404), ("run=run2", 400)):
        assert call(ours, "/data/plugin/scalars/scalars", query=query, headers=signed_in()).status == status
        with pytest.raises(urllib.error.HTTPError) as caught:
            fetch(f"{tensorboard}/data/plugin/scalars/scalars?{query}")
        assert caught.value.code == status
        caught.value.close()


def test_a_trailing_slash_is_ignored_as_there(ours: SecurityLayer) -> None:
    assert call(ours, "/data/runs/", headers=signed_in()).status == 200


def test_a_sample_keeps_the_first_the_last_and_the_extremes(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    values = rng.normal(size=5000)
    values[1234], values[4321] = 99.0, -99.0
    with SummaryWriter(str(tmp_path)) as writer:
        for step, value in enumerate(values):
            writer.add_scalar("x", value, step)
    reloader = Reloader(tmp_path, reload_interval_secs=0)
    reloader.load()
    app = make_app(reloader, ServerConfig(str(tmp_path), token="token-of-the-tests-0123456789"))
    for most in (4, 5, 100, 101):
        query = f"run=.&tag=x&sample={most}"
        rows = call(app, "/data/plugin/scalars/scalars", query=query, headers=signed_in()).json
        assert 2 <= len(rows) <= most
        steps = [row[1] for row in rows]
        assert steps == sorted(set(steps))
        assert (steps[0], steps[-1]) == (0, 4999)
        if most > 5:
            assert {1234, 4321} <= set(steps)
        assert rows == call(app, "/data/plugin/scalars/scalars", query=query, headers=signed_in()).json
    everything = call(app, "/data/plugin/scalars/scalars", query="run=.&tag=x", headers=signed_in()).json
    assert len(everything) == 5000


def test_descriptions_are_html_without_scripts() -> None:
    assert markdown_to_html("") == ""
    assert markdown_to_html("*hello*") == "<p><em>hello</em></p>"
    assert "<table>" in markdown_to_html("a | b\n--|--\n1 | 2")
    hostile = markdown_to_html("<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>")
    assert "<script" not in hostile
    assert "<img" not in hostile
    assert "href" not in hostile
    assert markdown_to_html("[" * (MAX_MARKDOWN_BYTES + 1)) == "[" * (MAX_MARKDOWN_BYTES + 1)
    assert "&lt;b&gt;" in markdown_to_html("<b>" * MAX_MARKDOWN_BYTES)
