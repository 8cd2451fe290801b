"""A Keras 3 callback with the arguments, runs and tags of `keras.callbacks.TensorBoard`, on any backend."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import keras

import epochal.summary as summary
from epochal.events.message_encoders import encode_metadata
from epochal.integrations.keras_embeddings import write_embeddings
from epochal.integrations.keras_weights import to_pictures
from epochal.summaries.arrays import to_numpy
from epochal.summary.state import state
from epochal.writer.lifecycle import close_together
from epochal.writer.warnings import WarnOnce

if TYPE_CHECKING:
    import numpy as np

    from epochal.summary.writers import FileSummaryWriter

_GRAPH_METADATA = encode_metadata("graph_keras_model", b"1")
_GRAPH_CLASSES = ("Functional", "Sequential")
"""TensorBoard can draw the configuration of no other."""

_warn_once = WarnOnce()


class TensorBoard(keras.callbacks.Callback):  # type: ignore[misc]
    """Logs a fit to the runs `<log_dir>/train` and `<log_dir>/validation`; needs no TensorFlow.

    Nothing is written on the training thread. `epochal.summary` functions called in `Model.call` or
    `train_step` record to the run at hand, if update_freq says so.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: int | str | tuple[int, int] = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: str | Mapping[str, str] | None = None,
    ) -> None:
        """Touches no disk.

        histogram_freq: every so many epochs, the distribution of each weight; 0 for never.
        write_graph: the configuration of a Functional or Sequential model, for the graphs page.
        write_images: with the histograms, each weight as a picture too.
        write_steps_per_second: per epoch and, with update_freq, per batch.
        update_freq: "epoch", "batch", or a number of batches between records of the batch metrics.
        profile_batch: checked, but nothing is profiled; one warning says so.
        embeddings_freq: every so many epochs, the vectors of each Embedding layer, for the projector.
        embeddings_metadata: a TSV file of labels, relative to log_dir, or one for each layer's name.
        ValueError for a profile_batch that Keras does not take.
        """
        super().__init__()
        self.log_dir = str(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq: Any = 1 if update_freq == "batch" else update_freq
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        if _parse_profile_batch(profile_batch) != (0, 0):
            _warn_once.warn("profile", "keras.TensorBoard(profile_batch=…): batches are not profiled")
        self._writers: dict[str, FileSummaryWriter] = {}
        self._outer: list[tuple[Any, Any, Any]] = []
        self._train_batch = self._test_batch = 0
        self._graph_is_due = False
        self._batch_started = self._epoch_started = 0.0
        self._iterations_before = 0

    def set_model(self, model: Any) -> None:
        """Take the model, and log its graph if asked for. ValueError for metadata of unknown layers."""
        super().set_model(model)
        self._close_writers()
        self._writers = {}
        self._graph_is_due = self.write_graph
        if self.write_graph:
            self._log_keras_graph()
        if self.embeddings_freq:
            self._check_embeddings_metadata()

    # -- writers ------------------------------------------------------------------------------------------

    def _writer(self, run: str) -> FileSummaryWriter:
        if run not in self._writers:
            self._writers[run] = summary.create_file_writer(os.path.join(self.log_dir, run))
        return self._writers[run]

    @contextmanager
    def _writing_to(self, run: str) -> Iterator[FileSummaryWriter]:
        """`as_default` that neither waits for a flush nor heeds the conditions of batches."""
        before = state.writer, state.step, state.condition, state.scope
        state.writer, state.condition, state.scope = self._writer(run), None, ""
        try:
            yield self._writer(run)
        finally:
            state.writer, state.step, state.condition, state.scope = before

    def _push(self, run: str, batch: int) -> None:
        """Let summaries inside the model go to `run`, at the batches that update_freq asks for."""
        if self.update_freq == "epoch":
            return
        self._outer.append((state.writer, state.step, state.condition))
        state.writer, state.step = self._writer(run), batch
        state.condition = batch % self.update_freq == 0

    def _pop(self) -> None:
        if self._outer:
            state.writer, state.step, state.condition = self._outer.pop()

    def _close_writers(self) -> None:
        close_together(writer.event_writer for writer in self._writers.values())

    # -- what Keras calls ---------------------------------------------------------------------------------

    def on_train_begin(self, logs: Any = None) -> None:
        """Start to count batches."""
        self._train_batch = 0
        self._push("train", self._train_batch)

    def on_train_end(self, logs: Any = None) -> None:
        """Write out and close; a later fit writes new files into the same runs."""
        self._pop()
        self._close_writers()

    def on_test_begin(self, logs: Any = None) -> None:
        """Let summaries go to the validation run."""
        self._push("validation", self._test_batch)

    def on_test_end(self, logs: Any = None) -> None:
        """Log the metrics of an evaluation over the optimizer's iterations."""
        optimizer = getattr(self.model, "optimizer", None)
        if optimizer and hasattr(optimizer, "iterations"):
            step = _to_int(optimizer.iterations)
            with self._writing_to("validation"):
                for name, value in (logs or {}).items():
                    summary.scalar(f"evaluation_{name}_vs_iterations", value, step=step)
        self._pop()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Count, and decide whether this batch is recorded."""
        self._train_batch += 1
        self._pop()
        self._push("train", self._train_batch)
        if self.write_steps_per_second:
            self._batch_started = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Log the batch's metrics if update_freq asks for it."""
        if self._graph_is_due:
            self._graph_is_due = False
            self._log_train_graph()
        if self.update_freq == "epoch" or not summary.should_record_summaries():
            return
        if self.write_steps_per_second:
            elapsed = max(time.perf_counter() - self._batch_started, 1e-9)
            summary.scalar("batch_steps_per_second", 1.0 / elapsed, step=self._train_batch)
        if isinstance(logs, dict):
            for name, value in logs.items():
                summary.scalar(f"batch_{name}", value, step=self._train_batch)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Count, and decide whether summaries inside the model are recorded."""
        self._test_batch += 1
        self._pop()
        self._push("validation", self._test_batch)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remember when the epoch began."""
        if self.write_steps_per_second:
            self._iterations_before = _to_int(self.model.optimizer.iterations)
            self._epoch_started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Log the epoch's metrics, and weights and embeddings if they are due."""
        if logs:
            self._log_epoch_metrics(epoch, logs)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._log_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._log_embeddings(epoch)

    # -- what is logged -----------------------------------------------------------------------------------

    def _log_epoch_metrics(self, epoch: int, logs: dict[str, Any]) -> None:
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        train.update(self._get_learning_rates())
        if self.write_steps_per_second:
            iterations = _to_int(self.model.optimizer.iterations) - self._iterations_before
            elapsed = max(time.perf_counter() - self._epoch_started, 1e-9)
            train["steps_per_second"] = iterations / elapsed
        validation = {name[4:]: value for name, value in logs.items() if name.startswith("val_")}
        for run, metrics in (("train", train), ("validation", validation)):
            if metrics:
                with self._writing_to(run):
                    for name, value in metrics.items():
                        summary.scalar(f"epoch_{name}", value, step=epoch)

    def _get_learning_rates(self) -> dict[str, float]:
        optimizer: Any = getattr(self.model, "optimizer", None)
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # of a LossScaleOptimizer
        if hasattr(optimizer, "optimizers"):
            return {f"learning_rate_{each.name}": _to_float(each.learning_rate) for each in optimizer.optimizers}
        if isinstance(optimizer, keras.optimizers.Optimizer):
            return {"learning_rate": _to_float(optimizer.learning_rate)}
        return {}

    def _log_weights(self, epoch: int) -> None:
        channels_last = keras.config.image_data_format() == "channels_last"
        with self._writing_to("train"):
            for layer in self.model.layers:
                for weight in layer.weights:
                    name = weight.path.replace(":", "_")
                    values = _to_array(weight)
                    summary.histogram(f"{name}/histogram", values, step=epoch)
                    pictures = to_pictures(values, channels_last) if self.write_images else None
                    if pictures is not None:
                        summary.image(f"{name}/image", pictures, step=epoch)

    def _log_keras_graph(self) -> None:
        if type(self.model).__name__ not in _GRAPH_CLASSES:
            return
        try:
            config = self.model.to_json()
        except Exception as error:  # noqa: BLE001 - get_config runs the code of custom layers
            _warn_once.warn("graph", f"keras.TensorBoard: the model's graph is not logged: {error}")
            return
        with self._writing_to("train"):
            summary.write("keras", config, step=0, metadata=_GRAPH_METADATA)

    def _log_train_graph(self) -> None:
        """The graph that TensorFlow executes; on other backends there is none."""
        function = getattr(self.model, "train_function", None)
        traced = getattr(function, "_concrete_variable_creation_fn", None)
        if traced is not None:
            with self._writing_to("train"):
                summary.graph(traced.graph)

    # -- embeddings ---------------------------------------------------------------------------------------

    def _embedding_layers(self) -> list[Any]:
        return [layer for layer in self.model.layers if isinstance(layer, keras.layers.Embedding)]

    def _check_embeddings_metadata(self) -> None:
        if self.embeddings_metadata and not isinstance(self.embeddings_metadata, str):
            unknown = set(self.embeddings_metadata) - {layer.name for layer in self._embedding_layers()}
            if unknown:
                raise ValueError(
                    f"embeddings_metadata names layers that are no Embedding of the model: {sorted(unknown)}"
                )

    def _log_embeddings(self, epoch: int) -> None:
        layers = self._embedding_layers()
        metadata = self.embeddings_metadata
        paths = [metadata if isinstance(metadata, str) else (metadata or {}).get(layer.name) for layer in layers]
        vectors = [(_to_array(layer.embeddings), False) for layer in layers]
        names = [layer.name for layer in layers]
        # The background workers make events; here they make files, and no event.
        write = partial(write_embeddings, self.log_dir, epoch, names, paths)
        self._writer("train").event_writer.submit("embeddings", vectors, write)


def _parse_profile_batch(profile_batch: Any) -> tuple[int, int]:
    """(first, last) batch to profile, (0, 0) for none; takes what Keras takes."""
    parsed = profile_batch
    if isinstance(parsed, str):
        numbers = [int(number) for number in parsed.split(",")]
        parsed = numbers[0] if len(numbers) == 1 else numbers
    if isinstance(parsed, int):
        parsed = (parsed, parsed)
    if isinstance(parsed, (tuple, list)) and len(parsed) == 2 and 0 <= parsed[0] <= parsed[1]:
        return int(parsed[0]), int(parsed[1])
    raise ValueError(
        f"profile_batch must be a non-negative integer or a pair of them in order, got {profile_batch!r}"
    )


def _to_array(variable: Any) -> np.ndarray[Any, Any]:
    """The values of a Keras variable or tensor. It may share the backend's memory, so log it at once."""
    return to_numpy(keras.ops.convert_to_tensor(variable))[0]


def _to_int(variable: Any) -> int:
    return int(_to_array(variable).item())


def _to_float(variable: Any) -> float:
    return float(_to_array(variable).item())
