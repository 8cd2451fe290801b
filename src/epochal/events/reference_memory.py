"""The memory of columns in the twin of the native core: Python's, never spilled, not counted."""

from __future__ import annotations

import os

DEFAULT_LIMIT_BYTES = 64 << 20


def set_column_memory(
    limit_bytes: int = DEFAULT_LIMIT_BYTES, spill_dir: str | os.PathLike[str] | None = None
) -> None:
    """How much anonymous memory columns may take; the native core heeds it, this one cannot."""
    if limit_bytes < 0:
        raise TypeError("limit_bytes must not be negative")
    if spill_dir is not None:
        os.fspath(spill_dir)


def column_memory() -> tuple[int, int]:
    """Bytes of anonymous memory and of spill files that columns take now; none is counted here."""
    return 0, 0
