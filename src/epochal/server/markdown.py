"""Markdown as HTML for TensorBoard's /data routes, which answer with HTML. Epochal's own page renders its own.

The HTML has the elements, the attributes and the kinds of addresses that TensorBoard lets through
(tensorboard/plugin_util.py), but raw HTML is escaped, all of it. The parser runs in linear time; call it in a
worker thread all the same.
"""

from __future__ import annotations

import functools
import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

MAX_MARKDOWN_BYTES = 64 << 10

_ATTRIBUTES = {"a": ("href", "title"), "img": ("src", "title", "alt")}
_SCHEMES = ("http:", "https:", "mailto:")


@functools.cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.validateLink = _is_allowed_address  # type: ignore[assignment, method-assign]
    parser.core.ruler.push("attributes", _drop_attributes)
    return parser


def _is_allowed_address(address: str) -> bool:
    """Whether it is relative, or of a scheme on the list."""
    start = address.strip().lower()
    head = start.split("/")[0].split("?")[0].split("#")[0]
    return ":" not in head or start.startswith(_SCHEMES)


def _drop_attributes(state: StateCore) -> None:
    _keep_allowed(state.tokens)


def _keep_allowed(tokens: Sequence[Token]) -> None:
    """Columns have a style, code has a class, and the style of a page that splices this in is not ours to set."""
    for token in tokens:
        kept = _ATTRIBUTES.get(token.tag, ())
        token.attrs = {name: value for name, value in token.attrs.items() if name in kept}
        token.info = ""
        _keep_allowed(token.children or ())


def markdown_to_html(text: str) -> str:
    """HTML without scripts or raw HTML; what is longer than 64 KiB becomes plain, escaped text."""
    if not text:
        return ""
    if len(text.encode("utf-8", "replace")) > MAX_MARKDOWN_BYTES:
        return plain_to_html(text)
    rendered: str = _parser().render(text)
    return rendered.rstrip("\n")


def plain_to_html(text: str) -> str:
    """Text as it is, in HTML."""
    return html.escape(text, quote=False)
