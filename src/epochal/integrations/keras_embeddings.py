"""Embedding layers → files that the projector reads: TSV per layer and epoch, listed in projector_config.pbtxt.

Keras' own callback saves .h5 checkpoints, which no projector can read. The config stands where Keras puts it, in
the log directory, so that paths in `embeddings_metadata` mean the same.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from epochal.writer import lifecycle

if TYPE_CHECKING:
    import numpy as np

CONFIG_NAME = "projector_config.pbtxt"

_DIRECTORY = "embeddings"


_config_lock = threading.Lock()


def _renew_lock() -> None:
    """In a forked child the lock may be held for ever, by a thread that only the parent has."""
    global _config_lock
    _config_lock = threading.Lock()


lifecycle.call_after_fork_in_child(_renew_lock)


def write_embeddings(
    log_dir: str,
    epoch: int,
    layer_names: Sequence[str],
    metadata_paths: Sequence[str | None],
    *vectors: np.ndarray[Any, Any],
) -> tuple[bytes, ...]:
    """Write each layer's vectors (floats, [n, dimensions]) and list them as `<layer>:<epoch>`. May raise OSError.

    Returns no events: a job of the writer's background workers that makes files instead.
    """
    directory = f"{_DIRECTORY}/{epoch:05d}"
    os.makedirs(os.path.join(log_dir, directory), exist_ok=True)
    for name, metadata_path, array in zip(layer_names, metadata_paths, vectors, strict=True):
        path = f"{directory}/{re.sub(r'[^-_.A-Za-z0-9]', '_', name)}.tsv"
        _replace(os.path.join(log_dir, path), _to_tsv(array))
        with _config_lock:
            _list_in_config(os.path.join(log_dir, CONFIG_NAME), f"{name}:{epoch:05d}", path, metadata_path)
    return ()


def _to_tsv(vectors: np.ndarray[Any, Any]) -> str:
    # Nine digits give every float32 back.
    rows = vectors.reshape(len(vectors), -1).tolist()
    return "".join("\t".join([f"{number:.9g}" for number in row]) + "\n" for row in rows)


def _list_in_config(path: str, tensor_name: str, tensor_path: str, metadata_path: str | None) -> None:
    """Add an embedding; one of the same name is listed already, with the same path."""
    try:
        with open(path, encoding="utf-8") as file:
            config = file.read()
    except FileNotFoundError:
        config = ""
    name_line = f"tensor_name: {_quote(tensor_name)}\n"
    if name_line in config:
        return
    lines = ["embeddings {", f"  {name_line[:-1]}", f"  tensor_path: {_quote(tensor_path)}"]
    if metadata_path:
        lines.append(f"  metadata_path: {_quote(metadata_path)}")
    if config and not config.endswith("\n"):
        config += "\n"
    _replace(path, config + "\n".join([*lines, "}", ""]))


def _quote(text: str) -> str:
    """A string of protobuf's text format."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _replace(path: str, text: str) -> None:
    """Write a whole file at once, so that no reader sees half of it."""
    temporary = f"{path}.{os.getpid()}.tmp"
    with open(temporary, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    os.replace(temporary, path)
