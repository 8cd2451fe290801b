"""The projector's files beside a run's event files. Nothing outside a configuration's own folder is opened."""

from __future__ import annotations

import os

CONFIG_NAME = "projector_config.pbtxt"

#: Where TensorBoard looks for a run's configuration, relative to the run's folder.
CONFIG_FOLDERS = ("", os.path.join("plugins", "org_tensorflow_tensorboard_projector"))

MAX_CONFIG_BYTES = 16 << 20


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
    """The absolute path of a file that a configuration names; None if it leads out of the folder.

    Logs come from elsewhere: a path in them must not reach any other file of the reader's (tensorboard#7119).
    """
    base = os.path.realpath(folder)
    target = os.path.realpath(os.path.join(base, path))
    return target if path and os.path.commonpath([base, target]) == base and target != base else None
