"""What Epochal's writer adds to a run by itself: listed where everything is, counted nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epochal.store.snapshot import Run

#: Where Epochal's writer keeps what a run came from: the name given to `add_text`, and the tag that it becomes.
PROVENANCE = "epochal/provenance"
PROVENANCE_TAG = f"{PROVENANCE}/text_summary"


def is_own(tag: str, stem: str) -> bool:
    """Whether nobody but Epochal logged a tag of this kind of data."""
    return stem == "text" and tag == PROVENANCE_TAG


def count_logged(run: Run) -> int:
    """The points of a run without Epochal's own."""
    own = run.by_stem.get("text", {}).get(PROVENANCE_TAG)
    return run.points - (own.points if own is not None else 0)
