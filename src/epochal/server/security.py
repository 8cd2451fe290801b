"""The one outer layer: no request reaches a route, an asset or the live stream without passing here.

In this order: Host, the form of the path, method, Origin, Sec-Fetch-Site, path prefix, authentication. Whatever
leaves, refusals included, leaves with the security headers. DESIGN section 8 is the contract, SECURITY.md the
threat model.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

from epochal.server import refusals
from epochal.server.assets import PAGE_PATHS
from epochal.server.config import ServerConfig
from epochal.server.headers import Kind, SecurityHeaders
from epochal.server.hosts import HostPort, HostRules, is_loopback, origin_matches, parse_host, unmap
from epochal.server.peer import Owner, find_owner
from epochal.server.refusals import Refusal
from epochal.server.tokens import Tokens, read_cookie

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = dict[bytes, list[bytes]]

METHODS = ("GET", "HEAD", "POST")
WEBSOCKET_TOKEN = "epochal.token."  # browsers cannot set headers on a WebSocket, only name subprotocols
_DATA_PATHS = ("/api/", "/data/", "/healthz", "/readyz")


class SecurityLayer:
    """Wraps the app. `public` names the paths that are served without a credential (never without the rest)."""

    def __init__(self, app: App, config: ServerConfig, public: Collection[str] = ()) -> None:
        self.tokens = Tokens(config.token, config.port, config.path_prefix)
        self._app = app
        self._config = config
        self._public = frozenset(public)
        self._hosts = HostRules(config)
        self._headers = SecurityHeaders(config.embed_origins)
        self._auth_header = config.auth_header.lower().encode("latin-1")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = _index_headers(scope)
        path = scope["path"]
        kind: Kind = "data" if path.startswith(_DATA_PATHS) else "page"
        guarded = self._guard(send, kind)
        refusal = self._judge(scope, headers)
        if refusal is None:
            refusal = await self._authenticate(scope, headers)
        if refusal is None:
            await self._app(scope, receive, guarded)
            return
        as_page = scope["type"] == "http" and b"text/html" in b",".join(headers.get(b"accept", []))
        root = "../" * max(0, scope["path"].count("/") - 1) or "./"
        answer = refusals.render(refusal, as_page=as_page, root=root, embed_origins=self._config.embed_origins)
        await _send_answer(scope, guarded, answer)

    def _guard(self, send: Send, kind: Kind) -> Send:
        async def guarded(message: Message) -> None:
            if message["type"] in (
                "http.response.start",
                "websocket.http.response.start",
                "websocket.accept",
            ):
                message = {**message, "headers": self._headers.complete(list(message.get("headers", [])), kind)}
            await send(message)

        return guarded

    def _judge(self, scope: Scope, headers: Headers) -> Refusal | None:
        """Everything except authentication. Rewrites the scope's path to its form without the prefix."""
        values = [value.decode("latin-1") for value in headers.get(b"host", [])]
        host = parse_host(values[0]) if len(values) == 1 else None
        server = scope.get("server")
        if host is None or not self._hosts.allows(host.host, server[0] if server else None):
            return refusals.unknown_host(values[0] if len(values) == 1 else "")
        if not _is_plain(scope["path"]):
            return refusals.bad_path()
        method = scope.get("method", "GET")  # a WebSocket handshake is a GET
        if method not in METHODS:
            return refusals.bad_method(", ".join(METHODS))
        if self._config.path_prefix:
            refusal = self._strip_prefix(scope)
            if refusal is not None:
                return refusal
        elif scope["path"].startswith("/data/"):
            scope["path"] = scope["path"].rstrip("/")  # TensorBoard ignores a trailing slash
        return self._judge_site(scope, headers, host, method)

    def _strip_prefix(self, scope: Scope) -> Refusal | None:
        prefix, path = self._config.path_prefix, scope["path"]
        if path == prefix:
            return refusals.moved(f"{prefix}/")
        if not path.startswith(prefix + "/"):
            return refusals.outside_prefix(prefix)
        stripped = path[len(prefix) :]
        scope["path"] = stripped.rstrip("/") if stripped.startswith("/data/") else stripped
        scope["root_path"] = ""
        return None

    def _judge_site(self, scope: Scope, headers: Headers, host: HostPort, method: str) -> Refusal | None:
        origins = headers.get(b"origin", [])
        if len(origins) > 1 or any(
            not origin_matches(origin.decode("latin-1"), host, scope.get("scheme", "http")) for origin in origins
        ):
            return refusals.cross_site("The Origin of the request is not the host it was sent to.")
        sites = headers.get(b"sec-fetch-site", [])
        # "same-site" is another port of this machine: on a shared one that may be anybody's page.
        if not sites or (len(sites) == 1 and sites[0] in (b"same-origin", b"none")):
            return None
        navigation = headers.get(b"sec-fetch-mode") == [b"navigate"] and scope["type"] == "http"
        if method == "GET" and navigation and scope["path"] in PAGE_PATHS:
            return None
        return refusals.cross_site("Another site's page asked for this, and only the app's own pages may.")

    async def _authenticate(self, scope: Scope, headers: Headers) -> Refusal | None:
        state = scope.setdefault("state", {})
        client, server = scope.get("client"), scope.get("server")
        address = unmap(client[0]) if client else ""
        state["peer_key"] = address
        if self._config.auth == "none" or scope["path"] in self._public:
            return None
        if self._is_signed_in_by_proxy(address, headers):
            return None
        cookies = [header.decode("latin-1") for header in headers.get(b"cookie", [])]
        for header in cookies:
            if any(self.tokens.check_cookie(value) for value in read_cookie(header, self.tokens.cookie_name)):
                return None
        token = _given_token(scope, headers)
        if token is not None:
            if self.tokens.is_limited(address):
                return refusals.too_many_attempts()
            if self.tokens.check_token(token, address):
                return None
        elif self._config.tokenless_loopback and not _is_forwarded(headers) and client and server:
            owner = state.get("peer_owner")
            if owner is None:
                # Another ASGI server than ours runs the app: ask now, for this request.
                owner = await asyncio.to_thread(find_owner, tuple(client[:2]), tuple(server[:2]))
            loopback = is_loopback(client[0]) and is_loopback(server[0])
            if loopback and owner in (Owner.SAME, Owner.UNKNOWN):
                return None
        return refusals.missing_token()

    def _is_signed_in_by_proxy(self, address: str, headers: Headers) -> bool:
        if not self._auth_header or not headers.get(self._auth_header, [b""])[0].strip():
            return False
        try:
            peer = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(peer in network for network in self._config.trusted_proxies)


