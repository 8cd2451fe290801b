"""The outer layer, route by route: the tests are made from the route table, so a new route cannot be forgotten."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pytest
from server_harness import BAD_HOSTS, TOKEN, Header, Reply, call, signed_in

from epochal.server.app import make_app
from epochal.server.config import ServerConfig
from epochal.server.endpoint import Endpoint
from epochal.server.peer import Owner
from epochal.server.routes import ROUTES
from epochal.server.security import SecurityLayer
from epochal.store.reloader import Reloader

SAME = {"peer_owner": Owner.SAME}
ASSETS = ("/", "/index.html", "/start.js", "/favicon.svg", "/nothing/here", "/api/nothing", "/data/nothing")
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


def plain_path(route: Endpoint) -> str:
    return route.path.replace("{key}", "abc").replace("{sample}", "0")


EVERYTHING = [*((route.method, plain_path(route), route.kind == "live") for route in ROUTES)] + [
    ("GET", path, False) for path in ASSETS
]
PRIVATE = [
    (method, path, live)
    for method, path, live in EVERYTHING
    if path not in {route.path for route in ROUTES if route.public}
]
everything = pytest.mark.parametrize(("method", "path", "live"), EVERYTHING)
private = pytest.mark.parametrize(("method", "path", "live"), PRIVATE)


def ask(app: SecurityLayer, method: str, path: str, live: bool, headers: Sequence[Header]) -> Reply:
    """The request that a program of the same user sends: no token needed."""
    return call(app, path, method=method, websocket=live, headers=headers, state=SAME)


def assert_headers(reply: Reply) -> None:
    for name, value in ALWAYS.items():
        assert reply.all(name) == [value], name
    policy = reply.one("content-security-policy")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert reply.one("cache-control")


# -- the request that is meant to work ------------------------------------------------------------------------


@everything
def test_the_same_user_gets_in_without_a_token(app: SecurityLayer, method: str, path: str, live: bool) -> None:
    reply = ask(app, method, path, live, [("host", "localhost:6006")])
    assert reply.status not in (0, 403, 429, 500)
    assert reply.status != 401 or path == "/api/login"
    assert_headers(reply)


@private
def test_whoever_knows_the_token_gets_in(app: SecurityLayer, method: str, path: str, live: bool) -> None:
    cookie = f"other=1; {app.tokens.cookie_name}={app.tokens.cookie_value}"
    for credential in (("authorization", f"Bearer {TOKEN}"), ("cookie", cookie)):
        reply = call(app, path, method=method, websocket=live, headers=[("host", "localhost"), credential])
        assert reply.status not in (0, 401, 403, 429, 500)
        assert_headers(reply)


def test_a_websocket_carries_the_token_as_a_subprotocol(app: SecurityLayer) -> None:
    offered = ["epochal", f"epochal.token.{TOKEN}"]
    assert call(app, "/api/live", websocket=True, subprotocols=offered).status == 101
    assert call(app, "/api/live", websocket=True, subprotocols=["epochal", "epochal.token.x"]).status == 401


# -- Host -----------------------------------------------------------------------------------------------------


@everything
def test_bad_hosts_reach_nothing(app: SecurityLayer, method: str, path: str, live: bool) -> None:
    for host in BAD_HOSTS:
        reply = ask(app, method, path, live, [("host", host), ("authorization", f"Bearer {TOKEN}")])
        assert (reply.status, reply.code) == (403, "unknown_host"), host
        assert_headers(reply)


@everything
def test_no_host_or_two_hosts_reach_nothing(app: SecurityLayer, method: str, path: str, live: bool) -> None:
    twice = [("host", "localhost"), ("host", "localhost")]
    for headers in ([], twice, [("host", "localhost"), ("host", "evil.example")]):
        assert ask(app, method, path, live, headers).code == "unknown_host"


def test_the_page_for_an_unknown_host_names_the_flag(app: SecurityLayer) -> None:
    reply = call(app, "/", headers=[("host", "gpu7.example.org:6006"), ("accept", "text/html")], state=SAME)
    assert reply.status == 403
    assert b"--allowed-host gpu7.example.org<" in reply.body
    assert_headers(reply)


def test_no_refusal_page_echoes_markup(app: SecurityLayer) -> None:
    for host in ("<script>alert(1)</script>", '"><img src=x>', "a&lt;b"):
        reply = call(app, "/", headers=[("host", host), ("accept", "text/html")])
        assert b"<script" not in reply.body
        assert b"<img" not in reply.body


# -- the path and the method ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "//api/runs",
        "/api//runs",
        "/./api/runs",
        "/api/../api/runs",
        "/assets/../../app.py",
        "/..",
        "\\api\\runs",
        "/api\\runs",
        "/api/runs\x00",
        "/api/runs\n",
        "http://localhost/api/runs",
        "*",
        "",
    ],
)
def test_paths_that_are_not_plain_reach_nothing(app: SecurityLayer, path: str) -> None:
    reply = ask(app, "GET", path, False, signed_in())
    assert (reply.status, reply.code) == (404, "not_found")
    assert_headers(reply)


@everything
def test_other_methods_are_refused(app: SecurityLayer, method: str, path: str, live: bool) -> None:
    if live:
        return
    for other in ("OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get", "X"):
        reply = ask(app, other, path, False, signed_in())
        assert reply.status == 405, other
        assert reply.one("allow") == "GET, HEAD, POST"
        assert_headers(reply)
        assert not reply.all("access-control-allow-origin")


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.kind != "live"], ids=lambda route: route.path
)
def test_a_route_answers_to_its_own_method_only(app: SecurityLayer, route: Endpoint) -> None:
    other = "POST" if route.method == "GET" else "GET"
    if (other, route.path) in {(each.method, each.path) for each in ROUTES}:
        return  # TensorBoard's way of asking long questions
    reply = ask(app, other, plain_path(route), False, signed_in())
    assert (reply.status, reply.code) == (405, "method_not_allowed")


# -- other sites ----------------------------------------------------------------------------------------------

FOREIGN: list[list[Header]] = [
    [("origin", "http://evil.example")],
    [("origin", "http://localhost:9999")],
    [("origin", "http://localhost")],
    [("origin", "http://127.0.0.1:6006")],
    [("origin", "http://localhost:6006.evil.example")],
    [("origin", "http://evil.example/localhost:6006")],
    [("origin", "null")],
    [("origin", "")],
    [("origin", "http://localhost:6006"), ("origin", "http://evil.example")],
    [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "script")],
    [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
    [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
    [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "websocket")],
    [("sec-fetch-site", "cross-site")],
    [("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")],
    [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
    [("sec-fetch-site", "something-new")],
]


@everything
def test_other_sites_pages_reach_nothing(app: SecurityLayer, method: str, path: str, live: bool) -> None:
    for foreign in FOREIGN:
        reply = ask(app, method, path, live, [*signed_in(), *foreign])
        assert (reply.status, reply.code) == (403, "cross_site"), foreign
        assert_headers(reply)


NAVIGATION: list[Header] = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]


def test_a_link_on_another_site_may_open_the_page_and_only_the_page(app: SecurityLayer) -> None:
    for method, path, live in EVERYTHING:
        for dest in ("document", "iframe"):
            headers = [("host", "localhost:6006"), *NAVIGATION, ("sec-fetch-dest", dest)]
            refused = ask(app, method, path, live, headers).status == 403
            assert refused == (path not in ("/", "/index.html")), path
    posted = ask(app, "POST", "/", False, [("host", "localhost:6006"), *NAVIGATION])
    assert posted.status == 403


@everything
def test_our_own_pages_reach_everything(app: SecurityLayer, method: str, path: str, live: bool) -> None:
    for own in (
        [("origin", "http://localhost:6006"), ("sec-fetch-site", "same-origin")],
        [("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")],
    ):
        assert ask(app, method, path, live, [*signed_in(), *own]).status != 403


def test_forwarded_ports_work(app: SecurityLayer) -> None:
    headers = [("host", "localhost:9000"), ("origin", "http://localhost:9000"), ("sec-fetch-site", "same-origin")]
    assert ask(app, "POST", "/api/reload", False, headers).status == 200


# -- who is asking --------------------------------------------------------------------------------------------

BAD_CREDENTIALS: list[list[Header]] = [
    [],
    [("authorization", "Bearer wrong")],
    [("authorization", f"Bearer {TOKEN}x")],
    [("authorization", f"Bearer {TOKEN[:-1]}")],
    [("authorization", f"Basic {TOKEN}")],
    [("authorization", TOKEN)],
    [("cookie", "epochal_6006=wrong")],
    [("cookie", f"epochal_6006={TOKEN}")],
    [("x-epochal-token", TOKEN)],
    [("x-forwarded-user", "alice")],
]


@private
def test_bad_credentials_open_nothing(app: SecurityLayer, method: str, path: str, live: bool) -> None:
    for credentials in BAD_CREDENTIALS:
        headers = [("host", "localhost:6006"), *credentials]
        reply = call(app, path, method=method, websocket=live, headers=headers, state={"peer_owner": Owner.OTHER})
        assert (reply.status, reply.code) == (401, "unauthorized"), credentials
        assert_headers(reply)


@private
def test_a_token_in_the_query_opens_nothing(app: SecurityLayer, method: str, path: str, live: bool) -> None:
    # Addresses are logged and sent on in Referer headers; a token must not work from there.
    reply = call(
        app, path, method=method, websocket=live, query=f"token={TOKEN}", state={"peer_owner": Owner.OTHER}
    )
    assert reply.status == 401


@private
def test_forwarding_headers_need_the_token(app: SecurityLayer, method: str, path: str, live: bool) -> None:
    for name in ("forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-proto", "X-Forwarded-Anything"):
        reply = ask(app, method, path, live, [("host", "localhost:6006"), (name, "")])
        assert reply.status == 401, name
        assert ask(app, method, path, live, [*signed_in(), (name, "x")]).status != 401


@pytest.mark.parametrize(
    ("state", "client", "server", "status"),
    [
        (SAME, "127.0.0.1", "127.0.0.1", 200),
        (SAME, "::1", "::1", 200),
        ({"peer_owner": Owner.UNKNOWN}, "127.0.0.1", "127.0.0.1", 200),  # macOS, Windows
        ({"peer_owner": Owner.OTHER}, "127.0.0.1", "127.0.0.1", 401),
        ({}, "127.0.0.1", "127.0.0.1", 401),  # asked of the kernel: there is no such connection
        (SAME, "192.0.2.9", "192.0.2.2", 401),
        (SAME, "192.0.2.9", "127.0.0.1", 401),
        ({"peer_owner": Owner.UNKNOWN}, "192.0.2.9", "192.0.2.2", 401),
    ],
)
def test_who_needs_a_token(
    app: SecurityLayer, state: dict[str, Owner], client: str, server: str, status: int
) -> None:
    reply = call(app, "/api/runs", client=(client, 5000), server=(server, 6006), state=state)
    assert reply.status == status


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"auth": "token"}, 401),
        ({"allowed_hosts": ("gpu7.example.org",)}, 401),
        ({"auth": "none"}, 200),
        ({"auth": "none", "allowed_hosts": ("gpu7.example.org",)}, 200),
    ],
)
def test_what_makes_the_same_user_need_a_token(
    reloader: Reloader, changes: dict[str, object], status: int
) -> None:
    app = make_app(reloader, ServerConfig("/logs", token=TOKEN, **changes))  # type: ignore[arg-type]
    assert ask(app, "GET", "/api/runs", False, [("host", "localhost:6006")]).status == status
    assert ask(app, "GET", "/api/runs", False, signed_in()).status == 200


def test_no_auth_keeps_every_other_check(reloader: Reloader) -> None:
    app = make_app(reloader, ServerConfig("/logs", auth="none"))
    assert call(app, "/api/runs").status == 200
    assert call(app, "/api/runs", headers=[("host", "evil.example")]).status == 403
    assert call(app, "/api/runs", headers=[("host", "localhost"), ("origin", "http://evil.example")]).status == 403


def test_a_trusted_proxy_signs_people_in(reloader: Reloader) -> None:
    networks = (ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00::/64"))
    app = make_app(
        reloader, ServerConfig("/logs", token=TOKEN, trusted_proxies=networks, auth_header="X-Auth-User")
    )
    login = [("host", "localhost"), ("x-forwarded-for", "203.0.113.5"), ("x-auth-user", "alice")]

    def status(client: str, headers: list[Header]) -> int:
        return call(app, "/api/runs", client=(client, 1), headers=headers, state=SAME).status

    assert status("10.1.2.3", login) == 200
    assert status("fd00::7", login) == 200
    assert status("::ffff:10.1.2.3", login) == 200
    assert status("10.2.0.1", login) == 401
    assert status("127.0.0.1", login) == 401
    assert status("10.1.2.3", login[:2]) == 401
    assert status("10.1.2.3", [*login[:2], ("x-auth-user", " ")]) == 401


def test_ten_wrong_tokens_a_minute_then_429(app: SecurityLayer) -> None:
    other = {"peer_owner": Owner.OTHER}
    wrong = [("host", "localhost"), ("authorization", "Bearer wrong")]
    assert [call(app, "/api/runs", headers=wrong, state=other).status for _ in range(11)] == [401] * 10 + [429]
    # Now not even the right token is looked at, nor at the login; the kernel's word and the cookie still count.
    assert call(app, "/api/runs", headers=signed_in(), state=other).status == 429
    body = b'{"token": "%s"}' % TOKEN.encode()
    assert call(app, "/api/login", method="POST", body=body, state=other).code == "too_many_attempts"
    cookie = ("cookie", f"{app.tokens.cookie_name}={app.tokens.cookie_value}")
    assert call(app, "/api/runs", headers=[("host", "localhost"), cookie], state=other).status == 200
    assert call(app, "/api/runs", state=SAME).status == 200
    assert call(app, "/api/runs", headers=signed_in(), client=("127.0.0.2", 1), state=other).status == 200


# -- signing in -----------------------------------------------------------------------------------------------


def test_the_token_becomes_a_cookie(app: SecurityLayer) -> None:
    other = {"peer_owner": Owner.OTHER}
    refused = call(app, "/", headers=[("host", "localhost"), ("accept", "text/html")], state=other)
    assert refused.status == 401
    assert b"<input" in refused.body
    assert b"printed in the terminal" in refused.body
    assert_headers(refused)

    for body in (b"", b"{}", b"[]", b'"x"', b'{"token": "x"}', b'{"token": null}', b"x" * 5000):
        assert call(app, "/api/login", method="POST", body=body, state=other).status in (401, 429)
    answer = call(
        app,
        "/api/login",
        method="POST",
        body=b'{"token": "%s"}' % TOKEN.encode(),
        state=other,
        client=("127.0.0.3", 1),
    )
    assert answer.status == 204
    cookie = answer.one("set-cookie")
    assert cookie.startswith("epochal_6006=")
    assert TOKEN not in cookie
    for attribute in ("; HttpOnly", "; SameSite=Strict", "; Path=/"):
        assert attribute in cookie
    assert "Secure" not in cookie
    https = [("host", "logs.localhost"), ("origin", "https://logs.localhost")]
    body = b'{"token": "%s"}' % TOKEN.encode()
    behind_tls = call(app, "/api/login", method="POST", body=body, headers=https, client=("127.0.0.3", 1))
    assert behind_tls.one("set-cookie").endswith("; Secure")
    given = [("host", "localhost"), ("cookie", cookie.partition(";")[0])]
    assert call(app, "/api/session", headers=given, state=other).status == 204
    assert call(app, "/api/runs", headers=given, state=other).status == 200


@pytest.mark.parametrize(("path", "root"), [("/", "./"), ("/api/runs", "../"), ("/api/blobs/a/0", "../../../")])
def test_the_login_page_finds_the_app_from_any_address(app: SecurityLayer, path: str, root: str) -> None:
    reply = call(app, path, headers=[("host", "localhost"), ("accept", "text/html,*/*")])
    assert f'data-root="{root}"'.encode() in reply.body


# -- path prefix ----------------------------------------------------------------------------------------------


def test_a_path_prefix_hides_everything_else(reloader: Reloader) -> None:
    app = make_app(reloader, ServerConfig("/logs", token=TOKEN, path_prefix="/team/a"))
    for method, path, live in EVERYTHING:
        outside = call(app, path, method=method, websocket=live, headers=signed_in(), state=SAME)
        assert (outside.status, outside.code) == (404, "not_found"), path
        assert_headers(outside)
        bare = call(app, "/team/a" + path, method=method, websocket=live, state=SAME)
        public = any(route.public and route.path == path for route in ROUTES)
        assert (bare.status == 401) == (not public or path == "/api/login"), path
    assert call(app, "/team/a/api/runs", headers=signed_in()).status == 200
    moved = call(app, "/team/a", headers=signed_in())
    assert (moved.status, moved.one("location")) == (308, "/team/a/")
    assert call(app, "/team/ab/api/runs", headers=signed_in()).status == 404


# -- what the responses are -----------------------------------------------------------------------------------


def test_pages_and_data_have_different_policies(app: SecurityLayer) -> None:
    page = call(app, "/", headers=signed_in()).one("content-security-policy")
    assert page == (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; "
        "media-src 'self' blob:; worker-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self' http://localhost:* http://127.0.0.1:*"
    )
    for path in ("/api/runs", "/data/runs", "/api/nothing", "/healthz"):
        assert "; sandbox;" in call(app, path, headers=signed_in()).one("content-security-policy")


def test_embed_origins_extend_the_frame_ancestors(reloader: Reloader) -> None:
    app = make_app(
        reloader,
        ServerConfig("/logs", token=TOKEN, embed_origins=("https://hub.example.org", "https://b.example")),
    )
    for headers in (signed_in(), [("host", "localhost"), ("accept", "text/html")]):
        policy = call(app, "/", headers=headers).one("content-security-policy")
        assert policy.endswith("http://127.0.0.1:* https://hub.example.org https://b.example")


def test_nothing_tells_the_token(app: SecurityLayer) -> None:
    for method, path, live in EVERYTHING:
        for headers in (signed_in(), signed_in(("accept", "text/html")), [("host", "evil.example")]):
            reply = call(app, path, method=method, websocket=live, headers=headers, state=SAME)
            assert TOKEN.encode() not in reply.body
            assert TOKEN not in repr(reply.headers)
