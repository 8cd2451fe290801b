"""The command `epochal`: which commands there are, what they take, how they fail.

Nothing heavy is imported here: a command imports what it needs when it runs, and rich only draws help and errors.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

import rich_click as click

from epochal._version import __version__
from epochal.cli import tensorboard_flags
from epochal.cli.options import (
    OptionError,
    ServeOptions,
    check_auth_header,
    check_origins,
    parse_networks,
    parse_path_prefix,
    parse_port,
    parse_size,
)
from epochal.cli.output import drop_unwritten
from epochal.cli.reading_commands import COMMANDS

click.rich_click.TEXT_MARKUP = "rich"
click.rich_click.SHOW_ARGUMENTS = True
click.rich_click.OPTIONS_PANEL_TITLE = "Options"
click.rich_click.COMMANDS_PANEL_TITLE = "Commands"
click.rich_click.MAX_WIDTH = 110

_Command = TypeVar("_Command", bound=Callable[..., Any])
_DEFAULT = "serve"


class _Group(click.RichGroup):
    """A group whose default command is `serve`: `epochal runs` is `epochal serve runs`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h", "--version"):
            self._check_word(ctx, args)
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)

    def _check_word(self, ctx: click.Context, args: list[str]) -> None:
        """A word before a logdir that is neither a command nor a folder is a command mistyped. UsageError."""
        word, *others = args
        if word.startswith("-") or not others or others[0].startswith("-") or os.path.exists(word):
            return
        from difflib import get_close_matches

        close = get_close_matches(word, self.commands, 1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise click.UsageError(f"There is no command {word!r}.{hint}", ctx)


_HELP = """Epochal opens training logs: TensorBoard's event files, every point, live.

\b
[bold]epochal runs[/bold]                     open the training logs under ./runs
[bold]epochal --logdir runs --port 0[/bold]   as tensorboard takes it, on any free port
[bold]epochal ls runs[/bold]                  list the runs in the terminal
[bold]epochal show runs RUN[/bold]            curves and numbers in the terminal
[bold]epochal export runs -o all.csv[/bold]   every point as a table; media as files
[bold]epochal doctor runs[/bold]              check every record, step, clock and file
[bold]epochal du runs[/bold]                  which runs and tags take the space
[bold]epochal demo[/bold]                     train small real models and watch them

A logdir is a folder or the URL of one in a bucket (s3://bucket/runs); every folder in it that holds event files
(events.out.tfevents.…) is a run. To log from Python: from epochal import SummaryWriter. All options of the
server: epochal serve --help. A folder that is named like a command is opened with epochal serve NAME.
"""


@click.group(
    cls=_Group,
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    no_args_is_help=False,
)
@click.version_option(__version__, prog_name="Epochal", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.RichContext) -> None:
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        ctx.exit(2)


def _server_options(command: _Command) -> _Command:
    """The options that `serve` and `demo` share."""
    options = [
        click.option(
            "--port",
            default="default",
            metavar="N",
            help="Port; 0 for any free one. Default 6006, or the next free one.",
        ),
        click.option(
            "--host", metavar="ADDR", help="Address to listen on. Default localhost (127.0.0.1 and ::1)."
        ),
        click.option("--open/--no-open", "open_browser", default=None, help="Open the page in a browser."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _unneeded_options(command: _Command) -> _Command:
    """TensorBoard's flags that mean nothing here, hidden from help."""
    for flag in tensorboard_flags.UNNEEDED:
        kind: dict[str, Any] = {} if flag.takes_value else {"is_flag": True}
        command = click.option(f"--{flag.name}", f"tb_{flag.name.replace('-', '_')}", hidden=True, **kind)(command)
    return command


@cli.command("serve")
@click.argument("path", metavar="[LOGDIR]", required=False)
@click.option("--logdir", metavar="PATH", help="The same as LOGDIR.")
@_server_options
@click.option(
    "--path-prefix", default="", metavar="/P", help="Serve under this path, behind a proxy. Needs the token."
)
@click.option("--window-title", default="", metavar="TEXT", help="Title of the browser tab.")
@click.option(
    "--reload-interval",
    default=5.0,
    metavar="SECS",
    help="Look for new data at least this often; 0: load once.",
    show_default=True,
)
@click.option("--max-memory", metavar="SIZE", help="Ceiling for what is kept in memory, such as 2G.")
@click.option(
    "--auth",
    type=click.Choice(["auto", "token"]),
    default="auto",
    help="auto: your own programs on this machine need no token; token: everybody does.",
    show_default=True,
)
@click.option("--no-auth", is_flag=True, help="Ask nobody for a token. Only on localhost.")
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="Also answer to this host name. Needs the token.",
)
@click.option(
    "--trusted-proxy",
    "trusted_proxies",
    multiple=True,
    metavar="CIDR",
    help="Accept logins of a proxy at this address …",
)
@click.option("--auth-header", default="", metavar="NAME", help="… which names the user in this header.")
@click.option(
    "--embed-origin",
    "embed_origins",
    multiple=True,
    metavar="ORIGIN",
    help="Let pages of this origin show Epochal in a frame.",
)
@click.option("--logdir-spec", metavar="A:/P,B:/Q", hidden=True)
@click.option("--bind-all", is_flag=True, help="Listen on all interfaces. Others need the token.")
@click.option("--inspect", is_flag=True, hidden=True)
@click.option("--tag", hidden=True)
@click.option("--event-file", hidden=True)
@click.option("--version-tb", is_flag=True, hidden=True)
@click.option("--helpfull", is_flag=True, hidden=True)
@click.option("--exit-on-eof", is_flag=True, hidden=True)
@_unneeded_options
@click.pass_context
def serve_command(ctx: click.RichContext, /, path: str | None, logdir: str | None, **given: Any) -> None:
    """Serve a logdir and print the address.

    Every flag of tensorboard is accepted as well, with - or _ in its name.
    """
    if given["version_tb"]:
        click.echo(f"Epochal {__version__}")
        return
    if given["helpfull"]:
        click.echo(ctx.get_help())
        return
    if path is not None and logdir is not None:
        raise click.UsageError("Give the logdir once: as LOGDIR or as --logdir.", ctx)
    if given["inspect"]:
        from epochal.cli.ls import list_logdir

        ctx.exit(list_logdir(_address(_inspected(path or logdir, given["event_file"], ctx)), as_json=False))
    options = _make_options(given)
    from epochal.cli.serve import choose_folder, serve

    if given["logdir_spec"]:
        if path or logdir:
            raise click.UsageError("Give --logdir or --logdir-spec, not both.", ctx)
        ctx.exit(_serve_spec(given["logdir_spec"], options, ctx))
    typed = path if path is not None else logdir
    if not typed:
        raise click.UsageError("Which logdir? For example: epochal runs", ctx)
    folder, note = choose_folder(_address(typed))
    if note:
        options.notes.insert(0, note)
    ctx.exit(serve(folder, options, _guess_command(typed)))


def _inspected(logdir: str | None, event_file: str | None, ctx: click.Context) -> str:
    if logdir:
        return logdir
    if event_file:
        return os.path.dirname(event_file) or "."
    raise click.UsageError("Which logdir? For example: epochal ls runs", ctx)


def _make_options(given: dict[str, Any]) -> ServeOptions:
    if given["bind_all"] and given["host"]:
        raise OptionError("--bind-all", "and --host exclude each other.")
    if given["no_auth"] and given["auth"] == "token":
        raise OptionError("--no-auth", "and --auth token exclude each other.")
    if not given["reload_interval"] >= 0:
        raise OptionError("--reload-interval", "is a number of seconds, 0 or more.")
    from epochal.server.hosts import parse_host

    for name in given["allowed_hosts"]:
        if parse_host(name) is None and parse_host(f"[{name}]") is None:
            raise OptionError("--allowed-host", f"{name!r} is not a host name such as gpu7.example.org.")
    return ServeOptions(
        host="*" if given["bind_all"] else given["host"] or "localhost",
        port=parse_port(given["port"]),
        path_prefix=parse_path_prefix(given["path_prefix"]),
        window_title=given["window_title"],
        reload_interval=given["reload_interval"],
        open_browser=bool(given["open_browser"]),
        auth="none" if given["no_auth"] else given["auth"],
        allowed_hosts=given["allowed_hosts"],
        trusted_proxies=parse_networks(given["trusted_proxies"]),
        auth_header=check_auth_header(given["auth_header"]),
        embed_origins=check_origins(given["embed_origins"]),
        max_memory=parse_size(given["max_memory"]) if given["max_memory"] else None,
        exit_on_eof=given["exit_on_eof"],
        notes=[
            *(
                tensorboard_flags.describe_unneeded(flag.name)
                for flag in tensorboard_flags.UNNEEDED
                if given[f"tb_{flag.name.replace('-', '_')}"] not in (None, False)
            ),
        ],
    )


def _serve_spec(spec: str, options: ServeOptions, ctx: click.Context) -> int:
    """Several logdirs under names: a folder of links to them, which goes when the server does."""
    import tempfile

    from epochal.cli.serve import serve
    from epochal.store.logdir import parse_logdir

    try:
        folders = tensorboard_flags.parse_logdir_spec(spec)
    except ValueError as error:
        raise click.UsageError(f"--logdir-spec: {error}.", ctx) from None
    if not folders:
        raise click.UsageError("--logdir-spec is empty.", ctx)
    with tempfile.TemporaryDirectory(prefix="epochal-logdirs-") as root:
        for name, folder in folders.items():
            os.symlink(parse_logdir(folder), os.path.join(root, name), target_is_directory=True)
        return serve(root, options)


def _address(typed: str) -> str:
    from epochal.store.logdir import parse_address

    return parse_address(typed)


def _guess_command(typed: str) -> str | None:
    """`epochal lss` opens a folder of that name; if there is none, a command may have been meant."""
    if os.path.exists(typed) or os.sep in typed:
        return None
    import difflib

    close = difflib.get_close_matches(typed, cli.commands, n=1, cutoff=0.6)
    return close[0] if close else None


@cli.command("demo")
@click.option("--logdir", metavar="DIR", help="Keep the demo's logs here. Default: a folder that goes afterwards.")
@_server_options
@click.pass_context
def demo_command(
    ctx: click.RichContext, logdir: str | None, port: str, host: str | None, open_browser: bool | None
) -> None:
    """Train small real models in seconds, log every kind of data, and open it."""
    from epochal.cli.demo import run_demo

    options = ServeOptions(
        host=host or "localhost",
        port=parse_port(port),
        open_browser=open_browser is not False,
        window_title="Epochal demo",
    )
    ctx.exit(run_demo(logdir, options))


for _reading_command in COMMANDS:
    cli.add_command(_reading_command)


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """The console script. Exits with 0, 1 (it did not work) or 2 (it was asked wrongly); never a traceback."""
    _open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name that the terminal cannot show is no reason to fail
    arguments = tensorboard_flags.with_dashes(sys.argv[1:] if argv is None else argv)
    try:
        cli.main(args=arguments, prog_name="epochal", standalone_mode=True)
    except (OptionError, KeyboardInterrupt, BrokenPipeError) as error:
        _fail(error)
    except Exception as error:
        from epochal.cli.demo import DemoUnavailableError
        from epochal.errors import EpochalError
        from epochal.server.binding import BindingError

        if isinstance(error, (EpochalError, BindingError, DemoUnavailableError)):
            _fail(error)
        raise
    sys.exit(0)


def _open_missing_streams() -> None:
    """Standard streams that we were started without go nowhere; else the next file would take their place."""
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(fd, mode, closefd=False))  # noqa: SIM115 - for as long as the process lives


def _fail(error: BaseException) -> NoReturn:
    if isinstance(error, KeyboardInterrupt):
        sys.exit(130)
    if isinstance(error, BrokenPipeError):
        drop_unwritten()  # `epochal … | head`: the reader has seen enough
        sys.exit(0)
    if isinstance(error, OptionError):
        text = str(error)
        print(f"epochal: {error.option}{':' if text[:1] in chr(39) + chr(34) else ''} {text}", file=sys.stderr)
        sys.exit(2)
    print(f"epochal: {error}", file=sys.stderr)
    sys.exit(1)
