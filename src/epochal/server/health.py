"""Is the process up, and is what it serves fresh? For supervisors; needs no token and tells no names."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from epochal.store.reloader import Reloader


async def healthz(request: Request) -> Response:
    """200 while the process answers at all."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """200 while the loader is at work, 503 if it died or hangs."""
    reloader: Reloader = request.app.state.reloader
    if reloader.alive:
        return PlainTextResponse("ready\n")
    return PlainTextResponse("the loader does not answer\n", status_code=503)
