"""What every writer of events offers, whatever it writes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np

    from epochal.events.core import RecordBuffer


class WriterStatus(NamedTuple):
    """What became of everything logged so far; counts since the writer was made, in this process."""

    log_dir: str
    path: str | None
    """The event file, or None before the first one could be made."""
    written_records: int
    """Records in the kernel, file headers left out."""
    written_bytes: int
    synced_bytes: int
    """Bytes that the disk has confirmed, headers included, over all files of this writer."""
    failed_syncs: int
    """Syncs and closes of a file that failed: what was on its way to the disk may be lost."""
    waiting_records: int
    """Records that wait for the disk."""
    waiting_bytes: int
    encoding: int
    """Images, histograms and the like that are being encoded."""
    dropped_scalars: int
    """Scalars and texts lost because the disk did not take them for too long."""
    dropped_media: int
    rejected: int
    """Calls with arguments that could not be logged."""
    last_error: str | None

    @staticmethod
    def merge(statuses: list[WriterStatus], rejected: int) -> WriterStatus:
        """The sum over a run and its sub-runs; directory and path are the first one's."""
        sums = {name: sum(getattr(status, name) for status in statuses) for name in _SUMMED}
        errors = [status.last_error for status in statuses if status.last_error]
        merged = statuses[0]._replace(**sums)
        return merged._replace(rejected=merged.rejected + rejected, last_error=errors[-1] if errors else None)


_SUMMED = [name for name in WriterStatus._fields if name not in ("log_dir", "path", "last_error")]


class EventWriter(Protocol):
    """Takes events in order and writes them without holding up the caller. Thread-safe."""

    scalars: RecordBuffer
    """Where small records go. Whoever appends here itself looks at `attention` afterwards."""
    attention: bool
    """Whether `attend` must be called after an append."""
    ring_records: int
    """This many waiting records are worth calling `attend` too."""
    generation: int
    """Grows whenever the next record may be the first of another file."""
    directory: str
    """The run's absolute path."""
    after_first_record: Callable[[], Sequence[bytes]] | None
    """Makes serialised Events to add once, in the background, when a first record has been written."""

    def open(self) -> None:
        """Make the file now."""

    def attend(self) -> None:
        """Have waiting records written soon."""

    def warn_full(self) -> None:
        """Say that `scalars` has refused a record."""

    def append_event(self, event: bytes) -> None:
        """Take a small serialised Event (a scalar, a text): it is written before any waiting media."""

    def submit(
        self,
        tag: str,
        arrays: Sequence[tuple[np.ndarray[Any, Any], bool]],
        encode: Callable[..., Sequence[bytes]],
    ) -> None:
        """Take (array, private) pairs that a background worker turns into serialised Events by `encode(*arrays)`.

        Arrays that are not private are copied before the call returns. Events of one tag stay in order.
        """

    def submit_event(self, tag: str, event: bytes) -> None:
        """Take a serialised Event that goes after waiting scalars, and after what `submit` has of its tag."""

    def add_event(self, event: Any, step: Any = None, walltime: float | None = None) -> None:
        """Log a foreign Event message, anything with `SerializeToString()`."""

    def add_summary(self, summary: Any, global_step: Any = None, walltime: float | None = None) -> None:
        """Log a foreign Summary message."""

    def get_logdir(self) -> str:
        """See `directory`."""
        return self.directory

    def flush(self, sync: bool = False, since: float | None = None) -> None:
        """Return when all earlier records are in the kernel; with `sync`, when they are on disk.

        `since`: when whoever waits for several writers began to, as time.monotonic() tells it.
        """

    def request_close(self) -> None:
        """Begin to close without waiting."""

    def close(self, since: float | None = None) -> None:
        """Write and sync everything, then free thread and descriptor; the next record opens again."""

    def status(self) -> WriterStatus:
        """Say what has been written, what waits and what was lost."""
