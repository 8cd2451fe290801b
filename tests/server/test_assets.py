"""The built UI as files: encodings, caching, and nothing outside the folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from server_harness import TOKEN, Reply, call, signed_in

from epochal.server.app import make_app
from epochal.server.assets import Assets
from epochal.server.config import ServerConfig
from epochal.server.security import SecurityLayer
from epochal.store.reloader import Reloader


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_bytes(b"<!doctype html>plain")
    (static / "index.html.br").write_bytes(b"brotli")
    (static / "index.html.gz").write_bytes(b"gzip")
    (static / "start.js").write_bytes(b"1")
    (static / "assets" / "index-Cmlvv0AZ.js").write_bytes(b"2")
    (static / "assets" / "inter-latin-wght-normal-Dx4kXJAl.woff2").write_bytes(b"3")
    (static / "notes.md").write_bytes(b"no type, not served")
    (tmp_path / "secret.js").write_bytes(b"secret")
    return static


@pytest.fixture
def ui(reloader: Reloader, folder: Path) -> SecurityLayer:
    return make_app(reloader, ServerConfig("/logs", token=TOKEN), Assets(folder))


def get(app: SecurityLayer, path: str, **headers: str) -> Reply:
    return call(app, path, headers=signed_in(*((k.replace("_", "-"), v) for k, v in headers.items())))


@pytest.mark.parametrize(
    ("accepted", "body", "encoding"),
    [
        ("", b"<!doctype html>plain", []),
        ("gzip", b"gzip", ["gzip"]),
        ("gzip, deflate, br", b"brotli", ["br"]),
        ("br;q=0, gzip;q=0.5", b"gzip", ["gzip"]),
        ("br;q=0", b"<!doctype html>plain", []),
        ("*", b"brotli", ["br"]),
        ("identity", b"<!doctype html>plain", []),
        ("br;q=x;;, GZIP", b"gzip", ["gzip"]),
    ],
)
def test_the_best_encoding_that_is_accepted(
    ui: SecurityLayer, accepted: str, body: bytes, encoding: list[str]
) -> None:
    reply = get(ui, "/", accept_encoding=accepted)
    assert (reply.body, reply.all("content-encoding")) == (body, encoding)
    assert reply.one("content-type") == "text/html; charset=utf-8"
    assert reply.one("vary") == "Accept-Encoding"


def test_hashed_files_are_kept_and_the_page_is_asked_for(ui: SecurityLayer) -> None:
    for path in ("/assets/index-Cmlvv0AZ.js", "/assets/inter-latin-wght-normal-Dx4kXJAl.woff2"):
        assert get(ui, path).one("cache-control") == "public, max-age=31536000, immutable"
    for path in ("/", "/index.html", "/start.js"):
        reply = get(ui, path)
        assert reply.one("cache-control") == "no-cache"
        again = get(ui, path, if_none_match=reply.one("etag"))
        assert (again.status, again.body) == (304, b"")
    assert get(ui, "/assets/index-Cmlvv0AZ.js").one("content-type").startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    [
        "/notes.md",
        "/secret.js",
        "/../secret.js",
        "/assets/../../secret.js",
        "/assets",
        "/assets/",
        "/index.html.br",
    ],
)
def test_nothing_else_is_served(ui: SecurityLayer, path: str) -> None:
    reply = get(ui, path)
    assert reply.status == 404
    assert b"secret" not in reply.body


def test_a_rebuilt_page_is_noticed(ui: SecurityLayer, folder: Path) -> None:
    assert get(ui, "/").body == b"<!doctype html>plain"
    (folder / "assets" / "index-NEWNEWNE.js").write_bytes(b"new")
    (folder / "index.html").write_bytes(b"rebuilt")
    os.utime(folder / "index.html", ns=(1, 2))
    assert get(ui, "/").body == b"rebuilt"
    assert get(ui, "/assets/index-NEWNEWNE.js").body == b"new"


def test_without_a_build_the_page_says_how(reloader: Reloader, tmp_path: Path) -> None:
    app = make_app(reloader, ServerConfig("/logs", token=TOKEN), Assets(tmp_path / "none"))
    reply = get(app, "/")
    assert reply.status == 503
    assert b"npm run build" in reply.body
    assert get(app, "/api/runs").status == 200
    assert get(app, "/start.js").status == 404
