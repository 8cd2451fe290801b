"""The methods of SummaryWriter that describe a run: hyperparameters, chart layouts, graphs."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from epochal.events.message_encoders import encode_event, encode_tagged_run_metadata, encode_value_event
from epochal.writer.arguments import describe
from epochal.writer.foreign_events import RUN_METADATA_TAG
from epochal.writer.logging_base import LoggingBase


def _as_metric(tag: Any, value: Any) -> float:
    from epochal.summaries.scalars import as_float

    try:
        return as_float(value)
    except TypeError as error:
        raise TypeError(f"metric {describe(tag)}: {error}") from error


class ExperimentMethods(LoggingBase):
    """Part of SummaryWriter."""

    _has_hparams = False

    # -- hyperparameters ----------------------------------------------------------------------------------

    def add_hparams(
        self,
        hparam_dict: dict[str, Any],
        metric_dict: dict[str, Any],
        hparam_domain_discrete: dict[str, list[Any]] | None = None,
        run_name: str | None = None,
        global_step: Any = None,
        *,
        name: str | None = None,
    ) -> None:
        """Log hyperparameters of any type, and what they led to, as one session of the hparams page.

        A writer's first call describes its own run; later ones, or a run_name, make a sub-run each. Metrics are
        logged as scalars too: at global_step, else at the highest step logged for their tag, else for any tag.
        hparam_domain_discrete: all values that a hyperparameter can have. name: tensorboardX's word for run_name.
        """
        try:
            for argument, given in (("hparam_dict", hparam_dict), ("metric_dict", metric_dict)):
                if not isinstance(given, Mapping):
                    raise TypeError(f"{argument} must be a dict, got {type(given).__name__}")
            step = self._step(global_step, "add_hparams")
            run_name = name if run_name is None else run_name
            sub_run = "" if run_name is None else os.fspath(run_name)
            metrics = {str(tag): _as_metric(tag, value) for tag, value in metric_dict.items()}
            values = self._encode_hparams(hparam_dict, metrics, hparam_domain_discrete)
        except Exception as error:  # noqa: BLE001 - whatever a user's objects raise
            self._reject_call("add_hparams", error)
            return
        own_run = not sub_run and not self._has_hparams and not self._torch_layout
        self._has_hparams = True
        try:
            writer = self.file_writer if own_run else self._sub_writer(sub_run or str(time.time()))
        except Exception as error:  # noqa: BLE001 - a name that is no path
            self._reject_call(f"add_hparams(run_name={describe(run_name)})", error)
            return
        now = time.time()
        for value in values:
            writer.append_event(encode_value_event(now, step, value))
        for tag, number in metrics.items():
            metric_step = step if global_step is not None or self._torch_layout else self._latest_step(tag)
            if writer is self.file_writer:
                self._note_step(tag, metric_step)
            self._append_scalar(writer, tag, number, metric_step, now)
        if writer is not self.file_writer:
            writer.request_close()

    def _encode_hparams(
        self, hparam_dict: Mapping[str, Any], metrics: Mapping[str, float], domains: Any
    ) -> list[bytes]:
        from epochal.summaries import hparams as encoders

        convert = encoders.as_torch_hparam if self._torch_layout else encoders.as_hparam
        hparams = {str(name): convert(value) for name, value in hparam_dict.items()}
        given = {name: value for name, value in hparams.items() if value is not None}
        values = [encoders.encode_session_start_value(given), encoders.encode_session_end_value()]
        if domains or self._torch_layout:
            encoders.check_domains(hparam_dict, domains or {})
            converted = {
                str(name): [one for one in map(convert, choices) if one is not None]
                for name, choices in (domains or {}).items()
            }
            values.insert(0, encoders.encode_experiment_value(given, converted, metrics))
        return values

    def _latest_step(self, tag: str) -> int:
        """The highest step of a tag; of any tag if it has none; 0 at first.

        At a lower step TensorBoard's default loader would take the record for a restart and drop all that
        came before.
        """
        steps = self._last_steps
        return steps[tag] if tag in steps else max(list(steps.values()), default=0)

    # -- chart layouts ------------------------------------------------------------------------------------

    def add_custom_scalars(self, layout: dict[str, Any]) -> None:
        """Log a page of charts: {category: {chart: ["Multiline" or "Margin", [tag, …]]}}, once per run.

        A margin chart has three tags: value, lower and upper bound. Tags are regular expressions.
        """
        self._add_layout("add_custom_scalars", lambda: layout)

    def add_custom_scalars_multilinechart(
        self, tags: Any, category: str = "default", title: str = "untitled"
    ) -> None:
        """Log a page with one chart of several lines."""
        self._add_layout("add_custom_scalars_multilinechart", lambda: {category: {title: ["Multiline", tags]}})

    def add_custom_scalars_marginchart(
        self, tags: Any, category: str = "default", title: str = "untitled"
    ) -> None:
        """Log a page with one chart of a line within a band; tags: value, lower and upper bound."""
        self._add_layout("add_custom_scalars_marginchart", lambda: {category: {title: ["Margin", tags]}})

    def _add_layout(self, method: str, make_layout: Callable[[], Any]) -> None:
        from epochal.summaries.custom_scalars import TAG, encode_layout_value

        try:
            value = encode_layout_value(make_layout())
        except Exception as error:  # noqa: BLE001 - a layout of any shape
            self._reject(method, TAG, error)
            return
        self._append_value(value, 0, time.time())

    # -- graphs -------------------------------------------------------------------------------------------

    def add_graph(
        self, model: Any, input_to_model: Any = None, verbose: bool = False, use_strict_trace: bool = True
    ) -> None:
        """Trace a torch module with torch.jit.trace, on this thread and in eval mode, and log its graph.

        verbose prints the trace. use_strict_trace=False allows outputs that are dicts.
        """
        from epochal.summaries.graphs.graph_def import encode_graph_def, encode_run_metadata
        from epochal.summaries.graphs.torch_graph import DEVICE, trace_torch_graph

        try:
            nodes = trace_torch_graph(model, input_to_model, verbose, use_strict_trace)
        except Exception as error:  # noqa: BLE001 - tracing runs the model
            self._reject("add_graph", type(model).__name__, error)
            return
        now = time.time()

        def encode() -> tuple[bytes, bytes]:
            profile = encode_tagged_run_metadata(RUN_METADATA_TAG, encode_run_metadata(DEVICE))
            return (
                encode_event(now, graph_def=encode_graph_def(nodes)),
                encode_event(now, tagged_run_metadata=profile),
            )

        self.file_writer.submit("add_graph", (), encode)

    def add_onnx_graph(self, prototxt: Any) -> None:
        """Log the graph of an ONNX model: a path or a binary file object. Needs the package onnx."""
        from epochal.summaries.graphs.graph_def import encode_graph_def
        from epochal.summaries.graphs.onnx_graph import list_onnx_nodes

        try:
            onnx = importlib.import_module("onnx")
        except ImportError:
            self._reject("add_onnx_graph", prototxt, ModuleNotFoundError("the package onnx is not installed"))
            return
        try:
            source = prototxt.read() if hasattr(prototxt, "read") else os.fspath(prototxt)
        except Exception as error:  # noqa: BLE001 - a file object may raise anything
            self._reject("add_onnx_graph", prototxt, error)
            return
        now = time.time()

        def encode() -> tuple[bytes]:
            model = onnx.load_model_from_string(source) if isinstance(source, bytes) else onnx.load(source)
            return (encode_event(now, graph_def=encode_graph_def(list_onnx_nodes(model.graph))),)

        self.file_writer.submit(str(prototxt), (), encode)
