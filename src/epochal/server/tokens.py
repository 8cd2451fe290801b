"""The token: made at start, shown in a link, traded for a cookie. Compared in constant time, never logged."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable

BAD_TOKENS_PER_MINUTE = 10
MIN_TOKEN_CHARS = 16
_MAX_TRACKED_PEERS = 4096


def make_token() -> str:
    """A new token: 192 random bits, safe in a URL."""
    return secrets.token_urlsafe(24)


class Tokens:
    """Checks tokens and cookies of one server, and slows down those who guess.

    The cookie is named after the port (and the prefix), because browsers send cookies of localhost to every port.
    It holds not the token but a value derived from it, so that a leaked cookie does not give the link away.
    """

    def __init__(
        self, token: str, port: int, path_prefix: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._token = token.encode()
        slug = path_prefix.replace("/", "_")
        self.cookie_name = f"epochal_{port}" + "".join(c if c.isalnum() or c in "_-" else "-" for c in slug)
        label = f"epochal cookie {self.cookie_name}".encode()
        self.cookie_value = hmac.new(self._token, label, hashlib.sha256).hexdigest()
        self._clock = clock
        self._bad: OrderedDict[str, deque[float]] = OrderedDict()

    def check_cookie(self, value: str) -> bool:
        """Whether a cookie is this server's. A stale one of an earlier server is no guess and is not counted."""
        return bool(self._token) and hmac.compare_digest(value.encode(), self.cookie_value.encode())

    def check_token(self, value: str, peer: str) -> bool:
        """Whether a token is right. A wrong one counts against `peer`; ask `is_limited` first."""
        if self._token and hmac.compare_digest(value.encode(), self._token):
            return True
        times = self._bad.setdefault(peer, deque(maxlen=BAD_TOKENS_PER_MINUTE))
        times.append(self._clock())
        self._bad.move_to_end(peer)
        while len(self._bad) > _MAX_TRACKED_PEERS:
            self._bad.popitem(last=False)
        return False

    def is_limited(self, peer: str) -> bool:
        """Whether `peer` gave too many wrong tokens in the last minute; then none of its tokens is looked at."""
        times = self._bad.get(peer)
        return times is not None and len(times) == times.maxlen and self._clock() - times[0] < 60.0

    def set_cookie(self, path_prefix: str, secure: bool) -> str:
        """The Set-Cookie header that logs a browser in for as long as it runs."""
        parts = [
            f"{self.cookie_name}={self.cookie_value}",
            f"Path={path_prefix}/",
            "HttpOnly",
            "SameSite=Strict",
        ]
        return "; ".join([*parts, "Secure"] if secure else parts)


def read_cookie(header: str, name: str) -> list[str]:
    """All values of one cookie in a Cookie header: a broader path may have left a second one."""
    values = []
    for part in header.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            values.append(value)
    return values
