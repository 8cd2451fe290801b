"""`epochal LOGDIR`: open the port, start loading, say where, and only then load the web server.

The order is what makes the start fast: requests wait in the open port while the event files are read on other
threads and this one imports the rest.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from epochal.cli import messages
from epochal.cli.options import OptionError, ServeOptions, read_token
from epochal.cli.output import drop_unwritten
from epochal.server.binding import DEFAULT_PORT, Binding, bind, describe_holder
from epochal.server.config import ServerConfig

if TYPE_CHECKING:
    from epochal.server.connection import Server
    from epochal.store.reloader import Reloader

_EXIT_SECS = 2.8
_FIRST_LOOK_SECS = 5.0


def say(line: str) -> None:
    """Print one line at once, also into a pipe. A log on a full disk is no reason not to serve."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        raise
    except OSError:
        drop_unwritten()


def serve(logdir: str, options: ServeOptions, command_guess: str | None = None) -> int:
    """Serve a logdir, an absolute path or a URL, until Ctrl-C or SIGTERM. Returns the exit status.

    `command_guess` is a command that the logdir's name looks like. BindingError and OptionError go to the caller.
    """
    token = read_token()
    binding = bind(options.host, options.port)
    try:
        config = make_config(logdir, options, binding, token)
        reloader = _start_loading(logdir, options)
    except BaseException:
        binding.close()
        raise
    try:
        _introduce(config, options, binding)
        if not os.path.isdir(reloader.root):
            say(messages.missing_logdir_line(logdir, looks_like=command_guess))
        else:
            threading.Thread(target=_tell_if_empty, args=(reloader,), daemon=True).start()
        from epochal.server.app import make_app
        from epochal.server.connection import make_server

        server = make_server(make_app(reloader, config))
        server.on_exit = _end_in_time
        if options.exit_on_eof:
            threading.Thread(target=_exit_on_eof, args=(server,), daemon=True).start()
        if options.open_browser:
            url = messages.base_url(binding.shown_host, config.port, config.path_prefix)
            threading.Thread(
                target=_open_browser,
                args=(url if config.tokenless_loopback else f"{url}#token={token}",),
                daemon=True,
            ).start()
        server.run(sockets=list(binding.sockets))
    except KeyboardInterrupt:
        pass  # while still importing
    finally:
        binding.close()
        reloader.stop()
    return 0


def make_config(logdir: str, options: ServeOptions, binding: Binding, token: str) -> ServerConfig:
    """The server's settings. OptionError where they would open the logs to anybody."""
    if options.auth == "none" and not binding.loopback_only:
        raise OptionError(
            "--no-auth",
            f"would let anybody on the network read {logdir}. Epochal does not do that: leave --no-auth away "
            "(others then need the token), or listen on localhost only.",
        )
    if bool(options.trusted_proxies) != bool(options.auth_header):
        raise OptionError("--trusted-proxy", "and --auth-header go together: who may sign people in, and how.")
    return ServerConfig(
        logdir=logdir,
        host=options.host,
        port=binding.port,
        addresses=binding.addresses,
        path_prefix=options.path_prefix,
        window_title=options.window_title,
        auth=options.auth,
        token=token,
        allowed_hosts=options.allowed_hosts,
        trusted_proxies=options.trusted_proxies,
        auth_header=options.auth_header,
        embed_origins=options.embed_origins,
    )


def _start_loading(logdir: str, options: ServeOptions) -> Reloader:
    from epochal.store.memory import limit_memory, tune_allocator
    from epochal.store.reloader import Reloader

    tune_allocator()
    limit_memory(options.max_memory)
    reloader = Reloader(logdir, reload_interval_secs=options.reload_interval)
    reloader.start()
    return reloader


def _introduce(config: ServerConfig, options: ServeOptions, binding: Binding) -> None:
    url = messages.base_url(binding.shown_host, config.port, config.path_prefix)
    say(messages.start_line(url))
    say(messages.printable(config.logdir))
    if config.auth != "none":
        say(messages.token_line(url, config.token, everybody=not config.tokenless_loopback))
    if not binding.loopback_only:
        for line in messages.wide_lines(url, options.host):
            say(line)
    if options.port is None and config.port != DEFAULT_PORT:
        holder = describe_holder(DEFAULT_PORT)
        say(f"Port {DEFAULT_PORT} is in use{f' by {holder}' if holder else ''}; this is the next free one.")
    forward = messages.ssh_line(os.environ, config.port) if binding.loopback_only else None
    if forward is not None:
        say(forward)
    for note in options.notes:
        say(note)


def _tell_if_empty(reloader: Reloader) -> None:
    """Once loading has looked around: say so if there is nothing."""
    snapshot = reloader.snapshot
    revision = snapshot.revision
    while not snapshot.progress.done and snapshot.progress.files_total == 0:
        snapshot = reloader.wait(revision, _FIRST_LOOK_SECS)
        if snapshot.revision == revision:
            return
        revision = snapshot.revision
    unread = [problem.message for problem in snapshot.problems if not problem.run]
    if unread and not snapshot.runs:
        for message in unread:
            say(messages.printable(message))
    elif snapshot.exists and snapshot.progress.files_total == 0 and not snapshot.runs:
        nearby = [(folder.path, folder.event_files) for folder in snapshot.nearby]
        for line in messages.empty_logdir_lines(nearby):
            say(line)


def _exit_on_eof(server: Server) -> None:
    """End when whoever started us is gone: it holds the other end of our standard input."""
    try:
        while sys.stdin.buffer.read(4096):
            pass
    except (OSError, ValueError):
        pass
    _end_in_time()
    server.should_exit = True


def _end_in_time() -> None:
    """Ctrl-C ends the process within three seconds, whatever a thread is still waiting for."""

    def end() -> None:
        sys.stdout.flush()
        os._exit(0)

    timer = threading.Timer(_EXIT_SECS, end)
    timer.daemon = True
    timer.start()


def _open_browser(url: str) -> None:
    import webbrowser

    webbrowser.open(url)


def choose_folder(path: str) -> tuple[str, str | None]:
    """The logdir for a path that may name an event file: (folder, note). OptionError for any other file."""
    if not os.path.isfile(path):
        return path, None
    if "tfevents" in Path(path).name:
        folder = str(Path(path).parent)
        return folder, "That is an event file; Epochal opens the folder it lies in."
    raise OptionError("LOGDIR", f"{path} is a file. Give the folder that holds your runs.")
