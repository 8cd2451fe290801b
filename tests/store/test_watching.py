"""Where the system tells of changes, and where it does not any more: polling goes on, and one line says so."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import watchfiles._rust_notify
from store_follow import PATIENCE_SECS, has_steps, until
from store_logs import LogWriter

from epochal.store import watcher
from epochal.store.reloader import Reloader

FOLLOW = """
import sys, time
from pathlib import Path
sys.path.append(sys.argv[2])
from store_logs import LogWriter
from epochal.store.reloader import Reloader
reloader = Reloader(sys.argv[1], reload_interval_secs=0.2)
reloader.start()
reloader.wait_until_loaded(30)
deadline = time.monotonic() + 30
while reloader._watch and time.monotonic() < deadline:
    time.sleep(0.05)
print(reloader._live, len(reloader.snapshot.runs))
LogWriter(Path(sys.argv[1]) / "later").scalars("loss", [0, 1])
while "later" not in reloader.snapshot.runs and time.monotonic() < deadline:
    time.sleep(0.05)
print(reloader.snapshot.runs["later"].points)
reloader.stop()
"""


def few_watches(count: int) -> list[str]:
    """A command that runs what follows where only so many folders can be watched; skips where there is no such."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("needs unshare")
    limited = [unshare, "--user", "--map-root-user", "sh", "-c"]
    command = f'echo {count} > /proc/sys/user/max_inotify_watches && exec "$@"'
    if subprocess.run([*limited, command, "sh", "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs user namespaces")
    return [*limited, command, "sh"]


def test_without_enough_watches_it_polls_and_says_so_once(tmp_path: Path):
    for number in range(30):
        LogWriter(tmp_path / "logs" / f"run{number}")
    run = subprocess.run(
        [*few_watches(10), sys.executable, "-c", FOLLOW, str(tmp_path / "logs"), str(Path(__file__).parent)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert run.stdout.split() == ["polling", "30", "2"], run.stderr
    (line,) = run.stderr.splitlines()
    assert "every 0.2 s" in line
    assert line.endswith(".")


def test_watching_that_ends_later_is_replaced_by_polling(
    tmp_path: Path,
    follow: Callable[..., Reloader],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
):
    """The limit may be reached by folders that come later: the back-end then fails while it watches."""
    broken = []

    def fail(self: watcher.Watcher, changes: object) -> None:
        broken.append(changes)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(watcher.Watcher, "_sort_out", fail)
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", [0])
    reloader = follow(tmp_path)
    until(reloader, lambda s: s.live == "watching")
    log.scalars("loss", [1])
    assert until(reloader, lambda s: has_steps(2)(s) and s.live == "polling")
    log.scalars("loss", [2])
    until(reloader, has_steps(3))
    assert len(broken) == 1
    assert capfd.readouterr().err.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only there does the back-end keep what is gone")
def test_the_back_end_is_renewed_and_nothing_is_missed(
    tmp_path: Path, follow: Callable[..., Reloader], monkeypatch: pytest.MonkeyPatch
):
    """It keeps the paths of deleted folders for as long as it lives."""
    opened = []
    real = watchfiles._rust_notify.RustNotify

    def open_one(*arguments: object) -> object:
        opened.append(arguments)
        if len(opened) == 2:
            raise OSError(24, "Too many open files")  # then the old one goes on
        return real(*arguments)

    monkeypatch.setattr(watchfiles._rust_notify, "RustNotify", open_one)
    monkeypatch.setattr(watcher, "RENEW_FOLDERS", 3)
    LogWriter(tmp_path / "run").scalars("loss", [0])
    reloader = follow(tmp_path, reload_interval_secs=600.0)
    until(reloader, lambda s: s.live == "watching")
    before = count_watchers()
    for number in range(1, 10):
        log = LogWriter(tmp_path / f"run{number}")
        until(reloader, lambda s: f"run{number}" in s.runs)  # noqa: B023
        log.scalars("loss", [0])
        until(reloader, has_steps(1, f"run{number}"))
        shutil.rmtree(log.path.parent)
        until(reloader, lambda s: len(s.runs) == 1)
    assert 3 <= len(opened) <= 5
    assert reloader.snapshot.live == "watching"
    deadline = time.monotonic() + PATIENCE_SECS
    while count_watchers() > before:  # the thread of the last but one may still be ending
        assert time.monotonic() < deadline
        time.sleep(0.02)


def count_watchers() -> int:
    count = 0
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            count += "inotify" in os.readlink(path)
    return count
