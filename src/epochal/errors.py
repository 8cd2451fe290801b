"""What Epochal raises on purpose. Everything else that escapes is a bug.

    EpochalError
    ├── LogdirError              (ValueError)   an address that cannot be a logdir
    ├── NotFoundError            (LookupError)  no such run, tag, blob or sample
    │   ├── RunNotFoundError
    │   ├── TagNotFoundError
    │   └── BlobNotFoundError
    └── DamagedRecordError                      bytes on disk that no longer match their checksum

Damage met while loading is not an exception but data: see `Snapshot.problems`.
"""

from __future__ import annotations


class EpochalError(Exception):
    """Base of all. `str(error)` is one sentence for the user."""


class LogdirError(EpochalError, ValueError):
    """The address cannot be a logdir, for example a URL whose scheme Epochal does not read."""


class NotFoundError(EpochalError, LookupError):
    """The snapshot has no such thing (it may have had, or may get it later)."""


class RunNotFoundError(NotFoundError):
    def __init__(self, run: str) -> None:
        super().__init__(f"There is no run {run!r}.")
        self.run = run


class TagNotFoundError(NotFoundError):
    def __init__(self, run: str, tag: str, stem: str) -> None:
        super().__init__(f"The run {run!r} has no {stem} data with the tag {tag!r}.")
        self.run, self.tag, self.stem = run, tag, stem


class BlobNotFoundError(NotFoundError):
    def __init__(self, key: str) -> None:
        super().__init__(f"There is no blob {key!r}.")
        self.key = key


class DamagedRecordError(EpochalError):
    """A record's bytes do not match their checksum, or are gone, or do not hold what their index says."""

    def __init__(self, path: str, offset: int, reason: str) -> None:
        super().__init__(f"{path}: the record at byte {offset} {reason}.")
        self.path, self.offset, self.reason = path, offset, reason
