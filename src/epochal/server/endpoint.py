"""From a row of the route table to an HTTP handler: parse parameters, ask in a thread, encode the answer.

Also the one place where exceptions become HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from epochal.errors import DamagedRecordError, EpochalError, NotFoundError
from epochal.query.columns import Columns
from epochal.query.run_colors import RunColors
from epochal.server.columns import MEDIA_TYPE, encode_frame
from epochal.server.config import ServerConfig
from epochal.server.forms import parse_form
from epochal.server.user_state import StateBusyError, StateTooLargeError
from epochal.server.user_state_store import UserStateStore
from epochal.store.reloader import Reloader
from epochal.store.snapshot import Snapshot

MAX_BODY_BYTES = 4 << 20

#: Queries that may wait for an answer or be answered at one time. A browser asks at most six things at once.
MAX_QUERIES = 256
_Params = TypeVar("_Params", bound=msgspec.Struct)


class NoParams(msgspec.Struct, frozen=True):
    """The request takes none."""


@dataclass(frozen=True)
class Context:
    """What a handler may look at. One request sees one snapshot."""

    snapshot: Snapshot
    reloader: Reloader
    config: ServerConfig
    user_state: UserStateStore
    run_colors: RunColors


Answer = Callable[..., Any]
Kind = Literal["query", "raw", "live"]
Body = Literal["json", "form", "request"]


class Crowd:
    """The queries under way. Beyond `most`, the next is refused rather than kept waiting without end.

    Only the event loop's thread may use it.
    """

    def __init__(self, most: int = MAX_QUERIES) -> None:
        self._most = most
        self._inside = 0

    def __enter__(self) -> None:
        if self._inside >= self._most:
            message = f"Epochal is answering {self._most} requests already. Ask again in a moment"
            raise HTTPException(503, message, {"retry-after": "1"})
        self._inside += 1

    def __exit__(self, *_: object) -> None:
        self._inside -= 1


@dataclass(frozen=True)
class Endpoint:
    """One row of the route table.

    A "query" is a plain function of (Context, params), run in a worker thread, that returns a Struct (sent as
    JSON), `Columns` (sent as a binary frame) or a complete Response; "raw" is a coroutine of the request, "live"
    one of the WebSocket. `params` is filled from the query string and the path, or from the body of a POST, which
    is JSON, or the fields of a form, or (`body` "request") the value of the parameter `request`, the others being
    in the query string. `result` documents the answer; a Response class stands for raw bytes. `public` needs no
    token.
    """

    method: Literal["GET", "POST"]
    path: str
    answer: Answer
    params: type[msgspec.Struct]
    result: Any
    summary: str
    kind: Kind = "query"
    public: bool = False
    body: Body = "json"

    async def handle(self, request: Request) -> Response:
        """Serve one request."""
        if self.kind == "raw":
            response: Response = await self.answer(request)
            return response
        params = await self._read_params(request)
        reloader: Reloader = request.app.state.reloader
        state = request.app.state
        context = Context(reloader.snapshot, reloader, state.config, state.user_state, state.run_colors)
        with request.app.state.crowd:
            return await asyncio.to_thread(self._run, context, params)

    async def _read_params(self, request: Request) -> msgspec.Struct:
        if self.method == "GET" or self.params is NoParams:
            return fill_params(_parse_query(request), self.params, request.path_params)
        body = await read_body(request, MAX_BODY_BYTES)
        if self.body == "json":
            return decode_json(body, self.params)
        if self.body == "request":
            return fill_params([("request", body.decode(errors="replace")), *_parse_query(request)], self.params)
        form = await asyncio.to_thread(parse_form, body, request.headers.get("content-type", ""))
        return fill_params(form, self.params)

    def _run(self, context: Context, params: msgspec.Struct) -> Response:
        result = self.answer(context, params)
        if isinstance(result, Response):
            return result
        if isinstance(result, Columns):
            return Response(encode_frame(result.result, result.columns), media_type=MEDIA_TYPE)
        return Response(msgspec.json.encode(result), media_type="application/json")


def _parse_query(request: Request) -> list[tuple[str, str]]:
    query = request.scope["query_string"].decode("latin-1")
    return parse_qsl(query, keep_blank_values=True, encoding="utf-8", errors="replace")


def fill_params(
    pairs: Iterable[tuple[str, str]], params: type[_Params], path_params: Mapping[str, Any] | None = None
) -> _Params:
    """Parameters that came as text. The first of a repeated one counts, except where the Struct wants a list."""
    given: dict[str, Any] = {}
    many = {field.name for field in msgspec.structs.fields(params) if str(field.type).startswith("list")}
    for name, value in pairs:
        if name in many:
            given.setdefault(name, []).append(value)
        else:
            given.setdefault(name, value)
    given.update(path_params or {})
    try:
        return msgspec.convert(given, params, strict=False)
    except msgspec.ValidationError as error:
        raise HTTPException(400, str(error)) from None


def decode_json(body: bytes, params: type[_Params]) -> _Params:
    """The parameters of a POST."""
    try:
        return msgspec.json.decode(body, type=params)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HTTPException(400, str(error)) from None
    except RecursionError:
        raise HTTPException(400, "The JSON is nested too deeply") from None


async def read_body(request: Request, max_bytes: int) -> bytes:
    """A request's body; 413 as soon as it is longer than `max_bytes`."""
    parts: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > max_bytes:
            raise HTTPException(413, f"A request body may have {max_bytes} bytes at most")
        parts.append(chunk)
    return b"".join(parts)


def error_response(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    """The one form of an error: {"error": {"code", "message"}}."""
    body = msgspec.json.encode({"error": {"code": code, "message": message}})
    return Response(body, status, media_type="application/json", headers=headers)


_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 503: "busy"}


async def on_http_error(request: Request, error: Exception) -> Response:
    """What a handler or the router refused."""
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "http_error")
    message = str(error.detail).rstrip(".") + "."
    return error_response(error.status_code, code, message, dict(error.headers or {}))


async def on_epochal_error(request: Request, error: Exception) -> Response:
    """What we raise on purpose: its text is a sentence for the user."""
    if isinstance(error, NotFoundError):
        return error_response(404, "not_found", str(error))
    if isinstance(error, StateTooLargeError):
        return error_response(413, "too_large", str(error))
    if isinstance(error, StateBusyError):
        return error_response(503, "busy", str(error), {"retry-after": "5"})
    if isinstance(error, DamagedRecordError):
        return error_response(422, "damaged_record", str(error))
    return error_response(400, "bad_request", str(error))


async def on_bug(request: Request, error: Exception) -> Response:
    """A bug of ours. The terminal gets the traceback (Starlette raises it again), the client one sentence."""
    return error_response(500, "internal_error", "Epochal made a mistake here; its terminal shows the details.")


ERROR_HANDLERS: dict[Any, Any] = {
    HTTPException: on_http_error,
    EpochalError: on_epochal_error,
    Exception: on_bug,
}
