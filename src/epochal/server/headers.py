"""The security headers of every response, chosen by what the response is: a page of ours, or data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Kind = Literal["page", "data"]

_FRAME_ANCESTORS = "'self' http://localhost:* http://127.0.0.1:*"
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
# What is not a page of ours never runs as one, even when it is opened in a tab of its own.
_DATA_CSP = b"default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def page_csp(embed_origins: Iterable[str] = (), *, scripts: str = "'self'", styles: str = "'self'") -> bytes:
    """The Content-Security-Policy of the app's pages; `scripts` and `styles` are source lists."""
    ancestors = " ".join([_FRAME_ANCESTORS, *embed_origins])
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; font-src 'self'; "
        "img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self'; connect-src 'self'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    ).encode("latin-1")


class SecurityHeaders:
    """Adds what a response lacks. A handler may set its own policy (refusal pages do), nothing else."""

    def __init__(self, embed_origins: Iterable[str] = ()) -> None:
        self._page_csp = page_csp(embed_origins)

    def complete(self, headers: list[tuple[bytes, bytes]], kind: Kind) -> list[tuple[bytes, bytes]]:
        """The headers of a response, with those that every response must carry."""
        always = {name for name, _ in _ALWAYS}
        kept = [(name, value) for name, value in headers if name.lower() not in always]
        kept.extend(_ALWAYS)
        present = {name.lower() for name, _ in kept}
        if b"content-security-policy" not in present:
            kept.append((b"content-security-policy", self._page_csp if kind == "page" else _DATA_CSP))
        if b"cache-control" not in present:
            kept.append((b"cache-control", b"no-store"))
        return kept
