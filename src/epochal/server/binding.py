"""Sockets: 127.0.0.1 and ::1 on one port, the next free one if the default is busy, who holds it if a wish is.

Imports nothing but the standard library, so that the port is open (and requests wait in it) while the rest loads.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DEFAULT_PORT = 6006
_PORTS_TRIED = 100
_BACKLOG = 1024
_PROC_LISTEN = "0A"


class BindingError(Exception):
    """No socket could be bound. The text is one sentence for the user."""


class PortBusyError(BindingError):
    """The port that was asked for is taken."""

    def __init__(self, port: int, holder: str | None) -> None:
        by = f" by {holder}" if holder else ""
        super().__init__(f"Port {port} is already in use{by}. Choose another with --port, or 0 for any free one.")
        self.port, self.holder = port, holder


@dataclass(frozen=True)
class Binding:
    """Listening sockets on one port. `shown_host` is what to print in a link."""

    sockets: tuple[socket.socket, ...]
    addresses: tuple[str, ...]
    port: int
    shown_host: str

    @property
    def loopback_only(self) -> bool:
        """Whether nobody outside this machine can connect."""
        return all(_is_loopback(address) for address in self.addresses)

    def close(self) -> None:
        """Close the sockets; a server that ran on them has done so already."""
        for each in self.sockets:
            each.close()


def bind(host: str, port: int | None) -> Binding:
    """Listen on `host` ("localhost" means both loopback addresses) and `port`.

    None is the default port, or the next free one after it; 0 is any free one; any other number that one or
    PortBusyError. BindingError if the host is not ours, or the port needs rights that we lack.
    """
    addresses = resolve(host)
    if port is None:
        for candidate in range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TRIED):
            with contextlib.suppress(PortBusyError):
                return _bind_all(host, addresses, candidate)
        raise BindingError(f"Ports {DEFAULT_PORT} to {DEFAULT_PORT + _PORTS_TRIED - 1} are all in use.")
    if port == 0:
        for _ in range(_PORTS_TRIED):
            # The second address may refuse the port that the system chose for the first.
            with contextlib.suppress(PortBusyError):
                return _bind_all(host, addresses, 0)
        raise BindingError("No port is free on all addresses.")
    return _bind_all(host, addresses, port)


def resolve(host: str) -> tuple[str, ...]:
    """The addresses to listen on. BindingError if the name is not known."""
    if host in ("localhost", ""):
        return ("127.0.0.1", "::1")
    if host in ("*", "::"):
        return ("0.0.0.0", "::")
    try:
        found = socket.getaddrinfo(host.strip("[]"), 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise BindingError(f"The host {host!r} is not known here ({error.strerror}).") from None
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _bind_all(host: str, addresses: tuple[str, ...], port: int) -> Binding:
    sockets: list[socket.socket] = []
    bound: list[str] = []
    try:
        for address in addresses:
            made = _listen(address, port, optional=bool(bound))
            if made is not None:
                sockets.append(made)
                bound.append(address)
                port = made.getsockname()[1]
    except BaseException:
        for each in sockets:
            each.close()
        raise
    return Binding(tuple(sockets), tuple(bound), port, _shown_host(host, bound))


def _listen(address: str, port: int, *, optional: bool) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        # asyncio sends without delay only what it knows to be TCP; else an answer's body waits 40 ms for an ACK.
        made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        if optional:  # a machine without IPv6
            return None
        raise BindingError(f"Cannot open a socket for {address} ({error.strerror}).") from None
    try:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if sys.platform == "win32":
            # There SO_REUSEADDR would let two servers share a port.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(_BACKLOG)
        made.setblocking(False)
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            raise PortBusyError(port, describe_holder(port)) from None
        if error.errno == errno.EADDRNOTAVAIL:
            if optional:
                return None
            raise BindingError(f"{address} is not an address of this machine.") from None
        if error.errno in (errno.EACCES, errno.EPERM):
            raise BindingError(f"Port {port} needs rights that this user lacks; choose one above 1023.") from None
        raise BindingError(f"Cannot listen on {address}, port {port} ({error.strerror}).") from None
    return made


def _shown_host(host: str, bound: list[str]) -> str:
    if any(address in ("0.0.0.0", "::") for address in bound):
        return socket.gethostname()
    if all(_is_loopback(address) for address in bound):
        return "localhost"
    return f"[{host.strip('[]')}]" if ":" in host else host


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"


def describe_holder(port: int) -> str | None:
    """Which process listens on a port, such as "process 4711 (tensorboard --logdir runs)". None if unknown."""
    listeners = list(_listening(port))
    if not listeners:
        return None
    wanted = {f"socket:[{inode}]" for _, inode in listeners}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            for descriptor in os.listdir(process / "fd"):
                if os.readlink(process / "fd" / descriptor) in wanted:
                    return f"process {process.name} ({_command_line(process)})"
        except OSError:
            continue  # it ended, or belongs to another user
    return f"a process of the user {_user_name(listeners[0][0])}"


def _listening(port: int) -> Iterator[tuple[int, int]]:
    """(uid, inode) of the sockets that listen on a port; see proc(5)."""
    for name in ("tcp", "tcp6"):
        try:
            with open(f"/proc/net/{name}", encoding="ascii") as table:
                rows = table.readlines()[1:]
        except OSError:
            continue
        for row in rows:
            cells = row.split()
            if len(cells) >= 10 and cells[3] == _PROC_LISTEN and int(cells[1].rpartition(":")[2], 16) == port:
                yield int(cells[7]), int(cells[9])


def _command_line(process: Path) -> str:
    words = (process / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    text = " ".join(word.decode("utf-8", "replace") for word in words)
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= 80 else text[:79] + "…"


def _user_name(uid: int) -> str:
    try:
        import pwd

        return pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError):
        return str(uid)
