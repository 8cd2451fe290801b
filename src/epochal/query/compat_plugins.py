"""Which of TensorBoard's plugins a logdir has data for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from epochal.store.projector_files import read_projector_configs

if TYPE_CHECKING:
    from epochal.store.snapshot import Snapshot

#: Plugins that show other plugins' data.
_VIEWS = {"distributions": ("histograms",), "timeseries": ("scalars", "histograms", "images")}


def find_active_plugins(snapshot: Snapshot) -> frozenset[str]:
    """The names of all plugins that have something to show."""
    active = {stem for run in snapshot.runs.values() for stem in run.layout.by_stem}
    active.update(view for view, shown in _VIEWS.items() if active.intersection(shown))
    if any(read_projector_configs(run.path) for run in snapshot.runs.values()):
        active.add("projector")
    return frozenset(active)
