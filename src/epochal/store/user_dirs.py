"""Where Epochal keeps what it can make anew: the user's cache directory."""

from __future__ import annotations

import os
import sys

VARIABLE = "EPOCHAL_CACHE_DIR"


def find_cache_dir() -> str | None:
    """EPOCHAL_CACHE_DIR, else the place that the system's users expect; None if there is no home directory.

    The directory need not exist.
    """
    given = os.environ.get(VARIABLE, "")
    if given:
        return os.path.abspath(os.path.expanduser(given))
    if os.name == "nt":
        local = os.environ.get("LOCALAPPDATA", "")
        return os.path.join(local, "epochal", "cache") if os.path.isabs(local) else None
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(xdg):  # the specification: anything else is to be ignored
        return os.path.join(xdg, "epochal")
    home = os.path.expanduser("~")
    if not os.path.isabs(home) or home == os.sep:
        return None
    return os.path.join(home, *(("Library", "Caches") if sys.platform == "darwin" else (".cache",)), "epochal")
