"""The writers of `epochal.summary`: tf.summary's names over the same files and threads as SummaryWriter."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import encode_event, encode_summary
from epochal.summary.state import state
from epochal.writer.event_writer import WriterStatus
from epochal.writer.file_writer import FileWriter
from epochal.writer.provenance import start as start_provenance
from epochal.writer.warnings import WarnOnce

if TYPE_CHECKING:
    from types import TracebackType

    import numpy as np

_MAX_QUEUE = 10
_FLUSH_MILLIS = 120_000
_FILENAME_SUFFIX = ".v2"


class SummaryWriter:
    """What `create_file_writer` and `create_noop_writer` return."""

    def set_as_default(self, step: Any = None) -> None:
        """Let the summary functions on this thread write here; step: also set the default step."""
        raise NotImplementedError

    def as_default(self, step: Any = None) -> AbstractContextManager[SummaryWriter | None]:
        """The same within a context, which flushes at its end and restores what was before."""
        raise NotImplementedError

    def init(self) -> None:
        """Make the event file now."""
        raise NotImplementedError

    def flush(self) -> None:
        """Return when everything written so far is with the operating system."""
        raise NotImplementedError

    def close(self) -> None:
        """Write and sync everything, free thread and file."""
        raise NotImplementedError


class FileSummaryWriter(SummaryWriter):
    """Writes one run. Thread-safe; may be the default of several threads; can be pickled.

    Everything written reaches the file when the process exits, also without `close`; a summary written after
    `close` goes on in the same run.
    """

    def __init__(
        self,
        logdir: str | os.PathLike[str],
        max_queue: int,
        flush_millis: float,
        filename_suffix: str,
        strict: bool,
        provenance: bool = False,
    ) -> None:
        """See `create_file_writer`. Touches no disk."""
        # A pickled writer goes to a worker, which belongs to the run that has its provenance already.
        self._arguments = (os.path.abspath(os.fspath(logdir)), max_queue, flush_millis, filename_suffix, strict)
        self._strict = strict
        self._rejected = 0
        self.warn_once = WarnOnce()
        self.event_writer = FileWriter(
            self._arguments[0],
            filename_suffix=filename_suffix,
            max_queue=max_queue,
            flush_secs=flush_millis / 1000,
            strict=strict,
        )
        if provenance:
            start_provenance(self.event_writer)
        # A writer that is dropped without close() is written out and freed all the same.
        weakref.finalize(self, self.event_writer.request_close).atexit = False

    def set_as_default(self, step: Any = None) -> None:
        """Let the summary functions on this thread write here; step: also set the default step."""
        self.as_default(step).__enter__()

    def as_default(self, step: Any = None) -> AbstractContextManager[FileSummaryWriter]:
        """The same within a context, which flushes at its end and restores what was before."""
        return _AsDefault(self, step)

    def init(self) -> None:
        """Make the event file now; otherwise the first summary does."""
        self.event_writer.open()

    def flush(self) -> None:
        """Return when everything written so far is with the operating system."""
        self.event_writer.flush()

    def close(self) -> None:
        """Write and sync everything, free thread and file. The next summary goes on in the same run."""
        self.event_writer.close()

    def status(self) -> WriterStatus:
        """What has been written so far, what waits and what was lost."""
        return WriterStatus.merge([self.event_writer.status()], self._rejected)

    def __reduce__(self) -> tuple[Callable[..., FileSummaryWriter], tuple[Any, ...]]:
        return FileSummaryWriter, self._arguments

    # -- for the summary functions --------------------------------------------------------------------------

    def append_value(self, value: bytes, step: int) -> None:
        """Take a small encoded Summary.Value."""
        self.append_summary(encode_summary((value,)), step)

    def append_summary(self, summary: bytes, step: int) -> None:
        """Take an encoded Summary."""
        self.event_writer.append_event(encode_event(time.time(), step, summary=summary))

    def submit(
        self,
        tag: str,
        array: np.ndarray[Any, Any],
        private: bool,
        step: int,
        encode: Callable[[np.ndarray[Any, Any]], bytes],
    ) -> None:
        """Take an array that a background worker turns into a Summary.Value by `encode`."""
        wall_time = time.time()

        def make_events(copied: np.ndarray[Any, Any]) -> list[bytes]:
            return [encode_event(wall_time, step, summary=encode_summary((encode(copied),)))]

        self.event_writer.submit(tag, [(array, private)], make_events)

    def reject(self, function: str, tag: Any, error: Exception) -> bool:
        """Arguments that cannot be recorded: raise if strict, else warn once per tag. Returns False."""
        if self._strict:
            raise error
        self._rejected += 1
        self.warn_once.warn(f"{function} {tag!r}", f"summary.{function}({tag!r}) is not recorded: {error}")
        return False


class _AsDefault(AbstractContextManager[FileSummaryWriter]):
    """A class and no generator: one that is entered for good must not be left when it is collected."""

    def __init__(self, writer: FileSummaryWriter, step: Any) -> None:
        self._writer = writer
        self._step = step

    def __enter__(self) -> FileSummaryWriter:
        self._before = state.writer, state.step
        state.writer = self._writer
        if self._step is not None:
            state.step = self._step
        return self._writer

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        state.writer, step_before = self._before
        if self._step is not None:
            state.step = step_before
        self._writer.flush()


class NoopSummaryWriter(SummaryWriter):
    """Does nothing; the default writer stays what it was."""

    def set_as_default(self, step: Any = None) -> None:
        """Do nothing."""

    @contextmanager
    def as_default(self, step: Any = None) -> Iterator[None]:
        """A context that changes nothing."""
        yield

    def init(self) -> None:
        """Do nothing."""

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def create_file_writer(
    logdir: str | os.PathLike[str],
    max_queue: int | None = None,
    flush_millis: int | None = None,
    filename_suffix: str | None = None,
    name: str | None = None,
    experimental_trackable: bool = False,
    experimental_mesh: Any = None,
    *,
    strict: bool = False,
    provenance: bool = True,
) -> FileSummaryWriter:
    """A writer of the run in `logdir`. Its file is made by `init` or the first summary.

    max_queue: this many waiting records are written at once, or 50 ms after the last write if that is later; 10
        by default.
    flush_millis: the longest time between syncs to disk, 120,000 by default; more than 30 s counts as 30 s.
    filename_suffix: ".v2" by default.
    name, experimental_trackable, experimental_mesh: for compatibility, ignored.
    strict: raise instead of warn, for what cannot be recorded and for a failing disk.
    provenance: the first writer of a process adds a text `epochal/provenance`, as `epochal.SummaryWriter` does.
    ValueError if logdir is None.
    """
    if logdir is None:
        raise ValueError("logdir cannot be None")
    return FileSummaryWriter(
        logdir,
        _MAX_QUEUE if max_queue is None else int(max_queue),
        _FLUSH_MILLIS if flush_millis is None else float(flush_millis),
        _FILENAME_SUFFIX if filename_suffix is None else filename_suffix,
        strict,
        provenance,
    )


def create_noop_writer() -> NoopSummaryWriter:
    """A writer that does nothing, for code that needs one."""
    return NoopSummaryWriter()


def flush(writer: SummaryWriter | None = None, name: str | None = None) -> None:
    """Flush `writer`, or this thread's default writer if there is one. name: for compatibility, ignored."""
    chosen = state.writer if writer is None else writer
    if chosen is not None:
        chosen.flush()
