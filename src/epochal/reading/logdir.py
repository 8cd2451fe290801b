"""`epochal.open`: a log directory to read from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from epochal.errors import LogdirNotFoundError, RunNotFoundError
from epochal.reading.run import Run
from epochal.store.names import text_of_path
from epochal.store.on_demand import LogdirReader
from epochal.store.remote import is_remote_url

if TYPE_CHECKING:
    import re

    import pandas
    import polars
    import pyarrow

    from epochal.reading.scalars import Scalars
    from epochal.store.points import BlobRef
    from epochal.store.problems import Problem
    from epochal.store.snapshot import Run as StoredRun


def open(logdir: str | os.PathLike[str], *, cache: bool = True) -> Logdir:
    """Open a log directory for reading: any folder with event files below it, by whatever library.

    `logdir`: a local path, or with `epochal[remote]` an fsspec URL (`s3://bucket/logs`), of whose files those that
    are read are copied to the user's cache folder.

    Cheap: only names are listed. The first access to a run reads its files, on all cores, and goes on with the
    runs that follow. `cache=False` neither uses nor writes the on-disk index in the user's cache folder.
    LogdirNotFoundError (also a FileNotFoundError) if there is no such folder, LogdirError for what cannot be one,
    OSError where a URL's store does not answer.
    """
    return Logdir(logdir, cache=cache)


class Logdir:
    """A log directory to read from. Made by `epochal.open`; safe to use from several threads, and after a fork.

    address: the absolute path, or the URL. path: the same, of a URL that of the local copy. Each run is as it was
    when it was first read; nothing changes until `refresh()`. Equal are objects of one address. As a context
    manager it ends reading ahead when the block is left.
    """

    def __init__(self, logdir: str | os.PathLike[str], *, cache: bool = True) -> None:
        self._cache = cache
        self._own_reader = LogdirReader(logdir, cache=cache)
        self._pid = os.getpid()
        self._runs: _Runs | None = None
        self.address = self._own_reader.address
        self.path = self._own_reader.root
        if not self._own_reader.exists:
            self._own_reader.stop()
            raise LogdirNotFoundError(describe_missing(self.address))

    @property
    def _reader(self) -> LogdirReader:
        if self._pid != os.getpid():
            # A forked child has none of the parent's reading threads, and perhaps a lock that one of them held.
            self._own_reader, self._pid = LogdirReader(self.address, cache=self._cache), os.getpid()
            self._runs = None
        return self._own_reader

    @property
    def runs(self) -> Mapping[str, Run]:
        """All runs by name, in natural order; the logdir itself is "." if it holds event files. Reads nothing."""
        reader = self._reader
        runs = self._runs
        if runs is None:
            runs = self._runs = _Runs(self, reader.list_runs())
        return runs

    def refresh(self) -> None:
        """Look through the folder again: from here on its runs are as they are now. Reads only what is new."""
        self._reader.refresh()
        self._runs = None

    @property
    def unreadable(self) -> tuple[Problem, ...]:
        """Folders that could not be looked into; what is in them is in no run. Reads nothing."""
        return self._reader.scan_problems

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be read, in all runs, which this reads."""
        return self._reader.load_all().problems

    def iter_scalars(
        self,
        runs: str | re.Pattern[str] | None = None,
        tags: str | re.Pattern[str] | None = None,
        *,
        superseded: bool = False,
    ) -> Iterator[tuple[str, str, Scalars]]:
        """(run, tag, points) of all scalar tags of all runs, in the order of `to_pandas`, one after another."""
        from epochal.reading.tables import iter_scalars

        return iter_scalars(self, runs, tags, superseded)

    def to_pandas(
        self,
        runs: str | re.Pattern[str] | None = None,
        tags: str | re.Pattern[str] | None = None,
        *,
        superseded: bool = False,
    ) -> pandas.DataFrame:
        """Scalars as a pandas DataFrame, a row for each point, by run, tag, lane and step.

        Columns: run and tag (category), step int64, wall_time float64 (seconds since the epoch), value float64,
        lane uint16; with `superseded`, also the points that a restart replaced, and a column superseded (bool).
        `runs` and `tags` are regular expressions, matched anywhere in the name (`re.search`); None: all.
        ImportError if pandas is not installed, ValueError for a bad regular expression.
        """
        from epochal.reading.tables import make_pandas

        return make_pandas(self, runs, tags, superseded)

    def to_arrow(
        self,
        runs: str | re.Pattern[str] | None = None,
        tags: str | re.Pattern[str] | None = None,
        *,
        superseded: bool = False,
    ) -> pyarrow.Table:
        """The same as a pyarrow Table; run and tag are dictionary<int32, string>. ImportError without pyarrow."""
        from epochal.reading.tables import make_arrow

        return make_arrow(self, runs, tags, superseded)

    def to_polars(
        self,
        runs: str | re.Pattern[str] | None = None,
        tags: str | re.Pattern[str] | None = None,
        *,
        superseded: bool = False,
    ) -> polars.DataFrame:
        """The same as a polars DataFrame; run and tag are Categorical. ImportError without polars."""
        from epochal.reading.tables import make_polars

        return make_polars(self, runs, tags, superseded)

    def fetch_all(self) -> None:
        """Have a copy of everything that a URL leads to, for tools that read files themselves. OSError."""
        self._reader.fetch_all()

    def close(self) -> None:
        """End reading ahead. What was read stays, and more can still be read."""
        self._reader.stop()

    def load_run(self, name: str, following: Sequence[str] | None = None) -> StoredRun:
        """The stored form of a run, read if it was not yet; for tools. RunNotFoundError.

        `following`: the runs to read ahead, because they are needed next; None: those behind it.
        """
        return self._reader.load_run(name, following)

    def path_of(self, name: str) -> str:
        """Where a run lies, as text: its folder's path, or its URL; for tools. RunNotFoundError."""
        if self.address == self.path:
            return text_of_path(self.load_run(name).path)
        return self.address if name == "." else f"{self.address}/{name}"

    def read_blob(self, ref: BlobRef) -> bytes:
        """A stored value's bytes, checked by CRC; for tools. DamagedRecordError."""
        return self._reader.read_blob(ref)

    def __enter__(self) -> Logdir:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __eq__(self, other: object) -> bool:
        return self.address == other.address if isinstance(other, Logdir) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.address)

    def __reduce__(self) -> tuple[object, ...]:
        return _reopen, (self.address, self._cache)

    def __repr__(self) -> str:
        count = len(self._reader.list_runs())
        return f"Logdir({self.address!r}, {count} {'run' if count == 1 else 'runs'})"

    def _repr_html_(self) -> str:
        from epochal.reading.html import draw_logdir

        return draw_logdir(self)


