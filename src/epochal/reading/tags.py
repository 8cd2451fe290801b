"""What a run has under one name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epochal.store.snapshot import Run as StoredRun
    from epochal.store.tags import Tag as StoredTag

#: The method of `Run` that gives the data of a stem; of any other stem, `tensors`.
METHODS = {
    "scalars": "scalars",
    "images": "images",
    "audio": "audio",
    "video": "videos",
    "graphs": "graphs",
    "histograms": "histograms",
    "text": "texts",
    "pr_curves": "pr_curves",
    "projector": "projector",
    "mesh": "meshes",
}


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of a run.

    plugin_name: whose data they are ("scalars", "images", …), also for legacy forms that do not name it.
    points: how many, those that a restart replaced included; 0 for embeddings, which are files.
    display_name: what to show, by default the tag. description: Markdown, mostly empty.
    group: the main tag of the `add_scalars` call that made the tag, else empty.
    """

    name: str
    plugin_name: str
    points: int
    display_name: str
    description: str = ""
    group: str = ""

    def __repr__(self) -> str:
        return f"Tag({self.name!r}, plugin_name={self.plugin_name!r}, points={self.points})"


def make_tag(stored: StoredTag) -> Tag:
    """The public form of a stored tag."""
    meta = stored.meta
    return Tag(stored.name, stored.plugin_name, stored.points, stored.display_name, meta.description, meta.group)


def make_hint(run: StoredRun, tag: str) -> str:
    """A sentence on where the data of this name are, if not where they were looked for; else empty."""
    for stem, of_stem in run.by_stem.items():
        if tag in of_stem and stem in METHODS:
            return f" It has {stem} data: {METHODS[stem]}({tag!r}) gives them."
        if tag in of_stem:
            return f" It has data of the plugin {stem!r}: tensors({tag!r}) gives them."
    return ""
