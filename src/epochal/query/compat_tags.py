"""What TensorBoard's tags routes say of every tag, and what stock TensorBoard calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from epochal.store.snapshot import Snapshot
    from epochal.store.tags import Tag


class CompatTag(NamedTuple):
    """`display_name` as TensorBoard gives it, perhaps empty; `description` is Markdown."""

    display_name: str
    description: str


def list_tags(snapshot: Snapshot, stem: str) -> dict[str, dict[str, CompatTag]]:
    """All tags of a kind by run, runs without any left out, as TensorBoard does."""
    return {run: {tag.name: make_tag(tag) for tag in tags} for run, tags in iter_runs(snapshot, stem)}


def iter_runs(snapshot: Snapshot, stem: str) -> Iterator[tuple[str, list[Tag]]]:
    """The runs that have tags of a kind, and those tags."""
    for run in snapshot.runs.values():
        tags = run.by_stem.get(stem)
        if tags:
            yield run.name, list(tags.values())


def make_tag(tag: Tag) -> CompatTag:
    """Values of a legacy form are named after their tag, others only if the logger did (data_compat.py there)."""
    is_legacy = tag.meta.kind != "tensor"
    return CompatTag(tag.meta.display_name or (tag.name if is_legacy else ""), tag.meta.description)
