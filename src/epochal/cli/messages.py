"""What the command line says, as plain lines. Nothing is printed here."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence

from epochal._version import __version__


def printable(text: str) -> str:
    """Text from the file system or the network, safe for a terminal; bytes that are no UTF-8 as `\\xNN`."""
    return "".join(c if c.isprintable() else f"\\x{_byte_or_code(c):02x}" for c in text)


def _byte_or_code(char: str) -> int:
    code = ord(char)
    return code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code  # how the os module writes an undecodable byte


def base_url(host: str, port: int, path_prefix: str) -> str:
    """The address of the page."""
    return f"http://{host}:{port}{path_prefix}/"


def start_line(url: str) -> str:
    """The first line. Scripts read the address out of it, so its form is fixed."""
    return f"Epochal {__version__} at {url} (press Ctrl+C to quit)"


def token_line(url: str, token: str, *, everybody: bool) -> str:
    """The link that carries the token, for everybody or for those who are not this user on this machine."""
    link = f"{url}#token={token}"
    return f"Open {link}" if everybody else f"Other users and machines need this link: {link}"


def wide_lines(url: str, host: str) -> list[str]:
    """The warning of a server that others can reach."""
    return [
        f"Anybody who can reach this machine can reach {url} (bound to {host}).",
        "They need the token, but nothing is encrypted: token and logs can be read on the way.",
        "Safer: leave --host away and forward the port with ssh -L, or put an HTTPS proxy in front.",
    ]


def ssh_line(environment: Mapping[str, str], port: int) -> str | None:
    """The command that forwards the port, to be typed on one's own machine. None outside an SSH session."""
    # SSH_CONNECTION: client address, client port, server address, server port; see ssh(1).
    parts = environment.get("SSH_CONNECTION", "").split()
    if len(parts) != 4:
        return None
    server, server_port = parts[2], parts[3]
    at_port = "" if server_port == "22" else f" -p {server_port}"
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a uid without a name
        user = "you"
    return f"From your own machine: ssh -N -L {port}:localhost:{port}{at_port} {user}@{server}"


def missing_logdir_line(logdir: str, *, looks_like: str | None = None) -> str:
    """There is no such directory; Epochal waits."""
    line = "There is no such folder yet. Epochal waits for it to appear."
    return f"{line} (If you meant the command: epochal {looks_like})" if looks_like else line


def empty_logdir_lines(nearby: Sequence[tuple[str, int]], *, waits: bool = True) -> list[str]:
    """There is a directory and no event file in it."""
    lines = [f"No event files here yet.{' Epochal waits for some.' if waits else ''}"]
    if nearby:
        lines.append("Folders beside it that have some:")
        lines.extend(
            f"  {printable(path)}  ({count} event file{'' if count == 1 else 's'})" for path, count in nearby
        )
    return lines


def plural(count: int, noun: str) -> str:
    """`1 run`, `2 runs`, `1,000 runs`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
