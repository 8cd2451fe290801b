"""What all `add_*` methods share: steps, sub-runs, refusals, and the two ways of a value into the file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import encode_event, encode_summary, encode_value_event
from epochal.writer.arguments import as_step, as_tag, as_wall_time, describe, describe_error, is_fractional
from epochal.writer.event_writer import EventWriter
from epochal.writer.file_writer import FileWriter
from epochal.writer.null_writer import NullWriter
from epochal.writer.warnings import WarnOnce

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class LoggingBase:
    """The state of a SummaryWriter and the helpers of its methods; nothing here is public."""

    max_queue: int
    flush_secs: float
    filename_suffix: str
    file_writer: EventWriter
    all_writers: dict[str, EventWriter]

    _strict: bool
    _torch_layout: bool
    _write_to_disk: bool
    _warn_once: WarnOnce
    _rejected: int
    _last_steps: dict[str, int]
    _sub_writers: dict[str, EventWriter]

    _default_step: Any = None  # see SummaryWriter.use_metadata
    _default_walltime: float | None = None

    # -- writers ------------------------------------------------------------------------------------------

    def _make_file_writer(self, directory: str, purge_step: int | None = None) -> EventWriter:
        if not self._write_to_disk:
            writer: EventWriter = NullWriter(directory)
        else:
            writer = FileWriter(
                directory,
                filename_suffix=self.filename_suffix,
                max_queue=self.max_queue,
                flush_secs=self.flush_secs,
                purge_step=purge_step,
                strict=self._strict,
            )
        self.all_writers[directory] = writer
        return writer

    def _sub_writer(self, sub_run: str, purge_step: int | None = None) -> EventWriter:
        """The writer of a sub-run, made on first use; the run's own one if that is where the path leads."""
        directory = os.path.normpath(os.path.join(self.file_writer.directory, sub_run))
        if directory == self.file_writer.directory:
            return self.file_writer
        writer = self._sub_writers.get(directory)
        if writer is None:
            writer = self._make_file_writer(directory, purge_step)
            self._sub_writers[directory] = writer
        return writer

    # -- when ---------------------------------------------------------------------------------------------

    def _step(self, global_step: Any, tag: Any) -> int:
        given = self._default_step if global_step is None else global_step
        step = as_step(given)
        if type(given) is not int and is_fractional(given):
            name = describe(tag)
            self._warn_once.warn(
                f"fraction {name}", f"{name}: steps are integers, so the step {given} counts as {step}"
            )
        return step

    def _wall_time(self, walltime: Any) -> float:
        return as_wall_time(self._default_walltime if walltime is None else walltime)

    # -- small values -------------------------------------------------------------------------------------

    def _append_value(self, value: bytes, step: int, wall_time: float) -> None:
        self.file_writer.append_event(encode_value_event(wall_time, step, value))

    def _append_scalar(self, writer: EventWriter, tag: str, value: float, step: int, wall_time: float) -> None:
        waiting = writer.scalars.append_scalar(tag, value, step, wall_time)
        if not waiting:
            writer.warn_full()
        if writer.attention or waiting >= writer.ring_records:
            writer.attend()

    def _submit_value(self, tag: str, value: bytes, step: int, wall_time: float) -> None:
        """Log a value too large to go before waiting media."""
        self.file_writer.submit_event(tag, encode_value_event(wall_time, step, value))

    # -- arrays -------------------------------------------------------------------------------------------

    def _submit(
        self,
        method: str,
        tag: str,
        values: Any,
        global_step: Any,
        walltime: Any,
        check: Callable[[Array], None],
        encode: Callable[[Array], bytes],
    ) -> None:
        """Log a value made of one array."""
        self._submit_all(method, tag, (values,), global_step, walltime, check, lambda array: (encode(array),))

    def _submit_all(
        self,
        method: str,
        tag: str,
        values: Sequence[Any],
        global_step: Any,
        walltime: Any,
        check: Callable[..., None],
        encode: Callable[..., Sequence[bytes]],
        convert: Callable[[Any], tuple[Array, bool]] | None = None,
    ) -> None:
        """Log a Summary made of several arrays.

        check(*arrays) raises at the call for what encode(*copies) could not make values of in the background.
        """
        from epochal.summaries.arrays import to_numpy

        try:
            as_tag(tag)
            step, wall_time = self._step(global_step, tag), self._wall_time(walltime)
            arrays = [(convert or to_numpy)(value) for value in values]
            check(*(array for array, _ in arrays))
        except Exception as error:  # noqa: BLE001 - whatever a foreign array type raises
            self._reject(method, tag, error)
            return
        self._note_step(tag, step)
        try:
            self.file_writer.submit(
                tag,
                arrays,
                lambda *copies: (encode_event(wall_time, step, summary=encode_summary(encode(*copies))),),
            )
        except MemoryError as error:
            self._reject(method, tag, error)

    # -- notes --------------------------------------------------------------------------------------------

    def _note_step(self, tag: str, step: int) -> None:
        if not tag:
            self._warn_once.warn(
                "empty tag", "a value is logged under the empty tag; give it a name to find it by"
            )
        if self._last_steps.get(tag, step - 1) < step:
            self._last_steps[tag] = step

    def _reject(self, method: str, tag: Any, error: Exception) -> None:
        """A call with arguments that cannot be logged: raise if strict, else warn once per tag, and count."""
        self._reject_call(f"{method}({describe(tag)})", error)

    def _reject_call(self, call: str, error: Exception) -> None:
        """The same for a call without a tag."""
        if self._strict:
            raise error
        self._rejected += 1
        self._warn_once.warn(call, f"{call} is not logged: {describe_error(error)}")
