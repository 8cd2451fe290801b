"""Trading the token for a cookie. The page of a refused request calls these (see refusals.py)."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from epochal.server import refusals
from epochal.server.config import ServerConfig
from epochal.server.tokens import Tokens

_MAX_BODY_BYTES = 4096


class LoginBody(msgspec.Struct, frozen=True):
    """What `POST /api/login` takes."""

    token: str


async def login(request: Request) -> Response:
    """Set the cookie for the right token: 204, 401 for a wrong one, 429 after ten wrong ones in a minute."""
    config: ServerConfig = request.app.state.config
    tokens: Tokens = request.app.state.tokens
    peer = request.scope["state"]["peer_key"]
    if tokens.is_limited(peer):
        return _refused(refusals.too_many_attempts())
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            return _refused(refusals.wrong_token())
    try:
        given = msgspec.json.decode(body, type=LoginBody).token
    except msgspec.DecodeError:
        given = ""
    if not tokens.check_token(given, peer):
        return _refused(refusals.wrong_token())
    # The connection itself may be plain behind a proxy that speaks https for us; the browser knows.
    secure = request.headers.get("origin", "").lower().startswith("https://")
    cookie = tokens.set_cookie(config.path_prefix, secure=secure)
    return Response(status_code=204, headers={"set-cookie": cookie})


async def session(request: Request) -> Response:
    """204 for whoever is let in; the security layer answers everybody else."""
    return Response(status_code=204)


def _refused(refusal: refusals.Refusal) -> Response:
    answer = refusals.render(refusal, as_page=False, root="./")
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    return Response(answer.body, answer.status, headers=headers)
