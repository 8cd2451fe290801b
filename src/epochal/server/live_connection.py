"""uvicorn's WebSocket connection, without compression, and with our headers on handshakes it refuses itself."""

from __future__ import annotations

import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Response
from websockets.server import ServerProtocol

from epochal.server.connection import MAX_LIVE_BYTES, RAW_HEADERS


class _Handshake(ServerProtocol):
    """Refuses malformed handshakes with the same headers as everything else."""

    def send_response(self, response: Response) -> None:
        present = {name.lower() for name, _ in response.headers.raw_items()}
        for name, value in RAW_HEADERS.complete([], "data"):
            if name.decode() not in present:
                response.headers[name.decode()] = value.decode()
        super().send_response(response)


class LiveConnection(WebSocketsSansIOProtocol):
    """One WebSocket, without compression: messages are small and rare."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = _Handshake(max_size=MAX_LIVE_BYTES, logger=logging.getLogger("uvicorn.error"))
