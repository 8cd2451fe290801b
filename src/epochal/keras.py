"""The Keras callback, loaded on first use: `from epochal.keras import TensorBoard`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epochal.integrations.keras import TensorBoard

__all__ = ["TensorBoard"]


def __getattr__(name: str) -> object:
    """Import Keras when the callback is asked for, not before (PEP 562)."""
    if name != "TensorBoard":
        raise AttributeError(f"module 'epochal.keras' has no attribute {name!r}")
    from epochal.integrations.keras import TensorBoard

    return TensorBoard
