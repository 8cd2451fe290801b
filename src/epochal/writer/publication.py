"""Whether others see what a file holds once it is synced, or only once it is closed.

Object stores that pretend to be file systems upload a file when it is closed: gcsfuse says so of its streaming
writes (docs/semantics.md there, "Streaming Writes"; gcs-fuse-csi-driver#876), and Mountpoint for S3, goofys and
rclone do the same. There the run goes on in a new file instead of syncing one that nobody sees.
"""

from __future__ import annotations

import os

ENVIRONMENT_VARIABLE = "EPOCHAL_PUBLISH_ON_CLOSE"
"""1 or 0 overrules what the mount table says."""

MOUNT_TABLE = "/proc/self/mountinfo"

# FUSE file systems whose fsync does publish. Any other may be an object store; taking one of these for an
# object store costs some small files, the opposite mistake hides a run until it ends.
_SYNC_PUBLISHES = frozenset(
    [
        "bindfs",
        "ceph",
        "ceph-fuse",
        "encfs",
        "fuse-overlayfs",
        "glusterfs",
        "gocryptfs",
        "grpcfuse",
        "juicefs",
        "mergerfs",
        "ntfs",
        "ntfs-3g",
        "osxfs",
        "sshfs",
        "unionfs",
        "vmhgfs-fuse",
    ]
)


def publishes_on_close(directory: str) -> bool:
    """Whether files in an existing `directory` reach other readers only when they are closed.

    False where the platform cannot tell (no Linux mount table). OSError if the directory cannot be asked.
    """
    wish = os.environ.get(ENVIRONMENT_VARIABLE, "").strip().lower()
    if wish:
        return wish not in ("0", "false", "no", "off")
    try:
        with open(MOUNT_TABLE, encoding="utf-8", errors="surrogateescape") as table:
            lines = table.read().splitlines()
    except OSError:
        return False
    device = os.stat(directory).st_dev
    file_system = find_file_system(lines, f"{os.major(device)}:{os.minor(device)}")
    kind, _, name = file_system.partition(".")
    return kind == "fuse" and name not in _SYNC_PUBLISHES


def find_file_system(lines: list[str], device: str) -> str:
    """The type of the file system on `device` ("major:minor") by lines of mountinfo, e.g. "fuse.gcsfuse".

    Every FUSE mount has a device of its own, so the directory's device names its mount, through bind mounts
    and links too. Format: proc_pid_mountinfo(5); optional fields end with a lone hyphen. Empty if it is not there.
    """
    for line in lines:
        fields = line.split(" ")
        if len(fields) > 6 and fields[2] == device and "-" in fields[6:-1]:
            return fields[fields.index("-", 6) + 1]
    return ""
