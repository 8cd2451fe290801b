"""Embeddings: what a run's projector configuration names, read from the files beside its event files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from epochal.errors import NotFoundError
from epochal.query.projector import EmbeddingConfig, parse_projector_config
from epochal.store.projector_files import find_asset, read_projector_configs

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Embedding:
    """An embedding of a run. Its files are read when asked for; NotFoundError if there is none (any more).

    name: the tensor's. config: paths and sizes as configured. folder: what the paths are relative to.
    """

    __slots__ = ("config", "folder")

    def __init__(self, folder: str, config: EmbeddingConfig) -> None:
        self.folder = folder
        self.config = config

    @property
    def name(self) -> str:
        return self.config.tensor_name

    @property
    def tensor(self) -> NDArray[np.float32]:
        """float32[points, dimensions], from a file of tab-separated or of raw little-endian numbers."""
        path = self._find(self.config.tensor_path, "tensor")
        try:
            if path.endswith((".bytes", ".bin")):
                shape = self.config.tensor_shape
                if len(shape) != 2:
                    raise ValueError("its configuration gives no shape")
                return np.fromfile(path, "<f4").astype(np.float32, copy=False).reshape(shape)
            return np.loadtxt(path, dtype=np.float32, delimiter="\t", ndmin=2, comments=None)
        except OSError as error:
            raise self._missing("tensor") from error
        except ValueError as error:
            raise ValueError(f"The tensor of the embedding {self.name!r} cannot be read: {error}.") from None

    @property
    def metadata(self) -> list[list[str]] | None:
        """The labels' rows, without the row of names that several columns have; None without metadata."""
        rows = self._read_metadata()
        return rows if rows is None or len(rows[0]) == 1 else rows[1:]

    @property
    def columns(self) -> list[str] | None:
        """The names of the metadata's columns; None where there is but one, which has none."""
        rows = self._read_metadata()
        return None if rows is None or len(rows[0]) == 1 else rows[0]

    @property
    def sprite(self) -> bytes | None:
        """Bytes of the picture file that holds all points' pictures; None without one."""
        return self._read(self.config.sprite_path, "sprite") if self.config.sprite_path else None

    def _read_metadata(self) -> list[list[str]] | None:
        if not self.config.metadata_path:
            return None
        text = self._read(self.config.metadata_path, "metadata").decode("utf-8", "replace")
        return [line.split("\t") for line in text.removesuffix("\n").split("\n")]

    def _read(self, path: str, what: str) -> bytes:
        try:
            with open(self._find(path, what), "rb") as file:
                return file.read()
        except OSError as error:
            raise self._missing(what) from error

    def _find(self, path: str, what: str) -> str:
        asset = find_asset(self.folder, path)
        if asset is None:
            raise NotFoundError(f"The embedding {self.name!r} has no {what} file inside its run's folder.")
        return asset

    def _missing(self, what: str) -> NotFoundError:
        return NotFoundError(f"The {what} file of the embedding {self.name!r} cannot be read.")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Embedding):
            return NotImplemented
        return (self.folder, self.config) == (other.folder, other.config)

    def __hash__(self) -> int:
        return hash((self.folder, self.name))

    def __repr__(self) -> str:
        return f"Embedding({self.name!r})"


def find_embeddings(run_path: str) -> dict[str, Embedding]:
    """A run's embeddings by name; a configuration that cannot be read has none."""
    found: dict[str, Embedding] = {}
    for folder, text in read_projector_configs(run_path):
        try:
            configs = parse_projector_config(text)
        except ValueError:
            continue
        for config in configs:
            found.setdefault(config.tensor_name, Embedding(folder, config))
    return found
