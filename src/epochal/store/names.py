r"""Names on disk as text, one to one.

Runs and tags are bytes on disk, text everywhere else. UTF-8 is taken as it is; any other byte is shown as
`\xNN`. So that no two names on disk ever share a text, a name that is escaped, or that already contains
something that looks like an escape, has its backslashes doubled.
"""

from __future__ import annotations

import os
import re
import sys

_ESCAPE = re.compile(r"\\x[0-9a-f]{2}")


def text_of(name: bytes) -> str:
    """The text of a name. Injective: different bytes never give the same text."""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return name.replace(b"\\", b"\\\\").decode(errors="backslashreplace")
    if "\\x" in text and _ESCAPE.search(text):
        return text.replace("\\", "\\\\")
    return sys.intern(text)  # ten thousand runs share the few names of their tags


def text_of_path(path: str) -> str:
    """The text of a path as the os module gives it (undecodable bytes as surrogates)."""
    if path.isascii() and "\\" not in path:
        return path
    try:
        return text_of(os.fsencode(path))
    except UnicodeEncodeError:  # Windows: a lone surrogate in a UTF-16 name
        return text_of(path.encode(errors="surrogatepass"))


_DIGITS = re.compile(r"([0-9]+)")


def natural_key(name: str) -> tuple[tuple[bool, int, str, str], ...]:
    """A sort key that puts run2 before run10: digits compare as numbers and before text; "." comes first."""
    if name == ".":
        return ()
    key = []
    for index, part in enumerate(_DIGITS.split(name)):
        if index % 2:
            digits = part.lstrip("0")
            key.append((False, len(digits), digits, part))
        elif part:
            key.append((True, 0, part, ""))
    return tuple(key) or ((True, 0, "", ""),)
