"""GET /api/changes: what is new since a revision, for pages without a live connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from epochal.query.runs import Loading

if TYPE_CHECKING:
    from epochal.store.snapshot import Snapshot


class ChangesResult(msgspec.Struct, frozen=True):
    """The tags that changed, by run; null: too long ago to tell, read everything again.

    `structure`: runs or tags appeared or disappeared, so read /api/runs again.
    """

    revision: int
    changed: dict[str, list[str]] | None
    structure: bool
    loading: Loading
    problems: int
    points: int
