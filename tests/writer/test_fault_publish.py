"""File systems that show others a file only when it is closed, as gcsfuse does: the run goes on file by file."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from fault_shims import start_with_shim

from epochal import SummaryWriter
from epochal.writer import publication
from epochal.writer.warnings import WriterWarning

FLUSH_SECS = 0.5
LATE_SECS = 1.0  # of a busy machine, beside what is promised

LOG_FOR_A_WHILE = """
import os, sys, time
from epochal import SummaryWriter
writer = SummaryWriter(sys.argv[1], flush_secs=float(sys.argv[2]))
end = time.monotonic() + float(sys.argv[3])
step = 0
while time.monotonic() < end:
    writer.add_scalar("loss", float(step), step)
    os.write(1, b"%d %.6f\\n" % (step, time.monotonic()))
    step += 1
    time.sleep(0.005)
"""

MOUNTS = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
90 22 0:77 / /mnt/a\\040bucket rw,nosuid,nodev,relatime shared:40 master:2 - fuse.gcsfuse bucket rw,user_id=0
91 22 0:78 / /home/far rw - fuse.sshfs host:/ rw
92 22 0:79 / /bucket rw,noexec - fuse bucket-of-a-pod rw,fd=3
93 22 8:1 / /stick rw - fuseblk /dev/sda1 rw
94 22 0:80 / /net rw - nfs4 server:/export rw
""".splitlines()


@pytest.mark.parametrize(
    ("device", "file_system"),
    [
        ("254:1", "ext4"),
        ("0:77", "fuse.gcsfuse"),
        ("0:78", "fuse.sshfs"),
        ("0:79", "fuse"),
        ("8:1", "fuseblk"),
        ("0:80", "nfs4"),
        ("0:7", ""),
    ],
)
def test_the_mount_table_names_the_file_system(device, file_system):
    assert publication.find_file_system(MOUNTS, device) == file_system
    assert publication.find_file_system(["", "junk", *MOUNTS, "1 2 3 4 5 6 7"], device) == file_system


@pytest.mark.skipif(not hasattr(os, "major"), reason="devices have numbers on POSIX only")
@pytest.mark.parametrize(
    ("kind", "on_close"),
    [
        ("ext4", False),
        ("fuse.gcsfuse", True),
        ("fuse.sshfs", False),
        ("fuse", True),
        ("fuseblk", False),
        ("nfs4", False),
    ],
)
def test_what_the_file_system_is_known_for(tmp_path, monkeypatch, kind, on_close):
    monkeypatch.delenv(publication.ENVIRONMENT_VARIABLE, raising=False)
    device = tmp_path.stat().st_dev
    table = tmp_path / "mountinfo"
    table.write_text(f"90 22 {os.major(device)}:{os.minor(device)} / /x rw - {kind} source rw\n")
    monkeypatch.setattr(publication, "MOUNT_TABLE", str(table))
    assert publication.publishes_on_close(str(tmp_path)) is on_close
    for wish, answer in (("1", True), ("0", False), ("false", False)):
        monkeypatch.setenv(publication.ENVIRONMENT_VARIABLE, wish)
        assert publication.publishes_on_close(str(tmp_path)) is answer


def test_a_platform_without_a_mount_table(tmp_path, monkeypatch):
    monkeypatch.delenv(publication.ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setattr(publication, "MOUNT_TABLE", str(tmp_path / "none"))
    assert publication.publishes_on_close(str(tmp_path)) is False


class Onlooker:
    """Another machine: notes when each step of "loss" can first be seen."""

    def __init__(self, public, reader):
        self.seen: dict[int, float] = {}
        self._public, self._reader = public, reader
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self):
        known = set()
        while not self._end.wait(0.02):
            for path in sorted(self._public.glob("run/*tfevents*")):
                if path.suffix != ".part" and path not in known:
                    known.add(path)
                    for event in self._reader.read_file(path)[1:]:
                        self.seen.setdefault(event.step, time.monotonic())

    def stop(self):
        self._end.set()
        self._thread.join()


def run_with_onlooker(tmp_path, reader, secs, **environment):
    tree, public = tmp_path / "tree", tmp_path / "public"
    tree.mkdir()
    public.mkdir()
    onlooker = Onlooker(public, reader)
    try:
        process = start_with_shim(
            "publish_on_close",
            LOG_FOR_A_WHILE,
            [tree / "run", FLUSH_SECS, secs],
            EPOCHAL_SHIM_ROOT=tree,
            EPOCHAL_SHIM_PUBLIC=public,
            **environment,
        )
        output, _ = process.communicate(timeout=60 + secs)
        time.sleep(0.3)
    finally:
        onlooker.stop()
    assert process.returncode == 0
    logged = {int(step): float(moment) for step, moment in map(str.split, output.splitlines())}
    return logged, onlooker.seen, public


@pytest.mark.parametrize("secs", [2.5, pytest.param(60.0, marks=pytest.mark.soak)])
def test_others_see_a_record_soon(tmp_path, reader, secs):
    logged, seen, public = run_with_onlooker(tmp_path, reader, secs, EPOCHAL_PUBLISH_ON_CLOSE="1")
    assert seen.keys() == logged.keys()
    assert max(seen[step] - logged[step] for step in logged) <= 2 * FLUSH_SECS + LATE_SECS
    assert reader.scalars(public / "run")["loss"] == [(step, float(step)) for step in range(len(logged))]
    files = reader.event_files(public / "run")
    assert secs / (2 * FLUSH_SECS) - 1 <= len(files) <= secs / FLUSH_SECS + 2


