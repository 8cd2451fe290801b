"""Names of runs and tags as file names: on every system, inside their folder, and no two alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from hashlib import blake2b

#: Longest name in UTF-8. File systems take 255 bytes; suffixes and Windows's 260 characters for a path want room.
MAX_BYTES = 80

_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in range(10))}
_KEPT = frozenset("-_.,+=@() ")


def make_safe_name(name: str) -> str:
    """A readable file name for any text; different texts may share one, see `SafeNames`.

    Letters and digits of every script stay, as do - _ . , + = @ ( ) and blanks inside; all else becomes _. Never
    empty, "." or "..", hidden, a device of Windows, or ending in a dot or a blank, which Windows cuts off.
    """
    text = "".join(c if c.isalnum() or c in _KEPT else "_" for c in unicodedata.normalize("NFC", name))
    while len(text.encode()) > MAX_BYTES:
        text = text[: max(1, min(len(text) - 1, MAX_BYTES))]
    text = text.rstrip(". ").lstrip(" ")
    if not text or text.startswith("."):
        text = "_" + text
    if text.partition(".")[0].rstrip().lower() in _RESERVED:
        text = "_" + text
    return text


class SafeNames:
    """The file names in one folder. Names that only differ in case count as one, as on many systems they do."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken: dict[str, str | None] = {name.casefold(): None for name in reserved}

    def name_for(self, name: str) -> str:
        """One file name for one text, another for any other; a hash tells apart what would be alike."""
        plain = make_safe_name(name)
        digest = blake2b(name.encode(errors="surrogatepass"), digest_size=8).hexdigest()
        for candidate in (plain, f"{plain}~{digest[:6]}", f"{plain}~{digest}"):
            key = unicodedata.normalize("NFKC", candidate).casefold()
            if self._taken.setdefault(key, name) == name:
                return candidate
        raise ValueError(f"two names have the same hash: {name!r}")
