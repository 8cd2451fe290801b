"""What a run came from: host, command, versions and git commit, as one text that the run itself carries.

Written once per process, after its first record, by the writer that logs it. Secrets among the arguments are
written as ***.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import time
from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import encode_value_event
from epochal.summaries.text import encode_text_value
from epochal.writer import lifecycle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from epochal.writer.event_writer import EventWriter

TAG = "epochal/provenance"
GIT_TIMEOUT_SECS = 2.0
HIDDEN = "***"

_MAX_ARGUMENT_CHARS = 1000
_MAX_COMMAND_CHARS = 20_000

_SECRET_WORD = (
    r"(?:[a-z0-9]*(?:key|token|secret|password|passwd|passphrase|credential)s?"
    r"|pwd|pw|auth|oauth\d?|authorization|bearer)"
)
_SECRET_NAME = re.compile(rf"(?:^|[^a-z0-9]){_SECRET_WORD}(?:$|[^a-z0-9])", re.IGNORECASE)
_CAMEL_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Neither may start inside a word: that would take quadratic time on a long one.
_NAME = re.compile(r"""(?<![\w.+-])(?P<name>[\w.+-]+)["']?\s*[:=]\s*""")
_USER_INFO = re.compile(r"(?<![\w+.-])([a-z][\w+.-]*://)[^/?#\s]*@", re.IGNORECASE)
_VALUE = re.compile(r"""(?:"[^"]*"?|'[^']*'?|(?:(?:bearer|basic|token)\s+)?[^\s,;&}\])"']+)""", re.IGNORECASE)

_is_written = False


def _forget_nothing() -> None:
    """A forked child belongs to its parent's run."""
    global _is_written
    _is_written = True


lifecycle.call_after_fork_in_child(_forget_nothing)


def start(writer: EventWriter) -> None:
    """Have `writer` add the text after its first record, unless EPOCHAL_PROVENANCE=0 or a text is there already.

    Called by the thread that makes the writer: everything that must be imported is imported here, because a
    fork while another thread imports would leave the module locked in the child.
    """
    if _is_written or os.environ.get("EPOCHAL_PROVENANCE", "").lower() in ("0", "false", "no", "off"):
        return
    import socket  # noqa: F401
    import subprocess  # noqa: F401

    writer.after_first_record = make_events


def make_events() -> Sequence[bytes]:
    """The event to write: one, or none if this process has had its own already."""
    global _is_written
    if _is_written:
        return ()
    _is_written = True
    value = encode_text_value(TAG, describe_process())
    return (encode_value_event(time.time(), 0, value),)


def describe_process() -> str:
    """Markdown, one list item for each fact; asks git, for two seconds at most."""
    import socket

    from epochal._version import __version__

    facts = [
        ("host", socket.gethostname()),
        ("command", describe_command(getattr(sys, "orig_argv", None) or [sys.executable, *sys.argv])),
        ("python", f"{sys.version.split()[0]} ({sys.implementation.name}, {sys.platform})"),
        ("epochal", __version__),
        ("libraries", describe_libraries()),
        ("git", describe_git(_source_directory())),
    ]
    return "\n".join(f"- **{name}**: {_code(fact)}" for name, fact in facts if fact)


def _code(text: str) -> str:
    """Inline code of Markdown, whatever the text contains."""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    padding = " " if "`" in text else ""
    return f"{fence}{padding}{text}{padding}{fence}"


# -- the command, without its secrets -------------------------------------------------------------------------


def describe_command(argv: Sequence[str]) -> str:
    """argv as a shell would take it, in one line, secrets hidden and very long arguments cut."""
    shown = []
    for argument in hide_secrets(argv):
        printable = (
            argument.encode("unicode_escape", "surrogatepass").decode() if not argument.isprintable() else argument
        )
        if len(printable) > _MAX_ARGUMENT_CHARS:
            printable = printable[:_MAX_ARGUMENT_CHARS] + "…"
        shown.append(printable if printable == HIDDEN else shlex.quote(printable).replace(f"'{HIDDEN}'", HIDDEN))
    command = " ".join(shown)
    return command if len(command) <= _MAX_COMMAND_CHARS else command[:_MAX_COMMAND_CHARS] + " …"


