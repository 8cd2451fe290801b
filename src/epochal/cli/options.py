"""What `serve` and `demo` share: the settings of a server, read from the command line and checked."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epochal.server.config import AuthMode, Network

_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+\Z")
_HEADER = re.compile(r"[A-Za-z0-9-]+\Z")
_ORIGIN = re.compile(r"https?://(?:\*\.)?[A-Za-z0-9.-]+(?::(?:[0-9]{1,5}|\*))?\Z")
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?)(?:i?B)?\Z", re.IGNORECASE)
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}

TOKEN_VARIABLE = "EPOCHAL_TOKEN"


class OptionError(Exception):
    """A value that cannot be. `option` is its name as typed."""

    def __init__(self, option: str, message: str) -> None:
        super().__init__(message)
        self.option = option


@dataclass
class ServeOptions:
    """Everything a server is told. `port` None: the default one or the next free; 0: any."""

    host: str = "localhost"
    port: int | None = None
    path_prefix: str = ""
    window_title: str = ""
    reload_interval: float = 5.0
    open_browser: bool = False
    auth: AuthMode = "auto"
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    auth_header: str = ""
    embed_origins: tuple[str, ...] = ()
    max_memory: int | None = None
    exit_on_eof: bool = False
    notes: list[str] = field(default_factory=list)


def parse_port(text: str) -> int | None:
    """`default` or a number."""
    if text.strip().lower() == "default":
        return None
    if not (text.isascii() and text.isdigit()) or int(text) > 65535:
        raise OptionError("--port", f"{text!r} is not a port: give a number up to 65535, or 0 for any free one.")
    return int(text)


def parse_path_prefix(text: str) -> str:
    """A prefix as "/a/b", however it was written; empty for none."""
    prefix = text.strip().rstrip("/")
    if not prefix:
        return ""
    if not prefix.startswith("/"):
        prefix = "/" + prefix
    if not _PREFIX.match(prefix) or any(part in (".", "..") for part in prefix.split("/")):
        raise OptionError("--path-prefix", f"{text!r} is not a path such as /epochal.")
    return prefix


def parse_networks(values: tuple[str, ...]) -> tuple[Network, ...]:
    """Addresses or networks such as 10.0.0.0/8."""
    try:
        return tuple(ipaddress.ip_network(value.strip(), strict=False) for value in values)
    except ValueError as error:
        raise OptionError(
            "--trusted-proxy", f"{error}. Give an address or a network such as 10.0.0.0/8."
        ) from None


def check_auth_header(name: str) -> str:
    """The name of a request header."""
    if name and not _HEADER.match(name):
        raise OptionError("--auth-header", f"{name!r} is not the name of a header.")
    return name


def check_origins(values: tuple[str, ...]) -> tuple[str, ...]:
    """Origins that may show the app in a frame. They enter a response header, so their form is exact."""
    for value in values:
        if not _ORIGIN.match(value):
            raise OptionError("--embed-origin", f"{value!r} is not an origin such as https://hub.example.org.")
    return values


def parse_size(text: str) -> int:
    """Bytes of "512M", "2G", "1.5 GiB"."""
    match = _SIZE.match(text.strip())
    if not match:
        raise OptionError("--max-memory", f"{text!r} is not a size such as 512M or 2G.")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def read_token() -> str:
    """The token of the environment, or a new one."""
    from epochal.server.tokens import MIN_TOKEN_CHARS, make_token

    given = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not given:
        return make_token()
    if len(given) < MIN_TOKEN_CHARS or not all("!" <= c <= "~" and c not in '"#%&+,;\\' for c in given):
        raise OptionError(
            TOKEN_VARIABLE, f"A token has at least {MIN_TOKEN_CHARS} letters, digits, dashes or underscores."
        )
    return given
