"""Embeddings: a matrix, labels and pictures → the files of TensorBoard's projector, as torch lays them.

`<step, 5 digits>/<tag>/tensors.tsv`, `metadata.tsv`, `sprite.png`, and `projector_config.pbtxt`, which lists
them all (text format of tensorboard/plugins/projector/projector_config.proto).
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from epochal.summaries.images import is_uint16

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

CONFIG_NAME = "projector_config.pbtxt"
TENSORS_NAME = "tensors.tsv"
METADATA_NAME = "metadata.tsv"
SPRITE_NAME = "sprite.png"

_STEP_DIGITS = 5
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|#[^\n]*|[{}]')
_TENSOR_NAME = re.compile(r'\btensor_name\s*:\s*("(?:[^"\\\n]|\\.)*")')
_BREAKS = str.maketrans("\t\n\r", "   ")


class Embedding(NamedTuple):
    """An entry of the config; paths are relative to the run's directory."""

    tensor_name: str
    tensor_path: str
    metadata_path: str | None
    sprite_path: str | None
    sprite_size: tuple[int, int]
    """Width and height of one picture in the sprite."""


def make_subdirectory(step: int, tag: str) -> str:
    """Where an embedding's files go, relative to the run's directory, with forward slashes."""
    name = tag.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c")
    if name in (".", ".."):
        name = name.replace(".", "%2e")
    return f"{str(step).zfill(_STEP_DIGITS)}/{name}"


def make_tensor_name(step: int, tag: str) -> str:
    """The name that the projector shows."""
    return f"{tag}:{str(step).zfill(_STEP_DIGITS)}"


def check_embedding(
    matrix_shape: tuple[int, ...],
    labels: Sequence[Any] | None,
    pictures_shape: tuple[int, ...] | None,
    header: Any,
) -> None:
    """Raise ValueError unless matrix, labels and pictures fit each other."""
    if len(matrix_shape) != 2 or 0 in matrix_shape:
        raise ValueError(f"a matrix of shape {matrix_shape}; expected [points, dimensions]")
    if labels is not None and len(labels) != matrix_shape[0]:
        raise ValueError(f"{len(labels)} labels do not fit {matrix_shape[0]} points")
    if labels is not None and header and len(header) != len(labels[0]):
        raise ValueError(f"a header of {len(header)} columns does not fit labels of {len(labels[0])}")
    if pictures_shape is None:
        return
    if len(pictures_shape) != 4 or pictures_shape[1] not in (1, 3) or 0 in pictures_shape:
        raise ValueError(f"pictures of shape {pictures_shape}; expected [points, 1 or 3, height, width]")
    if pictures_shape[0] != matrix_shape[0]:
        raise ValueError(f"{pictures_shape[0]} pictures do not fit {matrix_shape[0]} points")


def encode_tensors(matrix: np.ndarray[Any, Any]) -> bytes:
    """tensors.tsv: a line per point."""
    return "".join("\t".join(map(str, row)) + "\n" for row in matrix.tolist()).encode()


def encode_labels(labels: Sequence[Any], header: Sequence[Any] | None) -> bytes:
    """metadata.tsv: a line per point; with a header, a first line of names, and each label a row of cells.

    Tabs and line breaks within a cell become blanks, since they would shift all that follows.
    """
    if header:
        rows = ["\t".join(_cell(cell) for cell in row) for row in [header, *labels]]
    else:
        rows = [_cell(label) for label in labels]
    return ("\n".join(rows) + "\n").encode("utf-8", "replace")


def _cell(value: Any) -> str:
    is_number = hasattr(value, "item") and getattr(value, "shape", None) == ()
    return str(value.item() if is_number else value).translate(_BREAKS)


def encode_sprite(pictures: np.ndarray[Any, Any], torch_layout: bool = False) -> bytes:
    """sprite.png: pictures [n, 1 or 3, height, width] in a square of as many rows as columns.

    uint8 is taken as it is, uint16 by its upper byte, other dtypes as 0…1; with torch_layout all are taken so.
    """
    import numpy as np
    from PIL import Image

    if is_uint16(pictures) and not torch_layout:
        pictures = (pictures >> 8).astype("u1")
    count, channels, height, width = pictures.shape
    columns = math.ceil(math.sqrt(count))
    rows = -(-count // columns)
    cells = np.zeros((rows * columns, height, width, channels), pictures.dtype)
    cells[:count] = pictures.transpose(0, 2, 3, 1)
    tiled = cells.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    grid = tiled.reshape(rows * height, columns * width, channels)
    if grid.dtype != np.uint8 or torch_layout:
        with np.errstate(all="ignore"):
            grid = np.nan_to_num((grid.astype(np.float64) * 255).clip(0, 255), nan=0.0).astype(np.uint8)
    side = columns * width
    canvas: npt.NDArray[np.uint8] = np.zeros((max(side, grid.shape[0]), side, 3), np.uint8)
    canvas[: grid.shape[0]] = grid
    output = io.BytesIO()
    Image.fromarray(canvas).save(output, format="PNG")
    return output.getvalue()


def add_to_config(config: str, embedding: Embedding) -> str:
    """The text of a config with one more entry at its end; one of the same name before it goes."""
    kept = [config[start:end] for start, end, name in _find_entries(config) if name != embedding.tensor_name]
    rest = _without_entries(config)
    return rest + "".join(f"{entry}\n" for entry in kept) + _format_entry(embedding)


def has_entry(config: str, embedding: Embedding) -> bool:
    """Whether the config lists an embedding of this name."""
    return any(name == embedding.tensor_name for _, _, name in _find_entries(config))


def _find_entries(config: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, tensor_name) of each top-level `embeddings { … }`."""
    depth = start = 0
    for match in _STRING.finditer(config):
        if match[0] == "{":
            depth += 1
            if depth == 1:
                start = config.rfind("embeddings", 0, match.start())
        elif match[0] == "}":
            depth -= 1
            if depth == 0 and start >= 0:
                name = _TENSOR_NAME.search(config, start, match.end())
                yield start, match.end(), _unquote(name[1]) if name else ""


def _without_entries(config: str) -> str:
    rest, position = [], 0
    for start, end, _ in _find_entries(config):
        rest.append(config[position:start])
        position = end
    text = "".join([*rest, config[position:]]).strip()
    return f"{text}\n" if text else ""


def _format_entry(embedding: Embedding) -> str:
    lines = [f"tensor_name: {_quote(embedding.tensor_name)}"]
    if embedding.metadata_path is not None:
        lines.append(f"metadata_path: {_quote(embedding.metadata_path)}")
    if embedding.sprite_path is not None:
        lines += ["sprite {", f"  image_path: {_quote(embedding.sprite_path)}"]
        lines += [f"  single_image_dim: {size}" for size in embedding.sprite_size]
        lines.append("}")
    lines.append(f"tensor_path: {_quote(embedding.tensor_path)}")
    return "embeddings {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "'": "\\'", "\\": "\\\\"}


def _quote(text: str) -> str:
    quoted = (
        _ESCAPES.get(one) or (f"\\{ord(one):03o}" if ord(one) < 32 or ord(one) == 127 else one) for one in text
    )
    return f'"{"".join(quoted)}"'


def _unquote(quoted: str) -> str:
    """The text of a quoted string that `_quote` or protobuf wrote."""
    plain = {escape: one for one, escape in _ESCAPES.items()}

    def replace(match: re.Match[str]) -> str:
        return plain.get(match[0]) or (chr(int(match[1], 8)) if match[1] else match[0])

    return re.sub(r"\\([0-7]{3})|\\.", replace, quoted[1:-1])
