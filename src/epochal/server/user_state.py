"""What a user says of a logdir: names, notes, stars, colours, views, preferences. Values and merging; no files.

The log directory is read-only, so all of this lives in the user's state directory (user_state_store.py).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from epochal.errors import EpochalError

#: Of everything that is kept about one logdir, as compact JSON.
MAX_BYTES = 1 << 20

#: So deep may a preference be nested. What is deeper could be read but not written back.
MAX_DEPTH = 32

#: The largest integer that JavaScript counts exactly.
MAX_REVISION = (1 << 53) - 1

#: "#rrggbb", or a number in the palette.
Color = Annotated[str, msgspec.Meta(pattern=r"\A(#[0-9a-f]{6}|\d{1,3})\Z")]
Label = Annotated[str, msgspec.Meta(max_length=500)]
Note = Annotated[str, msgspec.Meta(max_length=20_000)]
Hash = Annotated[str, msgspec.Meta(max_length=100_000, pattern="^(#|$)")]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]

Section = Literal["runs", "tags", "views", "prefs"]
SECTIONS: tuple[Section, ...] = ("runs", "tags", "views", "prefs")

#: What a change is made to.
Place = tuple[Section, str]


class RunState(msgspec.Struct, frozen=True):
    """`label` is shown in place of the run's name. `color`: "#rrggbb" or a number in the palette, "3"."""

    label: str | None
    hidden: bool
    star: bool
    note: str
    color: str | None


class ReferenceLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A horizontal line in the charts of a tag."""

    y: float
    label: Label = ""


class TagState(msgspec.Struct, frozen=True):
    """`lower_is_better`: null if nobody said."""

    lines: list[ReferenceLine]
    lower_is_better: bool | None


class View(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page's address from "#" on (empty: the first page), and when it was saved (seconds since the epoch)."""

    hash: Hash
    saved: float
    note: Note = ""


class UserState(msgspec.Struct, frozen=True):
    """All of it. Runs, tags and views by name; who is not there has nothing said of them.

    `revision` grows with each change, by whatever server or page; 0: nothing was ever said. If not `persistent`,
    what is said lasts until the server ends; `notice` is then one sentence for the user, and also where something
    on disk could not be read.
    """

    revision: int
    persistent: bool
    notice: str
    runs: dict[str, RunState]
    tags: dict[str, TagState]
    views: dict[str, View]
    prefs: dict[str, Any]


class StateChange(msgspec.Struct, frozen=True):
    """One entry of a section. Null forgets it.

    Of runs and tags, `value` holds the fields of RunState or TagState that change; those that it does not name
    stay as they are, so that two pages may change different fields of one run. A view (`saved` is filled in) and a
    preference, which is any JSON, are replaced as a whole.
    """

    section: Section
    key: Key
    value: Any


class StateRequest(msgspec.Struct, frozen=True):
    """Changes, made in this order, all or none."""

    changes: Annotated[list[StateChange], msgspec.Meta(max_length=20_000)]


#: Changes by what they change, in the order in which they are to be made.
Changes = dict[Place, list[StateChange]]


class InvalidStateError(EpochalError, ValueError):
    """A change that cannot be made. The text says which and why."""


class StateTooLargeError(InvalidStateError):
    """With the change there would be more than MAX_BYTES."""


class StateBusyError(EpochalError):
    """The change has to wait for a disk that does not answer."""


class RunPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some fields of a RunState: those that a change sets, or those that are kept because they say something."""

    label: Label | UnsetType | None = UNSET
    hidden: bool | UnsetType = UNSET
    star: bool | UnsetType = UNSET
    note: Note | UnsetType = UNSET
    color: Color | UnsetType | None = UNSET


class TagPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some fields of a TagState."""

    lines: Annotated[list[ReferenceLine], msgspec.Meta(max_length=100)] | UnsetType = UNSET
    lower_is_better: bool | UnsetType | None = UNSET


class _NewView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hash: Hash
    saved: float | None = None
    note: Note = ""


_NO_RUN = RunState(None, False, False, "", None)
_NO_TAG = TagState([], None)

_State = TypeVar("_State", RunState, TagState)
_Patch = TypeVar("_Patch", RunPatch, TagPatch)


