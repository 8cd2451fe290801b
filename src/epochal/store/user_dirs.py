"""The user's own folders: one for what Epochal can make anew (cache), one for what it cannot (state)."""

from __future__ import annotations

import os
import sys

CACHE_VARIABLE = "EPOCHAL_CACHE_DIR"
STATE_VARIABLE = "EPOCHAL_STATE_DIR"


def find_cache_dir() -> str | None:
    """EPOCHAL_CACHE_DIR, else the place that the system's users expect; None if there is no home directory.

    The directory need not exist.
    """
    return _find(CACHE_VARIABLE, "XDG_CACHE_HOME", (".cache",), ("Library", "Caches"), "cache")


def find_state_dir() -> str | None:
    """EPOCHAL_STATE_DIR, else the place that the system's users expect; None if there is no home directory.

    The directory need not exist.
    """
    mac = ("Library", "Application Support")
    return _find(STATE_VARIABLE, "XDG_STATE_HOME", (".local", "state"), mac, "state")


def _find(
    variable: str, xdg_variable: str, linux: tuple[str, ...], mac: tuple[str, ...], windows: str
) -> str | None:
    given = os.environ.get(variable, "")
    if given:
        return os.path.abspath(os.path.expanduser(given))
    if os.name == "nt":
        local = os.environ.get("LOCALAPPDATA", "")
        return os.path.join(local, "epochal", windows) if os.path.isabs(local) else None
    xdg = os.environ.get(xdg_variable, "")
    if os.path.isabs(xdg):  # the specification: anything else is to be ignored
        return os.path.join(xdg, "epochal")
    home = os.path.expanduser("~")
    if not os.path.isabs(home) or home == os.sep:
        return None
    return os.path.join(home, *(mac if sys.platform == "darwin" else linux), "epochal")
