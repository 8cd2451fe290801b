"""The columns of one event file, wherever they are now: in a decoder, or in the index and mapped when needed."""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any

from epochal.errors import NotFoundError
from epochal.events.core import EventDecoder
from epochal.events.filesystem import open_readonly
from epochal.store.index import Identity, make_index_meta
from epochal.store.series_cache import cache as series_cache

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from epochal.events.core import IndexFile
    from epochal.store.index import IndexCache, OpenIndex
    from epochal.store.logdir import FileStat

NOTHING = Identity(b"", 0, 0, 0)


class FileColumns:
    """What was decoded of an event file. When another file takes its place, that gets columns of its own.

    Columns only grow, so that a number of points says which of them a state means. Any thread may read. One at a
    time decodes, between `begin` and `end`; readers wait for `lock` meanwhile.

    All of it in the index: *parked*. Then there is no decoder, only the index's key, and the index file is mapped
    when points are asked for. `identity` says what the event file must still hold.

    `is_gone`: the file is, or another one has taken its place. `times_forgotten` counts how often views of the
    columns were to be let go of. Both belong to `SeriesCache`.
    """

    __slots__ = (
        "__weakref__",
        "_base",
        "_decoder",
        "_index_stat",
        "_is_busy",
        "_is_recovered",
        "_key",
        "identity",
        "index_cache",
        "indexed_bytes",
        "is_gone",
        "lock",
        "path",
        "times_forgotten",
    )

    def __init__(self, path: str, index_cache: IndexCache | None) -> None:
        self.path = path
        self.index_cache = index_cache
        self.lock = threading.Lock()
        self.identity = NOTHING
        self.indexed_bytes = 0
        self._decoder: EventDecoder | None = None
        self._key: bytes | None = None
        self._index_stat: FileStat | None = None
        self._base: OpenIndex | None = None
        self._is_busy = False
        self._is_recovered = False
        self.is_gone = False
        self.times_forgotten = 0

    @property
    def is_new(self) -> bool:
        """Whether nothing was decoded yet."""
        return self._decoder is None and self._key is None

    @property
    def is_parked(self) -> bool:
        return self._decoder is None and self._key is not None

    @property
    def parked_key(self) -> bytes | None:
        """The key of the index in which the columns are parked; None if they are not."""
        return self._key if self._decoder is None else None

    # -- for any thread ----------------------------------------------------------------------------------------

    def scalars(self, index: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """step, wall_time, value of a scalar tag in write order; views. NotFoundError: see `_recover`."""
        with self.lock:
            return self._source(index).scalars(index)

    def blobs(self, index: int) -> tuple[NDArray[Any], ...]:
        """The columns of `EventDecoder.blobs`; views. NotFoundError: see `_recover`."""
        with self.lock:
            return self._source(index).blobs(index)

    def wall_time(self, index: int, is_scalar: bool) -> NDArray[np.float64]:
        """A tag's wall times, not checked: for a look at the first and the last, without reading all."""
        with self.lock:
            opened = None if self._decoder is not None else self._open()
            source = self._decoder or (opened.file if opened is not None else self._recover())
            return (source.scalars(index) if is_scalar else source.blobs(index))[1]

    def _source(self, index: int) -> EventDecoder | IndexFile:
        """Where a tag's columns are; those that come from the index are checked once."""
        opened = self._base if self._decoder is not None else self._open()
        if opened is not None and index < opened.tag_count and not opened.is_sound(index):
            self._drop_index()
            opened = None
            self._decoder = None
        if self._decoder is not None:
            return self._decoder
        return opened.file if opened is not None else self._recover()

    def _open(self) -> OpenIndex | None:
        """The index that holds the columns, mapped; None if it is gone."""
        cache, key, stat = self.index_cache, self._key, self._index_stat
        if cache is None or key is None or stat is None:
            return None
        if self._base is not None:
            return self._base
        opened = cache.get(key)
        if opened is None:
            opened = cache.find(self.path, stat)
            if opened is None or not self._is_true(opened):
                return None
            self._key = opened.meta.key
            cache.keep(opened)
        return opened

    def _is_true(self, opened: OpenIndex) -> bool:
        """Whether an index holds these columns. One that another process wrote since may be of another file."""
        if opened.meta.key == self._key:
            return True
        theirs = opened.identity
        if theirs.offset < self.identity.offset:
            return False
        try:
            fd = open_readonly(self.path)
        except OSError:
            return False
        try:
            size = os.fstat(fd).st_size
            return self.identity.matches(fd, size) and theirs.matches(fd, size)
        except OSError:
            return False
        finally:
            os.close(fd)

    def _drop_index(self) -> None:
        if self.index_cache is not None and self._index_stat is not None:
            self.index_cache.discard(self.index_cache.name_of(self.path, self._index_stat))
        self._base = self._key = None
        self.indexed_bytes = 0

    def _recover(self) -> EventDecoder:
        """Decode the file again, because its index is gone. NotFoundError if the file is another one by now."""
        decoder = EventDecoder()
        try:
            fd = open_readonly(self.path)
            try:
                is_same = self.identity.matches(fd, os.fstat(fd).st_size)
                if is_same:
                    decoder.decode(fd)
            finally:
                os.close(fd)
        except OSError:
            is_same = False
        if not is_same or decoder.offset < self.identity.offset:
            raise NotFoundError("The file was replaced and its index removed, so that its old points are gone.")
        self._decoder = decoder
        self._key = None
        self.indexed_bytes = 0
        self._is_recovered = True
        _keep_recovered(self)
        return decoder

    def let_go(self) -> None:
        """Drop what was decoded again for a reader; the next one decodes it once more."""
        if not self.lock.acquire(blocking=False):
            return  # in use
        try:
            if not self._is_recovered or self._is_busy or self._key is not None:
                return
            self._decoder = None
            self._is_recovered = False
        finally:
            self.lock.release()
        series_cache.forget([self])

    # -- for the thread that loads -----------------------------------------------------------------------------

    def adopt(self, key: bytes, identity: Identity, stat: FileStat) -> None:
        """Take the columns of an index that is true of the file."""
        with self.lock:
            self._key = key
            self._index_stat = stat
            self.identity = identity
            self.indexed_bytes = identity.offset

    def open_parked(self) -> OpenIndex | None:
        """The index, if the columns are parked and it is still there."""
        with self.lock:
            return self._open() if self.is_parked else None

    def begin(self) -> None:
        """Get ready to decode what follows; `end` is to come. Nobody parks meanwhile."""
        with self.lock:
            self._is_busy = True
            self._is_recovered = False
            if self._decoder is None:
                opened = self._open()
                if opened is None:
                    self._decoder = EventDecoder()
                else:
                    self._decoder = EventDecoder.resume(opened.file)
                    self._base = opened

    def decode(self, fd: int, max_bytes: int) -> int:
        """Decode about so many bytes; how many were consumed, fewer at the file's end."""
        with self.lock:
            decoder = self.decoder
            before = decoder.offset
            decoder.decode(fd, max_bytes)
            return decoder.offset - before

    def end(self, head: bytes) -> None:
        """Reading is over; `head` are the file's first bytes, empty if it was broken off."""
        with self.lock:
            self._is_busy = False
            decoder = self.decoder
            self.identity = Identity(
                head[: decoder.offset], decoder.offset, decoder.last_record_end, decoder.last_record_crc
            )

    @property
    def decoder(self) -> EventDecoder:
        """The decoder of columns that are not parked."""
        assert self._decoder is not None
        return self._decoder

    def hold(self) -> None:
        """Keep what is parked mapped, because the file that it could be read from again is no more."""
        with self.lock:
            if self.is_parked:
                self._base = self._open()

    # -- for whoever writes indexes ----------------------------------------------------------------------------

    def save(self, stat: FileStat, read_at: float, span: tuple[float, float] | None) -> bool:
        """Write the index of what is decoded, unless it is there; whether it is there now."""
        with self.lock:
            decoder, cache = self._decoder, self.index_cache
            if decoder is None or cache is None or self._is_busy or self.identity.offset != decoder.offset:
                return False
            if self.indexed_bytes and self.indexed_bytes == decoder.offset:
                return True
            base = self._base
            if base is not None and not all(base.is_sound(index) for index in range(base.tag_count)):
                self._drop_index()  # what was damaged must not get a checksum of its own
                self._decoder = None
                decoder = self._recover()
            meta = make_index_meta(self.path, stat, read_at, self.identity.head, span)
            if not cache.write(self.path, meta, decoder.write_index):
                return False
            self._key = meta.key
            self._index_stat = stat
            self.indexed_bytes = decoder.offset
            return True

    def park(self) -> bool:
        """Let go of the decoder if the index has everything; whether it has."""
        with self.lock:
            decoder = self._decoder
            if decoder is None or self._is_busy or self._key is None or self.indexed_bytes != decoder.offset:
                return decoder is None
            self._decoder = self._base = None
        series_cache.forget([self])
        return True


#: So many files are kept decoded whose index is gone: the latest that were asked for.
MAX_RECOVERED = 16

_recovered: deque[weakref.ref[FileColumns]] = deque()


def _keep_recovered(columns: FileColumns) -> None:
    _recovered.append(weakref.ref(columns))
    while len(_recovered) > MAX_RECOVERED:
        oldest = _recovered.popleft()()
        if oldest is not None and oldest is not columns:
            oldest.let_go()
