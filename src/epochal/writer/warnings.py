"""How logging speaks up: each trouble once, or once a minute, and never as an exception.

A user who turns warnings into errors still must not lose a training run to a log line, so a warning that
would raise is printed instead.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

REPEAT_SECS = 60.0

#: Where a warning of a background thread comes from: no line of the user's, and threading's would mislead.
_BACKGROUND = "<background thread>"


class WriterWarning(UserWarning):
    """Something could not be logged as asked; training goes on."""


class WarnOnce:
    """Warns once per key, or, for lasting trouble, at most once a minute per key.

    Without a lock, which a fork could leave locked: two threads at the same instant may both warn.
    """

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def warn(self, key: str, message: str, repeat: bool = False) -> None:
        """Warn with `message` unless `key` has been heard; with `repeat`, unless within the last minute."""
        now = time.monotonic()
        last = self._last.get(key)
        if last is not None and not (repeat and now - last >= REPEAT_SECS):
            return
        self._last[key] = now
        _warn(message)


def _warn(message: str) -> None:
    text = f"epochal: {message}"
    try:
        frame, depth = _caller()
        if frame.f_code.co_filename == threading.__file__:  # below it is only the start of a thread of ours
            warnings.warn_explicit(text, WriterWarning, _BACKGROUND, 1)
        else:
            warnings.warn(text, WriterWarning, stacklevel=depth)
    except Exception:  # noqa: BLE001 - a filter that raises it, or whatever a hook of the user's does
        if sys.stderr is not None:
            print(f"WriterWarning: epochal: {message}", file=sys.stderr)


def _caller() -> tuple[FrameType, int]:
    """The first frame outside this package (the line of the training script), and its stack level for `_warn`."""
    depth = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
        depth += 1
    return frame, depth
