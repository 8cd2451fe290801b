"""What TensorBoard's time series page asks for: tags of three kinds.

Source: tensorboard/plugins/metrics/metrics_plugin.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from epochal.query.compat_media import count_tag_samples
from epochal.query.compat_tags import iter_runs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from epochal.store.snapshot import Snapshot


class TagInfo(NamedTuple):
    """`tags`: the sorted tags of each run. `descriptions` is Markdown, of the tags that have one."""

    tags: dict[str, list[str]]
    descriptions: dict[str, str]


def list_tag_info(snapshot: Snapshot, stem: str) -> TagInfo:
    """The tags of a kind by run, and their descriptions of all runs together."""
    tags: dict[str, list[str]] = {}
    described: dict[str, dict[str, list[str]]] = {}
    for run, of_run in iter_runs(snapshot, stem):
        tags[run] = sorted(tag.name for tag in of_run)
        for tag in of_run:
            if tag.meta.description:
                described.setdefault(tag.name, {}).setdefault(tag.meta.description, []).append(run)
    # TensorBoard names all runs that say the same of any tag.
    speakers: dict[str, set[str]] = {}
    for texts in described.values():
        for text, runs in texts.items():
            speakers.setdefault(text, set()).update(runs)
    return TagInfo(tags, {name: _combine(sorted(texts), speakers) for name, texts in described.items()})


def _combine(texts: list[str], speakers: Mapping[str, set[str]]) -> str:
    if len(texts) == 1:
        return texts[0]
    parts = []
    for text in texts:
        runs = sorted(speakers[text])
        parts.append(f"## For {'runs' if len(runs) > 1 else 'run'}: {', '.join(runs)}\n{text}")
    return "\n".join(["# Multiple descriptions", *parts])


def list_image_samples(snapshot: Snapshot) -> dict[str, dict[str, int]]:
    """tag → run → the most samples that an item has."""
    listed: dict[str, dict[str, int]] = {}
    for run, tags in iter_runs(snapshot, "images"):
        for tag in tags:
            listed.setdefault(tag.name, {})[run] = count_tag_samples(snapshot, tag, "images")
    return listed


def find_runs(snapshot: Snapshot, stem: str, tag: str) -> list[str]:
    """The runs that have a tag of a kind."""
    return [run.name for run in snapshot.runs.values() if tag in run.by_stem.get(stem, {})]
