"""Columns beyond the limit lie in files; nothing else about them changes."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from epochal import _core

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux spills")
MIB = 1 << 20


@pytest.fixture(autouse=True)
def _memory_as_before() -> Iterator[None]:
    yield
    _core.set_column_memory()


@pytest.fixture(scope="module")
def block() -> bytes:
    """100,000 scalars of ten tags; blocks may follow each other in a file."""
    buffer = _core.RecordBuffer(1 << 30)
    for step in range(10_000):
        for tag in range(10):
            buffer.append_scalar(f"tag{tag}", step + tag / 8, step, 1e9 + step)
    return buffer.take(1 << 30)


def spilled(folder: Path, limit: int = 0) -> tuple[int, int]:
    """Spill to the folder from now on; what is in use."""
    gc.collect()
    _core.set_column_memory(limit, folder)
    return _core.column_memory()


def test_signature(core: ModuleType, tmp_path: Path) -> None:
    assert all(isinstance(size, int) for size in core.column_memory())
    core.set_column_memory(1 << 40, tmp_path)
    core.set_column_memory(limit_bytes=1 << 40, spill_dir=str(tmp_path))
    core.set_column_memory()
    with pytest.raises(TypeError):
        core.set_column_memory(-1)
    with pytest.raises(TypeError):
        core.set_column_memory(1, 5)


@linux
def test_beyond_the_limit_columns_are_spilled(logs: Any, block: bytes, tmp_path: Path) -> None:
    expected = logs.state(logs.decode(_core, block))
    before = spilled(tmp_path)
    decoder = logs.decode(_core, block)
    anonymous, in_files = _core.column_memory()
    assert anonymous - before[0] < 4096
    assert in_files - before[1] >= 100_000 * 24
    assert list(tmp_path.iterdir()) == []  # the files have no names
    assert logs.state(decoder) == expected
    views = decoder.scalars(3)
    decoder.decode_bytes(block, decoder.offset)
    decoder.trim()
    assert [len(column) for column in decoder.scalars(3)] == [20_000] * 3
    assert np.array_equal(views[0], np.arange(10_000))
    del decoder
    assert np.array_equal(views[2], np.arange(10_000) + 3 / 8)
    del views
    gc.collect()
    assert _core.column_memory() == before


@linux
def test_below_the_limit_nothing_is_spilled(logs: Any, block: bytes, tmp_path: Path) -> None:
    before = spilled(tmp_path, 1 << 30)
    decoder = logs.decode(_core, block)
    anonymous, in_files = _core.column_memory()
    assert in_files == before[1]
    assert 100_000 * 24 <= anonymous - before[0] < 100_000 * 24 * 2
    del decoder
    gc.collect()
    assert _core.column_memory() == before


@linux
def test_no_directory_no_spilling(logs: Any, block: bytes, tmp_path: Path) -> None:
    expected = logs.state(logs.decode(_core, block))
    for folder in (tmp_path / "missing", None):
        gc.collect()
        _core.set_column_memory(0, folder)
        before = _core.column_memory()
        assert logs.state(logs.decode(_core, block)) == expected
        assert _core.column_memory()[1] == before[1]


def run(code: str, *arguments: object) -> None:
    """Run code in another process, which has the module's names and `path` of a block."""
    head = f"import os, sys\nfrom epochal import _core\nMIB = {MIB}\nblock = open(sys.argv[1], 'rb').read()\n"
    command = [sys.executable, "-c", head + textwrap.dedent(code), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr or result.returncode


@pytest.fixture
def block_path(block: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "block"
    path.write_bytes(block)
    return path


@linux
def test_a_full_disk_is_no_signal(block_path: Path, tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands for it: files above it cannot be made, as those that no room is reserved for."""
    run(
        """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, MIB))
        _core.set_column_memory(0, sys.argv[2])
        decoder = _core.EventDecoder()
        for i in range(5):
            assert decoder.decode_bytes(block, decoder.offset) == 100_000
        assert _core.column_memory()[0] > 5 * 100_000 * 24
        assert sum(map(len, decoder.scalars(0))) == 3 * 50_000
        """,
        block_path,
        tmp_path,
    )


@linux
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root mounts")
def test_a_tiny_file_system(block_path: Path, tmp_path: Path) -> None:
    mounted = tmp_path / "tiny"
    mounted.mkdir()
    size = ["-o", "size=80m"]
    if subprocess.run(
        ["mount", "-t", "tmpfs", *size, "tmpfs", mounted], capture_output=True, check=False
    ).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        run(
            """
            _core.set_column_memory(0, sys.argv[2])
            decoders = [_core.EventDecoder() for _ in range(30)]
            for decoder in decoders:
                decoder.decode_bytes(block)
                decoder.decode_bytes(block, decoder.offset)
            anonymous, spilled = _core.column_memory()
            assert spilled > MIB, spilled
            assert anonymous > 30 * MIB, anonymous
            space = os.statvfs(sys.argv[2])
            assert space.f_bavail * space.f_frsize >= 20 * MIB  # others have room
            # Now others take it all: what is spilled was reserved and is written to.
            with open(sys.argv[2] + "/hog", "wb") as hog:
                try:
                    while True:
                        hog.write(bytes(MIB))
                        hog.flush()
                except OSError:
                    pass
            for decoder in decoders:
                decoder.decode_bytes(block, decoder.offset)
                step, _, value = decoder.scalars(9)
                assert step.tolist() == list(range(10_000)) * 3
                assert value.tolist() == [step + 9 / 8 for step in range(10_000)] * 3
            os._exit(0)  # the file on the full disk cannot be closed
            """,
            block_path,
            mounted,
        )
    finally:
        subprocess.run(["umount", "-l", mounted], check=True)


@linux
def test_a_forked_child_leaves_the_parent_alone(block_path: Path, tmp_path: Path) -> None:
    run(
        """
        _core.set_column_memory(0, sys.argv[2])
        decoder = _core.EventDecoder()
        decoder.decode_bytes(block)
        small = _core.EventDecoder()
        small.decode_bytes(block[:5000])
        step, _, value = decoder.scalars(0)
        import tempfile
        file = tempfile.TemporaryFile()
        decoder.write_index(file.fileno())
        child = os.fork()
        if child == 0:
            # Overwrites the room behind the points, if that is the parent's too; and gives back all it has.
            buffer = _core.RecordBuffer(1 << 30)
            for i in range(3000):
                buffer.append_scalar("tag0", -1.0, -1, -1.0)
            for each in (decoder, small):
                each.decode_bytes(buffer.take(1 << 30) or block, each.offset)
            ok = decoder.scalars(0)[0].tolist()[10_000:] == [-1] * 3000 and step.tolist() == list(range(10_000))
            fresh = _core.EventDecoder()
            fresh.decode_bytes(block)
            del decoder, small, fresh, step, value, each
            os._exit(0 if ok else 1)
        # The parent goes on at the same time.
        for each in (decoder, small):
            while each.decode_bytes(block, each.offset) == 0:
                pass
        mine = _core.EventDecoder()
        mine.decode_bytes(block)
        assert os.waitpid(child, 0)[1] == 0
        for each, start in ((decoder, 10_000), (mine, 0)):
            steps, _, values = each.scalars(0)
            assert steps.tolist()[start:] == list(range(10_000))
            assert values.tolist()[start:] == [float(i) for i in range(10_000)]
        assert step.tolist() == list(range(10_000))
        assert small.scalars(0)[0].tolist()[-10_000:] == list(range(10_000))
        """,
        block_path,
        tmp_path,
    )


FLAT = """
def anonymous():
    return next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith("RssAnon"))

import tempfile
with tempfile.TemporaryFile() as file:
    for _ in range(int(sys.argv[3])):
        file.write(block)
    file.flush()
    limit = int(sys.argv[4])
    _core.set_column_memory(limit, sys.argv[2])
    decoder = _core.EventDecoder()
    start = peak = anonymous()
    while decoder.decode(file.fileno(), MIB):
        peak = max(peak, anonymous())
    assert decoder.records == int(sys.argv[3]) * 100_000
    assert peak - start < limit + 4 * MIB, (peak - start) / MIB
    assert _core.column_memory()[1] > limit
    assert decoder.scalars(7)[0][-1] == 9_999
"""


@linux
@pytest.mark.parametrize(("blocks", "limit"), [(20, 8 * MIB), pytest.param(200, 64 * MIB, marks=pytest.mark.soak)])
def test_anonymous_memory_is_flat(block_path: Path, tmp_path: Path, blocks: int, limit: int) -> None:
    """The limit and 4 MiB, whatever the number of points."""
    run(FLAT, block_path, tmp_path, blocks, limit)
