"""The commands that read a logdir and end: what they take, and how they fail. Each works in a file of its own.

Exit status: 0; 1 if something that was asked for could not be done, or `doctor` found problems; 2 if the logdir
does not exist or the command was called wrongly; 130 after Ctrl-C, 143 after SIGTERM.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import rich_click as click

from epochal.cli.output import drop_unwritten


def _quiet(work: Callable[..., int]) -> Callable[..., None]:
    """Run a command's work: what users do is no error, and what they did wrong is one sentence."""

    @functools.wraps(work)
    def run(*args: Any, **kwargs: Any) -> None:
        from epochal.cli.messages import printable
        from epochal.errors import EpochalError, LogdirError

        taken = _take_signals()
        try:
            status = work(*args, **kwargs)
            sys.stdout.flush()
        except KeyboardInterrupt as end:
            status = end.status if isinstance(end, _Ended) else 130
        except BrokenPipeError:
            drop_unwritten()  # `… | head`: the reader has seen enough
            status = 0
        except LogdirError as error:
            print(f"epochal: {error}", file=sys.stderr)
            status = 2
        except EpochalError as error:
            print(f"epochal: {error}", file=sys.stderr)
            status = 1
        except OSError as error:
            # Without a file's name it is what was printed that could not be written, or a read that failed.
            where = "" if error.filename is None else f"{printable(os.fsdecode(error.filename))}: "
            print(f"epochal: {where}{error.strerror or error}", file=sys.stderr)
            drop_unwritten()
            status = 1
        finally:
            for number in taken:
                signal.signal(number, signal.SIG_DFL)
        sys.exit(status)

    return run


class _Ended(KeyboardInterrupt):
    """A signal other than Ctrl-C ends the command; what is half written goes all the same."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.status = 128 + number


def _take_signals() -> list[signal.Signals]:
    """Let SIGTERM (`timeout`, job schedulers) and SIGHUP (a terminal that closes) end a command as Ctrl-C does.

    Returns those that were taken; what somebody else handles or ignores, as nohup does, stays so.
    """

    def end(number: int, frame: object) -> None:
        raise _Ended(number)

    taken = []
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is None or threading.current_thread() is not threading.main_thread():
            continue
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)
            taken.append(number)
    return taken


def _logdir_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """LOGDIR, or --logdir as TensorBoard's users type it."""
    command = click.option("--logdir", "option", metavar="PATH", hidden=True)(command)
    return click.argument("logdir", metavar="LOGDIR", required=False)(command)


def _take_logdir(logdir: str | None, option: str | None, example: str) -> str:
    typed = logdir or option
    if not typed:
        raise click.UsageError(f"Which logdir? For example: epochal {example}")
    return typed


_RUNS = click.option("--runs", metavar="REGEX", help="Only runs whose name matches somewhere.")
_TAGS = click.option("--tags", metavar="REGEX", help="Only tags whose name matches somewhere.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")


@click.command("ls")
@_logdir_argument
@_RUNS
@click.option(
    "--tags",
    is_flag=False,
    flag_value="",
    metavar="[REGEX]",
    help="One line for each tag instead of each run; with REGEX, only tags whose name matches somewhere.",
)
@_JSON
@_quiet
def ls_command(logdir: str | None, option: str | None, runs: str | None, tags: str | None, as_json: bool) -> int:
    """List the runs and tags of a logdir.

    \b
    epochal ls runs
    epochal ls runs --tags
    epochal ls runs --tags loss
    """
    from epochal.cli.ls import list_logdir
    from epochal.store.logdir import parse_address

    if tags and not logdir and not option:
        # `ls --tags LOGDIR`: what follows is taken for the pattern, and there is no logdir without it.
        logdir, tags = tags, ""
    typed = _take_logdir(logdir, option, "ls runs")
    return list_logdir(parse_address(typed), as_json=as_json, runs=runs, tags=tags)


