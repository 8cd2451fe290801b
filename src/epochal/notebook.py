"""Epochal in a notebook: `%load_ext epochal`, then `%epochal --logdir logs`, or `epochal.notebook.show("logs")`.

Each different command gets a server of its own, a process that ends with the kernel; the same command again shows
the one that is running. The frame's address carries the server's token in its fragment, which browsers send to
nobody.
"""

from __future__ import annotations

import html
import json
import os
import re
import secrets
import shlex
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

DEFAULT_HEIGHT_PX = 800
START_SECS = 60.0
PROXY_VARIABLES = ("EPOCHAL_PROXY_URL", "TENSORBOARD_PROXY_URL")

_START_LINE = re.compile(r"Epochal \S+ at (http://\S+?:(\d+)(\S*/)) ")
_KEPT_LINES = 50

_NO_LOGDIR = "Which folder has the logs? For example: %epochal --logdir runs"


class NotebookError(Exception):
    """The server did not start; the text is what it said."""


class Server:
    """A running `epochal` process that this kernel started. `url` has no token in it; `logdir` is absolute."""

    def __init__(self, arguments: Sequence[str]) -> None:
        """Start it and wait until it says where it listens. NotebookError if it does not."""
        self.token = secrets.token_urlsafe(24)
        self.url = self.logdir = ""
        self.port = 0
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._known = threading.Event()
        # Its standard input is our end of a pipe: when the kernel ends, however it ends, the server reads the end
        # of the file and ends as well.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "epochal", *arguments, "--exit-on-eof"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, "EPOCHAL_TOKEN": self.token, "PYTHONIOENCODING": "utf-8"},
        )
        threading.Thread(target=self._read, name="epochal-notebook", daemon=True).start()
        self._known.wait(START_SECS)
        if not self.url:
            self.close()
            raise NotebookError("\n".join(self._lines) or f"Epochal did not start within {START_SECS:g} s.")

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            for line in stdout:
                self._lines.append(line.rstrip("\n"))
                if not self.url:
                    match = _START_LINE.match(line)
                    if match:
                        self.port, self.url = int(match[2]), match[1]
                elif not self.logdir:  # the second line
                    self.logdir = line.rstrip("\n")
                    self._known.set()
        self._known.set()


_servers: dict[tuple[str, ...], Server] = {}


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """What `%load_ext epochal` calls: adds the magic `%epochal`."""
    shell: Any = ipython  # traitlets hide the method's signature
    shell.register_magic_function(_magic, magic_kind="line", magic_name="epochal")


def show(logdir: str | os.PathLike[str], *, height: int = DEFAULT_HEIGHT_PX) -> None:
    """Show a logdir in the cell's output, `height` pixels high. Outside notebooks, print the address."""
    _show([os.fspath(logdir)], height)


def close_all() -> None:
    """End every server that this kernel started."""
    while _servers:
        _servers.popitem()[1].close()


def _magic(line: str) -> None:
    """`%epochal LOGDIR`, with the options of the command line, and `--height PX` for the frame."""
    try:
        arguments = shlex.split(line, posix=os.name != "nt")
        height, arguments = _take_height(arguments)
    except ValueError as error:
        print(f"%epochal: {error}")
        return
    if not arguments:
        print(_NO_LOGDIR)
        return
    _show(arguments, height)


def _take_height(arguments: Sequence[str]) -> tuple[int, list[str]]:
    height, rest = DEFAULT_HEIGHT_PX, []
    pending = iter(arguments)
    for argument in pending:
        if argument == "--height" or argument.startswith("--height="):
            text = argument.partition("=")[2] or next(pending, "")
            if not text.isdigit() or not 100 <= int(text) <= 10_000:
                raise ValueError("--height is a number of pixels between 100 and 10000")
            height = int(text)
        else:
            rest.append(argument)
    return height, rest


def _show(arguments: list[str], height: int) -> None:
    try:
        server, reused = _find_server(arguments)
    except NotebookError as error:
        print(_NO_LOGDIR if "Which logdir?" in str(error) else error)
        return
    if not os.path.isdir(server.logdir):
        print(f"There is no folder {server.logdir} yet. Epochal waits for it to appear.")
    if reused:
        print(f"Showing the Epochal that already runs at {server.url}")
    address = _proxied(server.port) or server.url
    if not _display(_frame(f"{address}#token={server.token}", height)):
        print(f"Epochal at {address}#token={server.token}")


def _find_server(arguments: list[str]) -> tuple[Server, bool]:
    """A running server for these arguments in this directory, or a new one."""
    key = (os.getcwd(), *arguments)
    known = _servers.get(key)
    if known is not None:
        if known.alive:
            return known, True
        del _servers[key]
    extra = [] if any(a == "--port" or a.startswith("--port=") for a in arguments) else ["--port", "0"]
    proxied = _proxied(0)
    if proxied:
        name = urlsplit(proxied).hostname
        extra += ["--allowed-host", name] if name else []
    server = _servers[key] = Server([*arguments, *extra])
    return server, False


def _proxied(port: int) -> str | None:
    """The address under which a notebook proxy shows a port, from a template such as https://hub/proxy/%PORT%/."""
    for name in PROXY_VARIABLES:
        template = os.environ.get(name)
        if template:
            return template.replace("%PORT%", str(port)).rstrip("/") + "/"
    return None


def _frame(url: str, height: int) -> str:
    """An iframe, under "localhost" or "127.0.0.1" as the notebook's page is, or its cookie would not count."""
    frame_id = f"epochal-{secrets.token_hex(4)}"
    script = (
        "(() => {"
        f"const frame = document.getElementById({json.dumps(frame_id)}), url = new URL({json.dumps(url)});"
        "const local = /^(localhost|127\\.0\\.0\\.1|.*\\.localhost)$/;"
        "if (local.test(url.hostname) && local.test(location.hostname)) url.hostname = location.hostname;"
        "frame.src = url;"
        "})();"
    ).replace("</", "<\\/")
    return (
        f'<iframe id="{frame_id}" width="100%" height="{height}" frameborder="0" title="Epochal"></iframe>'
        f"<script>{script}</script>"
        f'<noscript><a href="{html.escape(url)}">Epochal</a></noscript>'
    )


def _display(markup: str) -> bool:
    """Show HTML in the cell. False where nothing can show it: a terminal, plain Python."""
    core: Any = sys.modules.get("IPython")
    shell = core.get_ipython() if core is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return False
    from IPython.display import HTML, display

    display(HTML(markup))  # type: ignore[no-untyped-call]
    return True
