"""The ASGI app: the route table and the page, inside the security layer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from epochal.query.changes import list_changes
from epochal.query.run_colors import RunColors
from epochal.server import refusals
from epochal.server.assets import PAGE_PATHS, Assets
from epochal.server.config import ServerConfig
from epochal.server.endpoint import ERROR_HANDLERS, Crowd, Endpoint, error_response
from epochal.server.live import LiveHub
from epochal.server.routes import ROUTES
from epochal.server.security import SecurityLayer
from epochal.server.user_state_store import UserStateStore
from epochal.store.reloader import Reloader
from epochal.store.user_dirs import find_state_dir


def make_app(reloader: Reloader, config: ServerConfig, assets: Assets | None = None) -> SecurityLayer:
    """The app over one logdir. The caller starts and stops the reloader. `assets`: another UI than ours."""
    user_state = UserStateStore(reloader.root, find_state_dir())
    hub = LiveHub(reloader, list_changes, user_state)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        hub.start()
        try:
            yield
        finally:
            hub.stop()

    app = Starlette(
        routes=[_make_route(endpoint) for endpoint in ROUTES],
        exception_handlers=ERROR_HANDLERS,
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.router.default = _serve_rest
    layer = SecurityLayer(app, config, public=[route.path for route in ROUTES if route.public])
    app.state.reloader = reloader
    app.state.config = config
    app.state.hub = hub
    app.state.user_state = user_state
    app.state.run_colors = RunColors()
    app.state.crowd = Crowd()
    app.state.assets = assets or Assets()
    app.state.tokens = layer.tokens
    return layer


def _make_route(endpoint: Endpoint) -> BaseRoute:
    if endpoint.kind == "live":
        return WebSocketRoute(endpoint.path, endpoint.answer)
    return Route(endpoint.path, endpoint.handle, methods=[endpoint.method])


async def _serve_rest(scope: Scope, receive: Receive, send: Send) -> None:
    """Whatever is no route: a file of the UI, or nothing."""
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).send_denial_response(_nothing_here())
    elif scope["method"] not in ("GET", "HEAD"):
        message = "This address is only read."
        response = error_response(405, "method_not_allowed", message, {"allow": "GET, HEAD"})
        await response(scope, receive, send)
    else:
        response = await asyncio.to_thread(_read_asset, Request(scope))
        await response(scope, receive, send)


def _read_asset(request: Request) -> Response:
    assets: Assets = request.app.state.assets
    path: str = request.scope["path"]
    if not path.startswith(("/api/", "/data/")):
        response = assets.respond(request, path)
        if response is not None:
            return response
        if path in PAGE_PATHS:
            answer = refusals.render(refusals.not_built(), as_page=True, root="./")
            headers = {name.decode(): value.decode() for name, value in answer.headers}
            return Response(answer.body, answer.status, headers)
    return _nothing_here()


def _nothing_here() -> Response:
    return error_response(404, "not_found", "There is nothing at this address.")
