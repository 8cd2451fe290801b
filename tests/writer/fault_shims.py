"""Processes whose file system misbehaves: small C libraries in front of the system calls (LD_PRELOAD)."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

import epochal

SOURCES = Path(__file__).parent / "shims"


@functools.cache
def build_shim(name: str) -> Path:
    """The compiled shims/<name>.c; skips the test where it cannot be built or preloaded."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not sys.platform.startswith("linux"):
        pytest.skip("LD_PRELOAD and /proc/self/fd are Linux's")
    if compiler is None:
        pytest.skip("no C compiler to build the fault-injecting library with")
    library = Path(tempfile.mkdtemp(prefix="epochal-shim-")) / f"{name}.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-w", "-o", library, SOURCES / f"{name}.c", "-ldl"],
        check=True,
    )
    return library


def start_with_shim(name: str, code: str, arguments: list[object], **environment: object) -> subprocess.Popen[str]:
    """A Python process running `code` behind the shim; its output is a pipe."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        env={
            **os.environ,
            **{key: str(value) for key, value in environment.items()},
            "PYTHONPATH": str(Path(epochal.__file__).parent.parent),
            "LD_PRELOAD": str(build_shim(name)),
        },
        stdout=subprocess.PIPE,
        text=True,
    )
