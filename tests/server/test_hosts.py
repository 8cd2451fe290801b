"""Host and Origin: what is ours, in every form that people and attackers write it."""

from __future__ import annotations

import pytest
from server_harness import BAD_HOSTS

from epochal.server.config import ServerConfig
from epochal.server.hosts import HostPort, HostRules, is_loopback, origin_matches, parse_host

LOOPBACK = HostRules(ServerConfig("/logs"))
WIDE = HostRules(ServerConfig("/logs", host="0.0.0.0", addresses=("0.0.0.0", "::")))
NAMED = HostRules(ServerConfig("/logs", allowed_hosts=("gpu7.example.org", "[2001:db8::7]", "2001:db8::8")))


def answers(rules: HostRules, header: str, local: str = "127.0.0.1") -> bool:
    parsed = parse_host(header)
    return parsed is not None and rules.allows(parsed.host, local)


@pytest.mark.parametrize(
    "header",
    [
        "localhost",
        "localhost:6006",
        "LOCALHOST:1",
        "localhost.",
        "localhost.:6006",
        "a.localhost:9999",
        "127.0.0.1",
        "127.0.0.1:6006",
        "127.0.0.2:80",
        "[::1]",
        "[::1]:6006",
        "[0:0:0:0:0:0:0:1]:6006",
        "[::ffff:127.0.0.1]:6006",
    ],
)
def test_loopback_names_are_ours_whatever_the_port(header: str) -> None:
    assert answers(LOOPBACK, header)


@pytest.mark.parametrize("header", BAD_HOSTS)
def test_everything_else_is_refused(header: str) -> None:
    assert not answers(LOOPBACK, header)


def test_a_server_on_all_interfaces_answers_to_the_address_it_was_reached_at() -> None:
    assert answers(WIDE, "192.0.2.2:6006", local="192.0.2.2")
    assert answers(WIDE, "192.0.2.2:6006", local="::ffff:192.0.2.2")
    assert not answers(WIDE, "192.0.2.3:6006", local="192.0.2.2")
    assert not answers(WIDE, "0.0.0.0:6006", local="192.0.2.2")
    assert not answers(WIDE, "evil.example", local="192.0.2.2")


def test_allowed_hosts_are_exact() -> None:
    assert answers(NAMED, "gpu7.example.org:443")
    assert answers(NAMED, "GPU7.Example.org.")
    assert answers(NAMED, "[2001:db8::7]:80")
    assert answers(NAMED, "[2001:db8::8]")
    assert not answers(NAMED, "x.gpu7.example.org")
    assert not answers(NAMED, "gpu7.example.org.evil.example")
    with pytest.raises(ValueError, match="not a host name"):
        HostRules(ServerConfig("/logs", allowed_hosts=("http://x/",)))


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        ("http://localhost:6006", "localhost:6006", True),
        ("https://localhost:6006", "localhost:6006", True),
        ("http://localhost", "localhost", True),
        ("http://localhost", "localhost:80", True),
        ("https://logs.example.org", "logs.example.org", True),
        ("https://logs.example.org:443", "logs.example.org:443", True),
        ("http://[::1]:6006", "[::1]:6006", True),
        ("http://localhost:6007", "localhost:6006", False),
        ("http://127.0.0.1:6006", "localhost:6006", False),
        ("http://evil.example:6006", "localhost:6006", False),
        ("http://localhost:6006.evil.example", "localhost:6006", False),
        ("http://localhost:6006/path", "localhost:6006", False),
        ("http://user@localhost:6006", "localhost:6006", False),
        ("null", "localhost:6006", False),
        ("", "localhost:6006", False),
        ("file://", "localhost", False),
        ("chrome-extension://localhost", "localhost", False),
        ("localhost:6006", "localhost:6006", False),
    ],
)
def test_origin_is_compared_with_host(origin: str, host: str, ours: bool) -> None:
    parsed = parse_host(host)
    assert parsed is not None
    assert origin_matches(origin, parsed, "http") is ours


def test_loopback_addresses() -> None:
    assert [a for a in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1") if not is_loopback(a)] == []
    assert [a for a in ("0.0.0.0", "10.0.0.1", "::", "fe80::1%eth0", "localhost", "") if is_loopback(a)] == []


def test_parse_host_gives_one_form() -> None:
    assert parse_host("[::FFFF:127.0.0.1]:80") == HostPort("127.0.0.1", 80)
    assert parse_host("Example.ORG.:8080") == HostPort("example.org", 8080)
