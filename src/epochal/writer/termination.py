"""SIGTERM, for writers that ask for it: write everything out, then do what would have been done without us.

Python runs a signal's handler on the main thread, between any two of its instructions; also between two of a
call that logs, which may hold a lock or have a value half handed over. A flush would then wait for the very
call that it interrupts. So in that case the handler returns, and a helper thread sends the signal once more a
moment later, when the call has ended.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import weakref
from queue import SimpleQueue
from types import FrameType
from typing import Any

from epochal.writer import lifecycle

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_LOGGING_CODE = tuple(
    os.path.join(_PACKAGE, part) + os.sep for part in ("writer", "summaries", "events", "summary")
)

_RESEND_SECS, _MAX_RESEND_SECS = 0.002, 0.05

_RESEND_FOR_SECS = 3.0
"""A call that still logs after so long waits for a disk, and holds nothing that a flush needs. On a busy machine
the first array of a process takes a second or two: NumPy is imported then."""

_handlers: weakref.WeakSet[_Handler] = weakref.WeakSet()


class _Handler:
    """A handler on top of another; while any writer wants it, everything is written out before that is called."""

    def __init__(self, old: Any) -> None:
        self.users = 0
        self._old = old
        self._received = self._resends = 0
        self._resend_until = 0.0
        self._is_flushing = False
        # The thread is there before the first signal: a handler may interrupt the start of another thread, and
        # starting one then would wait for ever.
        self._resend_requests: SimpleQueue[float | None] | None = SimpleQueue()
        threading.Thread(
            target=_resend, args=(self._resend_requests,), name="epochal-sigterm", daemon=True
        ).start()
        _handlers.add(self)

    def after_fork_in_child(self) -> None:
        """The helper thread is the parent's, and so are the signals it waits to send again."""
        self._received = self._resends = 0
        self._is_flushing = False
        self._resend_requests = None

    def release(self) -> None:
        """One user less; without any, give the signal back.

        Only the main thread can do so, and only while nobody has put a handler on top. Otherwise this one
        stays, and does nothing but call the old one.
        """
        self.users -= 1
        if self.users:
            return
        if self._resend_requests is not None:
            self._resend_requests.put(None)
            self._resend_requests = None
        on_main_thread = threading.current_thread() is threading.main_thread()
        if on_main_thread and _current_handler() is self:
            signal.signal(signal.SIGTERM, self._old)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self._received += not self._resends
        if self._is_flushing:
            return  # another one while the first is handled: it is passed on with that
        requests = self._resend_requests
        now = time.monotonic()
        if not self._resends:
            self._resend_until = now + _RESEND_FOR_SECS
        if requests is not None and now < self._resend_until and _is_logging(frame):
            self._resends += 1
            requests.put(min(self._resends * _RESEND_SECS, _MAX_RESEND_SECS))
            return
        try:
            if self.users:
                self._is_flushing = True
                lifecycle.flush_all()
        finally:
            received, self._received = self._received, 0
            self._resends, self._is_flushing = 0, False
        for _ in range(received):
            self._pass_on(number, frame)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        if callable(self._old):
            self._old(number, frame)
        elif self._old == signal.SIG_DFL:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.raise_signal(signal.SIGTERM)


def _current_handler() -> Any:
    return signal.getsignal(signal.SIGTERM)


def _is_logging(frame: FrameType | None) -> bool:
    """Whether the interrupted code is a call of a writer."""
    while frame is not None:
        if frame.f_code.co_filename.startswith(_LOGGING_CODE):
            return True
        frame = frame.f_back
    return False


def _resend(requests: SimpleQueue[float | None]) -> None:
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    while (delay_secs := requests.get()) is not None:
        time.sleep(delay_secs)
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(main_thread, signal.SIGTERM)
        else:
            signal.raise_signal(signal.SIGTERM)


def _after_fork_in_child() -> None:
    for handler in list(_handlers):
        handler.after_fork_in_child()


lifecycle.call_after_fork_in_child(_after_fork_in_child)


class SigtermHold:
    """One writer's wish that SIGTERM writes everything out; ends with `release`, which may be called again."""

    def __init__(self) -> None:
        """ValueError away from the main thread, and where the handler that is set could not be called again."""
        if threading.current_thread() is not threading.main_thread():
            raise ValueError("only the main thread can handle SIGTERM")
        top = _current_handler()
        if top is None:
            raise ValueError("SIGTERM has a handler that is not Python's")
        if isinstance(top, _Handler) and top.users:
            handler = top
        else:
            handler = _Handler(top)
            signal.signal(signal.SIGTERM, handler)
        handler.users += 1
        self._handler: _Handler | None = handler

    def release(self) -> None:
        """Give up the wish."""
        handler, self._handler = self._handler, None
        if handler is not None:
            handler.release()
