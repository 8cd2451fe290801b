"""Epochal writes training logs and opens them.

Public names load on first use, so that `import epochal` in a training script costs next to nothing: it loads
neither NumPy, nor the server, nor any ML framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from epochal._version import __version__

if TYPE_CHECKING:
    from epochal import keras, notebook, summary
    from epochal.notebook import load_ipython_extension
    from epochal.reading.logdir import open
    from epochal.writer.global_writer import GlobalSummaryWriter
    from epochal.writer.summary_writer import SummaryWriter

__all__ = [
    "GlobalSummaryWriter",
    "SummaryWriter",
    "__version__",
    "keras",
    "load_ipython_extension",
    "notebook",
    "open",
    "summary",
]

_HOMES = {
    "GlobalSummaryWriter": ("epochal.writer.global_writer", "GlobalSummaryWriter"),
    "SummaryWriter": ("epochal.writer.summary_writer", "SummaryWriter"),
    "keras": ("epochal.keras", None),
    "load_ipython_extension": ("epochal.notebook", "load_ipython_extension"),
    "notebook": ("epochal.notebook", None),
    "open": ("epochal.reading.logdir", "open"),
    "summary": ("epochal.summary", None),
}


def __getattr__(name: str) -> object:
    """Load a public name from its home (PEP 562). Raises AttributeError for any other name."""
    try:
        module_name, attribute = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'epochal' has no attribute {name!r}") from None
    import importlib

    module = importlib.import_module(module_name)
    value: object = module if attribute is None else getattr(module, attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
