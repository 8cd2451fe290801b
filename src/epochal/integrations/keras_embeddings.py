"""Embedding layers → files that the projector reads: TSV per layer and epoch, listed in projector_config.pbtxt.

Keras' own callback saves .h5 checkpoints, which no projector can read. The config stands where Keras puts it, in
the log directory, so that paths in `embeddings_metadata` mean the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from epochal.summaries.projector import Embedding
from epochal.writer import projector_config

if TYPE_CHECKING:
    import numpy as np

_DIRECTORY = "embeddings"


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
        projector_config.replace_file(os.path.join(log_dir, path), _to_tsv(array).encode())
        entry = Embedding(f"{name}:{epoch:05d}", path, metadata_path or None, None, (0, 0))
        projector_config.add_embedding(log_dir, entry)
    return ()


def _to_tsv(vectors: np.ndarray[Any, Any]) -> str:
    # Nine digits give every float32 back.
    rows = vectors.reshape(len(vectors), -1).tolist()
    return "".join("\t".join([f"{number:.9g}" for number in row]) + "\n" for row in rows)
