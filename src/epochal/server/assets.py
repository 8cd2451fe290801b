"""The built UI, from the folder `static` beside this file: made by Vite, packed into the wheel, not in git.

Addresses are looked up in a table of the files that exist, so no path that a client sends ever reaches the file
system. Files whose name carries a hash of their content are kept by browsers for ever; the page itself is asked
for anew each time.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

STATIC = Path(__file__).parent / "static"
PAGE_PATHS = frozenset({"/", "/index.html"})

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))  # best first
_HASHED = re.compile(r"-[A-Za-z0-9_-]{8,}\.[a-z0-9]+\Z")
_ACCEPTED = re.compile(r"\s*([a-z*]+)\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?\Z")


@dataclass(frozen=True)
class Asset:
    """One file: its type, and the encodings it exists in (name → path), the plain one under ""."""

    media_type: str
    immutable: bool
    paths: dict[str, Path] = field(default_factory=dict)


class Assets:
    """The table of files, made when first needed and again when the page was rebuilt."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._folder = folder
        self._table: dict[str, Asset] = {}
        self._stamp = -1

    def find(self, path: str) -> Asset | None:
        """The asset at an address such as "/assets/index-3f2a.js"; "/" is the page."""
        self._refresh()
        return self._table.get("/index.html" if path == "/" else path)

    def respond(self, request: Request, path: str) -> Response | None:
        """The response for an address, or None if there is no such file."""
        asset = self.find(path)
        if asset is None:
            return None
        encoding = _choose_encoding(request.headers.get("accept-encoding", ""), asset.paths)
        try:
            body = asset.paths[encoding].read_bytes()
        except OSError:
            return None  # rebuilt at this moment
        headers = {"vary": "Accept-Encoding"}
        if encoding:
            headers["content-encoding"] = encoding
        if asset.immutable:
            headers["cache-control"] = "public, max-age=31536000, immutable"
        else:
            headers["cache-control"] = "no-cache"
            headers["etag"] = f'"{hashlib.blake2s(body, digest_size=12).hexdigest()}"'
            if request.headers.get("if-none-match") == headers["etag"]:
                return Response(status_code=304, headers=headers)
        return Response(body, media_type=asset.media_type, headers=headers)

    def _refresh(self) -> None:
        try:
            stamp = (self._folder / "index.html").stat().st_mtime_ns
        except OSError:
            stamp = 0
        if stamp == self._stamp:
            return
        table: dict[str, Asset] = {}
        for file in sorted(self._folder.rglob("*")):
            media_type = _TYPES.get(file.suffix)
            if media_type is None or not file.is_file():
                continue
            paths = {"": file}
            for encoding, suffix in _ENCODINGS:
                packed = file.with_name(file.name + suffix)
                if packed.is_file():
                    paths[encoding] = packed
            address = "/" + file.relative_to(self._folder).as_posix()
            table[address] = Asset(media_type, bool(_HASHED.search(file.name)), paths)
        self._table, self._stamp = table, stamp


def _choose_encoding(accepted: str, available: dict[str, Path]) -> str:
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        match = _ACCEPTED.match(part)
        if match:
            try:
                weights[match[1]] = float(match[2] or 1)
            except ValueError:
                continue
    for encoding, _ in _ENCODINGS:
        if encoding in available and weights.get(encoding, weights.get("*", 0.0)) > 0:
            return encoding
    return ""
