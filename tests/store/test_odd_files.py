"""What lies in logdirs besides logs: pipes, devices, loops, odd names, things that vanish, too many things."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from make_runs import make_runs
from store_follow import has_steps, load, steps, until
from store_logs import LogWriter, scalar_record

from epochal.store import log_file, logdir
from epochal.store.log_file import LogFile
from epochal.store.logdir import FoundFile, make_file_stat, scan_logdir
from epochal.store.reloader import Reloader

NAME = "events.out.tfevents.1000.host.1.0"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX's files")


def test_what_is_no_regular_file_is_neither_opened_nor_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    opened: list[str] = []
    real = log_file.open_readonly
    monkeypatch.setattr(log_file, "open_readonly", lambda path: (opened.append(path), real(path))[1])
    LogWriter(tmp_path / "good").scalars("loss", [0])
    for kind in ("fifo", "socket", "link_to_fifo", "link_to_null", "link_to_proc", "device", "folder"):
        (tmp_path / kind).mkdir()
    os.mkfifo(tmp_path / "fifo" / NAME)
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path / "socket")  # the address of a socket is short
        server.bind(NAME)
        (tmp_path / "link_to_fifo" / NAME).symlink_to(tmp_path / "fifo" / NAME)
        (tmp_path / "link_to_null" / NAME).symlink_to("/dev/null")
        if hasattr(os, "mknod") and os.geteuid() == 0:
            os.mknod(tmp_path / "device" / NAME, stat.S_IFCHR | 0o600, os.makedev(1, 5))  # /dev/zero: never ends
        (tmp_path / "folder" / NAME).mkdir()
        began = time.monotonic()
        snapshot = load(tmp_path)
    assert time.monotonic() - began < 5
    assert list(snapshot.runs) == ["good"]
    assert opened == [str(tmp_path / "good" / NAME)]


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")
def test_a_file_of_proc_is_garbage_with_a_size_of_zero(tmp_path: Path):
    """It says that it is a regular file of 0 bytes, and has more each time that it is read."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / NAME).symlink_to("/proc/self/maps")
    LogWriter(tmp_path / "good").scalars("loss", [0])
    snapshot = load(tmp_path)
    assert steps(snapshot, "good") == [0]
    assert snapshot.runs["run"].points == 0


def test_a_file_that_becomes_a_pipe_after_the_scan_blocks_nobody(tmp_path: Path):
    """Between the listing and the opening anything may happen."""
    path = tmp_path / NAME
    LogWriter(tmp_path)
    found = FoundFile(str(path), NAME, make_file_stat(path.stat()))
    path.unlink()
    os.mkfifo(path)
    file = LogFile(".", found)
    loading = threading.Thread(target=file.load, daemon=True)
    loading.start()
    loading.join(5)
    assert not loading.is_alive()
    assert file.state is not None
    assert [p.message for p in file.state.problems] == ["Not a regular file."]


def test_files_that_vanish_between_scan_and_opening(
    tmp_path: Path, follow: Callable[..., Reloader], monkeypatch: pytest.MonkeyPatch
):
    for name in ("a", "b", "c"):
        LogWriter(tmp_path / name).scalars("loss", [0])
    real = log_file.open_readonly

    def vanish(path: str) -> int:
        if "/b/" in path and os.path.exists(path):
            os.unlink(path)
        return real(path)

    monkeypatch.setattr(log_file, "open_readonly", vanish)
    reloader = follow(tmp_path)
    snapshot = until(reloader, lambda s: list(s.runs) == ["a", "c"])
    assert snapshot.problems == ()


def test_a_folder_that_vanishes_while_it_is_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("a", "b", "c"):
        LogWriter(tmp_path / name)
    real = os.scandir

    def vanish(path: str) -> object:
        if str(path).endswith("/b"):
            raise FileNotFoundError(2, "No such file or directory", path)
        return real(path)

    monkeypatch.setattr(logdir.os, "scandir", vanish)
    scan = scan_logdir(str(tmp_path))
    assert (sorted(scan.runs), scan.problems) == (["a", "c"], [])


ODD_NAMES = [
    b"two\nlines",
    b"tab\tand\rreturn",
    b"\x1b[31mred",
    "\u202egnirts".encode(),
    b"caf\xe9",
    b"caf\xe8",
    rb"caf\xe9",
    b"-rf *",
    b"..hidden",
    b"a" * 200,
    "日本語".encode(),
    "nai\u0308ve".encode(),
    "naïve".encode(),
]


