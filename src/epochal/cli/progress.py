"""How far long work has come: a bar on standard error, if that is a terminal and the work takes a while."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

#: Work that is done by then draws nothing, and rich's bars are not even imported.
SHOW_AFTER_SECS = 0.5


class Progress:
    """A context manager around the work; any thread may `advance`. `total`: bytes, or parts of the whole."""

    def __init__(self, what: str, total: int, *, is_bytes: bool = False) -> None:
        self._what = what
        self._total = total
        self._is_bytes = is_bytes
        self._done = 0
        self._lock = threading.Lock()
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        self._timer: threading.Timer | None = None

    def advance(self, amount: int) -> None:
        """So much more is done."""
        with self._lock:
            self._done += amount
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, completed=self._done)

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        count = DownloadColumn() if self._is_bytes else TaskProgressColumn()
        columns = (TextColumn("{task.description}"), BarColumn(), count, TimeElapsedColumn())
        bar = RichProgress(*columns, console=Console(stderr=True), transient=True)
        with self._lock:
            if self._timer is None:
                return  # all was done meanwhile
            self._task = bar.add_task(self._what, total=self._total, completed=self._done)
            self._bar = bar
            bar.start()

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            self._timer = threading.Timer(SHOW_AFTER_SECS, self._start)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._bar is not None:
                self._bar.stop()
                self._bar = None
