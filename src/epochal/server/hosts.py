"""Host and Origin: which names this server answers to, and whether a request comes from its own pages.

A page on another site can make a browser send requests here (by a DNS name that it points at 127.0.0.1, or by a
plain cross-origin request). Both are visible in `Host` and `Origin`, which no page can forge.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import NamedTuple

from epochal.server.config import ServerConfig

_DNS_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\Z")
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class HostPort(NamedTuple):
    """A host in its one canonical form (lower case, no brackets, no final dot) and the port if one was given."""

    host: str
    port: int | None


def parse_host(value: str) -> HostPort | None:
    """Parse a Host header or the authority of an Origin. None for anything that is not exactly host[:port]."""
    text = value.strip(" \t").lower()
    if text.startswith("["):
        inside, bracket, rest = text[1:].partition("]")
        if not bracket:
            return None
        host = _canonical_ip(inside)
        if host is None or ":" not in inside or (rest and not rest.startswith(":")):
            return None
        port_text = rest[1:] if rest else ""
        if rest == ":":
            return None
    else:
        name, colon, port_text = text.partition(":")
        if colon and not port_text:
            return None
        name = name.removesuffix(".")
        if not _DNS_NAME.match(name):
            return None
        # "127.1" and "0x7f000001" are addresses to some programs; they are never a name that we answer to, and
        # the allow-list below compares whole strings, so they need no special care.
        host = _canonical_ip(name) or name
    if not port_text:
        return HostPort(host, None)
    if not (port_text.isascii() and port_text.isdigit()) or len(port_text) > 5 or int(port_text) > 65535:
        return None
    return HostPort(host, int(port_text))


def is_loopback(address: str) -> bool:
    """Whether an IP address literal is a loopback address, also when mapped into IPv6."""
    host = _canonical_ip(address.partition("%")[0])
    return host is not None and ipaddress.ip_address(host).is_loopback


def unmap(address: str) -> str:
    """The IPv4 address inside an IPv4-mapped IPv6 address; any other address without its zone."""
    return _canonical_ip(address.partition("%")[0]) or address


def _canonical_ip(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _is_unspecified(text: str) -> bool:
    canonical = _canonical_ip(text)
    return canonical is not None and ipaddress.ip_address(canonical).is_unspecified


class HostRules:
    """The allow-list of host names, made once from the configuration."""

    def __init__(self, config: ServerConfig) -> None:
        self._names = {"localhost"}
        self._any_bound = False
        for address in config.addresses:
            canonical = _canonical_ip(address.partition("%")[0])
            if canonical is None:
                continue
            if ipaddress.ip_address(canonical).is_unspecified:
                self._any_bound = True
            else:
                self._names.add(canonical)
        given = parse_host(f"[{config.host}]" if ":" in config.host else config.host)
        if given is not None and not _is_unspecified(given.host):
            self._names.add(given.host)
        if self._any_bound:
            # All interfaces: people type the machine's own name, which no web page can point elsewhere for us.
            own = parse_host(socket.gethostname())
            if own is not None:
                self._names.add(own.host)
        for name in config.allowed_hosts:
            # A literal IPv6 address may be given without its brackets.
            parsed = parse_host(name) or parse_host(f"[{name}]")
            if parsed is None:
                raise ValueError(f"not a host name: {name!r}")
            self._names.add(parsed.host)

    def allows(self, host: str, local_address: str | None) -> bool:
        """Whether to answer to a canonical host name on a connection that arrived at `local_address`.

        The port is not compared: forwarded ports (ssh -L, editors, containers) differ from ours.
        """
        if host in self._names or host.endswith(".localhost"):
            return True
        address = _canonical_ip(host)
        if address is None:
            return False
        if is_loopback(address):
            return True
        # A literal address cannot be rebound by DNS. Bound to all interfaces, the one the client reached is ours.
        return self._any_bound and local_address is not None and address == unmap(local_address)


def origin_matches(origin: str, host: HostPort, scheme: str) -> bool:
    """Whether an Origin header names the same host and port as the Host header.

    The scheme is not compared, since a proxy may speak https for us; it only supplies the default port. "null" (a
    sandboxed frame, a file) matches nothing.
    """
    origin_scheme, separator, authority = origin.partition("://")
    origin_scheme = origin_scheme.lower()
    if not separator or origin_scheme not in ("http", "https"):
        return False
    parsed = parse_host(authority)
    if parsed is None or parsed.host != host.host:
        return False
    if parsed.port == host.port:
        return True
    origin_port = parsed.port or _DEFAULT_PORTS[origin_scheme]
    return origin_port == (host.port or _DEFAULT_PORTS.get(scheme, 80))
