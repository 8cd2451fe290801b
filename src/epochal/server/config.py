"""What one server was told: where it listens, whom it lets in, how it is titled. Immutable once it runs."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal

AuthMode = Literal["auto", "token", "none"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class ServerConfig:
    """The settings of one server process.

    `auth`: "auto" lets programs of the same user in over loopback and asks everybody else for the token, "token"
    asks everybody, "none" nobody. `addresses` are the IP addresses the sockets are bound to, `port` their port.
    `path_prefix` is empty or starts with "/" and does not end with one.
    """

    logdir: str
    host: str = "localhost"
    port: int = 6006
    addresses: tuple[str, ...] = ("127.0.0.1", "::1")
    path_prefix: str = ""
    window_title: str = ""
    auth: AuthMode = "auto"
    token: str = ""
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    auth_header: str = ""
    embed_origins: tuple[str, ...] = ()

    @property
    def tokenless_loopback(self) -> bool:
        """Whether programs of the same user may come in over loopback without a token.

        A path prefix or an extra host name means that a proxy stands in front: then a loopback connection says
        nothing about who sent the request.
        """
        return self.auth == "auto" and not self.path_prefix and not self.allowed_hosts
