"""The live stream: one WebSocket per page that says what became newer. The data themselves come over HTTP.

A page gets at most four messages a second. Nothing is queued for a slow one: each message is made when the last
one is on its way, from the revision that the page saw last to the newest. A page that fell too far behind is told
to read everything again (`changed` is null).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from epochal.query.changes import ChangesResult
from epochal.server.endpoint import error_response
from epochal.store.reloader import Reloader
from epochal.store.snapshot import Snapshot

MAX_CLIENTS = 200
MIN_SECS_BETWEEN_MESSAGES = 0.25
MAX_MESSAGE_BYTES = 64 << 10
PROTOCOL = "epochal"

Changes = Callable[[Snapshot, int], ChangesResult]


class Subscription(msgspec.Struct, frozen=True):
    """The tags a page shows; null for all."""

    tags: list[str] | None = None


class LiveParams(msgspec.Struct, frozen=True):
    """`since`: the revision that the page has read, so that the first message can be exact."""

    since: int | None = None


class LiveRequest(msgspec.Struct, frozen=True):
    """What a page sends over the socket."""

    subscribe: Subscription


class LiveHub:
    """Wakes every connected page when the reloader publishes. One for each app."""

    def __init__(self, reloader: Reloader, changes: Changes) -> None:
        self._reloader = reloader
        self._changes = changes
        self._pages: set[_Page] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unsubscribe: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin listening to the reloader. Call on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._unsubscribe = self._reloader.subscribe(self._on_publish)

    def stop(self) -> None:
        """Stop listening and let every page go."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._loop = None

    async def handle(self, websocket: WebSocket) -> None:
        """Serve one page until it goes away."""
        if len(self._pages) >= MAX_CLIENTS:
            response = error_response(503, "busy", f"More than {MAX_CLIENTS} pages are open; this one polls.")
            await websocket.send_denial_response(response)
            return
        offered = websocket.scope.get("subprotocols") or []
        page = _Page(websocket, self._reloader, self._changes)
        self._pages.add(page)
        try:
            # A browser that offers subprotocols (one of them may carry the token) wants one of them back.
            await websocket.accept(PROTOCOL if PROTOCOL in offered else None)
            await page.run(_read_since(websocket))
        finally:
            self._pages.discard(page)

    def _on_publish(self, snapshot: Snapshot) -> None:
        """Called on the loader's thread."""
        loop = self._loop
        if loop is not None:
            # The loop may close between the look and the call, at shutdown; then nobody is left to wake.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for page in self._pages:
            page.published.set()


async def serve(websocket: WebSocket) -> None:
    """The route."""
    hub: LiveHub = websocket.app.state.hub
    await hub.handle(websocket)


def _read_since(websocket: WebSocket) -> int | None:
    """The revision the page has already read (`?since=`), so that the first message can be exact."""
    text = websocket.query_params.get("since", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


class _Page:
    """One connected page."""

    def __init__(self, websocket: WebSocket, reloader: Reloader, changes: Changes) -> None:
        self.published = asyncio.Event()
        self._websocket = websocket
        self._reloader = reloader
        self._changes = changes
        self._tags: frozenset[str] | None = None

    async def run(self, since: int | None) -> None:
        reading = asyncio.create_task(self._read())
        sending = asyncio.create_task(self._send(since))
        done, pending = await asyncio.wait({reading, sending}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            error = task.exception()
            if error is not None and not isinstance(error, (WebSocketDisconnect, OSError)):
                raise error

    async def _read(self) -> None:
        while True:
            try:
                text = await self._websocket.receive_text()
            except KeyError:  # a binary message
                await self._websocket.close(1003)
                return
            try:
                tags = msgspec.json.decode(text, type=LiveRequest).subscribe.tags
            except (msgspec.DecodeError, RecursionError):
                await self._websocket.close(1008, 'expected {"subscribe": {"tags": […] or null}}')
                return
            self._tags = None if tags is None else frozenset(tags)

    async def _send(self, since: int | None) -> None:
        loop = asyncio.get_running_loop()
        first = True
        while True:
            self.published.clear()
            snapshot = self._reloader.snapshot
            if first or snapshot.revision != since:
                message = await asyncio.to_thread(self._encode, snapshot, since)
                await self._websocket.send_text(message)  # waits while the page reads slowly
                first, since = False, snapshot.revision
                sent = loop.time()
                await self.published.wait()
                await asyncio.sleep(max(0.0, sent + MIN_SECS_BETWEEN_MESSAGES - loop.time()))
            else:
                await self.published.wait()

    def _encode(self, snapshot: Snapshot, since: int | None) -> str:
        if since is None or since > snapshot.revision:
            # A new page, or one that knew an earlier server on this port: whatever it has may be old.
            result = msgspec.structs.replace(
                self._changes(snapshot, snapshot.revision), changed=None, structure=True
            )
        else:
            result = self._changes(snapshot, since)
        if self._tags is not None and result.changed is not None:
            wanted = self._tags
            changed = {run: [tag for tag in tags if tag in wanted] for run, tags in result.changed.items()}
            result = msgspec.structs.replace(result, changed={run: tags for run, tags in changed.items() if tags})
        message = msgspec.json.encode(result)
        if len(message) > MAX_MESSAGE_BYTES:
            # Ten thousand names cost more to send and compare than reading again costs.
            message = msgspec.json.encode(msgspec.structs.replace(result, changed=None))
        return message.decode()
