"""Files that are copies of each other count once, and say so; what only looks alike counts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from store_follow import has_steps, load, steps, until
from store_logs import LogWriter, image_record, scalar_record

from epochal.store import copies, log_file
from epochal.store.reloader import Reloader

NAME = "events.out.tfevents.1000.host.1.0"
COPY = "events.out.tfevents.1000.host.1.0 (copy)"


def make_log(folder: Path) -> LogWriter:
    log = LogWriter(folder)
    log.scalars("loss", list(range(100)), [float("nan") if step == 7 else 0.5 * step for step in range(100)])
    log.write(image_record("img", bytes(100), 1, 2000.0))
    log.scalars("acc", [0])
    return log


def link(source: Path, target: Path) -> None:
    os.link(source, target)


def link_symbolically(source: Path, target: Path) -> None:
    target.symlink_to(source.name)


@pytest.mark.parametrize("make_copy", [shutil.copyfile, shutil.copy2, link, link_symbolically])
@pytest.mark.parametrize("indexed", [False, True])
def test_a_copy_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_copy: Callable[[Path, Path], object], indexed: bool
):
    monkeypatch.setenv("EPOCHAL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(log_file, "MIN_INDEXED_BYTES", 0)
    log = make_log(tmp_path / "logs" / "run")
    make_copy(log.path, log.path.with_name(COPY))
    if indexed:
        first = Reloader(tmp_path / "logs")
        first.load()
        first.stop()
    snapshot = load(tmp_path / "logs")
    assert snapshot.runs["run"].points == 102
    series = snapshot.find_tag("run", "loss", "scalars").scalars()
    assert (series.lanes, series.step.tolist()) == (1, list(range(100)))
    assert not series.superseded.any()
    assert len(snapshot.find_tag("run", "img", "images").blobs()) == 1
    (problem,) = snapshot.problems
    assert (problem.file, problem.offset) == (f"run/{COPY}", None)
    assert f"run/{NAME}" in problem.message


def test_whoever_goes_on_is_no_copy_any_more(tmp_path: Path, follow: Callable[..., Reloader]):
    log = make_log(tmp_path / "run")
    reloader = follow(tmp_path)
    shutil.copyfile(log.path, log.path.with_name(COPY))
    snapshot = until(reloader, lambda s: len(s.problems) == 1)
    assert steps(snapshot) == list(range(100))
    log.scalars("loss", [100], start=3000.0)
    snapshot = until(reloader, lambda s: not s.problems)
    assert snapshot.find_tag("run", "loss", "scalars").points == 201  # the shorter one is another file now
    shutil.copyfile(log.path, log.path.with_name(COPY))
    until(reloader, lambda s: len(s.problems) == 1 and has_steps(101)(s))
    log.path.unlink()
    snapshot = until(reloader, lambda s: not s.problems and len(s.runs["run"].files) == 1)
    assert steps(snapshot) == list(range(101))


def test_two_links_to_a_file_that_grows(tmp_path: Path, follow: Callable[..., Reloader]):
    log = make_log(tmp_path / "run")
    os.link(log.path, log.path.with_name(COPY))
    reloader = follow(tmp_path)
    for step in range(100, 110):
        log.scalars("loss", [step], start=3000.0 + step)
        assert steps(until(reloader, has_steps(step + 1))) == list(range(step + 1))


def test_what_differs_in_one_value_is_no_copy(tmp_path: Path):
    """Same size, beginning and end: only the columns tell."""
    log = make_log(tmp_path / "run")
    data = log.path.read_bytes()
    for number, (old, new) in enumerate(
        (
            (scalar_record("loss", 10.0, 20, 1021.0), scalar_record("loss", 10.5, 20, 1021.0)),
            (scalar_record("loss", 10.0, 20, 1021.0), scalar_record("lose", 10.0, 20, 1021.0)),
            (scalar_record("loss", 10.0, 20, 1021.0), scalar_record("loss", 10.0, 20, 1021.5)),
            (image_record("img", bytes(100), 1, 2000.0), image_record("img", b"\1" * 100, 1, 2000.0)),
        )
    ):
        assert data.count(old) == 1
        log.path.with_name(f"events.out.tfevents.1000.host.1.{number + 1}").write_bytes(data.replace(old, new))
    snapshot = load(tmp_path)
    assert snapshot.problems == ()
    assert snapshot.runs["run"].points == 5 * 102


def test_no_two_files_are_compared_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    compared = []
    real = copies._have_same_points
    monkeypatch.setattr(copies, "_have_same_points", lambda a, b: (compared.append((a, b)), real(a, b))[1])
    log = make_log(tmp_path / "run")
    shutil.copyfile(log.path, log.path.with_name(COPY))
    other = LogWriter(tmp_path / "run", "events.out.tfevents.2000.host.1.0", begun=5000.0)
    reloader = Reloader(tmp_path)
    for step in range(5):
        other.scalars("other", [step], start=5001.0 + step)
        assert len(reloader.load().problems) == 1
    assert len(compared) == 1
