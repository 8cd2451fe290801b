"""A log_dir that cannot be one: one sentence says why, and nobody waits for it when the writer closes."""

from __future__ import annotations

import errno
import os
import time
import warnings
from pathlib import Path

import pytest

from epochal import SummaryWriter
from epochal.writer import file_writer
from epochal.writer.warnings import WriterWarning


def make_file(path: Path) -> Path:
    path.write_text("not a directory")
    return path


def make_loop(path: Path) -> Path:
    path.symlink_to(path)
    return path


WRONG = {
    "a file": (lambda tmp: make_file(tmp / "file"), ": it is a file, not a directory", "NotADirectoryError"),
    "below a file": (
        lambda tmp: make_file(tmp / "file") / "deep" / "run",
        "/file is a file, not a directory",
        "NotADirectoryError",
    ),
    "too long": (lambda tmp: tmp / ("x" * 300), "File name too long", "OSError"),
    "a loop": (lambda tmp: make_loop(tmp / "loop"), ": it is a link that leads to no directory", "NotADirectory"),
}


def log_to(path: Path) -> tuple[SummaryWriter, list[str], float]:
    """Log and close twice; return the writer, what it warned of, and how long closing took."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        writer = SummaryWriter(path)
        writer.add_scalar("loss", 1.0, 0)
        started = time.monotonic()
        writer.close()
        writer.close()
        secs = time.monotonic() - started
    assert {warning.category for warning in caught} == {WriterWarning}
    return writer, [str(warning.message) for warning in caught], secs


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_log_dir_is_told_once_and_holds_nobody_up(tmp_path, kind):
    make, reason, name = WRONG[kind]
    path = make(tmp_path)
    writer, messages, secs = log_to(path)
    assert len(messages) == 1
    assert messages[0].startswith(f"epochal: nothing can be written to {path}: ")
    assert messages[0].endswith(reason)
    assert secs < file_writer.STALL_SECS / 2
    assert writer.status().last_error.startswith(name)
    assert writer.status().waiting_records > 0


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_parent_that_takes_nothing(tmp_path, monkeypatch, wait_until, reader, number):
    """Once it does, all is written, though the writer was closed."""
    monkeypatch.setattr(file_writer, "RETRY_SECS", 0.05)
    real, refused = os.mkdir, [True]

    def mkdir(path, *arguments):
        if refused[0] and str(path).startswith(str(tmp_path)):
            raise OSError(number, os.strerror(number), path)
        return real(path, *arguments)

    monkeypatch.setattr(os, "mkdir", mkdir)
    writer, messages, secs = log_to(tmp_path / "run")
    assert messages == [f"epochal: nothing can be written to {tmp_path / 'run'}: {os.strerror(number)}"]
    assert secs < file_writer.STALL_SECS / 2
    refused[0] = False
    wait_until(lambda: writer.status().waiting_records == 0)
    assert reader.scalars(tmp_path / "run") == {"loss": [(0, 1.0)]}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_disk_in_trouble_is_waited_for(tmp_path, monkeypatch, quick, number):
    def mkdir(path, *arguments):
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(os, "mkdir", mkdir)
    _, _, secs = log_to(tmp_path / "run")
    assert secs >= file_writer.STALL_SECS
    monkeypatch.undo()


def test_a_strict_writer_raises_the_cause(tmp_path):
    path = make_file(tmp_path / "file")
    with pytest.raises(NotADirectoryError, match=r"Not a directory: .*file"):
        SummaryWriter(path, strict=True)
