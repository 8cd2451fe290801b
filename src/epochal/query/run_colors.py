"""Which colour a run has: its number among the runs, in the order in which they began, kept by a server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class RunColors:
    """Numbers of runs. Thread-safe.

    Nothing is kept before everything was read once: until then the order in which runs are found says nothing.
    From then on a run keeps its number, whatever is deleted, and a new run gets the next one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}

    def assign(self, ordered: Sequence[str], *, is_settled: bool) -> dict[str, int]:
        """The number of each of these runs, which stand in the order in which they began."""
        with self._lock:
            known = self._numbers
            if not known and not is_settled:
                return {name: number for number, name in enumerate(ordered)}
            for name in ordered:
                known.setdefault(name, len(known))
            return {name: known[name] for name in ordered}
