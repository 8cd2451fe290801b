"""tensorboardX's GlobalSummaryWriter: one run for all modules and processes of a program; it counts the steps."""

from __future__ import annotations

import multiprocessing
import threading
from hashlib import blake2b
from multiprocessing.sharedctypes import RawArray
from typing import Any

from epochal.writer.event_writer import EventWriter
from epochal.writer.summary_writer import SummaryWriter

_SLOTS = 1 << 14
_LOCK_SECS = 1.0


class SharedSteps:
    """The next step of each tag, in memory that forked processes share, and spawned ones that are handed it.

    A hash table of pairs (hash of the tag, next step) with open addressing; beyond 16,384 tags each process counts
    on its own.
    """

    def __init__(self) -> None:
        self._table = RawArray("q", 2 * _SLOTS)
        self._lock = multiprocessing.get_context("spawn").Lock()  # one that forked processes can use too
        self._own: dict[str, int] = {}

    def take(self, tag: str) -> int:
        """The next step of `tag`, from 0."""
        # A process that is killed while it holds the lock must not stop the others: then a step may come twice.
        locked = self._lock.acquire(timeout=_LOCK_SECS)
        try:
            return self._take(tag)
        finally:
            if locked:
                self._lock.release()

    def _take(self, tag: str) -> int:
        digest = blake2b(tag.encode("utf-8", "replace"), digest_size=8).digest()
        key = int.from_bytes(digest, "little", signed=True) or 1  # 0 is an empty slot
        for probe in range(_SLOTS):
            slot = (key + probe) % _SLOTS * 2
            if self._table[slot] in (0, key):
                self._table[slot] = key
                step: int = self._table[slot + 1]
                self._table[slot + 1] = step + 1
                return step
        step = self._own.get(tag, 0)
        self._own[tag] = step + 1
        return step


class GlobalSummaryWriter:
    """Takes scalars, images and texts without a step, which it counts for each tag across all processes.

    `getSummaryWriter()` gives every module the same one. Each process writes a file of its own into the run.
    """

    def __init__(
        self,
        logdir: Any = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
        write_to_disk: bool = True,
        log_dir: Any = None,
        coalesce_process: bool = True,
        **options: Any,
    ) -> None:
        """As for SummaryWriter, with its options too. coalesce_process means nothing, in tensorboardX either."""
        self.smw = SummaryWriter(
            log_dir or logdir,
            comment,
            purge_step,
            max_queue,
            flush_secs,
            filename_suffix,
            write_to_disk=write_to_disk,
            **options,
        )
        self._steps = SharedSteps()

    def add_scalar(self, tag: str, scalar_value: Any, walltime: float | None = None) -> None:
        """Log one number at the tag's next step."""
        self.smw.add_scalar(tag, scalar_value, self._steps.take(f"scalar {tag}"), walltime)

    def add_image(
        self, tag: str, img_tensor: Any, walltime: float | None = None, dataformats: str = "CHW"
    ) -> None:
        """Log an image at the tag's next step; see SummaryWriter."""
        self.smw.add_image(tag, img_tensor, self._steps.take(f"image {tag}"), walltime, dataformats)

    def add_text(self, tag: str, text_string: Any, walltime: float | None = None) -> None:
        """Log Markdown text at the tag's next step."""
        self.smw.add_text(tag, text_string, self._steps.take(f"text {tag}"), walltime)

    @staticmethod
    def getSummaryWriter() -> GlobalSummaryWriter:  # noqa: N802 - tensorboardX's name
        """The writer of the whole program, made on first use in the default directory."""
        global _writer
        with _writer_lock:
            if _writer is None:
                _writer = GlobalSummaryWriter()
            return _writer

    @property
    def file_writer(self) -> EventWriter:
        """The writer of the run itself."""
        return self.smw.file_writer

    def close(self) -> None:
        """Write and sync everything, free thread and file. The next `add_*` goes on in the same run."""
        self.smw.close()


_writer: GlobalSummaryWriter | None = None
_writer_lock = threading.Lock()
