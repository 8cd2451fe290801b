"""Whose program is at the other end of a loopback connection? Asked of the kernel, once for each connection.

Loopback is no boundary on a shared machine: every user of it can connect to 127.0.0.1. Linux knows which user
owns the client's socket (NETLINK_SOCK_DIAG, see sock_diag(7); else /proc/net/tcp and tcp6, see proc(5)). A socket
counts only while it is ESTABLISHED and has an inode: a process that connects and exits leaves one of uid 0 behind.
"""

from __future__ import annotations

import enum
import os
import socket
import struct
import sys

from epochal.server.hosts import is_loopback, unmap

Address = tuple[str, int]

_SOCK_DIAG_BY_FAMILY = 20  # linux/sock_diag.h
_NETLINK_SOCK_DIAG = 4  # linux/netlink.h
_NLM_F_REQUEST = 1
_NLMSG_ERROR = 2
_TCP_ESTABLISHED = 1  # include/net/tcp_states.h
_NO_COOKIE = 0xFFFFFFFF
_ENOENT = 2


class Owner(enum.Enum):
    """Who owns the client socket: this server's user, somebody else, or nobody can tell on this platform."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"


class ClientSocket:
    """One row of the kernel's table: the state, owner and inode of the socket at the client's end."""

    __slots__ = ("inode", "state", "uid")

    def __init__(self, state: int, uid: int, inode: int) -> None:
        self.state = state
        self.uid = uid
        self.inode = inode


def find_owner(client: Address, server: Address) -> Owner:
    """Who connected from `client` to `server`. OTHER for anything that is not loopback at both ends."""
    if not (is_loopback(client[0]) and is_loopback(server[0])):
        return Owner.OTHER
    if not sys.platform.startswith("linux"):
        return Owner.UNKNOWN
    client = (unmap(client[0]), client[1])
    server = (unmap(server[0]), server[1])
    try:
        found = ask_sock_diag(client, server)
    except OSError:
        try:
            found = read_proc_net(client, server)
        except OSError:
            return Owner.UNKNOWN
    return judge(found, os.geteuid())


def judge(found: ClientSocket | None, server_uid: int) -> Owner:
    """Apply the rule to what the kernel said. A socket that is not in the table belongs to somebody else."""
    if found is None or found.state != _TCP_ESTABLISHED or found.inode == 0:
        return Owner.OTHER
    return Owner.SAME if found.uid == server_uid else Owner.OTHER


def ask_sock_diag(client: Address, server: Address) -> ClientSocket | None:
    """Look one TCP socket up by its four-tuple. None if there is none; OSError where netlink is not to be had."""
    family = socket.AF_INET6 if ":" in client[0] else socket.AF_INET
    # struct inet_diag_req_v2 (linux/inet_diag.h), seen from the client's end: its own address is the source.
    request = (
        struct.pack("=BBBBI", family, socket.IPPROTO_TCP, 0, 0, 1 << _TCP_ESTABLISHED)
        + struct.pack(">HH", client[1], server[1])
        + socket.inet_pton(family, client[0]).ljust(16, b"\0")
        + socket.inet_pton(family, server[0]).ljust(16, b"\0")
        + struct.pack("=III", 0, _NO_COOKIE, _NO_COOKIE)
    )
    header = struct.pack("=IHHII", 16 + len(request), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as netlink:
        netlink.settimeout(0.5)
        netlink.send(header + request)
        reply = netlink.recv(8192)
    _, kind, _, _, _ = struct.unpack_from("=IHHII", reply)
    if kind == _NLMSG_ERROR:
        (code,) = struct.unpack_from("=i", reply, 16)
        if -code == _ENOENT:
            return None
        raise OSError(-code, os.strerror(-code))
    # struct inet_diag_msg: family, state, timer, retrans; sockid (48 bytes); expires, rqueue, wqueue, uid, inode.
    state = reply[17]
    source_port, target_port = struct.unpack_from(">HH", reply, 20)
    uid, inode = struct.unpack_from("=II", reply, 16 + 4 + 48 + 12)
    if (source_port, target_port) != (client[1], server[1]):
        return None  # the kernel falls back to a listening socket when the connection is gone
    return ClientSocket(state, uid, inode)


def read_proc_net(client: Address, server: Address, root: str = "/proc/net") -> ClientSocket | None:
    """The same from the text tables, for kernels and containers without sock_diag. OSError if there is no table.

    An IPv6 socket may carry an IPv4 connection (mapped addresses), so both tables are searched.
    """
    wanted = {(_proc_form(c), _proc_form(s)) for c, s in zip(_forms(client), _forms(server), strict=True)}
    readable = False
    for name in ("tcp", "tcp6"):
        try:
            with open(f"{root}/{name}", encoding="ascii") as table:
                rows = table.readlines()[1:]
        except FileNotFoundError:
            continue
        readable = True
        for row in rows:
            cells = row.split()
            if len(cells) >= 10 and (cells[1], cells[2]) in wanted:
                return ClientSocket(int(cells[3], 16), int(cells[7]), int(cells[9]))
    if not readable:
        raise FileNotFoundError(root)
    return None


def _forms(address: Address) -> list[Address]:
    host, port = address
    return [address] if ":" in host else [address, (f"::ffff:{host}", port)]


def _proc_form(address: Address) -> str:
    """An address as the tables print it: 32-bit words in the machine's byte order, in hexadecimal."""
    host, port = address
    packed = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return "".join(f"{word:08X}" for word in words) + f":{port:04X}"
