"""Real sockets: the live stream, what reaches it, how fast it speaks, and how the server ends."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server_harness import TOKEN, Running, write_logs
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from epochal import SummaryWriter
from epochal.server import connection, live
from epochal.server.config import ServerConfig
from epochal.server.user_state import StateChange
from epochal.server.user_state_store import UserStateStore
from epochal.store.reloader import Reloader


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[tuple[Running, Path]]:
    """A server on a logdir that is still written to."""
    write_logs(tmp_path)
    reloader = Reloader(tmp_path, reload_interval_secs=0.2)
    reloader.start()
    reloader.wait_until_loaded(20)
    running = Running(reloader, ServerConfig(str(tmp_path), token=TOKEN))
    yield running, tmp_path
    running.stop()
    reloader.stop()


def open_live(running: Running, query: str = "", **options: Any) -> ClientConnection:
    return connect(running.url(f"/api/live{query}", "ws"), proxy=None, **options)


def read(page: ClientConnection, timeout: float = 20.0) -> Any:
    return json.loads(page.recv(timeout))


def read_until(page: ClientConnection, wanted: Any) -> list[Any]:
    messages = []
    while not messages or not wanted(messages[-1]):
        messages.append(read(page))
    return messages


def read_to_the_end(page: ClientConnection) -> None:
    try:
        while True:
            page.recv(20)
    except ConnectionClosed:
        return


def fetch(running: Running, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    client = http.client.HTTPConnection("localhost", running.port, timeout=20)
    client.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = client.getresponse()
    response.body = response.read()  # type: ignore[attr-defined]
    client.close()
    return response


# -- messages -------------------------------------------------------------------------------------------------


def test_the_first_message_comes_at_once_and_says_read_everything(running: Running) -> None:
    with open_live(running) as page:
        message = read(page)
    assert message["changed"] is None
    assert message["structure"] is True
    assert message["loading"]["done"] is True
    assert message["points"] > 100


def test_a_page_that_says_what_it_has_read_gets_the_difference(running: Running) -> None:
    with open_live(running) as page:
        revision = read(page)["revision"]
    with open_live(running, f"?since={revision}") as page:
        message = read(page)
    assert (message["revision"], message["changed"], message["structure"]) == (revision, {}, False)
    with open_live(running, "?since=999999") as page:  # of an earlier server
        assert read(page)["changed"] is None


def test_new_points_and_new_runs_are_told(growing: tuple[Running, Path]) -> None:
    running, logdir = growing
    with open_live(running) as page:
        read(page)
        with SummaryWriter(str(logdir / "run3")) as writer:
            writer.add_scalar("loss", 1.0, 0)
        messages = read_until(page, lambda m: "run3" in (m["changed"] or {}))
        assert messages[-1]["changed"]["run3"] == ["loss"]
        assert any(message["structure"] for message in messages)
        with SummaryWriter(str(logdir / "run3")) as writer:
            writer.add_scalar("loss", 0.5, 1)
        messages = read_until(page, lambda m: "run3" in (m["changed"] or {}))
        assert not messages[-1]["structure"]


def test_a_page_hears_of_the_tags_it_subscribed_to(growing: tuple[Running, Path]) -> None:
    running, logdir = growing
    with open_live(running) as page:
        read(page)
        page.send(json.dumps({"subscribe": {"tags": ["loss"]}}))
        time.sleep(0.2)
        with SummaryWriter(str(logdir / "run3")) as writer:
            writer.add_scalar("other", 1.0, 0)
            writer.add_scalar("loss", 1.0, 0)
        messages = read_until(page, lambda m: "run3" in (m["changed"] or {}))
        assert messages[-1]["changed"] == {"run3": ["loss"]}


def test_at_most_four_messages_a_second(growing: tuple[Running, Path]) -> None:
    running, logdir = growing
    times = []
    with open_live(running) as page, SummaryWriter(str(logdir / "busy")) as writer:
        read(page)
        end = time.monotonic() + 2.0
        step = 0
        while time.monotonic() < end:
            writer.add_scalar("loss", 1.0, step)
            step += 1
            try:
                page.recv(0.01)
                times.append(time.monotonic())
            except TimeoutError:
                pass
    assert len(times) >= 2
    assert len(times) <= 2.0 / live.MIN_SECS_BETWEEN_MESSAGES + 2


def test_nonsense_ends_the_connection(running: Running) -> None:
    for nonsense in ("", "{", '{"subscribe": 1}', "[" * 50_000, b"binary"):
        with open_live(running) as page:
            read(page)
            page.send(nonsense)
            read_to_the_end(page)


def test_a_long_list_of_changes_becomes_read_everything(
    growing: tuple[Running, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    running, logdir = growing
    monkeypatch.setattr(live, "MAX_MESSAGE_BYTES", 400)
    with open_live(running) as page:
        read(page)
        with SummaryWriter(str(logdir / "run3")) as writer:
            for number in range(100):
                writer.add_scalar(f"a-tag-with-a-name-{number}", 1.0, 0)
        message = read(page)
        while message["changed"] is not None:
            message = read(page)
        assert len(json.dumps(message)) < 400


def say(running: Running, **value: object) -> Any:
    client = http.client.HTTPConnection("localhost", running.port, timeout=20)
    client.request(
        "POST", "/api/state", json.dumps({"changes": [{"section": "runs", "key": "run2", "value": value}]})
    )
    state = json.loads(client.getresponse().read())
    client.close()
    return state


def test_what_one_page_says_the_others_hear(running: Running) -> None:
    with open_live(running) as page:
        first = read(page)
        state = say(running, star=True)
        message = read_until(page, lambda m: m["state_revision"] == state["revision"])[-1]
        assert (message["revision"], message["changed"], message["structure"]) == (first["revision"], {}, False)
    with open_live(running) as page:
        assert read_until(page, lambda m: m["state_revision"] == state["revision"])


def test_what_another_server_was_told_is_heard_too(running: Running, logdir: Path) -> None:
    with open_live(running) as page:
        read(page)
        store = UserStateStore(str(logdir), os.environ["EPOCHAL_STATE_DIR"])
        state = store.change([StateChange("runs", "run2", {"note": "from another server"})])
        assert read_until(page, lambda m: m["state_revision"] == state.revision)
    assert say(running, star=True)["runs"]["run2"]["note"] == "from another server"


# -- who may open it ------------------------------------------------------------------------------------------


def refusal(running: Running, **options: Any) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as caught, open_live(running, **options):
        pass
    return caught.value


def test_the_origin_is_checked_in_the_handshake(running: Running) -> None:
    refused = refusal(running, origin="http://evil.example")
    assert refused.response.status_code == 403
    assert refused.response.headers["x-content-type-options"] == "nosniff"
    with open_live(running, origin=f"http://localhost:{running.port}") as page:
        read(page)


def test_a_forwarded_handshake_needs_the_token(running: Running) -> None:
    assert refusal(running, additional_headers={"x-forwarded-for": "1.2.3.4"}).response.status_code == 401
    with open_live(
        running,
        additional_headers={"x-forwarded-for": "1.2.3.4"},
        subprotocols=["epochal", f"epochal.token.{TOKEN}"],  # type: ignore[list-item]
    ) as page:
        assert page.subprotocol == "epochal"
        read(page)


def test_one_page_too_many_is_told_so(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_CLIENTS", 2)
    with open_live(running) as one, open_live(running) as two:
        read(one), read(two)
        assert refusal(running).response.status_code == 503
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:  # the places are free again as soon as the server noticed
        try:
            with open_live(running) as page:
                read(page)
                return
        except InvalidStatus:
            time.sleep(0.05)
    pytest.fail("places are not given back")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to become somebody else")
def test_another_user_of_this_machine_needs_the_token(running: Running) -> None:
    script = (
        "import http.client, os, sys\n'x'.encode('idna')\nos.setgid(65534); os.setuid(65534)\n"
        "for headers in ({}, {'authorization': 'Bearer ' + sys.argv[2]}):\n"
        "    for path in ('/', '/api/runs', '/data/runs', '/start.js'):\n"
        "        c = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=20)\n"
        "        c.request('GET', path, headers=headers); r = c.getresponse(); r.read(); print(r.status)\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", script, str(running.port), TOKEN], capture_output=True, text=True, timeout=60
    )
    assert output.stdout.split()[:4] == ["401"] * 4, output
    assert output.stdout.split()[5:7] == ["200"] * 2, output


def test_the_same_user_needs_none_over_both_addresses(running: Running) -> None:
    for address in ("127.0.0.1", "::1"):
        client = http.client.HTTPConnection(address, running.port, timeout=20)
        client.request("GET", "/api/runs")
        assert client.getresponse().read().startswith(b'{"version"')
        client.close()


# -- what is not quite HTTP -----------------------------------------------------------------------------------


def exchange(running: Running, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", running.port), 20) as raw:
        raw.sendall(data)
        received = b""
        while chunk := raw.recv(65536):
            received += chunk
    return received


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n", b"40"),
        (b"GET / HTTP/1.0\r\n\r\n", b"403"),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"404"),
        (
            b"GET /api/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            b"400",
        ),
        (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"404"),
    ],
)
def test_odd_requests_get_the_same_headers(running: Running, data: bytes, status: bytes) -> None:
    answer = exchange(running, data).lower()
    assert answer.startswith(b"http/1.1 " + status)
    assert b"\r\nx-content-type-options: nosniff\r\n" in answer
    assert b"\r\ncontent-security-policy: default-src 'none'" in answer
    assert b"uvicorn" not in answer


def test_those_who_dawdle_over_a_header_are_dropped(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEADER_SECS", 0.2)
    began = time.monotonic()
    assert exchange(running, b"GET / HTTP/1.1\r\nHost: loc") == b""
    assert exchange(running, b"") == b""
    assert time.monotonic() - began < 10


def test_those_who_are_served_are_not(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEADER_SECS", 0.2)
    client = http.client.HTTPConnection("localhost", running.port, timeout=20)
    with open_live(running) as page, contextlib.closing(client):
        read(page)
        for _ in range(3):
            client.request("GET", "/healthz")
            assert client.getresponse().read() == b"ok\n"
            socket_of_first = client.sock
            time.sleep(0.3)
            assert client.sock is socket_of_first
        page.ping().wait(5)
        page.send(json.dumps({"subscribe": {"tags": None}}))


def test_a_bug_shows_no_traceback(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from epochal.query import problems

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret of the server")

    monkeypatch.setattr(problems, "list_problems", broken)
    response = fetch(running, "/api/problems")
    assert response.status == 500
    assert json.loads(response.body)["error"]["code"] == "internal_error"  # type: ignore[attr-defined]
    assert b"secret" not in response.body  # type: ignore[attr-defined]
    assert response.headers["x-content-type-options"] == "nosniff"
    deadline = time.monotonic() + 10
    while "a secret of the server" not in caplog.text:  # the terminal shows it, after the answer has gone out
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_ends_soon_with_pages_open(running: Running) -> None:
    with contextlib.ExitStack() as stack:
        pages = [stack.enter_context(open_live(running)) for _ in range(20)]
        for page in pages:
            read(page)
        began = time.monotonic()
        running.stop()
        assert time.monotonic() - began < 15  # three seconds are promised
        for page in pages:
            read_to_the_end(page)
