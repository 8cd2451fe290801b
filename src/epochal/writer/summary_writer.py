"""SummaryWriter: the API that people know from torch, over Epochal's own files and threads.

Torch's parameter names live here and nowhere else.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import (
    FILE_VERSION,
    SESSION_START,
    encode_event,
    encode_metadata,
    encode_session_log,
    encode_value,
)
from epochal.summaries.scalars import PLUGIN_NAME, as_float, encode_grouped_scalar, encode_scalar_tensor
from epochal.writer.arguments import as_step, as_tag
from epochal.writer.array_methods import ArrayMethods
from epochal.writer.embedding_methods import EmbeddingMethods
from epochal.writer.event_writer import EventWriter, WriterStatus
from epochal.writer.experiment_methods import ExperimentMethods
from epochal.writer.lifecycle import close_together
from epochal.writer.media_methods import MediaMethods
from epochal.writer.provenance import start as start_provenance
from epochal.writer.warnings import WarnOnce

if TYPE_CHECKING:
    from types import TracebackType

    from epochal.writer.system_metrics import SystemMetrics
    from epochal.writer.termination import SigtermHold

_now = time.time

_MODES = ("_strict", "_torch_layout", "_write_to_disk")
"""Attributes that a pickled writer keeps, beside torch's own."""


def _default_log_dir(comment: str) -> str:
    import socket
    from datetime import datetime

    started = datetime.now().strftime("%b%d_%H-%M-%S")
    return os.path.join("runs", f"{started}_{socket.gethostname()}{comment}")


def _asks_for_torch_layout() -> bool:
    return os.environ.get("EPOCHAL_TORCH_LAYOUT", "").lower() not in ("", "0", "false", "no", "off")


_EMPTY = ""
"""Compared by identity on the hot path, where a tag may be of any type: every empty literal is this object."""


