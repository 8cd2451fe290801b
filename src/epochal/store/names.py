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
# 0.001, 3e-4 and 2.5e+3, as learning rates are written; a second point makes a version of it: 0.10.2.
_DECIMAL = re.compile(
    r"(?<![0-9.])(?:([0-9]+)(?:\.([0-9]+))?e([-+][0-9]{1,2})(?![0-9A-Za-z])|0\.([0-9]+)(?!\.?[0-9]))"
)
_DECIMALS = 24


def _spell_out(number: re.Match[str]) -> str:
    """A decimal with all its digits, as many behind the point as any other: 3e-4 is 0.000300…"""
    whole, fraction, exponent, decimals = number.groups()
    if decimals is not None:
        return f"0.{decimals:0<{_DECIMALS}.{_DECIMALS}}"
    digits = whole + (fraction or "")
    point = len(whole) + int(exponent)
    digits = digits.rjust(len(digits) - min(0, point - 1), "0").ljust(point, "0")
    return f"{digits[: max(1, point)]}.{digits[max(1, point) :]:0<{_DECIMALS}.{_DECIMALS}}"


def natural_key(name: str) -> tuple[tuple[bool, int, str, str], ...]:
    """A sort key that puts run2 before run10 and lr=3e-4 before lr=0.001; numbers before text, "." first of all.

    `compareNatural` of the pages orders tags likewise.
    """
    if name == ".":
        return ()
    spelt = _DECIMAL.sub(_spell_out, name) if "." in name or "e-" in name or "e+" in name else name
    key = []
    for index, part in enumerate(_DIGITS.split(spelt)):
        if index % 2:
            digits = part.lstrip("0")
            key.append((False, len(digits), digits, part))
        elif part:
            key.append((True, 0, part, ""))
    if spelt != name:
        key.append((True, 0, "", name))  # two ways to write one number stay two names
    return tuple(key) or ((True, 0, "", ""),)
