"""The words of the command line, and what it takes options for."""

from __future__ import annotations

import ipaddress

import pytest

from epochal.cli import messages, options, tensorboard_flags
from epochal.cli.options import OptionError


def test_ssh_line_only_under_ssh() -> None:
    assert messages.ssh_line({}, 6006) is None
    assert messages.ssh_line({"SSH_CONNECTION": "garbage"}, 6006) is None
    line = messages.ssh_line({"SSH_CONNECTION": "10.0.0.9 5 10.0.0.1 22"}, 6007)
    assert line is not None
    assert "ssh -N -L 6007:localhost:6007 " in line
    assert line.endswith("@10.0.0.1")


def test_underscores_become_dashes_in_names_only() -> None:
    given = ["--path_prefix=/a_b", "--logdir", "my_runs", "--a_b", "x_y", "--", "--c_d"]
    assert tensorboard_flags.with_dashes(given) == [
        *("--path-prefix=/a_b", "--logdir", "my_runs", "--a-b", "x_y", "--", "--c_d")
    ]


@pytest.mark.parametrize(
    ("spec", "folders"),
    [
        ("a:/p,b:/q", {"a": "/p", "b": "/q"}),
        ("/p/one,/q/two/", {"one": "/p/one", "two": "/q/two/"}),
        ("C:\\logs", {"logs": "C:\\logs"}),
        ("x:C:\\logs", {"x": "C:\\logs"}),
        ("runs", {"runs": "runs"}),
        (" , ", {}),
    ],
)
def test_logdir_spec(spec: str, folders: dict[str, str]) -> None:
    assert tensorboard_flags.parse_logdir_spec(spec) == folders


def test_logdir_spec_names_are_unique() -> None:
    with pytest.raises(ValueError, match="used twice"):
        tensorboard_flags.parse_logdir_spec("a:/p,a:/q")


@pytest.mark.parametrize(("text", "size"), [("2G", 2 << 30), ("512m", 512 << 20), ("1.5 GiB", 3 << 29), ("7", 7)])
def test_sizes(text: str, size: int) -> None:
    assert options.parse_size(text) == size


@pytest.mark.parametrize(("text", "prefix"), [("", ""), ("/", ""), ("a", "/a"), ("/a/", "/a"), ("/a/b//", "/a/b")])
def test_path_prefixes(text: str, prefix: str) -> None:
    assert options.parse_path_prefix(text) == prefix


@pytest.mark.parametrize("text", ["//evil", "/a//b", "/../a", "/a?b", "/a#b", '/a"b', "/a\r\nb", "/%2e%2e"])
def test_path_prefixes_that_are_none(text: str) -> None:
    with pytest.raises(OptionError):
        options.parse_path_prefix(text)


def test_networks() -> None:
    assert options.parse_networks(("10.1.2.3/8", "::1")) == (
        ipaddress.ip_network("10.0.0.0/8"),
        ipaddress.ip_network("::1/128"),
    )


@pytest.mark.parametrize("token", ["short", "a" * 15, "with a space in it", 'quote"quote"quote"', "ü" * 20])
def test_weak_or_unsafe_tokens_are_refused(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv(options.TOKEN_VARIABLE, token)
    with pytest.raises(OptionError):
        options.read_token()


def test_a_new_token_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(options.TOKEN_VARIABLE, raising=False)
    assert options.read_token() != options.read_token()
