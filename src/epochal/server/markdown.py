"""Markdown as HTML for TensorBoard's /data routes, which answer with HTML. Epochal's own page renders its own.

Raw HTML is escaped and the parser runs in linear time; call it in a worker thread all the same.
"""

from __future__ import annotations

import functools
import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MAX_MARKDOWN_BYTES = 64 << 10


@functools.cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")


def markdown_to_html(text: str) -> str:
    """HTML without scripts or raw HTML; what is longer than 64 KiB becomes plain, escaped text."""
    if not text:
        return ""
    if len(text.encode("utf-8", "replace")) > MAX_MARKDOWN_BYTES:
        return html.escape(text)
    rendered: str = _parser().render(text)
    return rendered.rstrip("\n")
