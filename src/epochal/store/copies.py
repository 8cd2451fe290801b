"""Event files of one run that are copies of each other (by cp, rsync or a link): their points count once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from epochal.errors import NotFoundError
from epochal.store.file_state import FileState
from epochal.store.log_file import NO_COUNTS, NONE_REMOVED
from epochal.store.problems import Problem
from epochal.store.tag_table import NO_TAGS

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from epochal.store.file_columns import FileColumns

#: How the problem of a copy begins.
_COPY = "It is a copy of "


class _Verdict(NamedTuple):
    """Whether two files' columns were the same, when each had so many points."""

    columns: FileColumns
    others: FileColumns
    points: int
    is_copy: bool


class CopyFinder:
    """Finds copies among the files of one run; compares no two of them twice. Used by the loader's thread."""

    __slots__ = ("_verdicts",)

    def __init__(self) -> None:
        self._verdicts: dict[tuple[str, str], _Verdict] = {}

    def leave_out(self, states: list[FileState]) -> list[FileState]:
        """The same states in the same order, those of copies without points but with a problem that says so."""
        # Verdicts that are not asked for again hold the columns of files that are gone or are others by now.
        known, self._verdicts = self._verdicts, {}
        first: dict[Hashable, list[FileState]] = {}
        result = []
        for state in states:
            original = None
            for key in _keys_of(state):
                alike = first.setdefault(key, [])
                original = original or next((each for each in alike if self._is_copy(state, each, known)), None)
                alike.append(state)
            result.append(state if original is None else _make_empty(state, original))
        return result

    def _is_copy(self, state: FileState, other: FileState, verdicts: dict[tuple[str, str], _Verdict]) -> bool:
        if state.stat[:2] == other.stat[:2]:
            return True
        key = state.file.path, other.file.path
        known = verdicts.get(key)
        if (
            known is None
            or known.columns is not state.columns
            or known.others is not other.columns
            or known.points != state.points
        ):
            known = _Verdict(state.columns, other.columns, state.points, _have_same_points(state, other))
        self._verdicts[key] = known
        return known.is_copy


def _keys_of(state: FileState) -> list[Hashable]:
    """What copies have in common, each alone reason enough to look closer."""
    identity = state.columns.identity
    keys: list[Hashable] = [state.stat[:2]]
    if state.file.loaded is not None and state.points and identity.head:
        keys.append((state.stat.size, identity, state.points))
    return keys


def _have_same_points(state: FileState, other: FileState) -> bool:
    """Whether two files of one size, beginning and last checksum hold the same, bit for bit.

    Of payloads their checksums are compared, as they are stored.
    """
    if state.counts != other.counts or state.markers != other.markers or state.removed or other.removed:
        return False
    if state.table is not other.table and (
        state.table.names != other.table.names or state.table.metas != other.table.metas
    ):
        return False
    try:
        for index, meta in enumerate(state.table.metas):
            one, two = state.part(index), other.part(index)
            columns = one.scalars() if meta.stem == "scalars" else one.blobs()
            others = two.scalars() if meta.stem == "scalars" else two.blobs()
            if not all(_is_same(a, b) for a, b in zip(columns, others, strict=True)):
                return False
    except NotFoundError:
        return False
    return True


def _is_same(a: NDArray[np.generic], b: NDArray[np.generic]) -> bool:
    if a.dtype.kind == "f":  # NaN is the same as itself here
        a, b = a.view(np.uint64), b.view(np.uint64)
    return bool(np.array_equal(a, b))


def is_copy(problem: Problem) -> bool:
    """Whether a problem says that a file repeats another one, so that nothing is missing."""
    return problem.message.startswith(_COPY)


def _make_empty(state: FileState, original: FileState) -> FileState:
    message = f'{_COPY}"{original.file.relative_path}", whose points count once.'
    problem = Problem(state.file.run, state.file.relative_path, None, None, None, message)
    return FileState(
        state.file,
        state.columns,
        NO_TAGS,
        NO_COUNTS,
        NONE_REMOVED,
        state.stat,
        None,
        None,
        (),
        (*state.problems, problem),
    )
