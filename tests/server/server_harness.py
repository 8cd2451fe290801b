"""A small logdir made by our own writer, and a way to send the app any bytes at all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from epochal import SummaryWriter
from epochal.server.app import make_app
from epochal.server.binding import bind
from epochal.server.config import ServerConfig
from epochal.server.connection import make_server
from epochal.server.security import SecurityLayer
from epochal.store.reloader import Reloader

TOKEN = "token-of-the-tests-0123456789"
Header = tuple[str, str]


def write_logs(logdir: Path) -> None:
    """Two runs with scalars (one not finite), an image, a text and a histogram."""
    for number, run in enumerate(("run2", "run10")):
        with SummaryWriter(str(logdir / run)) as writer:
            for step in range(50):
                writer.add_scalar("loss", 1.0 / (step + 1) + number, step, walltime=1000.0 + number + step)
            writer.add_scalar("odd", float("nan"), 0)
            writer.add_scalar("odd", float("inf"), 1)
            writer.add_image("digits", np.full((3, 4, 5), number * 100, np.uint8), 7)
            writer.add_text("notes", "# A *title*\n\n<script>alert(1)</script>", 3)
            writer.add_histogram("weights", np.arange(100.0), 1)


@dataclass
class Reply:
    """What came back: a status, the headers as sent, the body. Of a WebSocket, 101 stands for "accepted"."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def one(self, name: str) -> str:
        (value,) = self.all(name)
        return value

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


def call(
    app: SecurityLayer,
    path: str,
    *,
    method: str = "GET",
    headers: Sequence[Header] = (("host", "localhost:6006"),),
    query: str = "",
    body: bytes = b"",
    websocket: bool = False,
    client: tuple[str, int] = ("127.0.0.1", 1),
    server: tuple[str, int] = ("127.0.0.1", 6006),
    subprotocols: Sequence[str] = (),
    state: dict[str, Any] | None = None,
) -> Reply:
    """Send one request straight into the app, with headers no client library would let through."""
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    scope: dict[str, Any] = {
        "type": "websocket" if websocket else "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws" if websocket else "http",
        "path": path,
        "raw_path": path.encode("utf-8", "replace"),
        "query_string": query.encode(),
        "root_path": "",
        "headers": raw,
        "client": client,
        "server": server,
        "state": dict(state or {}),
    }
    if websocket:
        scope["subprotocols"] = list(subprotocols)
        scope["extensions"] = {"websocket.http.response": {}}
    else:
        scope["method"] = method
    reply = Reply(0)
    incoming = (
        [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]
        if websocket
        else [{"type": "http.request", "body": body, "more_body": False}]  # and stays until it has its answer
    )

    async def receive() -> dict[str, Any]:
        return incoming.pop(0) if incoming else await asyncio.Future()

    async def send(message: Any) -> None:
        kind = message["type"].removeprefix("websocket.")
        if kind in ("http.response.start", "accept"):
            reply.status = message.get("status", 101)
            reply.headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in message["headers"]]
        elif kind == "http.response.body":
            reply.body += message.get("body", b"")

    asyncio.run(asyncio.wait_for(app(scope, receive, send), 20))
    return reply


def signed_in(*more: Header) -> list[Header]:
    """Headers of a program that knows the token."""
    return [("host", "localhost:6006"), ("authorization", f"Bearer {TOKEN}"), *more]


class Running:
    """The app on a real port of both loopback addresses, under uvicorn, in a thread."""

    def __init__(self, reloader: Reloader, config: ServerConfig) -> None:
        self.binding = bind("localhost", 0)
        self.port = self.binding.port
        self.server = make_server(make_app(reloader, replace(config, port=self.port)))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": list(self.binding.sockets)})
        self.thread.start()

    def url(self, path: str, scheme: str = "http") -> str:
        return f"{scheme}://localhost:{self.port}{path}"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive()
        self.binding.close()


# Forms of a Host header that no server on loopback may answer to.
BAD_HOSTS = [
    "",
    " ",
    "evil.example",
    "evil.example:6006",
    "localhost.evil.example",
    "evillocalhost",
    "evil.example.localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1.nip.io",
    "localhost@evil.example",
    "user:pass@localhost",
    "localhost:6006@evil.example",
    "localhost:",
    "localhost:x",
    "localhost:-1",
    "localhost:99999999999",
    "localhost:65536",
    "localhost, evil.example",
    "localhost evil.example",
    "localhost/evil",
    "localhost#evil",
    "localhost?evil",
    "http://localhost",
    "[::1",
    "::1",
    "[::1]x",
    "[::1]:",
    "[localhost]",
    "[127.0.0.1]",
    "0.0.0.0",
    "0.0.0.0:6006",
    "[::]",
    "10.0.0.1",
    "192.0.2.2:6006",
    "[2001:db8::1]",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "localhost..",
    ".localhost",
    "-localhost",
    "ⓛocalhost",
    "localhost\x00",
    "localhost\t.evil",
    "%6cocalhost",
    "a" * 70 + ".localhost",
]
