"""Files that are gone: nothing keeps what was decoded of them longer than the snapshots that they were in."""

from __future__ import annotations

import gc
import shutil
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from store_follow import PATIENCE_SECS, until
from store_logs import LogWriter

from epochal.store.file_columns import FileColumns
from epochal.store.on_demand import LogdirReader
from epochal.store.reloader import Reloader
from epochal.store.snapshot import Run

pytestmark = pytest.mark.usefixtures("cache")

NAME = "events.out.tfevents.1000.host.1.0"
COPY = "events.out.tfevents.1000.host.1.0 (copy)"


def columns_of(run: Run, file: int = 0) -> weakref.ref[FileColumns]:
    return weakref.ref(run.files[file].columns)


def is_let_go_of(columns: weakref.ref[FileColumns]) -> bool:
    """Whether nothing keeps the columns, soon: long before a file counts as settled."""
    deadline = time.monotonic() + PATIENCE_SECS
    while time.monotonic() < deadline:
        gc.collect()
        if columns() is None:
            return True
        time.sleep(0.02)
    return False


def test_a_run_that_is_deleted_while_it_is_written(tmp_path: Path, follow: Callable[..., Reloader]):
    for name in ("a", "b"):
        LogWriter(tmp_path / name).scalars("loss", list(range(100)))
    reloader = follow(tmp_path)
    columns = columns_of(reloader.snapshot.runs["a"])
    assert reloader.snapshot.find_tag("a", "loss", "scalars").scalars().step[-1] == 99
    shutil.rmtree(tmp_path / "a")
    until(reloader, lambda s: "a" not in s.runs)
    assert is_let_go_of(columns)
    assert reloader.snapshot.find_tag("b", "loss", "scalars").scalars().step[-1] == 99


def test_a_run_that_is_deleted_between_two_looks_of_a_reader(tmp_path: Path):
    for name in ("a", "b"):
        LogWriter(tmp_path / name).scalars("loss", list(range(100)))
    reader = LogdirReader(tmp_path)
    columns = columns_of(reader.load_run("a"))
    assert reader.load_run("a").find_tag("scalars", "loss").scalars().step[-1] == 99
    shutil.rmtree(tmp_path / "a")
    reader.refresh()
    assert is_let_go_of(columns)
    reader.stop()


@pytest.mark.parametrize("others", [0, 1])
def test_a_copy_that_is_deleted(tmp_path: Path, follow: Callable[..., Reloader], others: int):
    log = LogWriter(tmp_path / "run", NAME)
    log.scalars("loss", list(range(100)))
    shutil.copyfile(log.path, log.path.with_name(COPY))
    for number in range(others):
        LogWriter(tmp_path / "run", f"events.out.tfevents.2000.host.1.{number}", begun=2000.0).scalars("acc", [1])
    reloader = follow(tmp_path)
    snapshot = until(reloader, lambda s: s.points == 100 + others)
    columns = columns_of(snapshot.runs["run"], 1)
    assert snapshot.runs["run"].files[1].file.path.endswith(COPY)
    del snapshot
    log.path.with_name(COPY).unlink()
    until(reloader, lambda s: not s.problems)
    assert is_let_go_of(columns)
