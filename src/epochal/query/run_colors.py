"""Which colour a run has: its number among the runs, in the order in which they began, kept by a server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


#: So many runs that vanished keep their number, in case they come back.
MAX_VANISHED = 4096


class RunColors:
    """Numbers of runs. Thread-safe.

    Nothing is kept before everything was read once: until then the order in which runs are found says nothing.
    From then on a run keeps its number, whichever others are deleted, and a new run gets the next one. A run that
    vanishes and comes back gets its own again, unless thousands have vanished since.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._next = 0

    def assign(self, ordered: Sequence[str], *, is_settled: bool) -> dict[str, int]:
        """The number of each of these runs, which stand in the order in which they began."""
        with self._lock:
            known = self._numbers
            if not known and not is_settled:
                return {name: number for number, name in enumerate(ordered)}
            for name in ordered:
                if name not in known:
                    known[name] = self._next
                    self._next += 1
            if len(known) > len(ordered) + MAX_VANISHED:
                self._forget_vanished(ordered)
            return {name: known[name] for name in ordered}

    def _forget_vanished(self, ordered: Sequence[str]) -> None:
        """Keep the later half: a server may see runs come and go for months."""
        there = set(ordered)
        vanished = [name for name in self._numbers if name not in there]
        for name in vanished[: len(vanished) - MAX_VANISHED // 2]:
            del self._numbers[name]