def hide_secrets(argv: Sequence[str]) -> list[str]:
    """argv with *** for the values of arguments named like secrets, and for user info in URLs.

    `--api-key=x`, `--api-key x` (all that follow up to the next option), `api_key=x`, `{"api_key": "x"}`,
    `?token=x`, `Authorization: Bearer x`, `https://user:password@host`.
    """
    hidden = []
    first_value = in_values = False
    for argument in argv:
        if first_value and not argument.startswith("--"):
            hidden.append(HIDDEN)
            first_value, in_values = False, True
            continue
        if in_values and not argument.startswith("-"):
            hidden.append(HIDDEN)
            continue
        first_value = argument.startswith("-") and "=" not in argument and _is_secret_name(argument)
        in_values = False
        hidden.append(_hide_in(argument))
    return hidden


def _hide_in(argument: str) -> str:
    argument = _USER_INFO.sub(rf"\1{HIDDEN}@", argument)
    name, equals, value = argument.partition("=")
    if equals and value and re.fullmatch(r"[\w.+/-]+", name) and _is_secret_name(name):
        return f"{name}={HIDDEN}"
    return _hide_named(argument)


def _hide_named(text: str) -> str:
    """Hide the values behind secret names anywhere in a text."""
    parts = []
    position = 0
    while match := _NAME.search(text, position):
        parts.append(text[position : match.end()])
        position = match.end()
        value = _VALUE.match(text, position) if _is_secret_name(match["name"]) else None
        if value is not None:
            quote = value[0][0] if value[0][0] in "\"'" else ""
            parts.append(f"{quote}{HIDDEN}{quote}")
            position = value.end()
    return "".join([*parts, text[position:]])


def _is_secret_name(name: str) -> bool:
    return _SECRET_NAME.search(_CAMEL_HUMP.sub("-", name).replace("_", "-")) is not None


# -- versions -------------------------------------------------------------------------------------------------


def describe_libraries() -> str:
    """Name and version of every library loaded so far that says its version, by name."""
    found = []
    for name, module in sorted(sys.modules.copy().items()):
        if "." in name or name.startswith("_") or name in sys.stdlib_module_names or name == "epochal":
            continue
        # Not getattr: a lazy module might import something, on a thread that must not.
        version: Any = getattr(module, "__dict__", {}).get("__version__")
        if isinstance(version, str):
            found.append(f"{name} {version}")
    return ", ".join(found)


# -- git ------------------------------------------------------------------------------------------------------


def _source_directory() -> str:
    """Where the script lies, or where the process was started if there is none."""
    script = sys.argv[0] if sys.argv else ""
    return os.path.dirname(os.path.abspath(script)) if script and os.path.isfile(script) else os.getcwd()


def describe_git(directory: str) -> str:
    """Commit, branch and whether tracked files were changed; "" outside a repository or without git."""
    lines = _read_git_status(directory)
    if lines is None:
        return ""
    facts = dict(_parse_branch_lines(lines))
    commit = facts.get("branch.oid", "")
    if not re.fullmatch(r"[0-9a-f]{40,64}", commit):
        return ""
    branch = facts.get("branch.head", "")
    is_changed = any(line and not line.startswith("#") for line in lines)
    state = "tracked files changed" if is_changed else "no tracked file changed"
    return f"{commit} ({state})" if branch in ("", "(detached)") else f"{commit} ({branch}; {state})"


def _parse_branch_lines(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        if line.startswith("# "):
            name, _, value = line[2:].partition(" ")
            yield name, value


def _read_git_status(directory: str) -> list[str] | None:
    """Lines of `git status` about tracked files; None if git is missing, refuses, or takes too long."""
    import subprocess

    command = ["git", "--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    try:
        process = subprocess.Popen(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        )
    except (OSError, ValueError):
        return None
    try:
        output, _ = process.communicate(timeout=GIT_TIMEOUT_SECS)
    except subprocess.TimeoutExpired:
        process.kill()
        try:
            process.communicate(timeout=0.2)  # a disk that hangs may keep even a killed process
        except subprocess.TimeoutExpired:
            pass
        return None
    return output.decode("utf-8", "replace").splitlines() if process.returncode == 0 else None