@pytest.fixture
def bucket(tmp_path):
    """(a directory on a real FUSE file system that publishes on close, what others see of it)."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("no /dev/fuse")
    mountpoint, public = tmp_path / "mountpoint", tmp_path / "bucket"
    mountpoint.mkdir()
    public.mkdir()
    script = Path(__file__).with_name("bucket_fs.py")
    server = subprocess.Popen([sys.executable, str(script), mountpoint, public], stdout=subprocess.PIPE, text=True)
    try:
        if server.stdout.readline() != "mounted\n":
            pytest.skip("cannot mount a FUSE file system here")
        yield mountpoint, public
    finally:
        server.kill()  # first: then whatever still hangs in the file system fails
        server.wait()
        server.stdout.close()
        subprocess.run(["umount", "--lazy", str(mountpoint)], capture_output=True)


@pytest.mark.parametrize("secs", [2.0, pytest.param(60.0, marks=pytest.mark.soak)])
def test_a_mounted_bucket_is_recognised(bucket, reader, run_script, monkeypatch, secs):
    monkeypatch.delenv(publication.ENVIRONMENT_VARIABLE, raising=False)
    mountpoint, public = bucket
    onlooker = Onlooker(public, reader)
    try:
        process = run_script(LOG_FOR_A_WHILE, mountpoint / "run", FLUSH_SECS, secs, wait=False)
        output, errors = process.communicate(timeout=60 + secs)
        time.sleep(0.3)
    finally:
        onlooker.stop()
    assert (process.returncode, errors) == (0, "")  # no warning either
    logged = {int(step): float(moment) for step, moment in map(str.split, output.splitlines())}
    assert onlooker.seen.keys() == logged.keys()
    assert max(onlooker.seen[step] - logged[step] for step in logged) <= 2 * FLUSH_SECS + LATE_SECS
    assert reader.scalars(public / "run")["loss"] == [(step, float(step)) for step in range(len(logged))]


def test_without_it_others_see_nothing_before_the_end(tmp_path, reader):
    logged, seen, _ = run_with_onlooker(tmp_path, reader, 1.2, EPOCHAL_PUBLISH_ON_CLOSE="0")
    assert seen.keys() == logged.keys()
    assert min(seen.values()) > max(logged.values())


def test_a_file_of_its_own_after_each_close_and_each_sync(tmp_path, reader):
    tree, public = tmp_path / "tree", tmp_path / "public"
    tree.mkdir()
    code = """
        import os, sys
        from pathlib import Path
        from epochal import SummaryWriter
        def count():
            return len([path for path in Path(sys.argv[2]).glob("run/*") if path.suffix != ".part"])
        writer = SummaryWriter(sys.argv[1] + "/run")
        for step, publish in enumerate((writer.close, lambda: writer.flush(sync=True), writer.close)):
            writer.add_scalars("group", {"a": float(step)}, step)
            writer.flush()
            publish()
            assert count() == step + 1, count()
        status = writer.status()
        assert status.last_error is None and status.failed_syncs == 0, status
        assert status.synced_bytes == sum(path.stat().st_size for path in Path(sys.argv[2]).glob("run/*"))
        print("good")
        """
    process = start_with_shim(
        "publish_on_close",
        code,
        [tree, public],
        EPOCHAL_SHIM_ROOT=tree,
        EPOCHAL_SHIM_PUBLIC=public,
        EPOCHAL_PUBLISH_ON_CLOSE="1",
    )
    assert process.communicate(timeout=60)[0] == "good\n"
    events = [event for file in reader.event_files(public / "run") for event in reader.read_file(file)[1:]]
    assert [event.step for event in events] == [0, 1, 2]
    # Each file says anew that the tag belongs to a group: readers look at the first record of a file.
    assert all(event.summary.value[0].metadata.plugin_data.plugin_name == "scalars" for event in events)


def test_a_close_that_fails_is_survived_and_counted(tmp_path, reader):
    tree, public = tmp_path / "tree", tmp_path / "public"
    tree.mkdir()
    code = """
        import sys, warnings
        from epochal import SummaryWriter
        writer = SummaryWriter(sys.argv[1] + "/run")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for step in range(30):
                writer.add_scalar("loss", float(step), step)
                writer.flush(sync=True)
            writer.close()
        status = writer.status()
        print(status.failed_syncs, len(caught), "may have lost data" in str(caught[0].message), status.last_error)
        """
    process = start_with_shim(
        "publish_on_close",
        code,
        [tree],
        EPOCHAL_SHIM_ROOT=tree,
        EPOCHAL_SHIM_PUBLIC=public,
        EPOCHAL_SHIM_FAIL_CLOSES=3,
        EPOCHAL_PUBLISH_ON_CLOSE="1",
    )
    assert process.communicate(timeout=60)[0].startswith("10 1 True OSError: [Errno 5]")
    steps = [step for step, _ in reader.scalars(public / "run")["loss"]]
    assert steps == [step for step in range(30) if step % 3 != 2]  # what the failed uploads held, and no more


def test_a_close_that_fails_on_any_file_system(tmp_path, reader, monkeypatch):
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("loss", 1.0, 1)
    writer.flush(sync=True)
    real = os.close

    def close(fd):
        is_ours = "tfevents" in os.readlink(f"/proc/self/fd/{fd}")
        real(fd)
        if is_ours:
            raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(os, "close", close)
    with pytest.warns(WriterWarning, match="may have lost data when it was closed"):
        writer.close()
    monkeypatch.setattr(os, "close", real)
    assert writer.status().failed_syncs == 1
    writer.add_scalar("loss", 2.0, 2)
    writer.close()
    assert len(reader.event_files(tmp_path)) == 2  # never again into a file that may have lost something
    assert reader.scalars(tmp_path)["loss"] == [(1, 1.0), (2, 2.0)]


pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