def _reopen(path: str, cache: bool) -> Logdir:
    return Logdir(path, cache=cache)


class _Runs(Mapping[str, Run]):
    """A logdir's runs by name, as of one moment."""

    def __init__(self, logdir: Logdir, names: tuple[str, ...]) -> None:
        self._logdir = logdir
        self._names = dict.fromkeys(names)

    def __getitem__(self, name: str) -> Run:
        if name not in self._names:
            raise RunNotFoundError(name, self._names)
        return Run(self._logdir, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._names)

    def __repr__(self) -> str:
        shown = [f"{name!r}: {self[name]!r}" for name in list(self._names)[:10]]
        more = len(self) - len(shown)
        return "{" + ", ".join(shown) + (f", … {more} more" if more else "") + "}"


def describe_missing(path: str) -> str:
    """Why a path is no logdir, and which folder beside it may be meant."""
    from difflib import get_close_matches

    if is_remote_url(path):
        return f"There is nothing at {path}."
    if os.path.exists(path):
        return f"{path} is a file; open the folder that it is in."
    parent, name = os.path.split(path)
    try:
        folders = [entry.name for entry in os.scandir(parent) if entry.is_dir()]
    except OSError:
        folders = []
    close = get_close_matches(name, folders[:2000], 1, 0.6)
    hint = f" Did you mean {os.path.join(parent, close[0])}?" if close else ""
    return f"There is no folder {path}.{hint}"
