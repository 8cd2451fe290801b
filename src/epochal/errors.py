"""What Epochal raises on purpose. Everything else that escapes is a bug.

    EpochalError
    ├── LogdirError              (ValueError)   an address that cannot be a logdir
    │   └── LogdirNotFoundError  (OSError)      there is no such folder
    ├── NotFoundError            (KeyError)     no such run, tag, blob or sample
    │   ├── RunNotFoundError
    │   ├── TagNotFoundError
    │   └── BlobNotFoundError
    └── DamagedRecordError                      bytes on disk that no longer match their checksum

Damage met while loading is not an exception but data: see `Snapshot.problems`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class EpochalError(Exception):
    """Base of all. `str(error)` is one sentence for the user. Can be pickled: readers work in process pools."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (type(self), (str(self),), self.__dict__)


def _restore(kind: type[EpochalError], args: tuple[object, ...], state: dict[str, object]) -> EpochalError:
    """An error as it was; its own constructor takes facts, not the sentence that it made of them."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class LogdirError(EpochalError, ValueError):
    """The address cannot be a logdir, for example a URL whose scheme Epochal does not read."""


class LogdirNotFoundError(FileNotFoundError, LogdirError):
    """There is no such folder."""


class NotFoundError(EpochalError, KeyError):
    """The snapshot has no such thing (it may have had, or may get it later)."""

    #: The name that was asked for, and those that there are; the text suggests close ones.
    _asked: str = ""
    _known: Iterable[str] = ()

    def __str__(self) -> str:
        # Only here: comparing with thousands of names takes longer than a whole query.
        return super().__str__() + _suggest(self._asked, self._known)

    def __reduce__(self) -> tuple[object, ...]:
        state = {name: value for name, value in self.__dict__.items() if name not in ("_asked", "_known")}
        return _restore, (type(self), (str(self),), state)


class RunNotFoundError(NotFoundError):
    """`known`: names of runs, among which the one that was meant may be."""

    def __init__(self, run: str, known: Iterable[str] = ()) -> None:
        super().__init__(f"There is no run {run!r}.")
        self.run = self._asked = run
        self._known = known


class TagNotFoundError(NotFoundError):
    """`known`: names of such tags in the run, among which the one that was meant may be; `hint`: a sentence."""

    def __init__(self, run: str, tag: str, stem: str, known: Iterable[str] = (), hint: str = "") -> None:
        super().__init__(f"The run {run!r} has no {stem} data with the tag {tag!r}.{hint}")
        self.run, self.tag, self.stem = run, tag, stem
        self._asked, self._known = tag, known


class BlobNotFoundError(NotFoundError):
    def __init__(self, key: str) -> None:
        super().__init__(f"There is no blob {key!r}.")
        self.key = key


class DamagedRecordError(EpochalError):
    """A record's bytes do not match their checksum, or are gone, or do not hold what their index says."""

    def __init__(self, path: str, offset: int, reason: str) -> None:
        super().__init__(f"{path}: the record at byte {offset} {reason}.")
        self.path, self.offset, self.reason = path, offset, reason


def _suggest(name: object, known: Iterable[str]) -> str:
    """A second sentence that names close matches, or all if there are few; empty without any."""
    from difflib import get_close_matches

    names = list(known)
    if not isinstance(name, str):
        return ""  # `logdir.runs[0]`
    lower = name.lower()
    alike = [one for one in names if lower and (lower in one.lower() or one.lower() in lower)]
    # Comparing with ten thousand names would take seconds.
    close = dict.fromkeys([*get_close_matches(name, names[:2000], 3, 0.6), *alike])
    if close:
        return f" Did you mean {' or '.join(repr(one) for one in list(close)[:3])}?"
    if 0 < len(names) <= 5:
        return f" There {'is' if len(names) == 1 else 'are'} {', '.join(map(repr, names))}."
    return ""