def _index_headers(scope: Scope) -> Headers:
    index: Headers = {}
    for name, value in scope["headers"]:
        index.setdefault(bytes(name).lower(), []).append(bytes(value))
    return index


def _is_plain(path: str) -> bool:
    """Whether a decoded path is in the one form that routing and authentication both understand."""
    if not path.startswith("/") or "\\" in path or "//" in path or any(ord(c) < 32 or c == "\x7f" for c in path):
        return False
    return not any(segment in (".", "..") for segment in path.split("/"))


def _is_forwarded(headers: Headers) -> bool:
    return any(
        name in (b"forwarded", b"via", b"x-real-ip") or name.startswith(b"x-forwarded-") for name in headers
    )


def _given_token(scope: Scope, headers: Headers) -> str | None:
    for value in headers.get(b"authorization", []):
        scheme, _, token = value.decode("latin-1").partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            return token.strip()
    for name in scope.get("subprotocols", ()):
        if name.startswith(WEBSOCKET_TOKEN):
            return str(name[len(WEBSOCKET_TOKEN) :])
    return None


async def _send_answer(scope: Scope, send: Send, answer: refusals.Answer) -> None:
    if scope["type"] == "websocket":
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
        prefix = "websocket."
    else:
        prefix = ""
    body = b"" if scope.get("method") == "HEAD" else answer.body
    await send({"type": f"{prefix}http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": f"{prefix}http.response.body", "body": body})
