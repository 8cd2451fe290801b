"""A writer that writes nothing: what `SummaryWriter(write_to_disk=False)` logs to, as on all ranks but one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from epochal.events.core import RecordBuffer
from epochal.writer.event_writer import WriterStatus

if TYPE_CHECKING:
    import numpy as np


class _NoRecords(RecordBuffer):
    """Takes every record and keeps none."""

    def append_scalar(self, tag: str, value: float, step: int, wall_time: float, /) -> int:
        return 1

    def append_record(self, data: Any, /) -> int:
        return 1


class NullWriter:
    """Implements EventWriter without file, thread or directory."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.scalars: RecordBuffer = _NoRecords()
        self.attention = False
        self.ring_records = 2  # one more than ever waits
        self.generation = 0
        self.after_first_record: Callable[[], Sequence[bytes]] | None = None

    def open(self) -> None:
        """Nothing to open."""

    def attend(self) -> None:
        """Nothing waits."""

    def warn_full(self) -> None:
        """Never full."""

    def append_event(self, event: bytes) -> None:
        """Forget `event`."""

    def submit(
        self,
        tag: str,
        arrays: Sequence[tuple[np.ndarray[Any, Any], bool]],
        encode: Callable[..., Sequence[bytes]],
    ) -> None:
        """Forget the arrays, without encoding them."""

    def submit_event(self, tag: str, event: bytes) -> None:
        """Forget `event`."""

    def add_event(self, event: Any, step: Any = None, walltime: float | None = None) -> None:
        """Forget `event`."""

    def add_summary(self, summary: Any, global_step: Any = None, walltime: float | None = None) -> None:
        """Forget `summary`."""

    def add_graph(self, graph_profile: Any, walltime: float | None = None) -> None:
        """Forget the graph."""

    def add_onnx_graph(self, graph: Any, walltime: float | None = None) -> None:
        """Forget the graph."""

    def reopen(self) -> None:
        """Nothing to open."""

    def get_logdir(self) -> str:
        """The directory that is not made."""
        return self.directory

    def flush(self, sync: bool = False, since: float | None = None) -> None:
        """Nothing to flush."""

    def request_close(self) -> None:
        """Nothing to close."""

    def close(self, since: float | None = None) -> None:
        """Nothing to close."""

    def status(self) -> WriterStatus:
        """All zeros."""
        return WriterStatus(self.directory, None, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, None)
