"""tf.summary without TensorFlow: `from epochal import summary` replaces `tf.summary`.

    writer = summary.create_file_writer("logs/train")
    with writer.as_default():
        summary.scalar("loss", 0.25, step=1)

Same names, signatures and nesting (default writers and steps per thread, `record_if`), and the same tensors in the
same files, written in the background. Tensors of any framework are accepted.
"""

from __future__ import annotations

from epochal.summary import experimental
from epochal.summary.recording import audio, graph, histogram, image, scalar, text, write
from epochal.summary.state import record_if, should_record_summaries
from epochal.summary.tracing import trace_export, trace_off, trace_on
from epochal.summary.writers import SummaryWriter, create_file_writer, create_noop_writer, flush

__all__ = [
    "SummaryWriter",
    "audio",
    "create_file_writer",
    "create_noop_writer",
    "experimental",
    "flush",
    "graph",
    "histogram",
    "image",
    "record_if",
    "scalar",
    "should_record_summaries",
    "text",
    "trace_export",
    "trace_off",
    "trace_on",
    "write",
]
