"""The place that a run is written to goes away: deleted, renamed, made read-only. Training hears one warning."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import warnings
from pathlib import Path

import pytest

import epochal
from epochal import SummaryWriter
from epochal.writer import file_writer, run_file
from epochal.writer.warnings import WriterWarning

CALLS = ("open", "write", "makedirs", "ftruncate")


class ReadOnly:
    """A file system that turns read-only, as Linux makes a damaged one, below one directory."""

    def __init__(self, monkeypatch):
        self.directory: str | None = None
        for name in CALLS:
            monkeypatch.setattr(os, name, self._wrap(getattr(os, name)))

    def _wrap(self, real):
        def call(target, *arguments, **keywords):
            if self.directory is not None:
                path = os.readlink(f"/proc/self/fd/{target}") if isinstance(target, int) else str(target)
                if path.startswith(self.directory):
                    raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
            return real(target, *arguments, **keywords)

        return call


ACTIONS = ("delete directory", "delete file", "rotate file", "rename directory", "turn read-only")


def act(action: str, run: Path, read_only: ReadOnly) -> None:
    (file,) = (path for path in run.iterdir() if "tfevents" in path.name)
    if action == "delete directory":
        shutil.rmtree(run)
    elif action == "delete file":
        file.unlink()
    elif action == "rotate file":
        file.rename(file.with_name("rotated.1"))
    elif action == "rename directory":
        run.rename(run.with_name(f"{run.name} moved"))
    else:
        read_only.directory = str(run)


@pytest.mark.parametrize("rounds", [4, pytest.param(100, marks=pytest.mark.soak)])
@pytest.mark.parametrize("action", ACTIONS)
def test_the_place_goes_away(tmp_path, reader, monkeypatch, action, rounds):
    monkeypatch.setattr(run_file, "CHECK_PATH_SECS", 0.0)  # 4 s: how soon a new name is noticed
    monkeypatch.setattr(file_writer, "RETRY_SECS", 0.01)
    read_only = ReadOnly(monkeypatch)
    for number in range(rounds):
        run = tmp_path / f"run{number}"
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            writer = SummaryWriter(run)
            log(writer, range(10))
            act(action, run, read_only)
            log(writer, range(10, 20))
            read_only.directory = None
            log(writer, range(20, 30))
            writer.close()
        assert [warning.category for warning in caught] == [WriterWarning]
        assert str(run) in str(caught[0].message)
        status = writer.status()
        assert (status.waiting_records, status.dropped_scalars) == (0, 0)
        kept = reader.scalars(run)["loss"]  # asserts that each file begins with brain.Event:2
        first = 0 if action == "turn read-only" else 10
        assert kept == [(step, float(step)) for step in range(first, 30)]
        if action == "rename directory":
            assert len(reader.scalars(run.with_name(f"{run.name} moved"))["loss"]) == 10


def log(writer: SummaryWriter, steps: range) -> None:
    for step in steps:
        writer.add_scalar("loss", float(step), step)
    writer.flush()


# A user who must not write is needed: root may write anywhere.
AS_ANOTHER_USER = """
import json, os, sys, warnings
from pathlib import Path
from epochal import SummaryWriter
from epochal.writer import file_writer
tree, rounds = Path(sys.argv[1]), int(sys.argv[2])
file_writer.RETRY_SECS = 0.01
def log(writer, steps):
    for step in steps:
        writer.add_scalar("loss", float(step), step)
    writer.flush()
with SummaryWriter(tree / "first") as writer:  # imports what it needs
    log(writer, range(10))
if os.geteuid() == 0:
    os.chmod(tree, 0o777)
    os.setegid(65534)
    os.seteuid(65534)
report = []
for number in range(rounds):
    run = tree / f"run{number}"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        writer = SummaryWriter(run)
        log(writer, range(10))
        (file,) = run.iterdir()
        file.unlink()  # an open file can be written to for ever: a new one must be needed
        run.chmod(0o555)
        log(writer, range(10, 20))
        blocked = len(list(run.iterdir()))
        run.chmod(0o755)
        log(writer, range(20, 30))
        writer.close()
    report.append((blocked, len(caught), writer.status().dropped_scalars))
print(json.dumps(report))
"""


@pytest.mark.parametrize("rounds", [4, pytest.param(100, marks=pytest.mark.soak)])
def test_the_directory_becomes_read_only(reader, rounds):
    with tempfile.TemporaryDirectory(prefix="epochal-read-only-") as directory:
        process = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(AS_ANOTHER_USER), directory, str(rounds)],
            env={**os.environ, "PYTHONPATH": str(Path(epochal.__file__).parent.parent)},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert process.returncode == 0, process.stderr
        assert json.loads(process.stdout) == [[0, 1, 0]] * rounds
        for number in range(rounds):
            kept = reader.scalars(Path(directory) / f"run{number}")["loss"]
            assert kept == [(step, float(step)) for step in range(10, 30)]


pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc and POSIX permissions")
