"""Events that other libraries made with protobuf: what torch's FileWriter takes, and Lightning hands it."""

from __future__ import annotations

from typing import Any

from epochal.events.message_encoders import encode_event, encode_tagged_run_metadata
from epochal.events.wire import BYTES, encode_double_field, encode_varint, encode_varint_field, iter_spans
from epochal.writer.arguments import as_step, as_wall_time
from epochal.writer.warnings import WarnOnce

SMALL_BYTES = 64 << 10
"""A longer event is treated as media are: scalars and text never wait behind it."""


RUN_METADATA_TAG = "step1"
"""The tag of the profile that torch's writer stores beside a graph."""


def restamp_event(event: bytes, step: int | None, wall_time: float) -> bytes:
    """A serialised Event with another wall_time and, unless None, another step. WireError if it is none."""
    parts = [encode_double_field(1, wall_time), encode_varint_field(2, step or 0)]
    for field, wire_type, start, end in iter_spans(event, 0, len(event)):
        if field == 1 or (field == 2 and step is not None):
            continue
        parts.append(encode_varint(field << 3 | wire_type))
        if wire_type == BYTES:
            parts.append(encode_varint(end - start))
        parts.append(event[start:end])
    return b"".join(parts)


class ForeignEvents:
    """The methods of torch's FileWriter, for anything with `SerializeToString()`. Mixed into FileWriter."""

    directory: str
    _strict: bool
    _warn_once: WarnOnce

    refused_events = 0
    """Events and summaries that were none."""

    def get_logdir(self) -> str:
        """The run's absolute path."""
        return self.directory

    def add_event(self, event: Any, step: Any = None, walltime: float | None = None) -> None:
        """Log an Event message, stamped with the time of the call or `walltime`, and with `step` if given."""
        try:
            data = bytes(event.SerializeToString())
            self._append(restamp_event(data, None if step is None else as_step(step), as_wall_time(walltime)))
        except Exception as error:  # noqa: BLE001 - a foreign object may raise anything
            self._refuse_foreign("add_event", error)

    def add_summary(self, summary: Any, global_step: Any = None, walltime: float | None = None) -> None:
        """Log a Summary message in an event of its own."""
        try:
            data = bytes(summary.SerializeToString())
            self._append(encode_event(as_wall_time(walltime), as_step(global_step), summary=data))
        except Exception as error:  # noqa: BLE001 - a foreign object may raise anything
            self._refuse_foreign("add_summary", error)

    def add_graph(self, graph_profile: Any, walltime: float | None = None) -> None:
        """Log a pair of messages, a GraphDef and the RunMetadata of one step of it."""
        try:
            graph, profile = (bytes(message.SerializeToString()) for message in graph_profile)
            wall_time = as_wall_time(walltime)
            tagged = encode_tagged_run_metadata(RUN_METADATA_TAG, profile)
            self._append(encode_event(wall_time, graph_def=graph))
            self._append(encode_event(wall_time, tagged_run_metadata=tagged))
        except Exception as error:  # noqa: BLE001 - a foreign object may raise anything
            self._refuse_foreign("add_graph", error)

    def add_onnx_graph(self, graph: Any, walltime: float | None = None) -> None:
        """Log a GraphDef message."""
        try:
            self._append(encode_event(as_wall_time(walltime), graph_def=bytes(graph.SerializeToString())))
        except Exception as error:  # noqa: BLE001 - a foreign object may raise anything
            self._refuse_foreign("add_onnx_graph", error)

    def reopen(self) -> None:
        """Nothing to do: the next record opens the file again."""

    def _append(self, event: bytes) -> None:
        if len(event) <= SMALL_BYTES:
            self.append_event(event)
        else:
            self.submit("", (), lambda: (event,))

    def _refuse_foreign(self, method: str, error: Exception) -> None:
        if self._strict:
            raise error
        self.refused_events += 1
        self._warn_once.warn(f"{method} {error}", f"{method}: a record is not logged: {error}")

    def append_event(self, event: bytes) -> None:
        """See EventWriter."""
        raise NotImplementedError

    def submit(self, tag: str, arrays: Any, encode: Any) -> None:
        """See EventWriter."""
        raise NotImplementedError
