"""GET /api/changes: what is new since a revision, for pages without a live connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from epochal.query.runs import Loading, make_loading

if TYPE_CHECKING:
    from epochal.store.snapshot import Snapshot


class ChangesResult(msgspec.Struct, frozen=True):
    """The tags that changed, by run; null: too long ago to tell, read everything again.

    `structure`: runs or tags appeared or disappeared, so read /api/runs again. `state_revision`: that of
    /api/state; where it is another than the one that the page has, read that again.
    """

    revision: int
    changed: dict[str, list[str]] | None
    structure: bool
    loading: Loading
    problems: int
    points: int
    state_revision: int


def list_changes(snapshot: Snapshot, since: int, state_revision: int = 0) -> ChangesResult:
    """What changed after revision `since`; everything if that is too long ago, or of another server."""
    changed = snapshot.changed_since(since)
    return ChangesResult(
        revision=snapshot.revision,
        changed=None if changed is None else {run: sorted(tags) for run, tags in changed.items()},
        structure=snapshot.structure_since(since),
        loading=make_loading(snapshot.progress),
        problems=len(snapshot.problems),
        points=snapshot.points,
        state_revision=state_revision,
    )
