"""/data/plugin/text: tags, and the texts of one as HTML (tensorboard/plugins/text/text_plugin.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from epochal.query.columns import JsonNumber, json_number
from epochal.query.compat_text import list_text_tags, list_texts
from epochal.server.compat_answers import SeriesParams
from epochal.server.endpoint import Context, NoParams
from epochal.server.markdown import MAX_MARKDOWN_BYTES, markdown_to_html, plain_to_html

_WARNING = (
    "**Warning:** This text summary contained data of dimensionality {}, but only "
    "2d tables are supported. Showing a 2d slice of the data instead."
)


class TextParams(SeriesParams, frozen=True):
    """`markdown` "false": the texts as they are, escaped."""

    markdown: str = "true"


class TextEntry(msgspec.Struct, frozen=True):
    """One step. The text is HTML; a tensor of several texts is a table."""

    wall_time: JsonNumber
    step: int
    text: str


def get_tags(context: Context, _: NoParams) -> dict[str, list[str]]:
    """run → tags."""
    return list_text_tags(context.snapshot)


def get_text(context: Context, params: TextParams) -> list[TextEntry]:
    """The texts of a tag by step; none of what there is not."""
    texts = list_texts(
        context.snapshot, params.run, params.tag, sample=params.sample, superseded=params.superseded
    )
    as_markdown = params.markdown != "false"
    return [
        TextEntry(json_number(text.wall_time), text.step, texts_to_html(text.cells, as_markdown=as_markdown))
        for text in texts
    ]


def texts_to_html(cells: npt.NDArray[np.object_], *, as_markdown: bool = True) -> str:
    """One text, or a table of texts; of more than two dimensions the first table, with a warning.

    `cells` are bytes in UTF-8. The cells that come after 64 KiB of text are not rendered but escaped.
    """
    to_html = _make_renderer(as_markdown)
    if cells.ndim == 0:
        return to_html(cells.item())
    warning = ""
    if cells.ndim > 2:
        warning = markdown_to_html(_WARNING.format(cells.ndim))
        cells = cells[(0,) * (cells.ndim - 2)]
    rows = cells.reshape(len(cells), -1) if cells.size else cells[:0].reshape(0, 0)
    body = "".join(_make_row([to_html(cell) for cell in row]) for row in rows.tolist())
    return f"{warning}<table>\n<tbody>\n{body}</tbody>\n</table>"


def _make_renderer(as_markdown: bool) -> Callable[[Any], str]:
    left = MAX_MARKDOWN_BYTES

    def to_html(cell: bytes) -> str:
        nonlocal left
        left -= len(cell)
        text = cell.decode(errors="replace").replace("\0", "")
        return markdown_to_html(text) if as_markdown and left >= 0 else plain_to_html(text)

    return to_html


def _make_row(cells: list[str]) -> str:
    columns = "".join(f"<td>{cell}</td>\n" for cell in cells)
    return f"<tr>\n{columns}</tr>\n"
