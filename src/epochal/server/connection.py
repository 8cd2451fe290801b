"""uvicorn's connections, with what it leaves out: who connected, a deadline for headers, headers on its errors."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from epochal.server.headers import SecurityHeaders
from epochal.server.peer import Owner, find_owner

HEADER_SECS = 10.0
SHUTDOWN_SECS = 2
PING_SECS = 15.0
MAX_LIVE_BYTES = 1 << 20
RAW_HEADERS = SecurityHeaders()


class Connection(H11Protocol):
    """One HTTP connection. Asks once whose socket is at the other end, and drops those who dawdle."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        owner = Owner.OTHER
        if self.client is not None and self.server is not None and self.server[1] is not None:
            owner = find_owner(self.client, (self.server[0], self.server[1]))
        # Requests of this connection find it in scope["state"]; so does the WebSocket it may become.
        self.app_state = {**self.app_state, "peer_owner": owner}
        self._arm()

    def data_received(self, data: bytes) -> None:
        if self.conn.their_state is h11.IDLE:
            self._arm()
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._disarm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def _should_upgrade_to_ws(self) -> bool:
        return True

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._disarm()
        # Imported when the first page connects: it would be a tenth of the time the server takes to start.
        from epochal.server.live_connection import LiveConnection

        self.ws_protocol_class = LiveConnection
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """What is not HTTP never reaches the app, but its answer carries the same headers."""
        body = msg.encode("ascii")
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        for event in (
            h11.Response(status_code=400, headers=RAW_HEADERS.complete(headers, "data"), reason=b"Bad Request"),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            with contextlib.suppress(h11.LocalProtocolError):  # an answer was on its way already
                output = self.conn.send(event)
                if output:
                    self.transport.write(output)
        self.transport.close()

    def _arm(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEADER_SECS, self.transport.close)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Server(uvicorn.Server):
    """uvicorn's server, which ends with status 0 on Ctrl-C and SIGTERM, within `SHUTDOWN_SECS` and a little.

    `on_exit` is called when the first of them arrives.
    """

    on_exit: Callable[[], None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit and self.on_exit is not None:
            self.on_exit()
        # uvicorn raises the signal again when it is done, which would end the process with a signal's status.
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = [signal.SIGINT, signal.SIGTERM]
        if sys.platform == "win32":
            signals.append(signal.SIGBREAK)
        before = {each: signal.signal(each, self.handle_exit) for each in signals}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def make_server(app: Any) -> Server:
    """A server for an app; run it with `run(sockets=…)`."""
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",  # see Connection.handle_websocket_upgrade
        loop="asyncio",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,  # the address of a connection is the connection's; see security.py
        server_header=False,
        ws_ping_interval=PING_SECS,
        ws_ping_timeout=PING_SECS,
        ws_max_size=MAX_LIVE_BYTES,
        timeout_graceful_shutdown=SHUTDOWN_SECS,
    )
    return Server(config)
