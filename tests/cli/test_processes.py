"""The commands as real processes: pipes, signals, terminals, what is imported, how much memory they take."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_logs import START, scalar_record, write_file

from epochal.events.core import RecordBuffer, frame_record
from epochal.events.messages import encode_event

SECS = 60.0
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def start(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-W", "error", "-m", "epochal", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("command", [["export", "-o", "-"], ["show", "--json"], ["du", "--by", "run-tag"]])
def test_a_reader_that_goes_away_is_no_error(tmp_path: Path, command: list[str]) -> None:
    tags = [f"{'long' * 20}/{number}" for number in range(5000)]
    write_file(tmp_path / "events.out.tfevents.1.a", *(scalar_record(tag, 1.0, 0) for tag in tags))
    process = start(command[0], tmp_path, *command[1:])
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(SECS) == 0


def write_large(folder: Path, count: int) -> None:
    folder.mkdir()
    records = RecordBuffer(1 << 40)
    with open(folder / "events.out.tfevents.1.a", "wb") as out:
        out.write(frame_record(encode_event(START, file_version="brain.Event:2")))
        for first in range(0, count, 100_000):
            for step in range(first, first + 100_000):
                records.append_scalar("x", step * 0.5, step, START + step)
            out.write(records.take(1 << 40))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for others")
@pytest.mark.parametrize(("number", "status"), [(2, 130), (15, 143), (1, 129)], ids=["int", "term", "hup"])
def test_ctrl_c_is_quiet_and_leaves_nothing(tmp_path: Path, number: int, status: int) -> None:
    write_large(tmp_path / "logs", 1_000_000)
    out = tmp_path / "out"
    out.mkdir()
    # Whoever runs the tests with nohup has SIGHUP ignored, and so has every process that they start.
    before = signal.signal(number, signal.SIG_DFL)
    try:
        process = start("export", tmp_path / "logs", "-o", out / "all.csv")
    finally:
        signal.signal(number, before)
    assert process.stdout is not None
    assert process.stderr is not None
    end = time.monotonic() + SECS
    while not os.listdir(out):
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(number)
    with process.stdout, process.stderr:
        assert (process.stdout.read(), process.stderr.read()) == (b"", b"")
    assert process.wait(SECS) == status
    assert os.listdir(out) == []


def test_no_server_is_imported(logdir: Path, tmp_path: Path) -> None:
    for arguments in (
        ["show", logdir],
        ["export", logdir, "-o", tmp_path / "o"],
        ["doctor", logdir],
        ["du", logdir],
    ):
        code = (
            "import json, sys\nfrom epochal.cli.main import main\n"
            f"try: main({list(map(str, arguments))!r})\nexcept SystemExit: pass\n"
            "print(json.dumps(sorted(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=ENVIRONMENT, check=True)
        loaded = json.loads(done.stdout.splitlines()[-1])
        heavy = ("epochal.server", "epochal.writer", "starlette", "uvicorn", "watchfiles", "PIL", "rich.progress")
        assert [name for name in loaded if name.startswith(heavy)] == [], arguments[0]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal and /proc")
def test_colour_and_progress_are_for_terminals(logdir: Path, tmp_path: Path) -> None:
    import pty

    def run_in_terminal(**more: str) -> bytes:
        leader, follower = pty.openpty()
        command = [sys.executable, "-m", "epochal", "show", str(logdir), "exp1"]
        process = subprocess.Popen(
            command, stdout=follower, stderr=follower, env={**ENVIRONMENT, "TERM": "xterm", **more}
        )
        os.close(follower)
        shown = b""
        while True:
            try:
                data = os.read(leader, 65536)
            except OSError:  # Linux: the other end is closed
                break
            if not data:
                break
            shown += data
        os.close(leader)
        assert process.wait(SECS) == 0
        return shown

    assert b"\x1b[1mexp1\x1b[0m" in run_in_terminal()
    assert b"\x1b" not in run_in_terminal(NO_COLOR="1")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_points(tmp_path: Path) -> None:
    """Anonymous memory of an export of 1.5 million points and of 100,000: the same but for some batches."""
    code = (
        "import sys\nfrom epochal.cli.main import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    )
    peaks = []
    for count in (100_000, 1_500_000):
        logs = tmp_path / str(count)
        write_large(logs, count)
        command = [sys.executable, "-c", code, "export", str(logs), "-o", str(tmp_path / f"{count}.csv")]
        done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, check=True)
        peaks.append(int(done.stdout))
    columns_kb = 1_400_000 * 24 // 1024
    assert peaks[1] - peaks[0] < columns_kb + 40_000