@click.command("show")
@_logdir_argument
@click.argument("run", metavar="[RUN]", required=False)
@_RUNS
@_TAGS
@_JSON
@_quiet
def show_command(
    logdir: str | None, option: str | None, run: str | None, runs: str | None, tags: str | None, as_json: bool
) -> int:
    """Show a run in the terminal: its curves, other data, hyperparameters, origin.

    Without RUN, and if there are several: a table of them, with the last value of each scalar tag that fits.
    """
    from epochal.cli.show import show

    if option is not None and logdir is not None:  # --logdir L RUN
        logdir, run = option, run or logdir
    return show(_take_logdir(logdir, option, "show runs"), run, runs=runs, tags=tags, as_json=as_json)


@click.command("export")
@_logdir_argument
@click.option(
    "-o",
    "--out",
    metavar="OUT",
    help="A file (.csv, .jsonl, .parquet), - for standard output, or a folder for every kind of data.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl", "parquet"]),
    help="Of the table. Default: what OUT ends with, else csv.",
)
@click.option(
    "--wide", is_flag=True, help="A column for each tag, a row for each step, instead of a row for each point."
)
@_RUNS
@_TAGS
@click.option(
    "--kinds",
    metavar="LIST",
    help="Only these kinds of data, such as scalars,images. A file holds scalars only, a folder everything.",
)
@click.option("--superseded", is_flag=True, help="Also points that a restart replaced, in a column of their own.")
@click.option("--force", is_flag=True, help="Overwrite OUT.")
@click.option("--json", "as_json", is_flag=True, help="Say what was written, as JSON.")
@_quiet
def export_command(logdir: str | None, option: str | None, out: str | None, **given: Any) -> int:
    """Write all points to a table, and images, sounds, texts and the rest to files.

    \b
    epochal export runs -o scalars.csv
    epochal export runs -o scalars.parquet --runs 'lr=0.1' --tags 'loss|acc'
    epochal export runs -o - --wide | less
    epochal export runs -o everything
    """
    from epochal.cli.export import ExportOptions, export

    typed = _take_logdir(logdir, option, "export runs -o scalars.csv")
    if not out:
        raise click.UsageError("Where to? Give -o scalars.csv, -o FOLDER, or -o - for standard output.")
    return export(typed, out, ExportOptions(**given))


@click.command("doctor")
@_logdir_argument
@click.option(
    "--fix", "fix_out", metavar="OUT", help="Write a clean copy of the event files to the new folder OUT."
)
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Also list every note, and files in which all is well.")
@_quiet
def doctor_command(
    logdir: str | None, option: str | None, fix_out: str | None, as_json: bool, verbose: bool
) -> int:
    """Check every checksum of every record, steps, clocks and files.

    The exit status is 0 if all is well (notes do not count), 1 if there are problems, 2 without a logdir. The
    logdir itself is never changed: --fix copies whole, good records elsewhere.
    """
    from epochal.cli.doctor import examine

    typed = _take_logdir(logdir, option, "doctor runs")
    return examine(typed, fix_out=fix_out, as_json=as_json, verbose=verbose)


@click.command("du")
@_logdir_argument
@click.option(
    "--by",
    type=click.Choice(["run", "tag", "kind", "run-tag"]),
    default="run",
    show_default=True,
    help="What a line stands for.",
)
@click.option(
    "--sort", "sort_by", type=click.Choice(["bytes", "name"]), default="bytes", show_default=True, help="Order."
)
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="Only the first N lines.")
@_RUNS
@click.option("--json", "as_json", is_flag=True, help="Every run and tag, as JSON.")
@_quiet
def du_command(
    logdir: str | None,
    option: str | None,
    by: str,
    sort_by: str,
    top: int | None,
    runs: str | None,
    as_json: bool,
) -> int:
    """Show which runs and tags take the space, and what could go."""
    from epochal.cli.du import measure

    typed = _take_logdir(logdir, option, "du runs")
    return measure(typed, by=by, sort_by=sort_by, top=top, runs=runs, as_json=as_json)


COMMANDS = (ls_command, show_command, export_command, doctor_command, du_command)
