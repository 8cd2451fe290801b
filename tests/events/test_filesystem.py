"""Opening and listing, where a logdir holds more than regular files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from epochal.events.filesystem import list_directory, open_readonly, pread


def test_reads_by_position(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 8192)
    fd = open_readonly(path)
    try:
        assert pread(fd, 4, 254) == b"\xfe\xff\x00\x01"
        assert len(pread(fd, 1 << 30, 1)) == 256 * 8192 - 1
        assert pread(fd, 10, 1 << 40) == b""
    finally:
        os.close(fd)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_opens_regular_files_only(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path, Path(os.devnull)):
        with pytest.raises(OSError, match=r"not a regular file|Is a directory"):
            open_readonly(path)
    with pytest.raises(FileNotFoundError):
        open_readonly(tmp_path / "missing")


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights on Windows")
def test_lists_through_links(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "broken").symlink_to("nowhere")
    found = {entry.name: (entry.is_dir, entry.is_file, entry.is_symlink) for entry in list_directory(tmp_path)}
    assert found == {
        "folder": (True, False, False),
        "file": (False, True, False),
        "link": (True, False, True),
        "broken": (False, False, True),
    }