class SummaryWriter(MediaMethods, ArrayMethods, ExperimentMethods, EmbeddingMethods):
    """Logs a run to an event file that Epochal and TensorBoard open; drop-in for torch's SummaryWriter.

    No `add_*` does I/O or raises for bad data or a failing disk: it warns, once per tag, and `status()` counts.
    With `strict=True` bad arguments raise at the call, later failures at the next call.
    Everything logged is written when the process exits, also without `close()`. Usable as a context manager,
    from any thread and in forked children; can be pickled, and then writes a file of its own.
    """

    _system_metrics: SystemMetrics | None = None
    _sigterm: SigtermHold | None = None

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
        *,
        strict: bool = False,
        torch_layout: bool | None = None,
        write_to_disk: bool = True,
        logdir: str | os.PathLike[str] | None = None,
        provenance: bool = True,
        system_metrics: bool = False,
        handle_sigterm: bool = False,
    ) -> None:
        """Make the directory and an event file in it.

        log_dir: the run's directory; by default runs/<Mon><DD>_<HH>-<MM>-<SS>_<host><comment>.
        comment: see log_dir; ignored if that is given.
        purge_step: hide what earlier writers of this directory logged from this step on.
        max_queue: this many waiting records are written at once, or 50 ms after the last write if that is later.
        flush_secs: the longest time between syncs to disk; more than 30 counts as 30. Scalars and text are
            handed to the operating system within a quarter of a second whatever it is.
        filename_suffix: appended to the names of event files.
        strict: raise instead of warn.
        torch_layout: write exactly the events and sub-runs of torch's writer; None asks the environment
            variable EPOCHAL_TORCH_LAYOUT.
        write_to_disk: False makes a writer that takes everything and writes nothing.
        logdir: tensorboardX's name for log_dir.
        provenance: the first writer of a process adds a text `epochal/provenance` with host, command, versions
            and git commit; not with torch_layout, nor with EPOCHAL_PROVENANCE=0 in the environment.
        system_metrics: sample CPU, memory, disk, network and GPUs into scalars `system/*` every ten seconds,
            at the highest step logged so far, until `close`.
        handle_sigterm: until `close`, have SIGTERM sync everything logged in this process to disk, and then do
            what it did before: call the handler that was set, end the process, or nothing. Only from the main
            thread; elsewhere it warns. No handler is taken without it.
        """
        self.log_dir = log_dir or logdir or _default_log_dir(comment)
        self.purge_step = purge_step
        self.max_queue = max_queue
        self.flush_secs = flush_secs
        self.filename_suffix = filename_suffix
        self._strict = strict
        self._torch_layout = _asks_for_torch_layout() if torch_layout is None else torch_layout
        self._write_to_disk = write_to_disk
        self._set_up(os.path.abspath(os.fspath(self.log_dir)))
        if provenance and write_to_disk and not self._torch_layout:
            start_provenance(self.file_writer)
        self.file_writer.open()
        if system_metrics and write_to_disk:
            from epochal.writer.system_metrics import SystemMetrics

            self._system_metrics = SystemMetrics(self)
        if handle_sigterm and write_to_disk:
            self._hold_sigterm()

    def _hold_sigterm(self) -> None:
        from epochal.writer.termination import SigtermHold

        try:
            self._sigterm = SigtermHold()
        except ValueError as error:
            if self._strict:
                raise
            self._warn_once.warn("sigterm", f"handle_sigterm has no effect: {error}")
        else:
            weakref.finalize(self, self._sigterm.release).atexit = False

    def _set_up(self, directory: str) -> None:
        self._warn_once = WarnOnce()
        self._rejected = 0
        self._last_steps: dict[str, int] = {}
        self._group_generations: dict[str, int] = {}
        self._sub_writers: dict[str, EventWriter] = {}
        self.all_writers: dict[str, EventWriter] = {}
        purge_step = None if self.purge_step is None else as_step(self.purge_step, "purge_step")
        self.file_writer = self._make_file_writer(directory, None if self._torch_layout else purge_step)
        if self._torch_layout and purge_step is not None:
            self._mark_purge_as_torch(purge_step)
        # A writer that is dropped without close() is written out and freed all the same.
        weakref.finalize(self, _request_close, self.all_writers).atexit = False

    def _mark_purge_as_torch(self, step: int) -> None:
        """The two events of torch's writer; the second one alone has a meaning."""
        now = _now()
        self.file_writer.append_event(encode_event(now, step, file_version=FILE_VERSION))
        self.file_writer.append_event(encode_event(now, step, session_log=encode_session_log(SESSION_START)))

    # -- scalars and text ---------------------------------------------------------------------------------

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
        *,
        display_name: str = "",
        summary_description: str = "",
    ) -> None:
        """Log one number: anything with one element. Stored as float32.

        new_style stores a tensor instead of the legacy simple_value, with double_precision a float64 one.
        display_name and summary_description (Markdown), tensorboardX's, go with the number: a chart's title and
        a text about it.
        """
        # This is the hot path: for a float and an int step nothing is converted. Whatever is unusual fails
        # here or branches off.
        if display_name or summary_description:
            self._add_described_scalar(tag, scalar_value, global_step, walltime, display_name, summary_description)
            return
        if (
            type(scalar_value) is not float
            or type(global_step) is not int
            or new_style is not False
            or tag is _EMPTY
            or self._default_walltime is not None
        ):
            self._add_other_scalar(tag, scalar_value, global_step, walltime, new_style, double_precision)
            return
        try:
            writer = self.file_writer
            waiting = writer.scalars.append_scalar(
                tag, scalar_value, global_step, _now() if walltime is None else walltime
            )
            if not waiting:
                writer.warn_full()
            steps = self._last_steps
            if steps.get(tag, global_step - 1) < global_step:
                steps[tag] = global_step
        except (TypeError, ValueError, OverflowError) as error:
            self._reject("add_scalar", tag, error)
            return
        if writer.attention or waiting >= writer.ring_records:
            writer.attend()

    def _add_other_scalar(
        self, tag: Any, scalar_value: Any, global_step: Any, walltime: Any, new_style: Any, double_precision: Any
    ) -> None:
        try:
            tag, value, step = as_tag(tag), as_float(scalar_value), self._step(global_step, tag)
            wall_time = self._wall_time(walltime)
            as_tensor, as_double = bool(new_style), bool(double_precision)
        except Exception as error:  # noqa: BLE001 - whatever an object makes of float() and int()
            self._reject("add_scalar", tag, error)
            return
        self._note_step(tag, step)
        if as_tensor:
            self._append_value(encode_scalar_tensor(tag, value, as_double), step, wall_time)
        else:
            self._append_scalar(self.file_writer, tag, value, step, wall_time)

    def _add_described_scalar(
        self, tag: Any, scalar_value: Any, global_step: Any, walltime: Any, display_name: Any, description: Any
    ) -> None:
        try:
            step, wall_time = self._step(global_step, tag), self._wall_time(walltime)
            metadata = encode_metadata(PLUGIN_NAME, b"", as_tag(display_name), as_tag(description))
            value = encode_value(as_tag(tag), simple_value=as_float(scalar_value), metadata=metadata)
        except Exception as error:  # noqa: BLE001 - see _add_other_scalar
            self._reject("add_scalar", tag, error)
            return
        self._note_step(tag, step)
        self._append_value(value, step, wall_time)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: dict[str, Any],
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Log several numbers as one group, under the tags `main_tag/key`: Epochal draws them in one chart.

        A key whose tag `add_scalar` uses already goes to a sub-run, as all of them do with torch's writer.
        """
        try:
            group, step, wall_time = as_tag(main_tag), self._step(global_step, main_tag), self._wall_time(walltime)
            if not hasattr(tag_scalar_dict, "items"):
                raise TypeError(f"add_scalars takes a dict of numbers, got {type(tag_scalar_dict).__name__}")
            items = list(tag_scalar_dict.items())
        except Exception as error:  # noqa: BLE001 - see _add_other_scalar
            self._reject("add_scalars", main_tag, error)
            return
        for key, scalar_value in items:
            try:
                tag, value = f"{group}/{as_tag(key)}", as_float(scalar_value)
            except Exception as error:  # noqa: BLE001 - see _add_other_scalar
                self._reject("add_scalars", f"{main_tag}/{key}", error)
                continue
            self._add_grouped_scalar(group, key, tag, value, step, wall_time)

    def _add_grouped_scalar(
        self, group: str, key: str, tag: str, value: float, step: int, wall_time: float
    ) -> None:
        sub_run = f"{group.replace('/', '_')}_{key}"
        if self._torch_layout:
            self._append_scalar(self._sub_writer(sub_run), group, value, step, wall_time)
            return
        known_in = self._group_generations.get(tag)
        if known_in is None and tag in self._last_steps:
            self._warn_once.warn(
                f"collision {tag}",
                f"add_scalars({group!r}): add_scalar logs the tag {tag!r} already, so the key {key!r} goes to "
                f"the sub-run {sub_run!r}",
            )
            writer = self._sub_writer(sub_run, None if self.purge_step is None else as_step(self.purge_step))
            self._append_scalar(writer, group, value, step, wall_time)
            return
        writer = self.file_writer
        generation = writer.generation
        self._group_generations[tag] = generation
        self._note_step(tag, step)
        if known_in == generation:
            self._append_scalar(writer, tag, value, step, wall_time)
        else:
            self._append_value(encode_grouped_scalar(tag, value, group), step, wall_time)

    def add_text(self, tag: str, text_string: Any, global_step: Any = None, walltime: float | None = None) -> None:
        """Log Markdown text. A list, or a list of lists, of strings is shown as a table."""
        from epochal.summaries.text import encode_text_value

        try:
            value = encode_text_value(as_tag(tag), text_string)
            step, wall_time = self._step(global_step, tag), self._wall_time(walltime)
        except Exception as error:  # noqa: BLE001 - see _add_other_scalar
            self._reject("add_text", tag, error)
            return
        self._note_step(tag, step)
        self._append_value(value, step, wall_time)

    @contextmanager
    def use_metadata(self, *, global_step: Any = None, walltime: float | None = None) -> Iterator[SummaryWriter]:
        """tensorboardX's default step and wall time for what is logged within the context without them."""
        before = (self._default_step, self._default_walltime)
        self._default_step, self._default_walltime = global_step, walltime
        try:
            yield self
        finally:
            self._default_step, self._default_walltime = before

    # -- life ---------------------------------------------------------------------------------------------

    def get_logdir(self) -> str | os.PathLike[str]:
        """The run's directory, as it was given."""
        return self.log_dir

    @property
    def logdir(self) -> str | os.PathLike[str]:
        """tensorboardX's name for `log_dir`."""
        return self.log_dir

    def _get_file_writer(self) -> EventWriter:
        """The writer of the run itself, where other libraries add events of their own."""
        return self.file_writer

    def flush(self, *, sync: bool = False) -> None:
        """Return when everything logged so far is with the operating system; with `sync`, on disk."""
        since = time.monotonic()
        for writer in list(self.all_writers.values()):
            writer.flush(sync, since)

    def close(self) -> None:
        """Write and sync everything, free thread and file. The next `add_*` goes on in the same run."""
        if self._system_metrics is not None:
            self._system_metrics.stop()
        try:
            close_together(self.all_writers.values())
        finally:
            if self._sigterm is not None:
                self._sigterm.release()

    def status(self) -> WriterStatus:
        """What has been written so far, what waits and what was lost, sub-runs included."""
        return WriterStatus.merge([writer.status() for writer in list(self.all_writers.values())], self._rejected)

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        kept = ("log_dir", "max_queue", "flush_secs", "filename_suffix", *_MODES)
        return {name: getattr(self, name) for name in kept} | {"directory": self.file_writer.directory}

    def __setstate__(self, state: dict[str, Any]) -> None:
        directory = state.pop("directory")
        self.__dict__.update(state)
        self.purge_step = None
        self._set_up(directory)


def _request_close(writers: dict[str, EventWriter]) -> None:
    for writer in list(writers.values()):
        writer.request_close()
