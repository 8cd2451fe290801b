"""The ASGI app: the route table and the page, inside the security layer."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from epochal.query.changes import list_changes
from epochal.server.assets import PAGE_PATHS, Assets, not_built_page
from epochal.server.config import ServerConfig
from epochal.server.endpoint import ERROR_HANDLERS, Endpoint, error_response
from epochal.server.live import LiveHub
from epochal.server.routes import ROUTES
from epochal.server.security import SecurityLayer
from epochal.store.reloader import Reloader


def make_app(reloader: Reloader, config: ServerConfig) -> SecurityLayer:
    """The app over one logdir. The caller starts and stops the reloader."""
    hub = LiveHub(reloader, list_changes)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        hub.start()
        try:
            yield
        finally:
            hub.stop()

    app = Starlette(
        routes=[*map(_make_route, ROUTES), Route("/{path:path}", _serve_asset)],
        exception_handlers=ERROR_HANDLERS,
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    layer = SecurityLayer(app, config, public=[route.path for route in ROUTES if route.public])
    app.state.reloader = reloader
    app.state.config = config
    app.state.hub = hub
    app.state.assets = Assets()
    app.state.tokens = layer.tokens
    return layer


def _make_route(endpoint: Endpoint) -> BaseRoute:
    if endpoint.kind == "live":
        return WebSocketRoute(endpoint.path, endpoint.answer)
    return Route(endpoint.path, endpoint.handle, methods=[endpoint.method])


def _serve_asset(request: Request) -> Response:
    """Whatever is no route: a file of the UI, or nothing. Runs in a worker thread."""
    assets: Assets = request.app.state.assets
    path = request.url.path
    if not path.startswith(("/api/", "/data/")):
        response = assets.respond(request, path)
        if response is not None:
            return response
        if path in PAGE_PATHS:
            return not_built_page()
    return error_response(404, "not_found", "There is nothing at this address.")
