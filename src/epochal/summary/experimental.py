"""The names of tf.summary.experimental."""

from __future__ import annotations

from epochal.summary.recording import write_raw_pb
from epochal.summary.state import get_step, set_step, summary_scope

__all__ = ["get_step", "set_step", "summary_scope", "write_raw_pb"]