class Sections(msgspec.Struct, frozen=True):
    """What is kept: of runs and tags only the fields that say something. It never changes."""

    runs: dict[str, RunPatch] = {}
    tags: dict[str, TagPatch] = {}
    views: dict[str, View] = {}
    prefs: dict[str, Any] = {}

    def make_state(self, revision: int, persistent: bool, notice: str) -> UserState:
        """As it travels."""
        return UserState(
            revision,
            persistent,
            notice,
            {name: _fill(_NO_RUN, patch) for name, patch in self.runs.items()},
            {name: _fill(_NO_TAG, patch) for name, patch in self.tags.items()},
            self.views,
            self.prefs,
        )

    def apply(self, changes: Iterable[StateChange]) -> Sections:
        """With changes that `check_changes` made."""
        runs, tags, views, prefs = dict(self.runs), dict(self.tags), dict(self.views), dict(self.prefs)
        for change in changes:
            value = change.value
            if change.section == "runs":
                _patch(runs, change.key, value, _NO_RUN)
            elif change.section == "tags":
                _patch(tags, change.key, value, _NO_TAG)
            elif change.section == "views":
                _put(views, change.key, value)
            else:
                _put(prefs, change.key, value)
        return Sections(runs, tags, views, prefs)

    def as_changes(self) -> Changes:
        """The changes that make it out of nothing."""
        return {
            (section, key): [StateChange(section, key, value)]
            for section in SECTIONS
            for key, value in getattr(self, section).items()
        }

    def check_size(self, before: Sections) -> None:
        """StateTooLargeError if there is too much, unless there is less than before."""
        size = len(msgspec.json.encode(self))
        if size > MAX_BYTES and size > len(msgspec.json.encode(before)):
            raise StateTooLargeError(
                f"Names, notes and views of a logdir may take {MAX_BYTES >> 20} MiB at most; nothing was changed."
            )


def check_changes(changes: Iterable[StateChange]) -> list[StateChange]:
    """The changes with typed values, or InvalidStateError. Values are None, RunPatch, TagPatch, View or JSON."""
    return [msgspec.structs.replace(change, value=_check(change)) for change in changes]


def _check(change: StateChange) -> Any:
    value = change.value
    if value is None:
        return None
    try:
        if change.section == "runs":
            return msgspec.convert(value, RunPatch)
        if change.section == "tags":
            return msgspec.convert(value, TagPatch)
        if change.section == "views":
            view = msgspec.convert(value, _NewView)
            return View(view.hash, time.time() if view.saved is None else view.saved, view.note)
    except msgspec.ValidationError as error:
        raise InvalidStateError(f"{change.section}, {change.key!r}: {error}.") from None
    if not _is_shallow(value, MAX_DEPTH):
        raise InvalidStateError(f"prefs, {change.key!r}: nested more than {MAX_DEPTH} levels deep.")
    return value


def _is_shallow(value: Any, depth: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth > 0 and all(_is_shallow(one, depth - 1) for one in inner)


def _fill(state: _State, patch: RunPatch | TagPatch) -> _State:
    return msgspec.structs.replace(state, **_fields(patch))


def _fields(patch: RunPatch | TagPatch) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(patch).items() if value is not UNSET}


def _patch(entries: dict[str, _Patch], key: str, patch: _Patch | None, nothing: RunState | TagState) -> None:
    if patch is None:
        entries.pop(key, None)
        return
    said = _fields(patch) if key not in entries else {**_fields(entries[key]), **_fields(patch)}
    said = {name: value for name, value in said.items() if value != getattr(nothing, name)}
    if said:
        entries[key] = type(patch)(**said)
    else:
        entries.pop(key, None)


def _put(entries: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        entries.pop(key, None)
    else:
        entries[key] = value


def join_changes(earlier: Changes, changes: Iterable[StateChange]) -> Changes:
    """Changes by place, as few as have the same effect: at most a forgetting and a patch for each."""
    joined = {place: list(made) for place, made in earlier.items()}
    for change in changes:
        made = joined.setdefault((change.section, change.key), [])
        if not isinstance(change.value, (RunPatch, TagPatch)):
            made[:] = [change]
        elif made and isinstance(made[-1].value, (RunPatch, TagPatch)):
            both = type(change.value)(**{**_fields(made[-1].value), **_fields(change.value)})
            made[-1] = msgspec.structs.replace(change, value=both)
        else:
            made.append(change)
    return joined
