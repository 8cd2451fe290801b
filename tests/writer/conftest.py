"""Readers of what the writer wrote, independent of Epochal's own: TensorBoard's message classes."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import textwrap
import time
import warnings
from pathlib import Path

import pytest

import epochal

sys.path.append(str(Path(__file__).parent))

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the peers' imports say of each other is not ours to fail on
    from tensorboard.compat.proto.event_pb2 import Event


def read_file(path: Path) -> list[Event]:
    """All events of a file, which must be whole: every frame, both CRCs, the header first."""
    from epochal.events.core import masked_crc32c

    data = path.read_bytes()
    events = []
    position = 0
    while position < len(data):
        (size,) = struct.unpack_from("<Q", data, position)
        assert struct.unpack_from("<I", data, position + 8)[0] == masked_crc32c(data[position : position + 8])
        payload = data[position + 12 : position + 12 + size]
        assert len(payload) == size, "torn record"
        assert struct.unpack_from("<I", data, position + 12 + size)[0] == masked_crc32c(payload)
        events.append(Event.FromString(payload))
        position += size + 16
    assert events, f"{path} is empty"
    assert events[0].file_version == "brain.Event:2"
    return events


def event_files(directory: Path) -> list[Path]:
    return sorted(path for path in Path(directory).iterdir() if "tfevents" in path.name)


def read_run(directory: Path) -> list[Event]:
    """The events of all files of a directory, by file name, headers left out."""
    return [event for path in event_files(directory) for event in read_file(path)[1:]]


def scalars(directory: Path) -> dict[str, list[tuple[int, float]]]:
    """(step, value) in file order by tag."""
    points: dict[str, list[tuple[int, float]]] = {}
    for event in read_run(directory):
        for value in event.summary.value:
            if value.HasField("simple_value"):
                points.setdefault(value.tag, []).append((event.step, value.simple_value))
    return points


class Reader:
    read_file = staticmethod(read_file)
    event_files = staticmethod(event_files)
    read_run = staticmethod(read_run)
    scalars = staticmethod(scalars)


@pytest.fixture
def reader() -> type[Reader]:
    return Reader


@pytest.fixture
def run_script(tmp_path):
    """Start a Python script with Epochal importable; returns the Popen, killed at the end of the test."""
    started: list[subprocess.Popen[str]] = []

    def run(code: str, *arguments: object, wait: bool = True) -> subprocess.Popen[str]:
        script = tmp_path / f"script_{len(started)}.py"
        script.write_text(textwrap.dedent(code))
        source = str(Path(epochal.__file__).parent.parent)
        process = subprocess.Popen(
            [sys.executable, str(script), *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": source},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        started.append(process)
        if wait:
            process.output, process.errors = process.communicate(timeout=60)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=10)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def fault(monkeypatch):
    """Make os.write misbehave for event files: assign a function of (real write, fd, data)."""
    real = os.write

    class Fault:
        act = None

        def is_event_file(self, fd: int) -> bool:
            try:
                return "tfevents" in os.readlink(f"/proc/self/fd/{fd}")
            except OSError:
                return False

    state = Fault()

    def write(fd, data):
        if state.act is not None and state.is_event_file(fd):
            return state.act(real, fd, data)
        return real(fd, data)

    monkeypatch.setattr(os, "write", write)
    yield state
    state.act = None


@pytest.fixture
def quick(monkeypatch):
    """Have writers try again, and give up, sooner."""
    from epochal.writer import file_writer

    monkeypatch.setattr(file_writer, "RETRY_SECS", 0.05)
    monkeypatch.setattr(file_writer, "STALL_SECS", 0.5)


@pytest.fixture
def wait_until():
    """Poll until a condition holds; fails after `secs`."""

    def wait(condition, secs: float = 20.0) -> None:
        end = time.monotonic() + secs
        while not condition():
            assert time.monotonic() < end, "timed out"
            time.sleep(0.01)

    return wait


@pytest.fixture(scope="session")
def stock_logdir(tmp_path_factory):
    """A logdir that holds the output of every method."""
    from stock_logs import write_logs

    directory = tmp_path_factory.mktemp("stock")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch.jit
        write_logs(directory)
    return directory


@pytest.fixture(scope="session", params=["true", "false"], ids=["rust loader", "python loader"])
def get(request, stock_logdir):
    """GET a route of a real TensorBoard that serves `stock_logdir`, once with each of its loaders."""
    from stock_logs import serve

    with serve(stock_logdir, request.param) as get_route:
        yield get_route
