"""The thread that keeps a mirror current while a server shows it: seldom where nothing changes.

Object stores charge for each listing (one for a thousand files): while something changes there is one in each
interval, after a quiet hour one a minute, and after failures one in five minutes at least.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from epochal.store.mirror import Mirror
from epochal.store.remote import RemoteError

#: After so many listings without news they become rarer, by and by, but never rarer than …
PATIENCE_LOOKS, SLOWING, SLOWEST_SECS = 12, 1.25, 60.0

#: After failures the pause doubles, up to …
MAX_FAILURE_SECS = 300.0


class MirrorFollower:
    """Follows from `start` to `stop`; `on_round` is called, by its thread, when something may have changed.

    `interval_secs` 0: one round, and one for each `look_now`.
    """

    def __init__(self, mirror: Mirror, interval_secs: float, on_round: Callable[[], None]) -> None:
        self.mirror = mirror
        self._interval = interval_secs
        self._on_round = on_round
        self._quiet_looks = self._failures = 0
        self._thread: threading.Thread | None = None
        self._condition = threading.Condition()
        self._asked = self._answered = 0
        self._rounds = 0
        self._stopping = False

    @property
    def is_first(self) -> bool:
        """Whether the first round goes on: there is more than is here."""
        return self._rounds == 0

    def start(self) -> None:
        """Begin to follow. A second call does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="epochal-mirror", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End following. Returns when the thread has ended, or after 1 s; the mirror is left to others."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        if self._thread is not None:
            self._thread.join(1.0)

    def run_once(self) -> None:
        """A round in this thread, for tools that do not follow. RemoteError."""
        self.mirror.look()
        self.mirror.fetch_all()
        self._rounds += 1

    def look_now(self, timeout: float) -> None:
        """Have a round begin at once, and wait until it has ended, or the timeout (seconds)."""
        with self._condition:
            self._asked += 1
            mine = self._asked
            self._condition.notify_all()
            self._condition.wait_for(lambda: self._answered >= mine or self._stopping, timeout)

    def pause_secs(self) -> float:
        """How long to wait before the next round."""
        if self._interval == 0:
            return threading.TIMEOUT_MAX
        if self._failures:
            return max(self._interval, min(MAX_FAILURE_SECS, self._interval * 2.0 ** min(self._failures, 30)))
        steps = min(100, max(0, self._quiet_looks - PATIENCE_LOOKS))
        return max(self._interval, min(SLOWEST_SECS, self._interval * SLOWING**steps))

    def _follow(self) -> None:
        while not self._stopping:
            asked = self._asked
            self._round()
            with self._condition:
                self._answered = asked
                self._rounds += 1
                self._condition.notify_all()
            self._on_round()
            with self._condition:
                self._condition.wait_for(self._is_wanted, self.pause_secs())

    def _is_wanted(self) -> bool:
        return self._stopping or self._asked > self._answered

    def _round(self) -> None:
        try:
            has_news = self.mirror.look()
            if has_news:
                self._on_round()  # the new runs' names, before the first byte of them
            self.mirror.fetch_all(lambda: not self._stopping)
        except RemoteError:
            self._failures += 1  # among the mirror's problems
        except Exception:
            # A bug of ours, or of a package for some store. Following on is better than a page that stands still.
            logging.getLogger(__name__).exception("copying %s failed", self.mirror.url)
            self._failures += 1
        else:
            self._failures = 0
            self._quiet_looks = 0 if has_news else self._quiet_looks + 1
