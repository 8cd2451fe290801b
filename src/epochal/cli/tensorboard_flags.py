"""Every flag of `tensorboard` 2.21, so that a command line that people have still works.

Flags that mean something here are options of `epochal serve` (see main.py). Those below mean nothing here, because
what they tune does not exist; each is accepted and answered by one line that says why. Flags may be written with
`_` or `-`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple


class Unneeded(NamedTuple):
    """A flag that Epochal accepts and does not need. `takes_value` is false for switches."""

    name: str
    takes_value: bool
    why: str


_ONE_LOADER = "Epochal has one loader, and it is the fast one"
_ALL_FILES = "Epochal follows every event file of a run"
_NO_GRPC = "no gRPC server is involved"

UNNEEDED = (
    Unneeded("load-fast", True, _ONE_LOADER),
    Unneeded("extra-data-server-flags", True, "there is no separate data server"),
    Unneeded("grpc-creds-type", True, _NO_GRPC),
    Unneeded("grpc-data-provider", True, _NO_GRPC),
    Unneeded("max-reload-threads", True, "Epochal reads event files on all cores"),
    Unneeded("reload-task", True, _ONE_LOADER),
    Unneeded("reload-multifile", True, _ALL_FILES),
    Unneeded("reload-multifile-inactive-secs", True, _ALL_FILES),
    Unneeded("purge-orphaned-data", True, "points that a restart replaced are hidden, counted and one click away"),
    Unneeded("samples-per-plugin", True, "every point is kept"),
    Unneeded("detect-file-replacement", True, "replaced files are always noticed"),
    Unneeded("generic-data", True, "TensorBoard ignores it as well"),
    Unneeded("reuse-port", True, "one server owns its port"),
    Unneeded("db", True, "TensorBoard's database mode is gone there as well"),
    Unneeded("db-import", False, "TensorBoard's database mode is gone there as well"),
    Unneeded("verbosity", True, "Epochal is quiet"),
    Unneeded("logtostderr", False, "Epochal is quiet"),
    Unneeded("alsologtostderr", False, "Epochal is quiet"),
    Unneeded("stderrthreshold", True, "Epochal is quiet"),
)


def with_dashes(argv: Sequence[str]) -> list[str]:
    """The arguments with `_` in the names of long options turned into `-`; their values are left alone."""
    result: list[str] = []
    for position, argument in enumerate(argv):
        if argument == "--":
            return [*result, *argv[position:]]
        if argument.startswith("--"):
            name, equals, value = argument.partition("=")
            argument = name.replace("_", "-") + equals + value
        result.append(argument)
    return result


def describe_unneeded(name: str) -> str:
    """The line printed when an unneeded flag was given."""
    for flag in UNNEEDED:
        if flag.name == name:
            return f"--{name} is not needed: {flag.why}."
    raise KeyError(name)


def parse_logdir_spec(text: str) -> dict[str, str]:
    """`name:path,name:path` as {name: path}, as TensorBoard reads it; an entry without a name is its own name.

    A drive letter is no name: C:\\logs nowhere, d:/logs on Windows. ValueError if a name is used twice.
    """
    found: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, colon, path = entry.partition(":")
        is_drive = len(name) == 1 and path.startswith(("\\", "/") if os.name == "nt" else "\\")
        if not colon or is_drive or "/" in name or "\\" in name:
            name, path = entry.strip("/\\").replace("\\", "/").rpartition("/")[2] or entry, entry
        if name in found:
            raise ValueError(f"the name {name!r} is used twice")
        found[name] = path
    return found
