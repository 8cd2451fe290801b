"""Wakes one waiting thread, cheaply enough for a training loop."""

from __future__ import annotations

import threading


class Doorbell:
    """A binary semaphore: rings before `wait` are remembered as one. Safe in signal handlers."""

    at_once = False
    """Whether somebody who cannot wait has rung; the waiting thread clears it when it begins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def ring(self, at_once: bool = False) -> None:
        """End the present or the next `wait`."""
        if at_once:
            self.at_once = True
        try:
            self._lock.release()
        except RuntimeError:
            pass  # already rung

    def wait(self, timeout_secs: float | None) -> bool:
        """Return True when rung, False after the timeout, if any."""
        return self._lock.acquire(timeout=-1 if timeout_secs is None else timeout_secs)
