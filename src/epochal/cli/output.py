"""Standard output that does not take what is printed: a full disk, a reader that went away."""

from __future__ import annotations

import os
import sys


def drop_unwritten() -> None:
    """Forget what standard output does not take, from now on too. Python would complain at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
