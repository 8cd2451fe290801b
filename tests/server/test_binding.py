"""Real sockets: both loopback addresses, the next free port, and who holds a busy one."""

from __future__ import annotations

import asyncio
import os
import socket
import sys

import pytest

from epochal.server import binding
from epochal.server.binding import BindingError, PortBusyError, bind


def test_localhost_is_both_loopback_addresses_on_one_port() -> None:
    bound = bind("localhost", 0)
    try:
        assert bound.addresses == ("127.0.0.1", "::1")
        assert {each.getsockname()[1] for each in bound.sockets} == {bound.port}
        assert bound.shown_host == "localhost"
        assert bound.loopback_only
        for address in bound.addresses:
            socket.create_connection((address, bound.port), 5).close()
    finally:
        bound.close()


def test_answers_are_sent_without_delay() -> None:
    """A header and its body are two writes: Nagle's algorithm would hold the second back."""

    async def accept() -> int:
        accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def on_connect(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            peer = writer.get_extra_info("socket")
            accepted.set_result(peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        server = await asyncio.start_server(on_connect, sock=bound.sockets[0])
        _, writer = await asyncio.open_connection("127.0.0.1", bound.port)
        no_delay = await accepted
        writer.close()
        server.close()
        return no_delay

    bound = bind("127.0.0.1", 0)
    assert asyncio.run(accept()) != 0


def test_a_busy_port_that_was_asked_for_names_its_holder() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(PortBusyError) as caught:
            bind("localhost", port)
    assert str(port) in str(caught.value)
    if sys.platform.startswith("linux"):
        assert f"process {os.getpid()} (" in str(caught.value)


def test_the_busy_default_port_moves_to_the_next_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET6) as holder:
        # Held on ::1 only: half a port is not enough, a browser might reach the other half.
        holder.bind(("::1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        monkeypatch.setattr(binding, "DEFAULT_PORT", port)
        bound = bind("localhost", None)
        try:
            assert port < bound.port < port + 100
        finally:
            bound.close()


def test_wide_bindings_are_not_loopback() -> None:
    bound = bind("0.0.0.0", 0)
    try:
        assert not bound.loopback_only
        assert bound.shown_host == socket.gethostname()
    finally:
        bound.close()


def test_all_interfaces_means_both_families() -> None:
    bound = bind("*", 0)
    try:
        assert bound.addresses == ("0.0.0.0", "::")
        for address in ("127.0.0.1", "::1"):
            socket.create_connection((address, bound.port), 5).close()
    finally:
        bound.close()


def test_hosts_that_are_not_ours_are_clear_errors() -> None:
    with pytest.raises(BindingError, match="not known here"):
        bind("no-such-host.invalid", 0)
    with pytest.raises(BindingError, match=r"198\.51\.100\.7 is not an address of this machine"):
        bind("198.51.100.7", 0)


def test_nobody_holds_a_free_port() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert binding.describe_holder(free.getsockname()[1]) is None
