"""Who is at the other end of a loopback connection, asked of the real kernel."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from epochal.server import peer
from epochal.server.peer import ClientSocket, Owner, find_owner, judge

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the Linux kernel")

NOBODY = 65534


@pytest.fixture(params=["127.0.0.1", "::1"])
def listener(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.socket(family) as made:
        made.settimeout(10)
        made.bind((request.param, 0))
        made.listen()
        yield made


def accept(listener: socket.socket) -> tuple[socket.socket, tuple[str, int], tuple[str, int]]:
    connection, client = listener.accept()
    return connection, client[:2], connection.getsockname()[:2]


def ask_table(client: tuple[str, int], server: tuple[str, int]) -> ClientSocket | None:
    return peer.read_proc_net(client, server)


def test_our_own_connection_is_ours(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()[:2]):
        connection, client, server = accept(listener)
        with connection:
            assert find_owner(client, server) is Owner.SAME
            for ask in (peer.ask_sock_diag, ask_table):
                found = ask(client, server)
                assert found is not None
                assert (found.state, found.uid) == (1, os.geteuid())
                assert found.inode != 0


def test_a_mapped_ipv6_client_is_found_too() -> None:
    with socket.socket() as listener, socket.socket(socket.AF_INET6) as mapped:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        mapped.connect(("::ffff:127.0.0.1", listener.getsockname()[1]))
        connection, client, server = accept(listener)
        with connection:
            assert find_owner(client, server) is Owner.SAME
            assert judge(ask_table(client, server), os.geteuid()) is Owner.SAME


def test_a_connection_that_is_over_belongs_to_nobody(listener: socket.socket) -> None:
    client_end = socket.create_connection(listener.getsockname()[:2])
    connection, client, server = accept(listener)
    with connection:
        client_end.close()
        assert find_owner(client, server) is Owner.OTHER
        assert judge(ask_table(client, server), os.geteuid()) is Owner.OTHER


def test_the_listening_socket_is_not_mistaken_for_a_client(listener: socket.socket) -> None:
    # When a connection does not exist, the kernel's look-up falls back to whoever listens on the client's port.
    address = listener.getsockname()[:2]
    assert find_owner(address, (address[0], 1)) is Owner.OTHER


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to become somebody else")
def test_another_users_connection_is_not_ours(listener: socket.socket) -> None:
    script = (
        "import os, socket, sys\n"
        "'localhost'.encode('idna')  # imports what nobody may not read\n"
        f"os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        "s = socket.create_connection((sys.argv[1], int(sys.argv[2]))); sys.stdin.read()"
    )
    host, port = listener.getsockname()[:2]
    process = subprocess.Popen([sys.executable, "-c", script, host, str(port)], stdin=subprocess.PIPE)
    try:
        connection, client, server = accept(listener)
        with connection:
            assert find_owner(client, server) is Owner.OTHER
            found = ask_table(client, server)
            assert found is not None
            assert found.uid == NOBODY
            assert judge(found, os.geteuid()) is Owner.OTHER
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)


def test_only_loopback_counts() -> None:
    assert find_owner(("192.0.2.9", 5000), ("192.0.2.2", 6006)) is Owner.OTHER
    assert find_owner(("127.0.0.1", 5000), ("192.0.2.2", 6006)) is Owner.OTHER


@pytest.mark.parametrize(
    ("found", "owner"),
    [
        (ClientSocket(1, 1000, 77), Owner.SAME),
        (ClientSocket(1, 1001, 77), Owner.OTHER),
        (ClientSocket(1, 1000, 0), Owner.OTHER),  # orphaned
        (ClientSocket(6, 1000, 77), Owner.OTHER),  # TIME_WAIT
        (ClientSocket(10, 1000, 77), Owner.OTHER),  # LISTEN
        (None, Owner.OTHER),
    ],
)
def test_the_rule(found: ClientSocket | None, owner: Owner) -> None:
    assert judge(found, 1000) is owner


def test_the_tables_are_the_second_choice(monkeypatch: pytest.MonkeyPatch, listener: socket.socket) -> None:
    def unavailable(*_: object) -> None:
        raise OSError(93, "Protocol not supported")

    monkeypatch.setattr(peer, "ask_sock_diag", unavailable)
    with socket.create_connection(listener.getsockname()[:2]):
        connection, client, server = accept(listener)
        with connection:
            assert find_owner(client, server) is Owner.SAME
            monkeypatch.setattr(peer, "read_proc_net", unavailable)
            assert find_owner(client, server) is Owner.UNKNOWN


def test_no_tables_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        peer.read_proc_net(("127.0.0.1", 1), ("127.0.0.1", 2), root=str(tmp_path))
