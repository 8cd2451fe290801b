"""Work on many lines at once: the native core computes without the GIL."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

#: Less than so many points are not worth waking threads for.
WORTHWHILE_POINTS = 100_000

_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None


def map_lines(work: Callable[[_Item], _Result], items: Sequence[_Item], points: int) -> list[_Result]:
    """`work` of each item, in order; on all cores if the items have many points together."""
    shares = min(os.cpu_count() or 1, 8, len(items))
    if shares < 2 or points < WORTHWHILE_POINTS:
        return [work(item) for item in items]
    # Each thread takes the next item that nobody has; this one too, so that a busy pool holds nothing up.
    left = iter(range(len(items)))
    results: dict[int, _Result] = {}

    def take_turns() -> None:
        for number in left:
            results[number] = work(items[number])

    pool = _get_pool()
    others = [pool.submit(take_turns) for _ in range(shares - 1)]
    take_turns()
    for other in others:
        if not other.cancel():
            other.result()
    return [results[number] for number in range(len(items))]


def _get_pool() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1), "epochal-lines")
        return _pool