def test_odd_names_are_runs_of_their_own_and_follow_live(tmp_path: Path, follow: Callable[..., Reloader]):
    """Distinct bytes are distinct runs, whatever they are, and stay the same run when they grow."""
    for number, raw in enumerate(ODD_NAMES):
        folder = Path(os.fsdecode(bytes(tmp_path) + b"/" + raw))
        try:
            LogWriter(folder, f"events.out.tfevents.1.{chr(10)}.{number}").scalars("loss", [number])
        except OSError:
            pytest.skip("the file system takes no such names")
    reloader = follow(tmp_path)
    runs = reloader.snapshot.runs
    assert len(runs) == len(ODD_NAMES)
    assert sorted(steps(reloader.snapshot, name)[0] for name in runs) == list(range(len(ODD_NAMES)))
    by_number = {steps(reloader.snapshot, name)[0]: name for name in runs}
    for number, raw in enumerate(ODD_NAMES):
        with open(bytes(tmp_path) + b"/" + raw + f"/events.out.tfevents.1.\n.{number}".encode(), "ab") as file:
            file.write(scalar_record("loss", 0.0, 1000 + number, 2000.0))
    for number in range(len(ODD_NAMES)):
        until(reloader, has_steps(2, by_number[number]))
        assert steps(reloader.snapshot, by_number[number]) == [number, 1000 + number]
    assert reloader.snapshot.problems == ()


def test_a_logdir_whose_name_is_not_utf8_is_named_and_followed(
    tmp_path: Path, follow: Callable[..., Reloader], capfd: pytest.CaptureFixture[str]
):
    root = Path(os.fsdecode(bytes(tmp_path) + b"/l\xe4ufe"))
    try:
        log = LogWriter(root / "run")
    except OSError:
        pytest.skip("the file system takes no such names")
    log.scalars("loss", [0])
    reloader = follow(root)
    assert reloader.snapshot.logdir.endswith(r"/l\xe4ufe")
    log.scalars("loss", [1])
    until(reloader, has_steps(2, "run"))
    line = capfd.readouterr().err
    assert not line or "is not UTF-8" in line


def test_loops_and_shut_folders_beside_runs_that_grow(tmp_path: Path, follow: Callable[..., Reloader]):
    log = LogWriter(tmp_path / "root" / "run")
    log.scalars("loss", [0])
    (tmp_path / "root" / "run" / "up").symlink_to(tmp_path / "root")
    (tmp_path / "root" / "here").symlink_to(".")
    (tmp_path / "root" / "ring1").symlink_to("ring2")
    (tmp_path / "root" / "ring2").symlink_to("ring1")
    (tmp_path / "root" / "shut").mkdir(mode=0)
    reloader = follow(tmp_path / "root")
    assert list(reloader.snapshot.runs) == ["run"]
    log.scalars("loss", [1])
    until(reloader, has_steps(2))
    shut = [problem.file for problem in reloader.snapshot.problems]
    assert shut == ([] if os.geteuid() == 0 else ["shut"])


def test_a_huge_folder_of_other_files(tmp_path: Path):
    """Checkpoints, tensors, shards: listed once, none of them asked about. A second would be slow."""
    LogWriter(tmp_path).scalars("loss", [0])
    for number in range(4000):
        os.mknod(tmp_path / f"shard-{number:06}.bin")
    began = time.monotonic()
    snapshot = load(tmp_path)
    assert time.monotonic() - began < 20
    assert snapshot.points == 1


FEW_DESCRIPTORS = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[2]),) * 2)
from epochal.store.reloader import Reloader
reloader = Reloader(sys.argv[1], reload_interval_secs=0.2)
reloader.start()
snapshot = reloader.wait_until_loaded(60)
print(len(snapshot.runs), snapshot.points, len(snapshot.problems))
most = 0
for run in snapshot.runs.values():
    for tag in run.iter_tags():
        tag.scalars().value.sum()
    most = max(most, len(os.listdir("/proc/self/fd")))
print(most)
reloader.stop()
"""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts in /proc")
@pytest.mark.parametrize(("runs", "limit"), [(200, 48), pytest.param(1200, 256, marks=pytest.mark.soak)])
def test_many_runs_with_few_descriptors(tmp_path: Path, runs: int, limit: int):
    """1,200 runs with 256 descriptors; in small, 200 with 48."""
    make_runs(tmp_path / "logs", runs, 2, 3)
    run = subprocess.run(
        [sys.executable, "-c", FEW_DESCRIPTORS, str(tmp_path / "logs"), str(limit)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "EPOCHAL_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    loaded, most = run.stdout.splitlines()
    assert loaded == f"{runs} {runs * 2 * 3} 0"
    assert int(most) < limit - 8
    assert run.stderr == ""
