"""SummaryWriter: the API that people know from torch, over Epochal's own files and threads.

Torch's parameter names live here and nowhere else.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import encode_event, encode_summary
from epochal.summaries.scalars import as_float, encode_grouped_scalar, encode_scalar_tensor
from epochal.writer.arguments import as_step, as_tag, as_wall_time
from epochal.writer.event_writer import EventWriter, WriterStatus
from epochal.writer.file_writer import FileWriter
from epochal.writer.warnings import WarnOnce

if TYPE_CHECKING:
    from types import TracebackType

    import numpy as np

_now = time.time


def _default_log_dir(comment: str) -> str:
    import socket
    from datetime import datetime

    started = datetime.now().strftime("%b%d_%H-%M-%S")
    return os.path.join("runs", f"{started}_{socket.gethostname()}{comment}")


class SummaryWriter:
    """Logs a run to an event file that Epochal and TensorBoard open; drop-in for torch's SummaryWriter.

    No `add_*` does I/O or raises for bad data or a failing disk: it warns, once per tag, and `status()` counts.
    With `strict=True` bad arguments raise at the call, later failures at the next call.
    Everything logged is written when the process exits, also without `close()`. Usable as a context manager,
    from any thread and in forked children; can be pickled, and then writes a file of its own.
    """

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
    ) -> None:
        """Make the directory and an event file in it.

        log_dir: the run's directory; by default runs/<Mon><DD>_<HH>-<MM>-<SS>_<host><comment>.
        comment: see log_dir; ignored if that is given.
        purge_step: hide what earlier writers of this directory logged from this step on.
        max_queue: this many waiting records are written at once, without waiting for more.
        flush_secs: the longest time between syncs to disk; more than 30 counts as 30. Scalars and text are
            handed to the operating system within a quarter of a second whatever it is.
        filename_suffix: appended to the names of event files.
        strict: raise instead of warn.
        """
        self.log_dir = log_dir if log_dir else _default_log_dir(comment)
        self.purge_step = purge_step
        self.max_queue = max_queue
        self.flush_secs = flush_secs
        self.filename_suffix = filename_suffix
        self._strict = strict
        self._set_up(os.path.abspath(os.fspath(self.log_dir)))
        self.file_writer.open()

    def _set_up(self, directory: str) -> None:
        self._warn_once = WarnOnce()
        self._rejected = 0
        self._last_steps: dict[str, int] = {}
        self._group_generations: dict[str, int] = {}
        self._sub_writers: dict[str, EventWriter] = {}
        self._all_writers: list[EventWriter] = []
        self.file_writer = self._make_file_writer(directory)
        # A writer that is dropped without close() is written out and freed all the same.
        weakref.finalize(self, _request_close, self._all_writers).atexit = False

    def _make_file_writer(self, directory: str) -> EventWriter:
        writer = FileWriter(
            directory,
            filename_suffix=self.filename_suffix,
            max_queue=self.max_queue,
            flush_secs=self.flush_secs,
            purge_step=None if self.purge_step is None else as_step(self.purge_step),
            strict=self._strict,
        )
        self._all_writers.append(writer)
        return writer

    # -- scalars and text ---------------------------------------------------------------------------------

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """Log one number: anything with one element. Stored as float32.

        new_style stores a tensor instead of the legacy simple_value, with double_precision a float64 one.
        """
        # This is the hot path: for a float and an int step nothing is converted. Whatever is unusual fails
        # here or branches off.
        if type(scalar_value) is not float or type(global_step) is not int or new_style:
            self._add_other_scalar(tag, scalar_value, global_step, walltime, new_style, double_precision)
            return
        try:
            writer = self.file_writer
            queue = writer.scalars
            if not queue.append_scalar(tag, scalar_value, global_step, _now() if walltime is None else walltime):
                writer.warn_full()
            steps = self._last_steps
            if steps.get(tag, global_step - 1) < global_step:
                steps[tag] = global_step
        except (TypeError, ValueError, OverflowError) as error:
            self._reject("add_scalar", tag, error)
            return
        if writer.attention or queue.pending_records >= writer.max_queue:
            writer.attend()

    def _add_other_scalar(
        self, tag: Any, scalar_value: Any, global_step: Any, walltime: Any, new_style: bool, double_precision: bool
    ) -> None:
        try:
            tag, value, step = as_tag(tag), as_float(scalar_value), as_step(global_step)
            wall_time = as_wall_time(walltime)
        except Exception as error:  # noqa: BLE001 - whatever an object makes of float() and int()
            self._reject("add_scalar", tag, error)
            return
        self._note_step(tag, step)
        if new_style:
            self._append_value(encode_scalar_tensor(tag, value, double_precision), step, wall_time)
        else:
            self._append_scalar(self.file_writer, tag, value, step, wall_time)

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
            group, step, wall_time = as_tag(main_tag), as_step(global_step), as_wall_time(walltime)
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
        known_in = self._group_generations.get(tag)
        if known_in is None and tag in self._last_steps:
            sub_run = f"{group.replace('/', '_')}_{key}"
            self._warn_once.warn(
                f"collision {tag}",
                f"add_scalars({group!r}): add_scalar logs the tag {tag!r} already, so the key {key!r} goes to "
                f"the sub-run {sub_run!r}",
            )
            self._append_scalar(self._sub_writer(sub_run), group, value, step, wall_time)
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
            step, wall_time = as_step(global_step), as_wall_time(walltime)
        except Exception as error:  # noqa: BLE001 - see _add_other_scalar
            self._reject("add_text", tag, error)
            return
        self._note_step(tag, step)
        self._append_value(value, step, wall_time)

    # -- images and histograms ----------------------------------------------------------------------------

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Log an image: uint8 as it is, other dtypes as 0…1; 1, 2 (grey + alpha), 3 or 4 channels.

        dataformats: the order of the axes, such as "CHW", "HWC", "HW", or "NCHW" for a batch (see add_images).
        """
        self._add_image("add_image", tag, img_tensor, global_step, walltime, dataformats)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Log a batch of images with 1 or 3 channels, as one grid of 8 columns."""
        self._add_image("add_images", tag, img_tensor, global_step, walltime, dataformats)

    def _add_image(
        self, method: str, tag: str, image: Any, global_step: Any, walltime: Any, dataformats: str
    ) -> None:
        from epochal.summaries.images import check_image, encode_image_value, load_encoder

        load_encoder()
        self._submit(
            method,
            tag,
            image,
            global_step,
            walltime,
            lambda array: check_image(array.shape, dataformats),
            lambda array: encode_image_value(tag, array, dataformats),
        )

    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: Any = None,
        close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """Log a matplotlib figure, or a list of equal-sized ones as one grid, and close it unless told not to."""
        from epochal.summaries.figures import close_figures, draw_figures

        try:
            pixels, dataformats = draw_figures(figure)
            if close:
                close_figures(figure)
        except Exception as error:  # noqa: BLE001 - drawing runs a user's own artists
            self._reject("add_figure", tag, error)
            return
        self._add_image("add_figure", tag, pixels, global_step, walltime, dataformats)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Log the distribution of `values`, of any shape; NaN and infinite ones are counted apart.

        bins: "tensorflow", or what `numpy.histogram` takes. max_bins: merge buckets beyond about this many.
        """
        from epochal.summaries.histograms import check_bins, encode_histogram_value

        self._submit(
            "add_histogram",
            tag,
            values,
            global_step,
            walltime,
            lambda array: check_bins(bins, max_bins),
            partial(encode_histogram_value, tag, bins=bins, max_bins=max_bins),
        )

    @property
    def default_bins(self) -> list[float]:
        """The edges that `bins="tensorflow"` stands for."""
        from epochal.summaries.histograms import default_bins

        return list(default_bins())

    # -- life ---------------------------------------------------------------------------------------------

    def get_logdir(self) -> str | os.PathLike[str]:
        """The run's directory, as it was given."""
        return self.log_dir

    def flush(self, *, sync: bool = False) -> None:
        """Return when everything logged so far is with the operating system; with `sync`, on disk."""
        for writer in list(self._all_writers):
            writer.flush(sync)

    def close(self) -> None:
        """Write and sync everything, free thread and file. The next `add_*` goes on in the same run."""
        writers = list(self._all_writers)
        _request_close(writers)
        for writer in writers:
            writer.close()

    def status(self) -> WriterStatus:
        """What has been written so far, what waits and what was lost, sub-runs included."""
        return WriterStatus.merge([writer.status() for writer in list(self._all_writers)], self._rejected)

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        kept = ("log_dir", "max_queue", "flush_secs", "filename_suffix", "_strict")
        return {name: getattr(self, name) for name in kept} | {"directory": self.file_writer.directory}

    def __setstate__(self, state: dict[str, Any]) -> None:
        directory = state.pop("directory")
        self.__dict__.update(state)
        self.purge_step = None
        self._set_up(directory)

    # -- shared by the methods above -----------------------------------------------------------------------

    def _submit(
        self,
        method: str,
        tag: str,
        values: Any,
        global_step: Any,
        walltime: Any,
        check: Callable[[np.ndarray[Any, Any]], None],
        encode: Callable[[np.ndarray[Any, Any]], bytes],
    ) -> None:
        from epochal.summaries.arrays import to_numpy

        try:
            as_tag(tag)
            step, wall_time = as_step(global_step), as_wall_time(walltime)
            array, private = to_numpy(values)
            check(array)
        except Exception as error:  # noqa: BLE001 - whatever a foreign array type raises
            self._reject(method, tag, error)
            return
        self._note_step(tag, step)
        try:
            self.file_writer.submit_value(tag, array, private, step, wall_time, encode)
        except MemoryError as error:
            self._reject(method, tag, error)

    def _append_value(self, value: bytes, step: int, wall_time: float) -> None:
        self.file_writer.append_event(encode_event(wall_time, step, summary=encode_summary((value,))))

    def _append_scalar(self, writer: EventWriter, tag: str, value: float, step: int, wall_time: float) -> None:
        if not writer.scalars.append_scalar(tag, value, step, wall_time):
            writer.warn_full()
        if writer.attention or writer.scalars.pending_records >= writer.max_queue:
            writer.attend()

    def _note_step(self, tag: str, step: int) -> None:
        if self._last_steps.get(tag, step - 1) < step:
            self._last_steps[tag] = step

    def _sub_writer(self, sub_run: str) -> EventWriter:
        writer = self._sub_writers.get(sub_run)
        if writer is None:
            writer = self._make_file_writer(os.path.join(self.file_writer.directory, sub_run))
            self._sub_writers[sub_run] = writer
        return writer

    def _reject(self, method: str, tag: Any, error: Exception) -> None:
        """A call with arguments that cannot be logged: raise if strict, else warn once per tag, and count."""
        if self._strict:
            raise error
        self._rejected += 1
        self._warn_once.warn(f"{method} {tag!r}", f"{method}({tag!r}) is not logged: {error}")


def _request_close(writers: list[EventWriter]) -> None:
    for writer in writers:
        writer.request_close()
