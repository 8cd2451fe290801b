"""Sub-runs: runs that one call of another run's writer made, to be folded under that run.

torch's add_scalars logs each key into `<parent>/<main tag, / as _>_<key>`, and nothing but the main tag;
tensorboardX's into `<parent>/<main tag>/<key>`, with other characters in the tag (`_CLEANED`) than in the path.
Their add_hparams log a session into `<parent>/<time.time()>` or `<parent>/<name>`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from epochal.store.snapshot import Run

_TIME = re.compile(r"[0-9]{9,11}\.[0-9]+\Z")
_CLEANED = re.compile(r"[^-/\w.]")
_EXPERIMENT_TAG = "_hparams_/experiment"
_START_TAG = "_hparams_/session_start_info"
_END_TAG = "_hparams_/session_end_info"


class KeyLine(NamedTuple):
    """What a sub-run of add_scalars stands for: one key's line in the chart of a main tag."""

    main_tag: str
    key: str


def find_parent(run: Run, runs: Container[str]) -> str | None:
    """The run under which the UI folds this one, if another writer's call made it; see `Run.parent`."""
    if run.name == ".":
        return None
    main_tag = _find_only_scalar(run)
    if main_tag is not None:
        for parent, rest in _split(run.name):
            if parent in runs and _find_key(rest, main_tag) is not None:
                return parent
    if _is_of_add_hparams(run):
        return next((parent for parent, _ in _split(run.name) if parent in runs), None)
    return None


def find_key_line(run: Run) -> KeyLine | None:
    """The line that a sub-run of add_scalars is; None for every other run."""
    main_tag = _find_only_scalar(run) if run.parent is not None else None
    if main_tag is None:
        return None
    for parent, rest in _split(run.name):
        if parent == run.parent:
            key = _find_key(rest, main_tag)
            return KeyLine(main_tag, key) if key is not None else None
    return None


def _split(name: str) -> Iterator[tuple[str, str]]:
    """(folder above, rest of the name), the nearest folder first."""
    components = name.split("/")
    for cut in range(len(components) - 1, -1, -1):
        yield "/".join(components[:cut]) or ".", "/".join(components[cut:])


def _find_only_scalar(run: Run) -> str | None:
    by_stem = run.layout.by_stem
    scalars = by_stem.get("scalars")
    return next(iter(scalars)) if scalars is not None and len(scalars) == len(by_stem) == 1 else None


def _find_key(rest: str, main_tag: str) -> str | None:
    head = main_tag.replace("/", "_") + "_"
    if rest.startswith(head):
        return rest[len(head) :]
    head = main_tag + "/"
    return rest[len(head) :] if _CLEANED.sub("_", rest).startswith(head) and len(rest) > len(head) else None


def _is_of_add_hparams(run: Run) -> bool:
    """Whether the run holds a session and its metrics, a point for each call, as only add_hparams makes them."""
    if _START_TAG not in run.layout.by_stem.get("hparams", ()):
        return False
    if _TIME.match(run.name.rpartition("/")[2]):
        return True
    tags = run.by_stem
    hparams = tags["hparams"]
    if not hparams.keys() >= {_EXPERIMENT_TAG, _END_TAG} or not tags.keys() <= {"hparams", "scalars"}:
        return False
    calls = hparams[_START_TAG].points
    return all(tag.points <= calls for tag in tags.get("scalars", {}).values())
