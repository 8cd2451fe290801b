"""tf.summary's tracing, which records what TensorFlow itself executes: accepted, and said to do nothing."""

from __future__ import annotations

from typing import Any

from epochal.writer.warnings import WarnOnce

_warn_once = WarnOnce()


def trace_on(graph: bool = True, profiler: bool = False, profiler_outdir: str | None = None) -> None:
    """Do nothing but say so, once: a trace can only be made by TensorFlow."""
    _warn_once.warn("trace", "summary.trace_on records what TensorFlow executes; without it there is no trace")


def trace_export(name: str, step: Any = None, profiler_outdir: str | None = None) -> None:
    """Do nothing: see `trace_on`."""


def trace_off() -> None:
    """Do nothing: see `trace_on`."""
