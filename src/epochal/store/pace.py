"""When to look at a logdir again: often enough to be live, seldom enough that nobody notices."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from epochal.store.log_file import LogFile
    from epochal.types import Live

#: A scan of the whole tree may take this share of a core while notification works, and while polling is all there
#: is; so may looks at the files that are being written.
WATCHING_SHARE, POLLING_SHARE, LOOKING_SHARE = 0.003, 0.006, 0.003

#: At most this often is a directory that does not exist looked for.
MISSING_SECS = 1.0

#: After so many looks that found nothing, polling becomes slower, by and by, down to the interval times SLOWEST.
PATIENCE_LOOKS, SLOWING, SLOWEST = 12, 1.25, 4.0

#: Files written to within so long are being written, and so many of them are looked at between two scans.
ACTIVE_SECS, MAX_ACTIVE = 900.0, 1000


class Pace:
    """Times of looks at one logdir, in monotonic seconds. Used by the loader's thread only.

    A scan looks through the whole tree; a look asks only about files that were written to lately, for polling of a
    tree so large that scans are far apart. `interval_secs` 0: one scan, no more.
    """

    def __init__(self, interval_secs: float) -> None:
        self._interval = interval_secs
        self.scan_secs = 0.0
        self.scanned_at = float("-inf")
        self._look_secs = 0.0
        self._looked_at = float("-inf")
        self._quiet_looks = 0

    def note_scan(self, began: float) -> None:
        """A scan has ended that began then."""
        self.scanned_at = self._looked_at = time.monotonic()
        self.scan_secs = self.scanned_at - began

    def note_look(self, began: float) -> None:
        """A look has ended that began then."""
        self._looked_at = time.monotonic()
        self._look_secs = self._looked_at - began

    def note_result(self, found_something: bool) -> None:
        """Whether the last scan or look found anything new."""
        self._quiet_looks = 0 if found_something else self._quiet_looks + 1

    def scan_due(self, live: Live, exists: bool) -> float:
        """When the whole tree is due."""
        if self._interval == 0:
            return float("inf")
        if not exists:
            return self.scanned_at + min(self._interval, MISSING_SECS)
        if live == "watching":
            return self.scanned_at + max(self._interval, self.scan_secs / WATCHING_SHARE)
        return self.scanned_at + max(self._slowed(), self.scan_secs / POLLING_SHARE)

    def look_due(self, live: Live, exists: bool) -> float:
        """When the files that are being written are due; never where notification or scans do."""
        if live != "polling" or not exists:
            return float("inf")
        pause = max(self._slowed(), self._look_secs / LOOKING_SHARE)
        if self.scan_due(live, exists) <= self._looked_at + 1.5 * pause:
            return float("inf")
        return self._looked_at + pause

    def _slowed(self) -> float:
        steps = max(0, self._quiet_looks - PATIENCE_LOOKS)
        return self._interval * min(SLOWEST, SLOWING ** min(steps, 100))


def list_active(files: Iterable[LogFile]) -> set[str]:
    """The paths of the files that were written to lately, the latest ones if there are many."""
    since = time.time() - ACTIVE_SECS
    active = [(file.found.stat.modified, file.path) for file in files if file.found.stat.modified >= since]
    active.sort(reverse=True)
    return {path for _, path in active[:MAX_ACTIVE]}
