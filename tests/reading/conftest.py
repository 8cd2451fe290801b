"""Makes the helpers beside the tests, and tests/store's, importable."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parent), str(Path(__file__).parent.parent / "store")]

from reading_logs import WRITERS, write_everything


@pytest.fixture(scope="session")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A logdir with one such run for each writer, named by it."""
    root = tmp_path_factory.mktemp("every_kind")
    for name in WRITERS:
        write_everything(root / name, name)
    return root
