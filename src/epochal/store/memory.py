"""How much memory the reader takes, and what it does when that is much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from epochal.events import core

if TYPE_CHECKING:
    from epochal.store.log_file import LogFile

#: So many decoders are kept after a load; each takes some kilobytes besides its columns.
MAX_DECODERS = 256

#: The share of the column limit from which on files that were read are parked at once.
PRESSED_SHARE = 0.5


_column_memory = getattr(core, "column_memory", lambda: (0, 0))
_column_limit = 64 << 20


class Relief:
    """Parks files in the index as soon as they are read, once what is read already fills the memory."""

    def __init__(self) -> None:
        self._kept = 0

    def give(self, file: LogFile) -> None:
        """Called for each file that was read to its end, by the thread that read it."""
        if file.columns.is_parked:
            return
        self._kept += 1
        if (self._kept > MAX_DECODERS or is_pressed()) and file.save(park=True):
            self._kept -= 1


def is_pressed() -> bool:
    """Whether columns take much of what they may take as anonymous memory."""
    return _column_memory()[0] > PRESSED_SHARE * _column_limit
