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
from epochal.server.user_state_store import UserStateStore
from epochal.store.reloader import Reloader
from epochal.store.snapshot import Snapshot

MAX_CLIENTS = 200
MIN_SECS_BETWEEN_MESSAGES = 0.25
SECS_BETWEEN_LOOKS = 1.0
MAX_MESSAGE_BYTES = 64 << 10
PROTOCOL = "epochal"

Changes = Callable[[Snapshot, int, int], ChangesResult]


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

    def __init__(self, reloader: Reloader, changes: Changes, user_state: UserStateStore) -> None:
        self._reloader = reloader
        self._changes = changes
        self._user_state = user_state
        self._pages: set[_Page] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking: asyncio.Task[None] | None = None
        self._unsubscribe: list[Callable[[], None]] = []

    def start(self) -> None:
        """Begin listening to the reloader and to what users say. Call on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._unsubscribe = [
            self._reloader.subscribe(lambda _: self._wake_soon()),
            self._user_state.subscribe(self._wake_soon),
        ]

    def stop(self) -> None:
        """Stop listening and let every page go."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe = []
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        self._loop = None

    async def handle(self, websocket: WebSocket) -> None:
        """Serve one page until it goes away."""
        if len(self._pages) >= MAX_CLIENTS:
            response = error_response(503, "busy", f"More than {MAX_CLIENTS} pages are open; this one polls.")
            await websocket.send_denial_response(response)
            return
        offered = websocket.scope.get("subprotocols") or []
        page = _Page(websocket, self._reloader, self._changes, self._user_state)
        self._pages.add(page)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            # A browser that offers subprotocols (one of them may carry the token) wants one of them back.
            await websocket.accept(PROTOCOL if PROTOCOL in offered else None)
            await page.run(_read_since(websocket))
        finally:
            self._pages.discard(page)

    async def _look(self) -> None:
        """While pages are open: notice what another server's pages said."""
        while self._pages:
            await asyncio.to_thread(self._user_state.look)
            await asyncio.sleep(SECS_BETWEEN_LOOKS)

    def _wake_soon(self) -> None:
        """Called on the thread that has news."""
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

    def __init__(
        self, websocket: WebSocket, reloader: Reloader, changes: Changes, user_state: UserStateStore
    ) -> None:
        self.published = asyncio.Event()
        self._websocket = websocket
        self._reloader = reloader
        self._changes = changes
        self._user_state = user_state
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
        told_state = -1
        while True:
            self.published.clear()
            snapshot = self._reloader.snapshot
            state_revision = self._user_state.revision
            if snapshot.revision != since or state_revision != told_state:
                told_state = state_revision
                message = await asyncio.to_thread(self._encode, snapshot, since, told_state)
                await self._websocket.send_text(message)  # waits while the page reads slowly
                since = snapshot.revision
                sent = loop.time()
                await self.published.wait()
                await asyncio.sleep(max(0.0, sent + MIN_SECS_BETWEEN_MESSAGES - loop.time()))
            else:
                await self.published.wait()

    def _encode(self, snapshot: Snapshot, since: int | None, state_revision: int) -> str:
        if since is None or since > snapshot.revision:
            # A new page, or one that knew an earlier server on this port: whatever it has may be old.
            result = msgspec.structs.replace(
                self._changes(snapshot, snapshot.revision, state_revision), changed=None, structure=True
            )
        else:
            result = self._changes(snapshot, since, state_revision)
        if self._tags is not None and result.changed is not None:
            wanted = self._tags
            changed = {run: [tag for tag in tags if tag in wanted] for run, tags in result.changed.items()}
            result = msgspec.structs.replace(result, changed={run: tags for run, tags in changed.items() if tags})
        message = msgspec.json.encode(result)
        if len(message) > MAX_MESSAGE_BYTES:
            # Ten thousand names cost more to send and compare than reading again costs.
            message = msgspec.json.encode(msgspec.structs.replace(result, changed=None))
        return message.decode()
