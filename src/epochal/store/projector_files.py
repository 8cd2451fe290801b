"""The projector's files beside a run's event files. Nothing outside a configuration's own folder is opened."""

from __future__ import annotations

import os

CONFIG_NAME = "projector_config.pbtxt"

#: Where TensorBoard looks for a run's configuration, relative to the run's folder.
CONFIG_FOLDERS = ("", os.path.join("plugins", "org_tensorflow_tensorboard_projector"))

MAX_CONFIG_BYTES = 16 << 20
MAX_LINE_BYTES = 16 << 20

#: Tensors as raw little-endian float32.
RAW_SUFFIXES = (".bytes", ".bin")


def read_projector_configs(run_path: str) -> list[tuple[str, str]]:
    """(folder, text) of each configuration of a run; unreadable ones are left out."""
    found = []
    for relative in CONFIG_FOLDERS:
        folder = os.path.join(run_path, relative) if relative else run_path
        try:
            with open(os.path.join(folder, CONFIG_NAME), "rb") as file:
                found.append((folder, file.read(MAX_CONFIG_BYTES).decode("utf-8", "replace")))
        except OSError:
            continue
    return found


def find_asset(folder: str, path: str) -> str | None:
    """The absolute path of a file that a configuration names; None unless it is a regular file in that folder.

    Logs come from elsewhere: a path in them must not reach any other file of the reader's (tensorboard#7119), nor
    a pipe or a device. The path must be relative; links count as what they lead to.
    """
    if not path or os.path.isabs(path) or "\0" in path:
        return None
    base = os.path.realpath(folder)
    target = os.path.realpath(os.path.join(base, path))
    is_inside = target.startswith(base.rstrip(os.sep) + os.sep)
    return target if is_inside and os.path.isfile(target) else None


def read_tensor_shape(path: str, given: tuple[int, ...] = ()) -> tuple[int, int] | None:
    """(points, dimensions) of a tensor's file, or None if it cannot be told.

    `given` is what the configuration says; raw float32 files have no other source. Of text, lines are counted and
    the cells of the first one.
    """
    try:
        with open(path, "rb") as file:
            if path.endswith(RAW_SUFFIXES):
                size = os.fstat(file.fileno()).st_size
                return (given[0], given[1]) if len(given) == 2 and given[0] * given[1] * 4 == size else None
            first = file.readline(MAX_LINE_BYTES)
            if not first.strip():
                return None
            lines = 1
            ends_in_line = True
            while chunk := file.read(1 << 20):
                lines += chunk.count(b"\n")
                ends_in_line = chunk.endswith(b"\n")
            return lines + (not ends_in_line), first.count(b"\t") + 1
    except OSError:
        return None
