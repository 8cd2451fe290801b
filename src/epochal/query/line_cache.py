"""What was found out about lines and is asked for again and again: kept while there is room.

An entry belongs to an owner, and goes with it. Lines that grow at their end are owned by what they are views of
(`Line.growth`), so that what was found out about the first points serves the longer line of the next snapshot.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any, NamedTuple

from epochal.store.memory import get_limits

if TYPE_CHECKING:
    from collections.abc import Hashable

    from epochal.store.points import Line

#: What an entry costs besides what it holds.
OVERHEAD_BYTES = 512

_Key = tuple[int, "Hashable"]


class _Entry(NamedTuple):
    owner: weakref.ref[Any]
    item: Any
    nbytes: int


class LineCache:
    """The latest entries, as many as memory's limit for what is computed allows. Thread-safe."""

    def __init__(self) -> None:
        self.nbytes = 0
        self._lock = threading.Lock()
        self._entries: OrderedDict[_Key, _Entry] = OrderedDict()
        # An owner may die at any moment, also while this thread holds the lock: who comes next tidies up.
        self._dead: deque[_Key] = deque()

    def __len__(self) -> int:
        with self._lock:
            self._tidy()
            return len(self._entries)

    def get(self, line: Line, what: Hashable) -> Any:
        """What was kept about a line, or about a shorter or longer one that grew into it; None if nothing is."""
        owner, key = _place(line, what)
        with self._lock:
            self._tidy()
            entry = self._entries.get(key)
            if entry is None or entry.owner() is not owner:  # an id may be used again
                return None
            self._entries.move_to_end(key)
            return entry.item

    def put(self, line: Line, what: Hashable, item: Any, nbytes: int) -> None:
        """Keep something about a line in place of what was kept before; nothing that is larger than the limit."""
        owner, key = _place(line, what)
        nbytes += OVERHEAD_BYTES
        with self._lock:
            self._tidy()
            self._drop(key)
            max_bytes = get_limits().computed
            if nbytes > max_bytes:
                return
            self._entries[key] = _Entry(weakref.ref(owner, lambda _: self._dead.append(key)), item, nbytes)
            self.nbytes += nbytes
            while self.nbytes > max_bytes:
                self._drop(next(iter(self._entries)))

    def _tidy(self) -> None:
        while self._dead:
            key = self._dead.popleft()
            entry = self._entries.get(key)
            if entry is not None and entry.owner() is None:
                self._drop(key)

    def _drop(self, key: _Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.nbytes -= entry.nbytes


def _place(line: Line, what: Hashable) -> tuple[object, _Key]:
    """Who owns an entry, and its key."""
    if line.growth is None:
        return line, (id(line), what)
    owner, number = line.growth
    return owner, (id(owner), (number, what))


cache = LineCache()
