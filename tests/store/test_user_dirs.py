"""Where the cache and the state of a user go on each system."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from epochal.store.user_dirs import find_cache_dir, find_state_dir

CASES = [
    (find_cache_dir, "EPOCHAL_CACHE_DIR", "XDG_CACHE_HOME", ".cache", os.path.join("Library", "Caches")),
    (
        find_state_dir,
        "EPOCHAL_STATE_DIR",
        "XDG_STATE_HOME",
        os.path.join(".local", "state"),
        os.path.join("Library", "Application Support"),
    ),
]


@pytest.mark.skipif(os.name != "posix", reason="about homes of Linux and macOS")
@pytest.mark.parametrize(("find", "variable", "xdg", "linux", "mac"), CASES)
def test_the_first_that_is_named_counts(
    find: Callable[[], str | None],
    variable: str,
    xdg: str,
    linux: str,
    mac: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(variable, raising=False)
    monkeypatch.delenv(xdg, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert find() == str(tmp_path / linux / "epochal")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert find() == str(tmp_path / mac / "epochal")
    monkeypatch.setenv(xdg, "relative/is/ignored")
    assert find() == str(tmp_path / mac / "epochal")
    monkeypatch.setenv(xdg, str(tmp_path / "xdg"))
    assert find() == str(tmp_path / "xdg" / "epochal")
    monkeypatch.setenv(variable, "~/mine")
    assert find() == str(tmp_path / "mine")


@pytest.mark.parametrize("find", [case[0] for case in CASES])
def test_without_a_home_there_is_none(find: Callable[[], str | None], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EPOCHAL_CACHE_DIR", "EPOCHAL_STATE_DIR", "XDG_CACHE_HOME", "XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for home in ("~", os.sep):
        monkeypatch.setattr(os.path, "expanduser", lambda _, home=home: home)
        assert find() is None
